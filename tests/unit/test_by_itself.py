"""What happens by itself, and how it is told: `always` that ends, what follows without end, what stays where it is."""

from datetime import UTC, datetime

import pytest

from engine.decide.coverage import coverage
from engine.decide.run_test import run_test
from engine.machine.compile import CompiledMachine, compile_definition
from engine.machine.definition import Definition
from engine.machine.prove import prove
from engine.machine.read import ReadResult, read_definition
from engine.machine.step import step
from engine.model import ASKS, Entity, Event, Snapshot, Verdict
from engine.sources.check import check_sources

NOW = datetime(2024, 1, 31, 12, 0, tzinfo=UTC)
ENTITY = Entity(project="p", id="P-1")


def read(states: str, rest: str = "", receive: str = '"github" "push"') -> ReadResult:
    text = (
        f'provisioner "p" {{\nreceive {receive} {{\nentity = issue_keys(event.ref)\nfire = event.kind\n}}\n'
        f'statemachine "p" {{\ninitial = "a"\n{states}\n}}\n{rest}\n}}\n'
    )
    result = read_definition(text, "p.hcl")
    assert result.definition is not None, result.diagnostics
    return result


def definition(states: str, rest: str = "") -> Definition:
    found = read(states, rest).definition
    assert found is not None
    return found


def machine(states: str) -> CompiledMachine:
    return compile_definition(definition(states))["p"].machine


ENDING = """
state "a" "go" { transition = "b" }
state "b" {
  always {
    when       = try(context.held, true)
    transition = "<end>"
  }
  always { transition = "c" }
  on "free" { set = { held = false } }
}
state "c" { final = true }
"""


def test_an_always_that_ends_keeps_those_behind_it_from_being_tried() -> None:
    made = step(machine(ENDING), Snapshot(state="a"), Event(name="go", entity=ENTITY, payload={}), NOW)
    assert (made.trace.verdict, made.snapshot.state) == (Verdict.MOVED, "b")
    on = step(machine(ENDING), made.snapshot, Event(name="free", entity=ENTITY, payload={}), NOW)
    assert (on.trace.verdict, on.snapshot.state) == (Verdict.MOVED, "c")


def test_an_end_that_is_only_always_there_is_no_end_that_states_lack() -> None:
    found = prove(
        definition(
            'state "a" "x" { transition = "b" }\nstate "b" {\nalways { transition = "<end>" }\non "y" { transition = "a" }\n}'
        ).provisioners["p"]
    )
    assert "no_end_reachable" not in [d.code for d in found.diagnostics]


@pytest.mark.parametrize(
    ("states", "what"),
    [
        ('state "a" {\non "go" {\nraise "go" {}\n}\n}', "raised events"),
        (
            'state "a" "go" { transition = "b" }\nstate "b" {\nalways {\nwhen = contains(active, "b")\ntransition = "b"\n}\n}',
            "always blocks",
        ),
        (
            'state "a" {\non "go" {\nraise "go" {}\n}\nalways {\nwhen = false\ntransition = "a"\n}\n}',
            "always blocks and raised events",
        ),
        (
            (
                'state "a" "go" { transition = "b" }\nstate "b" {\ninitial = "x"\non "done.state.b" { transition = "b" }\n'
                'state "x" { final = true }\n}'
            ),
            "ends of states",
        ),
    ],
)
def test_what_follows_without_end_is_named(states: str, what: str) -> None:
    made = step(machine(states), Snapshot(state="a"), Event(name="go", entity=ENTITY, payload={}), NOW)
    assert made.trace.verdict is Verdict.ENDLESS
    assert f"its {what} follow one another without end" in made.trace.because
    [loop] = [d for d in prove(definition(states).provisioners["p"]).diagnostics if d.code == "endless_loop"]
    assert f'In "a", {what} follow one another without end when "go" comes' in loop.summary


def test_a_counterexample_says_what_stays_where_it_is() -> None:
    states = 'state "a" {\non "n" { set = { n = 1 } }\non "again" { transition = "a" }\n}'
    claims = 'property "n" { never = try(context.n, 0) == 1 }'
    told = "\n".join(d.story for d in prove(definition(states, claims).provisioners["p"]).diagnostics)
    assert '"n" with event.kind = "n" leaves it where it is' in told


