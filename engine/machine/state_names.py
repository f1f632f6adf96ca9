"""What `state`, `previous` and `active` can be: the names of a machine's states, as types of what expressions use."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from engine.language.choices import Choices
from engine.language.types import Type, list_of
from engine.machine.check_types import FIXED
from engine.machine.definition import TOGETHER
from engine.model import END


def state_types(states: Collection[str], histories: Collection[str] = ()) -> Mapping[str, Type]:
    """The types of the names of a scope that are made of states'; without any state nothing more is known of them."""
    if not states:
        return {}
    choices = Choices(
        known=tuple(states),
        others=frozenset((*histories, END)),
        joint=TOGETHER,
        code="unknown_state",
        summary="No state is called {}",
        advice="The states are {}.",
    )
    named = {name: _known(FIXED[name], choices) for name in ("state", "previous")}
    return {**named, "active": list_of(_known(FIXED["active"].element(), choices))}


def _known(found: Type, choices: Choices) -> Type:
    return replace(found, choices=choices)
