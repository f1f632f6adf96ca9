"""Stateful tests of generated machines with a planted bug: what they print is decided again in the same way, to the end."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from engine.decide.run_test import TestResult, run_test
from engine.machine.claims import Outcome
from engine.machine.compile import compile_definition
from engine.machine.prove import prove
from engine.model import Snapshot
from engine.testing import load_definition, state_machine_for
from engine.testing.stateful import DefinitionMachine
from engine.testing.strategies import answers, deliveries, events, waits

STATES = ("a", "b", "c", "d")
BLOCK = re.compile(r'(?ms)^test "found by a stateful test" \{\n.*?^\}$')

RECEIVES = """
  receive "standard" "thing" {
    entity     = event.key
    fire       = event.kind
    once_per   = event.number
    ordered_by = event.at
  }
"""


@dataclass(frozen=True)
class Bugged:
    source: str
    #: It has timers, raised events that wait, questions and deliveries.
    parts: frozenset[str]


def transition(draw: st.DrawFn, head: str, *, guarded: bool = True) -> str:
    guard = draw(st.sampled_from(("", "event.x == 1", "try(context.n, 0) < 2")) if guarded else st.just(""))
    lines = [head, f"when = {guard}" if guard else "", f'transition = "{draw(st.sampled_from(STATES))}"']
    lines.append(draw(st.sampled_from(("", "set = { n = min(try(context.n, 0) + 1, 4) }"))))
    lines.append(draw(st.sampled_from(("", '\nraise "f" { delay = "90s" }\n', '\ncancel "f" {}\n'))))
    return "\n".join([*filter(None, lines), "}"])


@st.composite
def bugged(draw: st.DrawFn) -> Bugged:
    """A machine, and a claim that some way may break."""
    parts = draw(st.frozensets(st.sampled_from(("timers", "people", "deliveries"))))
    blocks = []
    for state in STATES:
        inner = [transition(draw, f'on "{name}" {{') for name in ("e", "f") if draw(st.booleans())]
        if "timers" in parts:
            delay = draw(st.sampled_from(("1m", "1m30s", "0s", "250ms", "2h")))
            inner.append(transition(draw, f'after {{\ndelay = "{delay}"'))
        if "people" in parts and draw(st.booleans()):
            answer = transition(draw, 'answer "yes" {\nneeds = 2', guarded=False)
            inner.append(f'await {{\nfrom = ["ada", "bob"]\n{answer}\n}}')
        blocks.append("\n".join([f'state "{state}" {{', *inner, "}"]))
    where = draw(st.sampled_from(STATES))
    claim = draw(st.sampled_from((f'state == "{where}"', "try(context.n, 0) == 2")))
    receives = RECEIVES if "deliveries" in parts else ""
    body = "\n".join([*blocks, 'state "*" "spare" {\nraise "f" { delay = "90s" }\n}'])
    return Bugged(
        source=f'provisioner "dev" {{{receives}\nstatemachine "dev" {{\ninitial = "a"\n{body}\n}}\n'
        f'property "planted" {{\nnever = {claim}\n}}\n}}\n',
        parts=parts,
    )


def pasted(source: str, block: str) -> TestResult:
    """What `interlock test` makes of the definition with the block."""
    definition = load_definition(f"{source.rstrip().removesuffix('}')}\n{block}\n}}\n")
    [test] = definition.provisioners["dev"].tests
    return run_test(compile_definition(definition)["dev"], test)


def breach(machine: DefinitionMachine, result: TestResult) -> str | None:
    """The claim that the last decision of a test breaks, in the words of a stateful test."""
    start = machine.explorer.start().snapshot
    before = result.decided[-2].decision.step.snapshot if len(result.decided) > 1 else start
    last = result.decided[-1]
    found = machine.explorer.breaches(before, last.event, last.decision.step.snapshot)
    return next((f'property "{b.property.name}" does not hold: {b.because}' for b in found), None)


def drive(data: st.DataObject, machine: DefinitionMachine, parts: frozenset[str]) -> None:
    """One thing happens, as the rules of a stateful test would have it."""
    provisioner = machine.provisioner
    kinds = [
        "event",
        *sorted(parts & {"timers", "deliveries"}),
        *(["answer"] if machine.snapshot.awaits else []),
    ]
    match data.draw(st.sampled_from(kinds)):
        case "event":
            machine.come(data.draw(events(provisioner)))
        case "deliveries":
            machine.deliver(data.draw(deliveries(provisioner, entities=("DEV-1",), realistic=False)))
        case "timers":
            machine.wait(data.draw(waits(provisioner)))
        case _:
            machine.come(data.draw(answers(machine.entity, machine.snapshot)))


def kept(snapshot: Snapshot) -> Any:
    """What two ways to the same place have in common; the version counts what moved nothing, too."""
    awaits = {state: {**asked, "opened": 0} for state, asked in snapshot.awaits.items()}
    return snapshot.state, snapshot.context, snapshot.timers, snapshot.raised, awaits


@given(st.data(), bugged())
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
def test_the_way_of_a_stateful_test_is_gone_again_by_the_test_block(data: st.DataObject, bug: Bugged) -> None:
    machine = state_machine_for(bug.source)()
    failure: str | None = None
    try:
        machine.start()
        for _ in range(data.draw(st.integers(1, 8))):
            drive(data, machine, bug.parts)
    except AssertionError as error:
        failure = str(error)
    if not machine.course:
        return  # it starts wrong, or nothing happened
    event("failed" if failure else "did not fail")
    result = pasted(bug.source, machine.as_test())
    assert result.passed, result.mismatches
    # A block lets a moment end: what runs out at the very time of a failure runs out in it.
    ended = machine._end_of_moment() is machine.snapshot
    if result.decided and ended:
        assert kept(result.decided[-1].decision.step.snapshot) == kept(machine.snapshot)
    if failure is not None:
        assert breach(machine, result) == failure


quick = settings(
    max_examples=300,
    database=None,
    suppress_health_check=list(HealthCheck),
    print_blob=False,
    stateful_step_count=8,
    phases=(Phase.generate, Phase.shrink),
)

#: Machines that only go wrong at a moment, out of order, or by what people say.
PLANTED = {
    "an event just before the timer": (
        """
    state "a" {
      on "go" { transition = "b" }
      on "soon" { transition = "c" }
    }
    state "b" {
      on "poke" {
        raise "soon" { delay = "1ms" }
      }
      after {
        delay      = "72h"
        transition = "a"
      }
    }
    state "c" { final = true }
