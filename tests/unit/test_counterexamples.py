"""Counterexamples end in tests that pass, claims see what is only come through, and each claim stands for itself."""

import pytest

from engine.decide.run_test import run_test
from engine.machine.claims import Outcome
from engine.machine.compile import compile_definition
from engine.machine.definition import Provisioner
from engine.machine.prove import Proof, prove
from engine.machine.read import read_definition

HEAD = 'receive "github" "push" {\nentity = "DEV-1"\nfire = event.fire\n}\n'


def text(states: str, *claims: str, initial: str = "a") -> str:
    properties = "\n".join(f'property "p{n}" {{\n{claim}\n}}' for n, claim in enumerate(claims))
    machine = f'statemachine "dev" {{\ninitial = "{initial}"\n{states}\n}}'
    return f'provisioner "dev" {{\n{HEAD}{machine}\n{properties}\n}}\n'


def provisioner(source: str) -> Provisioner:
    result = read_definition(source, "dev.hcl")
    assert result.definition is not None, result.diagnostics
    return result.definition.provisioners["dev"]


def proof(states: str, *claims: str) -> Proof:
    return prove(provisioner(text(states, *claims)))


def outcomes(states: str, *claims: str) -> list[Outcome]:
    return [finding.outcome for finding in proof(states, *claims).findings]


def pasted(states: str, *claims: str, code: str = "property_fails") -> list[str]:
    """The tests of all counterexamples, each of which passes beside the definition that it came from."""
    found = [d.story for d in proof(states, *claims).diagnostics if d.code == code]
    blocks = [f"\n{story}".partition("\ntest ")[2] for story in found]
    assert all(blocks), found
    for block in blocks:
        source = text(states).rstrip().removesuffix("}") + f"test {block}\n}}\n"
        definition = read_definition(source, "dev.hcl").definition
        assert definition is not None, source
        [test] = definition.provisioners["dev"].tests
        result = run_test(compile_definition(definition)["dev"], test)
        assert result.passed, (source, result.mismatches)
    return blocks


AT_ONCE = """
state "a" "go" { transition = "b" }
state "b" {
  after {
    delay      = "0s"
    transition = "c"
  }
}
state "c" { final = true }
"""


def test_a_way_may_end_where_a_timer_is_due_at_once() -> None:
    [block] = pasted(AT_ONCE, 'never = state == "b"')
    assert "advance" not in block


def test_a_start_that_is_too_far_away_has_a_test_too() -> None:
    [block] = pasted(AT_ONCE, 'reachable = "c"\nwithin = 1')
    assert 'given { state = "a" }' in block
    assert 'advance { by = "0s" }' in block


TWO_WAYS = """
state "a" "go" { transition = "w" }
state "w" {
  initial = "one"
  on "re" {
    transition = "w.two"
    leave      = false
  }
  after {
    delay      = "10s"
    transition = "late"
  }
  state "one" {
    after {
      delay      = "4s"
      transition = "two"
    }
  }
  state "two" {
    after {
      delay      = "6s"
      transition = "fine"
    }
  }
}
state "fine" { final = true }
state "late" { final = true }
"""


def test_of_ways_equally_short_one_without_a_race_is_told() -> None:
    [finding] = proof(TWO_WAYS, 'never = state == "late"').findings
    assert [move.event.name for move in finding.way if move.event.name] == [
        "go",
        "after.w.one.1",
        "after.w.1",
    ]
    pasted(TWO_WAYS, 'never = state == "late"')


BETWEEN = """
parallel "a" {
  state "u" {
    initial = "u0"
    state "u0" {
      after {
        delay      = "1h"
        transition = "u1"
      }
    }
    state "u1" "k" { transition = "u2" }
    state "u2" {}
  }
  state "v" {
    initial = "v0"
    state "v0" {
      after {
        delay      = "1h"
        transition = "v1"
      }
    }
    state "v1" {}
  }
}
"""


def test_what_has_to_happen_between_two_timers_of_one_moment_is_a_test() -> None:
    [block] = pasted(BETWEEN, 'never = contains(active, "a.u.u2") && contains(active, "a.v.v0")')
    assert 'before = "after.a.v.v0.1"' in block


