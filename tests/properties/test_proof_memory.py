"""Proofs about what is remembered, raised and come through, against brute force that asks the step about everything.

Brute force knows nothing of atoms, of flows and of representatives: it puts every combination of some values into every
event, keeps the whole memory apart, and answers each question by its plain definition over the graph that it finds. What the
step itself does is held against a plain interpreter elsewhere (`test_chart_laws`).
"""

from collections import deque
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.decide.run_test import run_test
from engine.errors import EvaluationError
from engine.machine.arrival import arrival
from engine.machine.claims import Outcome, length
from engine.machine.compile import compile_definition
from engine.machine.definition import Definition
from engine.machine.moves import NOW
from engine.machine.properties import Claim, Property
from engine.machine.prove import prove
from engine.machine.read import read_definition
from engine.machine.step import step
from engine.machine.values import canonical
from engine.model import Entity, Event, Passage, Snapshot, Step, Verdict

GONE = object()
VALUES = (GONE, None, True, 1, 2, "a", "q", "z")
#: What guards ask; on a raised event `event` is what that one carries.
ATOMS = (
    "event.x == 1",
    'event.x == "a"',
    "event.x",
    "event.x == event.y",
    'event.y == "a"',
    "event.y == 1",
    "try(event.y, 0) == 2",
    "can(event.x)",
    'context.k == "a"',
    "context.k == 1",
    "try(context.k, null) == null",
    "context.k == event.x",
    "context.j == context.k",
    'context.j == "a"',
    "try(context.j, 0) == 2",
    'fired == "r"',
)
SETS = (
    "{ k = event.x }",
    "{ k = event.y }",
    "{ j = context.k }",
    "{ k = null }",
    '{ k = "a" }',
    "{ j = 2 }",
    "{ j = event.y, k = context.j }",
)
PAYLOADS = (
    "",
    "{ y = event.x }",
    "{ x = event.y, y = context.k }",
    '{ y = "a" }',
    "{ x = context.k, y = event.x }",
    "event",
    "{ y = try(event.x, 2) }",
)
#: What can come from outside.
EVENTS = ("e", "f")
STATES = ("a", "b", "p", "p.u.u0", "p.u.u1", "p.v.v0", "p.v.v1", "c")
TARGETS = ("a", "b", "p", "p.u.u1", "p.v.v1", "p.h", "c")


def _condition(draw: st.DrawFn) -> str:
    atoms = draw(st.lists(st.sampled_from(ATOMS), min_size=1, max_size=2))
    return draw(st.sampled_from([" && ", " || "])).join(atoms)


def _way(draw: st.DrawFn, head: str, targets: tuple[str, ...], *, guarded: bool) -> str:
    lines = [f"{head} {{"]
    leads = draw(st.integers(0, 3)) > 0
    if guarded or not leads or draw(st.integers(0, 2)):
        lines.append(f"when = {_condition(draw)}")
    if leads:
        lines.append(f'transition = "{draw(st.sampled_from(targets))}"')
    if draw(st.booleans()) or not leads:
        lines.append(f"set = {draw(st.sampled_from(SETS))}")
    if not draw(st.integers(0, 2)):
        payload = draw(st.sampled_from(PAYLOADS))
        lines.append(f'raise "r" {{\n{f"event = {payload}" if payload else ""}\n}}')
    return "\n".join([*lines, "}"])


def _state(draw: st.DrawFn, name: str, targets: tuple[str, ...]) -> str:
    ways = [
        _way(draw, f'on "{draw(st.sampled_from([*EVENTS, "r"]))}"', targets, guarded=False)
        for _ in range(draw(st.integers(0, 2)))
    ]
    if not draw(st.integers(0, 3)):
        ways.append(_way(draw, "always", targets, guarded=bool(draw(st.integers(0, 3)))))
    if not draw(st.integers(0, 4)):
        ways.append(f"on_enter {{\nset = {draw(st.sampled_from(SETS))}\n}}")
    return "\n".join([f'state "{name}" {{', *ways, "}"])


CONDITIONS = (
    'never = state == "b"',
    'never = contains(active, "p.u.u1")',
    'never = try(context.k, null) == "a"',
    'never = state == "c" && try(event.x, null) == 1',
    'never = previous == "a" && state == "b"',
    'always = try(context.j, 2) == 2 || state != "c"',
    "always = try(event.y, 0) != 2",
)


