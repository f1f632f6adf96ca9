"""The documentation is true: definitions are checked, tables are held against the code, links lead somewhere."""

import re
from pathlib import Path

import pytest

import engine.testing
from engine.config.settings import SETTINGS, variable
from engine.decide.run_test import run_test
from engine.diagnostics import render
from engine.machine.claims import Outcome
from engine.machine.compile import compile_definition
from engine.machine.diagram import diagram
from engine.machine.drawing import draw
from engine.machine.prove import prove
from engine.machine.read import read_definition
from engine.model import Verdict
from engine.run.replay import Part
from engine.serve import library_lines
from engine.store.check import Fault
from engine.verdict_words import VERDICTS

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md")]
)
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:)([^)#]*)(#[^)]*)?\)")


def _blocks(kind: str) -> list[tuple[str, str]]:
    return [
        (f"{page.relative_to(ROOT)}:{number}", text)
        for page in PAGES
        for number, (found, text) in enumerate(_BLOCK.findall(page.read_text()))
        if found == kind
    ]


@pytest.mark.parametrize(("place", "text"), _blocks("hcl"))
def test_every_definition_in_the_documentation_is_right(place: str, text: str) -> None:
    result = read_definition(text, place)
    assert [str(d) for d in result.diagnostics] == []
    assert result.definition is not None


def test_every_picture_in_the_documentation_is_that_of_the_definition_before_it() -> None:
    pictures = 0
    for page in PAGES:
        definition = ""
        for kind, text in _BLOCK.findall(page.read_text()):
            if kind == "mermaid":
                read = read_definition(definition, page.name).definition
                assert read is not None
                assert text == draw(diagram(read.provisioners.values()), "mermaid")
                pictures += 1
            definition = text if kind == "hcl" else definition
    assert pictures


@pytest.mark.parametrize(("place", "text"), _blocks("hcl"))
def test_every_example_in_the_documentation_passes_its_own_tests_and_properties(
    place: str, text: str
) -> None:
    definition = read_definition(text, place).definition
    assert definition is not None
    compiled = compile_definition(definition)
    for name, provisioner in definition.provisioners.items():
        assert [t.name for t in provisioner.tests if not run_test(compiled[name], t).passed] == []
        failed = [f.property.name for f in prove(provisioner).findings if f.outcome is not Outcome.HOLDS]
        assert failed == []


def test_every_code_of_a_proof_is_documented() -> None:
    parts = ("prove", "dead_parts", "vain_guards")
    source = "\n".join((ROOT / f"engine/machine/{part}.py").read_text() for part in parts)
    known = set(re.findall(r'(?:code=|_about_guard\(\n\s+)"([a-z_]+)"', source))
    assert len(known) > 8
    text = (ROOT / "docs/checking.md").read_text()
    assert [code for code in sorted(known) if f"`{code}`" not in text] == []


def test_every_name_of_engine_testing_is_documented() -> None:
    text = (ROOT / "docs/testing.md").read_text()
    hidden = {"DefinitionMachine", "SignedDelivery"}
    assert [name for name in engine.testing.__all__ if name not in text and name not in hidden] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = [match[1] for match in _LINK.finditer(page.read_text()) if match[1]]
    assert [t for t in targets if not (page.parent / t).exists()] == []


def test_the_mistake_in_the_readme_is_reported_as_the_readme_says(tmp_path: Path) -> None:
    text = (ROOT / "statemachines/jira.hcl").read_text()
    wrong = text.replace('"in_progress"', '"in_progres"', 1)
    name = "statemachines/jira.hcl"
    found = read_definition(wrong, name).diagnostics
    assert render(found, {name: wrong}) in (ROOT / "README.md").read_text()


def test_every_setting_is_in_the_operators_manual() -> None:
    text = (ROOT / "docs/operating.md").read_text()
    assert [name for name in SETTINGS if variable(name) not in text] == []
    for name, setting in SETTINGS.items():
        if setting.default is not None:
            assert f"`{setting.default}`" in text, name


def _logged_events() -> set[str]:
    call = re.compile(r'log\.(?:debug|info|warning|error|exception|log)\((?:level, |\s)*"([a-z_.]+)"')
    found = {name for path in (ROOT / "engine").rglob("*.py") for name in call.findall(path.read_text())}
    told = {one.event for one in library_lines.KNOWN}
    return found | told | {"library.said", "log.lost", "hook.registered", "hook.updated", "hook.imported"}


def test_the_table_of_log_events_is_complete_and_true() -> None:
    text = (ROOT / "docs/operating.md").read_text().partition("## The log")[2]
    listed = {
        name
        for row in text.splitlines()
        if row.startswith("| `")
        for name in re.findall(r"`([a-z_.]+)`", row.split("|")[1])
    }
    assert listed == _logged_events()


def test_every_verdict_is_documented() -> None:
    text = (ROOT / "docs/language.md").read_text()
    rows = {v: f"| `{v.value}` | {VERDICTS[v].meaning} | {VERDICTS[v].do} |" for v in Verdict}
    assert [row for row in rows.values() if row not in text.splitlines()] == []


def test_every_fault_that_the_check_names_is_documented() -> None:
    text = (ROOT / "docs/operating.md").read_text()
    assert [fault.value for fault in Fault if f"| `{fault.value}` |" not in text] == []


def test_every_part_that_verify_names_is_documented() -> None:
    text = (ROOT / "docs/operating.md").read_text()
    assert [part.value for part in Part if f"| `{part.value}` |" not in text] == []


def test_no_file_shows_what_a_merge_left_behind() -> None:
    """A marker of a conflict: seven of one character at the beginning of a line."""
    marker = re.compile(rf"^(?:{'<' * 7}|{'>' * 7}|{'=' * 7}$)", re.MULTILINE)
    folders = ("engine", "grammars", "tests", "docs", "bench", "deploy", "statemachines", "requirements")
    files = [*ROOT.glob("*"), *(file for folder in folders for file in (ROOT / folder).rglob("*"))]
    texts = {file: file.read_bytes().decode("utf-8", "replace") for file in files if file.is_file()}
    assert [str(file) for file, text in texts.items() if marker.search(text)] == []
