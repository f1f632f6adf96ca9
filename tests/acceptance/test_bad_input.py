"""What senders and strangers may throw at the daemon."""

import hashlib
import hmac
import json
import socket
from collections.abc import Callable

import pytest

from tests.harness.daemon import DaemonProcess, PracticeJira, wait_until

MIB = 1024 * 1024


def _signed(daemon: DaemonProcess, body: bytes, **headers: str) -> dict[str, str]:
    signature = hmac.new(daemon.secret.encode(), body, hashlib.sha256).hexdigest()
    return {
        "content-type": "application/json",
        "x-github-event": "release",
        "x-github-delivery": "6c5a0f2e-0001-11ef-9000-000000000000",
        "x-hub-signature-256": f"sha256={signature}",
        **headers,
    }


def test_unknown_hook_missing_and_wrong_signature_cannot_be_told_apart(daemon: DaemonProcess) -> None:
    signed = daemon.release("Ships SOC-1")
    good = dict(signed.headers)
    unsigned = {k: v for k, v in good.items() if "signature" not in k.lower()}
    wrong = {**good, "X-Hub-Signature-256": "sha256=" + "0" * 64}
    answers = [
        daemon.call("POST", daemon.uri.replace("signal-box", "no-such-hook"), signed.body, good),
        daemon.call("POST", daemon.uri, signed.body, unsigned),
        daemon.call("POST", daemon.uri, signed.body, wrong),
        daemon.call("POST", daemon.uri, signed.body + b" ", good),
    ]
    assert [(a.status, a.body) for a in answers] == [(401, b"")] * 4
    assert len({tuple(sorted(k for k in a.headers if k != "date")) for a in answers}) == 1


def test_an_unknown_source_is_403(daemon: DaemonProcess) -> None:
    assert daemon.call("POST", "/conduit/webhooks/sourceforge/x/payload", b"{}").status == 403


@pytest.mark.parametrize("body", [b"", b"{", b"NaN", b"[1]", b"\xff\xfe", b"null", b"[" * 100_000, b"\x00"])
def test_a_signed_body_that_is_not_a_json_object_is_400(daemon: DaemonProcess, body: bytes) -> None:
    assert daemon.call("POST", daemon.uri, body, _signed(daemon, body)).status == 400


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"action": null}',
        b'{"action": "published"}',
        b'{"action": "published", "release": null}',
        b'{"action": "published", "release": {"body": null, "id": 1}}',
        b'{"action": "published", "release": {"body": ["SOC-1"], "id": 1}}',
        b'{"action": ["published"], "release": {"body": "SOC-1", "id": {"a": 1}}}',
        b'{"action": 1e400}',
    ],
)
def test_a_signed_event_of_another_shape_is_recorded_and_never_breaks(
    daemon: DaemonProcess, body: bytes
) -> None:
    assert daemon.call("POST", daemon.uri, body, _signed(daemon, body)).status in {200, 202, 400}
    assert "Traceback" not in daemon.log.read_text()
    assert daemon.call("GET", "/readyz").status == 200


def test_an_event_nobody_cares_for_is_202_with_a_verdict(daemon: DaemonProcess) -> None:
    body = b'{"zen": "Anything added dilutes everything else."}'
    assert (
        daemon.call("POST", daemon.uri, body, _signed(daemon, body, **{"x-github-event": "ping"})).status
        == 202
    )
    (listed,) = json.loads(daemon.cli("deliveries", "--json").stdout)
    assert (listed["verdict"], listed["type"]) == ("ignored", "ping")
    assert "ping" in listed["reason"]


