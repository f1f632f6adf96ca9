"""Whatever document comes, the importer answers, and what it converts without an error is a definition."""

from datetime import UTC, datetime
from xml.sax.saxutils import quoteattr

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.diagnostics import errors_in
from engine.machine.compile import compile_definition
from engine.machine.read import read_definition
from engine.machine.step import step
from engine.model import Entity, Event, Snapshot, Verdict
from engine.scxml.convert import convert
from tests.properties.charts import Chart, EndlessError, Run, charts

NOW = datetime(2024, 1, 1, tzinfo=UTC)
ENTITY = Entity(project="p", id="P-1")

NAMES = (
    "state", "state", "parallel", "final", "history", "initial", "transition", "transition", "onentry", "onexit", "datamodel",
    "data", "assign", "raise", "send", "cancel", "if", "elseif", "else", "foreach", "log", "script", "donedata", "param",
    "content", "other",
)  # fmt: skip
ATTRIBUTES = {
    "id": ("a", "b", "c", "a.b", "ü", "", "x y", '"', "<end>", "after.a.1"),
    "target": ("a", "b", "a b", "c", "", "nowhere", "#_internal"),
    "event": ("e", "e f", "*", "e.*", ".*", "done.state.a", "error", "", "after.a.1", "effect.failed", '"', "<x>"),
    "cond": ("true", "v == 1", "v + w", "In('a')", "!v", "w", "_event.data.x > 1", "x y", "((", "'" * 3, "v ? w : 1", "-v < 2"),
    "expr": ("1", "'t'", "v + 1", "v + v", "w", "[1, 2]", "{a: 1}", "return", "In('a') && v", "'${v}'", "\\", "v.w.x", "w + 'a'"),
    "location": ("v", "w", "nothing", ""),
    "initial": ("a", "b", "a b", ""),
    "type": ("deep", "internal", "shallow", "scxml"),
    "delay": ("1s", "0s", "x", ""),
    "sendid": ("a", "b"),
    "array": ("[1,2]", "v", "w", "3"),
    "item": ("v", "w", "1"),
    "binding": ("late", "early"),
}  # fmt: skip


@st.composite
def elements(draw: st.DrawFn, depth: int = 0) -> str:
    name = draw(st.sampled_from(NAMES))
    given_names = draw(st.lists(st.sampled_from(sorted(ATTRIBUTES)), unique=True, max_size=3))
    attributes = "".join(f" {key}={quoteattr(draw(st.sampled_from(ATTRIBUTES[key])))}" for key in given_names)
    inner = draw(st.lists(elements(depth=depth + 1), max_size=3)) if depth < 3 else []
    text = draw(st.sampled_from(["", "", "t", "[1]", "{"]))
    return f"<{name}{attributes}>{text}{''.join(inner)}</{name}>"


@st.composite
def documents(draw: st.DrawFn) -> str:
    data = '<datamodel><data id="v" expr="0"/><data id="w"/></datamodel>'
    body = "".join(draw(st.lists(elements(), min_size=1, max_size=4)))
    return (
        f'<scxml xmlns="http://www.w3.org/2005/07/scxml">{data}<state id="first">{body}</state>{body}</scxml>'
    )


@settings(deadline=None)
@given(documents())
def test_every_document_is_answered_and_what_has_no_error_is_a_definition(text: str) -> None:
    done = convert(text, "x.scxml")
    assert convert(text, "x.scxml") == done
    if done.text is not None and not errors_in(done.diagnostics):
        assert not errors_in(read_definition(done.text, "x.hcl").diagnostics)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_every_text_is_answered(text: str) -> None:
    assert convert(text, "x.scxml").diagnostics


@settings(deadline=None)
@given(st.text(alphabet="abv w_.'\"()[]{}!=<>&|+-*/%?:,019\\", max_size=40))
def test_every_expression_is_answered(text: str) -> None:
    whole = (
        '<scxml xmlns="http://www.w3.org/2005/07/scxml"><datamodel><data id="v" expr="0"/><data id="w"/></datamodel>'
        f'<state id="a"><onentry><assign location="w" expr={quoteattr(text)}/></onentry>'
        f'<transition event="e" cond={quoteattr(text)} target="a"/></state></scxml>'
    )
    done = convert(whole, "x.scxml")
    if not errors_in(done.diagnostics):
        assert done.text is not None
        assert not errors_in(read_definition(done.text, "x.hcl").diagnostics)


