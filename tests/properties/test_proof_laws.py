"""Proofs against brute force, on generated machines: no false alarm, and nothing overlooked.

Brute force knows nothing of atoms and representatives: it tries every combination of many values for every path, decides
by the guards in order, and answers each question by its plain definition over the graph that it finds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.decide.run_test import run_test
from engine.errors import EvaluationError
from engine.language.values import truth
from engine.machine.answers import MOST_RUNS
from engine.machine.claims import Outcome, why_open
from engine.machine.compile import compile_definition
from engine.machine.definition import ANY, Provisioner, Transition
from engine.machine.explore import Explorer
from engine.machine.guards import look_at_guards
from engine.machine.properties import Claim, Property
from engine.machine.prove import Proof, prove
from engine.machine.read import read_definition
from engine.machine.space import Space, explore
from engine.machine.vain_guards import place_of
from engine.machine.values import canonical
from engine.model import END

GONE = object()
ORDERS = ("event.x < event.y", "event.y <= event.x")
ATOMS = (
    "event.x",
    "event.y",
    "event.x == 1",
    'event.x == "a"',
    "event.x != null",
    "event.x > 1",
    "event.x <= 2",
    "event.y < 1.5",
    'event.y != "b"',
    "can(event.x)",
    "try(event.x, true)",
    "event.x == event.y",
    'context.k == "a"',
    "context.k == event.x",
    "try(context.k, null) == null",
    "local.both",
    'contains(["a", 2], event.y)',
    "event.z.w == null",
    "event.z == null",
    "can(event.z)",
    "{ a = true, b = false }[event.y]",
    'coalesce(event.y, "a") == "a"',
    "var.flag",
    'state == "s0"',
    "(event.x == 1 ? event.y : false)",
    "event.x == state",
    *ORDERS,
    "event.x != true",
)
#: The numbers that are compared with something, and two in every gap between.
_NUMBERS = (-1, -0.5, 0, 0.25, 0.5, 1, 1.125, 1.25, 1.5, 1.625, 1.75, 2, 3, 4)
#: Every kind of value, those that nothing mentions twice. Paths are compared with each other, so each has every value that
#: the other is compared with.
_ANY_KIND = (GONE, None, True, False, "true", "false", "1", "0", *_NUMBERS, "2", "a", "b", "q", "r")
#: Texts that are in order as numbers are, and equal to none; for numbers that are constants two, which differ.
_SPELLED = (*(str(n) for n in _NUMBERS if str(n) not in _ANY_KIND), "0.0", "1.0", "1.50", "2.0")
_OBJECTS: tuple[Any, ...] = (GONE, None, {}, {"w": None}, {"w": 1})


def values_for(text: str) -> dict[str, tuple[Any, ...]]:
    """All values of each path that can make a difference to what stands in a text."""
    some = _ANY_KIND + (_SPELLED if any(order in text for order in ORDERS) else ())
    some += ("s0", "s1", "s2", "s3") if "state" in text else ()
    return {"x": some, "y": some, "z": _OBJECTS}


SETS = (
    "",
    "{ k = event.x }",
    "{ k = null }",
    '{ k = "a" }',
    "{ k = event.y, other = 1 }",
    "{ unread = event.x }",
)
CLAIMS = (
    'never = state == "s1" && previous == "s0"',
    'always = state != "s2"',
    'never = try(context.k, null) == "a"',
    'never = state == "s1" && try(event.x, null) == 1',
    "never = event.x == 1",
    'always = state == "s1" || event.x != 1',
    'always = previous == null || state != previous || try(event.y, null) != "b"',
    "always = context.k == 1",
    'reachable = "s0"',
    'reachable = ["s1", "s2"]',
    'reachable = "s2"\nwithin = 1',
    'reachable = "s0"\nfrom = "s1"',
    'eventually = "s2"',
    'eventually = ["s1", "s2"]\nwithin = 2',
    'leads_to = "s0"\nfrom = "s1"',
    'leads_to = ["s2", "s3"]\nfrom = ["s0", "s1"]\nwithin = 2',
)


def _conditions(atoms: list[str]) -> st.SearchStrategy[str]:
    return st.recursive(
        st.sampled_from(atoms),
        lambda inner: (
            st.builds("({} && {})".format, inner, inner)
            | st.builds("({} || {})".format, inner, inner)
            | st.builds("!({})".format, inner)
        ),
        max_leaves=3,
    )


@st.composite
def definitions(draw: st.DrawFn) -> str:
    atoms = draw(st.lists(st.sampled_from(ATOMS), min_size=2, max_size=5, unique=True))
    # Where paths are in order there are so many payloads that large machines would take a minute each.
    few = any(atom in ORDERS for atom in atoms)
    states = [f"s{i}" for i in range(draw(st.integers(2, 2 if few else 4)))]
    sets = draw(st.lists(st.sampled_from(SETS), min_size=1, max_size=1 if few else 3, unique=True))
    finals = draw(st.sets(st.sampled_from(states[1:]), max_size=1))
    blocks = [f'state "{s}" {{\nfinal = {str(s in finals).lower()}\n}}' for s in states]
    for source in (*states, ANY):
        if source in finals:
            continue
        for event in ("e", "f"):
            guards = draw(st.lists(_conditions(atoms), max_size=2 if source == ANY else 3))
            guards += [""] if draw(st.integers(0, 3)) == 0 else []
            for guard in guards:
                when = f"when = {guard}\n" if guard else ""
                target = draw(st.sampled_from([*states, END, ""]))
                change = draw(st.sampled_from(sets)) if target != END else ""
                made = f"set = {change or '{}'}\n" if change or not target else ""
                leads = f'transition = "{target}"\n' if target else ""
                blocks.append(f'state "{source}" "{event}" {{\n{when}{made}{leads}}}')
    claims = draw(st.lists(st.sampled_from(CLAIMS), max_size=3, unique=True))
    claims = [c for c in claims if all(f'"s{i}"' not in c or i < len(states) for i in range(4))]
    properties = "\n".join(f'property "p{i}" {{\n{c}\n}}' for i, c in enumerate(claims))
    receives = draw(st.sampled_from(["", RECEIVES, RECEIVES]))
    return (
        f'variable "flag" {{ default = true }}\nlocals {{\nboth = event.x && event.y == 1\n}}\n'
        f'provisioner "p" {{\n{receives}\nstatemachine "p" {{\ninitial = "s0"\n{chr(10).join(blocks)}\n}}\n'
        f"{properties}\n}}\n"
    )


def read(source: str) -> Provisioner:
    result = read_definition(source, "generated.hcl")
    assert result.definition is not None, (source, result.diagnostics)
    return result.definition.provisioners["p"]


#: Event "e" comes only where x is not 1; "f" by a map. The empty choice is the default block, which fires neither.
RECEIVES = """
receive "github" "push" {
  when   = try(event.x, null) != 1
  entity = "P-1"
  fire   = "e"
}
receive "github" "release" {
  entity = "P-1"
  fire   = { a = "f", b = "g" }[event.y]
}
"""


@dataclass(frozen=True)
class Node:
    state: str
    #: Canonical JSON.
    context: str


@dataclass(frozen=True, eq=False)
class Payload:
    #: Which of its values each path has.
    chosen: dict[str, int]
    value: dict[str, Any]

    def part(self, names: tuple[str, ...]) -> tuple[int, ...]:
        """All that these paths tell of it."""
        return tuple(self.chosen[name] for name in names)


#: A transition, what it sets, and the payloads that make it so.
Outcomes = tuple[Transition, dict[str, Any], list[Payload]]


class BruteForce:
    """The graph of everything a machine does, by trying everything.

    What was asked once about the same values is not asked again; every combination is still gone through.
    """

    def __init__(self, provisioner: Provisioner) -> None:
        self.provisioner = provisioner
        self.machine = provisioner.machine
        self.contexts: dict[str, dict[str, Any]] = {"{}": {}}
        self.start = Node("s0", "{}")
        used = " ".join(e.text for t in self.machine.transitions for e in (t.guard, t.set) if e is not None)
        used += " ".join(p.condition.text for p in provisioner.properties if p.condition)
        used += " event.x event.y" if len(provisioner.receives) > 1 else ""
        self.values = values_for(used + "".join(local.text for local in self.machine.names.locals.values()))
        self.paths = self.read(used)
        self.remembers = "context" in used
        self.known: dict[Any, bool] = {}
        self.listed: dict[tuple[str, str], list[Transition]] = {}
        self.groups: dict[tuple[str, tuple[str, ...]], list[list[Payload]]] = {}
        self.known_outcomes: dict[Any, list[Outcomes]] = {}
        self.payloads = [
            Payload(
                dict(zip(self.paths, numbers, strict=True)),
                {
                    name: self.values[name][number]
                    for name, number in zip(self.paths, numbers, strict=True)
                    if self.values[name][number] is not GONE
                },
            )
            for numbers in product(*(range(len(self.values[name])) for name in self.paths))
        ]
        self.sent = {e: [p for p in self.payloads if self.comes(e, p.value)] for e in ("e", "f")}
        self.edges: dict[Node, dict[Node, list[Payload]]] = {}
        #: Where moves lead that do more than stay.
        self.led: dict[Node, set[Node]] = {}
        todo = [self.start]
        while todo:
            node = todo.pop()
            if node in self.edges:
                continue
            self.edges[node], self.led[node] = {}, set()
            for event in self.sent:
                for transition, change, payloads in self.outcomes(node, event):
                    after = self.after(node, transition, change)
                    self.edges[node].setdefault(after, []).extend(payloads)
                    if transition.target is not None:
                        self.led[node].add(after)
            todo += self.edges[node]

    def asked(self, state: str, event: str) -> str:
        """The texts of all that may be looked at on an event."""
        ways = self.candidates(state, event)
        return " ".join(e.text for t in ways for e in (t.guard, t.set) if e is not None)

    def apart(self, event: str, text: str) -> list[list[Payload]]:
        """The payloads of an event, those together that a text cannot tell apart."""
        read = self.read(text)
        if (event, read) not in self.groups:
            found: dict[tuple[int, ...], list[Payload]] = {}
            for payload in self.sent[event]:
                found.setdefault(payload.part(read), []).append(payload)
            self.groups[event, read] = list(found.values())
        return self.groups[event, read]

    def read(self, text: str) -> tuple[str, ...]:
        """The paths that a text may look at."""
        return tuple(n for n in self.values if f"event.{n}" in text or ("local" in text and n in "xy"))

    def comes(self, event: str, payload: dict[str, Any]) -> bool:
        if len(self.provisioner.receives) == 1:
            return True
        if event == "e":
            return not (payload.get("x") == 1 and payload.get("x") is not True)
        return payload.get("y") == "a"

    def candidates(self, state: str, event: str) -> list[Transition]:
        if (state, event) not in self.listed:
            final = self.machine.states[state].final
            self.listed[state, event] = [
                t
                for s in ([] if final else [state, ANY])
                for t in self.machine.transitions
                if (t.source, t.event) == (s, event)
            ]
        return self.listed[state, event]

    def holds(self, transition: Transition, state: str, context: str, payload: Payload) -> bool:
        if transition.guard is None:
            return True
        text = transition.guard.text
        key = (
            text,
            payload.part(self.read(text)),
            state if "state" in text else "",
            context if "context" in text else "",
        )
        if key not in self.known:
            self.known[key] = self.judge(transition, state, self.contexts[context], payload.value)
        return self.known[key]

    def judge(self, transition: Transition, state: str, context: Any, payload: Any) -> bool:
        assert transition.guard is not None
        scope = self.machine.names.scope(event=payload, delivery={}, state=state, context=context)
        try:
            return truth(transition.guard.evaluate(scope)) is True
        except EvaluationError:
            return False

    def outcomes(self, node: Node, event: str) -> list[Outcomes]:
        """What the payloads of an event do here: transition, what it sets, and all payloads that come to that."""
        asked = self.asked(node.state, event)
        key = (node.state, event, node.context if "context" in asked else "")
        if key not in self.known_outcomes:
            found: dict[tuple[int, str], Outcomes] = {}
            for payloads in self.apart(event, asked):
                chosen = self.choose(node, event, payloads[0])
                if chosen is not None:
                    mark = (id(chosen[0]), canonical(chosen[1].get("k", "not set")) + str("k" in chosen[1]))
                    found.setdefault(mark, (*chosen, []))[2].extend(payloads)
            self.known_outcomes[key] = list(found.values())
        return self.known_outcomes[key]

    def taken(self) -> set[str]:
        """The places of all transitions that some event takes, whether or not what they do can be done."""
        return {
            str(found[0].span)
            for node in self.edges
            for event in self.sent
            for payloads in self.apart(event, self.asked(node.state, event))
            if (
                found := [
                    t
                    for t in self.candidates(node.state, event)
                    if self.holds(t, node.state, node.context, payloads[0])
                ]
            )
        }

    def after(self, node: Node, transition: Transition, change: dict[str, Any]) -> Node:
        context = self.contexts[node.context]
        if transition.set is not None and self.remembers:
            # What nobody reads makes no difference; what is read has few enough values.
            kept = {**context, "k": change.get("k", context.get("k"))}
            context = {name: value for name, value in kept.items() if value is not None}
        return Node(transition.target or node.state, self.keep(context))

    def choose(self, node: Node, event: str, payload: Payload) -> tuple[Transition, dict[str, Any]] | None:
        for transition in self.candidates(node.state, event):
            if self.holds(transition, node.state, node.context, payload):
                if transition.target == END:
                    return None
                if transition.set is None:
                    return transition, {}
                try:
                    return transition, transition.set.evaluate(self.machine.names.scope(event=payload.value))
                except EvaluationError:
                    return None
        return None

    def keep(self, context: dict[str, Any]) -> str:
        key = canonical(context)
        self.contexts[key] = context
        return key

    def broken(self, claimed: Property) -> int | None:
        """In how many moves a safety claim is broken at the earliest."""
        condition = claimed.condition
        assert condition is not None
        wanted = claimed.claim is Claim.ALWAYS

        def breaks(before: Node | None, payload: Any, after: Node) -> bool:
            scope = self.machine.names.scope(
                event=payload,
                delivery=None if before is None else {},
                state=after.state,
                previous=None if before is None else before.state,
                context=self.contexts[after.context],
            )
            try:
                return condition.evaluate(scope) is not wanted
            except EvaluationError:
                return True

        if breaks(None, None, self.start):
            return 0
        distance = self.distances()
        read = self.read(condition.text)
        found = [
            distance[node] + 1
            for node, edges in self.edges.items()
            for after, payloads in edges.items()
            if any(breaks(node, p.value, after) for p in {p.part(read): p for p in payloads}.values())
        ]
        return min(found, default=None)

    def distances(self) -> dict[Node, int]:
        found = {self.start: 0}
        layer = [self.start]
        while layer:
            layer = [
                a
                for n in layer
                for a in self.edges[n]
                if a not in found and not found.update({a: found[n] + 1})
            ]
        return found

    def fails(self, claimed: Property) -> bool:
        if claimed.condition is not None:
            return self.broken(claimed) is not None
        rounds = claimed.moves or len(self.edges) + 1
        good = {n for n in self.edges if n.state in claimed.states}
        if claimed.claim is not Claim.REACHABLE and claimed.moves is None:
            good, rounds = self.certain(good), 0
        for _ in range(rounds):
            if claimed.claim is Claim.REACHABLE:
                good |= {n for n, after in self.edges.items() if any(a in good for a in after)}
            else:
                good |= {n for n, after in self.edges.items() if after and all(a in good for a in after)}
        if claimed.starts:
            starts = [n for n in self.edges if n.state in claimed.starts]
        else:
            starts = list(self.edges) if claimed.claim is Claim.REACHABLE else [self.start]
        return any(n not in good for n in starts)

    def certain(self, good: set[Node]) -> set[Node]:
        """Where every way leads there: none stops before, goes round, or stays for ever where nothing else can happen."""
        off = {
            node: {after for after in edges if after not in good}
            for node, edges in self.edges.items()
            if node not in good
        }
        still = {node: after if not self.led[node] else set() for node, after in off.items()}
        bad = {node for node in off if not self.edges[node]}
        bad |= {n for n in off if any(n in {a, *reached(off, a)} for a in self.led[n] - good)}
        bad |= {n for n in off if n in reached({k: v & still.keys() for k, v in still.items()}, n)}
        return {n for n in self.edges if n in good or not bad & {n, *reached(off, n)}}


def reached(graph: dict[Node, set[Node]], start: Node) -> set[Node]:
    """All that can be come to in one move or more."""
    found: set[Node] = set()
    todo = [start]
    while todo:
        new = graph[todo.pop()] - found
        found |= new
        todo += new
    return found


def beyond_bounds(source: str, space: Space) -> bool:
    """Whether more would have to be tried than is tried: only where two paths are in order, and it has to be said."""
    if space.exact:
        return False
    assert any(order in source for order in ORDERS), source
    assert says_bounds("; ".join((*space.sampled, *why_open(space)))), (space.sampled, space.undecided)
    return True


def says_bounds(because: str) -> bool:
    """Whether it is said which of the two bounds was met: on one event, or on all of them together."""
    return (
        f"more combinations of values than {MOST_RUNS}" in because or "were explored, all within" in because
    )


@settings(max_examples=50, deadline=None)
@given(definitions())
def test_what_is_explored_is_what_can_happen(source: str) -> None:
    provisioner = read(source)
    space = explore(Explorer(provisioner=provisioner, claims=provisioner.properties))
    brute = BruteForce(provisioner)
    states = {c.snapshot.state for c in space.configurations.values()}
    assert states <= {n.state for n in brute.edges}
    moves = {
        (m.before.snapshot.state, m.after.snapshot.state)
        for ms in space.moves.values()
        for m in ms
        if not m.ended
    }
    possible = {(n.state, a.state) for n, after in brute.edges.items() for a in after}
    assert moves <= possible
    if beyond_bounds(source, space):
        return
    assert states == {n.state for n in brute.edges}
    assert moves == possible


@settings(max_examples=80, deadline=None)
@given(definitions())
def test_properties_come_out_as_by_brute_force(source: str) -> None:
    provisioner = read(source)
    brute = BruteForce(provisioner)
    proof = prove(provisioner)
    for finding in proof.findings:
        if finding.outcome is Outcome.OPEN:
            assert says_bounds(finding.because), finding.because
            assert any(order in source for order in ORDERS)
            continue
        expected = Outcome.FAILS if brute.fails(finding.property) else Outcome.HOLDS
        assert finding.outcome is expected, (finding.property, finding.because)
        if finding.outcome is Outcome.FAILS and finding.property.condition is not None:
            assert len(finding.way) == brute.broken(finding.property)
    assert_is_a_way(provisioner, proof)


def assert_is_a_way(provisioner: Provisioner, proof: Proof) -> None:
    """Every counterexample hangs together, and its test block, pasted, passes."""
    for finding in proof.findings:
        for one, other in zip(finding.way, finding.way[1:], strict=False):
            assert one.after.key == other.before.key
    for problem in proof.diagnostics:
        _, found, block = problem.story.partition("\ntest ")
        if found:
            text = provisioner_text(f"test {block}")
            result = read_definition(text, "pasted.hcl")
            assert result.definition is not None, (text, result.diagnostics)
            [test] = result.definition.provisioners["p"].tests
            compiled = compile_definition_of(provisioner)
            assert run_test(compiled, test).passed, problem.story


def provisioner_text(block: str) -> str:
    states = "\n".join(f'state "s{i}" {{\nfinal = true\n}}' for i in range(4))
    return f'provisioner "p" {{\nstatemachine "p" {{\ninitial = "s0"\n{states}\n}}\n{block}\n}}\n'


def compile_definition_of(provisioner: Provisioner) -> Any:
    from engine.machine.definition import Definition

    definition = Definition(filename="x", source="", hash="", provisioners={"p": provisioner}, variables={})
    return compile_definition(definition)["p"]


def _contexts(payload: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What may be remembered beside a payload: all that is asked of it is whether it is `x`, "a" or null."""
    yield {}
    for value in (payload.get("x"), None, "a", "q", "r"):
        yield {"k": value}


