"""What expressions do with payloads and with what instances remember: fields that no payload has, values of no use."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from engine.diagnostics import Diagnostic, Severity
from engine.language import syntax
from engine.language.infer import Inferred, Missing, infer
from engine.language.suggest import did_you_mean
from engine.language.types import ANY, OBJECT, Fields, Type
from engine.machine.check_types import unwanted
from engine.machine.expression import Expression, Names
from engine.machine.reporting import settled
from engine.machine.scope_types import with_locals
from engine.sources.payload_types import payload_type

#: A source and an event type of it.
Kind = tuple[str, str]

_SHOWN = 8
#: How much of two names is the same if one is a slip of the pen: a letter of eight may differ.
_SLIP = 0.88
#: Of what else nothing more is known than when the expression was read.
_TOLD = frozenset(("event", "context", "local"))
#: Problems of single texts.
_OF_TEXTS = frozenset(("unknown_payload_value", "unknown_state"))


class ExpressionCheck:
    """Checks the expressions of one machine, each for all payloads that it may see."""

    __slots__ = ("_context", "_names", "_scopes", "_states", "_uses")

    def __init__(self, names: Names, context: Type, states: Mapping[str, Type]) -> None:
        """Take the names of a machine, what an instance of it remembers, and what is known of names that states give."""
        self._names = names
        self._context = context
        self._states = states
        self._scopes: dict[Kind | None, Mapping[str, Type]] = {}
        #: Of each local that an expression needs, for which deliveries it is evaluated; None among them: nobody knows.
        self._uses: dict[str, set[Kind | None]] = {}

    def check(self, expression: Expression, kinds: Sequence[Kind]) -> Iterator[Diagnostic]:
        """What is wrong with an expression, whichever of these deliveries comes.

        Without `kinds` nothing is known of the payload.
        """
        roots = {reference.root for reference in expression.references}
        for name in self._names.used_by([expression])[0] if "local" in roots else ():
            self._uses.setdefault(name, set()).update(kinds or (None,))
        sees = bool(roots & _TOLD) and (bool(kinds) or self._context is not OBJECT)
        named = bool(self._states) and bool(roots & {"local", *self._states})
        if not sees and not named:
            return
        found = self.inferred(expression, kinds)
        problems = []
        for one in found:
            told = list(one.problems)
            problem = None if told else unwanted(expression.attribute, expression.node, one.type)
            problems.append([*told, *([] if problem is None else [problem])])
        yield from _common(problems)
        yield from _common([list(one.doubts) for one in found])
        if kinds:
            yield from _missing_fields(list(zip(kinds, (one.missing for one in found), strict=True)))

    def used_for(self, local: Expression) -> set[Kind | None]:
        """For which deliveries a local is evaluated, by the expressions checked so far; None among them: for any."""
        found = (name for name, each in self._names.locals.items() if each is local)
        return {kind for name in found for kind in self._uses.get(name, ())}

    def inferred(self, expression: Expression, kinds: Sequence[Kind]) -> list[Inferred]:
        """What is found out about an expression, once for each delivery."""
        return [infer(expression.node, self._scope(kind)) for kind in kinds or (None,)]

    def _scope(self, kind: Kind | None) -> Mapping[str, Type]:
        if kind not in self._scopes:
            event = ANY if kind is None else payload_type(*kind)
            given = {**self._states, "event": event, "context": self._context}
            self._scopes[kind] = with_locals(self._names, given)
        return self._scopes[kind]


def check_local(
    users: Sequence[ExpressionCheck], local: Expression, kinds: Sequence[Kind]
) -> Iterator[Diagnostic]:
    """What is doubtful in a local, for each machine that may use it, after their own expressions were checked.

    A field has to be missing in all `kinds` of deliveries; what is compared is compared where the local is used.
    """
    needed = {kind for user in users for kind in user.used_for(local)} or {*kinds}
    used = [] if None in needed else sorted(kind for kind in needed if kind is not None)
    yield from _common([list(one.doubts) for user in users for one in user.inferred(local, used)])
    if kinds:
        found = users[0].inferred(local, kinds)
        yield from _missing_fields(list(zip(kinds, (one.missing for one in found), strict=True)))


def _common(problems: list[list[Diagnostic]]) -> Iterator[Diagnostic]:
    """The problems that there are for every payload."""
    places = [{_told(p) for p in each} for each in problems]
    return (p for p in problems[0] if all(_told(p) in place for place in places))


def _told(problem: Diagnostic) -> tuple[object, ...]:
    """What makes two problems one: of two texts in one place each may be a problem of its own."""
    return problem.code, problem.subject, problem.summary if problem.code in _OF_TEXTS else ""


def _missing_fields(found: list[tuple[Kind, Iterable[Missing]]]) -> Iterator[Diagnostic]:
    """A field that no payload has; where they end at different steps of a path, the last one is told."""
    by_place = [
        {missing.node.span.start: ((source, kind), missing) for missing in all_missing}
        for (source, kind), all_missing in found
    ]
    for place in by_place[0]:
        if all(place in each for each in by_place):
            (_, kind), missing = max(
                (each[place] for each in by_place), key=lambda pair: pair[1].node.span.end
            )
            if _is_suspicious(missing.name, missing.fields):
                yield _missing_field(missing, kind)


def _is_suspicious(name: str, fields: Fields) -> bool:
    """Where a sender adds fields freely, only what looks like a known one is."""
    return not fields.open or bool(did_you_mean(name, fields.known))


def _is_slip(name: str, fields: Fields) -> bool:
    """Whether hardly a letter is wrong, or two beside each other have changed places."""
    from difflib import get_close_matches

    if any(_is_swap(name, known) for known in fields.known):
        return True
    return bool(get_close_matches(name, fields.known, n=1, cutoff=_SLIP))


def _is_swap(name: str, known: str) -> bool:
    """Whether a name is another one with two neighbours exchanged: ``titel``."""
    if len(name) != len(known):
        return False
    differ = [at for at, (one, other) in enumerate(zip(name, known, strict=True)) if one != other]
    if len(differ) != 2:  # noqa: PLR2004 - a pair
        return False
    first, second = differ
    return second == first + 1 and (name[first], name[second]) == (known[second], known[first])


def _listed(fields: Fields) -> str:
    return ", ".join(sorted(fields.known)[:_SHOWN]) + (", …" if len(fields.known) > _SHOWN else "")


def _deeper(missing: Missing) -> str:
    """A sentence with the field of that name that an object right inside has, an empty one if not exactly one does."""
    inner = {name: missing.fields.field(name) for name in missing.fields.known}
    having = [
        name
        for name, found in inner.items()
        if found is not None and found.fields is not None and missing.name in found.fields.known
    ]
    return f"Did you mean {missing.path}.{having[0]}.{missing.name}?" if len(having) == 1 else ""


def _missing_field(missing: Missing, event_type: str) -> Diagnostic:
    name, fields = missing.name, missing.fields
    if isinstance(missing.node, syntax.Index) and name.isdigit():
        return Diagnostic(
            code="unknown_payload_field",
            summary=f'{missing.path} of a "{event_type}" delivery is one object: it has no element {name}',
            detail=f"Take a field of it: {_listed(fields)}.",
            subject=settled(missing.node.span),
            severity=Severity.WARNING,
        )
    advice = did_you_mean(name, fields.known)
    listed = _listed(fields)
    return Diagnostic(
        code="unknown_payload_field",
        summary=f'{missing.path} of a "{event_type}" delivery has no field "{name}"',
        detail=advice
        or f"{_deeper(missing) or f'It has {listed}.'} If it is new, keep it: this is a warning.",
        subject=settled(missing.node.span),
        # A near miss is a slip of the pen. What is far from everything may be newer than our table; and where the sender
        # adds fields freely, what is not very near to one may be another.
        severity=Severity.ERROR
        if advice and (not fields.open or _is_slip(name, fields))
        else Severity.WARNING,
    )
