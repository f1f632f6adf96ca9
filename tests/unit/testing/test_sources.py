"""Deliveries for tests: of every source, realistic, and accepted by the engine's own verification."""

import contextlib
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from engine.errors import MalformedBodyError, SettingError
from engine.language.suggest import did_you_mean
from engine.machine.compile import compile_definition
from engine.model import Delivery, Verdict
from engine.sources.catalog import SOURCES
from engine.sources.correlate import correlate
from engine.sources.examples import example_payload
from engine.sources.payloads import fault_in, known_payloads
from engine.sources.recorded import read_recorded
from engine.testing import (
    Recorded,
    create_delivery,
    deliveries,
    load_definition,
    load_provisioner,
    payloads,
    ping_delivery,
    pull_request_delivery,
    recorded_delivery,
    release_delivery,
    replay_delivery,
    sign_again,
    signed_deliveries,
    signed_delivery,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SIGNING = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KNOWN = [(source, kind) for source in SOURCES for kind in known_payloads(source)]
ALL = [*KNOWN, ("standard", "invoice.paid"), ("gitlab", "zeppelin_landed"), ("jira", "sprint_dreamt")]
#: A secret of every source, and of both ways of GitLab's.
SECRETS = [
    *((name, SIGNING if name == "standard" else "s3cret") for name in SOURCES),
    ("gitlab", SIGNING),
]


def lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


@pytest.mark.parametrize(("source", "secret"), SECRETS)
def test_what_the_factory_signs_the_engine_accepts_and_nobody_elses(source: str, secret: str) -> None:
    kind = (known_payloads(source) or ("invoice.paid",))[0]
    signed = signed_delivery(source, kind, secret=secret, delivery_id="d-1", now=NOW)
    headers = lower(signed.headers)
    proof = SOURCES[source].verify(headers, signed.body, [secret], NOW)
    assert proof.scheme is not None
    assert SOURCES[source].delivery_id_of(headers) == ("d-1")
    other = "whsec_" + "B" * 32 if secret == SIGNING else "another"
    assert SOURCES[source].verify(headers, signed.body, [other], NOW).scheme is None


@pytest.mark.parametrize(("source", "kind"), ALL)
def test_the_engine_reads_type_and_payload_of_what_the_factory_sends(source: str, kind: str) -> None:
    secret = SIGNING if source == "standard" else "s3cret"
    signed = signed_delivery(source, kind, secret=secret, now=NOW)
    payload = SOURCES[source].payload_of(lower(signed.headers), signed.body)
    assert SOURCES[source].type_of(lower(signed.headers), payload) == kind
    assert payload == example_payload(source, kind, ("SOC-1",), NOW)


def every_path(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    if isinstance(value, dict):
        return [p for k, v in value.items() for p in [(*path, k), *every_path(v, (*path, k))]]
    if isinstance(value, list):
        return [p for one in value for p in every_path(one, (*path, 0))]
    return []


@pytest.mark.parametrize(("source", "kind"), KNOWN)
def test_no_path_of_an_example_is_told_to_be_a_mistake(source: str, kind: str) -> None:
    found = every_path(example_payload(source, kind, ("SOC-1",), NOW))
    assert len(found) >= 1
    faults = [(p, f) for p in found if (f := fault_in(source, kind, p)) is not None]
    assert [p for p, f in faults if not f.open or did_you_mean(str(p[f.at]), f.known)] == []


def test_nor_any_path_of_the_deliveries_of_github_in_all_their_detail() -> None:
    around = {"repo_full_name": "octo-org/box", "delivery_id": "d", "secret": "s", "now": NOW}
    made = {
        "release": release_delivery(tag="v1", notes="n", release_id=1, org=True, installation_id=3, **around),  # type: ignore[arg-type]
        "ping": ping_delivery(url="https://interlock.example", **around),  # type: ignore[arg-type]
        "create": create_delivery(ref="SOC-1", **around),  # type: ignore[arg-type]
        "pull_request": pull_request_delivery(number=1, title="t", head="h", **around),  # type: ignore[arg-type]
    }
    for kind, signed in made.items():
        found = every_path(json.loads(signed.body))
        assert [p for p in found if fault_in("github", kind, p) is not None] == []


@given(st.sampled_from(KNOWN).flatmap(lambda one: st.tuples(st.just(one), payloads(*one))))
@settings(max_examples=60)
def test_drawn_payloads_fit_what_is_known_of_their_type(
    drawn: tuple[tuple[str, str], dict[str, Any]],
) -> None:
    (source, kind), payload = drawn
    for path in every_path(payload):
        fault = fault_in(source, kind, path)
        assert fault is None or fault.open
    # A header says the type where no member does; where one does, it was not varied.
    assert SOURCES[source].type_of({}, payload) in (kind, "")
    json.dumps(payload)


@pytest.mark.parametrize(
    ("source", "kind", "wanted"),
    [
        ("github", "pull_request", lambda p: p["pull_request"]["merged"] and p["action"] == "closed"),
        ("gitlab", "merge_request", lambda p: p["object_attributes"]["action"] == "open"),
        ("gitlab", "pipeline", lambda p: p["object_attributes"]["status"] == "failed"),
        ("bitbucket", "repo:commit_status_updated", lambda p: p["commit_status"]["state"] == "FAILED"),
        ("jira", "jira:issue_updated", lambda p: p["issue"]["fields"]["status"]["name"] == "Done"),
        ("gitlab", "issue", lambda p: p["assignee"] is None),
        ("gitlab", "push", lambda p: "SOC-7" in p["ref"]),
        ("jira", "comment_created", lambda p: p["issue"]["key"] == "SOC-7"),
    ],
)
def test_what_definitions_ask_for_is_found_without_help(source: str, kind: str, wanted: Any) -> None:
    quick = settings(max_examples=5_000, database=None, phases=(Phase.generate,))
    found = find(payloads(source, kind, ("SOC-7",)), wanted, settings=quick)
    assert wanted(found)


@given(signed_deliveries("gitlab", "push", secret=SIGNING))
@settings(max_examples=10)
def test_drawn_deliveries_are_signed(signed: Any) -> None:
    proof = SOURCES["gitlab"].verify(lower(signed.headers), signed.body, [SIGNING], datetime.now(UTC))
    assert proof.scheme is not None


def test_changes_are_merged_into_the_example_and_a_payload_is_taken_as_it_is() -> None:
    changed = signed_delivery(
        "gitlab",
        "merge_request",
        secret="s",
        changes={"object_attributes": {"title": "DEV-9"}, "labels": []},
        now=NOW,
    )
    payload = json.loads(changed.body)
    assert payload["object_attributes"]["title"] == "DEV-9"
    assert payload["object_attributes"]["action"] == "merge"
    assert payload["labels"] == []
    exact = signed_delivery("jira", "x", secret="s", payload={"webhookEvent": "x"}, now=NOW)
    assert json.loads(exact.body) == {"webhookEvent": "x"}


def test_an_unknown_source_is_a_mistake_of_the_test() -> None:
    with pytest.raises(ValueError, match="the choices are github, gitlab"):
        signed_delivery("sourceforge", "push", secret="s")


DEFINITION = """
provisioner "soc" {
  receive "gitlab" "merge_request" {
    when   = event.object_attributes.action == "merge"
    entity = issue_keys(event.object_attributes.title)
    fire   = "merged"
  }
  statemachine "soc" {
    initial = "open"
    state "open" "merged" { transition = "done" }
    state "done" { final = true }
  }
}
"""
MERGED = {"object_kind": "merge_request", "object_attributes": {"action": "merge", "title": "SOC-4: it"}}

#: A delivery in every form in which it may lie in a file.
FORMS = {
    "what interlock shows": {
        "number": 3,
        "source": "gitlab",
        "type": "merge_request",
        "delivery_id": "d-4",
        "headers": {"content-type": "application/json"},
        "body": json.dumps(MERGED),
    },
    "a request": {
        "headers": {"X-Gitlab-Event": "Merge Request Hook", "Idempotency-Key": "d-4"},
        "body": MERGED,
    },
    "what GitLab's API shows": {
        "id": 1,
        "url": "https://interlock.example",
        "request_headers": {"X-Gitlab-Event": "Merge Request Hook", "Idempotency-Key": "d-4"},
        "request_data": MERGED,
    },
}


@pytest.mark.parametrize("form", FORMS)
def test_a_recorded_delivery_is_read_and_decided_again(form: str, tmp_path: Path) -> None:
    file = tmp_path / "recorded.json"
    file.write_text(json.dumps(FORMS[form]))
    recorded = recorded_delivery(file)
    assert (recorded.source, recorded.type, recorded.id) == ("gitlab", "merge_request", "d-4")
    result = replay_delivery(DEFINITION, recorded)
    [decided] = result.decided
    assert decided.event.entity.id == "SOC-4"
    assert decided.decision.step.trace.verdict is Verdict.MOVED
    again = replay_delivery(DEFINITION, recorded, state="done", now=NOW).decided[0]
    assert again.decision.step.trace.verdict is Verdict.ALREADY_THERE
    signed = sign_again(recorded, secret=SIGNING, now=NOW)
    assert lower(signed.headers)["webhook-id"] == "d-4"
    assert SOURCES["gitlab"].verify(lower(signed.headers), signed.body, [SIGNING], NOW).scheme is not None
    assert json.loads(signed.body) == MERGED


def test_github_shows_deliveries_in_a_form_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "recorded.json"
    shown = {
        "id": 12345678,
        "guid": "0b989ba4",
        "event": "ping",
        "request": {
            "headers": {"X-GitHub-Event": "ping", "X-GitHub-Delivery": "0b989ba4"},
            "payload": {"zen": "x"},
        },
        "response": {"headers": {}, "payload": ""},
    }
    file.write_text(json.dumps(shown))
    recorded = recorded_delivery(file)
    assert (recorded.source, recorded.type, recorded.id) == ("github", "ping", "0b989ba4")
    assert recorded.payload == {"zen": "x"}


def test_a_payload_alone_needs_its_source_and_says_its_type_where_it_can(tmp_path: Path) -> None:
    file = tmp_path / "recorded.json"
    file.write_text(json.dumps(MERGED))
    assert recorded_delivery(file, "gitlab") == Recorded(
        source="gitlab", type="merge_request", payload=MERGED
    )
    with pytest.raises(SettingError, match="does not say who sent it"):
        recorded_delivery(file)
    with pytest.raises(SettingError, match="does not say what happened"):
        recorded_delivery(file, "github")
    with pytest.raises(SettingError, match="no source is named"):
        recorded_delivery(file, "sourceforge", "push")
    assert recorded_delivery(file, "github", "push").type == "push"


@pytest.mark.parametrize("text", ["", "{", "NaN"])
def test_a_file_that_is_not_json_is_said(text: str, tmp_path: Path) -> None:
    file = tmp_path / "recorded.json"
    file.write_text(text)
    with pytest.raises(MalformedBodyError, match="not JSON"):
        recorded_delivery(file, "github", "push")


@pytest.mark.parametrize("payload", [{"type": "a", "headers": {}, "x": 1}, [], "text", 3, None])
def test_odd_payloads_are_payloads(payload: Any, tmp_path: Path) -> None:
    file = tmp_path / "recorded.json"
    file.write_text(json.dumps({"headers": {"webhook-id": "m"}, "type": "t", "body": payload}))
    if isinstance(payload, str):
        with pytest.raises(MalformedBodyError):
            recorded_delivery(file, "standard")
    elif payload is None:
        recorded_delivery(file, "standard")
    else:
        assert recorded_delivery(file).payload == payload


DOCUMENTED = re.findall(
    r"```hcl\n(.*?)```", (Path(__file__).parents[3] / "docs" / "sources.md").read_text(), re.DOTALL
)


@pytest.mark.parametrize("written", DOCUMENTED, ids=lambda text: re.findall(r'receive "(\w+)"', text)[0])
def test_deliveries_mean_something_to_the_definition_of_every_source(written: str) -> None:
    provisioner = load_provisioner(written)
    compiled = compile_definition(load_definition(written))[provisioner.name]
    key = f"{provisioner.name.upper()}-7"

    def fires(delivery: Delivery) -> bool:
        return bool(correlate([compiled], delivery).events)

    quick = settings(max_examples=5_000, database=None, phases=(Phase.generate,))
    found = find(deliveries(provisioner, entities=(key,)), fires, settings=quick)
    assert {c.event.entity.id for c in correlate([compiled], found).events} == {key}


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["headers", "body", "request", "payload", "request_data", "source", "type", "x"]),
            inner,
        )
    ),
    max_leaves=8,
)


@given(_json, st.sampled_from([None, *SOURCES, "sourceforge"]), st.sampled_from([None, "push"]))
def test_no_file_breaks_the_reader_of_recorded_deliveries(
    whole: Any, source: str | None, kind: str | None
) -> None:
    with contextlib.suppress(SettingError, MalformedBodyError):
        recorded = read_recorded(json.dumps(whole).encode(), source, kind)
        assert recorded.source in SOURCES
        assert recorded.type


@pytest.mark.parametrize(
    "secret",
    [
        "k",
        "",
        "abc=",
        "whsec_k",
        "whsec_",
        "whsec_c2hvcnQ=",
        "whsec_ü",
        SIGNING.removeprefix("whsec_"),
        "whsec_" + "A" * 88,
    ],
)
@pytest.mark.parametrize("source", ["standard", "gitlab"])
def test_a_secret_that_cannot_be_one_is_told_what_it_must_be(source: str, secret: str) -> None:
    if source == "gitlab" and not secret.startswith("whsec_"):
        assert signed_delivery(source, "push", secret=secret).body  # any word is a token of GitLab's
        return
    with pytest.raises(ValueError, match="is whsec_ and then 24 to 64 bytes in Base64"):
        signed_delivery(source, "push", secret=secret)
