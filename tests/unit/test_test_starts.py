"""Where a test begins: in one region of a parallel state, with an answer, with time that passes, and what cannot be."""

from pathlib import Path

import pytest

from engine.cli import main
from engine.decide.run_test import TestResult, run_test
from engine.diagnostics import Severity
from engine.machine.compile import compile_definition
from engine.machine.read import ReadResult, read_definition

REGIONS = """
  statemachine "dev" {
    initial = "idle"
    state "idle" "go" { transition = "p" }
    parallel "p" {
      state "a" {
        initial = "a1"
        state "a1" "x" { transition = "a2" }
        state "a2" {
          initial = "u"
          state "u" "y" { transition = "v" }
          state "v" "y" { transition = "u" }
        }
      }
      state "b" {
        initial = "b1"
        state "b1" "x" { transition = "b2" }
        state "b2" { final = true }
      }
    }
  }
"""
ASKING = """
  aliasmapper "dev" { aliases = { waiting = "Waiting", stale = "Stale", done = "Done", spare = "Spare" } }
  statemachine "dev" {
    initial = "waiting"
    state "waiting" {
      await {
        from = ["ada", "bob"]
        answer "yes" { transition = "done" }
      }
      after {
        delay      = "1h"
        transition = "stale"
      }
    }
    state "stale" {
      await {
        from = try(context.boss, "eve")
        answer "ok" { transition = "done" }
      }
    }
    state "done" { final = true }
  }
"""


def read(machine: str, body: str) -> ReadResult:
    return read_definition(f'provisioner "dev" {{{machine}test "it" {{\n{body}\n}}\n}}\n', "dev.hcl")


def run(machine: str, body: str) -> TestResult:
    result = read(machine, body)
    assert result.definition is not None, result.diagnostics
    [test] = result.definition.provisioners["dev"].tests
    return run_test(compile_definition(result.definition)["dev"], test)


@pytest.mark.parametrize(
    ("given", "event", "state"),
    [
        ("p", "x", "p.a.a2.u & p.b.b2"),
        ("p.a", "x", "p.a.a2.u & p.b.b2"),
        ("p.a.a2", "y", "p.a.a2.v & p.b.b1"),
        ("p.a.a2.v", "x", "p.a.a2.v & p.b.b2"),
        ("p.b.b2", "x", "p.a.a2.u & p.b.b2"),
        ("p.b.b2 & p.a.a2", "y", "p.b.b2 & p.a.a2.v"),
        ("p.a.a2.v & p.b", "x", "p.a.a2 & p.b.b2"),
        ("p.b.b2", "x", "p.a.a2 & p.b"),
    ],
)
def test_what_a_state_does_not_say_about_other_regions_is_initial(given: str, event: str, state: str) -> None:
    body = f'given {{ state = "{given}" }}\nwhen "{event}" {{}}\nthen {{ state = "{state}" }}'
    assert run(REGIONS, body).mismatches == ()


def test_a_state_in_which_it_is_not_is_a_mismatch_still() -> None:
    body = 'given { state = "p.b.b2" }\nwhen "x" {}\nthen { state = "p.a.a2.v & p.b.b2" }'
    [mismatch] = run(REGIONS, body).mismatches
    assert mismatch.actual == '"p.a.a2.u & p.b.b2"'


@pytest.mark.parametrize(
    ("state", "code", "said"),
    [
        ("p.a.a1 & p.a.a2.u", "states_apart", 'Nothing is in "p.a.a1" and "p.a.a2.u" at once'),
        ("idle & p", "states_apart", 'Nothing is in "idle" and "p" at once'),
        ("p & p.a.a2", "states_apart", '"p.a.a2" stands in "p"'),
        ("p.b.b2 & p.a.a3", "unknown_state", 'There is no state "p.b.b2 & p.a.a3"'),
    ],
)
def test_states_that_cannot_be_at_once_are_said(state: str, code: str, said: str) -> None:
    for body in (
        f'given {{ state = "{state}" }}\nwhen "x" {{}}\nthen {{ state = "p" }}',
        f'when "x" {{}}\nthen {{ state = "{state}" }}',
    ):
        [problem] = [d for d in read(REGIONS, body).diagnostics if d.severity is Severity.ERROR]
        assert (problem.code, problem.summary) == (code, said)


@pytest.mark.parametrize(
    ("given", "first"),
    [
        ("", 'when "await.waiting.yes" { event = { who = "ada" } }'),
        ('given { state = "waiting" }', 'when "await.waiting.yes" { event = { who = "bob" } }'),
        ('given { status = "Waiting" }', 'when "await.waiting.yes" { event = { who = "ada" } }'),
        ('given { state = "stale" }', 'when "await.stale.ok" { event = { who = "eve" } }'),
        ('given { status = "Stale" }', 'when "await.stale.ok" { event = { who = "eve" } }'),
        ("given { context = { a = 1 } }", 'when "await.waiting.yes" { event = { who = "ada" } }'),
        (
            'given {\nstate = "stale"\ncontext = { boss = "al" }\n}',
            'when "await.stale.ok" { event = { who = "al" } }',
        ),
    ],
)
def test_the_first_thing_may_be_an_answer(given: str, first: str) -> None:
    assert run(ASKING, f'{given}\n{first}\nthen {{\nstate = "done"\nverdict = "moved"\n}}').mismatches == ()


def test_the_first_thing_may_be_time_that_passes() -> None:
    assert run(ASKING, 'advance { by = "1h" }\nthen { state = "stale" }').passed
    assert run(
        ASKING, 'then { state = "waiting" }\nadvance { by = "59m" }\nthen { state = "waiting" }'
    ).passed
    answered = run(
        ASKING,
        'advance { by = "2h" }\nwhen "await.stale.ok" { event = { who = "eve" } }\nthen { state = "done" }',
    )
    assert answered.passed


def test_a_status_that_no_state_has_is_told_as_ever() -> None:
    body = 'given { status = "%s" }\nwhen "await.waiting.yes" { event = { who = "ada" } }\nthen { verdict = "%s" }'
    assert run(ASKING, body % ("Nowhere", "unaliased_state_name")).passed
    assert run(ASKING, body % ("Spare", "state_not_found_in_machine")).passed


@pytest.fixture
def payload(tmp_path: Path) -> Path:
    file = tmp_path / "payload.json"
    file.write_text('{"key": "DEV-1", "fire": "x"}')
    (tmp_path / "dev.hcl").write_text(
        'provisioner "dev" {\nreceive "standard" "t" {\nentity = event.key\nfire = event.fire\n}\n'
        + REGIONS
        + "}\n"
    )
    return file


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("p.b.b2", 'moves "p.a.a1 & p.b.b2" to "p.a.a2.u & p.b.b2"'),
        ("p.b.b2 & p.a.a2.v", '"x" leads here from "p.a.a1"'),
        ("p.a.a1 & p.a.a2", 'nothing is in "p.a.a1" and "p.a.a2" at once'),
        ("p.b & p.c", "there is no state 'p.c'"),
    ],
)
def test_simulate_begins_in_one_region_too(
    payload: Path, state: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["simulate", str(payload.with_name("dev.hcl")), str(payload), "--state", state])
    printed = capsys.readouterr()
    assert told in printed.out + printed.err
