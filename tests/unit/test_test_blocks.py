"""Test blocks: what they may say, how they are run, and what they cover."""

from datetime import timedelta
from typing import Any

import pytest

from engine.decide.coverage import coverage
from engine.decide.run_test import TestResult, run_test
from engine.decide.simulate import MOST_TIMERS
from engine.machine.compile import compile_definition
from engine.machine.definition import Definition
from engine.machine.read import read_definition
from engine.machine.read_test_file import read_test_file
from engine.machine.test_blocks import NOW

MACHINE = """
  receive "github" "create" {
    entity   = issue_keys(event.ref)
    once_per = event.id
    fire     = "started"
  }
  aliasmapper "dev" {
    aliases = { to_do = "To Do", in_review = "In Review", done = "Done" }
  }
  statemachine "dev" {
    initial = "to_do"
    state "to_do" "started" { transition = "in_review" }
    state "in_review" {
      on "merged" {
        when       = event.base == var.base
        transition = "done"
        set        = { by = event.user }
        action "http" "announce" { body = { text = event.user } }
      }
      on "merged" {
        when       = event.base == "wip" && delivery.type == "push"
        transition = "<end>"
      }
    }
    state "done" { final = true }
  }
"""


def read(blocks: str) -> Definition:
    result = read_definition(
        f'variable "base" {{ default = "main" }}\nprovisioner "dev" {{\n{MACHINE}\n{blocks}\n}}\n', "dev.hcl"
    )
    assert result.definition is not None, result.diagnostics
    return result.definition


def run(body: str) -> TestResult:
    definition = read(f'test "it" {{\n{body}\n}}')
    [test] = definition.provisioners["dev"].tests
    return run_test(compile_definition(definition)["dev"], test)


def mismatches(body: str) -> list[tuple[str, str, str]]:
    return [(m.what, m.expected, m.actual) for m in run(body).mismatches]


MERGED = 'given { state = "in_review" }\nwhen "merged" { event = { base = var.base, user = "ada" } }\n'


@pytest.mark.parametrize(
    "then",
    [
        'state = "done"',
        'verdict = "moved"',
        'context = { by = "ada", other = null }',
        'effects = ["done", "announce"]',
        'effects = [{ kind = "transition", target_status = "Done" }, { worker = "http", name = "announce" }]',
        'effects = ["done", { arguments = { body = { text = "ada" } } }]',
    ],
)
def test_what_is_expected_and_so_passes(then: str) -> None:
    assert mismatches(f"{MERGED} then {{ {then} }}") == []


@pytest.mark.parametrize(
    ("then", "found"),
    [
        ('state = "to_do"', ("state", '"to_do"', '"done"')),
        ('verdict = "ended"', ("verdict", '"ended"', '"moved"')),
        ("context = { by = null }", ("context", '{"by":null}', '{"by":"ada"}')),
        ('status = "Done"', ("status", '"Done"', "null")),
    ],
)
def test_what_is_not_so_fails_with_both_sides(then: str, found: tuple[str, str, str]) -> None:
    assert mismatches(f"{MERGED} then {{ {then} }}") == [found]


@pytest.mark.parametrize(
    "effects",
    [
        "[]",
        '["done"]',
        '["announce", "done"]',
        '["done", "announce", "more"]',
        '["done", { name = "announce", worker = "x" }]',
        '[{ kind = "action" }, "announce"]',
        '["done", { arguments = { body = { text = "ada" }, url = "u" } }]',
    ],
)
def test_other_effects_fail(effects: str) -> None:
    [(what, _, actual)] = mismatches(f"{MERGED} then {{ effects = {effects} }}")
    assert what == "effects"
    assert '"name":"announce"' in actual


def test_several_things_come_in_order_and_effects_count_since_the_last_then() -> None:
    result = run(
        """
        when "started" {}
        then {
          state   = "in_review"
          effects = ["in_review"]
        }
        when "merged" { event = { base = "main", user = "ada" } }
        then {
          state   = "done"
          effects = ["done", "announce"]
        }
        """
    )
    assert result.passed
    assert [one.event.name for one in result.decided] == ["started", "merged"]


def test_it_stops_at_the_first_then_that_is_not_met() -> None:
    result = run('when "started" {}\nthen { state = "done" }\nwhen "merged" {}\nthen { state = "to_do" }')
    assert [m.what for m in result.mismatches] == ["state"]
    assert len(result.decided) == 1


def test_a_delivery_is_correlated_and_a_second_one_of_the_same_fact_is_repeated() -> None:
    result = run(
        """
        when "github" "create" { event = { ref = "DEV-7", id = 1 } }
        then { state = "in_review" }
        when "github" "create" { event = { ref = "DEV-7 again", id = 1 } }
        then { verdict = "repeated" }
        """
    )
    assert result.passed
    assert result.decided[0].event.entity.id == "DEV-7"


