"""Proofs about what is counted without end, against brute force that counts as far as it takes.

Brute force knows nothing of values that cannot be told apart: it follows every move that the step makes, and stops only
where all that guards and claims hold counters against lies far behind.
"""

from collections import deque
from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.decide.run_test import run_test
from engine.diagnostics import Diagnostic
from engine.errors import EvaluationError
from engine.machine.claims import Outcome, length
from engine.machine.compile import compile_definition
from engine.machine.definition import Definition
from engine.machine.moves import NOW
from engine.machine.properties import Claim, Property
from engine.machine.prove import prove
from engine.machine.read import read_definition
from engine.machine.step import step
from engine.machine.values import canonical
from engine.model import Entity, Event, Snapshot, Verdict

EVENTS = ("e", "f", "g")
STATES = ("a", "b", "c")
#: So many moves brute force makes; no counter is held against more than 3.
DEEPEST = 11
UP = (
    "n = try(context.n, 0) + 1",
    "n = 2 + try(context.n, 0)",
    "n = context.n + 1",
    "n = 0",
    "n = 2",
    "n = null",
    'n = "2"',
)
DOWN = ("m = try(context.m, 3) - 1", "m = context.m - 2", "m = 3", "m = null")
#: What nobody asks for, made of what may not be there.
MADE = (
    "made = context.n > 1",
    "made = context.m + 1",
    'made = "${context.k}"',
    "made = context.n == 2 ? 1 : context.m",
)
OTHERS = ("k = context.n", "k = context.n * 2", "k = context.m == 1", "k = 1", "n = context.k")
GUARDS = (
    "context.n > 1",
    "try(context.n, 0) < 3",
    "try(context.n, 0) == 2",
    "context.n != 1",
    "can(context.n)",
    "context.m < 0",
    "try(context.m, 3) >= 1",
    "try(context.m, 0) == -1",
    "context.k == 2",
    "context.n > context.m",
    'context.n == "2"',
)
CLAIMS = (
    "always = try(context.n, 0) < 3",
    'never = state == "c" && try(context.n, 0) == 2',
    'never = state == "c" && try(context.m, 0) < -1',
    'always = state != "c" || can(context.n)',
    'never = previous == "b" && try(context.n > 2, false)',
    "never = try(context.k, 0) == 2",
    'never = state == "b" && try(context.n, 0) == 0',
    'reachable = "c"',
    'reachable = "a"\nfrom = "b"',
)


@st.composite
def sources(draw: st.DrawFn) -> str:
    sets = draw(st.lists(st.sampled_from((*UP, *DOWN)), min_size=2, max_size=4, unique=True))
    sets += draw(st.lists(st.sampled_from(OTHERS), max_size=1))
    sets += draw(st.lists(st.sampled_from(MADE), max_size=1))
    guards = draw(st.lists(st.sampled_from(GUARDS), min_size=1, max_size=3, unique=True))
    blocks = []
    for state in STATES:
        blocks.append(f'state "{state}" {{')
        for event in EVENTS:
            if draw(st.integers(0, 3)):
                lines = [f"set = {{ {draw(st.sampled_from(sets))} }}"] if draw(st.integers(0, 2)) else []
                target = draw(st.sampled_from((*STATES, "")))
                lines += [f'transition = "{target}"'] if target or not lines else []
                lines += [f"when = {draw(st.sampled_from(guards))}"] if draw(st.booleans()) else []
                blocks += [f'on "{event}" {{', *(line for line in lines if line != 'transition = ""'), "}"]
        blocks.append("}")
    claims = draw(st.lists(st.sampled_from(CLAIMS), min_size=1, max_size=3, unique=True))
    properties = "\n".join(f'property "p{i}" {{\n{claim}\n}}' for i, claim in enumerate(claims))
    body = "\n".join(blocks)
    return f'provisioner "p" {{\nstatemachine "p" {{\ninitial = "a"\n{body}\n}}\n{properties}\n}}\n'


