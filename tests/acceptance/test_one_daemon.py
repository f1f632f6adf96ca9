"""Two daemons on one store would decide about the same events: the second one is refused."""

import os
from collections.abc import Callable
from pathlib import Path

from tests.harness.daemon import DaemonProcess


def test_a_second_daemon_is_refused_and_told_who_has_the_store(
    daemon: DaemonProcess, make_daemon: Callable[..., DaemonProcess]
) -> None:
    assert daemon.process is not None
    store = daemon.folder / "interlock.db"
    other_name = daemon.folder / "other.db"
    other_name.symlink_to(store)
    for name in (store, other_name):
        ended = make_daemon().cli("run", "--port", "0", "--store", f"sqlite:///{name}")
        assert ended.returncode == 1
        said = ended.stderr.decode()
        assert f"another daemon (process {daemon.process.pid}) works on" in said
        assert f"kill -TERM {daemon.process.pid}" in said
    assert daemon.cli("deliveries").returncode == 0


def test_a_killed_daemon_leaves_no_lock(daemon: DaemonProcess) -> None:
    for end in (daemon.kill, daemon.terminate):
        end()
        daemon.start()
    assert daemon.call("GET", "/readyz").status == 200


def test_a_folder_that_does_not_exist_is_still_said_plainly(
    make_daemon: Callable[..., DaemonProcess], tmp_path: Path
) -> None:
    ended = make_daemon().cli("run", "--port", "0", "--store", f"sqlite:///{tmp_path}/nowhere/interlock.db")
    assert b"does not exist: make it" in ended.stderr
    assert not os.path.lexists(tmp_path / "nowhere")
