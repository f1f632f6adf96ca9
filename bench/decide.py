"""Decisions: the parts and the whole of a step beside a bare trigger of the library below it, in CPU time of the same run."""

import gc
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from time import process_time
from typing import Any

import transitions

from bench.peers import CYCLE, peers
from engine.errors import EvaluationError
from engine.machine.compile import Carrier, CompiledMachine, compile_definition
from engine.machine.definition import Definition, Transition
from engine.machine.dispatch import Dispatch
from engine.machine.prove import prove
from engine.machine.read import read_definition
from engine.machine.step import step
from engine.model import Entity, Event, Snapshot, Verdict

SOURCE = """
provisioner "soc" {
  aliasmapper "soc" {
    aliases = { to_do: "To Do", in_progress: "In Progress", done: "Done" }
  }
  statemachine "soc" {
    initial = "to_do"
    state "to_do" "next" {
      when       = event.action == "published"
      transition = "in_progress"
    }
    state "in_progress" "next" { transition = "done" }
    state "done" "next" { transition = "to_do" }
  }
}
"""
NOW = datetime(2024, 1, 31, tzinfo=UTC)
ENTITY = Entity(project="soc", id="SOC-1")
NEXT = Event(name="next", entity=ENTITY, payload={"action": "published"})
ROUNDS = 10_000
REPEATS = 7
ENTITIES = 20_000


def measure() -> list[dict[str, Any]]:
    """What a decision costs, and what it costs others."""
    machine = _machine(SOURCE)
    us = _fastest(
        {
            "bare": _bare(),
            "trigger": _trigger(machine),
            "choice": _choice(machine),
            "step": _steps(machine),
            "look-up": _look_up(machine),
            "5 states": _long_way(5),
            "500 states": _long_way(500),
            "cycle": _cycle(machine),
        }
    )
    bare = us["bare"]
    reference = "a guarded trigger of a bare transitions machine"
    return [
        _row("decision, by the library's own trigger", us["trigger"], reference, bare, most=1.3),
        _row("decision, chosen as the step does", us["choice"], reference, bare, most=1.3),
        _row("step, with trace and effects", us["step"], reference, bare),
        {
            "name": "look-up with one comparison, trace off",
            "value": round(us["look-up"], 2),
            "unit": "us of CPU",
            "most": 1.5,
        },
        _row("step among 500 states", us["500 states"], "among 5 states", us["5 states"], most=1.1),
        _checked(),
        _remembered(machine),
        *peers(us["cycle"]),
    ]


def _row(name: str, value: float, reference: str, other: float, most: float | None = None) -> dict[str, Any]:
    """One figure beside another; `most` is what the ratio is to be."""
    row = {
        "name": name,
        "value": round(value, 2),
        "unit": "us of CPU",
        "reference": reference,
        "reference_value": round(other, 2),
        "ratio": round(value / other, 3),
    }
    return row if most is None else {**row, "most": most}