@st.composite
def sources(draw: st.DrawFn) -> str:
    parallel = draw(st.booleans())
    targets = TARGETS if parallel else ("a", "b", "c")
    regions = "\n".join(
        f'state "{r}" {{\ninitial = "{r}0"\n{_state(draw, f"{r}0", targets)}\n{_state(draw, f"{r}1", targets)}\n}}'
        for r in "uv"
    )
    blocks = [_state(draw, "a", targets), _state(draw, "b", targets)]
    if parallel:
        outer = _way(draw, 'on "f"', ("a", "b", "c"), guarded=False)
        blocks.append(f'parallel "p" {{\nhistory "h" {{ deep = true }}\n{outer}\n{regions}\n}}')
    blocks.append('state "c" {\nfinal = true\n}')
    names = st.sampled_from(STATES if parallel else ("a", "b", "c"))
    within = st.sampled_from(["", "\nwithin = 1", "\nwithin = 2"])
    conditions = [c for c in CONDITIONS if parallel or '"p.' not in c]
    claim = st.one_of(
        st.sampled_from(conditions),
        st.builds('reachable = "{}"{}'.format, names, within),
        st.builds('reachable = "{}"\nfrom = "{}"'.format, names, names),
        st.builds('eventually = ["{}", "{}"]{}'.format, names, names, within),
        st.builds('leads_to = ["{}", "{}"]\nfrom = "{}"{}'.format, names, names, names, within),
    )
    claims = draw(st.lists(claim, min_size=1, max_size=3))
    properties = "\n".join(f'property "p{i}" {{\n{c}\n}}' for i, c in enumerate(claims))
    machine = "\n".join(blocks)
    return f'provisioner "p" {{\nstatemachine "p" {{\ninitial = "a"\n{machine}\n}}\n{properties}\n}}\n'


@dataclass(frozen=True)
class Node:
    #: Canonical JSON of the snapshot.
    key: str
    snapshot: Snapshot = field(compare=False)
    active: frozenset[str] = field(compare=False)


@dataclass(frozen=True)
class Edge:
    before: Node
    event: Event
    made: Step
    after: Node
    #: Each configuration that it comes through.
    passed: tuple[frozenset[str], ...]
    #: It led nowhere.
    stayed: bool


