"""Generated statecharts: as the text of a definition, and as a plain interpreter written after SCXML's appendix D.

The interpreter follows the recommendation's pseudo-code procedure by procedure, with sets and recursion, and shares
nothing with the engine: slow, and easy to hold against the page.
"""

from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from engine.machine.compile import CompiledMachine, compile_definition
from engine.machine.read import read_definition

EVENTS = ("e", "f", "e.g")
#: What a transition may wait for, and what it is meant by.
WAITED = ("e", "f", "e.g", "e.*", "*")
#: What a machine raises itself: at once, or after everything that follows.
RAISED = ("r", "r.s", "r", "q")
ALWAYS = ""
ROUNDS = 250


@dataclass
class Node:
    name: str
    parent: str | None
    kind: str  # atomic, compound, parallel, final
    children: list[str] = field(default_factory=list)
    initial: str | None = None


@dataclass
class Past:
    name: str
    parent: str
    deep: bool
    default: str | None

    def block(self) -> str:
        default = "" if self.default is None else f'transition = "{self.default}"\n'
        return f'history "{self.name.rpartition(".")[2]}" {{\ndeep = {str(self.deep).lower()}\n{default}}}'


@dataclass(frozen=True)
class Way:
    """A transition: the number keeps equal ones apart."""

    number: int
    source: str
    event: str
    #: The event's payload must be so; "" is no guard, another name must be active.
    guard: str
    #: Several names are states in different regions.
    targets: tuple[str, ...]
    #: The state is kept if the targets are inside.
    internal: bool = False
    #: Raised events, and whether each waits for all others.
    raises: tuple[tuple[str, bool], ...] = ()

    def block(self, *, carry: bool = True) -> str:
        head = f'on "{self.event}"' if self.event else "always"
        target = f'transition = "{" & ".join(self.targets)}"\n' if self.targets else ""
        target += "leave = false\n" if self.internal else ""
        raises = "".join(raising(event, later=later, carry=carry) for event, later in self.raises)
        when = f'contains(active, "{self.guard}")'
        if self.guard in {"true", "false"}:
            when = f"event.x == {self.guard}"
        guard = f"when = {when}\n" if self.guard else ""
        return f'{head} {{\n{guard}{target}action "http" "way {self.number}" {{}}\n{raises}}}'


def raising(event: str, *, later: bool, carry: bool) -> str:
    """A block that raises an event, with a payload that says which, or with the one that came before."""
    delay = "delay = 0\n" if later else ""
    payload = f'event = {{ x = event.x, by = "{event}" }}\n' if carry else ""
    return f'raise "{event}" {{\n{delay}{payload}}}\n'


def meant(waited: str, event: str) -> bool:
    """Whether a transition that waits for the one is meant by the other."""
    if waited == "*":
        return event != ALWAYS
    if waited.endswith(".*"):
        return f"{event}.".startswith(waited.removesuffix("*"))
    return waited == event


class EndlessError(Exception):
    pass


@dataclass
class Chart:
    nodes: dict[str, Node]
    pasts: dict[str, Past]
    ways: list[Way]
    tops: list[str]
    #: States with a timer of a minute.
    timed: set[str] = field(default_factory=set)
    #: States that raise an event whenever they are entered.
    entering: dict[str, str] = field(default_factory=dict)
    #: What it raises has a payload of its own.
    carry: bool = True

    # As a definition

    def source(self) -> str:
        blocks = "\n".join(self._block(name) for name in self.tops)
        return f'provisioner "p" {{\nstatemachine "p" {{\ninitial = "{self.tops[0]}"\n{blocks}\n}}\n}}\n'

    def _block(self, name: str) -> str:
        node = self.nodes[name]
        lines = [f'{"parallel" if node.kind == "parallel" else "state"} "{name.rpartition(".")[2]}" {{']
        if node.kind == "final":
            lines.append("final = true")
        if node.initial is not None:
            lines.append(f'initial = "{node.initial}"')
        for moment, word in (("on_enter", "in"), ("on_exit", "out")):
            raises = [self.entering[name]] if word == "in" and name in self.entering else []
            raised = "".join(raising(event, later=False, carry=self.carry) for event in raises)
            lines.append(f'{moment} {{\naction "http" "{word} {name}" {{}}\n{raised}}}')
        if name in self.timed:
            lines.append('after {\ndelay = "1m"\naction "http" "tick" {}\n}')
        lines += [past.block() for past in self.pasts.values() if past.parent == name]
        lines += [way.block(carry=self.carry) for way in self.ways if way.source == name]
        return "\n".join([*lines, *map(self._block, node.children), "}"])

    def compiled(self) -> CompiledMachine:
        """The engine's machine."""
        result = read_definition(self.source(), "chart.hcl")
        if result.definition is None:
            raise AssertionError(result.diagnostics)
        return compile_definition(result.definition)["p"].machine

    # As an interpreter

    def ancestors(self, name: str) -> list[str]:
        parent = self.nodes[name].parent
        return [] if parent is None else [parent, *self.ancestors(parent)]

    def descends(self, name: str, outer: str | None) -> bool:
        return outer is None or outer in self.ancestors(name)

    def order(self, name: str) -> int:
        return list(self.nodes).index(name)


