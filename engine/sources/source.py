"""What a source is: how its deliveries are signed, named and read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.sources.signatures import Scheme

#: Longer than any source's name of an event or of a delivery; what is longer is not one.
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A sender of webhooks. Header names are lower case everywhere."""

    #: Its name in `receive` blocks and in URLs: ``github``.
    name: str
    #: How it signs.
    scheme: Scheme
    #: The header that says what happened.
    type_header: str
    #: The header that identifies the delivery; the same one is sent again on a redelivery.
    id_header: str
    #: Reads the payload; raises `engine.errors.MalformedBodyError`.
    payload_of: Callable[[Mapping[str, str], bytes], Any]

    def type_of(self, headers: Mapping[str, str]) -> str:
        """The source's name for what happened, empty if the delivery does not say it legibly."""
        return _name(headers.get(self.type_header))

    def delivery_id_of(self, headers: Mapping[str, str]) -> str:
        """The source's identifier of the delivery, empty if it has none."""
        return _name(headers.get(self.id_header))


def _name(value: str | None) -> str:
    """A header's value if it can be a name: it will be stored and shown, so it must be short and printable."""
    if value is None or len(value) > LONGEST_NAME or not value.isascii() or not value.isprintable():
        return ""
    return value.strip()
