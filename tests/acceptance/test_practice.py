"""`interlock run --practice` shows the whole path, and touches nothing of the user's own."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.harness.daemon import ROOT, DaemonProcess, PracticeJira, environment, wait_until


@contextmanager
def _practice(folder: Path, environ: dict[str, str], *arguments: str) -> Iterator[Callable[[], str]]:
    log = folder / "practice.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "engine", "run", "--practice", *arguments],
            cwd=folder,
            env=environ,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        yield log.read_text
    finally:
        process.terminate()
        process.wait(20)


def test_the_demonstration_shows_each_step_and_the_next_commands_work(tmp_path: Path) -> None:
    with _practice(tmp_path, environment("http://127.0.0.1:9"), "--port", "0") as said:
        wait_until(lambda: "Next, in another terminal" in said(), "the demonstration did not end")
        text = said()
        for verb in ("verify ", "correlate ", "decide ", "call ", "confirm "):
            assert verb in text
        assert "DEVHOP-1 is 'In Progress'" in text
        (line,) = [line for line in text.splitlines() if "practice deliver" in line]
        arguments = line[line.index("practice deliver") :].split()
        run = subprocess.run(
            [sys.executable, "-m", "engine", *arguments],
            cwd=tmp_path,
            env=environment("http://127.0.0.1:9"),
            capture_output=True,
            timeout=30,
            check=False,
        )
        assert run.stdout.startswith(b"200"), run
        wait_until(lambda: "DEVHOP-2 is 'In Progress'" in said(), "the second delivery moved nothing")


def test_practising_calls_no_backend_that_workers_yaml_names_and_touches_no_store(
    tmp_path: Path, jira: PracticeJira
) -> None:
    (tmp_path / "statemachines").mkdir()
    (tmp_path / "statemachines/jira.hcl").write_text((ROOT / "statemachines/jira.hcl").read_text())
    (tmp_path / "workers.yaml").write_text(
        "workers:\n  atlassian:\n    statefile: jira.hcl\n    projects: [soc]\n"
        f"    settings: {{url: '{jira.url}', email: practice@example.com, token: practice-token}}\n"
    )
    environ = {**environment(jira.url), "INTERLOCK_STORE": f"sqlite:///{tmp_path}/production.db"}
    with _practice(tmp_path, environ, "--port", "0") as said:
        wait_until(lambda: "SOC-1 is 'In Progress'" in said(), "the demonstration moved nothing")
    assert (jira.status("SOC-1"), list(jira.world.calls)) == ("To Do", [])
    assert not (tmp_path / "production.db").exists()


def test_practising_on_a_store_of_the_users_is_refused(make_daemon: Callable[..., DaemonProcess]) -> None:
    run = make_daemon().cli("run", "--practice", "--store", "sqlite:///mine.db")
    assert run.returncode == 1
    assert b"leave --store away" in run.stderr


@pytest.mark.parametrize("arguments", [["show", "SOC-1"], ["deliveries"], ["hooks", "list"]])
def test_looking_makes_no_store(make_daemon: Callable[..., DaemonProcess], arguments: list[str]) -> None:
    daemon = make_daemon()
    run = daemon.cli(*arguments)
    assert run.returncode == 1
    assert b"there is no store" in run.stderr
    assert not list(daemon.folder.glob("interlock.*"))


def test_json_of_every_command_is_json(daemon: DaemonProcess) -> None:
    for arguments in (
        ["hooks", "register", "github", "a", "o/a", "--json"],
        ["hooks", "update", "github", "a", "o/a", "--json"],
        ["hooks", "list", "--json"],
        ["hooks", "find", "github", "a", "--json"],
        ["deliveries", "--json"],
        ["show", "SOC-1", "--json"],
        ["check", "--json"],
    ):
        json.loads(daemon.cli(*arguments).stdout)
