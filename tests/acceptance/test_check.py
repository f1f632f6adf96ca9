"""``interlock check`` for people, editors and code hosts."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

WRONG = 'provisioner "soc" {\n  statemachine "soc" {\n    initial = "é" + # why\n  }\n}\n'


def check(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "engine", "check", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    file = tmp_path / "wrong one.hcl"
    file.write_text(WRONG)
    return file


def on_a_terminal(*arguments: object, **environment: str) -> str:
    outer, inner = pty.openpty()
    try:
        subprocess.run(
            [sys.executable, "-m", "engine", "check", *map(str, arguments)],
            stdout=inner,
            env={**os.environ, "TERM": "xterm", **environment},
            timeout=60,
            check=False,
        )
        return os.read(outer, 100_000).decode()
    finally:
        os.close(outer)
        os.close(inner)


def test_sarif_says_what_and_where(wrong: Path) -> None:
    done = check(wrong, "--sarif")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert found["version"] == "2.1.0"
    (run,) = found["runs"]
    (result,) = run["results"]
    assert run["tool"]["driver"]["name"] == "interlock"
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "operand_missing"
    assert result["level"] == "error"
    assert result["message"]["text"].startswith('The right side of "+" is missing. ')
    (location,) = result["locations"]
    place = location["physicalLocation"]
    assert place["artifactLocation"]["uri"] == wrong.as_uri()
    data = WRONG.encode()
    region = place["region"]
    assert region["startLine"] == 3
    assert region["byteOffset"] == data.index(b"# why")
    assert WRONG.split("\n")[2][region["startColumn"] - 1 :] == "# why"


def test_sarif_of_a_right_file_has_no_result() -> None:
    done = check("statemachines/jira.hcl", "--sarif")
    assert done.returncode == 0
    assert json.loads(done.stdout)["runs"][0]["results"] == []


def test_colour_is_for_terminals_only(wrong: Path) -> None:
    assert "\x1b[" not in check(wrong).stdout
    assert "\x1b[31merror[operand_missing]" in on_a_terminal(wrong)
    assert "\x1b[" not in on_a_terminal(wrong, NO_COLOR="1")


MISUSED = """provisioner "soc" {
  receive "github" "push" {
    when   = [for c in event.commits : c.mesage] == []
    entity = issue_keys(event.commits[*].message...)
    fire   = "next"
  }
  statemachine "soc" {
    initial = "open"
    state "open" {
      on "next" {
        when       = event.commits + 1 > 2
        transition = "open"
      }
    }
  }
}
"""


def test_what_is_done_with_a_payload_is_checked_without_running_and_told_as_documented(
    tmp_path: Path,
) -> None:
    file = tmp_path / "soc.hcl"
    file.write_text(MISUSED)
    done = check(file)
    assert done.returncode == 1
    page = (Path(__file__).parents[2] / "docs/language.md").read_text()
    documented = page[page.index("```text\nsoc.hcl:3:40") :].split("```")[1].removeprefix("text\n")
    assert documented.strip() in done.stdout.replace(str(file), "soc.hcl")
    file.write_text(
        MISUSED.replace("mesage", "message").replace("event.commits + 1", "length(event.commits)")
    )
    assert check(file).returncode == 0


def test_a_guard_of_the_wrong_type_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "soc.hcl"
    file.write_text(
        MISUSED.replace("mesage", "message").replace("event.commits + 1 > 2", '{ on = true }\nset = ["a"]')
    )
    found = json.loads(check(file, "--json").stdout)["diagnostics"]
    wrong = [(problem["code"], problem["summary"]) for problem in found if problem["code"] == "wrong_type"]
    assert wrong == [
        ("wrong_type", '"when" is an object with on, and must be true or false'),
        ("wrong_type", '"set" is a list of 1, and must be an object'),
    ]


ROUND = """provisioner "soc" {
  receive "github" "push" {
    entity = issue_keys(event.ref)
    fire   = "go"
  }
  statemachine "soc" {
    initial = "hub"
    state "hub" {
      always {
        when       = can(context.k)
        transition = "x"
      }
      on "go" {
        set        = { k = event.ref }
        transition = "x"
      }
    }
    state "x" {
      always { transition = "hub" }
    }
  }
}
"""


def test_what_goes_round_without_end_is_told_with_a_test_that_passes(tmp_path: Path) -> None:
    file = tmp_path / "soc.hcl"
    file.write_text(ROUND)
    done = check(file)
    assert done.returncode == 1
    _, found, block = done.stdout.partition("  test ")
    assert found, done.stdout
    file.write_text(f"{ROUND.rstrip().removesuffix('}')}test {block.partition(chr(10) * 2)[0]}\n}}\n")
    tested = subprocess.run(
        [sys.executable, "-m", "engine", "test", str(file)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "1 passed, 0 failed" in tested.stdout


def test_the_arguments_of_calls_are_checked_with_and_without_workers(tmp_path: Path) -> None:
    file = tmp_path / "soc.hcl"
    file.write_text(
        'provisioner "soc" {\n  statemachine "soc" {\n    initial = "a"\n    state "a" {\n      on "next" {\n'
        '        transition = "b"\n        request { resolutoin = "Done" }\n'
        '        action "http" "tell" {\n          url    = "https://chat.example"\n          method = "PSOT"\n        }\n'
        '      }\n    }\n    state "b" { final = true }\n  }\n}\n'
    )
    workers = tmp_path / "workers.yaml"
    alone = check(file, "--workers", workers)
    assert alone.returncode == 1
    assert "wrong_argument" in alone.stdout
    assert "unknown_argument" not in alone.stdout
    workers.write_text("workers:\n  atlassian: {statefile: soc.hcl, projects: [soc]}\n")
    for given in ([file], []):
        done = check(*given, "--workers", workers, "--machines", tmp_path)
        assert 'help: Did you mean "resolution"?' in done.stdout
        assert "wrong_argument" in done.stdout


def test_an_ordinary_machine_of_pull_requests_gives_no_false_alarm(tmp_path: Path) -> None:
    file = tmp_path / "num.hcl"
    file.write_text(
        """
