"""The tables of docs/processors.md and docs/settings.md are what the code says, and their examples are read."""

import re
from pathlib import Path

import pytest

from engine.config.env_file import OLD_NAMES, read_environment
from engine.config.settings import SETTINGS, variable
from engine.config.workers import MEMBERS, read_workers
from engine.processors import http_request
from engine.processors.http_answers import STATUS, STATUS_CLASS
from engine.processors.jira import request as jira_request
from engine.processors.processor import Argument
from engine.processors.registry import load_processors
from engine.run.hub import Hub

DOCS = Path(__file__).resolve().parents[2] / "docs"
PROCESSORS = (DOCS / "processors.md").read_text(encoding="utf-8")
SETTINGS_PAGE = (DOCS / "settings.md").read_text(encoding="utf-8")
MAKERS = load_processors([])


def rows(page: str, table: str) -> list[list[str]]:
    """The cells of the table after the comment of that name, without its head."""
    match = re.search(rf"<!-- {table} -->\n(.*?)<!-- end -->", page, re.DOTALL)
    assert match is not None, table
    lines = match[1].strip().split("\n")[2:]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_the_settings_of_each_processor(name: str) -> None:
    maker = MAKERS[name]
    expected = [
        [setting, maker.defaults.get(setting, ""), purpose] for setting, purpose in maker.settings.items()
    ]
    assert rows(PROCESSORS, f"settings: {name}") == expected


@pytest.mark.parametrize(
    ("name", "arguments"), [("jira", jira_request.ARGUMENTS), ("http", http_request.ARGUMENTS)]
)
def test_the_arguments_of_each_processor(name: str, arguments: dict[str, Argument]) -> None:
    assert rows(PROCESSORS, f"arguments: {name}") == [
        [name, given.purpose] for name, given in arguments.items()
    ]


def test_the_statuses() -> None:
    classes = [[f"{digit}xx", outcome.value] for digit, outcome in STATUS_CLASS.items()]
    assert rows(PROCESSORS, "statuses") == [*classes, *([str(code), o.value] for code, o in STATUS.items())]


def test_the_settings_of_the_daemon() -> None:
    expected = [
        [
            f"--{name.replace('_', '-')}" if setting.flag else "",
            variable(name),
            setting.default or "",
            setting.purpose,
        ]
        for name, setting in SETTINGS.items()
    ]
    assert rows(SETTINGS_PAGE, "settings: daemon") == expected


def test_the_members_of_a_worker() -> None:
    assert rows(SETTINGS_PAGE, "members") == [[name, member.purpose] for name, member in MEMBERS.items()]


def test_the_predecessors_names() -> None:
    assert rows(SETTINGS_PAGE, "old names") == [[old.lower(), new] for old, new in OLD_NAMES.items()]


def test_the_workers_of_the_page_connect() -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", PROCESSORS, re.DOTALL)
    workers = read_workers(text, "workers.yaml").workers
    assert workers is not None
    environ = {
        "ATLASSIAN_URL": "example.atlassian.net",
        "ATLASSIAN_EMAIL": "ada@example.org",
        "ATLASSIAN_API_KEY": "t0ken",
        "BOARD_TOKEN": "Bearer t0ken",
        "CHAT_HOOK": "https://chat.example/hooks/1",
    }
    hub, diagnostics = Hub.build(workers, MAKERS, environ)
    assert diagnostics == ()
    assert hub is not None
    assert hub.names() == ("atlassian", "board", "chat", "http")


def test_the_env_file_of_the_page_is_read(tmp_path: Path) -> None:
    (text,) = re.findall(r"```sh\n(.*?)```", SETTINGS_PAGE, re.DOTALL)
    (tmp_path / "app.env").write_text(text, encoding="utf-8")
    environment = read_environment({"MY_ATLASSIAN_EMAIL": "ada@example.org"}, tmp_path)
    assert environment.values["ATLASSIAN_EMAIL"] == "ada@example.org"
    assert environment.values["INTERLOCK_STORE"] == "sqlite:////var/lib/interlock/interlock.db"
    assert set(environment.unresolved) == {"ATLASSIAN_API_KEY"}