def test_a_delivery_that_means_nothing_is_ignored_and_the_reason_kept() -> None:
    result = run('when "github" "create" { event = { ref = "main", id = 1 } }\nthen { verdict = "ignored" }')
    assert result.passed
    assert result.ignored == ("no issue key of project dev in event.ref",)


def test_where_a_backend_observes_its_status_is_the_truth_and_follows_the_calls() -> None:
    body = """
    given {
      state  = "to_do"
      status = "In Review"
    }
    when "merged" { event = { base = "main", user = "ada" } }
    then {
      state  = "done"
      status = "Done"
    }
    """
    result = run(body)
    assert result.passed
    assert result.decided[0].decision.step.trace.drift_from == "to_do"


def test_the_facts_of_a_delivery_can_be_given_with_an_event() -> None:
    wip = 'event = { base = "wip" }'
    then = 'then { verdict = "ended" }'
    body = f'given {{ state = "in_review" }}\nwhen "merged" {{\n{wip}\ndelivery = {{ type = "push" }}\n}}\n{then}'
    assert run(body).passed
    assert not run(body.replace("push", "pull")).passed


def problems(block: str) -> list[str]:
    source = f'provisioner "dev" {{\n{MACHINE.replace("var.base", "1")}\n{block}\n}}\n'
    return [d.code for d in read_definition(source, "dev.hcl").diagnostics]


FINE = 'when "x" {}\nthen { state = "done" }'


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "missing_block"),
        ('when "x" {}', "missing_block"),
        ('then { state = "done" }', "missing_block"),
        (f'{FINE}\ngiven {{ state = "done" }}', "misplaced_block"),
        ('given { state = "dnoe" }\n' + FINE, "unknown_state"),
        ("given { state = done }\n" + FINE, "unknown_name"),
        ("given { context = [] }\n" + FINE, "wrong_type"),
        ('given { now = "yesterday" }\n' + FINE, "wrong_type"),
        ('given { now = "2024-01-01T00:00:00" }\n' + FINE, "wrong_type"),
        ('when "x" { event = [] }\nthen { state = "done" }', "wrong_type"),
        ('when {}\nthen { state = "done" }', "wrong_labels"),
        ('when "x" {}\nthen {}', "missing_attribute"),
        ('when "x" {}\nthen { verdict = "movd" }', "unknown_verdict"),
        ('when "x" {}\nthen { effects = "announce" }', "wrong_type"),
        ('when "x" {}\nthen { effects = [1] }', "wrong_type"),
        ('when "x" {}\nthen { effects = [{ kin = "action" }] }', "wrong_type"),
        ('when "x" {}\nthen { effects = [{ kind = "act" }] }', "wrong_type"),
        (FINE + '\nadvance { by = "72h" }', "missing_block"),
        ('advance { by = "soon" }\n' + FINE, "wrong_type"),
        ("advance { by = -1 }\n" + FINE, "wrong_type"),
        ("advance { by = event.x }\n" + FINE, "unknown_name"),
        ("advance {}\n" + FINE, "missing_attribute"),
        ('advance { for = "1h" }\n' + FINE, "unknown_attribute"),
    ],
)
def test_a_test_that_cannot_be_meant_is_reported(body: str, code: str) -> None:
    assert problems(f'test "it" {{\n{body}\n}}') == [code]


def test_two_tests_of_one_name_are_reported() -> None:
    assert problems(f'test "it" {{\n{FINE}\n}}\n' * 2) == ["duplicate_test"]


def test_tests_do_not_change_what_a_machine_is() -> None:
    assert read("").hash == read(f'test "it" {{\n{FINE}\n}}').hash


BESIDE = """
provisioner "dev" {
  property "done is done" {
    never = previous == "done" && state != "done"
  }
  test "started" {
    when "started" { event = { base = var.base } }
    then { state = "in_review" }
  }
}
"""


def test_a_file_beside_the_definition_adds_tests_and_claims() -> None:
    definition, found = read_test_file(BESIDE, "dev_test.hcl", read(""))
    assert found == ()
    assert definition is not None
    dev = definition.provisioners["dev"]
    assert [p.name for p in dev.properties] == ["done is done"]
    assert run_test(compile_definition(definition)["dev"], dev.tests[0]).passed


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ('provisioner "dev"', 'provisioner "dve"', "unknown_provisioner"),
        ('property "done is done"', "receive", "misplaced_block"),
        ("var.base", "var.bse", "unknown_name"),
        ("test", "tst", "unknown_block"),
    ],
)
def test_what_is_wrong_beside_it_is_reported(before: str, after: str, code: str) -> None:
    definition, found = read_test_file(BESIDE.replace(before, after, 1), "dev_test.hcl", read(""))
    assert definition is None
    assert code in [d.code for d in found]