def test_a_guard_that_asks_where_it_is_is_told_with_all_states() -> None:
    states = 'state "a" {\ninitial = "x"\nstate "x" "go" {\nwhen = contains(active, "b")\ntransition = "b"\n}\n}\nstate "b" {}'
    made = step(machine(states), Snapshot(state="a.x"), Event(name="go", entity=ENTITY, payload={}), NOW)
    assert [c.reason for c in made.trace.candidates] == ["guard false: active is a, a.x"]


def test_a_type_that_is_a_pattern_is_told_to_have_no_meaning() -> None:
    [problem] = check_sources(read('state "a" {}', receive='"standard" "*"'))
    assert (problem.code, problem.summary) == (
        "unknown_event_type",
        'A receive block listens to one type of delivery, and none is called "*"',
    )


@pytest.mark.parametrize(
    ("within", "said"),
    [
        ('"0s"', '"within" leaves no time at all: it is "0s"'),
        ("0", '"within" is neither a number of moves nor a time: it is 0'),
    ],
)
def test_a_claim_about_no_time_is_said_to_be_one(within: str, said: str) -> None:
    text = f'provisioner "p" {{\nstatemachine "p" {{\ninitial = "a"\nstate "a" "next" {{ transition = "a" }}\n}}\nproperty "x" {{\nreachable = "a"\nwithin = {within}\n}}\n}}\n'
    assert said in [d.summary for d in read_definition(text, "p.hcl").diagnostics]


def test_coverage_names_what_waits_for_no_event() -> None:
    rest = 'test "it" {\nwhen "go" {}\nthen { state = "b" }\n}'
    found = definition(ENDING, rest)
    result = run_test(compile_definition(found)["p"], found.provisioners["p"].tests[0])
    names = [part.name for part in coverage(found.provisioners["p"].machine, result.steps).transitions]
    assert "b -> <end> always" in names


ASKING = """
state "a" {
  await {
    from = ["ada"]
    answer "yes" { transition = "b" }
  }
}
state "b" { final = true }
"""


def test_people_are_asked_once_where_the_definition_has_come_to_ask_them() -> None:
    event = Event(name=ASKS, entity=ENTITY, payload={})
    made = step(machine(ASKING), Snapshot(state="a", version=4), event, NOW)
    assert made.trace.verdict is Verdict.STAYED
    assert (made.snapshot.state, made.snapshot.version, made.effects) == ("a", 5, ())
    assert made.snapshot.awaits["a"]["opened"] == 5
    again = step(machine(ASKING), made.snapshot, event, NOW)
    assert again.trace.verdict is Verdict.NOT_AWAITED
    assert again.snapshot.awaits == made.snapshot.awaits
    hindered = step(machine(ASKING.replace('["ada"]', "context.nobody")), Snapshot(state="a"), event, NOW)
    assert hindered.trace.verdict is Verdict.UNEVALUATED
    assert hindered.snapshot.awaits == {}


GO = Event(name="go", entity=ENTITY, payload={})


def around(most: int, then: str) -> str:
    return (
        'state "a" "go" { transition = "b" }\n'
        f'state "b" {{\nalways {{\nwhen = try(context.n, 0) < {most}\nset = {{ n = try(context.n, 0) + 1 }}\n'
        f'transition = "b"\n}}\n{then}\n}}\nstate "c" {{}}'
    )


def test_what_counts_by_itself_goes_on_as_long_as_nothing_is_the_same_again() -> None:
    made = step(machine(around(200, 'always { transition = "c" }')), Snapshot(state="a"), GO, NOW)
    assert (made.trace.verdict, made.snapshot.state, made.snapshot.context) == (
        Verdict.MOVED,
        "c",
        {"n": 200},
    )


@pytest.mark.parametrize("most", [1, 2, 7, 40, 100])
def test_a_way_round_is_without_end_however_long_it_is(most: int) -> None:
    back = 'always {\nset = { n = 0 }\ntransition = "b"\n}'
    made = step(machine(around(most, back)), Snapshot(state="a"), GO, NOW)
    assert made.trace.verdict is Verdict.ENDLESS