def _fastest(runs: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Microseconds of CPU for one call of each: the best of several turns, so that a busy moment meets all of them."""
    best = dict.fromkeys(runs, float("inf"))
    gc.disable()
    try:
        for _ in range(REPEATS):
            for name, run in runs.items():
                rounds = range(ROUNDS)
                begin = process_time()
                for _ in rounds:
                    run()
                best[name] = min(best[name], (process_time() - begin) / ROUNDS * 1e6)
            gc.collect()
    finally:
        gc.enable()
    return best


def _definition(source: str) -> Definition:
    definition = read_definition(source, "bench.hcl").definition
    assert definition is not None
    return definition


def _machine(source: str) -> CompiledMachine:
    return compile_definition(_definition(source))["soc"].machine


class _Issue:
    """What a user of the library alone would write."""

    state: str

    def published(self, data: Any) -> bool:
        return bool(data.kwargs["action"] == "published")


def _bare() -> Callable[[], object]:
    issue = _Issue()
    machine = transitions.Machine(
        model=issue,
        states=["to_do", "in_progress", "done"],
        initial="to_do",
        auto_transitions=False,
        send_event=True,
    )
    machine.add_transition("next", "to_do", "in_progress", conditions=[issue.published])
    machine.add_transition("next", "in_progress", "done")
    trigger = machine.events["next"].trigger

    def run() -> None:
        issue.state = "to_do"
        trigger(issue, action="published")

    return run


def _judge(machine: CompiledMachine) -> Callable[[Transition], bool]:
    """Asks the guards about the event, as the step does, and tells nobody why."""
    scope = machine.definition.names.scope(event=NEXT.payload)

    def judge(transition: Transition) -> bool:
        try:
            return transition.guard is None or transition.guard.evaluate(scope) is True
        except EvaluationError:
            return False

    return judge


def _trigger(machine: CompiledMachine) -> Callable[[], object]:
    event = machine.library.events["on next"]
    return lambda: event.trigger(Carrier(_judge(machine), "to_do"))


def _choice(machine: CompiledMachine) -> Callable[[], object]:
    def run() -> object:
        at = machine.configuration("to_do")
        assert at is not None
        return machine.move(at, machine.choose(at, "next", _judge(machine)), {})

    return run


def _steps(machine: CompiledMachine) -> Callable[[], object]:
    at = Snapshot(state="to_do")
    assert step(machine, at, NEXT, NOW).trace.verdict is Verdict.MOVED
    return lambda: step(machine, at, NEXT, NOW)


def _look_up(machine: CompiledMachine) -> Callable[[], object]:
    table, names = Dispatch(machine), machine.definition.names
    context: dict[str, Any] = {}

    def run() -> object:
        return table.choose("to_do", "next", names.scope(event=NEXT.payload, state="to_do", context=context))

    assert run() is machine.definition.transitions[0]
    return run


def _long_way(count: int) -> Callable[[], object]:
    """A step in the middle of a machine of so many states, each with a guarded way on and a way back."""
    machine = _machine(_chain(count))
    at = Snapshot(state=f"s{count // 2}")
    assert step(machine, at, NEXT, NOW).trace.verdict is Verdict.MOVED
    return lambda: step(machine, at, NEXT, NOW)


def _chain(count: int, properties: str = "") -> str:
    blocks = "\n".join(
        f'state "s{i}" {{\n'
        f'on "next" {{\nwhen = event.action == "published"\ntransition = "s{i + 1}"\n}}\n'
        f'on "back" {{ transition = "s{max(i - 1, 0)}" }}\n}}'
        for i in range(count - 1)
    )
    return (
        f'provisioner "soc" {{\nstatemachine "soc" {{\ninitial = "s0"\n{blocks}\n'
        f'state "s{count - 1}" {{ final = true }}\n}}\n{properties}\n}}\n'
    )


PROPERTIES = """
property "1" { never = state == "s49" && previous != "s48" }
property "2" { always = try(event.action, "published") == "published" || state != "s49" }
property "3" { reachable = "s49" }
property "4" { never = previous == "s49" }
property "5" {
  reachable = "s0"
  from      = ["s1", "s48"]
}
"""


def _checked() -> dict[str, Any]:
    """Everything that `interlock check` does with a machine of 50 states and 5 properties, reading included."""
    begin = process_time()
    definition = _definition(_chain(50, PROPERTIES))
    proof = prove(definition.provisioners["soc"])
    seconds = process_time() - begin
    assert not proof.open
    assert [finding.outcome.value for finding in proof.findings] == ["holds"] * 5
    return {
        "name": "check of 50 states and 5 properties",
        "value": round(seconds, 3),
        "unit": "s of CPU",
        "most": 2,
    }


def _remembered(machine: CompiledMachine) -> dict[str, Any]:
    """What the engine keeps of entities that it has decided about and that now are idle: their snapshots are in the store."""
    entities = [Entity(project="soc", id=f"SOC-{n}") for n in range(ENTITIES)]
    at = Snapshot(state="to_do")
    tracemalloc.start()
    seen = []
    for some in (entities[:1000], entities):  # the first ones fill caches that are the machine's, not theirs
        for entity in some:
            step(machine, at, Event(name="next", entity=entity, payload=NEXT.payload), NOW)
        gc.collect()
        seen.append(tracemalloc.get_traced_memory()[0])
    grown = seen[1] - seen[0]
    tracemalloc.stop()
    return {
        "name": "memory for each idle entity",
        "value": round(grown / ENTITIES, 2),
        "unit": "bytes",
        "most": 1,
    }


def _cycle(machine: CompiledMachine) -> Callable[[], object]:
    """A decision in turn from each of the three states, as the peers make it."""
    at = [Snapshot(state=state) for state in CYCLE]
    count = 0

    def run() -> object:
        nonlocal count
        count += 1
        return step(machine, at[count % 3], NEXT, NOW)

    return run


if __name__ == "__main__":
    for row in measure():
        print(row)
