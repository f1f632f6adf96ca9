"""The author's tools through the real command line: graph, simulate, test, check."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

from engine.store.database import Store

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = str(ROOT / "statemachines" / "jira.hcl")


def interlock(*arguments: str, given: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "engine", *arguments],
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
        env={**os.environ, **environment},
    )


class TestGraph:
    def test_the_shipped_definition_is_drawn_the_same_twice(self) -> None:
        first = interlock("graph", SHIPPED)
        assert first.returncode == 0
        assert "m0_s0 --> m0_s1 : next" in first.stdout
        assert interlock("graph", SHIPPED, PYTHONHASHSEED="1").stdout == first.stdout

    def test_svg_without_graphviz_says_what_to_do(self, tmp_path: Path) -> None:
        result = interlock("graph", SHIPPED, "--format", "svg", PATH=str(tmp_path))
        assert result.returncode == 1
        assert "no `dot` on the path: install graphviz, or use --format mermaid" in result.stderr

    def test_svg_is_what_graphviz_makes_of_the_dot(self, tmp_path: Path) -> None:
        program = tmp_path / "dot"
        program.write_text(f"#!{sys.executable}\nimport sys\nprint(sys.argv[1:], len(sys.stdin.read()))\n")
        program.chmod(0o755)
        result = interlock("graph", SHIPPED, "--format", "svg", PATH=str(tmp_path))
        assert result.stdout == f"['-Tsvg'] {len(interlock('graph', SHIPPED, '--format', 'dot').stdout)}\n"

    def test_a_project_that_is_not_there_is_named(self) -> None:
        result = interlock("graph", SHIPPED, "--project", "nope")
        assert (result.returncode, "it has: soc, devhop" in result.stderr) == (1, True)

    def test_an_entity_that_the_store_does_not_know_is_said(self, tmp_path: Path) -> None:
        store = f"sqlite:///{tmp_path}/x.db"
        Store.open(store).close()
        result = interlock("graph", SHIPPED, "--entity", "SOC-1", "--store", store)
        assert result.returncode == 1
        assert "the store knows nothing of SOC-1" in result.stderr
        assert not (tmp_path / "x.key").exists()  # to look needs no key

    def test_a_store_that_is_not_there_is_not_made(self, tmp_path: Path) -> None:
        result = interlock("graph", SHIPPED, "--entity", "SOC-1", "--store", f"sqlite:///{tmp_path}/x.db")
        assert (result.returncode, "there is no store at" in result.stderr) == (1, True)
        assert list(tmp_path.iterdir()) == []


CALLING = """
provisioner "soc" {
  receive "github" "release" {
    entity = issue_keys(event.release.body)
    fire   = "next"
  }
  statemachine "soc" {
    initial = "a"
    state "a" {
      on "next" {
        transition = "b"
        action "chat" "announce" { text = "x" }
      }
    }
    state "b" { final = true }
  }
}
"""


class TestOneFile:
    def test_a_file_is_held_against_the_workers_file_that_names_it(self, tmp_path: Path) -> None:
        (tmp_path / "soc.hcl").write_text(CALLING)
        (tmp_path / "other.hcl").write_text(CALLING)
        workers = tmp_path / "workers.yaml"
        workers.write_text("workers:\n  dry-run:\n    statefile: soc.hcl\n    projects: [soc]\n")
        around = ("--workers", str(workers), "--machines", str(tmp_path))
        named = interlock("check", str(tmp_path / "soc.hcl"), *around)
        assert (named.returncode, "unknown_worker" in named.stdout) == (1, True)
        other = interlock("check", str(tmp_path / "other.hcl"), *around)
        assert (other.returncode, "no problem" in other.stdout) == (0, True)

    def test_that_there_is_no_test_is_said_on_standard_error(self, tmp_path: Path) -> None:
        (tmp_path / "other.hcl").write_text(CALLING)
        result = interlock("test", str(tmp_path / "other.hcl"))
        assert (result.returncode, "there is no test" in result.stderr) == (0, True)


class TestByHand:
    def test_what_can_happen_is_offered_and_happens(self) -> None:
        result = interlock(
            "simulate", SHIPPED, "--interactive", "--project", "soc", given="1\n2\nu\nt\nx\n?\nq\n"
        )
        assert result.returncode == 0
        assert '1) "next" with event.action = "published" -> "in_progress"' in result.stdout
        assert 'would call the backend: "To Do" to "In Progress"' in result.stdout
        assert '2) "prev" -> "to_do"' in result.stdout
        assert 'test "by hand" {' in result.stdout
        assert "'x' is none of the choices" in result.stdout
        assert "undo the last step" in result.stdout

    def test_time_passes_and_timers_run_out(self, tmp_path: Path) -> None:
        file = tmp_path / "dev.hcl"
        file.write_text(
            'provisioner "dev" {\nstatemachine "dev" {\ninitial = "open"\nstate "open" {\n'
            'on "poke" {\nset = { by = event.user }\n}\n'
            'after {\ndelay = "72h"\ntransition = "stale"\n}\n}\nstate "stale" { final = true }\n}\n}\n'
        )
        said = "+1h\n1 user=ada\n+\ns\nt\n"  # and then the input ends
        result = interlock("simulate", str(file), "--interactive", given=said)
        assert result.returncode == 0, result.stderr
        assert '+) "after.open.1" in 71h' in result.stdout
        assert 'context {"by":"ada"}' in result.stdout
        assert '72h after the start: "after.open.1" runs out' in result.stdout
        assert 'advance { by = "71h" }' in result.stdout

    def test_one_project_has_to_be_named(self) -> None:
        result = interlock("simulate", SHIPPED, "--interactive")
        assert (result.returncode, "soc, devhop" in result.stderr) == (1, True)


PUBLISHED = json.dumps({"action": "published", "release": {"id": 1, "body": "Ships SOC-1 and DEVHOP-3"}})


class TestSimulate:
    def test_a_payload_is_decided_and_nothing_performed(self) -> None:
        result = interlock("simulate", SHIPPED, "/dev/stdin", given=PUBLISHED)
        assert result.returncode == 0
        assert 'SOC-1 (project soc): event "next"' in result.stdout
        assert 'would call the backend: "To Do" to "In Progress"' in result.stdout
        assert "DEVHOP-3 (project devhop)" in result.stdout

    def test_the_backends_status_is_where_it_starts(self) -> None:
        result = interlock(
            "simulate", SHIPPED, "/dev/stdin", "--status", "In Progress", "--json", given=PUBLISHED
        )
        assert [d["state"] for d in json.loads(result.stdout)["decided"]] == ["done", "done"]

    def test_a_payload_that_means_nothing_says_why(self) -> None:
        result = interlock("simulate", SHIPPED, "/dev/stdin", given='{"action": "created"}')
        assert result.returncode == 1
        assert 'it is "created"' in result.stdout

    def test_what_is_wrong_is_said_in_words(self) -> None:
        assert "is not JSON" in interlock("simulate", SHIPPED, "/dev/stdin", given="{").stderr
        assert (
            "there is no state 'x'"
            in interlock("simulate", SHIPPED, "/dev/stdin", "--state", "x", given="{}").stderr
        )
        assert "cannot read" in interlock("simulate", SHIPPED, "/nowhere.json").stderr


TESTED = """
provisioner "soc" {
  statemachine "soc" {
    initial = "a"
    state "a" "next" { transition = "b" }
    state "b" "next" { transition = "<end>" }
  }
  test "forward" {
    when "next" {}
    then { state = "b" }
  }
}
"""
BESIDE = """
provisioner "soc" {
  test "a & <b>" {
    when "next" {}
    then { state = "a" }
  }
}
"""


class TestTest:
    def test_passing_tests_exit_with_0_and_show_coverage(self, tmp_path: Path) -> None:
        (tmp_path / "soc.hcl").write_text(TESTED)
        result = interlock("test", str(tmp_path / "soc.hcl"))
        assert result.returncode == 0
        assert "✓ forward" in result.stdout
        assert "soc: states 2/2, transitions 1/2, guard outcomes 0/0" in result.stdout
        assert "1 passed, 0 failed" in result.stdout

    def test_a_failing_test_beside_it_exits_with_1_and_explains_itself(self, tmp_path: Path) -> None:
        (tmp_path / "soc.hcl").write_text(TESTED)
        (tmp_path / "soc_test.hcl").write_text(BESIDE)
        junit = tmp_path / "junit.xml"
        result = interlock("test", "--machines", str(tmp_path), "--junit", str(junit))
        assert result.returncode == 1
        assert 'expected "a"\n    actual   "b"' in result.stdout
        assert '|   moved: "next" moves "a" to "b"' in result.stdout
        root = ET.parse(junit).getroot()  # noqa: S314  we wrote it
        assert (root.get("tests"), root.get("failures")) == ("2", "1")
        [failed] = [case for case in root.iter("testcase") if case.find("failure") is not None]
        assert failed.get("name") == "a & <b>"
        [suite] = [suite for suite in root if failed in suite]
        assert suite.get("file") == str(tmp_path / "soc_test.hcl")

    def test_the_results_can_be_read_by_a_program(self, tmp_path: Path) -> None:
        (tmp_path / "soc.hcl").write_text(TESTED)
        found = json.loads(interlock("test", str(tmp_path / "soc.hcl"), "--json").stdout)
        assert (found["ok"], [t["name"] for t in found["tests"]]) == (True, ["forward"])
        assert found["coverage"][0]["transitions"]["covered"] == 1
        assert [p["name"] for p in found["coverage"][0]["transitions"]["missing"]] == ['b -> <end> on "next"']

    def test_a_definition_with_an_error_is_not_tested(self, tmp_path: Path) -> None:
        (tmp_path / "soc.hcl").write_text(TESTED.replace('state = "b"', 'state = "x"'))
        result = interlock("test", str(tmp_path / "soc.hcl"))
        assert result.returncode == 1
        assert "unknown_state" in result.stderr


class TestCheck:
    def test_a_property_that_fails_exits_with_1_and_tells_how_it_comes_to_that(self, tmp_path: Path) -> None:
        (tmp_path / "soc.hcl").write_text(TESTED)
        beside = tmp_path / "soc_test.hcl"
        beside.write_text('provisioner "soc" {\n  property "stays" { never = state == "b" }\n}\n')
        result = interlock("check", str(beside))
        assert result.returncode == 1
        assert 'error[property_fails]: Property "stays" does not hold' in result.stdout
        assert '1. "next" with event.action = "published" moves it to "b"' in result.stdout
        assert "soc: explored exhaustively (2 configurations); properties: 1 fails" in result.stdout

    def test_what_was_proven_can_be_read_by_a_program(self) -> None:
        found = json.loads(interlock("check", SHIPPED, "--json").stdout)
        assert found["ok"]
        assert [(p["project"], p["exhaustive"]) for p in found["proofs"]] == [("soc", True), ("devhop", True)]


TIMED = """
provisioner "dev" {
  statemachine "dev" {
    initial = "open"
    state "open" {
      on "next" { transition = "done" }
      after {
        delay      = "72h"
        transition = "stale"
        action "chat" "tell" {}
      }
    }
    state "stale" { final = true }
    state "done" { final = true }
  }
  property "decided in two days" {
    eventually = ["done", "stale"]
    within     = "48h"
  }
}
"""


class TestTime:
    def test_a_counterexample_with_timers_is_pasted_and_passes(self, tmp_path: Path) -> None:
        file = tmp_path / "dev.hcl"
        file.write_text(TIMED)
        checked = interlock("check", str(file))
        assert checked.returncode == 1
        assert '48h and not yet in "done" or "stale"' in checked.stdout
        block = "test " + checked.stdout.partition("\n  test ")[2].partition("\n  }\n")[0] + "\n  }\n"
        assert 'advance { by = "48h" }' in block
        (tmp_path / "dev_test.hcl").write_text(f'provisioner "dev" {{\n{block}}}\n')
        junit = tmp_path / "junit.xml"
        tested = interlock("test", str(file), "--junit", str(junit))
        assert tested.returncode == 0, tested.stdout
        assert "✓ counterexample: decided in two days" in tested.stdout
        assert ET.parse(junit).getroot().get("failures") == "0"  # noqa: S314  we wrote it

    def test_what_happens_at_one_moment_is_pasted_and_passes(self, tmp_path: Path) -> None:
        file = tmp_path / "dev.hcl"
        file.write_text((ROOT / "tests/golden/proofs/at_once.hcl").read_text())
        checked = interlock("check", str(file))
        assert checked.returncode == 1
        block = "test " + checked.stdout.partition("\n  test ")[2].partition("\n  }\n")[0] + "\n  }\n"
        assert 'before = "after.both.docs.missing.1"' in block
        beside = tmp_path / "dev_test.hcl"
        beside.write_text(f'provisioner "dev" {{\n{block}}}\n')
        assert "✓ counterexample: no code without docs" in interlock("test", str(file)).stdout
        beside.write_text(
            f'provisioner "dev" {{\n{block}}}\n'.replace(' "after.both.docs.missing.1"', ' "x"')
        )
        wrong = interlock("test", str(file))
        assert wrong.returncode == 1
        assert 'ignored: no timer "x" is due at' in wrong.stdout

    def test_the_way_of_a_counterexample_is_drawn(self, tmp_path: Path) -> None:
        file = tmp_path / "dev.hcl"
        file.write_text(TIMED.replace("eventually", "reachable").replace('"done", "stale"', '"stale"'))
        drawn = interlock("graph", str(file), "--property", "decided in two days", "--format", "table")
        assert "the way ends in: open" in drawn.stdout
        wrong = interlock("graph", str(file), "--property", "nonsense")
        assert 'there is no property "nonsense"; there are "decided in two days"' in wrong.stderr
        both = interlock("graph", str(file), "--property", "x", "--entity", "DEV-1")
        assert "not both" in both.stderr
        file.write_text(TIMED.replace("48h", "72h"))
        fine = interlock("graph", str(file), "--property", "decided in two days")
        assert (fine.returncode, "no counterexample" in fine.stderr) == (1, True)

    def test_an_effect_to_a_worker_that_is_not_configured_is_an_error(self, tmp_path: Path) -> None:
        (tmp_path / "dev.hcl").write_text(TIMED.replace("48h", "72h"))
        workers = tmp_path / "workers.yaml"
        workers.write_text("workers:\n  http:\n    statefile: dev.hcl\n    projects: [dev]\n")
        together = ("check", "--workers", str(workers), "--machines", str(tmp_path))
        checked = interlock(*together)
        assert checked.returncode == 1
        assert 'error[unknown_worker]: There is no worker "chat" for this action' in checked.stdout
        (tmp_path / "dev.hcl").write_text(TIMED.replace("48h", "72h").replace('"chat"', '"http"'))
        assert "unknown_worker" not in interlock(*together).stdout
