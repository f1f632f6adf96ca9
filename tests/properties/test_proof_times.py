"""Proofs about timers that run at once, and about claims within a time, against brute force on a grid of moments.

The interpreter here knows one kind of machine: a parallel state of two regions, each state with at most one timer, a timer
around both, and a state outside. Time passes in steps of a part of the shortest unit; it cannot pass a timer that is due.
"""

import re
from collections import deque
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from heapq import heappop, heappush

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.decide.run_test import run_test
from engine.machine.claims import Outcome, length
from engine.machine.compile import compile_definition
from engine.machine.durations import text_of
from engine.machine.properties import Claim, Property
from engine.machine.prove import Proof, prove
from engine.machine.read import read_definition
from engine.machine.space import NO_TICK

#: Parts of an hour: with three clocks (two timers and the claim's own) their order always shows on such a grid.
PARTS = 4
OUT = "out"


@dataclass(frozen=True)
class Place:
    """One state of a region."""

    name: str
    #: In hours; 0 is no timer.
    delay: int
    #: Where the timer leads: a state of the region, `OUT`, or None to stay.
    then: str | None
    #: Where the region's event leads; None: it knows no such event.
    on: str | None


@dataclass(frozen=True)
class Model:
    regions: tuple[tuple[Place, ...], ...]
    #: Hours until the whole is left for `OUT`; 0 is no timer.
    around: int
    #: Whether the event "back" leads from `OUT` into the regions again.
    back: bool
    #: Hours until a timer does so, far more than all others; 0 is no timer.
    rest: int = 0

    def source(self, claims: list[str]) -> str:
        blocks = "\n".join(
            f'state "r{n}" {{\ninitial = "{places[0].name}"\n{"".join(map(self._place, places))}}}'
            for n, places in enumerate(self.regions)
        )
        around = f'after {{\ndelay = "{self.around}h"\ntransition = "{OUT}"\n}}\n' if self.around else ""
        back = 'on "back" { transition = "box" }\n' if self.back else ""
        back += f'after {{\ndelay = "{self.rest}h"\ntransition = "box"\n}}\n' if self.rest else ""
        properties = "\n".join(f'property "p{i}" {{\n{claim}\n}}' for i, claim in enumerate(claims))
        return (
            f'provisioner "p" {{\nstatemachine "p" {{\ninitial = "box"\nparallel "box" {{\n{blocks}\n{around}}}\n'
            f'state "{OUT}" {{\n{back}}}\n}}\n{properties}\n}}\n'
        )

    @staticmethod
    def _place(place: Place) -> str:
        lines = [f'state "{place.name}" {{']
        if place.on is not None:
            lines.append(f'on "e{place.name[0]}" {{ transition = "{place.on}" }}')
        if place.delay:
            then = 'action "http" "tick" {}' if place.then is None else f'transition = "{place.then}"'
            lines.append(f'after {{\ndelay = "{place.delay}h"\n{then}\n}}')
        return "\n".join([*lines, "}\n"])


@st.composite
def models(draw: st.DrawFn) -> Model:
    regions = []
    for letter in "ab":
        names = [f"{letter}{i}" for i in range(draw(st.integers(1, 2)))]
        regions.append(
            tuple(
                Place(
                    name,
                    draw(st.sampled_from([0, 1, 1, 2])),
                    draw(st.sampled_from([None, OUT, *names, *names])),
                    draw(st.sampled_from([None, *names])),
                )
                for name in names
            )
        )
    around = draw(st.sampled_from([0, 0, 0, 2, 3]))
    # Far too long for moments to be told apart by what the others have in common with it.
    rest = draw(st.sampled_from([0, 0, 450]))
    return Model(tuple(regions), around, draw(st.booleans()), rest)


@dataclass(frozen=True)
class Node:
    """Where it is, and what is left of its timers, in the order in which they were set."""

    at: tuple[str, ...]
    timers: tuple[tuple[str, int], ...]


