"""What `interlock check` says about definitions that read well and are still wrong."""

import pytest

from engine.decide.run_test import run_test
from engine.diagnostics import Diagnostic, Severity
from engine.machine.claims import Outcome, length
from engine.machine.compile import compile_definition
from engine.machine.flows import flows
from engine.machine.prove import Proof, prove
from engine.machine.read import read_definition
from engine.machine.space import Space


def proof(body: str, head: str = "", most: int = 2000) -> Proof:
    result = read_definition(f'{head}\nprovisioner "p" {{\n{body}\n}}\n', "p.hcl")
    assert result.definition is not None, result.diagnostics
    return prove(result.definition.provisioners["p"], most)


def machine(states: str) -> str:
    return f'statemachine "p" {{\ninitial = "a"\n{states}\n}}'


def problems(states: str, claims: str = "") -> list[Diagnostic]:
    return list(proof(f"{machine(states)}\n{claims}").diagnostics)


def codes(states: str, claims: str = "") -> list[str]:
    return [d.code for d in problems(states, claims)]


LINE = """
state "a" "go" { transition = "b" }
state "b" "go" { transition = "c" }
state "c" { final = true }
"""


def test_a_machine_without_fault_gives_no_word() -> None:
    found = proof(machine(LINE))
    assert found.diagnostics == ()
    assert found.summary() == "p: explored exhaustively (3 configurations)"


def test_a_state_that_no_way_leads_to_is_unreachable() -> None:
    [problem] = problems(LINE + 'state "d" "go" { transition = "c" }')
    assert (problem.code, problem.severity) == ("unreachable_state", Severity.WARNING)
    assert problem.summary == 'No way leads from "a" to "d"'


def test_a_state_behind_a_guard_that_is_never_true_is_unreachable_too() -> None:
    states = LINE + (
        'state "a" "x" {\nwhen = event.n == 1 && event.n == 2\ntransition = "d"\n}\nstate "d" { final = true }'
    )
    assert sorted(codes(states)) == ["guard_never_true", "unreachable_state"]


@pytest.mark.parametrize(
    ("guard", "expected"),
    [
        ("event.n == 0.1", []),
        ("event.n == 1 / 2", []),
        ("event.n > 0.1 + 0.2 && event.n < 0.3000000000000001", []),
        ("event.n * 1 == 1 / 3", ["explored_in_part"]),  # arithmetic on a path is tried, not known
        ("event.n == 1 / 3", ["guard_never_true", "unreachable_state"]),  # no double is a third
        ("event.n == 18446744073709551617", ["guard_never_true", "unreachable_state"]),
    ],
)
def test_numbers_come_in_as_payloads_have_them(guard: str, expected: list[str]) -> None:
    states = LINE + f'state "a" "x" {{\nwhen = {guard}\ntransition = "d"\n}}\nstate "d" {{ final = true }}'
    assert sorted(codes(states)) == expected


def test_a_state_behind_a_guard_that_cannot_be_taken_apart_is_not_called_unreachable() -> None:
    states = LINE + (
        'state "a" "x" {\nwhen = sum([event.n, 2]) == 7531\ntransition = "d"\n}\nstate "d" { final = true }'
    )
    [problem] = problems(states)
    assert (problem.code, problem.severity) == ("explored_in_part", Severity.NOTE)
    assert 'no payload was found for "x" when sum([event.n, 2]) == 7531' in problem.detail


def test_a_state_without_a_way_out_is_a_dead_end() -> None:
    assert codes(LINE.replace("final = true", "")) == ["dead_end"]


def test_states_that_never_end_are_told_with_a_way_there() -> None:
    states = LINE + (
        'state "a" "x" { transition = "d" }\nstate "d" "x" { transition = "e" }\nstate "e" "x" { transition = "d" }'
    )
    [problem] = problems(states)
    assert problem.code == "no_end_reachable"
    assert problem.summary == 'From "d", "e" no end can be reached'
    assert '1. "x" moves it to "d"' in problem.story


@pytest.mark.parametrize(
    ("beside", "expected"),
    [
        ("", ['From "p" no end can be reached with context.n = 2']),
        ('state "a" "new" { transition = "p" }', ['From "p" no end can be reached with context.n = 2']),
        (
            'state "p" "on" { transition = "q" }\nstate "q" "on" { transition = "p" }',
            [
                'From "p", "q" no end can be reached with some of what may be remembered: in "p" with context.n = 2'
            ],
        ),
        (
            'state "p" "on" { transition = "q" }\nstate "q" "on" { transition = "q" }',
            ['From "q" no end can be reached', 'From "p" no end can be reached with context.n = 2'],
        ),
    ],
)
def test_a_state_that_strands_with_some_memory_only_is_told_with_it(beside: str, expected: list[str]) -> None:
    states = f"""
state "a" {{
  on "short" {{
    set        = {{ n = 1 }}
    transition = "p"
  }}
  on "long" {{
    set        = {{ n = 2 }}
    transition = "p"
  }}
}}
state "p" {{
  on "k" {{
    when       = context.n == 1
    transition = "c"
  }}
}}
state "c" {{ final = true }}
{beside}
"""
    found = [p for p in problems(states) if p.code == "no_end_reachable"]
    assert sorted(p.summary for p in found) == sorted(expected)
    assert all("a way there:" in p.story for p in found)


def test_a_state_that_strands_without_what_is_to_come_is_told_so() -> None:
    states = """
state "a" {
  on "late" {
    transition = "p"
    raise "k" { delay = "1h" }
  }
  on "never" { transition = "p" }
}
state "p" "k" { transition = "c" }
state "c" { final = true }
"""
    [problem] = problems(states)
    assert problem.summary == 'From "p" no end can be reached on some of the ways there'
    assert '1. "never" moves it to "p"' in problem.story


def test_a_machine_without_any_end_is_meant_so() -> None:
    assert codes('state "a" "x" { transition = "b" }\nstate "b" "x" { transition = "a" }') == []


def guarded(*guards: str) -> str:
    return LINE + "\n".join(
        f'state "a" "x" {{\nwhen = {g}\ntransition = "{"bc"[i % 2]}"\n}}' for i, g in enumerate(guards)
    )


@pytest.mark.parametrize(
    ("guards", "expected"),
    [
        (["event.a == 1", "event.a == 2"], []),
        (["event.a > 1", "event.a <= 1"], []),
        (["event.a", "!event.a"], []),
        (["event.a == null", "event.a != null"], []),
        (["event.a == 1", 'event.a == 1 && event.b == "x"'], ["transition_shadowed"]),
        (["event.a", "event.b"], ["guards_overlap"]),
        (["event.a > 1", "event.a > 2"], ["transition_shadowed"]),
        (["event.a > 2", "event.a > 1"], ["guards_overlap"]),
        (["event.a == 1 && event.a == 2"], ["guard_never_true"]),
        (['event.a > 1 && event.a == "x"'], ["guard_never_true"]),
        (["event.a == event.b && event.a == 1 && event.b == 2"], ["guard_never_true"]),
        (["can(event.a) || !can(event.a)"], ["guard_always_true"]),
        (["context.a == 1 && context.a == 2"], ["guard_never_true"]),
        (['startswith(event.a, "x")', '!startswith(event.a, "x")'], []),
    ],
)
def test_guards_are_held_against_each_other(guards: list[str], expected: list[str]) -> None:
    assert codes(guarded(*guards)) == expected


def test_an_overlap_comes_with_an_event_for_which_both_hold() -> None:
    [problem] = problems(guarded('event.a == "x"', "event.b.c > 1"))
    assert problem.severity is Severity.NOTE
    assert problem.story == 'for instance "x" in "a" with event.b.c = 2, event.a = "x"'


