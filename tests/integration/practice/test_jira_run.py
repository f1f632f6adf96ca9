"""The practice Jira as the command line starts it: a process that serves until it is interrupted."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from engine.errors import SettingError
from engine.practice.jira import run

START = """
from engine.practice.jira import run
run("127.0.0.1", 0, ["SOC:20", "DEV:2:thorny"], "a@example.com", "t0ken", trouble=["conflict:transition:1"],
    say=lambda line: print(line, flush=True))
"""


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", START]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as started:
        yield started
        started.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_interrupted_and_then_ends_cleanly(
    process: "subprocess.Popen[str]", number: signal.Signals
) -> None:
    assert process.stdout is not None
    assert process.stderr is not None
    first = process.stdout.readline()
    assert first.endswith("22 issues, projects SOC, DEV.\n")
    url = re.search(r"http://\S+:\d+", first)
    assert url is not None
    transitions = f"{url[0]}/rest/api/3/issue/SOC-20/transitions"
    account = ("a@example.com", "t0ken")
    moves = [
        httpx.post(transitions, json={"transition": {"id": 11}}, auth=account).status_code for _ in range(2)
    ]
    assert moves == [409, 204]
    process.send_signal(number)
    assert process.wait(10) == 0
    rest = process.stdout.read()
    assert rest.endswith("Stopped.\n")
    assert "t0ken" not in first + rest
    assert process.stderr.read() == ""


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"host": "0.0.0.0"}, "loopback only"),
        ({"port": 70_000}, "Choose another port"),
        ({"projects": ["SOC:x"]}, "not a number of issues"),
        ({"email": ""}, "needs an e-mail address"),
        ({"token": ""}, "needs an e-mail address and a token"),
        ({"deployment": "server"}, "There are: cloud, data-center"),
        ({"trouble": ["earthquake"]}, "No trouble 'earthquake'"),
        ({"chances": {"error": 2}}, "between 0 and 1"),
    ],
    ids=str,
)
def test_a_wrong_argument_is_explained(change: dict[str, object], complaint: str) -> None:
    given = {"host": "127.0.0.1", "port": 0, "projects": ["SOC:1"], "email": "a@example.com", "token": "t"}
    with pytest.raises(SettingError, match=complaint):
        run(**(given | change))  # type: ignore[arg-type]