def test_a_way_that_only_goes_where_time_stands_still_proves_nothing() -> None:
    states = """
    state "a" {
      after {
        delay      = "48h"
        transition = "b"
      }
    }
    state "b" "x" {
      when       = startswith(now, "2024-01-01")
      transition = "c"
    }
    state "c" { final = true }
    """
    [finding] = proof(states, 'never = state == "c"').findings
    assert finding.outcome is Outcome.OPEN
    assert "it cannot be gone so as time passes" in finding.because


ROUTE = """
state "a" "go" { transition = "route" }
state "route" {
  always {
    when       = event.n == 1
    transition = "one"
  }
  always { transition = "two" }
}
state "one" "back" { transition = "a" }
state "two" { final = true }
"""


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ('reachable = "route"\nfrom = "a"', Outcome.HOLDS),
        ('reachable = "route"\nfrom = "a"\nwithin = 1', Outcome.HOLDS),
        ('reachable = "route"\nfrom = "a"\nwithin = "1s"', Outcome.HOLDS),
        ('reachable = "route"', Outcome.FAILS),
        ('never = state == "route"', Outcome.FAILS),
        ('never = contains(active, "route")', Outcome.FAILS),
        ('never = previous == "route"', Outcome.HOLDS),
        ('eventually = "route"', Outcome.HOLDS),
        ('leads_to = ["one", "two"]\nfrom = "route"\nwithin = 1', Outcome.HOLDS),
        ('leads_to = "one"\nfrom = "route"', Outcome.FAILS),
        ('leads_to = "route"\nfrom = "one"', Outcome.HOLDS),
    ],
)
def test_states_on_the_way_count(claim: str, expected: Outcome) -> None:
    assert outcomes(ROUTE, claim) == [expected]
    pasted(ROUTE, claim)


def test_a_breach_on_the_way_says_where() -> None:
    [problem] = [
        d for d in proof(ROUTE, 'never = state == "route"').diagnostics if d.code == "property_fails"
    ]
    assert 'on the way through "route": state is "route"' in problem.story


def test_an_initial_state_that_is_left_at_once_is_come_to() -> None:
    states = 'state "a" {\nalways { transition = "b" }\n}\nstate "b" {\nfinal = true\n}'
    found = proof(states, 'reachable = "a"\nfrom = "a"', 'eventually = "a"', 'never = state == "a"')
    assert [f.outcome for f in found.findings] == [Outcome.HOLDS, Outcome.HOLDS, Outcome.FAILS]
    assert [d.code for d in found.diagnostics] == ["property_fails"]


REMEMBERED = """
state "a" "k" {
  set        = { j = 2 }
  transition = "b"
}
state "b" {
  on "k" {
    when       = context.j == %s
    transition = "c"
  }
  on "k" {
    when       = context.j == %s
    transition = "c"
  }
}
state "c" { final = true }
"""


@pytest.mark.parametrize(
    ("values", "codes"),
    [((3, 2), ["guard_never_true"]), ((2, 3), ["transition_shadowed"]), ((2, 2), ["transition_shadowed"])],
)
def test_guards_are_held_against_what_can_be_remembered(values: tuple[int, int], codes: list[str]) -> None:
    found = proof(REMEMBERED % values).diagnostics
    assert [d.code for d in found if d.code != "guards_overlap"] == codes


def test_guards_are_not_judged_by_memory_where_not_everything_was_explored() -> None:
    states = REMEMBERED % (3, 2) + 'state "a" "s" {\nwhen = sum([event.n, 2]) == 7531\ntransition = "b"\n}'
    assert "guard_never_true" not in [d.code for d in proof(states).diagnostics]


def test_a_claim_that_can_only_be_sampled_leaves_others_alone() -> None:
    claims = ('reachable = "c"', 'never = state == "c" && length(event.list) > 97', 'never = state == "d"')
    assert outcomes(REMEMBERED % (2, 1), *claims)[::2] == [Outcome.HOLDS, Outcome.HOLDS]
    found = proof(REMEMBERED % (2, 1), 'reachable = "c"', "never = try(sum([event.n, 2]) == 7531, false)")
    assert [f.outcome for f in found.findings] == [Outcome.HOLDS, Outcome.OPEN]
    assert not found.open


