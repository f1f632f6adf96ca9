"""Events whose names are made of a path: ``fire = "pr.${event.action}"``. Pure."""

from collections.abc import Iterable, Iterator
from typing import Any

from engine.errors import EvaluationError
from engine.frozen import frozen
from engine.language import syntax
from engine.language.types import Type
from engine.language.values import UnfitError, parse_number, text
from engine.machine.atoms import Term, Uses
from engine.machine.definition import ALWAYS, ANY_EVENT, ANY_MORE, Machine, Receive, covers, is_pattern
from engine.machine.payload_values import Payloads, nothing_known, type_at
from engine.model import is_own_event


@frozen
class Made:
    """A name with one part that comes in, and constants around it."""

    before: str
    part: syntax.Expression
    #: What the part can be: constants and paths.
    terms: tuple[Term, ...]
    after: str

    def between(self, name: str) -> str | None:
        """What the part has to be for the whole to be this name; None if it never is."""
        fits = name.startswith(self.before) and name.endswith(self.after)
        if not fits or len(name) < len(self.before) + len(self.after):
            return None
        return name[len(self.before) : len(name) - len(self.after)]


def made_of(uses: Uses, node: syntax.Expression) -> Made | None:
    """How a name is made, if it is a template with one path in it; else None."""
    node = uses.unfolded(node)
    if not isinstance(node, syntax.Template) or node.wrapped:
        return None
    around = ["", ""]
    found: tuple[syntax.Expression, list[Term]] | None = None
    for part in node.parts:
        terms = uses.terms(part)
        if terms is None:
            return None
        if any(is_path for is_path, _ in terms):
            if found is not None:
                return None
            found = part, terms
            continue
        try:
            around[found is not None] += text(terms[0][1])
        except (UnfitError, EvaluationError):
            return None
    if found is None:
        return None
    return Made(before=around[0], part=found[0], terms=tuple(found[1]), after=around[1])


def names_of(uses: Uses, node: syntax.Expression, payload: Type | None = None) -> frozenset[str] | None:
    """All names that there can be; None if there is no saying. A path has those of its documented values in the payload."""
    made = made_of(uses, node)
    before, after = ("", "") if made is None else (made.before, made.after)
    terms = uses.terms(node) if made is None else made.terms
    if terms is None:
        return None
    names: set[str] = set()
    for is_path, value in terms:
        if not is_path:
            parts = (value,) if made is None else _texts(value)
        elif payload is not None and value[0] == "event":
            found = type_at(payload, value[1:])
            if found.choices is None or not found.only("string", "null"):
                return None
            parts = found.choices.known
        else:
            return None
        names.update(f"{before}{part}{after}" for part in parts)
    return frozenset(names)


def ask(uses: Uses, node: syntax.Expression, event: str, named: Iterable[str] = ()) -> None:
    """Add what it takes to know whether a name is that of an event, or one of those that a pattern means.

    A pattern means those that are not among the `named` ones: what waits for these comes first.
    """
    for one in (event, *(name for name in named if is_pattern(event) and covers(event, name))):
        _ask(uses, node, one)


def _ask(uses: Uses, node: syntax.Expression, event: str) -> None:
    made = made_of(uses, node)
    if made is None and event == ANY_EVENT:
        uses.value(node)
        return
    if made is None:
        uses.equals(node, f"{event.removesuffix(ANY_MORE)}.other" if is_pattern(event) else event)
        return
    uses.either(made.terms, [value for part in dict.fromkeys(_parts(made, event)) for value in _values(part)])


def _texts(value: Any) -> tuple[str, ...]:
    """A constant as a template writes it; nothing if it cannot."""
    try:
        return (text(value),)
    except (UnfitError, EvaluationError):
        return ()


def _parts(made: Made, event: str) -> Iterator[str]:
    """What the part has to be for the whole to be the event, or examples for what a pattern means."""
    stem = event.removesuffix(ANY_MORE)
    whole = made.between(event)
    if whole is not None and not is_pattern(event):
        yield whole
    if is_pattern(event) and stem.startswith(made.before):
        rest = stem.removeprefix(made.before)
        whole = made.between(stem)
        yield from (part for part in (whole, rest, f"{rest}.other") if part is not None)


def _values(spelled: str) -> list[Any]:
    """All values that become this text in a template."""
    found: list[Any] = [spelled]
    found += [value for value in (True, False) if text(value) == spelled]
    number = parse_number(spelled)
    if number is not None and text(number) == spelled:
        found.append(number)
    return found


def may_be(made: Made, event: str) -> bool:
    """Whether a name that is made so can be that of an event, or one that a pattern means."""
    if event == ANY_EVENT:
        return True
    if not is_pattern(event):
        return made.between(event) is not None
    stem = event.removesuffix(ANY_MORE)
    return stem.startswith(made.before) or made.before.startswith(f"{stem}.")


def may_fire(machine: Machine, receive: Receive, event: str, payloads: Payloads = nothing_known) -> bool:
    """Whether an event can come of a delivery that this block receives."""
    known = payloads(receive.source, receive.type)
    return may_name(Uses(names=machine.names), receive.fire.node, event, known)


def may_name(uses: Uses, fire: syntax.Expression, event: str, payload: Type | None = None) -> bool:
    """Whether what a `receive` block fires can be an event of that name, with what is known of the payload."""
    if event == ALWAYS or is_own_event(event):
        return False
    names = names_of(uses, fire, payload)
    if names is not None:
        return any(covers(event, name) for name in names)
    made = made_of(uses, fire)
    if made is not None:
        return may_be(made, event)
    terms = uses.terms(fire)
    return terms is None or any(is_path or covers(event, str(value)) for is_path, value in terms)
