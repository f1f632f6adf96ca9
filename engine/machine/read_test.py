"""Reads `test` blocks."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.diagnostics import Span
from engine.language import syntax
from engine.language.values import show
from engine.machine.check_nesting import report_apart
from engine.machine.definition import TOGETHER
from engine.machine.drafts import Nested, apart
from engine.machine.durations import seconds_of
from engine.machine.reading import FIRST, Reader
from engine.machine.reporting import settled
from engine.machine.test_blocks import IGNORED, Advance, Given, Test, Then, When
from engine.machine.values import NotPlainError, plain
from engine.model import EffectKind, Verdict

#: Every word that `verdict` of a test may be.
VERDICTS: tuple[str, ...] = (*Verdict, IGNORED)

#: What an expected effect may say; what it does not say is not compared.
EFFECT_MEMBERS = (
    "kind",
    "name",
    "worker",
    "source",
    "target",
    "source_status",
    "target_status",
    "arguments",
)

#: By full name.
States = Mapping[str, Nested]

_DELIVERY = 2


def read_tests(reader: Reader, blocks: Iterable[syntax.Block], states: States) -> tuple[Test, ...]:
    """The tests that could be read; whatever is wrong with the others is reported."""
    found: dict[str, Test] = {}
    for block in blocks:
        if not reader.check_shape(block):
            continue
        before = len(reader.diagnostics)
        test = _test(reader, block, states)
        if len(reader.diagnostics) > before:
            continue
        first = found.setdefault(test.name, test)
        if first is not test:
            detail = f"The first one is at {first.span}: give this one another name."
            summary = f'Test "{test.name}" is declared twice'
            reader.report("duplicate_test", summary, detail, block.header_span, related=[(first.span, FIRST)])
    return tuple(found.values())


def _test(reader: Reader, block: syntax.Block, states: States) -> Test:
    given = Given()
    course: list[When | Advance | Then] = []
    for number, inner in enumerate(block.body.blocks):
        if inner.type == "given":
            if number:
                detail = "Put it first, once."
                reader.report("misplaced_block", "A test begins with given", detail, inner.header_span)
            given = _given(reader, inner, states)
        elif inner.type == "when":
            course.append(_when(reader, inner))
        elif inner.type == "advance":
            by, before = _span(reader, inner), _text(reader, inner.body.attribute("before"), {})
            course.append(Advance(by=by, before=before, span=settled(inner.header_span)))
        elif inner.type == "then":
            course.append(_then(reader, inner, states))
    if not any(isinstance(part, When | Advance) for part in course):
        detail = 'Add when "EVENT" { … }, when "SOURCE" "TYPE" { … } or advance { by = "72h" }.'
        reader.report("missing_block", "In this test nothing happens", detail, block.header_span)
    elif not isinstance(course[-1], Then):
        detail = "End it with then { state = … }."
        reader.report("missing_block", "This test expects nothing", detail, block.header_span)
    return Test(
        name=block.labels[0].value,
        given=given,
        course=tuple(course),
        sensitive=_sensitive(reader, block),
        span=settled(block.header_span),
    )


def _sensitive(reader: Reader, block: syntax.Block) -> dict[str, list[str]]:
    """What of the given context, and whether an event, is made of sensitive values."""
    hidden = reader.names.hidden
    found: dict[str, set[str]] = {}
    for inner in block.body.blocks if hidden is not None else ():
        context, event = inner.body.attribute("context"), inner.body.attribute("event")
        if hidden is not None and inner.type == "given" and context is not None:
            for name, origins in hidden.members(context.value).items():
                found.setdefault(f"context.{name}", set()).update(origins)
        if hidden is not None and inner.type == "when" and event is not None and hidden.of_value(event.value):
            found.setdefault("event", set()).update(hidden.of_value(event.value))
    return {place: sorted(origins) for place, origins in found.items()}


def _given(reader: Reader, block: syntax.Block, states: States) -> Given:
    reader.check_shape(block)
    value = {
        name: read(reader, block.body.attribute(name), states)
        for name, read in (
            ("entity", _text),
            ("state", _state),
            ("context", _object),
            ("status", _text),
            ("now", _moment),
        )
    }
    return Given(**{name: item for name, item in value.items() if item is not None})


def _when(reader: Reader, block: syntax.Block) -> When:
    delivered = len(block.labels) == _DELIVERY
    reader.check_shape(block, "when delivery" if delivered else "when")
    payload = _object(reader, block.body.attribute("event"), {})
    delivery = _typed(reader, block.body.attribute("delivery"), Mapping, "{ … }")
    labels = [label.value for label in block.labels] or [""]
    return When(
        name=labels[-1],
        source=labels[0].lower() if delivered else None,
        payload={} if payload is None else payload,
        delivery={} if delivery is None else delivery,
        span=settled(block.header_span),
    )


def _span(reader: Reader, block: syntax.Block) -> timedelta:
    reader.check_shape(block)
    attribute = block.body.attribute("by")
    if attribute is None:
        return timedelta()
    fine, value = _value(reader, attribute)
    if not fine:
        return timedelta()
    try:
        return timedelta(seconds=seconds_of(value))
    except ValueError as problem:
        detail = 'Write it as in by = "72h", "1h30m" or "7d".'
        reader.report("wrong_type", f'"by" {problem}', detail, attribute.value.span)
        return timedelta()


def _then(reader: Reader, block: syntax.Block, states: States) -> Then:
    reader.check_shape(block)
    expected: dict[str, tuple[Any, Span]] = {}
    masks: dict[str, Any] = {}
    hidden = reader.names.hidden
    for name, read in _EXPECTED.items():
        attribute = block.body.attribute(name)
        if attribute is not None:
            expected[name] = (read(reader, attribute, states), settled(attribute.value.span))
            masks[name] = None if hidden is None else hidden.mask(attribute.value)
    if not expected:
        detail = f"Add one of {', '.join(_EXPECTED)}."
        reader.report("missing_attribute", "This then expects nothing", detail, block.header_span)
    return Then(expected=expected, masks=masks, span=settled(block.header_span))


def _value(reader: Reader, attribute: syntax.Attribute, *, shown: bool = True) -> tuple[bool, Any]:
    fine, value = reader.constant(attribute.value, shown=shown)
    try:
        return fine, plain(value) if fine else None
    except NotPlainError as problem:
        reader.report("wrong_type", f'"{attribute.name}" cannot be this', f"{problem}.", attribute.value.span)
        return False, None


def _typed(
    reader: Reader, attribute: syntax.Attribute | None, wanted: type, example: str, *, shown: bool = True
) -> Any:
    if attribute is None:
        return None
    fine, value = _value(reader, attribute, shown=shown)
    if fine and not isinstance(value, wanted):
        found = "sensitive" if reader.is_sensitive(attribute.value) else show(value)
        summary = f'"{attribute.name}" is {found}'
        reader.report("wrong_type", summary, f"Write {attribute.name} = {example}.", attribute.value.span)
        return None
    return value


def _text(reader: Reader, attribute: syntax.Attribute | None, _states: States) -> Any:
    return _typed(reader, attribute, str, '"…"')


def _object(reader: Reader, attribute: syntax.Attribute | None, _states: States) -> Any:
    return _typed(reader, attribute, Mapping, "{ … }", shown=False)


def _state(reader: Reader, attribute: syntax.Attribute | None, states: States) -> Any:
    value = _one_of(reader, attribute, states, "unknown_state", "state")
    found = None if value is None else apart(states, value.split(TOGETHER))
    if found is not None and attribute is not None:
        report_apart(reader, found, attribute.value.span)
        return None
    return value


def _verdict(reader: Reader, attribute: syntax.Attribute | None, _states: States) -> Any:
    return _one_of(reader, attribute, VERDICTS, "unknown_verdict", "verdict")


def _one_of(
    reader: Reader, attribute: syntax.Attribute | None, known: Collection[str], code: str, what: str
) -> Any:
    value = _typed(reader, attribute, str, '"…"')
    parts = () if value is None else value.split(TOGETHER)
    if any(part not in known for part in parts) and attribute is not None:
        detail = (
            reader.suggest_state(value, known)
            if what == "state"
            else reader.suggest(value, known) or f"The {what}s are {', '.join(known)}."
        )
        reader.report(code, f'There is no {what} "{value}"', detail, attribute.value.span)
        return None
    return value


def _moment(reader: Reader, attribute: syntax.Attribute | None, _states: States) -> Any:
    value = _typed(reader, attribute, str, '"2024-01-31T12:00:00Z"')
    if value is None or attribute is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        detail = 'Write it as in now = "2024-01-31T12:00:00Z".'
        reader.report("wrong_type", '"now" is not a time with a zone', detail, attribute.value.span)
        return None
    return moment.astimezone(UTC)


def _effects(reader: Reader, attribute: syntax.Attribute | None, _states: States) -> Any:
    value = _typed(reader, attribute, list, '["NAME", { worker = "http", … }]', shown=False)
    if value is None or attribute is None:
        return None
    for item in value:
        problem = _effect_problem(item)
        if problem and reader.is_sensitive(attribute.value):
            problem = "There is something among these that is no effect"
        if problem:
            detail = f"An effect is its name, or an object with any of {', '.join(EFFECT_MEMBERS)}."
            reader.report("wrong_type", problem, detail, attribute.value.span)
    return value


def _effect_problem(item: Any) -> str:
    if isinstance(item, str):
        return ""
    if not isinstance(item, Mapping):
        return f"This is not an effect: {show(item)}"
    unknown = [name for name in item if name not in EFFECT_MEMBERS]
    if unknown:
        return f'An effect has no "{unknown[0]}"'
    if item.get("kind", EffectKind.ACTION) not in tuple(EffectKind):
        return f"The kind of an effect is {' or '.join(EffectKind)}, not {show(item['kind'])}"
    return ""


_EXPECTED: Mapping[str, Callable[[Reader, syntax.Attribute | None, States], Any]] = {
    "verdict": _verdict,
    "state": _state,
    "status": _text,
    "context": _object,
    "effects": _effects,
}