class BruteForce:
    def __init__(self, model: Model) -> None:
        self.model = model
        self.places = {place.name: place for places in model.regions for place in places}
        self.start = self.entered()
        #: The moves out of each node, and the node after a moment, if time can pass.
        self.moves: dict[Node, set[Node]] = {}
        self.later: dict[Node, Node | None] = {}
        todo = [self.start]
        while todo:
            node = todo.pop()
            if node not in self.moves:
                self.moves[node] = set(self.steps(node))
                self.later[node] = self.waits(node)
                todo += [*self.moves[node], *filter(None, [self.later[node]])]

    def entered(self) -> Node:
        timers = [("box", self.model.around)]
        timers += [(places[0].name, places[0].delay) for places in self.model.regions]
        return Node(
            tuple(places[0].name for places in self.model.regions),
            tuple((name, delay * PARTS) for name, delay in timers if delay),
        )

    def out(self) -> Node:
        return Node((OUT,), ((OUT, self.model.rest * PARTS),) if self.model.rest else ())

    def gone(self, node: Node, place: Place, target: str) -> Node:
        """Where a transition from a place of a region leads."""
        if target == OUT:
            return self.out()
        timers = [timer for timer in node.timers if timer[0] != place.name]
        if self.places[target].delay:
            timers.append((target, self.places[target].delay * PARTS))
        return Node(tuple(target if name == place.name else name for name in node.at), tuple(timers))

    def steps(self, node: Node) -> list[Node]:
        if node.at == (OUT,):
            over = any(not left for _, left in node.timers)
            return [self.entered()] if self.model.back or over else []
        active = [self.places[name] for name in node.at]
        found = [self.gone(node, place, place.on) for place in active if place.on is not None]
        due = next((name for name, left in node.timers if not left), None)
        if due is not None:
            rest = Node(node.at, tuple(timer for timer in node.timers if timer[0] != due))
            place = self.places.get(due)
            then = OUT if place is None else place.then
            found.append(rest if then is None else self.left(rest, due, then))
        return found

    def left(self, rest: Node, due: str, then: str) -> Node:
        return self.out() if then == OUT else self.gone(rest, self.places[due], then)

    @staticmethod
    def waits(node: Node) -> Node | None:
        """A moment later; None if a timer is due."""
        if any(not left for _, left in node.timers):
            return None
        return Node(node.at, tuple((name, left - 1) for name, left in node.timers))

    def names(self, node: Node) -> set[str]:
        if node.at == (OUT,):
            return {OUT}
        return {"box", *(f"box.r{n}.{name}" for n, name in enumerate(node.at))}

    @cached_property
    def distances(self) -> dict[Node, int]:
        """How many moves lead there at least; time is none."""
        found = {self.start: 0}
        todo = deque([self.start])
        while todo:
            node = todo.popleft()
            later = self.later[node]
            if later is not None and found[node] < found.get(later, 10**6):
                found[later] = found[node]
                todo.appendleft(later)
            for after in self.moves[node]:
                if found[node] + 1 < found.get(after, 10**6):
                    found[after] = found[node] + 1
                    todo.append(after)
        return found

    def costs(self, wanted: set[str], move: int, moment: int) -> dict[Node, int]:
        """For each node the least cost of a way to the states."""
        into: dict[Node, list[tuple[Node, int]]] = {}
        for node, after in self.moves.items():
            for one in after:
                into.setdefault(one, []).append((node, move))
            later = self.later[node]
            if later is not None:
                into.setdefault(later, []).append((node, moment))
        found: dict[Node, int] = {}
        todo = [(0, number, node) for number, node in enumerate(self.moves) if self.names(node) & wanted]
        count = len(self.moves)
        while todo:
            cost, _, node = heappop(todo)
            if node in found:
                continue
            found[node] = cost
            for before, more in into.get(node, ()):
                count += 1
                heappush(todo, (cost + more, count, before))
        return found

    def fails(self, claimed: Property) -> bool:
        wanted, within = set(claimed.states), claimed.within
        if claimed.starts:
            starts = [n for n in self.moves if self.names(n) & set(claimed.starts)]
        else:
            starts = list(self.moves) if claimed.claim is Claim.REACHABLE else [self.start]
        if claimed.claim is Claim.REACHABLE:
            timed = isinstance(within, timedelta)
            costs = self.costs(wanted, 0 if timed else 1, 1 if timed else 0)
            most = parts(within) if isinstance(within, timedelta) else within or 10**6
            return any(costs.get(node, 10**7) > most for node in starts)
        starts = [node for node in starts if not self.names(node) & wanted]
        if isinstance(within, timedelta):
            return self.can_be_late(starts, wanted, parts(within))
        return self.goes_on_without(starts, wanted) or (
            within is not None and self.can_be_avoided(starts, wanted, within)
        )

    def goes_on_without(self, starts: list[Node], wanted: set[str]) -> bool:
        """Whether it can stop without coming there, or go round for ever while time goes on too."""
        after: dict[Node, list[tuple[Node, bool]]] = {}
        todo = list(starts)
        while todo:
            node = todo.pop()
            if node in after:
                continue
            later = self.later[node]
            after[node] = [(one, True) for one in self.moves[node] if not self.names(one) & wanted]
            after[node] += [] if later is None else [(later, False)]
            todo += [one for one, _ in after[node]]
            if not self.moves[node] and later == node:
                return True
        part = parts_of({node: [one for one, _ in found] for node, found in after.items()})
        inside = {
            kind: {
                part[node]
                for node, found in after.items()
                for one, k in found
                if (k, part[one]) == (kind, part[node])
            }
            for kind in (True, False)
        }
        return bool(inside[True] & inside[False])

    def can_be_late(self, starts: list[Node], wanted: set[str], lasts: int) -> bool:
        seen = {(node, 0) for node in starts}
        todo = list(seen)
        while todo:
            node, past = todo.pop()
            later = self.later[node]
            if past == lasts:
                if later is not None:
                    return True
            elif later is not None:
                todo += [(later, past + 1)] if (later, past + 1) not in seen else []
                seen.add((later, past + 1))
            for after in self.moves[node]:
                if not self.names(after) & wanted and (after, past) not in seen:
                    seen.add((after, past))
                    todo.append((after, past))
        return False

    def can_be_avoided(self, starts: list[Node], wanted: set[str], within: int) -> bool:
        """Whether some way does not come there in so many moves: worst case by worst case, until nothing changes."""
        sure = {node for node in self.moves if self.names(node) & wanted}
        for _ in range(within):
            new = set(sure)
            for node in reversed(list(self.moves)):
                if node in new:
                    continue
                # Through moments to where it stays: each move on the way has to lead there in one round less.
                at: Node | None = node
                any_move = False
                fine = True
                seen = set()
                while at is not None and at not in seen and fine:
                    seen.add(at)
                    any_move |= bool(self.moves[at])
                    fine = self.moves[at] <= sure
                    at = self.later[at]
                if fine and any_move:
                    new.add(node)
            if new == sure:
                break
            sure = new
        return any(node not in sure for node in starts)


