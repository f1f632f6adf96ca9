"""Every source end to end: a hook is registered, a really signed delivery comes in, and an issue of the Jira moves."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.practice.github import SignedDelivery
from engine.sources.catalog import SOURCES
from engine.testing import signed_delivery
from tests.harness.daemon import Answer, DaemonProcess, PracticeJira, wait_until

#: What is received of each source, and what it says about whom.
RECEIVES = {
    ("github", "push"): "issue_keys(event.ref)",
    ("gitlab", "push"): "issue_keys(event.ref)",
    ("gitlab", "merge_request"): "issue_keys(event.object_attributes.title)",
    ("bitbucket", "pullrequest:fulfilled"): "issue_keys(event.pullrequest.title)",
    ("bitbucket", "pr:merged"): "issue_keys(event.pullRequest.title)",
    ("jira", "comment_created"): "event.issue.key",
    ("standard", "order.paid"): "event.data.issues",
}
MACHINE = "".join(
    [
        'provisioner "soc" {\n  aliasmapper "soc" { aliases = { to_do: "To Do", in_progress: "In Progress" } }\n',
        *(
            f'  receive "{source}" "{kind}" {{\n    entity = {entity}\n    fire   = "next"\n  }}\n'
            for (source, kind), entity in RECEIVES.items()
        ),
        '  statemachine "soc" {\n    initial = "to_do"\n    state "to_do" "next" { transition = "in_progress" }\n',
        '    state "in_progress" { final = true }\n  }\n}\n',
    ]
)
WORKERS = "workers:\n  atlassian:\n    statefile: jira.hcl\n    projects: [soc]\n"
SIGNING = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def daemon(make_daemon: Callable[..., DaemonProcess]) -> DaemonProcess:
    return make_daemon(machines=MACHINE, workers=WORKERS).start()


def registered(
    daemon: DaemonProcess, source: str, secret: str | None = None, name: str = "signal-box"
) -> tuple[str, str]:
    """A new hook's secret and path."""
    wanted = {"provider": source, "repo_id": name, "repo_path": f"octo-org/{name}"}
    if secret is None:
        answer = daemon.call_json("POST", "/conduit/webhooks/register", wanted)
    else:
        answer = daemon.call_json("PATCH", "/internal/webhooks/import", {**wanted, "secret": secret})
    assert answer.status == 201, answer
    return answer.json()["data"]["secret"], answer.json()["data"]["uri"]


def post(daemon: DaemonProcess, uri: str, signed: SignedDelivery, **headers: str | None) -> Answer:
    sent = {name: value for name, value in {**signed.headers, **headers}.items() if value is not None}
    return daemon.call("POST", uri, signed.body, sent)


def deliveries(daemon: DaemonProcess) -> Any:
    return json.loads(daemon.cli("deliveries", "--json").stdout)


def test_a_signed_delivery_of_each_source_moves_an_issue(daemon: DaemonProcess, jira: PracticeJira) -> None:
    hooks = {source: registered(daemon, source) for source in SOURCES}
    for number, (source, kind) in enumerate(RECEIVES, 1):
        secret, uri = hooks[source]
        assert uri == f"/conduit/webhooks/{source}/signal-box/payload"
        key, name = f"SOC-{number}", f"d-{number}"
        signed = signed_delivery(source, kind, secret=secret, entities=(key,), delivery_id=name)
        assert post(daemon, uri, signed).status == 200
        wait_until(lambda key=key: jira.status(key) == "In Progress", f"{source} {kind} did not move {key}")  # type: ignore[misc]
        assert post(daemon, uri, signed).status == 200
        assert [(d["source"], d["type"], d["delivery_id"], d["verdict"]) for d in deliveries(daemon)[:2]] == [
            (source, kind, name, "duplicate"),
            (source, kind, name, "accepted"),
        ]
        assert jira.moves(key) == 1
        assert secret not in daemon.log.read_text()
    verified = daemon.cli("verify", "--json")
    assert verified.returncode == 0, verified.stdout


