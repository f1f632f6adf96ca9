"""Proofs about states in states, parallel regions and histories, against a plain interpreter of SCXML's algorithm."""

from collections import deque
from dataclasses import dataclass, replace
from functools import cached_property

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.machine.claims import Outcome, length
from engine.machine.definition import Provisioner
from engine.machine.explore import Explorer
from engine.machine.properties import Claim, Property
from engine.machine.prove import prove
from engine.machine.read import read_definition
from engine.machine.space import explore
from tests.properties.charts import ALWAYS, ROUNDS, Chart, EndlessError, Run, charts

CONDITIONS = (Claim.ALWAYS, Claim.NEVER)


@dataclass(frozen=True)
class Node:
    active: frozenset[str]
    kept: frozenset[tuple[str, frozenset[str]]]


def node_of(run: Run) -> Node:
    kept = frozenset((name, frozenset(states)) for name, states in run.kept.items())
    return Node(frozenset(run.configuration), kept)


#: Where a move leads, and the states of each configuration that it comes through.
Way = tuple[Node, tuple[frozenset[str], ...]]


class BruteForce:
    """Everything that a chart can do, each answer by its plain definition."""

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        raised = {event for way in chart.ways for event, _ in way.raises} | set(chart.entering.values())
        waited = {way.event for way in chart.ways} - {ALWAYS}
        #: What can come from outside: not what only the machine itself sends. A pattern stands for a name that only it means.
        self.coming = sorted(name for name in waited - raised if not name.startswith("done.state."))
        self.arrival: tuple[frozenset[str], ...] = ()
        self.start = self.arrived()
        self.edges: dict[Node, set[Node]] = {}
        self.ways: dict[Node, set[Way]] = {}
        #: Where a transition may be taken that leaves no state.
        self.staying: set[Node] = set()
        self.names: dict[Node, str] = {}
        todo = [self.start]
        while todo:
            node = todo.pop()
            if node not in self.edges:
                self.names[node] = self.at(node).text()
                self.ways[node] = self.steps(node)
                self.edges[node] = {after for after, _ in self.ways[node]}
                if node in self.staying:
                    self.edges[node].add(node)
                todo += self.edges[node]

    def arrived(self) -> Node:
        """A new instance, after all that waits for no event."""
        run = Run(self.chart)
        run.begin()
        begin = node_of(run)
        for _ in range(ROUNDS):
            if not run.round(ALWAYS, "neither"):
                queue = run.queue or run.later
                if not queue:
                    self.arrival = (begin.active, *run.seen[:-1]) if run.seen else ()
                    return node_of(run)
                run.round(queue.pop(0), "neither")
        return begin

    def at(self, node: Node) -> Run:
        return Run(self.chart, set(node.active), {name: set(states) for name, states in node.kept})

    def steps(self, node: Node) -> set[Way]:
        found: set[Way] = set()
        for event in self.coming:
            for x in ("true", "false", "neither"):
                run = self.at(node)
                try:
                    taken = run.take(event, x)
                except EndlessError:
                    continue
                moved = any(not word.startswith("way") for word in run.log)
                if taken and moved:
                    found.add((node_of(run), tuple(run.seen[:-1])))
                elif taken:
                    self.staying.add(node)
        return found

    @cached_property
    def distances(self) -> dict[Node, int]:
        found = {self.start: 0}
        todo = deque([self.start])
        while todo:
            node = todo.popleft()
            for after in self.edges[node]:
                if after not in found:
                    found[after] = found[node] + 1
                    todo.append(after)
        return found

    def comes(self, state: str) -> int | None:
        """In how many moves it comes to a state at least, at rest or on the way."""
        found = [self.distances[node] for node in self.edges if state in node.active]
        found += [0 for active in self.arrival if state in active]
        found += [
            self.distances[node] + 1
            for node, ways in self.ways.items()
            for _, passed in ways
            if any(state in active for active in passed)
        ]
        return min(found, default=None)

    def fails(self, claimed: Property) -> bool:
        wanted = set(claimed.states)
        good = {node for node in self.edges if node.active & wanted}
        for _ in range(claimed.moves or len(self.edges) + 1):
            fine = {n: [a in good or through(p, wanted) for a, p in ways] for n, ways in self.ways.items()}
            if claimed.moves:  # where moves are not counted, it does not stay for ever
                for node in self.staying:
                    fine[node].append(node in good)
            some = claimed.claim is Claim.REACHABLE
            good |= {n for n, each in fine.items() if (any(each) if some else each and all(each))}
        return any(node not in good for node in self.starting(claimed))

    def starting(self, claimed: Property) -> set[Node]:
        wanted, begins = set(claimed.states), set(claimed.starts)
        if not begins:
            fine = through(self.arrival, wanted) and claimed.claim is not Claim.REACHABLE
            every = set(self.edges) if claimed.claim is Claim.REACHABLE else {self.start}
            return set() if fine else every
        found = {node for node in self.edges if node.active & begins}
        comings = [(self.start, self.arrival), *(way for ways in self.ways.values() for way in ways)]
        for after, passed in comings:
            started = False
            for active in passed:
                started = not active & wanted and (started or bool(active & begins))
            found |= {after} if started else set()
        return found