def test_a_long_timer_elsewhere_makes_no_claim_about_time_open() -> None:
    states = """
    state "a" {
      on "ask" { transition = "ask" }
      on "rest" { transition = "rest" }
    }
    state "ask" {
      after {
        delay      = "10s"
        transition = "a"
      }
    }
    state "rest" {
      after {
        delay      = "30d"
        transition = "a"
      }
    }
    """
    claims = [f'leads_to = "a"\nfrom = "ask"\nwithin = "{n}s"' for n in (9, 10)]
    assert outcomes(states, *claims) == [Outcome.FAILS, Outcome.HOLDS]
    pasted(states, *claims)


RAISED = """
state "a" "go" {
  transition = "b"
  raise "hop" {
    event = { y = %s }
  }
}
state "b" {
  on "hop" {
    when       = event.y == "main"
    transition = "c"
  }
  on "back" { transition = "a" }
}
state "c" { final = true }
"""


def test_what_a_raised_event_is_made_of_is_asked_what_that_event_is_asked() -> None:
    found = proof(RAISED % "event.ref", 'reachable = "c"', 'never = state == "c"')
    assert [f.outcome for f in found.findings] == [Outcome.HOLDS, Outcome.FAILS]
    assert not found.open
    assert found.findings[1].way[0].event.payload["ref"] == "main"


def test_what_a_raised_event_is_computed_from_is_only_sampled_and_said() -> None:
    found = proof(RAISED % "upper(event.ref)", 'never = state == "c" && previous == "a"')
    assert [f.outcome for f in found.findings] == [Outcome.OPEN]
    assert '"hop" is raised with event.y made of event.ref' in found.findings[0].because
    asked = RAISED.replace('event.y == "main"', "event.z == null") % "upper(event.ref)"
    assert '"hop" is raised with' not in proof(asked).open


def test_how_far_a_proof_is_can_be_heard() -> None:
    said: list[str] = []
    prove(provisioner(text(ROUTE, 'reachable = "route"')), tell=said.append)
    assert said[0] == "dev: the machine"
    assert 'dev: property "p0"' in said


def test_guards_of_always_blocks_see_the_event_that_led_there() -> None:
    states = ROUTE.replace("event.n == 1", 'event.fire == "go"')
    assert [d.code for d in proof(states).diagnostics if d.code == "guard_never_true"] == []
    vain = ROUTE.replace("event.n == 1", "event.n == 1 && event.n == 2")
    found = [d.summary for d in proof(vain).diagnostics if d.code == "guard_never_true"]
    assert found == ["The guard of an always block is never true"]


ROUND = """
state "x" {
  always { transition = "y" }
  on "out" { transition = "x" }
}
state "y" {
  always { transition = "x" }
}
"""


@pytest.mark.parametrize(
    ("states", "lines"),
    [
        ('state "a" "go" { transition = "x" }', ['given { state = "a" }', 'when "go" {']),
        (
            'state "a" "go" { transition = "b" }\nstate "b" {\nafter {\ndelay = "2h"\ntransition = "x"\n}\n}',
            ['when "go" {', 'advance { by = "2h" }'],
        ),
        (
            (
                'state "a" {\nafter {\ndelay = "1h"\ntransition = "b"\n}\n}\n'
                'state "b" {\non "go" {\nwhen = event.n == 2\ntransition = "x"\n}\n}'
            ),
            ['advance { by = "1h" }', "n = 2"],
        ),
        (
            'state "a" {\non "go" { set = { k = event.k } }\non "spin" {\nwhen = context.k == 1\ntransition = "x"\n}\n}',
            ["k = 1", 'when "spin" {'],
        ),
        ('state "a" {\nalways { transition = "x" }\non "go" { transition = "a" }\n}', ['when "go" {']),
        ('state "a" {\nafter {\ndelay = "0s"\ntransition = "x"\n}\n}', ['advance { by = "0s" }']),
    ],
)
def test_what_goes_round_without_end_has_a_test_too(states: str, lines: list[str]) -> None:
    blocks = pasted(states + ROUND, code="endless_loop")
    assert all('verdict = "endless_loop"' in block for block in blocks)
    found = [line.strip() for line in blocks[0].splitlines()]
    assert [line for line in lines if not any(line in each for each in found)] == []
