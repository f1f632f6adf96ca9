"""A burst does not fill the memory: what is too much is refused with a time to come back, and nothing else is."""

import http.client
import re
from concurrent.futures import ThreadPoolExecutor
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
