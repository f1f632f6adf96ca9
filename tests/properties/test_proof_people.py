"""Proofs about whom `await` blocks ask, against brute force that asks the step about everybody.

Brute force knows nothing of who makes a difference: it puts every name of a few, and every list of them, wherever the
machine looks for one, and lets all of them answer, strangers as well.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, product
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.decide.run_test import run_test
from engine.errors import EvaluationError
from engine.machine.approvals import completed
from engine.machine.arrival import arrival
from engine.machine.claims import Outcome, length
from engine.machine.compile import compile_definition
from engine.machine.definition import Definition
from engine.machine.moves import NOW
from engine.machine.properties import Claim, Property
from engine.machine.prove import Proof, prove
from engine.machine.read import read_definition
from engine.machine.step import step
from engine.machine.timers import timer_event
from engine.machine.values import canonical
from engine.model import Entity, Event, Snapshot, Step, Verdict

#: Whom definitions name.
NAMED = ("bob", "eve", "zoe", "nobody")
#: Whom nothing names: more than can have to differ.
UNNAMED = ("nan", "ned", "nia")
GONE = object()
MOVES = (Verdict.MOVED, Verdict.STAYED, Verdict.COUNTED)

FROM = (
    '"bob"',
    '["bob", "eve"]',
    "event.x",
    "[event.x]",
    '["bob", event.x]',
    "[event.x, event.y]",
    "context.k",
    '[context.k, "eve"]',
    "[context.k, event.x]",
    'event.y == "bob" ? ["bob"] : ["eve"]',
    'event.y == "bob" ? "eve" : event.x',
    'concat(["bob"], [event.x])',
    'try(context.k, "bob")',
    'coalesce(event.x, "eve")',
    "local.asked",
    '{ bob = "eve", eve = "bob" }[event.y]',
)
GUARDS = (
    'event.who == "bob"',
    'event.who != "bob"',
    'event.who == "eve"',
    'event.who == "zoe"',
    "event.who == context.k",
    "event.who == context.author",
    "event.who != context.author",
    'event.who != try(context.author, "nobody")',
    'context.author == "bob"',
    'event.answers[0].who == "bob"',
    "event.answers[0].who == context.author",
    'event.answers[0].comment == "x"',
    'event.comment == "x"',
    "length(event.answers) > 1",
)
#: What a second question makes of the answer to the first one.
AGAIN = ("event.who", '[event.who, "bob"]', "[event.answers[0].who]", "context.by")
SETS = (
    "",
    "set = { k = event.x }",
    'set = { k = "bob" }',
    'set = { k = ["bob", "eve"] }',
    "set = { author = event.y }",
    "set = { k = event.x, author = event.y }",
    'set = { k = event.y, author = "eve" }',
)
WHENS = (
    "",
    'when = event.x == "bob"',
    'when = event.y != "eve"',
    "when = event.x != event.y",
    "when = can(event.x)",
)
CLAIMS = (
    'never = state == "ok"',
    'never = state == "bad"',
    'never = state == "ok" && event.who == try(context.author, null)',
    'never = previous == "w" && event.who == "eve"',
    'never = state == "ok" && context.by == context.author',
    'always = state != "w" || try(context.k, "bob") == "bob"',
    'reachable = "ok"',
    'reachable = "bad"',
    'reachable = "ok"\nfrom = "w"',
    'reachable = "ok"\nwithin = 2',
)


def _answer(draw: st.DrawFn, label: str, targets: tuple[str, ...]) -> str:
    lines = [f'answer "{label}" {{', f'transition = "{draw(st.sampled_from(targets))}"']
    if draw(st.integers(0, 3)):
        lines.append(f"when = {draw(st.sampled_from(GUARDS))}")
    lines.append(draw(st.sampled_from(("", "", "needs = 2"))))
    lines.append(draw(st.sampled_from(("", "", "set = { by = event.who }", "set = { author = event.who }"))))
    return "\n".join([*lines, "}"])


@st.composite
def sources(draw: st.DrawFn) -> str:
    ways = [
        "\n".join(
            [
                'on "go" {',
                draw(st.sampled_from(WHENS)),
                draw(st.sampled_from(SETS)),
                f'transition = "{to}"',
                "}",
            ]
        )
        for to in draw(st.sampled_from((("w",), ("w",), ("b",))))
    ]
    between = f'state "b" {{\non "on" {{\n{draw(st.sampled_from(SETS))}\ntransition = "w"\n}}\n}}'
    more = draw(st.booleans())
    answers = [_answer(draw, "yes", ("v",) if more else ("ok",)), _answer(draw, "no", ("a", "bad", "w"))]
    after = draw(st.sampled_from(("", "", 'after {\ndelay = "1h"\ntransition = "a"\n}')))
    change = draw(st.sampled_from(("", "", 'on "change" {\nset = { author = event.y }\n}')))
    claims = draw(st.lists(st.sampled_from(CLAIMS), min_size=1, max_size=3, unique=True))
    properties = "\n".join(f'property "p{i}" {{\n{c}\n}}' for i, c in enumerate(claims))
    asks = "\n".join(["await {", f"from = {draw(st.sampled_from(FROM))}", *answers, "}"])
    again = ["await {", f"from = {draw(st.sampled_from(AGAIN))}", _answer(draw, "yes", ("ok", "a")), "}"]
    return "\n".join(
        [
            'locals {\nasked = [try(context.author, "eve"), event.x]\n}',
            'provisioner "p" {\nstatemachine "p" {\ninitial = "a"\nstate "a" {',
            *ways,
            "}",
            between,
            'state "w" {',
            asks,
            after,
            change,
            *(["}", 'state "v" {', *again] if more else []),
            '}\nstate "ok" {\nfinal = true\n}\nstate "bad" {\nfinal = true\n}\n}',
            properties,
            "}\n",
        ]
    )


class BruteForce:
    """Everything that a machine does with these people."""

    def __init__(self, definition: Definition, source: str) -> None:
        self.provisioner = definition.provisioners["p"]
        self.machine = compile_definition(definition)["p"].machine
        self.entity = Entity(project="p", id="P-1")
        self.names = [*(name for name in NAMED if f'"{name}"' in source), *UNNAMED]
        self.comments = ("", "x", "y") if "comment" in source else ("",)
        self.payloads = list(_payloads(source, self.names))
        assume(len(self.payloads) < 160)
        start = self.settled(arrival(self.machine, "a", {}, self.entity, NOW).snapshot)
        self.start = self.key(start)
        self.at = {self.start: start}
        self.depth = {self.start: 0}
        self.edges: dict[str, list[tuple[Event, Step, str]]] = {}
        todo = deque([self.start])
        while todo:
            key = todo.popleft()
            self.edges[key] = list(self.leading(self.at[key]))
            for _, made, after in self.edges[key]:
                if after not in self.at:
                    self.at[after], self.depth[after] = self.settled(made.snapshot), self.depth[key] + 1
                    todo.append(after)
            assume(len(self.edges) < 120)

    def settled(self, snapshot: Snapshot) -> Snapshot:
        return replace(snapshot, version=0, timers=dict.fromkeys(snapshot.timers, NOW.isoformat()))

    def key(self, snapshot: Snapshot) -> str:
        asked = [
            [state, sorted(a["from"]), [[one["who"], one["choice"], one["comment"]] for one in a["answers"]]]
            for state, a in snapshot.awaits.items()
        ]
        return canonical([snapshot.state, dict(snapshot.context), asked, sorted(snapshot.timers)])

    def leading(self, at: Snapshot) -> Iterator[tuple[Event, Step, str]]:
        events = {
            "a": ("go",), "b": ("on",), "w": ("change",)
        }.get(at.state, ())  # fmt: skip
        coming = [Event(name=e, entity=self.entity, payload=p) for e in events for p in self.payloads]
        for state, choice, who, comment in product(at.awaits, ("yes", "no"), self.names, self.comments):
            said = {"who": who, "comment": comment}
            event = Event(name=f"await.{state}.{choice}", entity=self.entity, payload=said)
            coming.append(completed(event, at, NOW))
        coming += [timer_event(self.entity, name, due) for name, due in at.timers.items()]
        for event in coming:
            made = step(self.machine, at, event, NOW)
            if made.trace.verdict in MOVES:
                yield event, made, self.key(made.snapshot)

    def states(self) -> set[str]:
        return {snapshot.state for snapshot in self.at.values()}

    def taken(self) -> set[str]:
        steps = [made for edges in self.edges.values() for _, made, _ in edges]
        return {c.place for made in steps for c in made.trace.candidates if c.taken}

    def broken(self, claimed: Property) -> int | None:
        """In how many moves a condition is broken at the earliest."""
        found = [
            self.depth[key] + 1
            for key, edges in self.edges.items()
            for event, made, _ in edges
            if self.breaks(claimed, self.at[key], event, made.snapshot)
        ]
        return min(found, default=None)

    def breaks(self, claimed: Property, before: Snapshot, event: Event, after: Snapshot) -> bool:
        assert claimed.condition is not None
        scope = self.provisioner.machine.names.scope(
            event=event.payload, state=after.state, previous=before.state, context=after.context
        )
        try:
            return claimed.condition.evaluate(scope) is not (claimed.claim is Claim.ALWAYS)
        except EvaluationError:
            return True

    def fails(self, claimed: Property) -> bool:
        """Whether from somewhere no way leads there."""
        good = {key for key, at in self.at.items() if at.state in claimed.states}
        for _ in range(claimed.moves or len(self.at)):
            new = good | {k for k, edges in self.edges.items() if any(a in good for *_, a in edges)}
            if new == good:
                break
            good = new
        return any(
            not claimed.starts or at.state in claimed.starts for k, at in self.at.items() if k not in good
        )


def _payloads(source: str, names: list[str]) -> Iterator[dict[str, Any]]:
    """Every payload with these names where the machine looks."""
    one: list[Any] = [GONE, None, "", *names]
    lists: list[Any] = [list(c) for size in (1, 2, 3) for c in combinations(names[-4:], size)]
    whole = "from = event.x" in source or ": event.x" in source or "coalesce(event.x" in source
    kept = "from = context.k" in source or "try(context.k" in source
    x = one + (lists if whole or (kept and "k = event.x" in source) else [])
    y = one + (lists if kept and "k = event.y" in source else [])
    for left, right in product(x if "event.x" in source else [GONE], y if "event.y" in source else [GONE]):
        yield {name: value for name, value in (("x", left), ("y", right)) if value is not GONE}


def _never_taken(brute: BruteForce, proof: Proof) -> tuple[set[str], set[str]]:
    """The answers that nobody gave by brute force, and those of which a proof says so."""
    answers = [t for t in brute.provisioner.machine.transitions if t.event.startswith("await.")]
    never = {str(t.span) for t in answers} - brute.taken()
    told = {
        d.subject.start
        for d in proof.diagnostics
        if d.code in ("answer_out_of_reach", "guard_never_true", "transition_shadowed") and d.subject
    }
    said = {
        str(t.span)
        for t in answers
        if t.span.start in told or (t.guard is not None and t.guard.node.span.start in told)
    }
    return never, said


def _is_in(brute: BruteForce, place: str, states: set[str]) -> bool:
    return any(str(t.span) == place and t.source in states for t in brute.provisioner.machine.transitions)


def agrees(source: str) -> str:
    """Hold what is proven against brute force; why it is open, if it is."""
    definition = read_definition(source, "people.hcl").definition
    assume(definition is not None)
    assert definition is not None
    brute = BruteForce(definition, source)
    proof = prove(definition.provisioners["p"])
    for finding in proof.findings:
        claimed = finding.property
        if claimed.condition is not None:
            least = brute.broken(claimed)
            fails = least is not None
            assert not (finding.outcome is Outcome.FAILS and fails) or length(finding) == least, (
                source,
                finding,
            )
        else:
            fails = brute.fails(claimed)
        if finding.outcome is not Outcome.OPEN:
            assert finding.outcome is (Outcome.FAILS if fails else Outcome.HOLDS), (source, finding)
    for problem in proof.diagnostics:
        if problem.code == "property_fails":
            block = problem.story.partition("\ntest ")[2]
            assert block, (source, problem.story)
            pasted = source.rstrip().removesuffix("}") + f"test {block}\n}}\n"
            again = read_definition(pasted, "pasted.hcl").definition
            assert again is not None, (pasted, read_definition(pasted, "pasted.hcl").diagnostics)
            ran = run_test(compile_definition(again)["p"], again.provisioners["p"].tests[0])
            assert ran.passed, (pasted, ran)
    unreached = {s for s in brute.provisioner.machine.states if s not in brute.states()}
    text = [d.summary for d in proof.diagnostics if d.code == "unreachable_state"]
    told = {
        state for state in brute.provisioner.machine.states if any(s.endswith(f'to "{state}"') for s in text)
    }
    never, said = _never_taken(brute, proof)
    assert told <= unreached, (source, told, unreached)
    assert said <= never, (source, said)
    if not proof.open:
        assert told == unreached, (source, told, unreached)
        # Of a state that is never entered nothing is said about its answers.
        entered = {place for place in never if not _is_in(brute, place, unreached)}
        assert said & entered == entered, (source, said, never)
    # Each claim is proven by itself: one may be open where the machine is not.
    opened = [proof.open, *(f.because for f in proof.findings if f.outcome is Outcome.OPEN)]
    return "; ".join(dict.fromkeys(filter(None, opened)))


#: Why a proof about these machines may be open.
REASONS = (
    "more people may be asked than are tried together",
    "more values are compared with each other than are kept apart",
    'whom "w" asks comes in, and of who answers only samples can be tried',
    'whom "v" asks comes in, and of who answers only samples can be tried',
)


@settings(max_examples=30, deadline=None)
@given(sources())
def test_whom_a_machine_asks_comes_out_as_by_brute_force(source: str) -> None:
    opened = agrees(source)
    assert all(reason in REASONS for reason in opened.split("; ") if reason), (source, opened)