def test_a_guard_is_judged_by_what_its_receive_block_lets_through() -> None:
    receive = 'receive "github" "push" {\nwhen = event.a == 1\nentity = "P-1"\nfire = "x"\n}\n'
    found = proof(receive + machine(guarded("event.a == 2"))).diagnostics
    assert [d.code for d in found if d.code != "event_never_fired"] == ["guard_never_true"]


CYCLE = LINE + 'state "b" "back" { transition = "a" }'


@pytest.mark.parametrize(
    ("claim", "outcome", "moves"),
    [
        ('never = state == "c"', Outcome.FAILS, 2),
        ('always = state != "a"', Outcome.FAILS, 0),
        ('never = previous == "c" && state != "c"', Outcome.HOLDS, 0),
        ("never = context.x == 1", Outcome.FAILS, 0),
        ("never = try(context.x, null) == 1", Outcome.HOLDS, 0),
        ('reachable = "c"', Outcome.HOLDS, 0),
        ('reachable = "a"', Outcome.FAILS, 2),
        ('reachable = "c"\nwithin = 1', Outcome.FAILS, 0),
        ('reachable = "c"\nfrom = "b"\nwithin = 1', Outcome.HOLDS, 0),
        ('eventually = "c"', Outcome.FAILS, 2),
        ('eventually = ["b"]', Outcome.HOLDS, 0),
        ('eventually = ["b"]\nwithin = 1', Outcome.HOLDS, 0),
        ('leads_to = ["a", "c"]\nfrom = "b"\nwithin = 1', Outcome.HOLDS, 0),
        ('leads_to = "c"\nfrom = "b"\nwithin = 3', Outcome.FAILS, 3),
    ],
)
def test_claims_are_decided_with_the_shortest_way(claim: str, outcome: Outcome, moves: int) -> None:
    [finding] = proof(f'{machine(CYCLE)}\nproperty "it" {{\n{claim}\n}}').findings
    assert (finding.outcome, length(finding)) == (outcome, moves), finding.because


def test_a_counterexample_is_a_story_and_a_test_to_paste() -> None:
    [problem] = problems(CYCLE, 'property "no way back" { never = previous == "b" && state == "a" }')
    assert (problem.code, problem.severity) == ("property_fails", Severity.ERROR)
    assert problem.story == (
        "counterexample:\n"
        '  starts in "a"\n'
        '  1. "go" moves it to "b"\n'
        '  2. "back" moves it to "a"\n'
        '  previous is "b", state is "a"\n'
        "\n"
        'test "counterexample: no way back" {\n'
        '  given { state = "a" }\n'
        '  when "go" {}\n'
        '  when "back" {}\n'
        "  then {\n"
        '    state = "a" # the property says otherwise: previous is "b", state is "a"\n'
        "  }\n"
        "}"
    )


FOUR_EYES = """
state "a" "ask" {
  when       = event.user != null
  set        = { by = event.user }
  transition = "b"
}
state "b" "approve" {
  when       = event.user != context.by
  transition = "c"
}
state "c" { final = true }
"""


def test_what_is_remembered_is_followed() -> None:
    claim = 'property "four eyes" { never = state == "c" && context.by == event.user }'
    found = proof(f"{machine(FOUR_EYES)}\n{claim}")
    assert found.diagnostics == ()
    assert [f.outcome for f in found.findings] == [Outcome.HOLDS]
    careless = FOUR_EYES.replace("when       = event.user != context.by\n", "")
    [finding] = proof(f"{machine(careless)}\n{claim}").findings
    assert finding.outcome is Outcome.FAILS
    ask, approve = (move.event.payload["user"] for move in finding.way)
    assert ask == approve


def test_null_deletes_what_is_remembered() -> None:
    states = """
    state "a" "go" {
      set        = { k = event.y }
      transition = "b"
    }
    state "b" "go" {
      when       = context.k == "a" || context.k != "a"
      transition = "c"
    }
    state "c" { final = true }
    """
    [finding] = proof(f'{machine(states)}\nproperty "ends" {{ reachable = "c" }}').findings
    assert finding.outcome is Outcome.FAILS
    assert finding.way[0].event.payload == {"y": None}


COUNTER = """
state "a" "more" {
  when       = try(context.n, 0) < var.most
  set        = { n = try(context.n, 0) + 1 }
  transition = "a"
}
state "a" "done" {
  when       = try(context.n, 0) >= 3
  transition = "c"
}
state "c" { final = true }
"""


def test_a_counter_is_explored_as_far_as_it_counts() -> None:
    claim = 'property "three" { never = state == "c" && context.n < 3 }'
    found = proof(f"{machine(COUNTER)}\n{claim}", 'variable "most" { default = 20 }')
    assert [f.outcome for f in found.findings] == [Outcome.HOLDS]


UP = """
state "a" {
  on "more" {
    set        = { n = %s }
    transition = "a"
  }
  on "done" {
    when       = context.n > 40
    transition = "c"
  }
  on "again" { set = { n = 0 } }
}
state "c" { final = true }
"""
ENDS = 'property "ends" { reachable = "c" }\nproperty "more" { never = state == "c" && context.n < 41 }'


@pytest.mark.parametrize(
    "counted", ["try(context.n, 0) + 1", "3 + try(context.n, 0)", "try(context.n, local.none) + local.by"]
)
def test_what_is_only_counted_on_matters_as_far_as_it_is_compared(counted: str) -> None:
    by = "locals {\nnone = 0\nby = 2\n}"
    found = proof(f"{machine(UP % counted)}\n{ENDS}", by)
    assert (found.open, [f.outcome for f in found.findings]) == ("", [Outcome.HOLDS] * 2)
    [less] = proof(
        f'{machine(UP % counted)}\nproperty "p" {{ never = state == "c" && context.n < 44 }}', by
    ).findings
    assert less.outcome is Outcome.FAILS


def test_what_is_counted_down_is_known_below_all_that_it_is_compared_with() -> None:
    down = (UP % "try(context.n, 0) - 1").replace("context.n > 40", "context.n <= -20")
    found = proof(f'{machine(down)}\nproperty "p" {{ always = state != "c" || context.n < -19 }}')
    assert (found.open, [f.outcome for f in found.findings]) == ("", [Outcome.HOLDS])


@pytest.mark.parametrize(
    ("counted", "also"),
    [
        ("try(context.n, 0) + 1", "set = { n = context.n - 1 }"),
        ("try(context.n, 0) + event.by", ""),
        ("try(context.n, 0) + 1", "set = { n = event.n }"),
        ("try(context.n, 0) + 1", "when = context.n % 7 == 3\nset = { m = 1 }"),
        ("try(context.n, 0) + 1", "when = context.n == event.n\nset = { m = 1 }"),
        ("try(context.n, 0) + 1", "set = { m = context.n * 2 }"),
        ("try(context.n, 0) * 2 + 1", ""),
    ],
)
def test_what_is_not_only_counted_is_told_apart_for_ever(counted: str, also: str) -> None:
    states = (UP % counted).replace('on "again"', f'on "other" {{\n{also or "set = {}"}\n}}\n  on "again"')
    claims = 'property "m" { never = try(context.m, 0) == 100000 }\nproperty "n" { never = try(context.n, 0) == 7 }'
    result = read_definition(f'provisioner "p" {{\n{machine(states)}\n{claims}\n}}\n', "p.hcl")
    assert result.definition is not None, result.diagnostics
    found = result.definition.provisioners["p"]
    assert not flows(
        found.machine, [p.condition for p in found.properties if p.condition is not None]
    ).counted


