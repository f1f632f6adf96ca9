"""Which labels, attributes and blocks each block of a definition takes: a table; `engine.machine.reading` interprets it."""

from collections.abc import Iterable, Mapping
from dataclasses import field

from engine.frozen import frozen


@frozen
class Shape:
    """What one kind of block looks like."""

    #: What each label names, in order.
    labels: tuple[str, ...] = ()
    #: Attributes it must have.
    required: frozenset[str] = frozenset()
    #: Attributes it may have.
    optional: frozenset[str] = frozenset()
    #: It takes attributes of any name.
    open: bool = False
    #: Blocks it may have.
    blocks: frozenset[str] = frozenset()
    #: Attributes and blocks of the language that this version does not know how to run.
    later: frozenset[str] = frozenset()
    #: What other systems, or habit, call an attribute: that name, and ours.
    renamed: Mapping[str, str] = field(default_factory=dict)

    def attributes(self) -> frozenset[str]:
        """Every attribute it may have."""
        return self.required | self.optional


def _shape(
    *labels: str,
    required: Iterable[str] = (),
    optional: Iterable[str] = (),
    blocks: Iterable[str] = (),
    later: Iterable[str] = (),
    renamed: Mapping[str, str] | None = None,
) -> Shape:
    return Shape(
        labels=labels,
        required=frozenset(required),
        optional=frozenset(optional),
        blocks=frozenset(blocks),
        later=frozenset(later),
        renamed=renamed or {},
    )


_CANDIDATE = {
    "optional": ("transition", "leave", "when", "set"),
    "blocks": ("request", "action", "raise", "cancel"),
    "renamed": {"to": "transition", "target": "transition", "guard": "when", "if": "when"},
}
_REACTION = {"optional": ("set",), "blocks": ("action", "raise", "cancel")}
_ANSWER = {**_CANDIDATE, "optional": ("transition", "leave", "when", "set", "needs")}
_INSIDE = ("on", "after", "always", "await", "on_enter", "on_exit", "state", "parallel", "history")

FILE = _shape(blocks=("provisioner", "locals", "variable"))

#: A file of tests beside a definition, and a provisioner in it.
TEST_FILE = _shape(blocks=("provisioner",))
TEST_PROVISIONER = _shape("project", blocks=("property", "test"))

#: By the block's type. ``state`` with two labels is the short form.
SHAPES: Mapping[str, Shape] = {
    "variable": _shape(
        "name", optional=("type", "default", "description", "sensitive"), renamed={"value": "default"}
    ),
    "locals": Shape(open=True),
    "provisioner": _shape(
        "project",
        blocks=("aliasmapper", "statemachine", "receive", "property", "test", "module"),
        renamed={"machine": "statemachine"},
    ),
    "module": Shape(labels=("name",), required=frozenset({"source"}), open=True),
    "aliasmapper": _shape("project", required=("aliases",)),
    "statemachine": _shape(
        "project",
        required=("initial",),
        blocks=("state", "parallel"),
        renamed={"entrypoint": "initial", "start": "initial"},
    ),
    "receive": _shape(
        "source",
        "type",
        required=("entity", "fire"),
        optional=("when", "once_per", "ordered_by"),
        renamed={"event": "fire", "guard": "when", "if": "when"},
    ),
    "state": _shape("state", optional=("final", "event", "alias", "initial"), blocks=_INSIDE),
    "parallel": _shape("state", optional=("alias",), blocks=_INSIDE),
    "history": _shape("name", optional=("deep", "transition")),
    "always": _shape(**_CANDIDATE),  # type: ignore[arg-type]
    "after": _shape(required=("delay",), **_CANDIDATE),  # type: ignore[arg-type]
    "await": _shape(
        required=("from",),
        blocks=("answer",),
        renamed={"who": "from", "people": "from", "approvers": "from", "reviewers": "from"},
    ),
    "answer": _shape("choice", **_ANSWER),  # type: ignore[arg-type]
    "on_enter": _shape(**_REACTION),  # type: ignore[arg-type]
    "on_exit": _shape(**_REACTION),  # type: ignore[arg-type]
    "on": _shape("event", **_CANDIDATE),  # type: ignore[arg-type]
    "state event": _shape("state", "event", **_CANDIDATE),  # type: ignore[arg-type]
    "raise": _shape(
        "event",
        optional=("event", "when", "delay"),
        renamed={"data": "event", "payload": "event", "after": "delay", "if": "when"},
    ),
    "cancel": _shape("event"),
    "property": _shape(
        "name",
        optional=("always", "never", "reachable", "eventually", "leads_to", "from", "within"),
        renamed={"invariant": "always", "inevitable": "eventually"},
    ),
    "test": _shape("name", blocks=("given", "when", "advance", "then")),
    "given": _shape(optional=("entity", "state", "context", "status", "now")),
    "when": _shape("event", optional=("event", "delivery"), renamed={"payload": "event"}),
    "when delivery": _shape("source", "type", optional=("event",), renamed={"payload": "event"}),
    "advance": _shape(required=("by",), optional=("before",), renamed={"for": "by"}),
    "then": _shape(optional=("verdict", "state", "status", "context", "effects")),
    "request": Shape(open=True),
    "action": Shape(labels=("worker", "name"), open=True, blocks=frozenset({"on_failure"})),
    "on_failure": _shape(blocks=("action",)),
}


def parents_of(block_type: str) -> list[str]:
    """The blocks in which a block of that type belongs; the file itself is the empty word."""
    inside = [name for name, shape in SHAPES.items() if block_type in shape.blocks and " " not in name]
    return ["", *inside] if block_type in FILE.blocks else inside
