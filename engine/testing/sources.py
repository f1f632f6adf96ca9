"""Deliveries of every source, signed and ready to be posted, and strategies of realistic ones."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from hypothesis import strategies as st

from engine.practice import senders
from engine.practice.github import SignedDelivery
from engine.sources.catalog import SOURCES
from engine.sources.examples import Interest, example_payload, overlaid
from engine.sources.recorded import Recorded

#: A time for what is made without one.
_NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
#: How many places of a payload get an unusual value at most; how many places are told apart, where definitions look and
#: elsewhere.
_MOST_ODD, _NEAR, _FARTHEST = 8, 48, 500


def signed_delivery(
    source: str,
    event_type: str,
    *,
    secret: str,
    changes: Mapping[str, Any] | None = None,
    payload: Any = None,
    entities: Sequence[str] = ("SOC-1",),
    delivery_id: str | None = None,
    now: datetime | None = None,
) -> SignedDelivery:
    """A delivery as the source sends it: headers and body, with the proof that it knows `secret`.

    The payload is an example whose texts name the `entities`, with `changes` in it (objects are merged), or exactly
    `payload` if that is given. It is sent now, under a new identifier, unless they are said. ValueError for an unknown
    source, and for a secret that cannot be one of that source.
    """
    _check(source)
    at = now if now is not None else datetime.now(UTC)
    body = payload if payload is not None else example_payload(source, event_type, entities, at)
    if changes is not None:
        body = overlaid(body, changes)
    identifier = delivery_id if delivery_id is not None else str(uuid4())
    return senders.signed_delivery(source, event_type, body, secret=secret, delivery_id=identifier, now=at)


def sign_again(
    recorded: Recorded, *, secret: str, delivery_id: str | None = None, now: datetime | None = None
) -> SignedDelivery:
    """A recorded delivery, to be sent again to a hook with that secret, under its own identifier unless one is said."""
    return signed_delivery(
        recorded.source,
        recorded.type,
        secret=secret,
        payload=recorded.payload,
        delivery_id=delivery_id or recorded.id or None,
        now=now,
    )


@st.composite
def payloads(
    draw: st.DrawFn, source: str, event_type: str, entities: Sequence[str] = ("SOC-1",)
) -> dict[str, Any]:
    """Payloads of that type: what definitions look at varies, its texts mostly name the entities, and some is missing."""
    _check(source)
    # A few places get an unusual value; to draw one for every place would take a thousand draws.
    odd = draw(_places(_FARTHEST), label="unusual values")
    looked_at = draw(_places(_NEAR), label="unusual values where definitions look")
    place, near = iter(range(2**31)), iter(range(2**31))

    def choose(values: Sequence[Any], interest: Interest) -> Any:
        match interest:
            case Interest.MUCH:
                at = draw(st.integers(0, len(values) - 1))
            case Interest.SOME:
                at = looked_at.get(next(near) % _NEAR, 0)
            case _:
                at = odd.get(next(place), 0)
        return values[at % len(values)]

    return example_payload(source, event_type, tuple(entities), _NOON, choose)


@st.composite
def signed_deliveries(
    draw: st.DrawFn, source: str, event_type: str, *, secret: str, entities: Sequence[str] = ("SOC-1",)
) -> SignedDelivery:
    """Deliveries of that type, each under an identifier of its own, signed at the time when they are drawn."""
    return signed_delivery(
        source,
        event_type,
        secret=secret,
        payload=draw(payloads(source, event_type, entities)),
        delivery_id=str(draw(st.uuids(version=4))),
    )


def _places(many: int) -> st.SearchStrategy[dict[int, int]]:
    return st.dictionaries(st.integers(0, many - 1), st.integers(1, 5), max_size=_MOST_ODD)


def _check(source: str) -> None:
    if source not in SOURCES:
        raise ValueError(f"no source is named {source!r}; the choices are {', '.join(SOURCES)}")
