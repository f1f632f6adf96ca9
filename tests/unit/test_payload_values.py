"""Proofs try what a sender may write, where that is known."""

from dataclasses import replace
from typing import Any

import pytest

from engine.language.types import ANY, BOOL, NUMBER, OBJECT, STRING, Type, holds, list_of, perhaps
from engine.machine.domains import MISSING, representatives
from engine.machine.payload_values import fitting, goes_along, is_nowhere, is_there, type_at
from engine.machine.prove import Proof, prove
from engine.machine.read import read_definition
from engine.machine.use import Use
from engine.sources.payload_types import known_payload, payload_type

PATH = ("event", "x")


def tried(found: Type, *, inner: bool = False, **asked: Any) -> list[Any]:
    use = Use(**asked)
    return list(fitting(representatives(PATH, use), found, use, inner=inner))


@pytest.mark.parametrize(
    ("found", "asked", "expected"),
    [
        (ANY, {"constants": [5]}, [5, "some x", MISSING]),
        (NUMBER, {"constants": [1, "a"]}, [1, MISSING, 2]),
        (STRING, {"constants": [1, "a"]}, ["a", "some x", MISSING, "1"]),
        (STRING, {"truth": True}, ["some x", MISSING, "true", "false"]),
        (BOOL, {"truth": True}, [True, False, MISSING]),
        (BOOL, {"constants": ["true"]}, [MISSING, True, False]),
        (perhaps(NUMBER), {"constants": [None]}, [None, MISSING, 1]),
        (list_of(OBJECT), {"constants": ["bug"]}, [MISSING, []]),
        (OBJECT, {"constants": ["bug"]}, [MISSING, {}]),
        (NUMBER, {"constants": ["a"], "joined": {("context", "x")}}, [MISSING, 1, 2]),
        (STRING, {"constants": ["a"], "joined": {("context", "x")}}, ["a", "one", "two", MISSING]),
        (list_of(STRING), {"joined": {("event", "y")}}, [MISSING, [], ["one"]]),
        (BOOL, {"joined": {("event", "y"), ("context", "x")}}, [MISSING, True, False]),
    ],
)
def test_what_is_tried_for_a_type(found: Type, asked: dict[str, Any], expected: list[Any]) -> None:
    assert tried(found, **asked) == expected


def test_an_object_is_made_of_its_parts_where_they_are_asked_for() -> None:
    assert tried(OBJECT, inner=True, constants=["bug"]) == [MISSING]


def test_the_type_at_a_path() -> None:
    payload = payload_type("github", "pull_request")
    assert type_at(payload, ("pull_request", "number")).kinds == {"number", "null"}
    assert type_at(payload, ("pull_request", "labels", "0", "name")).kinds == {"string", "null"}
    assert type_at(payload, ("pull_request", "number", "further")) is ANY


def proof(guard: str, never: str = 'state == "nowhere"') -> Proof:
    text = f"""
provisioner "dev" {{
  receive "github" "pull_request" {{
    entity = issue_keys(event.pull_request.title)
    fire   = "next"
  }}
  statemachine "dev" {{
    initial = "a"
    state "a" {{
      on "next" {{
        when       = {guard}
        set        = {{ labels = event.pull_request.labels }}
        transition = "b"
      }}
    }}
    state "b" {{ final = true }}
  }}
  property "p" {{ never = {never} }}
}}
"""
    read = read_definition(text, "x.hcl")
    assert read.definition is not None, read.diagnostics
    return prove(read.definition.provisioners["dev"], payloads=known_payload)


@pytest.mark.parametrize(
    ("guard", "codes"),
    [
        ('event.pull_request.number == "5"', {"guard_never_true", "no_end_reachable", "unreachable_state"}),
        ("event.pull_request.number == 5", set()),
        ("event.pull_request.number != 5", set()),
        ("event.pull_request.number > 5", set()),
        ("event.pull_request.merged", set()),
        ("!event.pull_request.merged", set()),
        ('event.pull_request.title == "x"', set()),
        ("event.pull_request.draft == false && event.pull_request.user.login != null", set()),
        ('event.pull_request.labels != "bug"', set()),
        ("event.pull_request.labels == []", set()),
        ("event.pull_request.user == {}", set()),
        ("length(event.pull_request.labels) > 0", set()),
        ('tostring(event.pull_request.number) == "5"', set()),
        ("event.pull_request.number + 1 == 5", set()),
    ],
)
def test_what_follows_for_a_guard(guard: str, codes: set[str]) -> None:
    assert {p.code for p in proof(guard).diagnostics} - {"guard_always_true", "explored_in_part"} == codes