@dataclass
class Run:
    """One instance of a chart."""

    chart: Chart
    configuration: set[str] = field(default_factory=set)
    kept: dict[str, set[str]] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    queue: list[str] = field(default_factory=list)
    later: list[str] = field(default_factory=list)
    #: The configuration after each round that entered something.
    seen: list[frozenset[str]] = field(default_factory=list)

    def text(self) -> str:
        return " & ".join(sorted(s for s in self.configuration if not self.chart.nodes[s].children))

    def begin(self) -> None:
        entering: set[str] = set()
        self.descend(self.chart.tops[0], entering)
        self.configuration = entering

    def take(self, event: str, x: str) -> bool:
        """Decide about an event and whatever follows; whether anything was taken."""
        taken = self.round(event, x)
        if taken:
            for _ in range(ROUNDS):
                if self.round(ALWAYS, x):
                    continue
                queue = self.queue or self.later
                if not queue:
                    return True
                self.round(queue.pop(0), x)
            raise EndlessError
        return False

    def round(self, event: str, x: str) -> bool:
        enabled = self.select(event, x)
        if enabled:
            self.microstep(enabled)
        return bool(enabled)

    def select(self, event: str, x: str) -> list[Way]:
        chart = self.chart
        enabled: list[Way] = []
        atomic = [s for s in chart.nodes if s in self.configuration and not chart.nodes[s].children]
        for state in atomic:
            if chart.nodes[state].kind == "final" and chart.nodes[state].parent is None:
                continue
            ways = (
                way
                for source in (state, *chart.ancestors(state))
                for way in chart.ways
                if way.source == source and meant(way.event, event) and self.holds(way.guard, x)
            )
            first = next(ways, None)
            if first is not None and first not in enabled:
                enabled.append(first)
        return self.without_conflicts(enabled)

    def holds(self, guard: str, x: str) -> bool:
        if guard in {"true", "false"}:
            return guard == x
        return guard == "" or guard in self.configuration

    def without_conflicts(self, enabled: list[Way]) -> list[Way]:
        filtered: list[Way] = []
        for one in enabled:
            preempted = False
            remove: list[Way] = []
            for two in filtered:
                if self.exit_set([one]) & self.exit_set([two]):
                    if self.chart.descends(one.source, two.source):
                        remove.append(two)
                    else:
                        preempted = True
                        break
            if not preempted:
                filtered = [way for way in filtered if way not in remove]
                filtered.append(one)
        return filtered

    def microstep(self, ways: list[Way]) -> None:
        chart = self.chart
        leaving = self.exit_set(ways)
        for past in chart.pasts.values():
            if past.parent in leaving:
                inside = {s for s in self.configuration if chart.descends(s, past.parent)}
                if past.deep:
                    self.kept[past.name] = {s for s in inside if not chart.nodes[s].children}
                else:
                    self.kept[past.name] = {s for s in inside if chart.nodes[s].parent == past.parent}
        for state in sorted(leaving, key=chart.order, reverse=True):
            self.log.append(f"out {state}")
            self.configuration.discard(state)
        for way in ways:
            self.log.append(f"way {way.number}")
            self.send(way)
        self.enter(ways)

    def enter(self, ways: list[Way]) -> None:
        chart = self.chart
        entering: set[str] = set()
        for way in ways:
            targets = self.targets(way)
            for target in way.targets:
                self.descend(target, entering)
            for target in targets:
                self.ascend(target, None, entering)
        for state in sorted(entering, key=chart.order):
            self.configuration.add(state)
            self.log.append(f"in {state}")
            self.queue += [chart.entering[state]] if state in chart.entering else []
            self.complete(chart.nodes[state], self.configuration)
        if entering:
            self.seen.append(frozenset(self.configuration))

    def send(self, way: Way) -> None:
        for raised, later in way.raises:
            (self.later if later else self.queue).append(raised)

    def complete(self, node: Node, active: set[str]) -> None:
        chart = self.chart
        if node.kind != "final" or node.parent is None:
            return
        self.queue.append(f"done.state.{node.parent}")
        grand = chart.nodes[node.parent].parent
        if grand is None or chart.nodes[grand].kind != "parallel":
            return
        if all(self.done(c, active) for c in chart.nodes[grand].children):
            self.queue.append(f"done.state.{grand}")

    def done(self, state: str, active: set[str]) -> bool:
        node = self.chart.nodes[state]
        if node.kind == "compound":
            return any(self.chart.nodes[c].kind == "final" and c in active for c in node.children)
        return node.kind == "parallel" and all(self.done(c, active) for c in node.children)

    def exit_set(self, ways: list[Way]) -> set[str]:
        found: set[str] = set()
        for way in ways:
            if way.targets:
                domain = self.domain(way)
                found |= {s for s in self.configuration if self.chart.descends(s, domain)}
        return found

    def targets(self, way: Way) -> list[str]:
        return [state for target in way.targets for state in self.led_to(target)]

    def led_to(self, target: str) -> list[str]:
        past = self.chart.pasts.get(target)
        if past is None:
            return [target]
        if past.name in self.kept:
            return sorted(self.kept[past.name])
        return [past.default] if past.default is not None else self.first_in(past.parent)

    def first_in(self, state: str) -> list[str]:
        node = self.chart.nodes[state]
        return list(node.children) if node.initial is None else [node.initial]

    def domain(self, way: Way) -> str | None:
        targets = self.targets(way)
        source = self.chart.nodes[way.source]
        if (
            way.internal
            and source.kind == "compound"
            and all(self.chart.descends(t, source.name) for t in targets)
        ):
            return source.name
        for outer in self.chart.ancestors(way.source):
            if self.chart.nodes[outer].kind == "compound" and all(
                self.chart.descends(t, outer) for t in targets
            ):
                return outer
        return None

    def descend(self, state: str, entering: set[str]) -> None:
        chart = self.chart
        past = chart.pasts.get(state)
        if past is not None:
            back = sorted(self.kept[past.name]) if past.name in self.kept else None
            targets = back or ([past.default] if past.default else self.first_in(past.parent))
            for target in targets:
                self.descend(target, entering)
            for target in targets:
                self.ascend(target, past.parent, entering)
            return
        entering.add(state)
        node = chart.nodes[state]
        if node.kind == "compound":
            assert node.initial is not None
            self.descend(node.initial, entering)
            self.ascend(node.initial, state, entering)
        elif node.kind == "parallel":
            for child in node.children:
                if not any(chart.descends(s, child) for s in entering):
                    self.descend(child, entering)

    def ascend(self, state: str, domain: str | None, entering: set[str]) -> None:
        for outer in self.chart.ancestors(state):
            # Active states instead of the transition's domain: where a history leads near its source, the
            # recommendation would enter again what was not left, or not enter what was.
            if outer == domain or outer in self.configuration:
                return
            entering.add(outer)
            if self.chart.nodes[outer].kind == "parallel":
                for child in self.chart.nodes[outer].children:
                    if not any(s == child or self.chart.descends(s, child) for s in entering):
                        self.descend(child, entering)