def _covered(parts: Any) -> dict[str, bool]:
    return {part.name: part.covered for part in parts}


def test_coverage_counts_states_transitions_and_guard_outcomes() -> None:
    result = run(f'{MERGED} then {{ state = "done" }}')
    found = coverage(read("").provisioners["dev"].machine, result.steps)
    assert _covered(found.states) == {"to_do": False, "in_review": True, "done": True}
    assert _covered(found.transitions) == {
        'to_do -> in_review on "started"': False,
        'in_review -> done on "merged"': True,
        'in_review -> <end> on "merged"': False,
    }
    assert list(_covered(found.guards).values()) == [True, False, False, False]


def test_a_guard_that_could_not_be_evaluated_was_false() -> None:
    result = run('given { state = "in_review" }\nwhen "merged" {}\nthen { verdict = "no_guard_held" }')
    found = coverage(read("").provisioners["dev"].machine, result.steps)
    assert list(_covered(found.guards).values()) == [False, True, False, True]


TIMED = """
  receive "github" "create" {
    entity = issue_keys(event.ref)
    fire   = "started"
  }
  statemachine "tt" {
    initial = "open"
    state "open" "started" { transition = "waiting" }
    state "waiting" {
      on "again" { transition = "waiting" }
      on "poke" { set = { poked = now } }
      after {
        delay = "24h"
        set   = { reminded = event.due }
        action "http" "remind" {}
      }
      after {
        delay      = "48h"
        when       = try(context.reminded, null) != null
        transition = "late"
      }
      after {
        delay      = "72h"
        transition = "stale"
      }
    }
    state "late" {
      after {
        delay      = "24h"
        transition = "done"
      }
    }
    state "stale" "revive" { transition = "open" }
    state "done" { final = true }
  }
"""


def timed(body: str, machine: str = TIMED) -> TestResult:
    result = read_definition(f'provisioner "tt" {{\n{machine}\ntest "it" {{\n{body}\n}}\n}}\n', "t.hcl")
    assert result.definition is not None, result.diagnostics
    [test] = result.definition.provisioners["tt"].tests
    return run_test(compile_definition(result.definition)["tt"], test)


def came(result: TestResult) -> list[tuple[str, str | None]]:
    return [(one.event.name, one.decision.step.trace.after) for one in result.decided]


WAITING = 'given { state = "waiting" }\n'


def test_time_passes_and_timers_run_out_in_order_before_the_next_event() -> None:
    result = timed(
        WAITING
        + """
        advance { by = "23h59m59s" }
        then { state = "waiting" }
        advance { by = 1 }
        then {
          context = { reminded = "2024-01-02T00:00:00Z" }
          effects = ["remind"]
          verdict = "stayed"
        }
        advance { by = "48h" }
        then {
          state   = "done"
          effects = ["late", "done"]
        }
        """
    )
    assert result.passed, result.mismatches
    assert came(result) == [
        ("after.waiting.1", "waiting"),
        ("after.waiting.2", "late"),
        ("after.late.1", "done"),
    ]


def test_a_state_that_is_left_and_entered_again_starts_its_timers_anew() -> None:
    result = timed(
        WAITING
        + """
        advance { by = "23h" }
        when "again" {}
        advance { by = "23h" }
        then {
          state   = "waiting"
          context = { reminded = null }
        }
        advance { by = "1h" }
        then { context = { reminded = "2024-01-02T23:00:00Z" } }
        """
    )
    assert result.passed, result.mismatches


def test_events_see_the_time_that_has_come() -> None:
    result = timed(
        'given {\nstate = "waiting"\nnow = "2026-01-01T00:00:00Z"\n}\nadvance { by = "1h30m" }\nwhen "poke" {}\n'
        'then { context = { poked = "2026-01-01T01:30:00Z" } }'
    )
    assert result.passed, result.mismatches


def test_an_entity_that_was_never_seen_has_no_timers_until_a_delivery_names_it() -> None:
    result = timed(
        """
        advance { by = "200h" }
        then { verdict = "ignored" }
        when "github" "create" { event = { ref = "TT-7" } }
        then { state = "waiting" }
        advance { by = "24h" }
        then { effects = ["remind"] }
        """
    )
    assert result.passed, result.mismatches
    assert {one.event.entity.id for one in result.decided} == {"TT-7"}


def test_what_is_given_belongs_to_the_entity_that_a_later_delivery_names() -> None:
    result = timed(
        'given { state = "open" }\nadvance { by = "1h" }\nwhen "github" "create" { event = { ref = "TT-7" } }\n'
        'advance { by = "24h" }\nthen { effects = ["waiting", "remind"] }'
    )
    assert result.passed, result.mismatches
    assert {one.event.entity.id for one in result.decided} == {"TT-7"}