def test_a_counterexample_has_values_that_the_sender_may_write() -> None:
    (failed,) = [
        p
        for p in proof("event.pull_request.number != 1", 'state == "b"').diagnostics
        if p.code == "property_fails"
    ]
    assert "event.pull_request.number = 2" in failed.story or "number = 2" in failed.story
    assert '"some number"' not in failed.story


def machine_of_pull_requests(guard: str, claims: str = "") -> Proof:
    text = f"""
provisioner "num" {{
  receive "github" "pull_request" {{
    entity = issue_keys(event.pull_request.title)
    fire   = event.action
  }}
  statemachine "num" {{
    initial = "a"
    state "a" {{
      on "opened" {{
        set        = {{ n = event.pull_request.number }}
        transition = "b"
      }}
    }}
    state "b" {{
      on "closed" {{
        when       = event.pull_request.merged && {guard}
        transition = "c"
      }}
      on "closed" {{
        when       = {guard}
        transition = "a"
      }}
    }}
    state "c" {{ final = true }}
  }}
  {claims}
}}
"""
    read = read_definition(text, "x.hcl")
    assert read.definition is not None, read.diagnostics
    return prove(read.definition.provisioners["num"], payloads=known_payload)


def test_what_is_remembered_of_a_payload_is_what_its_sender_may_write() -> None:
    found = machine_of_pull_requests(
        "event.pull_request.number == context.n",
        'property "a number" { never = try(context.n == "one", false) }\n'
        'property "there" { always = state == "a" || context.n != null }\n'
        'property "never stuck" { reachable = "c" }\n',
    )
    assert found.summary().endswith("properties: 3 holds")
    [overlap] = found.diagnostics
    assert overlap.code == "guards_overlap"
    assert "event.pull_request.number = 1," in overlap.story
    assert overlap.story.endswith("context.n = 1")


def test_a_field_that_may_be_null_is_tried_as_null() -> None:
    found = machine_of_pull_requests(
        "event.pull_request.number == context.n",
        'property "told" { always = event.pull_request.body != null }',
    )
    assert "property_fails" in {p.code for p in found.diagnostics}


def test_what_is_always_there_is_there_with_all_that_it_stands_in() -> None:
    payload = payload_type("github", "pull_request")
    assert is_there(payload, ("pull_request", "head", "sha"))
    assert is_there(payload, ("pull_request", "user", "login"))
    assert not is_there(payload, ("organization", "login"))
    assert not is_there(payload, ("pull_request", "milestone", "number"))
    assert not is_there(payload, ("pull_request", "labels", "0"))
    assert not is_there(ANY, ("number",))


@pytest.mark.parametrize(
    ("path", "goes"),
    [
        ("pull_request.labels.0.name", True),
        ("pull_request.milestone.number", True),
        ("sender.type", True),
        ("organization.login", True),
        ("organization.type", False),
        ("pull_request.requested_reviewers.0.login", False),
        ("pull_request.body", False),
        ("milestone", False),
    ],
)
def test_what_an_object_always_has_goes_along_with_it(path: str, *, goes: bool) -> None:
    assert goes_along(payload_type("github", "pull_request"), tuple(path.split("."))) is goes


def test_an_object_that_nobody_takes_apart_has_what_it_always_has() -> None:
    labels = payload_type("github", "pull_request").attribute("pull_request").attribute("labels")  # type: ignore[union-attr]
    assert labels is not None
    (made,) = [value for value in tried(labels, opaque=True) if isinstance(value, list) and value]
    assert {"color", "default", "id", "name", "node_id"} <= set(made[0])
    assert None not in (made[0][name] for name in ("color", "id", "name"))


def whole(*, least: int | None = None, **asked: Any) -> list[Any]:
    found, use = replace(NUMBER, whole=True, least=least), Use(**asked)
    values = fitting(representatives(PATH, use, whole=True), found, use, inner=False)
    return sorted(value for value in values if value is not MISSING)