@st.composite
def charts(draw: st.DrawFn) -> Chart:
    nodes: dict[str, Node] = {}
    tops = _grow(draw, nodes, draw(st.integers(3, 12)), None, 0)
    pasts: dict[str, Past] = {}
    for node in nodes.values():
        inside = [s for s in nodes if s.startswith(node.name + ".")]
        if node.kind == "compound":
            node.initial = draw(st.sampled_from([*node.children, *inside]))
        keeps: bool = draw(st.booleans())
        if node.children and keeps:
            name = f"{node.name}.past"
            pasts[name] = Past(name, node.name, draw(st.booleans()), draw(st.sampled_from([None, *inside])))
    timed = draw(st.sets(st.sampled_from([n.name for n in nodes.values() if n.kind != "final"] or tops)))
    chart = Chart(nodes, pasts, [], tops, {name for name in timed if nodes[name].kind != "final"})
    for node in nodes.values():
        if node.kind != "final":
            _stay(draw, chart, node)
            _lead(draw, chart, node.name)
    _raise(draw, chart)
    return chart


def _grow(draw: st.DrawFn, nodes: dict[str, Node], budget: int, parent: Node | None, depth: int) -> list[str]:
    """Add states inside a state, and return their names."""
    made: list[str] = []
    for number in range(draw(st.integers(2 if parent is None else 1, 3))):
        if len(nodes) >= budget and made:
            break
        # Letters of its own for each depth: a full name must not be found further in.
        own = ("abc", "def", "ghi", "jkl")[depth][number]
        region = parent is not None and parent.kind == "parallel"
        kinds = ["atomic", "atomic"] if region or number == 0 else ["atomic", "final"]
        kinds += ["compound", "parallel"] if depth < 3 else []
        node = Node(
            own if parent is None else f"{parent.name}.{own}",
            None if parent is None else parent.name,
            draw(st.sampled_from(kinds)),
        )
        nodes[node.name] = node
        made.append(node.name)
        if node.kind in {"compound", "parallel"}:
            node.children = _grow(draw, nodes, budget, node, depth + 1)
    return made


