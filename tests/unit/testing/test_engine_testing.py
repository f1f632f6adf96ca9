"""What Python users get for testing their definitions: it works, and it can fail."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis.stateful import run_state_machine_as_test

from engine.decide.run_test import run_test
from engine.errors import InvalidDefinitionError
from engine.machine.claims import Outcome
from engine.machine.compile import compile_definition
from engine.machine.prove import prove
from engine.machine.step import step
from engine.model import Delivery, Event, Verdict
from engine.sources.correlate import correlate
from engine.sources.payload_types import known_payload
from engine.testing import (
    FrozenClock,
    deliveries,
    events,
    load_definition,
    load_provisioner,
    state_machine_for,
    walks,
)

ROOT = Path(__file__).resolve().parents[3]

DEV = """
provisioner "dev" {
  receive "github" "pull_request" {
    when   = event.action == "closed"
    entity = issue_keys(event.pull_request.title)
    fire   = "merged"
  }
  statemachine "dev" {
    initial = "a"
    state "a" "merged" {
      when       = event.pull_request.base.ref == "main"
      set        = { by = event.user }
      transition = "b"
    }
    state "b" "merged" {
      when       = event.pull_request.base.ref == "dev" && event.user != context.by
      transition = "c"
    }
    state "c" "back" { transition = "a" }
  }
  property "PROPERTY" {
    never = previous == "c" && state == "a"
  }
}
"""

quick = settings(
    max_examples=200,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    print_blob=False,
    stateful_step_count=8,
    # Explaining a failure traces every line that is run, and nothing here looks at what comes of it.
    phases=(Phase.generate, Phase.shrink),
)


def test_a_property_that_does_not_hold_fails_and_prints_a_test_to_paste(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(AssertionError, match='property "PROPERTY" does not hold') as caught:
        run_state_machine_as_test(state_machine_for(DEV), settings=settings(quick, max_examples=2000))
    told = "\n".join(caught.value.__notes__) + capsys.readouterr().out
    assert 'test "found by a stateful test" {' in told
    block = 'test "found' + told.partition('test "found')[2].split("\n}\n")[0] + "\n}\n"
    pasted = DEV.rstrip().removesuffix("}") + block + "}\n"
    definition = load_definition(pasted)
    [test] = definition.provisioners["dev"].tests
    result = run_test(compile_definition(definition)["dev"], test)
    assert result.passed
    assert [one.decision.step.trace.after for one in result.decided] == ["b", "c", "a"]


def test_a_property_that_holds_passes() -> None:
    fine = DEV.replace('state == "a"', 'state == "b"')
    run_state_machine_as_test(state_machine_for(fine), settings=settings(quick, max_examples=30))


def test_checks_of_ones_own_see_every_step() -> None:
    seen: list[Verdict] = []
    made = state_machine_for(DEV.replace('state == "a"', 'state == "b"'))

    class Mine(made):  # type: ignore[valid-type, misc]
        def decided(self, made: object) -> None:
            seen.append(made.trace.verdict)  # type: ignore[attr-defined]

    run_state_machine_as_test(Mine, settings=settings(quick, max_examples=20))
    assert {Verdict.MOVED, Verdict.GUARDED, Verdict.ALREADY_THERE} <= set(seen)


def test_events_that_move_are_found_without_help() -> None:
    provisioner = load_provisioner(DEV)
    compiled = compile_definition(load_definition(DEV))["dev"].machine
    from engine.model import Snapshot

    def moves(event: Event) -> bool:
        made = step(compiled, Snapshot(state="a"), event, FrozenClock()())
        return made.trace.verdict is Verdict.MOVED

    found = find(events(provisioner), moves, settings=quick)
    assert found.payload["pull_request"]["base"]["ref"] == "main"


def test_deliveries_mean_something_to_their_definition() -> None:
    compiled = compile_definition(load_definition(DEV))["dev"]

    def fires(delivery: Delivery) -> bool:
        return bool(correlate([compiled], delivery).events)

    found = find(deliveries(DEV, entities=("DEV-7",)), fires, settings=quick)
    assert [c.event.entity.id for c in correlate([compiled], found).events] == ["DEV-7"]


@given(walks(DEV))
@settings(max_examples=50, deadline=None)
def test_walks_hang_together(way: tuple[object, ...]) -> None:
    states = ["a", *(m.after.snapshot.state for m in way)]  # type: ignore[attr-defined]
    assert states == ["abc"[i % 3] for i in range(len(states))]


def test_a_definition_with_an_error_shows_it() -> None:
    with pytest.raises(InvalidDefinitionError) as caught:
        load_definition(DEV.replace('transition = "b"', 'transition = "x"'))
    assert "transition_state_unregistered" in caught.value.__notes__[0]


def test_one_of_several_projects_has_to_be_named() -> None:
    with pytest.raises(ValueError, match="name one of the projects soc, devhop"):
        load_provisioner(ROOT / "statemachines" / "jira.hcl")


def test_the_clock_stands_until_it_is_advanced() -> None:
    clock = FrozenClock()
    assert clock() == clock() == datetime(2024, 1, 1, tzinfo=UTC)
    assert clock.advance(timedelta(hours=72)) == clock() == datetime(2024, 1, 4, tzinfo=UTC)
    with pytest.raises(ValueError, match="does not go back"):
        clock.advance(-1)
    with pytest.raises(ValueError, match="needs a zone"):
        FrozenClock(datetime(2024, 1, 1))  # noqa: DTZ001


USERS_TEST = """
import hashlib, hmac, json, urllib.request
from hypothesis import settings
from engine.testing import state_machine_for