class BruteForce:
    """All that a machine does in so many moves."""

    def __init__(self, definition: Definition) -> None:
        self.names = definition.provisioners["p"].machine.names
        machine = compile_definition(definition)["p"].machine
        entity = Entity(project="p", id="P-1")
        start = Snapshot(state="a")
        self.at = {key_of(start): start}
        self.depth = {key_of(start): 0}
        self.edges: dict[str, list[str]] = {}
        #: The places of the transitions that were taken.
        self.taken: set[str] = set()
        todo = deque(self.at)
        while todo:
            key = todo.popleft()
            if self.depth[key] == DEEPEST:
                continue
            self.edges[key] = []
            for name in EVENTS:
                made = step(machine, self.at[key], Event(name=name, entity=entity, payload={}), NOW)
                if made.trace.verdict not in (Verdict.MOVED, Verdict.STAYED):
                    continue
                self.taken.update(c.place for c in made.trace.candidates if c.taken)
                after = replace(made.snapshot, version=0)
                self.edges[key].append(key_of(after))
                if key_of(after) not in self.at:
                    self.at[key_of(after)], self.depth[key_of(after)] = after, self.depth[key] + 1
                    todo.append(key_of(after))

    def broken(self, claimed: Property) -> int | None:
        """In how many moves a condition is broken at the earliest, 0 for the start."""
        found = [0] if self._breaks(claimed, None, next(iter(self.at.values()))) else []
        found += [
            self.depth[key] + 1
            for key, leading in self.edges.items()
            for after in leading
            if self._breaks(claimed, self.at[key], self.at[after])
        ]
        return min(found, default=None)

    def _breaks(self, claimed: Property, before: Snapshot | None, after: Snapshot) -> bool:
        assert claimed.condition is not None
        previous = None if before is None else before.state
        scope = self.names.scope(event={}, state=after.state, previous=previous, context=after.context)
        try:
            return claimed.condition.evaluate(scope) is not (claimed.claim is Claim.ALWAYS)
        except EvaluationError:
            return True

    def stranded(self, claimed: Property, within: int) -> bool:
        """Whether from somewhere, after so few moves, all the moves that are left lead nowhere."""
        good = {key for key, at in self.at.items() if at.state in claimed.states}
        while new := {k for k, leading in self.edges.items() if k not in good and good & set(leading)}:
            good |= new
        starts = claimed.starts or STATES
        return any(
            at.state in starts and self.depth[key] <= within for key, at in self.at.items() if key not in good
        )


def key_of(snapshot: Snapshot) -> str:
    return canonical([snapshot.state, dict(snapshot.context)])


def is_so(source: str, brute: BruteForce, definition: Definition, problem: Diagnostic) -> None:
    """Hold what is said about a part of a machine against what it does."""
    transitions = definition.provisioners["p"].machine.transitions
    taken = {t.span.start: t for t in transitions if str(t.span) in brute.taken}
    taken |= {t.guard.node.span.start: t for t in taken.values() if t.guard is not None}
    if problem.code in ("transition_hindered", "guard_never_true", "transition_shadowed"):
        assert problem.subject is not None
        assert problem.subject.start not in taken, (source, problem)
    if problem.code == "unreachable_state":
        reached = {at.state for at in brute.at.values()}
        assert not any(problem.summary.endswith(f'"{state}"') for state in reached), (source, problem)
    if problem.code == "property_fails":
        block = problem.story.partition("\ntest ")[2]
        pasted = source.rstrip().removesuffix("}") + f"test {block}\n}}\n"
        again = read_definition(pasted, "pasted.hcl").definition
        assert again is not None, pasted
        [test] = again.provisioners["p"].tests
        assert run_test(compile_definition(again)["p"], test).passed, (source, problem.story)


@settings(max_examples=60, deadline=None)
@given(sources())
def test_what_is_counted_comes_out_as_by_counting(source: str) -> None:
    definition = read_definition(source, "counters.hcl").definition
    assume(definition is not None)
    assert definition is not None
    brute = BruteForce(definition)
    proof = prove(definition.provisioners["p"])
    for finding in proof.findings:
        claimed = finding.property
        if claimed.condition is not None:
            least = brute.broken(claimed)
            if least is not None:
                assert finding.outcome is Outcome.FAILS, (source, finding)
                assert length(finding) == least, (source, finding)
            elif finding.outcome is Outcome.FAILS:
                assert length(finding) > DEEPEST, (source, finding)
        elif finding.outcome is Outcome.HOLDS:
            assert not brute.stranded(claimed, DEEPEST // 2), (source, finding)
        elif finding.outcome is Outcome.FAILS and length(finding) < DEEPEST // 2:
            assert brute.stranded(claimed, length(finding)), (source, finding)
    for problem in proof.diagnostics:
        is_so(source, brute, definition, problem)
    if not any(other in source for other in ("context.k", "context.n * 2", "context.n > context.m")):
        assert not proof.open, (source, proof.open)