def parts_of(after: dict[Node, list[Node]]) -> dict[Node, int]:
    """For each node the number of the part of the graph in which each one leads to each other one (Kosaraju)."""
    before: dict[Node, list[Node]] = {node: [] for node in after}
    for node, found in after.items():
        for one in found:
            before[one].append(node)
    order: list[Node] = []
    seen: set[Node] = set()
    for root in after:
        todo = [(root, False)]
        while todo:
            node, done = todo.pop()
            if done:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                todo += [(node, True), *((one, False) for one in after[node])]
    number: dict[Node, int] = {}
    for count, root in enumerate(reversed(order)):
        same = [root]
        while same:
            node = same.pop()
            if node not in number:
                number[node] = count
                same += before[node]
    return number


def parts(time: timedelta) -> int:
    return int(time / timedelta(hours=1) * PARTS)


#: Times that have no common measure with hours, and the minutes that each is alike: all between two hours are, since delays are hours.
ODD = {"59m59s": 30, "1h1s": 90, "1h59m59s": 90, "2h1s": 150}


@st.composite
def claimed(
    draw: st.DrawFn, times: tuple[str, ...] = ("1h", "2h", "3h", "90m"), *, timed: bool = False
) -> tuple[Model, list[str]]:
    model = draw(models())
    names = [OUT, *(f"box.r{n}.{p.name}" for n, places in enumerate(model.regions) for p in places)]
    states = st.sampled_from(names)
    time = st.sampled_from([f'"{one}"' for one in times])
    any_time = time if timed else st.one_of(st.just(""), st.sampled_from(["1", "2"]), time, time)
    within = any_time.map(lambda w: w and f"\nwithin = {w}")
    together = st.tuples(
        *(st.sampled_from([f"box.r{n}.{p.name}" for p in r]) for n, r in enumerate(model.regions))
    )
    one = st.one_of(
        together.map(lambda both: f'never = state == "{" & ".join(both)}"'),
        st.builds('reachable = "{}"{}'.format, states, within),
        st.builds('eventually = "{}"{}'.format, states, within),
        st.builds('leads_to = "{}"\nfrom = "{}"{}'.format, states, states, within),
    )
    return model, draw(st.lists(one, min_size=1, max_size=3))


