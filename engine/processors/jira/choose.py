"""Which of the transitions that Jira offers leads to a status. Pure.

What Jira offers depends on the issue's status and on who asks, so it is asked each time and never kept. Names of
transitions are the workflow author's words ("Start work"); the status they lead to is what counts.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One transition that Jira offers now."""

    id: str
    name: str
    #: The status it leads to.
    to_name: str
    to_id: str
    #: The fields of its screen that need a value and have no default: id to the name that people see.
    required: tuple[tuple[str, str], ...] = ()

    def missing(self, given: Collection[str]) -> tuple[str, ...]:
        """The required fields that are not among the given ones, as people see them."""
        return tuple(
            f"{name} ({key})" if name != key else key for key, name in self.required if key not in given
        )


def read_offers(payload: Any) -> tuple[Offer, ...] | None:
    """The offers in Jira's answer; None if it is not one."""
    listed = payload.get("transitions") if isinstance(payload, dict) else None
    if not isinstance(listed, list):
        return None
    return tuple(_offer(item) for item in listed if isinstance(item, dict) and item.get("isAvailable", True))


def _offer(item: dict[str, Any]) -> Offer:
    target, fields = item.get("to"), item.get("fields")
    target = target if isinstance(target, dict) else {}
    fields = fields if isinstance(fields, dict) else {}
    return Offer(
        id=str(item.get("id", "")),
        name=str(item.get("name", "")),
        to_name=str(target.get("name", "")),
        to_id=str(target.get("id", "")),
        required=tuple(
            (key, str(meta.get("name", key)))
            for key, meta in fields.items()
            if isinstance(meta, dict) and meta.get("required") and not meta.get("hasDefaultValue")
        ),
    )


def same(one: str, other: str) -> bool:
    """Whether two names of statuses are the same to a reader."""
    return one.strip().casefold() == other.strip().casefold()


#: Which offers match, best rule first: the status by name, then by id. A transition's own name counts, as it did for
#: the predecessor, only where Jira does not say where the transition leads: "Done" may lead anywhere.
_RULES: tuple[Callable[[Offer, str], bool], ...] = (
    lambda offer, status: offer.to_name == status,
    lambda offer, status: same(offer.to_name, status),
    lambda offer, status: offer.to_id == status,
    lambda offer, status: not offer.to_name and offer.name == status,
    lambda offer, status: not offer.to_name and same(offer.name, status),
)


def choose(offers: Collection[Offer], status: str, given: Collection[str]) -> Offer | None:
    """The offer that leads to the status; None if none does.

    Of several, one that can go through with the given fields wins, and among those one that is named like the status.
    """
    for rule in _RULES:
        matching = [offer for offer in offers if offer.id and rule(offer, status)]
        if matching:
            return min(matching, key=lambda o: (bool(o.missing(given)), not same(o.name, status)))
    return None