def test_what_has_no_end_is_said_to_be_open() -> None:
    claim = 'property "three" { never = state == "c" && context.n < 3 }'
    found = proof(f"{machine(COUNTER)}\n{claim}", 'variable "most" { default = 10000 }', most=50)
    [finding] = found.findings
    assert finding.outcome is Outcome.OPEN
    assert (
        "only 50 situations (a configuration with what it remembers and its timers) were explored"
        in finding.because
    )
    assert [d.code for d in found.diagnostics] == ["property_open"]
    assert "explored in part" in found.summary()


@pytest.mark.parametrize(
    ("claim", "code"),
    [
        ("", "property_claims"),
        ("always = true\nnever = false", "property_claims"),
        ("always = true\nwithin = 2", "property_claims"),
        ('never = true\nfrom = "a"', "property_claims"),
        ('leads_to = "c"', "missing_attribute"),
        ('reachable = "x"', "unknown_state"),
        ("reachable = []", "wrong_type"),
        ("reachable = 1", "wrong_type"),
        ('reachable = "c"\nwithin = 0', "wrong_type"),
        ('reachable = "c"\nwithin = "soon"', "wrong_type"),
        ("always = now != null", "unknown_name"),
        ("invariant = true", "unknown_attribute"),
    ],
)
def test_a_claim_that_cannot_be_meant_is_reported(claim: str, code: str) -> None:
    source = f'provisioner "p" {{\n{machine(LINE)}\nproperty "it" {{\n{claim}\n}}\n}}\n'
    assert code in [d.code for d in read_definition(source, "p.hcl").diagnostics]


CHART = """
state "a" "start" { transition = "work" }
parallel "work" {
  state "code" {
    initial = "writing"
    state "writing" {
      on "written" { transition = "work.code.done" }
      after {
        delay      = "72h"
        transition = "stale"
      }
    }
    state "done" { final = true }
  }
  state "docs" {
    initial = "missing"
    state "missing" {
      on "documented" { transition = "work.docs.done" }
    }
    state "done" { final = true }
  }
  on "done.state.work" { transition = "shipped" }
}
state "stale" "revive" { transition = "a" }
state "shipped" { final = true }
"""


def test_regions_timers_and_completions_are_explored_as_the_step_makes_them() -> None:
    claims = (
        'property "ends" { reachable = "shipped" }\n'
        'property "fresh" { never = state == "stale" }\n'
        'property "work is work" { reachable = "work.docs.done" }'
    )
    found = proof(f"{machine(CHART)}\n{claims}")
    assert not found.open
    ends, fresh, docs = found.findings
    assert ends.outcome is Outcome.HOLDS
    assert [move.event.name for move in fresh.way] == ["start", "after.work.code.writing.1"]
    assert docs.outcome is Outcome.FAILS
    assert docs.way[-1].after.states == {"shipped"}  # before, it can at least be come through
    assert all(d.code == "property_fails" for d in found.diagnostics)


def outcomes(states: str, *claims: str) -> list[Outcome]:
    blocks = "\n".join(f'property "p{n}" {{\n{claim}\n}}' for n, claim in enumerate(claims))
    return [finding.outcome for finding in proof(f"{machine(states)}\n{blocks}").findings]


def test_a_timer_that_ran_out_in_vain_does_not_run_out_again() -> None:
    states = """
    state "a" {
      on "allow" { set = { allowed = true } }
      after {
        delay      = "1h"
        when       = try(context.allowed, false)
        transition = "c"
      }
    }
    state "c" { final = true }
    """
    [finding] = proof(f'{machine(states)}\nproperty "ends" {{ reachable = "c" }}').findings
    assert finding.outcome is Outcome.FAILS
    assert [move.event.name for move in finding.way] == ["after.a.1"]
    assert length(finding) == 0


def test_without_timers_nothing_has_to_happen_in_time() -> None:
    within = 'eventually = "c"\nwithin = "1000h"'
    assert outcomes(LINE, 'eventually = "c"', within, 'reachable = "c"\nwithin = "1s"') == [
        Outcome.HOLDS,
        Outcome.FAILS,
        Outcome.HOLDS,
    ]


TWO = """
state "a" {
  on "kept" { set = { x = 1 } }
  on "anew" { transition = "a" }
  after {
    delay      = %s
    transition = "b"
  }
}
state "b" {
  after {
    delay      = "1h"
    transition = "c"
  }
}
state "c" { final = true }
"""


@pytest.mark.parametrize(
    ("within", "expected"), [('"1h"', Outcome.FAILS), ('"119m"', Outcome.FAILS), ('"3h"', Outcome.HOLDS)]
)
def test_times_of_timers_one_after_another_add_up(within: str, expected: Outcome) -> None:
    states = (TWO % '"2h"').replace('on "anew" { transition = "a" }', "")
    assert outcomes(states, f'eventually = "c"\nwithin = {within}') == [expected]
    assert outcomes(states, 'reachable = "c"\nwithin = "179m"') == [Outcome.FAILS]
    assert outcomes(states, 'reachable = "c"\nwithin = "3h"') == [Outcome.HOLDS]


def test_no_moments_are_told_apart_where_no_timer_runs() -> None:
    chain = "".join(f'state "s{n}" "go" {{ transition = "s{n + 1}" }}\n' for n in range(40))
    states = f"""
state "a" "go" {{ transition = "s0" }}
{chain}
state "s40" {{
  on "again" {{ transition = "s0" }}
  after {{
    delay      = "1h"
    transition = "c"
  }}
}}
state "c" {{ final = true }}
"""
    claims = ['"300h"', '"1h"', '"59m"', '"59m"\nfrom = "c"']
    assert outcomes(states, *(f'reachable = "c"\nwithin = {claim}' for claim in claims)) == [
        Outcome.HOLDS,
        Outcome.HOLDS,
        Outcome.FAILS,
        Outcome.HOLDS,
    ]
    [finding] = proof(
        f'{machine(states)}\nproperty "p" {{\nleads_to = "c"\nfrom = "s39"\nwithin = "300h"\n}}'
    ).findings
    assert finding.outcome is Outcome.FAILS
    assert [move.event.name for move in finding.way if move.event.name] == ["go"] * 40


def test_of_ways_equally_short_one_is_told_on_which_no_two_timers_are_due_at_once() -> None:
    states = """
state "a" "go" {
  transition = "b"
  raise "t" { delay = "20s" }
}
state "b" {
  on "again" {
    raise "t" { delay = "10s" }
  }
  on "t" { transition = "c" }
  after {
    delay = "5s"
    set   = { y = 1 }
  }
  after {
    delay      = "15s"
    when       = context.z == 2
    transition = "d"
  }
  on "mark" {
    when = context.y == 1
    set  = { z = 2 }
    raise "t" { delay = "10s" }
  }
}
state "c" { final = true }
state "d" { final = true }
"""
    [problem] = problems(states, 'property "p" {\nnever = state == "d"\n}')
    assert problem.code == "property_fails"
    assert '"after.b.2" moves it to "d"' in problem.story
    assert "before" not in problem.story


def test_a_state_that_is_entered_anew_again_and_again_is_never_left_in_time() -> None:
    assert outcomes(TWO % '"2h"', 'eventually = "c"\nwithin = "300h"') == [Outcome.FAILS]
    assert outcomes(TWO % '"2h"', 'leads_to = "c"\nfrom = "b"\nwithin = "1h"') == [Outcome.HOLDS]


