"""Every diagnostic code is explained once, its example has the problem, and docs/diagnostics.md is made of the table."""

import json
import re
import subprocess
import sys
from collections.abc import Sequence

import pytest

from engine.config.workers import read_workers
from engine.diagnostic_codes import CODES, Code, Where, page
from engine.diagnostics import Diagnostic
from engine.machine.read import read_definition
from engine.scxml.convert import convert
from engine.sources.check import check_sources
from tests.harness.daemon import ROOT, environment
from tests.harness.reported_codes import PLACES, reported_codes

#: What stands around the example, by where it stands.
AROUND = {
    Where.FILE: "{}",
    Where.VALUE: 'variable "x" {\n  default = {}\n}',
    Where.PROVISIONER: """provisioner "soc" {
{}
statemachine "soc" {
  initial = "a"
  state "a" "next" { transition = "b" }
  state "b" "prev" { transition = "a" }
}
}
""",
    Where.MACHINE: """provisioner "soc" {
statemachine "soc" {
  initial = "a"
  state "a" "next" { transition = "c" }
  state "c" "prev" { transition = "a" }
{}
}
}
""",
    Where.SCXML: '<scxml xmlns="http://www.w3.org/2005/07/scxml">{}<final id="end"/></scxml>',
}
SHOWN = sorted(name for name, code in CODES.items() if code.where is not Where.TOGETHER)


def test_every_code_that_is_reported_is_explained() -> None:
    found, lost = reported_codes()
    assert lost == [], "write these codes as literals, or pass them on in a parameter called `code`"
    missing = {name: place for name, place in found.items() if name not in CODES}
    assert missing == {}, (
        "add a line for each to CODES in engine/diagnostic_codes.py, "
        "then run: interlock explain --page > docs/diagnostics.md"
    )


def test_every_code_that_is_explained_is_reported() -> None:
    found, _ = reported_codes()
    assert [name for name in CODES if name not in found] == [], "remove these lines from CODES"


def test_diagnostics_are_made_where_codes_are_looked_for() -> None:
    made = {
        path.relative_to(ROOT / "engine").parts[0]
        for path in (ROOT / "engine").rglob("*.py")
        if re.search(r"\bDiagnostic\(", path.read_text())
    }
    assert made == set(PLACES), "name these packages in PLACES of tests/harness/reported_codes.py"


def problems_of(code: Code) -> Sequence[Diagnostic]:
    if code.where is Where.WORKERS:
        return read_workers(code.example, "workers.yaml").diagnostics
    if code.where is Where.SCXML:
        return convert(AROUND[code.where].replace("{}", code.example), "example.scxml").diagnostics
    read = read_definition(AROUND[code.where].replace("{}", code.example), "example.hcl")
    more = (*check_sources(read), *read.unused)
    return [*read.diagnostics, *more]


@pytest.mark.parametrize("name", SHOWN)
def test_the_example_has_the_problem(name: str) -> None:
    assert name in {problem.code for problem in problems_of(CODES[name])}


@pytest.mark.parametrize("where", AROUND)
def test_what_stands_around_an_example_has_no_problem(where: Where) -> None:
    fine = {Where.VALUE: "1"}.get(where, "")
    problems = problems_of(Code(where, "", "", fine))
    assert {problem.code for problem in problems} <= {"empty_definition"}


def test_the_page_is_made_of_the_table() -> None:
    written = (ROOT / "docs/diagnostics.md").read_text(encoding="utf-8")
    assert written == page(), "run: interlock explain --page > docs/diagnostics.md"


@pytest.mark.parametrize("name", CODES)
def test_a_row_of_the_page_has_four_cells(name: str) -> None:
    (row,) = [line for line in page().splitlines() if line.startswith(f"| `{name}` |")]
    assert len(re.split(r"(?<!\\)\|", row)) == 6


def explain(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "engine", "explain", *words],
        env=environment(""),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "words",
    [
        "transition_state_unregistered",
        "error[transition_state_unregistered]:",
        "[Transition-State-Unregistered]",
    ],
)
def test_the_command_explains_a_code_as_it_is_pasted(words: str) -> None:
    told = explain(words)
    assert told.returncode == 0
    code = CODES["transition_state_unregistered"]
    assert all(text in told.stdout for text in (code.wrong, code.do, code.example))


def test_the_command_lists_all_and_knows_similar_ones() -> None:
    listed = json.loads(explain("--json").stdout)
    assert [row["code"] for row in listed] == sorted(CODES)
    assert set(re.findall(r"^ *([a-z0-9_]+) ", explain().stdout, re.MULTILINE)) >= set(CODES)
    unknown = explain("transition_state_unregistred")
    assert unknown.returncode == 1
    assert 'Did you mean "transition_state_unregistered"?' in unknown.stderr