@settings(max_examples=30, deadline=None)
@given(definitions())
def test_guards_are_vain_exactly_where_brute_force_finds_nothing(source: str) -> None:
    provisioner = read(source)
    explorer = Explorer(provisioner=provisioner)
    guards = look_at_guards(explorer)
    brute = BruteForce(provisioner)
    true: set[str] = set()
    false: set[str] = set()
    first: set[str] = set()
    together: set[tuple[str, str]] = set()
    for state in provisioner.machine.states:
        for event in ("e", "f"):
            candidates = brute.candidates(state, event)
            asked = " ".join(t.guard.text for t in candidates if t.guard)
            read_paths = brute.read(asked)
            parts = {payload.part(read_paths): payload for payload in brute.sent[event]}
            for payload in parts.values():
                contexts = _contexts(payload.value) if "context" in asked else [{}]
                for context in map(brute.keep, contexts):
                    held = [t for t in candidates if brute.holds(t, state, context, payload)]
                    true.update(str(t.span) for t in held)
                    first.update(str(t.span) for t in held[:1])
                    false.update(str(t.span) for t in candidates if t not in held)
                    guarded = [str(t.span) for t in held if t.guard]
                    together.update((a, b) for i, a in enumerate(guarded) for b in guarded[i + 1 :])
    for candidacy in guards.candidacies.values():
        place = str(candidacy.transition.span)
        # What was found is so. That nothing was found says something only where everything was tried.
        assert not candidacy.true or place in true
        assert not candidacy.first or place in first
        if candidacy.exact:
            assert candidacy.true == (place in true)
            assert candidacy.first == (place in first)
            assert candidacy.false or place not in false
    overlapping = {(str(o.first.span), str(o.second.span)) for o in guards.overlaps.values()}
    assert overlapping <= together
    if all(candidacy.exact for candidacy in guards.candidacies.values()):
        assert overlapping == together


@settings(max_examples=25, deadline=None)
@given(definitions())
def test_transitions_are_never_taken_exactly_where_brute_force_never_takes_them(source: str) -> None:
    provisioner = read(source)
    proof = prove(provisioner)
    told = [p for p in proof.diagnostics if p.code in {"transition_shadowed", "guard_never_true"}]
    vain = {str(p.subject) for p in told}
    assert len(vain) == len(told)
    overlaps = {str(p.subject) for p in proof.diagnostics if p.code == "guards_overlap"}
    assert not overlaps & vain
    brute = BruteForce(provisioner)
    taken = brute.taken()
    reached = {node.state for node in brute.edges}
    for transition in provisioner.machine.transitions:
        if str(transition.span) in taken:
            assert str(place_of(transition)) not in vain
        elif not proof.open and transition.source in {*reached, ANY}:
            assert str(place_of(transition)) in vain
