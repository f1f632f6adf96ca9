"""Decisions per second: the whole step, beside a bare trigger of the library below it, measured in the same run."""

from datetime import UTC, datetime
from time import perf_counter
from typing import Any

import transitions

from engine.machine.compile import compile_definition
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
    state "done" "next" { transition = "<end>" }
  }
}
"""
NOW = datetime(2024, 1, 31, tzinfo=UTC)
ROUNDS = 20_000
REPEATS = 5


def measure() -> list[dict[str, Any]]:
    """One row: decisions per second, with the ratio to the library's own."""
    ours, bare = [], []
    for _ in range(REPEATS):  # in turn, so that a busy moment of the machine meets both
        ours.append(_steps())
        bare.append(_triggers())
    value, reference = max(ours), max(bare)
    return [
        {
            "name": "decisions",
            "value": round(value),
            "unit": "1/s",
            "reference": "a trigger of a bare transitions machine, one guard",
            "reference_value": round(reference),
            "ratio": round(value / reference, 3),
        }
    ]


def _steps() -> float:
    definition = read_definition(SOURCE, "bench.hcl").definition
    assert definition is not None
    machine = compile_definition(definition)["soc"].machine
    at = Snapshot(state="to_do")
    event = Event(name="next", entity=Entity(project="soc", id="SOC-1"), payload={"action": "published"})
    assert step(machine, at, event, NOW).trace.verdict is Verdict.MOVED
    begin = perf_counter()
    for _ in range(ROUNDS):
        step(machine, at, event, NOW)
    return ROUNDS / (perf_counter() - begin)


class _Issue:
    """What a user of the library alone would write."""

    state: str

    def published(self, data: Any) -> bool:
        return bool(data.kwargs["action"] == "published")


def _triggers() -> float:
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
    begin = perf_counter()
    for _ in range(ROUNDS):
        issue.state = "to_do"
        trigger(issue, action="published")
    return ROUNDS / (perf_counter() - begin)


if __name__ == "__main__":
    for row in measure():
        print(row)