def test_a_timer_of_no_time_runs_out_in_no_time() -> None:
    assert outcomes(TWO % "0", 'reachable = "b"\nfrom = "a"\nwithin = "1h"') == [Outcome.HOLDS]


@pytest.mark.parametrize("delay", ['try(event.delay, "2h")', 'try(context.delay, "2h")'])
def test_a_delay_that_is_not_always_the_same_proves_nothing(delay: str) -> None:
    found = proof(f'{machine(TWO % delay)}\nproperty "p" {{\neventually = "c"\nwithin = "1000h"\n}}')
    [finding] = found.findings
    assert finding.outcome is not Outcome.HOLDS
    [finding] = proof(f'{machine(TWO % delay)}\nproperty "p" {{\nnever = state == "nowhere"\n}}').findings
    assert finding.outcome is Outcome.HOLDS
    claim = 'never = state == "c" && try(context.x, 1) == 2'
    [finding] = proof(f'{machine(TWO % delay)}\nproperty "p" {{\n{claim}\n}}').findings
    assert finding.outcome is Outcome.OPEN
    assert 'the delay of "after.a.1" looks at' in finding.because


def test_times_without_a_common_measure_are_open_where_something_has_to_come_in_between() -> None:
    states = """
state "a" {
  on "again" { transition = "a" }
  after {
    delay      = "2h"
    transition = "c"
  }
}
state "c" { final = true }
"""
    found = proof(f'{machine(states)}\nproperty "p" {{\neventually = "c"\nwithin = "2h1s"\n}}')
    [finding] = found.findings
    assert finding.outcome is Outcome.OPEN
    assert "no common measure" in finding.because
    assert found.summary().startswith("p: explored in part (2 configurations)")


def test_a_property_sees_all_states_that_it_is_in() -> None:
    claim = 'never = contains(active, "work") && state == "shipped"'
    [finding] = proof(f'{machine(CHART)}\nproperty "p" {{\n{claim}\n}}').findings
    assert finding.outcome is Outcome.HOLDS


def test_always_blocks_that_go_round_only_for_some_events_are_told_with_one() -> None:
    states = LINE + (
        'state "a" "x" { transition = "d" }\n'
        'state "d" {\nalways {\nwhen = try(event.again, false)\ntransition = "e"\n}\non "x" { transition = "c" }\n}\n'
        'state "e" {\nalways { transition = "d" }\n}'
    )
    [problem] = [p for p in problems(states) if p.code == "endless_loop"]
    assert problem.severity is Severity.ERROR
    assert problem.summary == (
        'In "a", always blocks follow one another without end when "x" comes with event.again = true'
    )


def test_what_is_due_at_once_runs_out_in_the_test_too() -> None:
    text = """
provisioner "dev" {
  statemachine "dev" {
    initial = "a"
    state "a" "go" { transition = "b" }
    state "b" {
      after {
        delay      = "0s"
        transition = "c"
      }
    }
    state "c" "k" { transition = "d" }
    state "d" { final = true }
  }
  property "no d" { never = state == "d" }
}
"""
    definition = read_definition(text, "soc.hcl").definition
    assert definition is not None
    [problem] = [p for p in prove(definition.provisioners["dev"]).diagnostics if p.code == "property_fails"]
    block = problem.story.partition("\ntest ")[2]
    assert 'advance { by = "0s" }' in block
    pasted = text.rstrip().removesuffix("}") + "test " + block + "\n}\n"
    again = read_definition(pasted, "soc.hcl").definition
    assert again is not None
    [found] = again.provisioners["dev"].tests
    assert run_test(compile_definition(again)["dev"], found).passed


WATCHED = """
state "a" "go" { transition = "o" }
state "o" {
  initial = "i1"
  after {
    delay      = "1h"
    transition = "x"
  }
  state "i1" "inn" { transition = "i2" }
  state "i2" "e" { transition = "%s" }
}
state "x" { final = true }
"""
TO_X = 'property "ends" {\nleads_to = "x"\nfrom = "o"\n}'


def test_a_way_round_that_a_running_timer_ends_is_no_counterexample() -> None:
    assert codes(WATCHED % "i1", TO_X) == []


def test_a_way_round_that_sets_the_timer_anew_each_time_is_one() -> None:
    [problem] = problems(WATCHED % "o", TO_X)
    assert problem.code == "property_fails"
    assert "and so on for ever" in problem.story


def test_a_way_round_through_the_end_of_the_timer_is_one() -> None:
    states = (WATCHED % "i1").replace('transition = "x"', 'transition = "y"')
    states += 'state "y" {\non "again" { transition = "o" }\non "on" { transition = "x" }\n}'
    [problem] = problems(states, TO_X)
    assert problem.code == "property_fails"
    assert "and so on for ever" in problem.story


def test_a_way_round_that_no_time_is_left_for_is_none() -> None:
    states = 'state "a" {\non "e" { transition = "a" }\nafter {\ndelay = "0s"\ntransition = "b"\n}\n}\nstate "b" { final = true }'
    assert codes(states, 'property "ends" { eventually = "b" }') == []


def test_a_way_round_has_nothing_on_it_that_leads_nowhere() -> None:
    states = """
    state "a" {
      on "e" { transition = "b" }
      on "note" { set = { noted = event.text } }
    }
    state "b" "e" { transition = "a" }
    state "c" { final = true }
    """
    [found] = proof(f'{machine(states)}\nproperty "ends" {{ eventually = "c" }}').findings
    assert [move.event.name for move in found.way] == ["e", "e"]


def test_beside_another_timer_a_way_round_is_as_long_as_it_has_to_be() -> None:
    states = """
    parallel "a" {
      state "l" {
        initial = "p"
        state "p" {
          on "e" { transition = "p" }
          after {
            delay      = "1h"
            transition = "out"
          }
        }
      }
      state "r" {
        initial = "q"
        state "q" {
          on "f" { transition = "q" }
          after {
            delay      = "2h"
            transition = "out"
          }
        }
      }
    }
    state "out" { final = true }
    """
    [problem] = problems(states, 'property "ends" { eventually = "out" }')
    assert problem.code == "property_fails"
    assert '"e"' in problem.story
    assert '"f"' in problem.story
    assert (
        codes(states.replace('on "f" { transition = "q" }', ""), 'property "ends" { eventually = "out" }')
        == []
    )


FREE = """
state "a" "go" {
  when       = %s
  transition = "b"
}
state "a" "other" { transition = "b" }
state "b" { final = true }
"""


@pytest.mark.parametrize(
    "guard",
    [
        "event.a < event.b",
        "event.a < event.b && event.b < event.c",
        "event.a < event.b && event.b < event.c && event.c < event.d",
        "event.a < event.b && event.b < 2 && event.a > 1.5",
        "event.a < event.b && event.b < event.c && event.a > 1 && event.c < 2",
        "event.a <= event.b && event.b <= event.a && event.a != event.b",
        'event.a <= event.b && event.b <= event.a && event.a == "7.0" && event.b != "7"',
        "event.a >= event.b && event.a == event.b && event.a > 3",
        "event.a <= event.b && event.b <= event.c && event.c <= event.a && event.a != event.b && event.b != event.c && event.a != event.c",
    ],
)
def test_paths_in_order_are_known_to_be_possible(guard: str) -> None:
    assert codes(FREE % guard) == []
    alone = (FREE % guard).replace('state "a" "other" { transition = "b" }', "")
    [problem] = problems(alone, 'property "stays" { never = state == "b" && event.a != null }')
    assert problem.code == "property_fails"
    assert "test " in problem.story