def refused(daemon: DaemonProcess) -> list[str]:
    return [line["because"] for line in daemon.lines() if line["event"] == "delivery.refused"]


#: Source, event type, a secret if it is not a new one, and the header that proves who sent it.
PROOFS = (
    ("gitlab", "push", None, "X-Gitlab-Token"),
    ("gitlab", "push", SIGNING, "webhook-signature"),
    ("bitbucket", "pullrequest:fulfilled", None, "X-Hub-Signature"),
    ("jira", "comment_created", None, "X-Hub-Signature"),
    ("standard", "order.paid", None, "webhook-signature"),
)


def test_what_is_not_proven_is_refused_and_nothing_is_kept(daemon: DaemonProcess) -> None:
    for number, (source, kind, secret, proof) in enumerate(PROOFS):
        good, uri = registered(daemon, source, secret, f"hook-{number}")
        signed = signed_delivery(source, kind, secret=good)
        other = "whsec_" + "B" * 32 if good.startswith("whsec_") else "another"
        before = len(refused(daemon))
        answers = [
            post(daemon, uri, signed, **{proof: None}),
            post(daemon, uri, signed_delivery(source, kind, secret=other)),
            post(daemon, uri.replace("hook-", "unknown-"), signed),
        ]
        wrong = f"the header {proof.lower()} does not fit"
        told = [f"the header {proof.lower()} is missing", wrong, "no such hook"]
        if proof != "X-Gitlab-Token":
            changed = signed.body.replace(b"SOC-1", b"SOC-2")
            answers.append(daemon.call("POST", uri, changed, dict(signed.headers)))
            told.append(wrong)
        if proof == "webhook-signature":
            stale = datetime.now(UTC) - timedelta(seconds=301)
            answers.append(post(daemon, uri, signed_delivery(source, kind, secret=good, now=stale)))
            answers.append(post(daemon, uri, signed, **{"webhook-id": "another"}))
            told += ["it was signed 30", wrong]
        assert [(a.status, a.body) for a in answers] == [(401, b"")] * len(answers)
        said = [because[: len(start)] for because, start in zip(refused(daemon)[before:], told, strict=True)]
        assert said == told
        log = daemon.log.read_text()
        assert good not in log
        assert signed.headers[proof] not in log
    assert deliveries(daemon) == []


def test_a_proven_body_that_is_no_json_object_is_400(daemon: DaemonProcess) -> None:
    from engine.sources.signatures import sign

    for source in ("gitlab", "bitbucket", "jira", "standard"):
        secret, uri = registered(daemon, source)
        scheme = SOURCES[source].schemes[0]
        for body in (b"", b"[1]", b"{", b"\xff"):
            headers = {"webhook-id": "m", "webhook-timestamp": f"{datetime.now(UTC).timestamp():.0f}"}
            headers[scheme.header] = sign(scheme, body, secret.encode(), headers)
            headers["content-type"] = "application/json"
            assert daemon.call("POST", uri, body, headers).status == 400
    assert deliveries(daemon) == []


def test_a_greeting_is_answered_and_says_that_the_hook_works(daemon: DaemonProcess) -> None:
    greetings: tuple[tuple[str, str, Any], ...] = (
        ("github", "ping", {"zen": "x"}),
        ("bitbucket", "diagnostics:ping", {"test": True}),
    )
    for source, kind, payload in greetings:
        secret, uri = registered(daemon, source)
        assert post(daemon, uri, signed_delivery(source, kind, secret=secret, payload=payload)).status == 202
        listed = deliveries(daemon)[0]
        assert (listed["verdict"], listed["type"]) == ("ignored", kind)
        assert listed["reason"].endswith(f'says "{kind}": the hook works')