provisioner "num" {
  receive "github" "pull_request" {
    entity = issue_keys(event.pull_request.title)
    fire   = event.action
  }
  statemachine "num" {
    initial = "a"
    state "a" {
      on "opened" {
        set        = { n = event.pull_request.number }
        transition = "b"
      }
    }
    state "b" {
      on "closed" {
        when       = event.pull_request.number == context.n
        transition = "c"
      }
      after {
        delay      = "5m"
        transition = "a"
      }
    }
    state "c" { final = true }
  }
  property "never stuck" { reachable = "c" }
  property "a number" { never = try(context.n == "one", false) }
  property "soon" {
    leads_to = ["a", "c"]
    from     = "b"
    within   = "4m59s"
  }
}
"""
    )
    done = check(file)
    assert done.returncode == 1
    assert "[property_fails]" in done.stdout
    assert 'Property "soon" does not hold' in done.stdout
    assert "4m59s later it is still there" in done.stdout
    assert 'number = "one"' not in done.stdout
    assert "no_end_reachable" not in done.stdout
    assert "explored exhaustively (7 configurations); properties: 2 holds, 1 fails" in done.stdout


BESIDE = """locals {
  unused = 3
}
provisioner "dev" {
  receive "github" "issues" {
    entity = issue_keys(event.issue.title)
    fire   = event.action == "closed" ? "closed" : "other"
  }
  statemachine "dev" {
    initial = "open"
    state "open" {
      on "closd" { transition = "done" }
      on "other" {
        transition = "done"
        request {
          comment = VALUE
        }
        action "http" "x" {
          bdy = {}
        }
      }
    }
    state "done" { final = true }
    state "lost" { final = true }
  }
}
"""


@pytest.mark.parametrize(("value", "code"), [("'x'", "single_quote"), ("upper(1, 2)", "wrong_arguments")])
def test_one_error_hides_no_other(tmp_path: Path, value: str, code: str) -> None:
    file = tmp_path / "beside.hcl"
    file.write_text(BESIDE.replace("VALUE", value))
    found = json.loads(check(file, "--json").stdout)["diagnostics"]
    assert [each["code"] for each in found] == [
        "unused_local",
        "event_never_fired",
        code,
        "missing_argument",
        "unknown_argument",
        "unreachable_state",
    ]


def test_a_slip_of_the_pen_is_told_where_it_stands_and_nothing_that_follows_from_it(tmp_path: Path) -> None:
    file = tmp_path / "dev.hcl"
    file.write_text(
        'locals {\n  start = "open"\n}\nprovisioner "dev" {\n  receive "github" "release" {\n'
        '    when   = event.action == "publishd"\n    entity = "DEV-1"\n    fire   = "go"\n  }\n'
        '  statemachine "dev" {\n    initial = local.start\n    state "open" "go" {\n      when       = state == "opne"\n'
        '      transition = "done"\n    }\n    state "done" { final = true }\n  }\n}\n'
    )
    done = check(file, "--json")
    assert done.returncode == 0
    found = json.loads(done.stdout)["diagnostics"]
    assert [(d["code"], d["line"], d["detail"]) for d in found] == [
        ("unknown_payload_value", 6, 'Did you mean "published"?'),
        ("unknown_state", 13, 'Did you mean "open"?'),
    ]


@pytest.mark.parametrize(
    "named", [["dev_test.hcl"], ["dev.hcl", "dev_test.hcl"], ["dev_test.hcl", "dev.hcl"]]
)
def test_what_is_wrong_beside_named_tests_is_told_once_and_as_asked(tmp_path: Path, named: list[str]) -> None:
    (tmp_path / "dev.hcl").write_text(BESIDE.replace("VALUE", "5 + [1]"))
    (tmp_path / "dev_test.hcl").write_text(
        'provisioner "dev" {\n  test "it" {\n    then { state = }\n  }\n}\n'
    )
    done = check(*(tmp_path / name for name in named), "--json")
    assert (done.returncode, done.stderr) == (1, "")
    found = [(Path(d["file"]).name, d["code"]) for d in json.loads(done.stdout)["diagnostics"]]
    assert len(set(found)) == len(found)
    assert {
        ("dev.hcl", "not_a_number"),
        ("dev.hcl", "unreachable_state"),
        ("dev_test.hcl", "value_missing"),
    } <= set(found)
