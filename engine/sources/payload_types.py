"""Known payloads as types, so that what an expression does with a field is checked along with its name."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial

from engine.language.choices import Choices
from engine.language.types import ANY, OBJECT, Type, list_of, perhaps
from engine.sources.payload_choices import payload_choices, shape_choices
from engine.sources.payload_presence import always_in_payload, always_in_shape
from engine.sources.payload_scalars import scalar_type
from engine.sources.payloads import Field, found_field, is_known, payload_fields, shape_fields


class PayloadFields:
    """The fields of an object in a payload, as the tables of its source have them."""

    __slots__ = ("_choices", "_fields", "_shape", "_source", "always", "known", "open")

    def __init__(
        self,
        source: str,
        fields: Mapping[str, Field],
        choices: Callable[[str], Choices | None],
        always: frozenset[str],
        shape: str = "",
    ) -> None:
        """Take the fields from the source's tables; ``*`` and ``name_*`` stand for others.

        `choices` has the values of those that have a few only; `always` are those that no payload lacks; `shape` is what
        they are the fields of, where that is not the payload itself.
        """
        self._source = source
        self._fields = fields
        self._choices = choices
        self._shape = shape
        #: The names that are written out.
        self.known = tuple(name for name in fields if not name.endswith("*"))
        #: The sender adds fields freely.
        self.open = "*" in fields
        #: The names that no such object lacks.
        self.always = always

    def field(self, name: str) -> Type | None:
        """What a field can be; None if no payload has it."""
        found = found_field(self._fields, name)
        if found is None:
            return None
        if not found.shape:
            if name not in self._fields:
                return ANY
            return replace(perhaps(scalar_type(self._source, name, self._shape)), choices=self._choices(name))
        inner = _object(self._source, found.shape, name)
        return perhaps(list_of(inner) if found.many else inner)


def payload_type(source: str, event_type: str) -> Type:
    """What the payload of a known event type is."""
    choices = partial(payload_choices, source, event_type)
    fields = PayloadFields(
        source, payload_fields(source, event_type), choices, always_in_payload(source, event_type)
    )
    return Type(kinds=OBJECT.kinds, fields=fields)


def known_payload(source: str, event_type: str) -> Type | None:
    """The same; None for one of which nothing is known."""
    return payload_type(source, event_type) if is_known(source, event_type) else None


@cache
def _object(source: str, shape: str, field: str) -> Type:
    fields = shape_fields(source, shape)
    if set(fields) == {"*"}:
        return ANY  # what is not described need not be an object: a description may be a text
    choices = partial(shape_choices, source, shape)
    always = always_in_shape(source, shape, field)
    return Type(kinds=OBJECT.kinds, fields=PayloadFields(source, fields, choices, always, shape))
