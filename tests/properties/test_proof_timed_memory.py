"""Proofs where timers, delayed events and memory meet, against brute force that asks the step on a grid of moments.

What the step does is held against plain interpreters elsewhere; what follows from it is answered here by the same plain
definitions as for machines of timers alone (`tests.properties.test_proof_times`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import product
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.decide.run_test import run_test
from engine.machine.arrival import arrive
from engine.machine.claims import Outcome, length
from engine.machine.compile import compile_definition
from engine.machine.definition import Definition
from engine.machine.moves import NOW
from engine.machine.prove import prove
from engine.machine.read import read_definition
from engine.machine.step import step
from engine.machine.timers import timer_event
from engine.machine.values import canonical, timestamp
from engine.model import Entity, Event, Snapshot, Verdict
from tests.properties import test_proof_times as times

GONE = object()
VALUES = (GONE, None, True, 1, 2, "1", "a", "q")
#: What guards ask of what comes in; on a raised event that is what it carries.
ASKED = ("event.x == 1", "can(event.x)", 'event.x == "a"', "context.k == event.x", "event.x != context.k")
REMEMBERED = ("context.k == 1", "try(context.k, null) == null", 'context.k != "a"')
SETS = ("{ k = event.x }", "{ k = null }", '{ k = "a" }', "{ k = 1 }")
STATES = ("s0", "s1", "s2")
#: How much of an hour passes at once: two orders of three timers and the moments between always show.
PART = timedelta(hours=1) / times.PARTS


def _reaction(draw: st.DrawFn, atoms: tuple[str, ...], sets: tuple[str, ...], *, raises: bool) -> list[str]:
    lines = []
    if draw(st.booleans()):
        lines.append(f"when = {draw(st.sampled_from(atoms))}")
    leads = draw(st.integers(0, 3)) > 0
    if leads:
        lines.append(f'transition = "{draw(st.sampled_from(STATES))}"')
    if not leads or draw(st.booleans()):
        lines.append(f"set = {draw(st.sampled_from(sets))}")
    what = draw(st.integers(0, 5)) if raises else 5
    if what < 2:
        carried = draw(st.sampled_from(["", "event = { x = event.x }\n", "event = { x = context.k }\n"]))
        lines.append(f'raise "r" {{\ndelay = "{what + 1}h"\n{carried}}}')
    elif what == 2:
        lines.append('cancel "r" {}')
    return lines


@st.composite
def sources(draw: st.DrawFn) -> str:
    blocks = []
    for state in STATES:
        lines = [f'state "{state}" {{']
        for event in ("e", "r"):
            if draw(st.booleans()):
                every = (*ASKED, *REMEMBERED)
                lines += [f'on "{event}" {{', *_reaction(draw, every, SETS, raises=event == "e"), "}"]
        if draw(st.booleans()):
            hours = draw(st.integers(1, 2))
            lines += ["after {", f'delay = "{hours}h"']
            lines += [*_reaction(draw, REMEMBERED, SETS[1:], raises=False), "}"]
        blocks.append("\n".join([*lines, "}"]))
    names = st.sampled_from(STATES)
    within = st.sampled_from(["", "\nwithin = 1", "\nwithin = 2"])
    claim = st.one_of(
        st.builds(
            'never = state == "{}" && try(context.k, 0) == {}'.format,
            names,
            st.sampled_from(["1", '"a"', "0"]),
        ),
        st.builds('reachable = "{}"{}'.format, names, within),
        st.builds('eventually = "{}"{}'.format, names, within),
        st.builds('leads_to = "{}"\nfrom = "{}"{}'.format, names, names, within),
    )
    claims = draw(st.lists(claim, min_size=1, max_size=3))
    properties = "\n".join(f'property "p{i}" {{\n{c}\n}}' for i, c in enumerate(claims))
    machine = "\n".join(blocks)
    if "raise" not in machine:  # what nobody sends cannot be cancelled
        machine = machine.replace('cancel "r" {}', "")
    return f'provisioner "p" {{\nstatemachine "p" {{\ninitial = "s0"\n{machine}\n}}\n{properties}\n}}\n'


@dataclass(frozen=True)
class Node(times.Node):
    #: What is remembered, and what raised events carry, as canonical JSON.
    memory: str = ""


class BruteForce(times.BruteForce):
    """Everything that a machine does with these values at these moments."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.machine = compile_definition(definition)["p"].machine
        self.entity = Entity(project="p", id="P-1")
        raised = any(definition.provisioners["p"].machine.raises())  # then it cannot come from outside
        self.coming = ("e",) if raised else ("e", "r")
        self.snapshots: dict[times.Node, Snapshot] = {}
        self.start = self.node(arrive(self.machine, "s0", {}, self.entity, NOW))
        self.moves = {}
        self.later = {}
        todo: list[times.Node] = [self.start]
        while todo:
            node = todo.pop()
            if node not in self.moves:
                assume(len(self.moves) < 1_500)
                self.moves[node] = set()
                self.later[node] = self.waits(node)
                for moved, after in self.decisions(node):
                    if moved:
                        self.moves[node].add(after)
                    else:  # a timer ran out in vain: no move, and no time either, but what was waited for
                        self.later[node] = after
                todo += [*self.moves[node], *filter(None, [self.later[node]])]

    def node(self, snapshot: Snapshot) -> Node:
        left = tuple(
            (name, int((datetime.fromisoformat(due) - NOW) / PART)) for name, due in snapshot.timers.items()
        )
        memory = canonical([dict(snapshot.context), dict(snapshot.raised)])
        found = Node((snapshot.state,), left, memory)
        self.snapshots.setdefault(found, replace(snapshot, version=0, hurried=0))
        return found

    def waits(self, node: times.Node) -> times.Node | None:  # type: ignore[override]
        if any(not left for _, left in node.timers):
            return None
        snapshot = self.snapshots[node]
        timers = {name: timestamp(NOW + (left - 1) * PART) for name, left in node.timers}
        return self.node(replace(snapshot, timers=timers))

    def decisions(self, node: times.Node) -> Iterator[tuple[bool, Node]]:
        """What every event comes to, and the timer that is due: whether it is a move, and where it leads."""
        snapshot = self.snapshots[node]
        for name, value in product(self.coming, VALUES):
            payload = {} if value is GONE else {"x": value}
            made = step(self.machine, snapshot, Event(name=name, entity=self.entity, payload=payload), NOW)
            if made.trace.verdict in (Verdict.MOVED, Verdict.STAYED):
                after = self.node(made.snapshot)
                if made.trace.verdict is Verdict.MOVED or after != node:
                    yield True, after
        due = next((name for name, left in node.timers if not left), None)
        if due is not None:
            made = step(self.machine, snapshot, timer_event(self.entity, due, snapshot.timers[due]), NOW)
            yield made.trace.verdict in (Verdict.MOVED, Verdict.STAYED), self.node(made.snapshot)

    def names(self, node: times.Node) -> set[str]:
        return set(node.at)

    def breaks(self, condition: Any, node: times.Node) -> bool:
        snapshot = self.snapshots[node]
        scope = self.machine.definition.names.scope(state=snapshot.state, context=snapshot.context)
        return condition.evaluate(scope) is True