@pytest.mark.parametrize(
    "guard",
    [
        "event.a < event.b && event.b < event.a",
        "event.a < event.b && event.b < event.c && event.c < event.a",
        "event.a < event.b && event.b < 2 && event.a > 2",
        "event.a < event.b && event.b <= 2 && event.a >= 2",
        "event.a > event.a",
        "event.a < event.b && event.a == event.b",
    ],
)
def test_paths_in_an_order_that_cannot_be_are_known_never_to_be(guard: str) -> None:
    assert codes(FREE % guard) == ["guard_never_true"]


def remembered(change: str, more: str = "") -> Proof:
    states = f"""
    state "a" "set" {{
      set        = {{ x = {change} }}
      transition = "b"
    }}
    state "b" "up" {{
      when       = event.x > context.x
      set        = {{ x = event.x }}
      transition = "c"
    }}
    state "c" "up" {{
      when       = event.x > context.x
      transition = "d"
    }}
    state "d" {{ final = true }}
    """
    return proof(machine(states) + more)


@pytest.mark.parametrize("change", ["event.x", "100", "0.5"])
def test_what_comes_in_can_be_more_than_what_is_remembered(change: str) -> None:
    found = remembered(change, '\nproperty "stays" { never = state == "d" }')
    assert [(f.outcome, length(f)) for f in found.findings] == [(Outcome.FAILS, 3)]


def test_numbers_without_end_that_are_remembered_are_never_called_a_dead_end() -> None:
    states = """
    state "a" "up" {
      when = event.x > try(context.x, 0)
      set  = { x = event.x }
    }
    state "a" "off" {
      when       = try(context.x, 0) > 1000
      transition = "b"
    }
    state "b" { final = true }
    """
    found = proof(machine(states) + '\nproperty "ends" { reachable = "b" }')
    assert [f.outcome for f in found.findings] in ([Outcome.OPEN], [Outcome.HOLDS])


@pytest.mark.parametrize(("value", "possible"), [("3", True), ("event.q", True), ('"x"', False)])
def test_what_a_raised_event_carries_is_held_against_the_rest_of_it(value: str, possible: bool) -> None:  # noqa: FBT001
    states = f"""
    state "a" "go" {{
      raise "r" {{
        event = {{ a = {value}, b = event.p }}
      }}
      transition = "b"
    }}
    state "b" "r" {{
      when       = event.a < event.b
      transition = "c"
    }}
    state "b" "on" {{ transition = "c" }}
    state "c" {{ final = true }}
    """
    found = proof(machine(states) + '\nproperty "direct" { never = state == "c" && previous == "a" }')
    assert [f.outcome for f in found.findings] == [Outcome.FAILS if possible else Outcome.HOLDS]


UNDECIDED = "\n".join(
    f'state "a" "x{n}" {{\nwhen = sum([event.n, 2]) == 753{n}\ntransition = "c"\n}}' for n in range(5)
)


def test_every_reason_is_in_the_json_and_a_message_says_how_many_there_are() -> None:
    found = proof(machine(LINE + UNDECIDED))
    [problem] = found.diagnostics
    assert problem.detail.endswith("; … and 2 more.")
    assert str(found.as_json()["open"]).count("no payload was found") == 5
    found = proof(machine(LINE + UNDECIDED) + '\nproperty "b" { never = previous == "a" && state == "c" }')
    assert found.findings[0].because.count("no payload was found") == 5
    assert found.diagnostics[0].detail.endswith("; … and 2 more.")


def test_where_something_is_open_it_is_said_of_which_timers_it_is_not_known_whether_they_run_out() -> None:
    timers = "".join(f'after {{\ndelay = "{delay}"\ntransition = "c"\n}}\n' for delay in ("5s", "10s"))
    states = LINE.replace('state "b" "go" { transition = "c" }', f'state "b" {{\n{timers}}}')
    assert codes(states) == ["orphan_timer"]
    found = problems(states + UNDECIDED, 'property "b" { never = previous == "a" && state == "c" }')
    assert sorted(d.code for d in found) == ["explored_in_part", "property_open"]
    [told] = [d for d in found if d.code == "explored_in_part"]
    assert told.detail.endswith('Whether a timer of "b" ever runs out is not known.')


def test_of_a_loop_that_takes_something_before_it_the_way_there_is_told() -> None:
    states = """
    state "a" {
      on "go" {
        set = { x = event.x }
      }
      on "spin" { transition = "loop" }
    }
    state "loop" {
      always {
        when       = try(context.x, 0) == 1
        transition = "loop2"
      }
    }
    state "loop2" {
      always { transition = "loop" }
    }
    """
    [problem] = [d for d in problems(states) if d.code == "endless_loop"]
    assert 'a way there:\n  starts in "a"\n  1. "go" with event.x = 1' in problem.story


def test_each_event_that_sets_off_a_loop_is_told_and_nothing_in_it_is_out_of_reach() -> None:
    states = """
state "a" {
  on "go"   { transition = "x" }
  on "spin" { transition = "y" }
}
state "x" {
  always { transition = "x2" }
}
state "x2" {
  always { transition = "x" }
}
state "y" {
  always { transition = "y2" }
}
state "y2" {
  always { transition = "y" }
}
"""
    found = [p for p in problems(states) if p.code in ("endless_loop", "unreachable_state")]
    assert [p.code for p in found] == ["endless_loop", "endless_loop"]
    assert ['"go"' in p.summary for p in found] == [True, False]
    assert '"spin"' in found[1].summary


@pytest.mark.parametrize(
    "guard",
    [
        "event.x && event.x != true",
        "!event.x && event.x != false",
        "event.x && event.y && event.x != event.y",
        "event.x && event.x > 0",
        "!event.x && event.x < 1 && event.x != false",
        "event.x < 1 && event.y < 1 && event.x != event.y",
        "event.x <= event.y && event.y <= event.x && event.x != event.y",
        "event.x && event.x < event.y",
        "event.x >= 1 && event.x <= 1 && event.x != 1 && !can(event.x && true)",
        "event.x <= event.x",
        "event.x == event.x",
        "event.x < event.y && event.y < 1 && event.x > 0 && event.x != event.z && event.z < event.y",
    ],
)
def test_texts_that_spell_numbers_and_truth_values_make_guards_true(guard: str) -> None:
    told = codes(f'state "a" "go" {{\nwhen = {guard}\ntransition = "b"\n}}\nstate "b" {{\nfinal = true\n}}')
    assert "guard_never_true" not in told
    assert "unreachable_state" not in told


@pytest.mark.parametrize("guard", ["event.x == event.x", "event.x <= event.x"])
def test_what_is_held_against_itself_is_not_always_true(guard: str) -> None:
    told = codes(f'state "a" "go" {{\nwhen = {guard}\ntransition = "b"\n}}\nstate "b" {{\nfinal = true\n}}')
    assert "guard_always_true" not in told


@pytest.mark.parametrize(
    "guard",
    [
        "event.x < event.y && event.y < event.x",
        "event.x < event.y && event.x > 1 && event.y < 1",
        "event.x == event.y && event.x < event.y",
        "event.x && !event.x",
        "event.x < event.x",
    ],
)
def test_orders_that_cannot_be_are_found(guard: str) -> None:
    told = codes(f'state "a" "go" {{\nwhen = {guard}\ntransition = "b"\n}}\nstate "b" {{\nfinal = true\n}}')
    assert "guard_never_true" in told


