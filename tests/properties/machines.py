"""Generated machines: as a plain model, and as the text of a definition that says the same."""

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from engine.machine.compile import CompiledMachine, compile_definition
from engine.machine.read import read_definition
from engine.machine.values import composed
from engine.model import END, is_own_event


def says(value: Any, *, truth: bool) -> bool:
    """Whether a value is true, or false, or spells it."""
    return value is truth or (
        isinstance(value, str) and value in ("true" if truth else "false", str(int(truth)))
    )


def says_true(value: Any) -> bool:
    """Whether a guard of that value holds."""
    return says(value, truth=True)


#: Guards, by the text of the definition and what they come to for a payload: a truth value, or no usable value.
GUARDS: dict[str, Any] = {
    "": lambda _: True,
    "event.x": lambda payload: says_true(payload.get("x")),
    "!event.x": lambda payload: says(payload.get("x"), truth=False),
    "event.y == 1": lambda payload: "y" in payload and payload["y"] == 1,
    "local.both": lambda payload: says_true(payload.get("x")) and payload.get("y") == 1,
    "event.nowhere.at.all": lambda _: False,
    '"os.${state}"': lambda _: False,
}

_characters = st.characters(exclude_categories=("C", "Z"), exclude_characters="*=<>")
names = (
    st.text(_characters, min_size=1, max_size=12).map(composed).filter(lambda name: not is_own_event(name))
) | st.sampled_from(
    ["state", "to_a", "trigger", "events", "a b", "${x}", "%{if}", 'quo"te', "back\\slash", "on a"]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A machine as dictionaries."""

    initial: str
    #: State name to status name; None = internal.
    states: dict[str, str | None]
    finals: frozenset[str]
    #: State or "*", event -> candidates: guard and target, in order.
    table: dict[tuple[str, str], list[tuple[str, str]]]

    def decide(self, state: str, event: str, payload: Any) -> str | None:
        """The target, or None if nothing may be taken."""
        if state in self.finals:
            return None
        for source in (state, "*"):
            for guard, target in self.table.get((source, event), []):
                if GUARDS[guard](payload):
                    return target
        return None

    def source(self) -> str:
        """The definition that says the same."""
        aliases = "\n".join(f"{quoted(s)} = {quoted(a)}" for s, a in self.states.items() if a is not None)
        blocks = "\n".join(self._block(name) for name in (*self.states, "*"))
        return (
            "locals {\n  both = event.x && event.y == 1\n}\n"
            f'provisioner "p" {{\naliasmapper "p" {{\naliases = {{\n{aliases}\n}}\n}}\n'
            f'statemachine "p" {{\ninitial = {quoted(self.initial)}\n{blocks}\n}}\n}}\n'
        )

    def _block(self, state: str) -> str:
        lines = [f"state {quoted(state)} {{"]
        if state in self.finals:
            lines.append("final = true")
        if self.states.get(state, "") is None:
            lines.append("alias = null")
        for (source, event), candidates in self.table.items():
            if source == state:
                for guard, target in candidates:
                    when = f"when = {guard}\n" if guard else ""
                    lines.append(f"on {quoted(event)} {{\n{when}transition = {quoted(target)}\n}}")
        return "\n".join([*lines, "}"])

    def compiled(self) -> CompiledMachine:
        """The engine's machine for it."""
        result = read_definition(self.source(), "generated.hcl")
        assert result.definition is not None, result.diagnostics
        return compile_definition(result.definition)["p"].machine


def quoted(text: str) -> str:
    """A text as HCL writes it."""
    return json.dumps(text, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


@st.composite
def models(draw: st.DrawFn) -> Model:
    states = draw(st.lists(names, min_size=1, max_size=5, unique=True))
    events = draw(st.lists(names, min_size=1, max_size=3, unique=True))
    statuses = draw(st.lists(names, min_size=len(states), max_size=len(states), unique_by=str.casefold))
    internal = draw(st.sets(st.sampled_from(states)))
    finals = draw(st.sets(st.sampled_from(states), max_size=2))
    table: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for source in (*states, "*"):
        if source in finals:
            continue
        for event in events:
            guards = draw(st.lists(st.sampled_from([g for g in GUARDS if g]), max_size=2))
            guards += [""] if draw(st.booleans()) else []
            if guards:
                targets = st.sampled_from([*states, END])
                table[source, event] = [(guard, draw(targets)) for guard in guards]
    return Model(
        initial=draw(st.sampled_from(states)),
        states={s: None if s in internal else a for s, a in zip(states, statuses, strict=True)},
        finals=frozenset(finals),
        table=table,
    )


payloads = st.fixed_dictionaries(
    {},
    optional={"x": st.sampled_from([True, False, None, "true", 1]), "y": st.sampled_from([1, 2, None, "1"])},
)
