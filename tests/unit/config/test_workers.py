"""workers.yaml: what is read, and how every mistake is told."""

from pathlib import Path
from typing import Any

import pytest

from engine.config.schema import workers_schema
from engine.config.workers import MEMBERS, read_workers
from engine.diagnostics import Severity, render
from engine.resources import shipped

PREDECESSOR = """\
workers:
  atlassian:
    statefile: jira.hcl
    projects:
      - devhop
      - SOC
"""


def codes(text: str) -> list[str]:
    return [d.code for d in read_workers(text, "workers.yaml").diagnostics]


def test_the_predecessors_file_is_read_as_it_is() -> None:
    workers = read_workers(PREDECESSOR, "workers.yaml").workers
    assert workers is not None
    (worker,) = workers.workers
    assert (worker.name, worker.processor, worker.statefile) == ("atlassian", None, "jira.hcl")
    assert worker.projects == ("devhop", "soc")
    assert str(worker.span) == "workers.yaml:2:3"
    assert str(worker.project_spans["soc"]) == "workers.yaml:6:9"
    assert workers.serving("soc") is worker
    assert workers.serving("other") is None
    assert workers.statefiles == ("jira.hcl",)


def test_the_shipped_file_is_valid() -> None:
    path = shipped("workers.yaml")
    result = read_workers(path.read_text(encoding="utf-8"), path.name)
    assert result.diagnostics == ()


def test_the_optional_members() -> None:
    text = """\
workers:
  tickets:
    processor: jira
    statefile: dev/jira.hcl
    projects: [dev]
    settings: {url: env://ATLASSIAN_URL, api_version: 3, headers: {X-Team: dev}}
  chat: {processor: http, settings: {url: https://chat.example}}
"""
    workers = read_workers(text, "w.yaml").workers
    assert workers is not None
    tickets, chat = workers.workers
    assert tickets.settings == {"url": "env://ATLASSIAN_URL", "api_version": 3, "headers": {"X-Team": "dev"}}
    assert tickets.setting_spans["api_version"].column == 55
    assert tickets.setting_names["api_version"].column == 42
    assert chat.projects == ()
    assert chat.statefile is None


def test_an_empty_worker_makes_extra_calls_only() -> None:
    workers = read_workers("workers:\n  http:\n", "w.yaml").workers
    assert workers is not None
    assert workers.named("http") is not None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "workers_missing"),
        ("# nothing\n", "workers_missing"),
        ("---\n", "wrong_type"),
        ("[]", "wrong_type"),
        ("workers:", "workers_missing"),
        ("workers: {}", "workers_missing"),
        ("workers: [a]", "wrong_type"),
        ("worker:\n  a: {}\n", "unknown_member"),
        ("workers:\n  a: 1\n", "wrong_type"),
        ("workers:\n  a: {statefil: x}\n", "unknown_member"),
        ("workers:\n  a: {projects: [x]}\n", "statefile_missing"),
        ("workers:\n  a: {statefile: [x], projects: [x]}\n", "wrong_type"),
        ("workers:\n  a: {statefile: x, projects: x}\n", "wrong_type"),
        ("workers:\n  a: {statefile: x, projects: [no]}\n", "wrong_type"),
        ("workers:\n  a: {statefile: x, projects: [12]}\n", "wrong_type"),
        ("workers:\n  a: {statefile: x, projects: ['a b']}\n", "wrong_value"),
        ("workers:\n  a: {statefile: /etc/passwd, projects: [x]}\n", "wrong_value"),
        ("workers:\n  a: {statefile: ' ', projects: [x]}\n", "wrong_value"),
        ("workers:\n  ' ': {}\n", "wrong_value"),
        ("workers:\n  12: {}\n", "wrong_type"),
        ("workers:\n  a: {}\n  a: {}\n", "duplicate_key"),
        ("workers:\n  a: {statefile: x, projects: [p, P]}\n", "duplicate_project"),
        (
            "workers:\n  a: {statefile: x, projects: [p]}\n  b: {statefile: x, projects: [p]}\n",
            "duplicate_project",
        ),
        ("workers:\n\ta: 1\n", "yaml_syntax"),
        ("workers: {a: {statefile: 'x\n", "yaml_syntax"),
        ("a: 1\n--- \nb: 2\n", "yaml_syntax"),
        ("workers: \x07", "yaml_syntax"),
        ("workers: *nowhere", "yaml_syntax"),
        ("workers: " + "[" * 5000, "yaml_syntax"),
        ("workers: &a [*a]", "yaml_alias"),
        ("workers:\n  a: {settings: {x: !!python/object:os.system {}}}\n", "wrong_type"),
        ("workers:\n  a: {settings: {x: !!int abc}}\n", "wrong_type"),
        ("workers:\n  a: {settings: {x: " + "9" * 5000 + "}}\n", "wrong_type"),
        ("x" * (300 * 1024), "workers_too_large"),
    ],
)
def test_each_mistake_has_its_code(text: str, code: str) -> None:
    result = read_workers(text, "workers.yaml")
    assert code in [d.code for d in result.diagnostics]
    assert result.workers is None
    assert render(result.diagnostics, {"workers.yaml": text})


