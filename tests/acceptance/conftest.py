"""Fixtures: daemons and practice Jiras that are ended, whatever happens, when the test is over."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.practice.jira import JiraWorld
from engine.practice.jira.server import PracticeServer
from tests.harness.daemon import ROOT, DaemonProcess, LoopThread, PracticeJira, environment


@pytest.fixture(scope="session")
def loop_thread() -> Iterator[LoopThread]:
    thread = LoopThread()
    yield thread
    thread.close()


@pytest.fixture
def jira(loop_thread: LoopThread) -> Iterator[PracticeJira]:
    world = JiraWorld(["SOC:20", "DEVHOP:20"])
    server = PracticeServer(world)
    loop_thread.run(server.start())
    yield PracticeJira(world, server.url)
    loop_thread.run(server.stop())


@pytest.fixture
def make_daemon(tmp_path: Path, jira: PracticeJira) -> Iterator[Callable[..., DaemonProcess]]:
    """Start daemons that are ended, whatever happens, when the test is over."""
    made: list[DaemonProcess] = []

    def make(
        *arguments: str, machines: str | None = None, workers: str | None = None, **environ: str
    ) -> DaemonProcess:
        folder = tmp_path / f"daemon-{len(made)}"
        (folder / "statemachines").mkdir(parents=True)
        machine = machines if machines is not None else (ROOT / "statemachines/jira.hcl").read_text()
        (folder / "statemachines/jira.hcl").write_text(machine)
        (folder / "workers.yaml").write_text(
            workers if workers is not None else (ROOT / "workers.yaml").read_text()
        )
        daemon = DaemonProcess(folder, {**environment(jira.url), **environ}, list(arguments))
        made.append(daemon)
        return daemon

    yield make
    for daemon in made:
        if daemon.process is not None and daemon.process.poll() is None:
            daemon.kill()


@pytest.fixture
def daemon(make_daemon: Callable[..., DaemonProcess]) -> DaemonProcess:
    """A running daemon with a registered hook."""
    started = make_daemon().start()
    started.register()
    return started