def test_where_a_backend_observes_timers_are_decided_about_what_it_says() -> None:
    machine = TIMED.replace(
        'statemachine "tt"',
        'aliasmapper "tt" {\naliases = { open = "O", waiting = "W", late = "L", stale = "S", done = "D" }\n}\n'
        'statemachine "tt"',
    )
    result = timed(
        'given {\nstate = "waiting"\nstatus = "W"\n}\nadvance { by = "96h" }\n'
        'then {\nstate = "done"\nstatus = "D"\n}',
        machine,
    )
    assert result.passed, result.mismatches


def turning(delay: str) -> str:
    return f"""
      statemachine "tt" {{
        initial = "a"
        state "a" {{
          after {{
            delay      = {delay}
            transition = "a"
          }}
        }}
      }}
    """


def test_timers_without_end_stop_the_clock_and_say_so() -> None:
    result = timed('given { state = "a" }\nadvance { by = "3h" }\nthen { state = "a" }', turning("1"))
    assert len(result.decided) == MOST_TIMERS
    stopped = NOW + timedelta(seconds=MOST_TIMERS)
    assert result.ignored == (
        f"{MOST_TIMERS} timers ran out and set new ones: the clock stopped at {stopped}",
    )


def test_timers_that_hardly_wait_are_parked_as_in_the_daemon() -> None:
    result = timed(
        'given { state = "a" }\nadvance { by = 1 }\nthen { verdict = "endless_loop" }', turning("0")
    )
    assert (result.passed, len(result.decided), result.ignored) == (True, 101, ())


def test_coverage_counts_timers_and_the_outcomes_of_their_guards() -> None:
    result = timed(WAITING + 'advance { by = "96h" }\nthen { state = "done" }')
    definition = read_definition(f'provisioner "tt" {{\n{TIMED}\n}}\n', "t.hcl").definition
    assert definition is not None
    found = coverage(definition.provisioners["tt"].machine, result.steps)
    covered = {part.name for part in found.transitions if part.covered}
    assert covered == {
        'waiting -> itself on "after.waiting.1"',
        'waiting -> late on "after.waiting.2"',
        'late -> done on "after.late.1"',
    }
    assert [part.covered for part in found.guards] == [True, False]


PASSING = """
  statemachine "tt" {
    initial = "open"
    state "open" "go" { transition = "brief" }
    state "brief" {
      always { transition = "p" }
    }
    parallel "p" {
      on "done.state.p" { transition = "end" }
      state "r1" {
        initial = "w"
        state "w" "x" { transition = "f" }
        state "f" { final = true }
      }
      state "r2" {
        initial = "w"
        state "w" "x" { transition = "f" }
        state "f" { final = true }
      }
    }
    state "end" { final = true }
  }
"""


def test_coverage_counts_what_is_given_and_left_at_once() -> None:
    text = (
        'provisioner "tt" {\nstatemachine "tt" {\ninitial = "a"\nstate "a" "go" { transition = "hub" }\n'
        'state "hub" {\nalways {\nwhen = try(context.n, 0) == 1\ntransition = "b"\n}\nalways { transition = "a" }\n}\n'
        'state "b" "x" { transition = "end" }\nstate "end" {\nfinal = true\n}\n}\n'
        'test "it" {\ngiven {\nstate = "hub"\ncontext = { n = 1 }\n}\nwhen "x" {}\nthen { state = "end" }\n}\n}\n'
    )
    definition = read_definition(text, "tt.hcl").definition
    assert definition is not None
    [test] = definition.provisioners["tt"].tests
    result = run_test(compile_definition(definition)["tt"], test)
    assert result.passed, result.mismatches
    found = coverage(definition.provisioners["tt"].machine, result.steps)
    assert _covered(found.states) == {"a": False, "hub": True, "b": True, "end": True}
    assert [name for name, covered in _covered(found.transitions).items() if covered] == [
        "hub -> b always",
        'b -> end on "x"',
    ]
    assert [part.covered for part in found.guards] == [True, False]


def test_coverage_counts_states_that_are_left_at_once() -> None:
    text = f'provisioner "tt" {{{PASSING} test "it" {{\nwhen "go" {{}}\nwhen "x" {{}}\nthen {{ state = "end" }}\n}}\n}}'
    definition = read_definition(text, "tt.hcl").definition
    assert definition is not None
    [test] = definition.provisioners["tt"].tests
    result = run_test(compile_definition(definition)["tt"], test)
    assert result.passed
    found = coverage(definition.provisioners["tt"].machine, result.steps)
    assert [part.name for part in found.states if not part.covered] == []