class BruteForce:
    """Everything that a machine does with these values."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.provisioner = definition.provisioners["p"]
        self.machine = compile_definition(definition)["p"].machine
        self.entity = Entity(project="p", id="P-1")
        #: The places of guards that held, and of those that were looked at or passed over.
        self.held: set[str] = set()
        self.listed: set[str] = set()
        first = arrival(self.machine, "a", {}, self.entity, NOW)
        self.learn(first)
        self.arrived = first.passed
        if first.trace.verdict is Verdict.MOVED:
            self.arrived = (Passage(state="a", context={}), *first.passed)
        self.start = self.node(first.snapshot)
        self.edges: dict[Node, list[Edge]] = {}
        todo = [self.start]
        while todo:
            node = todo.pop()
            if node not in self.edges:
                self.edges[node] = list(self.leading(node))
                todo += [edge.after for edge in self.edges[node]]
                assert len(self.edges) < 3_000

    def learn(self, made: Step) -> None:
        for candidate in made.trace.candidates:
            self.listed.add(candidate.place)
            if candidate.taken or "guard held" in candidate.reason:
                self.held.add(candidate.place)

    def node(self, snapshot: Snapshot) -> Node:
        told = [snapshot.state, dict(snapshot.histories), dict(snapshot.context)]
        return Node(canonical(told), replace(snapshot, version=0), frozenset(self.active(snapshot.state)))

    def active(self, state: str) -> tuple[str, ...]:
        at = self.machine.configuration(state)
        assert at is not None
        return tuple(at.active)

    def leading(self, node: Node) -> Any:
        raised = any(self.provisioner.machine.raises())  # then it cannot come from outside
        for name, x, y in product(EVENTS if raised else (*EVENTS, "r"), VALUES, VALUES):
            payload = {n: v for n, v in (("x", x), ("y", y)) if v is not GONE}
            event = Event(name=name, entity=self.entity, payload=payload)
            made = step(self.machine, node.snapshot, event, NOW)
            self.learn(made)
            verdict = made.trace.verdict
            if verdict in (Verdict.MOVED, Verdict.STAYED):
                after = self.node(made.snapshot)
                passed = tuple(frozenset(self.active(p.state)) for p in made.passed)
                stayed = verdict is Verdict.STAYED and after == node
                yield Edge(node, event, made, after, passed, stayed)

    @cached_property
    def distances(self) -> dict[Node, int]:
        found = {self.start: 0}
        todo = deque([self.start])
        while todo:
            node = todo.popleft()
            for edge in self.edges[node]:
                if edge.after not in found:
                    found[edge.after] = found[node] + 1
                    todo.append(edge.after)
        return found

    def broken(self, claimed: Property) -> int | None:
        """In how many moves a condition is broken at the earliest."""
        passed = [(p.state, p.context) for p in self.arrived]
        here = (self.start.snapshot.state, self.start.snapshot.context)
        assert claimed.condition is not None
        looks = "event." in claimed.condition.text
        if not looks and any(self.breaks(claimed, None, None, *at) for at in (*passed, here)):
            return 0
        found = [
            self.distances[node] + 1
            for node, edges in self.edges.items()
            for edge in edges
            for state, context in (
                *((p.state, p.context) for p in edge.made.passed),
                (edge.after.snapshot.state, edge.after.snapshot.context),
            )
            if self.breaks(claimed, node, edge.event, state, context)
        ]
        return min(found, default=None)

    def breaks(
        self, claimed: Property, before: Node | None, event: Event | None, state: str, context: Any
    ) -> bool:
        assert claimed.condition is not None
        scope = self.provisioner.machine.names.scope(
            event=None if event is None else event.payload,
            state=state,
            active=self.active(state),
            previous=None if before is None else before.snapshot.state,
            context=context,
        )
        try:
            return claimed.condition.evaluate(scope) is not (claimed.claim is Claim.ALWAYS)
        except EvaluationError:
            return True

    def fails(self, claimed: Property) -> bool:
        wanted = set(claimed.states)
        good = {node for node in self.edges if node.active & wanted}
        some = claimed.claim is Claim.REACHABLE
        for _ in range(claimed.moves or len(self.edges) + 1):
            new = set(good)
            for node, edges in self.edges.items():
                each = [e.after in good or through(e.passed, wanted) for e in edges if not e.stayed]
                if any(each) if some else (each and all(each)):
                    new.add(node)
            if new == good:
                break
            good = new
        return any(node not in good for node in self.starting(claimed))

    def starting(self, claimed: Property) -> set[Node]:
        wanted, begins = set(claimed.states), set(claimed.starts)
        arrived = tuple(frozenset(self.active(p.state)) for p in self.arrived)
        if not begins:
            fine = through(arrived, wanted) and claimed.claim is not Claim.REACHABLE
            every = set(self.edges) if claimed.claim is Claim.REACHABLE else {self.start}
            return set() if fine else every
        found = {node for node in self.edges if node.active & begins}
        comings = [(self.start, arrived), *((e.after, e.passed) for es in self.edges.values() for e in es)]
        for after, passed in comings:
            started = False
            for active in passed:
                started = not active & wanted and (started or bool(active & begins))
            found |= {after} if started else set()
        return found


def through(passed: tuple[frozenset[str], ...], states: set[str]) -> bool:
    return any(active & states for active in passed)


@settings(max_examples=40, deadline=None)
@given(sources())
def test_what_is_remembered_and_raised_comes_out_as_by_brute_force(source: str) -> None:
    definition = read_definition(source, "memory.hcl").definition
    assume(definition is not None)  # always blocks that follow one another without end are refused
    assert definition is not None
    brute = BruteForce(definition)
    proof = prove(definition.provisioners["p"])
    assert not proof.open, (source, proof.open)
    for finding in proof.findings:
        claimed = finding.property
        if claimed.condition is not None:
            least = brute.broken(claimed)
            assert finding.outcome is (Outcome.HOLDS if least is None else Outcome.FAILS), (source, finding)
            assert least is None or length(finding) == least
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
    entered = {s for n in brute.edges for s in n.active}
    told = {
        p.subject.start
        for p in proof.diagnostics
        if p.code in ("guard_never_true", "transition_shadowed") and p.subject is not None
    }
    for transition in definition.provisioners["p"].machine.transitions:
        place = str(transition.span)
        if transition.guard is not None and place in brute.listed and transition.source in entered:
            assert (transition.guard.node.span.start in told) is (place not in brute.held), (source, place)