def _stay(draw: st.DrawFn, chart: Chart, node: Node) -> None:
    """Add a transition of a state to one inside that may keep the state."""
    inside = [name for name in chart.nodes if chart.descends(name, node.name)]
    if node.kind == "compound" and draw(st.booleans()):
        event, target = draw(st.sampled_from(EVENTS)), draw(st.sampled_from(inside))
        internal: bool = draw(st.booleans())
        chart.ways.append(Way(len(chart.ways), node.name, event, node.name, (target,), internal))


def _raise(draw: st.DrawFn, chart: Chart) -> None:
    """Let transitions, and the entering of a state, raise events; most charts still come to rest."""
    for name in draw(st.sets(st.sampled_from(list(chart.nodes)), max_size=1)):
        chart.entering[name] = draw(st.sampled_from(RAISED))
    for position, way in enumerate(chart.ways):
        if way.event in {*EVENTS, "e.*"}:
            most = draw(st.sampled_from([0, 2, 3]))
            raises = draw(st.lists(st.tuples(st.sampled_from(RAISED), st.booleans()), max_size=most))
            chart.ways[position] = replace(way, raises=tuple(raises))


def _lead(draw: st.DrawFn, chart: Chart, source: str) -> None:
    """Add transitions of a state."""
    ending = {n.parent for n in chart.nodes.values() if n.kind == "final" and n.parent is not None}
    around = {chart.nodes[name].parent for name in ending}
    ending |= {name for name in around if name is not None and chart.nodes[name].kind == "parallel"}
    events = st.sampled_from(
        [*WAITED, *WAITED, "r", "r.s", "r.*", "q", ALWAYS, *(f"done.state.{name}" for name in sorted(ending))]
    )
    closed: set[str] = set()
    for event in draw(st.lists(events, max_size=4)):
        if any(meant(first, event) for first in closed):
            continue
        guard = draw(st.sampled_from(["", "true", "false", *chart.nodes]))
        targets: list[tuple[str, ...]] = [
            (),
            *((name,) for name in (*chart.nodes, *chart.pasts, *chart.pasts)),
        ]
        targets += _together(chart) * 2
        if guard == "":
            closed.add(event)
            if event == ALWAYS:
                targets = [t for t in targets if t not in {(), (source,)}]
        chosen = draw(st.sampled_from(targets))
        inside = bool(chosen) and all(
            chart.descends(chart.pasts[t].parent if t in chart.pasts else t, source)
            or (t in chart.pasts and chart.pasts[t].parent == source)
            for t in chosen
        )
        internal = inside and chart.nodes[source].kind == "compound" and draw(st.booleans())
        way = Way(len(chart.ways), source, event, guard, chosen, internal)
        chart.ways.append(way)


def _together(chart: Chart) -> list[tuple[str, ...]]:
    """Pairs of states in different regions, in the order of their names."""
    found: list[tuple[str, ...]] = []
    for one in chart.nodes:
        for two in chart.nodes:
            shared = next((s for s in chart.ancestors(one) if s in chart.ancestors(two)), None)
            apart = one not in chart.ancestors(two) and two not in chart.ancestors(one)
            if one < two and apart and shared is not None and chart.nodes[shared].kind == "parallel":
                found.append((one, two))
    return found