def test_a_statefile_without_projects_is_a_warning() -> None:
    result = read_workers("workers:\n  a: {statefile: x}\n", "w.yaml")
    assert result.workers is not None
    assert [(d.code, d.severity) for d in result.diagnostics] == [("projects_missing", Severity.WARNING)]


def test_every_problem_is_told_at_once() -> None:
    text = "workers:\n  a: {statefil: x, projects: [x]}\n  b: {projects: 3}\nwokers: 1\n"
    assert sorted(codes(text)) == ["statefile_missing", "unknown_member", "unknown_member", "wrong_type"]


def test_a_problem_shows_the_line_and_the_word() -> None:
    text = "workers:\n  atlassian:\n    statefil: jira.hcl\n"
    shown = render(read_workers(text, "workers.yaml").diagnostics, {"workers.yaml": text})
    assert shown == (
        'workers.yaml:3:5: error[unknown_member]: The worker "atlassian" has no member "statefil"\n'
        "  |\n"
        "3 |     statefil: jira.hcl\n"
        "  |     ^^^^^^^^\n"
        '  help: Did you mean "statefile"?'
    )


def test_places_count_characters_and_bytes() -> None:
    text = "# héé\nworkers: {é: {wrong: 1}}\n"
    (problem,) = read_workers(text, "w.yaml").diagnostics
    assert problem.subject is not None
    assert (problem.subject.line, problem.subject.column) == (2, 15)
    assert text.encode()[problem.subject.start : problem.subject.end] == b"wrong"


def test_aliases_that_grow_are_cut_off() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert "yaml_alias" in codes("\n".join(lines))


def test_merge_keys_work() -> None:
    text = """\
workers:
  a: &a
    statefile: x.hcl
    projects: [one]
  b:
    <<: *a
    projects: [two]
"""
    workers = read_workers(text, "w.yaml").workers
    assert workers is not None
    assert [(w.statefile, w.projects) for w in workers.workers] == [("x.hcl", ("one",)), ("x.hcl", ("two",))]


def test_dates_are_text() -> None:
    workers = read_workers("workers:\n  a: {settings: {since: 2024-13-99}}\n", "w.yaml").workers
    assert workers is not None
    assert workers.workers[0].settings == {"since": "2024-13-99"}


def test_the_schema_names_what_the_reader_takes() -> None:
    schema = workers_schema({"jira": {"url": "Where Jira is."}, "http": {}})
    worker: dict[str, Any] = schema["properties"]["workers"]["additionalProperties"]
    assert set(worker["properties"]) == set(MEMBERS)
    assert worker["properties"]["processor"]["enum"] == ["http", "jira"]
    assert worker["allOf"][1]["then"]["properties"]["settings"]["properties"] == {
        "url": {"description": "Where Jira is."}
    }


def test_the_shipped_file_fits_the_schema(tmp_path: Path) -> None:
    worker: dict[str, Any] = workers_schema()["properties"]["workers"]["additionalProperties"]
    result = read_workers(shipped("workers.yaml").read_text(encoding="utf-8"), "workers.yaml")
    assert result.workers is not None
    for entry in result.workers.workers:
        assert set(entry.member_spans) <= set(worker["properties"])
        assert not entry.projects or entry.statefile