def test_a_body_over_25_mib_is_413_whether_announced_or_not(daemon: DaemonProcess) -> None:
    announced = daemon.call("POST", daemon.uri, None, {"content-length": str(25 * MIB + 1)})
    assert announced.status == 413
    # All of it is sent before the answer is looked at, as most senders do.
    whole = daemon.call("POST", daemon.uri, b" " * (26 * MIB))
    assert (whole.status, whole.headers["connection"]) == (413, "close")
    with socket.create_connection(("127.0.0.1", daemon.port), timeout=30) as raw:
        raw.sendall(f"POST {daemon.uri} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        chunk = b"100000\r\n" + b" " * MIB + b"\r\n"
        try:
            for _ in range(27):
                raw.sendall(chunk)
        except OSError:
            pass  # the daemon had enough
        assert raw.recv(64).startswith(b"HTTP/1.1 413")


def test_a_body_of_25_mib_is_read(daemon: DaemonProcess) -> None:
    body = json.dumps({"action": "x", "padding": "x" * (25 * MIB - 100)}).encode()
    assert daemon.call("POST", daemon.uri, body, _signed(daemon, body)).status == 202


def test_the_form_encoded_option_of_github_works(daemon: DaemonProcess, jira: PracticeJira) -> None:
    from urllib.parse import urlencode

    payload = daemon.release("Ships SOC-9").body.decode()
    body = urlencode({"payload": payload}).encode()
    headers = _signed(daemon, body, **{"content-type": "application/x-www-form-urlencoded"})
    assert daemon.call("POST", daemon.uri, body, headers).status == 200
    wait_until(lambda: jira.status("SOC-9") == "In Progress", "SOC-9 did not move")


def test_a_get_on_a_delivery_path_is_405(daemon: DaemonProcess) -> None:
    assert daemon.call("GET", daemon.uri).status == 405


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        (
            "statemachines/jira.hcl",
            'provisioner "soc" {\n  statemachine "soc" {\n',
            "statemachines/jira.hcl:",
        ),
        (
            "workers.yaml",
            "workers:\n  atlassian:\n    statefile: nowhere.hcl\n    projects: [soc]\n",
            "nowhere.hcl",
        ),
        ("workers.yaml", "workers: [\n", "workers.yaml:"),
        (
            "workers.yaml",
            "workers:\n  other:\n    processor: jura\n    statefile: jira.hcl\n    projects: [soc]\n",
            "jira",
        ),
        (
            "workers.yaml",
            "workers:\n  atlassian:\n    statefile: jira.hcl\n    projects: [soc, apollo]\n",
            "state_machine_id_mismatch",
        ),
    ],
)
def test_a_wrong_file_stops_the_start_with_a_diagnostic(
    make_daemon: Callable[..., DaemonProcess], name: str, text: str, wanted: str
) -> None:
    daemon = make_daemon()
    (daemon.folder / name).write_text(text)
    run = daemon.cli("run", "--port", "0")
    told = run.stderr.decode()
    assert run.returncode == 1
    assert wanted in told
    assert "Traceback" not in told


def test_every_missing_setting_is_named_at_the_start(make_daemon: Callable[..., DaemonProcess]) -> None:
    daemon = make_daemon()
    for name in ("ATLASSIAN_URL", "ATLASSIAN_EMAIL", "ATLASSIAN_API_KEY"):
        daemon.environ.pop(name)
    run = daemon.cli("run", "--port", "0")
    told = run.stderr.decode()
    assert run.returncode == 1
    assert "ATLASSIAN_URL" in told
    assert "ATLASSIAN_API_KEY" in told
    assert "Traceback" not in told


def test_a_running_daemon_keeps_the_old_definitions_when_the_new_ones_are_wrong(
    daemon: DaemonProcess, jira: PracticeJira
) -> None:
    file = daemon.folder / "statemachines/jira.hcl"
    good = file.read_text()
    file.write_text(good.replace('transition = "in_progress"', 'transition = "in_progres"'))
    wait_until(lambda: "definitions.kept" in daemon.log.read_text(), "the change was not noticed")
    assert daemon.deliver(daemon.release("Ships SOC-1")).status == 200
    wait_until(lambda: jira.status("SOC-1") == "In Progress", "SOC-1 did not move")
    file.write_text(
        good.replace(
            'state "to_do" "next" {\n      transition = "in_progress"',
            'state "to_do" "next" {\n      transition = "<end>"',
        )
    )
    wait_until(lambda: "definitions.reloaded" in daemon.log.read_text(), "the mended file was not taken")
    assert daemon.deliver(daemon.release("Ships SOC-2")).status == 200
    wait_until(lambda: len(daemon.shown("SOC-2").get("history", [])) == 1, "SOC-2 is not decided")
    assert daemon.shown("SOC-2")["history"][0]["verdict"] == "ended"


def test_a_port_that_is_taken_is_said_in_one_line(
    daemon: DaemonProcess, make_daemon: Callable[..., DaemonProcess]
) -> None:
    second = make_daemon()
    run = second.cli("run", "--port", str(daemon.port))
    assert run.returncode == 1
    assert str(daemon.port) in run.stderr.decode()
    assert "Traceback" not in run.stderr.decode()


def test_no_command_line_mistake_gives_a_traceback(make_daemon: Callable[..., DaemonProcess]) -> None:
    daemon = make_daemon()
    for arguments in (
        ["show"],
        ["show", "SOC-1"],
        ["show", "SOC-1", "--store", "mysql://x"],
        ["show", "SOC-1", "--store", "sqlite:////no/such/folder/x.db"],
        ["deliveries", "99"],
        ["deliveries", "--verdict", "perhaps"],
        ["hooks", "find", "github", "x"],
        ["hooks", "register", "gitbub", "x", "y"],
        ["check", "no-such-file.hcl"],
        ["check", "."],
        ["practice", "deliver", "SOC-1"],
        ["practice", "jira", "--port", "99999"],
        ["practice", "jira", "--project", "soc soc"],
        ["run", "--port", "abc"],
        ["run", "--workers", "no-such.yaml"],
    ):
        run = daemon.cli(*arguments)
        assert run.returncode in {0, 1, 2}, arguments
        assert b"Traceback" not in run.stderr + run.stdout, (arguments, run.stderr.decode())