def test_an_old_secret_is_accepted_beside_the_new_one_for_as_long_as_was_said(daemon: DaemonProcess) -> None:
    source = "standard"
    old, uri = registered(daemon, source)
    named = (source, "signal-box", "octo-org/signal-box", "--json")
    run = daemon.cli("hooks", "update", *named, "--overlap", "1h")
    new = json.loads(run.stdout)["secret"]
    assert old != new

    def answers() -> list[int]:
        return [
            post(daemon, uri, signed_delivery(source, "order.paid", secret=secret)).status
            for secret in (old, new)
        ]

    assert answers() == [200, 200]
    third = json.loads(daemon.cli("hooks", "update", *named).stdout)["secret"]
    assert answers() == [401, 401]
    wanted = {"provider": source, "repo_id": "signal-box", "repo_path": "x", "overlap": 3600}
    fourth = daemon.call_json("PATCH", "/webhooks/update", wanted).json()["data"]["secret"]
    old, new = third, fourth
    assert answers() == [200, 200]
    assert daemon.call_json("PATCH", "/webhooks/update", {**wanted, "overlap": -1}).status == 400
    assert b"90 days" in daemon.cli("hooks", "update", *named, "--overlap", "91d").stderr


def test_a_sender_that_rotates_signs_with_both_secrets(daemon: DaemonProcess) -> None:
    secret, uri = registered(daemon, "standard", SIGNING)
    signed = signed_delivery("standard", "order.paid", secret=secret, delivery_id="m")
    both = f"v1,{'A' * 43}= {signed.headers['webhook-signature']}"
    assert post(daemon, uri, signed, **{"webhook-signature": both}).status == 200


def test_a_secret_of_another_form_is_not_imported(daemon: DaemonProcess) -> None:
    wanted = {"provider": "standard", "repo_id": "x", "repo_path": "y"}
    for secret in ("plain", "whsec_dG9vIHNob3J0"):
        answer = daemon.call_json("PATCH", "/internal/webhooks/import", {**wanted, "secret": secret})
        assert (answer.status, answer.json()["error_code"]) == (400, 201)
        assert "whsec_" in answer.json()["detail"]
        assert secret not in answer.json()["detail"]


def test_practice_deliver_sends_for_every_source(daemon: DaemonProcess, jira: PracticeJira) -> None:
    url = ("--url", f"http://127.0.0.1:{daemon.port}")
    for number, (source, kind) in enumerate(dict(reversed(RECEIVES)).items(), 5):
        registered(daemon, source)
        key = f"SOC-{number}"
        run = daemon.cli("practice", "deliver", key, "--source", source, "--type", kind, *url)
        assert (run.returncode, run.stdout.decode().strip()) == (0, "200 accepted"), run.stderr
        wait_until(lambda key=key: jira.status(key) == "In Progress", f"{key} did not move")  # type: ignore[misc]


def test_a_delivery_of_the_store_is_simulated_and_sent_again(
    daemon: DaemonProcess, jira: PracticeJira
) -> None:
    secret, uri = registered(daemon, "gitlab")
    signed = signed_delivery("gitlab", "merge_request", secret=secret, entities=("SOC-6",))
    assert post(daemon, uri, signed).status == 200
    shown = daemon.cli("deliveries", "1", "--json").stdout
    file = Path(daemon.folder) / "recorded.json"
    file.write_bytes(shown)
    for given in (("--delivery", "1"), (str(file),)):
        run = daemon.cli("simulate", "statemachines/jira.hcl", *given, "--json")
        assert run.returncode == 0, run.stderr
        [decided] = json.loads(run.stdout)["decided"]
        assert (decided["entity"], decided["state"]) == ("SOC-6", "in_progress")
    url = ("--url", f"http://127.0.0.1:{daemon.port}")
    run = daemon.cli("practice", "deliver", "--recorded", str(file), *url)
    assert run.returncode == 0, run.stderr
    assert [d["verdict"] for d in deliveries(daemon)] == ["accepted", "accepted"]
    both = daemon.cli("simulate", "statemachines/jira.hcl", str(file), "--delivery", "1")
    assert both.returncode == 1
    assert b"name the file" in both.stderr
