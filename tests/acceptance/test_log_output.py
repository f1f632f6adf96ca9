"""What becomes of a daemon whose log nobody takes, and of senders that stall while it stops."""

import json
import socket
import subprocess
import sys

from tests.harness.daemon import DaemonProcess, PracticeJira, wait_until


def test_deliveries_are_worked_though_nobody_reads_the_log(daemon: DaemonProcess, jira: PracticeJira) -> None:
    daemon.terminate()
    process = subprocess.Popen(
        [sys.executable, "-m", "engine", "run", *daemon.arguments],
        cwd=daemon.folder,
        env={**daemon.environ, "INTERLOCK_PORT": str(daemon.port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if json.loads(line)["event"] == "daemon.ready":
                break
        process.stdout.close()
        for notes in ("Ships SOC-1", "Ships SOC-2"):
            assert daemon.deliver(daemon.release(notes)).status == 200
        wait_until(lambda: jira.status("SOC-2") == "In Progress", "SOC-2 does not move")
        assert jira.status("SOC-1") == "In Progress"
    finally:
        process.terminate()
        process.wait(30)


def test_a_sender_that_stalls_is_answered_when_the_daemon_stops(daemon: DaemonProcess) -> None:
    with socket.create_connection(("127.0.0.1", daemon.port), timeout=30) as sender:
        head = f"POST {daemon.uri} HTTP/1.1\r\nhost: interlock\r\ncontent-length: 100\r\n\r\n"
        sender.sendall(head.encode() + b"half")
        wait_until(lambda: daemon.call("GET", "/livez").status == 200, "it does not answer")
        assert daemon.terminate() == 0
        assert sender.recv(100).startswith(b"HTTP/1.1 503 ")
    (cut,) = [line for line in daemon.lines() if line["event"] == "senders.cut_off"]
    assert cut["level"] == "warning"
