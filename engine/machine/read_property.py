"""Reads `property` blocks."""

import contextlib
from collections.abc import Collection, Iterable
from datetime import timedelta

from engine.diagnostics import Severity, Span
from engine.language import syntax
from engine.language.values import show
from engine.machine.durations import seconds_of
from engine.machine.properties import Claim, Property
from engine.machine.read_names import ROOTS
from engine.machine.reading import FIRST, Reader, Roots
from engine.machine.reporting import settled

#: A claim is about what the machine does, whenever it does it.
PROPERTY_ROOTS: Roots = {root: known for root, known in ROOTS.items() if root not in ("now", "fired")}

_CLAIMS = ", ".join(Claim)
_CONDITIONS = (Claim.ALWAYS, Claim.NEVER)
_LONGEST_WAY = 1000


def read_properties(
    reader: Reader, blocks: Iterable[syntax.Block], states: Collection[str]
) -> tuple[Property, ...]:
    """The claims that could be read; whatever is wrong with the others is reported."""
    found: dict[str, Property] = {}
    for block in blocks:
        if not reader.check_shape(block):
            continue
        claimed = _property(reader, block, states)
        if claimed is None:
            continue
        first = found.setdefault(claimed.name, claimed)
        if first is not claimed:
            detail = f"The first one is at {first.span}: give this one another name."
            reader.report(
                "duplicate_property",
                f'Property "{claimed.name}" is declared twice',
                detail,
                block.header_span,
                related=[(first.span, FIRST)],
            )
    return tuple(found.values())


def _property(reader: Reader, block: syntax.Block, states: Collection[str]) -> Property | None:
    made = [a for a in block.body.attributes if a.name in tuple(Claim)]
    if len(made) != 1:
        detail = f"Write exactly one of {_CLAIMS}."
        reader.report(
            "property_claims", f"A property makes one claim, not {len(made)}", detail, block.header_span
        )
        return None
    [attribute] = made
    claim = Claim(attribute.name)
    fine = _fits(reader, block, claim)
    within = _within(reader, block.body.attribute("within"))
    starts = _states(reader, block.body.attribute("from"), states)
    if claim in _CONDITIONS:
        before = len(reader.diagnostics)
        condition = reader.expression(attribute.value, PROPERTY_ROOTS, explained=True, attribute=claim.value)
        # One that cannot be right is not explored: it would be told a second time, as a claim that fails.
        fine = fine and not any(p.severity is Severity.ERROR for p in reader.diagnostics[before:])
        targets: tuple[str, ...] | None = ()
    else:
        condition = None
        targets = _states(reader, attribute, states)
    if not fine or targets is None or starts is None or within is False:
        return None
    if claim in _CONDITIONS and condition is None:
        return None
    return Property(
        name=block.labels[0].value,
        claim=claim,
        condition=condition,
        states=targets,
        starts=starts,
        within=within,
        span=settled(block.header_span),
    )


def _fits(reader: Reader, block: syntax.Block, claim: Claim) -> bool:
    """Whether the other attributes mean something to this claim."""
    fine = True
    for name in ("within", "from"):
        attribute = block.body.attribute(name)
        if attribute is not None and claim in _CONDITIONS:
            fine = False
            reader.report(
                "property_claims",
                f'"{name}" says nothing here: {claim} is about every state the machine comes to',
                "Remove it, or put it into the condition.",
                attribute.name_span,
            )
    if claim is Claim.LEADS_TO and block.body.attribute("from") is None:
        fine = False
        reader.report(
            "missing_attribute",
            'A property with leads_to has no "from"',
            'Add from = "STATE" to this block: where the way begins.',
            block.header_span,
        )
    return fine


def _states(
    reader: Reader, attribute: syntax.Attribute | None, known: Collection[str]
) -> tuple[str, ...] | None:
    """The states that an attribute names, one or a list; empty without it, None if it was reported to be wrong."""
    if attribute is None:
        return ()
    fine, value = reader.constant(attribute.value)
    if not fine:
        return None
    names = value if isinstance(value, list) else [value]
    place = attribute.value.span
    if not names or not all(isinstance(name, str) for name in names):
        detail = f'Write {attribute.name} = ["STATE", …].'
        reader.report("wrong_type", f'"{attribute.name}" names no states: it is {show(value)}', detail, place)
        return None
    for name in names:
        if name not in known:
            _unknown_state(reader, name, known, place)
            return None
    return tuple(dict.fromkeys(names))


def _unknown_state(reader: Reader, name: str, known: Collection[str], place: Span) -> None:
    reader.report("unknown_state", f'There is no state "{name}"', reader.suggest_state(name, known), place)


def _within(reader: Reader, attribute: syntax.Attribute | None) -> int | timedelta | bool | None:
    """The number of moves, or the time; None without it, False if it was reported to be wrong."""
    if attribute is None:
        return None
    fine, value = reader.constant(attribute.value)
    if not fine:
        return False
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _LONGEST_WAY:
        return value
    problem = "is neither a number of moves nor a time"
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            lasts = timedelta(seconds=seconds_of(value))
            if lasts:
                return lasts
            problem = "leaves no time at all"
    reader.report(
        "wrong_type",
        f'"within" {problem}: it is {show(value)}',
        f'Write a whole number of moves, from 1 to {_LONGEST_WAY}, or a duration such as "72h" or "1ms".',
        attribute.value.span,
    )
    return False
