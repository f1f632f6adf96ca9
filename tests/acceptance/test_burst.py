"""A burst does not fill the memory: what is too much is refused with a time to come back, and nothing else is."""

import http.client
import http.server
import json
import re
import socket
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from tests.harness.daemon import PATIENCE, DaemonProcess, PracticeJira, wait_until

LARGE = 20 * 1024 * 1024


def _peak(daemon: DaemonProcess) -> int:
    """The most memory that the daemon ever had, in MiB."""
    assert daemon.process is not None
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{daemon.process.pid}/status").read_text())
    assert found is not None
    return int(found[1]) // 1024


def _begin(daemon: DaemonProcess, announced: int, sent: int) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=PATIENCE)
    connection.putrequest("POST", daemon.uri)
    connection.putheader("content-length", str(announced))
    connection.endheaders()
    connection.send(b" " * sent)
    return connection


def test_what_is_beyond_the_budget_is_put_off_and_what_is_within_goes_on(
    daemon: DaemonProcess, jira: PracticeJira
) -> None:
    held = [_begin(daemon, LARGE + 1, LARGE) for _ in range(3)]

    def refused() -> bool:
        answer = daemon.call("POST", daemon.uri, b" " * LARGE)
        return (answer.status, answer.headers.get("retry-after")) == (503, "5")

    wait_until(refused, "a fourth large body was read")
    assert daemon.deliver(daemon.release("Ships SOC-1")).status == 200
    # Who only announces holds nothing.
    for connection in held:
        connection.send(b" ")
        answer = connection.getresponse()
        answer.read()
        connection.close()
        assert answer.status == 401
    assert daemon.call("POST", daemon.uri, b" " * LARGE).status == 401
    wait_until(lambda: jira.status("SOC-1") == "In Progress", "the small one was not decided")


def test_memory_stays_bounded_under_a_burst_of_large_bodies(
    daemon: DaemonProcess, jira: PracticeJira
) -> None:
    def post(_: int) -> int:
        try:
            return daemon.call("POST", daemon.uri, b" " * LARGE).status
        except OSError:
            return 0  # refused before all of it was sent

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(post, range(48)))
    assert set(answers) <= {0, 401, 503}
    assert 401 in answers
    assert _peak(daemon) < 320
    assert daemon.deliver(daemon.release("Ships SOC-2")).status == 200
    wait_until(lambda: jira.status("SOC-2") == "In Progress", "the daemon does not go on")


class _Yes(http.server.BaseHTTPRequestHandler):
    """A backend that has come back."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.server.seen.append(self.path)  # type: ignore[attr-defined]
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        return


def test_a_burst_at_a_backend_that_is_down_is_all_there_when_it_is_back(
    make_daemon: Callable[..., DaemonProcess],
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        place = nobody.getsockname()
        daemon = make_daemon(
            machines='provisioner "soc" {\n  statemachine "soc" {\n    initial = "a"\n'
            '    state "a" "next" { transition = "b" }\n    state "b" "next" { transition = "a" }\n  }\n}\n',
            workers="workers:\n  far:\n    processor: http\n    statefile: jira.hcl\n    projects: [soc]\n"
            f"    settings:\n      url: http://127.0.0.1:{place[1]}/\n",
        )
        daemon.start()
        daemon.register()
        keys = [f"SOC-{number}" for number in range(1, 301)]
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda key: daemon.deliver(daemon.release(f"Ships {key}")).status, keys))
        assert set(answers) == {200}
    backend = http.server.ThreadingHTTPServer(place, _Yes)
    backend.seen = []  # type: ignore[attr-defined]
    serving = threading.Thread(target=backend.serve_forever)
    serving.start()
    try:
        wait_until(lambda: _unfinished(daemon) == 0, "not everything is done", patience=120)
    finally:
        backend.shutdown()
        serving.join()
        backend.server_close()
    assert len(backend.seen) >= len(keys)  # type: ignore[attr-defined]
    assert json.loads(daemon.cli("deadletters", "list", "--json").stdout) == []


def _unfinished(daemon: DaemonProcess) -> int:
    with closing(sqlite3.connect(f"file:{daemon.folder / 'interlock.db'}?mode=ro", uri=True)) as c:
        return int(c.execute("SELECT count(*) FROM inbox WHERE finished_at IS NULL").fetchone()[0])