def proven(model: Model, claims: list[str]) -> Proof:
    result = read_definition(model.source(claims), "times.hcl")
    assert result.definition is not None, (model.source(claims), result.diagnostics)
    return prove(result.definition.provisioners["p"])


@settings(max_examples=60, deadline=None)
@given(claimed())
def test_claims_come_out_as_by_brute_force(made: tuple[Model, list[str]]) -> None:
    model, claims = made
    brute = BruteForce(model)
    for finding in proven(model, claims).findings:
        claim = finding.property
        if claim.condition is not None:
            at = tuple(re.findall(r"[ab]\d", claim.condition.text))
            ways = [moves for node, moves in brute.distances.items() if node.at == at]
            assert finding.outcome is (Outcome.FAILS if ways else Outcome.HOLDS), finding.because
            assert not ways or length(finding) == min(ways)
        else:
            expected = Outcome.FAILS if brute.fails(claim) else Outcome.HOLDS
            assert finding.outcome is expected, (claims, finding.because)


@settings(max_examples=60, deadline=None)
@given(claimed())
def test_a_counterexample_with_timers_passes_as_a_test(made: tuple[Model, list[str]]) -> None:
    model, claims = made
    for problem in proven(model, claims).diagnostics:
        _, found, block = problem.story.partition("\ntest ")
        assert found or problem.code != "property_fails", problem.story
        if found:
            pasted = model.source([]).rstrip().removesuffix("}") + f"test {block}\n}}\n"
            result = read_definition(pasted, "pasted.hcl")
            assert result.definition is not None, (pasted, result.diagnostics)
            [test] = result.definition.provisioners["p"].tests
            outcome = run_test(compile_definition(result.definition)["p"], test)
            assert outcome.passed, (problem.story, outcome.mismatches)
            told = re.findall(r'^  \d+\. (?:\S+ later )?"([^"]+)"', problem.story, re.MULTILINE)
            assert [one.event.name for one in outcome.decided] == told


@settings(max_examples=60, deadline=None)
@given(claimed(tuple(ODD), timed=True))
def test_times_without_a_common_measure_are_refuted_by_waiting_and_proven_by_less_time(
    made: tuple[Model, list[str]],
) -> None:
    model, claims = made
    brute = BruteForce(model)
    for finding in proven(model, claims).findings:
        claim = finding.property
        if claim.condition is not None:
            continue
        assert isinstance(claim.within, timedelta)
        alike = timedelta(minutes=ODD[text_of(claim.within)])
        fails = brute.fails(replace(claim, within=alike))
        if finding.outcome is Outcome.OPEN:
            assert NO_TICK in finding.reasons or claim.claim is Claim.REACHABLE, finding.because
        else:
            assert finding.outcome is (Outcome.FAILS if fails else Outcome.HOLDS), (claims, finding.because)
