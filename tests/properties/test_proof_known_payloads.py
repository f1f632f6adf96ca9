"""Proofs about payloads whose types are known, against brute force that sends every combination of values of those types."""

import re
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import EvaluationError
from engine.language.types import holds
from engine.language.values import truth
from engine.machine.claims import Outcome
from engine.machine.compile import CompiledMachine, compile_machine
from engine.machine.definition import Provisioner
from engine.machine.explore import Explorer
from engine.machine.guards import keep_reached, look_at_guards
from engine.machine.moves import NOW
from engine.machine.properties import Claim, Property
from engine.machine.prove import prove
from engine.machine.read import read_definition
from engine.machine.space import explore
from engine.machine.step import step
from engine.machine.values import canonical
from engine.model import Entity, Event, Snapshot
from engine.sources.payload_types import known_payload, payload_type

GONE = object()
#: Where numbers in order are compared for equality with each other and with texts, there are too many to try all.
OUT_OF_WORK = re.compile(r"only \d+ situations .* were explored")
MANY = "more values are compared with each other than are kept apart"
ENTITY = Entity(project="p", id="P-1")
#: What a pull request of GitHub's may have there; there is never one without a number and a title.
VALUES: Mapping[str, tuple[Any, ...]] = {
    "number": (1, 2, 3),
    "changed_files": (GONE, None, 1, 2, 3),
    "title": ("a", "one", "q"),
    "body": (GONE, None, "a", "one", "q"),
    "merged": (GONE, None, True, False),
}
PR = "event.pull_request"
ATOMS = (
    f"{PR}.number == context.n",
    f"{PR}.number != context.n",
    f"{PR}.title == context.n",
    f"{PR}.number == {PR}.changed_files",
    f"{PR}.number < {PR}.changed_files",
    f"{PR}.title == {PR}.body",
    f"{PR}.body == context.n",
    f"{PR}.changed_files == context.n",
    f"{PR}.merged == context.n",
    f"{PR}.merged",
    f"{PR}.number == 1",
    f'{PR}.title != "a"',
    f"{PR}.number == {PR}.title",
    f"can({PR}.number)",
    'context.n == "one"',
    "context.n == 1",
    "try(context.n, null) == null",
)
SETS = (
    "",
    *(f"set = {{ n = {PR}.{name} }}" for name in VALUES),
    f"set = {{ n = try({PR}.body, null) }}",
    "set = { n = 1 }",
)
CLAIMS = (
    'never = try(context.n == "one", false)',
    'never = state == "b" && try(context.n, null) == null',
    f'never = state == "b" && try({PR}.number == context.n, false)',
    f"always = previous == null || try({PR}.number, null) != null",
    'reachable = "c"',
    'reachable = ["b", "c"]',
)


@st.composite
def definitions(draw: st.DrawFn) -> str:
    blocks = []
    # Few at once: every combination of all that they look at is sent.
    some = draw(st.lists(st.sampled_from(ATOMS), min_size=1, max_size=3, unique=True))
    sets = draw(st.lists(st.sampled_from(SETS), min_size=1, max_size=2, unique=True))
    for state in ("a", "b"):
        for event in ("opened", "closed"):
            for _ in range(draw(st.integers(0, 2))):
                guards = draw(st.lists(st.sampled_from(some), min_size=1, max_size=2))
                when = f"when = {draw(st.sampled_from([' && ', ' || '])).join(guards)}\n"
                target = draw(st.sampled_from(["a", "b", "c"]))
                change = draw(st.sampled_from(sets))
                blocks.append(f'state "{state}" "{event}" {{\n{when}{change}\ntransition = "{target}"\n}}')
    claims = draw(st.lists(st.sampled_from(CLAIMS), min_size=1, max_size=2, unique=True))
    properties = "\n".join(f'property "p{number}" {{\n{claim}\n}}' for number, claim in enumerate(claims))
    states = 'state "a" {}\nstate "b" {}\nstate "c" {\nfinal = true\n}'
    return (
        'provisioner "p" {\nreceive "github" "pull_request" {\nentity = "P-1"\nfire = event.action\n}\n'
        f'statemachine "p" {{\ninitial = "a"\n{states}\n{chr(10).join(blocks)}\n}}\n{properties}\n}}\n'
    )


