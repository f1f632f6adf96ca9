"""One case of a statechart suite: an SCXML document is converted, and what happens in it is held against what should.

A case is a document and a JSON file beside it, with the states it begins in, and then events, each with the states that it
leads to. Time is made up: it stands still but where the case waits.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from engine.diagnostics import Severity
from engine.machine.compile import CompiledMachine, compile_definition
from engine.machine.read import read_definition
from engine.machine.step import step
from engine.machine.timers import next_due, timer_event
from engine.model import Entity, Event, Snapshot
from engine.scxml.convert import convert

_NOW = datetime(2024, 1, 1, tzinfo=UTC)
_ENTITY = Entity(project="p", id="P-1")
#: No machine knows it, and no pattern means it: what happens by itself happens all the same.
_ARRIVAL = "<arrival>"
_MOST_TIMERS = 100
_IN_THE_END = timedelta(minutes=1)


class Outcome(StrEnum):
    """What became of a case."""

    PASSED = "passed"
    FAILED = "failed"
    #: The converter says that the language cannot say it, and why.
    NOT_CONVERTIBLE = "not convertible"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One case, and what became of it."""

    name: str
    outcome: Outcome
    because: str = ""


@dataclass(slots=True)
class Instance:
    """One instance of a converted document, with its clock."""

    machine: CompiledMachine
    states: dict[str, str]
    at: Snapshot
    now: datetime = _NOW

    def active(self) -> set[str]:
        """The ids of the innermost states."""
        found = self.machine.configuration(self.at.state)
        assert found is not None
        return {self.states.get(name, name) for name in found.innermost}

    def send(self, name: str, data: Any = None, *, arrived: bool = False) -> None:
        """Decide about one event."""
        event = Event(name=name, entity=_ENTITY, receive="suite", payload=data)
        self.at = step(self.machine, self.at, event, self.now, arrived=arrived).snapshot

    def wait(self, length: timedelta) -> None:
        """Let time go by, and timers run out."""
        end = self.now + length
        for _ in range(_MOST_TIMERS):
            due = next_due(self.at)
            if due is None or due[0] > end:
                break
            self.now, name = due
            event = timer_event(_ENTITY, name, self.at.timers[name])
            self.at = step(self.machine, self.at, event, self.now).snapshot
        self.now = end


def begin(text: str, name: str) -> Instance | str:
    """An instance of the document, arrived in its first states; or why it cannot be converted."""
    done = convert(text, name)
    errors = [d for d in done.diagnostics if d.severity is Severity.ERROR]
    if errors or done.text is None:
        first = errors[0]
        line = "" if first.subject is None else f"line {first.subject.line}: "
        return line + first.summary
    result = read_definition(done.text, f"{name}.hcl")
    if result.definition is None:
        raise AssertionError(f"{name}: {result.diagnostics}")
    (provisioner,) = compile_definition(result.definition).values()
    names = {full: own for own, full in done.states.items()}
    instance = Instance(provisioner.machine, names, Snapshot(state=provisioner.machine.initial))
    instance.send(_ARRIVAL, arrived=True)
    return instance


def run_scripted(document: Path, script: Path) -> Result:
    """Run a case whose script says which states each event leads to."""
    name = f"{document.parent.name}/{document.stem}"
    instance = begin(document.read_text(encoding="utf-8"), name)
    if isinstance(instance, str):
        return Result(name=name, outcome=Outcome.NOT_CONVERTIBLE, because=instance)
    told = json.loads(script.read_text(encoding="utf-8"))
    expected: Sequence[tuple[str, Any]] = [("the start", told["initialConfiguration"])]
    for number, each in enumerate(told["events"], start=1):
        fault = _fault(instance, *expected[-1])
        if fault:
            return Result(name=name, outcome=Outcome.FAILED, because=fault)
        instance.wait(timedelta(milliseconds=each.get("after", 0)))
        instance.send(each["event"]["name"], each["event"].get("data"))
        expected = [(f"event {number}, {each['event']['name']}", each["nextConfiguration"])]
    fault = _fault(instance, *expected[-1])
    return Result(name=name, outcome=Outcome.FAILED if fault else Outcome.PASSED, because=fault)


def _fault(instance: Instance, after: str, wanted: list[str]) -> str:
    found = instance.active()
    if found == set(wanted):
        return ""
    return f"after {after}: it is in {', '.join(sorted(found))} instead of {', '.join(sorted(wanted))}"


def run_judging(document: Path) -> Result:
    """Run a case that goes to a state called ``pass`` by itself."""
    name = document.name.split(".")[0]
    instance = begin(document.read_text(encoding="utf-8"), name)
    if isinstance(instance, str):
        return Result(name=name, outcome=Outcome.NOT_CONVERTIBLE, because=instance)
    instance.wait(_IN_THE_END)
    found = instance.active()
    if found == {"pass"}:
        return Result(name=name, outcome=Outcome.PASSED)
    return Result(name=name, outcome=Outcome.FAILED, because=f"it is in {', '.join(sorted(found))}")
