"""What blocks, attributes and names mean, in one sentence each: what hover and completion show. Tests hold it against
`engine.machine.shapes`.
"""

from collections.abc import Mapping

from engine.machine.blocks import BLOCKS

#: What an expression can begin with.
ROOT_WORDS: Mapping[str, str] = {
    "event": "The payload.",
    "fired": "The name of the event that is decided: the delivery's, or a raised one's.",
    "delivery": "The facts of the delivery.",
    "entity": "The thing in the backend that moves.",
    "state": "The state the decision starts from; in what a transition does, the one it leads to.",
    "previous": "In what a transition does: the state before it.",
    "active": "The list of all states the instance is in, outer ones first.",
    "context": "What the instance remembers.",
    "var": "Values of `variable` blocks.",
    "local": "Values of `locals`.",
    "now": "The time of the decision, RFC 3339.",
}

#: Members of roots that always have the same ones.
MEMBER_WORDS: Mapping[str, Mapping[str, str]] = {
    "delivery": {
        "source": "Who sent it: `github`.",
        "type": "The source's name for what happened: `release`.",
        "id": "The source's identifier of the delivery.",
        "received_at": "When it was received, RFC 3339.",
    },
    "entity": {"id": "Its name in the backend: `SOC-12`.", "project": "The project it belongs to: `soc`."},
}

#: The payloads of the engine's own events.
FAILED_FIELDS = ("event", "source", "target", "target_status", "reason")
TIMER_FIELDS = ("due",)

#: What processors make of a `request` or an `action`.
ARGUMENTS: Mapping[str, tuple[str, str]] = {
    "resolution": ("text", "Jira: the resolution's name."),
    "comment": ("text", "Jira: a comment that is added."),
    "fields": ("object", "Jira: fields that are set."),
    "url": ("text", "http: where the call goes."),
    "method": ("text", "http: the method; `POST` if it is left out."),
    "headers": ("object", "http: the headers."),
    "body": ("any", "http: the body; an object is sent as JSON."),
    "timeout": ("number", "http: how many seconds to wait."),
}


def meaning_of(shape: str) -> str:
    """What a block is for, in the words of the reference."""
    return BLOCKS[shape].meaning if shape in BLOCKS else ""


def words_of(shape: str) -> Mapping[str, tuple[str, str]]:
    """The attributes of a block, each with its type and meaning; of one that takes any, those that a processor knows."""
    if shape in ("action", "request"):
        return ARGUMENTS
    rows = BLOCKS[shape].attributes if shape in BLOCKS else {}
    return {
        name: (row.type, _sentence(row.meaning, row.default)) for name, row in rows.items() if name != "*"
    }


def _sentence(meaning: str, default: str) -> str:
    told = meaning[:1].upper() + meaning[1:] + "."
    return f"{told} Without it: {default}." if default else told