@pytest.mark.parametrize(
    ("least", "bounds", "expected"),
    [
        (1, [3], [2, 3, 4]),
        (1, [3, 4], [2, 3, 4, 5]),
        (1, [1], [1, 2]),
        (0, [0], [0, 1]),
        (0, [0.5], [0, 1]),
        (None, [0], [-1, 0, 1]),
        (1, [3, 6], [2, 3, 4, 6, 7]),
        (1, [3.2, 3.8], [3, 4]),
        (1, [5, 2**70], [4, 5, 2**69 + 2, 2**70, 2**70 + 1]),
    ],
)
def test_only_whole_numbers_are_tried_where_there_are_no_others(
    least: int | None, bounds: list[float], expected: list[Any]
) -> None:
    assert whole(least=least, bounds=bounds) == expected


def test_there_are_as_many_whole_numbers_between_two_as_there_is_room_for() -> None:
    asked = {("event", "y"), ("event", "z")}
    assert whole(bounds=[3, 5, 9], ordered=asked) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]


@pytest.mark.parametrize(
    ("source", "event_type", "path", "kind"),
    [
        ("github", "pull_request", "number", "id"),
        ("github", "issues", "issue.comments", "count"),
        ("github", "push", "head_commit.id", "text"),
        ("gitlab", "pipeline", "object_attributes.id", "id"),
        ("gitlab", "pipeline", "commit.id", "text"),
        ("gitlab", "pipeline", "object_attributes.duration", "any"),
        ("bitbucket", "pullrequest:created", "pullrequest.id", "id"),
        ("jira", "sprint_closed", "sprint.id", "id"),
    ],
)
def test_which_numbers_a_field_may_have(source: str, event_type: str, path: str, kind: str) -> None:
    found = type_at(payload_type(source, event_type), tuple(path.split(".")))
    fits = {value: holds(found, value) for value in (-1, 0, 1, 1.5, "one")}
    assert [value for value, fine in fits.items() if fine] == {
        "id": [1],
        "count": [0, 1],
        "text": ["one"],
        "any": [-1, 0, 1, 1.5, "one"],
    }[kind]


def outcomes(receive: str, states: str, claims: str) -> dict[str, str]:
    text = f"""
provisioner "dev" {{
  receive {receive} {{
    entity = "SOC-1"
    fire   = "next"
  }}
  statemachine "dev" {{
    initial = "a"
    {states}
    state "z" {{ final = true }}
  }}
  {claims}
}}
"""
    read = read_definition(text, "x.hcl")
    assert read.definition is not None, read.diagnostics
    found = prove(read.definition.provisioners["dev"], payloads=known_payload)
    return {finding.property.name: finding.outcome.value for finding in found.findings}


@pytest.mark.parametrize(
    ("receive", "then", "claim"),
    [
        (
            '"github" "pull_request"',
            "when = event.pull_request.number > 3\nset = { n = event.pull_request.number }",
            'never = state == "z" && context.n < 4',
        ),
        ('"github" "issues"', "when = event.issue.milestone.number < 1", 'never = state == "z"'),
        ('"github" "issues"', "when = event.issue.comments < 0", 'never = state == "z"'),
        (
            '"github" "issues"',
            "when = event.issue.milestone != null && !can(event.issue.milestone.number)",
            'never = state == "z"',
        ),
        (
            '"github" "pull_request_review"',
            "set = { by = event.review.user.login }",
            'always = state != "z" || can(context.by)',
        ),
        ('"github" "push"', "set = { by = event.sender.login }", 'always = state != "z" || can(context.by)'),
        (
            '"github" "pull_request"',
            "set = { k = event.pull_request.labels[0].name }",
            'always = state != "z" || can(context.k)',
        ),
        (
            '"gitlab" "pipeline"',
            "set = { id = event.object_attributes.id }",
            'never = state == "z" && context.id == "1"',
        ),
        (
            '"gitlab" "merge_request"',
            "set = { by = event.user.username }",
            'always = state != "z" || can(context.by)',
        ),
        (
            '"jira" "jira:issue_updated"',
            "set = { was = event.issue.fields.status.name }",
            'always = state != "z" || can(context.was)',
        ),
    ],
)
def test_what_no_sender_writes_refutes_nothing(receive: str, then: str, claim: str) -> None:
    states = f'state "a" {{\non "next" {{\n{then}\ntransition = "z"\n}}\n}}'
    assert outcomes(receive, states, f'property "p" {{ {claim} }}') == {"p": "holds"}