def as_scxml(chart: Chart) -> str:
    """The chart as a document: ids are full names, what is done is told by a variable."""

    def told(word: str) -> str:
        return f'<assign location="told" expr="told + {quoteattr(" " + word)[1:-1].join(chr(39) * 2)}"/>'

    def state(name: str) -> str:
        node = chart.nodes[name]
        kind = "state" if node.kind in {"atomic", "compound"} else node.kind
        initial = f' initial="{node.initial}"' if node.initial else ""
        raised = f'<raise event="{chart.entering[name]}"/>' if name in chart.entering else ""
        parts = [f"<onentry>{told(f'in {name}')}{raised}</onentry><onexit>{told(f'out {name}')}</onexit>"]
        for past in chart.pasts.values():
            if past.parent == name:
                default = past.default or " ".join(node.children if node.initial is None else [node.initial])
                depth = "deep" if past.deep else "shallow"
                parts.append(
                    f'<history id="{past.name}" type="{depth}"><transition target="{default}"/></history>'
                )
        for way in chart.ways:
            if way.source == name:
                guard = {"": "", "true": "_event.data.x", "false": "!_event.data.x"}.get(
                    way.guard, f"In('{way.guard}')"
                )
                sent = "".join(
                    f'<{"send" if later else "raise"} event="{event}"/>' for event, later in way.raises
                )
                given_event = f' event="{way.event}"' if way.event else ""
                target = f' target="{" ".join(way.targets)}"' if way.targets else ""
                kept = ' type="internal"' if way.internal else ""
                cond = f' cond="{guard}"' if guard else ""
                parts.append(
                    f"<transition{given_event}{cond}{target}{kept}>{told(f'way {way.number}')}{sent}</transition>"
                )
        return f'<{kind} id="{name}"{initial}>{"".join([*parts, *map(state, node.children)])}</{kind}>'

    body = "".join(map(state, chart.tops))
    return (
        '<scxml xmlns="http://www.w3.org/2005/07/scxml">'
        f'<datamodel><data id="told" expr="\'\'"/></datamodel>{body}</scxml>'
    )


@settings(deadline=None)
@given(charts(), st.lists(st.sampled_from(["e", "f", "e.g"]), min_size=1, max_size=6))
def test_a_converted_chart_does_what_the_plain_interpreter_does(chart: Chart, walk: list[str]) -> None:
    # What an event carries is gone after a <raise>: guards look at other states only.
    chart.ways = [way for way in chart.ways if way.guard not in {"true", "false"}]
    done = convert(as_scxml(chart), "x.scxml", plain_events=True)
    assert done.text is not None
    if errors_in(done.diagnostics):  # a loop that nothing ends
        assert {d.summary.split(":")[0] for d in done.diagnostics} >= {"As a definition this is wrong"}
        return
    read = read_definition(done.text, "x.hcl")
    assert read.definition is not None
    (provisioner,) = compile_definition(read.definition).values()
    run = Run(chart)
    run.begin()
    at = Snapshot(state=done.states[chart.tops[0]], context={"told": ""})
    for name in walk:
        at = Snapshot(state=at.state, context={"told": ""}, histories=at.histories)
        result = step(
            provisioner.machine, at, Event(name=name, entity=ENTITY, receive="s.t", payload={}), NOW
        )
        run.log = []
        try:
            run.take(name, "")
        except EndlessError:
            assert result.trace.verdict is Verdict.ENDLESS
            return
        found = provisioner.machine.configuration(result.snapshot.state)
        assert found is not None
        back = {full: own for own, full in done.states.items()}
        leaves = {s for s in run.configuration if not chart.nodes[s].children}
        assert {back[s] for s in found.innermost} == leaves
        assert result.snapshot.context["told"].split(" ")[1:] == " ".join(run.log).split(" ") or run.log == []
        at = result.snapshot