@pytest.mark.parametrize(
    ("set_", "guard"),
    [
        ("{ k = event.x }", "event.x == 1 && context.k == event.x"),
        ("{ k = event.x }", "context.k == event.x && event.x > 3"),
        ("{ k = event.x }", "context.k == event.x && event.x < event.y && event.y == 5"),
        ("{\nk = event.x\nj = 2\n}", "context.j == context.k"),
        ("{\nk = event.x\nj = event.y\n}", "context.j == context.k && context.j == event.z && event.z > 3"),
    ],
)
def test_what_is_compared_with_the_memory_is_asked_of_the_memory(set_: str, guard: str) -> None:
    states = (
        f'state "a" "go" {{\nset = {set_}\ntransition = "b"\n}}\n'
        f'state "b" "go" {{\nwhen = {guard}\ntransition = "c"\n}}\nstate "c" {{\nfinal = true\n}}'
    )
    assert "guard_never_true" not in codes(states)
    assert "unreachable_state" not in codes(states)


CLASSES = """
receive "github" "push" {
  entity = "P-1"
  fire   = "e"
}
receive "github" "release" {
  entity = "P-1"
  fire   = "f"
}
statemachine "p" {
  initial = "a"
  state "a" {
    on "e" {
      when       = event.x != event.y || event.x > 1
      set        = { k = event.x }
      transition = "b"
    }
  }
  state "b" {
    on "f" {
      when       = event.x != true && event.x > 1 && event.x == event.y
      set        = { k = event.x }
      transition = "a"
    }
    on "e" {
      when       = KEPT
      transition = "c"
    }
  }
  state "c" { final = true }
}
"""


@pytest.mark.parametrize(
    ("kept", "reached"),
    [
        ('context.k == "a"', True),
        ("context.k == 1", True),
        ("context.k > 7", True),
        ("context.k && context.k != true", True),
        ("context.k && context.k > 7", False),
        ('context.k == "a" && context.k > 1', False),
    ],
)
def test_memory_that_constants_alone_are_held_against_is_known_by_its_class(kept: str, reached: bool) -> None:  # noqa: FBT001
    found = proof(CLASSES.replace("KEPT", kept))
    assert not found.open
    assert found.configurations <= 40
    assert any(d.code == "unreachable_state" for d in found.diagnostics) != reached


@pytest.mark.parametrize(
    "then",
    [
        """
        set        = { j = "${context.k}!" }
        transition = "c"
        """,
        """
        transition = "c"
        raise "r" { event = { y = "${context.k}!" } }
        """,
    ],
)
def test_what_is_made_of_the_memory_proves_nothing(then: str) -> None:
    states = f"""
    state "a" "go" {{
      set        = {{ k = event.x }}
      transition = "b"
    }}
    state "b" "go" {{
      when       = context.k != "no"
      {then}
    }}
    state "c" {{
      on "go" {{
        when       = context.j == "one!"
        transition = "d"
      }}
      on "r" {{
        when       = event.y == "one!"
        transition = "d"
      }}
    }}
    state "d" {{ final = true }}
    """
    found = proof(machine(states), most=2000)
    assert found.open
    assert "unreachable_state" not in [d.code for d in found.diagnostics]


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ('always = state == "b" && event.x == 1', Outcome.FAILS),
        ('never = state == "a" || event.x == 9', Outcome.FAILS),
        ("never = event.x == 9", Outcome.FAILS),
        ("never = delivery.type == 9", Outcome.FAILS),
        ("never = try(event.x, null) == 9", Outcome.FAILS),  # some event may carry it
        ('always = state == "a" || can(event)', Outcome.HOLDS),
        ('always = previous == null || state != "a"', Outcome.HOLDS),
    ],
)
def test_at_the_start_there_is_no_event(claim: str, expected: Outcome) -> None:
    states = 'state "a" "go" { transition = "b" }\nstate "b" { final = true }'
    [finding] = proof(f'{machine(states)}\nproperty "p" {{\n{claim}\n}}').findings
    assert finding.outcome is expected
    assert bool(finding.way) == claim.startswith("never = try")


OVERLAPS = """
state "a" {
  on "mark" { set = { c = KEPT } }
  on "go" {
    when       = context.c == "1"
    transition = "b"
  }
  on "go" {
    when       = event.x == 1
    transition = "c"
  }
}
state "b" { final = true }
state "c" { final = true }
"""


def test_guards_that_no_memory_lets_hold_at_once_do_not_overlap() -> None:
    assert codes(OVERLAPS.replace("KEPT", '"2"')) == ["guard_never_true", "unreachable_state"]


def test_an_overlap_is_shown_with_what_is_remembered_somewhere() -> None:
    [overlap] = [d for d in problems(OVERLAPS.replace("KEPT", '"1"')) if d.code == "guards_overlap"]
    assert overlap.story == 'for instance "go" in "a" with event.x = 1, context.c = "1"'


def test_what_is_not_remembered_is_shown_as_null() -> None:
    states = OVERLAPS.replace("KEPT", '"1"').replace('context.c == "1"', "try(context.c, null) == null")
    [overlap] = [d for d in problems(states) if d.code == "guards_overlap"]
    assert overlap.story == 'for instance "go" in "a" with event.x = 1, context.c = null'


@pytest.mark.parametrize("guard", ["true", "try(context.v, 1) != 3", "try(context.v, 1) != false"])
@pytest.mark.parametrize("change", ["{ v = 1 }", "{ v = !try(context.v, false) }", "{}"])
@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ('eventually = "b"\nwithin = 1', Outcome.FAILS),
        ('eventually = "b"\nwithin = 3', Outcome.FAILS),
        ('reachable = "b"', Outcome.HOLDS),
        ('eventually = "b"', Outcome.HOLDS),
    ],
)
def test_a_transition_that_stays_is_a_move_whatever_is_read(
    guard: str, change: str, claim: str, expected: Outcome
) -> None:
    states = f"""
    state "a" {{
      on "stay" {{ set = {change} }}
      on "go" {{
        when       = {guard}
        transition = "b"
      }}
    }}
    state "b" {{ final = true }}
    """
    [finding] = proof(f'{machine(states)}\nproperty "p" {{\n{claim}\n}}').findings
    assert finding.outcome is expected


@pytest.mark.parametrize("read", ["event.x == 1", "event.x == 1 && try(context.v, 1) != 2"])
def test_staying_for_ever_where_nothing_else_can_happen_is_a_way_that_leads_nowhere(read: str) -> None:
    states = f"""
    state "a" {{
      on "stay" {{ set = {{ v = event.x == 3 }} }}
      on "lost" {{ transition = "c" }}
      on "go" {{
        when       = {read}
        transition = "b"
      }}
    }}
    state "b" {{ final = true }}
    state "c" "stay" {{ set = {{ v = !try(context.v, false) }} }}
    """
    [finding] = proof(f'{machine(states)}\nproperty "p" {{\neventually = "b"\n}}').findings
    assert finding.outcome is Outcome.FAILS


MADE = """
receive "github" "pull_request" {
  entity = "P-1"
  fire   = FIRE
}
statemachine "p" {
  initial = "a"
  state "a" {
    on "pr.1.x" { transition = "b" }
    on "pr.*" {
      when       = event.action == "closed"
      transition = "c"
    }
  }
  state "b" { final = true }
  state "c" { final = true }
}
property "to b" { never = state == "b" }
property "to c" { never = state == "c" }
"""


