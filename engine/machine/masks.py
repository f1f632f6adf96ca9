"""What is shown in place of sensitive values. Pure.

A mask is a text that stands in place of a whole value, or says the same for members of an object, by name. What is called
and remembered keeps its true value; whatever shows an effect, a snapshot or a decision's facts shows what these give.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from engine.machine.sensitive import token
from engine.model import Effect, Snapshot

#: What is shown in place of a variable's value.
HIDDEN = token(())


def masked(value: Any, mask: Any) -> Any:
    """The value as it may be shown; without a mask as it is."""
    if mask is None:
        return value
    if isinstance(mask, Mapping) and isinstance(value, Mapping):
        return {name: masked(item, mask.get(name)) for name, item in value.items()}
    return mask if isinstance(mask, str) else HIDDEN


def shown_effect(effect: Effect) -> Effect:
    """The effect with what may be shown of its arguments."""
    if not effect.masks and not effect.fallbacks:
        return effect
    arguments = masked(effect.arguments, effect.masks) if effect.masks else effect.arguments
    return replace(
        effect, arguments=arguments, fallbacks=tuple(map(shown_effect, effect.fallbacks)), masks={}
    )


def shown_context(snapshot: Snapshot) -> dict[str, Any]:
    """What may be shown of a snapshot's context."""
    return dict(masked(snapshot.context, context_masks(snapshot)))


def context_masks(snapshot: Snapshot) -> dict[str, str]:
    """What to show in place of sensitive members of a snapshot's context."""
    return _masks(snapshot.sensitive)


def _masks(sensitive: Mapping[str, Iterable[str]]) -> dict[str, str]:
    return {
        place.removeprefix("context."): token(origins)
        for place, origins in sensitive.items()
        if place.startswith("context.")
    }


def shown_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a decision with what may be shown of them."""
    shown = dict(facts)
    if "variables" in facts:
        hidden = facts.get("sensitive", ())
        shown["variables"] = {
            name: HIDDEN if name in hidden else value for name, value in facts["variables"].items()
        }
    for place in ("snapshot", "restored"):
        found = facts.get(place)
        if found is not None:
            shown[place] = shown_memory(found)
    return shown


def shown_memory(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """A stored snapshot, or the place that one says, as it may be shown."""
    sensitive = snapshot.get("sensitive", {})
    shown = {**snapshot, "context": masked(snapshot["context"], _masks(sensitive))}
    if "event" in sensitive and "raised" in snapshot:
        shown["raised"] = dict.fromkeys(snapshot["raised"], token(sensitive["event"]))
    return shown