class BruteForce:
    """Every place that the machine comes to, and every move there, by sending everything."""

    def __init__(self, provisioner: Provisioner) -> None:
        self.provisioner = provisioner
        self.compiled: CompiledMachine = compile_machine(provisioner.machine)
        text = " ".join(
            e.text for t in provisioner.machine.transitions for e in (t.guard, t.set) if e is not None
        )
        text += " ".join(p.condition.text for p in provisioner.properties if p.condition is not None)
        self.asked = [name for name in VALUES if f"{PR}.{name}" in text]
        self.nodes: dict[str, Snapshot] = {}
        self.edges: dict[str, list[tuple[Event, Snapshot]]] = {}
        todo = [Snapshot(state="a")]
        while todo:
            at = todo.pop()
            key = self.key(at)
            if key in self.nodes:
                continue
            self.nodes[key], self.edges[key] = at, []
            for event in self.events():
                made = step(self.compiled, at, event, NOW)
                if any(candidate.taken for candidate in made.trace.candidates):
                    self.edges[key].append((event, made.snapshot))
                    todo.append(made.snapshot)

    def key(self, snapshot: Snapshot) -> str:
        return f"{snapshot.state} {canonical(dict(snapshot.context))}"

    def events(self) -> Iterator[Event]:
        for values in product(*(VALUES[name] for name in self.asked)):
            request = {n: v for n, v in zip(self.asked, values, strict=True) if v is not GONE}
            for name in ("opened", "closed"):
                yield Event(name=name, entity=ENTITY, payload={"action": name, "pull_request": request})

    def fails(self, claimed: Property) -> bool:
        if claimed.claim is Claim.REACHABLE:
            fine = {key for key, at in self.nodes.items() if at.state in claimed.states}
            for _ in self.nodes:
                fine |= {k for k, moves in self.edges.items() if any(self.key(a) in fine for _, a in moves)}
            return fine != self.nodes.keys()
        assert claimed.condition is not None
        conditions = [(None, None, Snapshot(state="a"))]
        moves = [(self.nodes[k], e, a) for k, found in self.edges.items() for e, a in found]
        return any(self.breaks(claimed, *move) for move in (*conditions, *moves))

    def breaks(self, claimed: Property, before: Any, event: Any, after: Snapshot) -> bool:
        assert claimed.condition is not None
        scope = self.provisioner.machine.names.scope(
            event=None if event is None else event.payload,
            delivery=None if event is None else {},
            state=after.state,
            previous=None if before is None else before.state,
            context=after.context,
        )
        return claimed.condition.evaluate(scope) is not (claimed.claim is Claim.ALWAYS)

    def together(self) -> set[tuple[str, str]]:
        """The places of guards that hold at once."""
        found: set[tuple[str, str]] = set()
        for at in self.nodes.values():
            for event in self.events():
                ways = [
                    t
                    for t in self.provisioner.machine.transitions
                    if (t.source, t.event) == (at.state, event.name)
                ]
                held = [str(t.span) for t in ways if self.holds(t.guard, at, event)]
                found.update((a, b) for i, a in enumerate(held) for b in held[i + 1 :])
        return found

    def holds(self, guard: Any, at: Snapshot, event: Event) -> bool:
        scope = self.provisioner.machine.names.scope(
            event=event.payload, delivery={}, state=at.state, context=at.context
        )
        try:
            return truth(guard.evaluate(scope)) is True
        except EvaluationError:
            return False


def assert_may_come(event: Event) -> None:
    """A sender may write it: nothing has another type, and nothing is null that never is."""
    assert holds(payload_type("github", "pull_request"), event.payload), event.payload
    request = event.payload.get("pull_request", {})
    assert isinstance(request, Mapping)
    assert request.get("number", 1) is not None
    assert request.get("title", "") is not None


@settings(max_examples=25, deadline=None)
@given(definitions())
def test_only_what_a_sender_may_write_is_tried_and_all_that_matters_of_it(source: str) -> None:
    read = read_definition(source, "generated.hcl")
    assert read.definition is not None, (source, read.diagnostics)
    provisioner = read.definition.provisioners["p"]
    brute = BruteForce(provisioner)
    for finding in prove(provisioner, payloads=known_payload).findings:
        for move in finding.way:
            assert_may_come(move.event)
        if finding.outcome is Outcome.OPEN:
            assert all(reason == MANY or OUT_OF_WORK.match(reason) for reason in finding.reasons)
            continue
        expected = Outcome.FAILS if brute.fails(finding.property) else Outcome.HOLDS
        assert finding.outcome is expected, (finding.property, finding.because)
    explorer = Explorer(provisioner=provisioner, payloads=known_payload)
    space = explore(explorer)
    if not space.exact:
        assert not space.complete or space.sampled == (MANY,)
        return
    assert space.entered() == {at.state for at in brute.nodes.values()}
    guards = look_at_guards(explorer)
    for overlap in guards.overlaps.values():
        assert_may_come(overlap.witness)
    keep_reached(explorer, space, guards)
    for overlap in guards.overlaps.values():
        assert_may_come(overlap.witness)
    reached = {at.state for at in brute.nodes.values()}
    found = {
        (str(o.first.span), str(o.second.span)) for o in guards.overlaps.values() if o.first.source in reached
    }
    assert found == brute.together()