@pytest.mark.parametrize(
    ("fire", "b", "c"),
    [
        ('"pr.${event.action}.x"', Outcome.FAILS, Outcome.FAILS),
        ('"pr.${event.action}"', Outcome.FAILS, Outcome.FAILS),
        ('"pr.${event.action}${"."}x"', Outcome.FAILS, Outcome.FAILS),
        ('"${event.action == 1 ? "pr" : event.action}.1.x"', Outcome.FAILS, Outcome.HOLDS),
        ('"pr.${event.other}"', Outcome.FAILS, Outcome.FAILS),
        ('"${event.other}.closed"', Outcome.FAILS, Outcome.FAILS),
    ],
)
def test_names_of_events_that_are_made_of_one_path_are_known(fire: str, b: Outcome, c: Outcome) -> None:
    found = proof(MADE.replace("FIRE", fire))
    assert not found.open
    assert [f.outcome for f in found.findings] == [b, c]


def test_a_number_makes_the_name_that_its_text_makes() -> None:
    body = MADE.replace("FIRE", '"pr.${event.action}.x"').replace('"closed"', '"none"')
    guard = "when = event.action > 0 && event.action == 1"
    more = body.replace('on "pr.1.x" { transition = "b" }', f'on "pr.1.x" {{\n{guard}\ntransition = "b"\n}}')
    [finding, _] = proof(more).findings
    assert finding.outcome is Outcome.FAILS


def test_a_pattern_is_tried_with_the_names_that_its_guards_ask_for() -> None:
    body = MADE.replace("FIRE", "event.action").replace('"closed"', '"pr.closed"')
    found = proof(body)
    assert [f.outcome for f in found.findings] == [Outcome.FAILS, Outcome.FAILS]
    assert not any(d.code == "guard_never_true" for d in found.diagnostics)


def test_what_is_said_to_be_open_is_not_what_the_counterexample_does() -> None:
    states = """
    state "a" "go" {
      set        = { v = event.n }
      transition = "b"
    }
    state "b" "go" {
      when       = event.n < context.v
      transition = "c"
    }
    state "c" { final = true }
    """
    found = proof(f'{machine(states)}\nproperty "stays" {{ never = state == "c" }}')
    assert [f.outcome for f in found.findings] == [Outcome.FAILS]
    assert 'in "b" with some of what is remembered there, and there may be one' in found.open


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", Outcome.HOLDS),
        ('state "c" "on" { transition = "h" }', Outcome.OPEN),
        ('state "c" "on" {\nwhen = context.x == 3\ntransition = "h"\n}', Outcome.OPEN),
        ('state "c" "always" "h"', None),
    ],
)
def test_what_is_not_known_about_other_transitions_leaves_no_claim_open(
    more: str, expected: Outcome | None
) -> None:
    if expected is None:
        more, expected = 'state "c" {\nalways { transition = "h" }\n}', Outcome.OPEN
    states = f"""
    state "a" {{
      on "go" {{
        when       = lower(event.x) == "yes" && event.x != "yes"
        transition = "c"
      }}
      on "on" {{
        when       = event.y == 1 && event.y == 2
        transition = "h"
      }}
      on "off" {{ transition = "h2" }}
    }}
    state "h" {{ final = true }}
    state "h2" {{ final = true }}
    {more or 'state "c" "off" { transition = "h2" }'}
    """
    [finding] = proof(f'{machine(states)}\nproperty "stays" {{ never = state == "h" }}').findings
    assert finding.outcome is expected


NEVER_SET = """
state "a" {
  on "e" {
    when       = try(context.k, 0) != "b"
    transition = "c"
  }
  on "e" { transition = "a" }
}
state "c" { final = true }
"""


def test_a_transition_without_a_guard_that_comes_too_late_is_told() -> None:
    [problem] = problems(NEVER_SET)
    assert problem.code == "transition_shadowed"
    assert problem.subject is not None
    assert problem.subject.line == NEVER_SET[: NEVER_SET.index('on "e" { transition')].count("\n") + 5
    set_somewhere = (
        NEVER_SET + 'state "a" "f" {\nset = { k = "b" }\n}\nstate "a" "g" { transition = "<end>" }'
    )
    assert codes(set_somewhere) == []


def test_one_that_is_hindered_is_not_told_as_shadowed() -> None:
    states = """
state "a" {
  on "e" {
    when       = can(event.x)
    transition = "c"
  }
  on "e" { set = { k = event.x } }
}
state "c" { final = true }
"""
    assert codes(states) == ["transition_hindered"]


@pytest.mark.parametrize(
    ("does", "told"),
    [
        ('request {\ncomment = "x ${event.p.y}"\n}', True),
        ("set = { k = event.p.y }", True),
        ("set = { k = local.deep }", True),
        ("set = { k = try(event.p.y, 1) }", False),
        ("set = { k = event.q.y }", False),
        ("set = { k = context.n.y }", False),  # nobody knows what is remembered there
        ("request {\ncomment = context.n\n}", False),
    ],
)
def test_what_hinders_a_transition_anyway_is_told_though_the_machine_is_explored_in_part(
    does: str, *, told: bool
) -> None:
    states = f"""
state "a" {{
  on "e" {{
    when = event.p == 1
    transition = "c"
    {does}
  }}
  on "made" {{
    set        = {{ n = 10 / event.by }}
    transition = "b"
  }}
}}
state "b" "on" {{
  when       = event.z / context.n > 1
  transition = "c"
}}
state "c" {{ final = true }}
"""
    found = proof(machine(states), "locals {\ndeep = event.p.y\n}")
    codes_found = {d.code for d in found.diagnostics}
    assert "explored_in_part" in codes_found
    assert ("transition_hindered" in codes_found) is told


def test_a_transition_that_is_never_taken_is_told_once() -> None:
    guards = ("context.k <= 1", "context.k <= 2 || context.k == event.x")
    ways = "".join(
        f'state "a" "e" {{\nwhen = {guard}\ntransition = "{to}"\n}}\n'
        for guard, to in zip(guards, "ca", strict=True)
    )
    found = codes(f'{ways}state "a" "f" {{\nset = {{ k = 1 }}\n}}\nstate "c" {{ final = true }}')
    assert found == ["transition_shadowed"]


@pytest.mark.parametrize(("beside", "told"), [("", False), ('state "d" "e" { transition = "<end>" }', True)])
def test_where_there_is_no_end_none_is_missed(beside: str, *, told: bool) -> None:
    found = codes(
        f'state "a" "e" {{ transition = "b" }}\nstate "b" "e" {{ transition = "a" }}\nstate "c" {{}}\n{beside}'
    )
    assert ("no_end_reachable" in found) is told
    assert "dead_end" in found


TWO_TIMERS = """
state "a" {
  after {
    delay      = "5m"
    transition = "b"
  }
}
state "b" {
  after {
    delay      = "10m"
    transition = "c"
  }
}
state "c" { final = true }
"""


@pytest.mark.parametrize(
    ("within", "holds"), [("14m59s", False), ("15m", True), ("15m1s", True), ("4m59s", False)]
)
def test_a_time_without_a_common_measure_is_refuted_by_waiting_or_proven_by_less(
    within: str, *, holds: bool
) -> None:
    found = proof(f'{machine(TWO_TIMERS)}\nproperty "p" {{\neventually = "c"\nwithin = "{within}"\n}}')
    [finding] = found.findings
    assert finding.outcome is (Outcome.HOLDS if holds else Outcome.FAILS)
    assert "explored exhaustively" in found.summary()