REVIEWS = """
provisioner "dev" {
  receive "github" "pull_request" {
    entity = issue_keys(event.pull_request.title)
    fire   = event.action
  }
  receive "github" "pull_request_review" {
    when   = event.action == "submitted"
    entity = issue_keys(event.pull_request.title)
    fire   = "review.${event.review.state}"
  }
  statemachine "dev" {
    initial = "open"
    state "open" {
      on "review.approved" {
        transition = "approved"
        set        = { by = event.review.user.login }
      }
      on "closed" { transition = "gone" }
      on "effect.failed" { transition = "gone" }
      after {
        delay      = "1h"
        transition = "gone"
      }
    }
    state "approved" { final = true }
    state "gone" { final = true }
  }
  CLAIM
}
"""


@pytest.mark.parametrize(
    ("claim", "outcome"),
    [
        ('never = state == "approved" && !can(event.review.id)', "holds"),
        ('always = state != "approved" || can(context.by)', "holds"),
        ('never = try(event.action == "review.approved", false)', "holds"),
        ('never = state == "gone" && can(event.review)', "holds"),
        ('never = state == "gone" && can(event.review.state)', "holds"),
        ('never = state == "gone" && can(event.who)', "holds"),
        ('never = state == "gone" && try(event.source, 1) == null', "holds"),
        ('never = state == "gone" && can(event.source) && can(event.pull_request)', "holds"),
        ('never = state == "gone" && can(event.source)', "fails"),
        ('never = state == "gone" && can(event.due)', "fails"),
        ('never = state == "gone" && can(event.pull_request.title)', "fails"),
    ],
)
def test_an_event_has_what_its_sender_writes_and_nothing_of_others(claim: str, outcome: str) -> None:
    read = read_definition(REVIEWS.replace("CLAIM", f'property "p" {{ {claim} }}'), "x.hcl")
    assert read.definition is not None, read.diagnostics
    (finding,) = prove(read.definition.provisioners["dev"], payloads=known_payload).findings
    assert finding.outcome.value == outcome, finding.because


def test_a_sender_who_adds_fields_freely_may_write_any() -> None:
    issue = payload_type("gitlab", "issue")
    assert is_nowhere(issue, ("reason",))
    assert is_nowhere(issue, ("user", "due"))
    assert not is_nowhere(issue, ("object_attributes", "anything_new"))
    assert not is_nowhere(issue, ("user", "username"))
    assert not is_nowhere(ANY, ("reason",))


BOTS = """
provisioner "p" {
  receive "github" "pull_request" {
    entity = "P-1"
    fire   = "pr.${event.action}"
  }
  statemachine "p" {
    initial = "a"
    state "a" {
      on "pr.opened" {
        when       = GUARD
        transition = "b"
      }
      on "pr.*" { transition = "c" }
    }
    state "b" {}
    state "c" {}
  }
  property "b" { never = state == "b" }
  property "c" { never = state == "c" && previous == "a" }
}
"""


def of_bots(body: str) -> Proof:
    read = read_definition(body, "p.hcl")
    assert read.definition is not None, read.diagnostics
    return prove(read.definition.provisioners["p"], payloads=known_payload)


@pytest.mark.parametrize(
    ("guard", "type_"),
    [
        ('event.sender.type != "User"', "Bot"),
        ('event.sender.type != "Bot" && event.sender.type != "Mannequin"', "Organization"),
        ('!contains(["Bot", "Mannequin", "Organization", "User"], event.sender.type)', "some type"),
        ('event.sender.type == "Robot"', "Robot"),
    ],
)
def test_what_nothing_mentions_is_documented_as_long_as_there_is_such_a_value(guard: str, type_: str) -> None:
    first = of_bots(BOTS.replace("GUARD", guard)).findings[0].way[0].event
    assert first.payload["sender"]["type"] == type_


def test_a_pattern_means_an_event_that_its_sender_sends_and_that_no_other_transition_waits_for() -> None:
    body = BOTS.replace("when       = GUARD", "").replace("pr.opened", "pr.assigned")
    event = of_bots(body).findings[1].way[0].event
    assert (event.name, event.payload["action"]) == ("pr.auto_merge_disabled", "auto_merge_disabled")