@settings(max_examples=60, deadline=None)
@given(sources())
def test_timers_raised_events_and_memory_come_out_as_by_brute_force(source: str) -> None:
    definition = read_definition(source, "timed.hcl").definition
    assert definition is not None, source
    brute = BruteForce(definition)
    proof = prove(definition.provisioners["p"])
    assert not proof.open, (source, proof.open)
    for finding in proof.findings:
        claimed = finding.property
        if claimed.condition is not None:
            ways = [moves for node, moves in brute.distances.items() if brute.breaks(claimed.condition, node)]
            assert finding.outcome is (Outcome.FAILS if ways else Outcome.HOLDS), (source, finding.because)
            assert not ways or length(finding) == min(ways), source
        else:
            expected = Outcome.FAILS if brute.fails(claimed) else Outcome.HOLDS
            assert finding.outcome is expected, (source, claimed, finding.because)
    for problem in proof.diagnostics:
        if problem.code == "property_fails":
            block = problem.story.partition("\ntest ")[2]
            assert block, (source, problem.story)
            pasted = source.rstrip().removesuffix("}") + f"test {block}\n}}\n"
            again = read_definition(pasted, "pasted.hcl").definition
            assert again is not None, pasted
            [test] = again.provisioners["p"].tests
            assert run_test(compile_definition(again)["p"], test).passed, (source, problem.story)