def test_a_transition_that_another_one_always_comes_before_is_told_what_to_do() -> None:
    text = """provisioner "dev" {
  statemachine "dev" {
    initial = "b"
    state "a" "back" { transition = "b" }
    parallel "b" {
      on "x" { transition = "a" }
      state "r" {
        initial = "r1"
        state "r1" "x" { transition = "r2" }
        state "r2" {}
      }
      state "s" {
        initial = "s1"
        state "s1" "x" { transition = "c" }
      }
    }
    state "c" { final = true }
  }
}
"""
    read = read_definition(text, "x.hcl")
    assert read.definition is not None, read.diagnostics
    found = prove(read.definition.provisioners["dev"]).diagnostics
    assert [p.detail for p in found if p.code == "transition_hindered"] == [
        "What only this transition leads to is not come to. Give the other one a guard, or remove this one."
    ]


@pytest.mark.parametrize(
    ("kept", "made"),
    [
        ("1", "context.n == 1"),
        ("event.x", "context.n + 1"),
        ("1", "context.n + 1"),
        ("event.x", "context.n > 1"),
        ("event.x", "try(context.n, []) == 1 ? 1 : context.n - 1"),
        ("1", '"${context.n}"'),
    ],
)
def test_what_a_set_is_made_of_is_remembered_though_nobody_asks_for_what_it_sets(
    kept: str, made: str
) -> None:
    states = f"""
    state "a" {{
      on "keep" {{ set = {{ n = {kept} }} }}
      on "go" {{
        set        = {{ made = {made} }}
        transition = "b"
      }}
    }}
    state "b" {{ final = true }}
    """
    found = proof(f'{machine(states)}\nproperty "b" {{ never = state == "b" }}')
    assert not {d.code for d in found.diagnostics} & {"transition_hindered", "unreachable_state"}
    [finding] = found.findings
    assert [move.event.name for move in finding.way] == ["keep", "go"]


def test_whether_something_can_be_made_of_what_is_remembered_does_not_tell_each_value_from_each_other() -> (
    None
):
    states = """
    state "a" {
      on "more" { set = { n = try(context.n, 0) + 1 } }
      on "go" { transition = "b" }
    }
    state "b" { final = true }
    """
    found = proof(f'{machine(states)}\nproperty "b" {{ reachable = "b" }}')
    assert (found.open, [f.outcome for f in found.findings]) == ("", [Outcome.HOLDS])


@pytest.mark.parametrize(
    ("guard", "told"),
    [
        ("", "counterexample:"),
        (
            'when = sha256(event.y) == "no such hash"',
            "counterexample, the shortest that was found where not everything was tried:",
        ),
    ],
)
def test_a_counterexample_says_where_a_shorter_one_may_have_been_missed(guard: str, told: str) -> None:
    states = f"""
state "a" "e" {{ transition = "b" }}
state "b" "f" {{
{guard}
transition = "c"
}}
state "c" {{ final = true }}
"""
    found = problems(states, 'property "never b" { never = state == "b" }')
    [story] = [d.story for d in found if d.code == "property_fails"]
    assert story.splitlines()[0] == told


def test_what_no_guard_looks_at_is_tried_once_for_all_memories() -> None:
    tied = "\n".join(
        f'on "e{n}" {{\nwhen = context.p == "v{n}" && context.q == "w{n}"\ntransition = "b"\n}}'
        for n in range(3)
    )
    put = 'on "put" {{\nset = {{ p = event.x, q = event.y }}\ntransition = "s{}"\n}}'
    states = "\n".join(f'state "s{n}" {{\n{put.format((n + 1) % 40)}\n{tied}\n}}' for n in range(40))
    states = f'state "a" "go" {{ transition = "s0" }}\n{states}\nstate "b" {{ final = true }}'
    claims = 'property "n" { never = state == "s1" && context.p == "v1" && context.q == "x" }\nproperty "r" { reachable = "b" }'
    found = proof(f"{machine(states)}\n{claims}")
    assert not found.open
    assert [f.outcome for f in found.findings] == [Outcome.FAILS, Outcome.HOLDS]


def test_of_what_is_tried_once_the_rest_of_the_memory_is_kept() -> None:
    states = """
    state "a" {
      on "one" {
        set        = { p = event.x }
        transition = "b"
      }
      on "two" {
        set        = { q = event.x }
        transition = "a"
      }
    }
    state "b" {
      on "drop" {
        set        = { q = null }
        transition = "b"
      }
      on "end" {
        when       = context.p == "v" && context.q == "w"
        transition = "c"
      }
    }
    state "c" { final = true }
    """
    claims = 'property "n" { never = state == "c" }\nproperty "k" { never = state == "b" && try(context.p, "") == "v" && try(context.q, "") == "w" }'
    found = proof(f"{machine(states)}\n{claims}")
    assert [(f.outcome, length(f)) for f in found.findings] == [(Outcome.FAILS, 3), (Outcome.FAILS, 2)]


def test_it_is_asked_once_where_more_may_be_possible_than_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Space] = []
    known = Space.open

    def count(space: Space) -> set[str]:
        asked.append(space)
        return known(space)

    monkeypatch.setattr(Space, "open", count)
    grows = (
        'state "a" {\non "go" {\nset = { s = concat(try(context.s, []), [event.x]) }\ntransition = "a"\n}\n'
    )
    grows += 'on "x" {\nwhen = length(context.s) == 3\ntransition = "b"\n}\n}\nstate "b" { final = true }'
    found = proof(f'{machine(grows)}\nproperty "e" {{ eventually = "b" }}', most=200)
    assert [f.outcome for f in found.findings] == [Outcome.OPEN]
    assert len(asked) <= 5


def test_a_timer_that_runs_out_in_vain_is_no_numbered_move() -> None:
    states = """
    state "a" {
      after {
        delay      = "1s"
        when       = context.k == 1
        transition = "b"
      }
      on "go" { transition = "a2" }
    }
    state "a2" {
      after {
        delay      = "1s"
        when       = context.k == 1
        transition = "b"
      }
    }
    state "b" { final = true }
    """
    claim = 'property "p" {\neventually = "b"\nwithin = "5s"\n}'
    story = next(d.story for d in problems(states, claim) if d.code == "property_fails")
    assert '"after.a.1" runs out in vain' in story
    assert '1. "after.a.1"' not in story
    assert "1." not in story.split("test")[0]


def test_a_timer_is_judged_by_the_moments_at_which_it_can_run_out() -> None:
    states = """
    parallel "a" {
      state "x" {
        initial = "x0"
        state "x0" {
          after {
            delay = "2s"
            set   = { v = "late" }
          }
          after {
            delay      = "1s"
            when       = try(context.v, "") == "late"
            transition = "b"
          }
        }
      }
      state "y" {
        initial = "y0"
        state "y0" {
          on "go" { transition = "b" }
        }
      }
    }
    state "b" { final = true }
    """
    found = [d for d in problems(states) if d.code == "guard_never_true"]
    assert [d.summary for d in found] == ['The guard of "after.a.x.x0.2" is never true']
    assert [d for d in problems(states.replace('"1s"', '"3s"')) if d.code == "guard_never_true"] == []


def test_guards_overlap_only_where_an_event_is_decided() -> None:
    states = """
    state "a" { on_go }
    state "b" {
      on "e" {
        when       = event.n > 1
        transition = "c"
      }
      on "e" {
        when       = event.n > 2
        transition = "a"
      }
      LEAVES
    }
    state "c" { final = true }
    """.replace("{ on_go }", '{\non "go" { transition = "b" }\n}')
    leaves = 'always { transition = "c" }'
    stays = [
        d
        for d in problems(states.replace("LEAVES", "").replace("n > 2", "n < 5"))
        if d.code == "guards_overlap"
    ]
    assert len(stays) == 1
    left = [
        d
        for d in problems(states.replace("LEAVES", leaves).replace("n > 2", "n < 5"))
        if d.code == "guards_overlap"
    ]
    assert left == []