TestMine = state_machine_for("mine.hcl").TestCase
TestMine.settings = settings(max_examples=15, stateful_step_count=10, deadline=None)


def test_fixtures(practice_jira, signed_release, frozen_clock):
    jira = practice_jira("SOC:2")
    with urllib.request.urlopen(f"{jira.url}/practice/issues/SOC-1") as answer:
        assert json.load(answer)["status"] == "To Do"
    one, two = (signed_release("Ships SOC-1", secret="s3cret") for _ in range(2))
    assert one.body != two.body
    signature = "sha256=" + hmac.new(b"s3cret", one.body, hashlib.sha256).hexdigest()
    assert one.headers["X-Hub-Signature-256"] == signature
    assert json.loads(one.body)["release"]["published_at"] == frozen_clock().strftime("%Y-%m-%dT%H:%M:%SZ")
"""


def test_a_users_own_tests_run_with_the_plugin(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(USERS_TEST)
    (tmp_path / "mine.hcl").write_text(DEV.replace('state == "a"', 'state == "b"'))
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "engine.testing.pytest_plugin",
            "-p",
            "no:cacheprovider",
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_the_plugin_is_announced_to_pytest() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"interlock": "engine.testing.pytest_plugin"}


REMEMBERING = """
provisioner "dev" {
  statemachine "dev" {
    initial = "a"
    state "a" {
      on "closed" { set = { n = min(try(context.n, 0) + 1, 3) } }
    }
  }
  property "small" { always = try(context.n, 0) < 2 }
}
"""


def test_properties_are_held_against_what_stays_where_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(AssertionError, match='property "small" does not hold') as caught:
        run_state_machine_as_test(state_machine_for(REMEMBERING), settings=quick)
    told = "\n".join(caught.value.__notes__) + capsys.readouterr().out
    assert told.count('when "closed"') == 2  # what was remembered on the way is in the test


ASKING = """
provisioner "dev" {
  statemachine "dev" {
    initial = "a"
    state "a" {
      await {
        from = ["ada", "bob"]
        answer "yes" {
          needs      = 2
          transition = "b"
        }
      }
    }
    state "b" { final = true }
  }
  property "nobody ever agrees" { never = state == "b" }
}
"""


def test_people_answer_in_a_stateful_test_too(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(AssertionError, match='property "nobody ever agrees" does not hold') as caught:
        run_state_machine_as_test(state_machine_for(ASKING), settings=quick)
    told = "\n".join(caught.value.__notes__) + capsys.readouterr().out
    block = 'test "found' + told.partition('test "found')[2].split("\n}\n")[0] + "\n}\n"
    assert block.count('when "await.a.yes"') == 2
    definition = load_definition(ASKING.rstrip().removesuffix("}") + block + "}\n")
    [test] = definition.provisioners["dev"].tests
    result = run_test(compile_definition(definition)["dev"], test)
    assert result.passed
    assert [one.decision.step.trace.after for one in result.decided] == ["a", "b"]


def test_a_folder_with_modules_and_values_is_loaded_with_the_tests_beside_it(tmp_path: Path) -> None:
    library = tmp_path / "lib"
    team = tmp_path / "team"
    for folder in (library, team):
        folder.mkdir()
    (library / "flow.hcl").write_text(
        'variable "word" { type = string }\n\n'
        + DEV.replace('"dev"', '"flow"').replace('== "flow"', '== "dev"')
    )
    (team / "a.hcl").write_text(
        'variable "word" { type = string }\n\nprovisioner "dev" {\n  module "flow" {\n    source = "../lib/flow.hcl"\n'
        "    word   = var.word\n  }\n}\n"
    )
    (team / "b_test.hcl").write_text('provisioner "dev" {\n  property "it" {\n    reachable = "a"\n  }\n}\n')
    provisioner = load_provisioner(team, machines=tmp_path, variables={"word": "w"})
    assert provisioner.machine.names.variables == {"word": "w", "module.flow": {"word": "w"}}
    assert "it" in [p.name for p in provisioner.properties]
    with pytest.raises(InvalidDefinitionError):
        load_definition(team, variables={"word": "w"})


def test_a_stateful_test_does_not_refute_what_a_proof_shows_of_known_payloads() -> None:
    source = """
provisioner "dev" {
  receive "github" "pull_request" {
    entity = issue_keys(event.pull_request.title)
    fire   = { opened = "go", closed = "merged" }[event.action]
  }
  statemachine "dev" {
    initial = "open"
    state "open" {
      on "go" {
        set        = { n = event.pull_request.number }
        transition = "review"
      }
    }
    state "review" {
      on "merged" { transition = "done" }
    }
    state "done" { final = true }
  }
  property "its number is kept" { never = state == "review" && !can(context.n) }
  property "from one" { never = try(context.n < 1, false) }
  property "whole" { always = try(context.n == floor(context.n), true) }
}
"""
    assert all(
        f.outcome is not Outcome.FAILS
        for f in prove(load_provisioner(source), payloads=known_payload).findings
    )
    run_state_machine_as_test(state_machine_for(source), settings=settings(quick, max_examples=300))
