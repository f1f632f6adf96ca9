"""Payloads as a source sends them, made from what is known of their fields. Pure: who asks chooses among the values.

A field's name says what kind of value it has (`_KINDS`); where the sender has words of its own, they are in `_WORDS`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import IntEnum
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from hashlib import sha256
from typing import Any

from engine.frozen import frozen
from engine.machine.values import timestamp
from engine.sources.catalog import SOURCES
from engine.sources.payload_presence import always_in_payload, always_in_shape
from engine.sources.payload_scalars import scalar_type
from engine.sources.payloads import Field, is_known, payload_fields, shape_fields


class Interest(IntEnum):
    """How likely definitions look at a field."""

    #: Hardly ever.
    LITTLE = 0
    #: A text or a flag near the top.
    SOME = 1
    #: What happened, or how it ended: a word of the sender's.
    MUCH = 2


#: Picks one of several values, the most usual of which is the first.
Choose = Callable[[Sequence[Any], Interest], Any]

#: How deep objects are nested; what would be deeper is null, as is an object inside another of its own kind.
_DEEPEST = 7
#: Definitions look at what is not deeper.
_NEAR = 3
_NULL = re.compile(
    "assignee|milestone|description|resolution|resolutiondate|due_?date|homepage|environment|runner|conclusion|"
    "(closed|merged|deleted|dismissed|resolved|finished|completed|last_edited)_(at|by|on)|merge_commit|parent|.*_id"
)
#: Of an object with very many fields, those that are usual.
_USUAL = {"links": ("self", "html", "avatar"), "reactions": ("total_count", "+1")}

#: Members that repeat the event type.
_TYPE_MEMBERS = ("object_kind", "event_name", "event_type", "eventKey", "webhookEvent")
#: The plainest kind for each type.
_PLAIN = {"string": "word", "number": "number", "bool": "flag"}
#: Sources that write times as milliseconds since 1970.
_MILLISECONDS = ("jira", "bitbucket")

#: What the name of a field says about its value: the first pattern that fits the whole name counts.
_PATTERNS = {
    "text": "title message body summary note raw text commit_(title|message) display_title description",
    "ref": "ref refname refId displayId head_branch source_branch branch fromString branch_name",
    "main": "(default|master|target|base)_?[bB]ranch target_commitish base_ref",
    "email": ".*[eE]mail(Address)?",
    "url": ".*_url url href self .*Url homepage website compare",
    "sha": ".*sha before after hash .*Hash latestCommit lastReviewedCommit commit_id oldrev",
    "milliseconds": "timestamp createdDate updatedDate closedDate resolvedDate .*Timestamp",
    "time": ".*_at .*_on .*_at_iso created updated started date .*Date .*date lastViewed",
    "flag": """
        (is|has|allow)(_.*|[A-Z].*) ref_protected draft merged locked active private public archived disabled
        forced deleted system open closed approved simplified subtask distinct prerelease mergeable
        rebaseable confidential work_in_progress truncated forkable site_admin released
        close_source_branch maintainer_can_modify tag protected verified fork internal manual test
        jsdPublic
    """,
    "list": "labels topics tags stages events added modified removed .*_ids matchedWebhookIds tasks names",
    "object": "installation enterprise permissions client_payload inputs payload custom_properties metadata",
    "number": """
        .*(_id|Id|_count|Seconds|_duration) id .*iid number count size total progress percent position
        additions deletions changed_files commits comments review_comments forks watchers stargazers
        version weight
    """,
    "login": "login username user_username nickname slug author_name user_name display_?[nN]ame",
}
#: In these objects a name says something else.
_KIND_IN = {("commit", "id"): "sha", ("issue", "key"): "key", ("project", "key"): "project"}
_KINDS = tuple((re.compile("|".join(patterns.split())), kind) for kind, patterns in _PATTERNS.items())

#: ``TYPE PATH`` of a source, and the words that it uses there.
_WORDS: Mapping[str, Mapping[str, tuple[Any, ...]]] = {
    "github": {
        "release action": ("published", "created", "released", "edited", "deleted"),
        "pull_request action": ("closed", "opened", "reopened", "synchronize", "labeled"),
        "pull_request pull_request.merged": (True, False),
        "pull_request* pull_request.state": ("closed", "open"),
        "issues action": ("closed", "opened", "reopened", "labeled", "assigned"),
        "pull_request_review action": ("submitted", "edited", "dismissed"),
        "pull_request_review review.state": ("approved", "changes_requested", "commented"),
        "workflow_* action": ("completed", "requested", "in_progress"),
        "check_* action": ("completed", "created", "rerequested"),
        "* *.conclusion": ("success", "failure", "cancelled"),
        "deployment_status deployment_status.state": ("success", "failure", "pending"),
        "status state": ("success", "failure", "pending", "error"),
        "create ref_type": ("branch", "tag"),
        "* action": ("created", "edited", "deleted"),
    },
    "gitlab": {
        "merge_request object_attributes.action": ("merge", "open", "close", "reopen", "update", "approved"),
        "merge_request object_attributes.state": ("merged", "opened", "closed"),
        "issue object_attributes.action": ("close", "open", "reopen", "update"),
        "* object_attributes.state": ("closed", "opened"),
        "note object_attributes.noteable_type": ("Issue", "MergeRequest", "Commit", "Snippet"),
        "note object_attributes.action": ("create", "update"),
        "pipeline object_attributes.status": ("success", "failed", "running", "pending", "canceled"),
        "build build_status": ("success", "failed", "running", "created"),
        "deployment status": ("success", "running", "failed", "canceled"),
        "deployment environment": ("production", "staging"),
        "release action": ("create", "update", "delete"),
        "milestone action": ("create", "close", "reopen"),
        "tag_push ref": ("refs/tags/v1.0.0",),
    },
    "bitbucket": {
        "pullrequest:fulfilled pullrequest.state": ("MERGED",),
        "pullrequest:rejected pullrequest.state": ("DECLINED",),
        "pullrequest:* pullrequest.state": ("OPEN",),
        "pr:merged pullRequest.state": ("MERGED",),
        "pr:declined pullRequest.state": ("DECLINED",),
        "pr:* pullRequest.state": ("OPEN",),
        "* commit_status.state": ("SUCCESSFUL", "FAILED", "INPROGRESS", "STOPPED"),
        "issue:* issue.state": ("resolved", "new", "open", "closed"),
        "repo:refs_changed changes.type": ("UPDATE", "ADD", "DELETE"),
        "* participant.status": ("APPROVED", "NEEDS_WORK", "UNAPPROVED"),
    },
    "jira": {
        "jira:issue_created issue_event_type_name": ("issue_created",),
        "jira:issue_updated issue_event_type_name": ("issue_generic", "issue_updated", "issue_assigned"),
        "* changelog.items.field": ("status", "assignee", "summary"),
        "* changelog.items.fromString": ("To Do",),
        "* changelog.items.toString": ("In Progress", "Done"),
        "* *.status.name": ("In Progress", "To Do", "Done"),
        "* *.statusCategory.key": ("indeterminate", "new", "done"),
        "* sprint.state": ("active", "future", "closed"),
        "* version.released": (True, False),
    },
}


def most_usual(values: Sequence[Any], _interest: Interest) -> Any:
    """The first of several values."""
    return values[0]


def example_payload(
    source: str, event_type: str, entities: Sequence[str], now: datetime, choose: Choose = most_usual
) -> dict[str, Any]:
    """A payload of that type, whose texts name the entities (``SOC-1``); of an unknown type, only what says the type.

    Equal arguments give equal payloads, as long as `choose` chooses alike. `now` has a time zone.
    """
    if not is_known(source, event_type):
        return _envelope(source, event_type, entities, now)
    maker = _Maker(source=source, event_type=event_type, entities=tuple(entities), now=now, choose=choose)
    return maker.object(payload_fields(source, event_type), (), ())


def overlaid(payload: Any, changes: Any) -> Any:
    """The payload with changes in it: objects are merged member by member, everything else is replaced."""
    if not isinstance(payload, dict) or not isinstance(changes, Mapping):
        return changes
    merged = {name: overlaid(payload.get(name), value) for name, value in changes.items()}
    return {**payload, **merged}


def _envelope(source: str, event_type: str, entities: Sequence[str], now: datetime) -> dict[str, Any]:
    said: dict[str, Any] = dict.fromkeys(SOURCES[source].type_members[:1], event_type)
    if source == "standard":
        return {**said, "timestamp": timestamp(now), "data": {"id": "1", "issues": list(entities)}}
    return said


@cache
def _kind_of(name: str) -> str:
    return next((kind for pattern, kind in _KINDS if pattern.fullmatch(name)), "word")


@frozen
class _Leaf:
    """A field that is to get a value."""

    name: str
    #: The first entity's key.
    key: str
    #: The same for the same path.
    number: int


@frozen
class _Maker:
    """Makes one payload."""

    source: str
    event_type: str
    entities: tuple[str, ...]
    now: datetime
    choose: Choose

    def object(
        self, fields: Mapping[str, Field], path: tuple[str, ...], shapes: tuple[str, ...]
    ) -> dict[str, Any]:
        made = {}
        usual = _USUAL.get(shapes[-1] if shapes else "", tuple(fields))
        for name, field in fields.items():
            if not name.endswith("*") and name in usual:
                made[name] = self._value(field, (*path, name), shapes)
        return made

    def _value(self, field: Field, path: tuple[str, ...], shapes: tuple[str, ...]) -> Any:
        if not field.shape:
            return self._leaf(path, shapes)
        if field.shape in shapes or len(path) > _DEEPEST:
            return [] if field.many else None
        fields = shape_fields(self.source, field.shape)
        if field.many:
            made = self.object(fields, path, (*shapes, field.shape))
            return self.choose(([made], []), _near(path))
        if _NULL.fullmatch(path[-1]) and self.choose((False, True), _near(path)):
            return None
        return self.object(fields, path, (*shapes, field.shape))

    def _leaf(self, path: tuple[str, ...], shapes: tuple[str, ...]) -> Any:
        known = _known_of(self.source, self.event_type, path, shapes[-1] if shapes else "")
        if known.words:
            return self.choose(known.words, Interest.MUCH)
        key = self.entities[0] if self.entities else "SOC-1"
        leaf = _Leaf(name=path[-1], key=key, number=known.number)
        values = _VALUES[known.kind](self, leaf)
        return self.choose((*values, None) if known.may_be_null else values, known.interest)


@frozen
class _Known:
    """What is known of a field before its value is chosen."""

    #: The words that its sender uses there; none where the kind says what it holds.
    words: tuple[Any, ...]
    kind: str
    number: int
    may_be_null: bool
    interest: Interest


def _near(path: tuple[str, ...]) -> Interest:
    return Interest.SOME if len(path) < _NEAR else Interest.LITTLE


def words_in(source: str, event_type: str, path: Sequence[str]) -> tuple[Any, ...]:
    """Words that the sender writes in a field, the most usual first, though perhaps not all; empty where none are known."""
    at = f"{event_type} {'.'.join(path)}"
    listed = _WORDS.get(source, {}).items()
    return next((words for pattern, words in listed if fnmatchcase(at, pattern)), ())


@lru_cache(maxsize=50_000)
def _known_of(source: str, event_type: str, path: tuple[str, ...], shape: str) -> _Known:
    name = path[-1]
    words = words_in(source, event_type, path)
    if not words and name in _TYPE_MEMBERS and len(path) == 1:
        words = (event_type,)
    kind = _KIND_IN.get((shape, name)) or _kind_of(name)
    kind = _fitting(source, name, kind, shape)
    always = always_in_shape(source, shape) if shape else always_in_payload(source, event_type)
    return _Known(
        words=words,
        kind=kind,
        number=1 + int.from_bytes(sha256(".".join(path).encode()).digest()[:3]),
        may_be_null=_NULL.fullmatch(name) is not None and name not in always,
        interest=_near(path) if kind in ("text", "ref", "flag") else Interest.LITTLE,
    )


def _fitting(source: str, name: str, kind: str, shape: str) -> str:
    """The kind, or a plainer one where the source is known to send something else under that name."""
    numbers = kind == "number" or (kind == "milliseconds" and source in _MILLISECONDS)
    made = (
        "number"
        if numbers
        else "bool"
        if kind == "flag"
        else kind
        if kind in ("list", "object")
        else "string"
    )
    found = scalar_type(source, name, shape)
    if found.least == 1:
        return "id"
    return kind if made in found.kinds else next(p for each, p in _PLAIN.items() if each in found.kinds)


def _milliseconds(maker: _Maker, leaf: _Leaf) -> Sequence[Any]:
    in_source = maker.source in _MILLISECONDS
    return (int(maker.now.timestamp() * 1000),) if in_source else _times(maker, leaf)


def _times(maker: _Maker, _leaf: _Leaf) -> Sequence[Any]:
    return (timestamp(maker.now), timestamp(maker.now - timedelta(hours=1)))


def _texts(maker: _Maker, leaf: _Leaf) -> Sequence[Any]:
    return (f"{', '.join(maker.entities)}: ship it".removeprefix(": "), f"fix {leaf.key}", "tidy up")


def _refs(maker: _Maker, leaf: _Leaf) -> Sequence[Any]:
    folder = "refs/heads/" if maker.event_type == "push" else ""
    return (f"{folder}feature/{leaf.key}-ship-it", f"{folder}main")


#: The values of a kind, the most usual first.
_VALUES: Mapping[str, Callable[[_Maker, _Leaf], Sequence[Any]]] = {
    "text": _texts,
    "ref": _refs,
    "main": lambda _maker, _leaf: ("main", "develop"),
    "email": lambda _maker, _leaf: ("ada@example.com",),
    "url": lambda _maker, leaf: (f"https://example.com/{leaf.name}/{leaf.number}",),
    "sha": lambda _maker, leaf: (sha256(leaf.name.encode()).hexdigest()[:40], "0" * 40),
    "milliseconds": _milliseconds,
    "time": _times,
    "flag": lambda _maker, _leaf: (False, True),
    "key": lambda _maker, leaf: (leaf.key,),
    "project": lambda _maker, leaf: (leaf.key.rpartition("-")[0],),
    "list": lambda _maker, leaf: ([], [leaf.name]),
    "object": lambda _maker, _leaf: ({},),
    "id": lambda _maker, leaf: (leaf.number, 1),
    "number": lambda _maker, leaf: (leaf.number, 1, 0),
    "login": lambda _maker, _leaf: ("ada", "grace"),
    "word": lambda _maker, leaf: (leaf.name, f"another {leaf.name}"),
}