def through(passed: tuple[frozenset[str], ...], states: set[str]) -> bool:
    return any(active & states for active in passed)


@st.composite
def claimed_charts(draw: st.DrawFn) -> tuple[Chart, str]:
    chart = replace(draw(charts()), timed=set(), carry=False)
    states = st.sampled_from(sorted(chart.nodes))
    within = st.sampled_from(["", "\nwithin = 1", "\nwithin = 3"])
    one = st.one_of(
        st.builds('never = contains(active, "{}")'.format, states),
        st.builds('reachable = "{}"{}'.format, states, within),
        st.builds('reachable = ["{}", "{}"]\nfrom = "{}"'.format, states, states, states),
        st.builds('eventually = "{}"{}'.format, states, within),
        st.builds('leads_to = ["{}", "{}"]\nfrom = "{}"{}'.format, states, states, states, within),
    )
    claims = draw(st.lists(one, min_size=1, max_size=4))
    blocks = "\n".join(f'property "p{i}" {{\n{claim}\n}}' for i, claim in enumerate(claims))
    return chart, chart.source().rstrip().removesuffix("}") + blocks + "\n}\n"


def read(source: str) -> Provisioner:
    result = read_definition(source, "chart.hcl")
    assert result.definition is not None, (source, result.diagnostics)
    return result.definition.provisioners["p"]


@settings(max_examples=75, deadline=None)
@given(claimed_charts())
def test_what_is_explored_is_what_the_plain_interpreter_does(made: tuple[Chart, str]) -> None:
    chart, source = made
    space = explore(Explorer(provisioner=read(source)))
    brute = BruteForce(chart)
    assert space.exact, (space.sampled, space.undecided)
    assert {c.snapshot.state for c in space.configurations.values()} == set(brute.names.values())
    edges = {(key, move.after.key) for key in space.moves for move in space.steps(key) if not move.quiet}
    assert len(space.configurations) == len(brute.edges)
    assert len(edges) == sum(map(len, brute.edges.values()))


@settings(max_examples=125, deadline=None)
@given(claimed_charts())
def test_properties_come_out_as_by_the_plain_interpreter(made: tuple[Chart, str]) -> None:
    chart, source = made
    brute = BruteForce(chart)
    for finding in prove(read(source)).findings:
        claimed = finding.property
        if claimed.condition is not None:
            state = claimed.condition.text.split('"')[1]
            least = brute.comes(state)
            assert finding.outcome is (Outcome.HOLDS if least is None else Outcome.FAILS), finding.because
            assert least is None or length(finding) == least
        else:
            expected = Outcome.FAILS if brute.fails(claimed) else Outcome.HOLDS
            assert finding.outcome is expected, (claimed, finding.because)