""",
        'state == "c"',
        ['advance { by = "71h59m59s999'],
    ),
    "a reminder that comes a third time": (
        """
    state "a" {
      on_enter { set = { told = 0 } }
      after {
        delay      = "1h"
        transition = "b"
        set        = { told = try(context.told, 0) + 1 }
      }
    }
    state "b" {
      after {
        delay      = "30m"
        transition = "c"
      }
    }
    state "c" {
      on "again" { transition = "b" }
    }
""",
        'state == "c"',
        ['advance { by = "1h30m" }'],
    ),
    "somebody answers for the second time": (
        """
    state "a" {
      await {
        from = ["ada", "bob"]
        answer "no" { transition = "b" }
        answer "yes" {
          needs      = 2
          transition = "c"
        }
      }
    }
    state "b" "back" { transition = "a" }
    state "c" { final = true }
""",
        'state == "c"',
        ['when "await.a.yes"', 'who = "ada"', 'who = "bob"'],
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_bug_is_found_in_time_and_printed_to_be_pasted(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    states, claim, told = PLANTED[name]
    source = (
        f'provisioner "dev" {{\n  statemachine "dev" {{\n    initial = "a"{states}  }}\n'
        f'  property "planted" {{ never = {claim} }}\n}}\n'
    )
    made = state_machine_for(source)
    with pytest.raises(AssertionError, match='property "planted" does not hold') as caught:
        run_state_machine_as_test(made, settings=settings(quick, max_examples=3000))
    text = "\n".join(caught.value.__notes__) + capsys.readouterr().out
    [block, *_] = BLOCK.findall(text)
    for part in told:
        assert part in block
    result = pasted(source, block)
    assert result.passed
    assert breach(made(), result) == str(caught.value)


ORDERED = """
provisioner "dev" {
  receive "standard" "thing" {
    entity     = event.key
    fire       = event.kind
    ordered_by = event.at
    once_per   = event.number
  }
  statemachine "dev" {
    initial = "a"
    state "a" {
      on "k" { set = { n = min(try(context.n, 0) + 1, 3) } }
    }
  }
}
"""


def test_deliveries_come_twice_and_late() -> None:
    seen: set[str] = set()

    class Mine(state_machine_for(ORDERED)):  # type: ignore[misc]
        def decided(self, made: Any) -> None:
            seen.add(made.trace.verdict.value)

    run_state_machine_as_test(Mine, settings=quick)
    assert {"stayed", "late", "repeated"} <= seen


def test_people_who_may_and_who_may_not_answer_what_is_asked_and_what_is_not() -> None:
    seen: set[str] = set()
    asking = PLANTED["somebody answers for the second time"][0]
    source = f'provisioner "dev" {{\n  statemachine "dev" {{\n    initial = "a"{asking}  }}\n}}\n'

    class Mine(state_machine_for(source)):  # type: ignore[misc]
        def decided(self, made: Any) -> None:
            seen.add(made.trace.verdict.value)

    run_state_machine_as_test(Mine, settings=quick)
    assert {"moved", "counted", "repeated", "not_allowed", "not_awaited"} <= seen


def test_the_moments_around_a_timer_are_tried() -> None:
    source = PLANTED["an event just before the timer"][0]
    source = f'provisioner "dev" {{\n  statemachine "dev" {{\n    initial = "a"{source}  }}\n}}\n'
    left: set[float] = set()

    class Mine(state_machine_for(source)):  # type: ignore[misc]
        def wait(self, span: Any) -> None:
            super().wait(span)
            left.update(
                (datetime.fromisoformat(due) - self.clock()).total_seconds()
                for due in self.snapshot.timers.values()
            )

    run_state_machine_as_test(Mine, settings=quick)
    assert {0.001, 0.000001} <= left


#: How a delivery comes to fire an event: each lets only some payloads through.
ADMITTING = (
    'when = event.action == "one"\nfire = "e"',
    'fire = event.action == "one" ? "e" : "f"',
    'fire = { one = "e", two = "f" }[event.action]',
    "fire = event.action",
    'when = event.n > 2 && event.action != "two"\nfire = "f"',
)
ASKED = (
    'event.action == "one"',
    'event.action != "one"',
    'event.action == "e"',
    "event.n < 2",
    "try(event.n, 3) == 3 && event.other",
)


@st.composite
def admitting(draw: st.DrawFn) -> str:
    """A machine whose events come of deliveries, with guards that ask what `receive` blocks ask; some are raised."""
    receives = [
        f'receive "standard" "thing" {{\nentity = event.key\n{how}\n}}'
        for how in draw(st.lists(st.sampled_from(ADMITTING), min_size=1, max_size=2))
    ]
    raised = draw(st.sampled_from(("", '\nraise "r" { event = { n = 1 } }\n')))
    states = []
    for state in ("a", "b"):
        inner = [
            f'on "{name}" {{\nwhen = {draw(st.sampled_from(ASKED))}\ntransition = "{draw(st.sampled_from("bc"))}"{raised}\n}}'
            for name in draw(st.lists(st.sampled_from("efr"), min_size=1, max_size=3))
        ]
        # Several of one event are legal: only the last may be without a guard, and none is.
        states.append("\n".join([f'state "{state}" {{', *inner, "}"]))
    claim = draw(st.sampled_from(('state == "c"', 'state == "b" && event.n == 1', 'event.action == "one"')))
    body = "\n".join([*states, 'state "c" { final = true }'])
    return (
        f'provisioner "dev" {{\n{"".join(one + chr(10) for one in receives)}statemachine "dev" {{\ninitial = "a"\n{body}\n}}\n'
        f'property "planted" {{\nnever = {claim}\n}}\n}}\n'
    )


@given(admitting())
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
def test_whatever_a_stateful_test_refutes_a_proof_refutes(source: str) -> None:
    made = state_machine_for(source)
    refuted = ""
    try:
        run_state_machine_as_test(made, settings=settings(quick, max_examples=25, phases=(Phase.generate,)))
    except AssertionError as error:
        refuted = str(error)
    if refuted:
        event("refuted")
        assert 'property "planted" does not hold' in refuted
        [finding] = prove(made.provisioner).findings
        assert finding.outcome is Outcome.FAILS


IMPOSSIBLE = """
provisioner "dev" {
  receive "github" "release" {
    RECEIVE
    entity = issue_keys(event.release.body)
  }
  statemachine "dev" {
    initial = "a"
    state "a" {
      on "ready" {
        when       = WHEN
        transition = "bad"
      }
      on "ready" { transition = "fine" }
      on "other" { transition = "fine" }
    }
    state "bad" { final = true }
    state "fine" { final = true }
  }
  property "never bad" { never = state == "bad" }
}
"""


@pytest.mark.parametrize(
    ("receive", "when"),
    [
        ('when = event.action == "published"\nfire = "ready"', 'event.action != "published"'),
        ('fire = event.action == "published" ? "ready" : "other"', 'event.action == "created"'),
        ('fire = { closed = "ready", opened = "other" }[event.action]', 'event.action != "closed"'),
        ("fire = event.action", 'event.action == "other"'),
        ('fire = "${event.action}"', 'event.action == "created"'),
    ],
)
def test_what_no_receive_block_lets_through_does_not_come(receive: str, when: str) -> None:
    source = IMPOSSIBLE.replace("RECEIVE", receive).replace("WHEN", when)
    if receive in ("fire = event.action", 'fire = "${event.action}"'):  # only what a release may say
        source = source.replace('"ready"', '"published"').replace('"other"', '"created"')
    seen: set[str] = set()

    class Mine(state_machine_for(source)):  # type: ignore[misc]
        def decided(self, made: Any) -> None:
            seen.add(made.snapshot.state)

    run_state_machine_as_test(Mine, settings=settings(quick, max_examples=60))
    assert "fine" in seen


def test_a_start_that_is_wrong_is_printed_as_a_test_too() -> None:
    source = IMPOSSIBLE.replace("RECEIVE", 'fire = "ready"').replace("WHEN", "event.x")
    source = source.replace('state == "bad"', 'state == "a"')
    machine = state_machine_for(source)()
    with pytest.raises(AssertionError, match='property "never bad" does not hold') as caught:
        machine.start()
    [block] = BLOCK.findall("\n".join(caught.value.__notes__))
    assert pasted(source, block).passed


COUNTING = """
provisioner "dev" {
  receive "github" "check_run" {
    entity = issue_keys(event.check_run.name)
    fire   = event.check_run.conclusion == "success" ? "green" : "red"
  }
  statemachine "dev" {
    initial = "a"
    state "a" {
      on "red" {
        when = try(context.n, 0) < 3
        set  = { n = try(context.n, 0) + 1 }
      }
      on "red" { transition = "dead" }
      on "green" { transition = "b" }
    }
    state "b" "red" { transition = "b" }
    state "dead" { final = true }
  }
  property "n" { never = state == "dead" }
}
"""


def test_a_way_of_several_moves_is_found() -> None:
    with pytest.raises(AssertionError, match='property "n" does not hold'):
        run_state_machine_as_test(state_machine_for(COUNTING), settings=settings(quick, max_examples=500))
