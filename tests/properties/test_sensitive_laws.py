"""Whatever is made of a sensitive value, nothing that is told of a machine shows it, or a piece of it."""

from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.cli.telling import simulated_as_json, told
from engine.cli.testing import failure
from engine.decide.decide import decide_again
from engine.decide.run_test import run_test
from engine.decide.simulate import Simulated, Situation, pass_time, simulate, simulate_event
from engine.diagnostics import render
from engine.language import parse
from engine.language.functions.sensitivity import SHOWS
from engine.machine.compile import compile_definition
from engine.machine.masks import shown_facts
from engine.machine.prove import prove
from engine.machine.read import read_definition
from engine.model import Delivery, Entity, Event
from engine.run.echoes import echoes_of
from engine.store.encoding import encode, settled

MARKER = "Q7rT2xKp9ZwL4mVb8NcY3sHd"
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
PIECE = 8

LEAVES = st.sampled_from(
    [
        *["var.marker"] * 4,
        'var["marker"]',
        "var",
        "var.box.inside",
        "local.x",
        "local",
        "context.m",
        "context.n",
        "context",
        "event.v",
        "event",
        "fired",
        "1",
        '"t"',
        "state",
    ]
)


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    one = [
        "upper({0})",
        "lower({0})",
        'join("", reverse(split("", {0})))',
        "substr({0}, 2, 12)",
        '"Bearer ${{{0}}}"',
        '"%{{ if true }}${{{0}}}%{{ endif }}"',
        "jsonencode({{ t = {0} }})",
        "[for v in [{0}] : v]",
        "{{ for v in [{0}] : v => 1 }}",
        "[{{ a = {0} }}][*].a",
        "[{0}][0]",
        "keys({{ ({0}) = 1 }})",
        "{{ a = {0}, b = event.v }}",
        "try({0}, 1)",
        "coalesce({0}, 1)",
        'regexall("[A-Za-z]+[0-9]", {0})',
        'format("%q", {0})',
        "sensitive({0})",
        "!can({0})",
        # What fails, and says with what.
        "{0} + 1",
        "tonumber({0})",
        "parseint({0}, 10)",
        "jsondecode({0})",
        'timeadd({0}, "1h")',
        'regex({0}, "[")',
        'regex("(", {0})',
        "{0}.nowhere",
        "{{ a = 1 }}[{0}]",
        "[1][{0}]",
        "[for v in [{0}] : v.nowhere]",
        "[{0}][*].nowhere",
        "{0} ? 1 : 2",
        "nonsensitive({0}.nowhere)",
    ]
    two = [
        "{0} == {1}",
        "{0} != {1} && {1} == {0}",
        "startswith({0}, {1})",
        "merge({{ a = {0} }}, {{ b = {1} }})",
        "[{0}, {1}]",
        "{0} == {1} ? {0} : {1}",
        "concat([{0}], [{1}])",
        "[for v in [{0}] : v if v == {1}]",
        "lookup({{ a = {0} }}, {1}, {0})",
    ]
    return st.one_of(
        st.tuples(st.sampled_from(one), inner).map(lambda p: p[0].format(p[1])),
        st.tuples(st.sampled_from(two), inner, inner).map(lambda p: p[0].format(p[1], p[2])),
    )


EXPRESSIONS = st.recursive(LEAVES, grown, max_leaves=5)
#: A local must not need itself, and a delay that is known at once must be one.
UNBOUND = EXPRESSIONS.filter(lambda text: "local" not in text)
DELAYS = st.just('"1h"') | EXPRESSIONS.map(lambda text: f"[event, {text}][1]")

TEXT = """
variable "marker" {{
  default   = "{marker}"
  sensitive = {sensitive}
}}
variable "box" {{ default = {{ inside = "plain" }} }}
locals {{
  x = {local}
}}
provisioner "soc" {{
  receive "github" "release" {{
    when   = {when}
    entity = event.key
    fire   = "next"
  }}
  statemachine "soc" {{
    initial = "a"
    state "a" {{
      on "next" {{
        when       = {guard}
        transition = "b"
        set        = {{ m = {set}, n = event.v }}
        request {{ comment = {argument} }}
        action "http" "call" {{
          url     = "https://x.example"
          headers = {{ authorization = {argument} }}
          body    = {{ n = context.n, m = context.m }}
        }}
        raise "more" {{ event = {{ v = {payload} }} }}
        raise "late" {{
          delay = "1h"
          event = {{ v = {payload} }}
        }}
      }}
      on "next" {{
        when       = !can(context.m)
        transition = "b"
        set        = {{ m = {set} }}
      }}
      on "other" {{ set = {{ p = {argument} }} }}
    }}
    state "b" {{
      on "more" {{
        when       = {guard}
        transition = "c"
        set        = {{ o = event.v }}
      }}
      on "late" {{
        when       = event.v == context.m
        transition = "c"
        action "http" "call" {{ body = event.v }}
      }}
      on "next" {{ transition = "a" }}
      after {{
        delay      = {delay}
        transition = "a"
      }}
    }}
    state "c" {{
      on "next" {{
        when       = context.o == {set}
        transition = "a"
        action "http" "call" {{ body = context }}
      }}
      on "other" {{ transition = "<end>" }}
    }}
  }}
  property "claimed" {{
    never = state == "b" && {claim}
  }}
  test "expected" {{
    given {{
      state   = "a"
      context = {{ m = upper(var.marker), n = lower(var.marker) }}
    }}
    when "next" {{ event = {{ v = substr(var.marker, 1, 10) }} }}
    then {{
      context = {{ n = "none", m = upper(var.marker) }}
      effects = [{{ name = "nothing", arguments = {{ body = var.marker }} }}]
    }}
  }}
}}
"""
PLACES = ("local", "when", "guard", "set", "argument", "payload", "delay", "claim")
PAYLOADS: list[dict[str, Any]] = [{"v": 1, "key": "SOC-1"}, {"v": "text", "key": "SOC-1"}, {"key": "SOC-1"}]


def shown_pieces(text: str) -> set[str]:
    """Which pieces of the marker a text shows, as it is, reversed or in base64, whatever the case."""
    found = set()
    packed = {b64encode(b" " * n + MARKER.encode()).decode()[4 if n else 0 :].rstrip("=") for n in range(3)}
    for form in (MARKER, MARKER[::-1], *packed):
        for start in range(len(form) - PIECE + 1):
            piece = form[start : start + PIECE].lower()
            if piece in text.lower():
                found.add(piece)
    return found


def source_of(places: dict[str, str], *, sensitive: bool = True) -> str:
    return TEXT.format(marker=MARKER, sensitive=str(sensitive).lower(), **places)


def outputs(source: str) -> Iterator[tuple[str, str]]:
    """Everything that anybody is told about a definition and its decisions."""
    read = read_definition(source, "soc.hcl")
    yield "diagnostics", render(read.diagnostics, read.sources)
    yield "diagnostics as JSON", encode([d.as_json() for d in read.diagnostics])
    definition = read.definition
    if definition is None:
        return
    provisioner = definition.provisioners["soc"]
    compiled = compile_definition(definition)["soc"]
    proof = prove(provisioner)
    yield "proofs", render(proof.diagnostics, read.sources)
    for test in provisioner.tests:
        yield "tests", "\n".join(failure(run_test(compiled, test)))
    for payload in PAYLOADS:
        delivery = Delivery(source="github", type="release", id="", received_at=NOW, payload=payload)
        said = simulate([compiled], Situation(), delivery, NOW)
        yield "ignored", "\n".join(said.ignored)
        decided = list(said.decided)
        situation = Situation()
        for name in ("next", "other", "more", "next"):
            event = Event(name=name, entity=Entity(project="soc", id="SOC-1"), payload=payload)
            one, situation = simulate_event(compiled, situation, event, NOW)
            decided.append(one)
            passed = pass_time(compiled, situation, datetime(2026, 2, 3, tzinfo=UTC))
            decided += passed.decided[:20]
            situation = passed.after
        for one in decided:
            yield from of_decision(one)
            once = decide_again(compiled, settled(one.decision.facts), payload)
            again = decide_again(compiled, settled(once.facts), payload)
            assert encode(again) == encode(once)


def of_decision(one: Simulated) -> Iterator[tuple[str, str]]:
    step = one.decision.step
    yield "told", "\n".join(told(one))
    yield "as JSON", orjson.dumps(simulated_as_json(one)).decode()
    yield "trace", encode(step.trace)
    yield "facts", encode(shown_facts(one.decision.facts))
    for effect in step.effects:
        echoes = echoes_of(effect)
        if echoes is not None:
            yield "echoes", echoes.hide(f"the backend refuses {encode(effect.arguments)}")


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.fixed_dictionaries({**dict.fromkeys(PLACES, EXPRESSIONS), "local": UNBOUND, "delay": DELAYS}))
def test_nothing_that_is_told_shows_a_piece_of_a_sensitive_value(places: dict[str, str]) -> None:
    source = source_of(places)
    assert parse(source, "soc.hcl").diagnostics == ()
    for what, text in outputs(source):
        assert not shown_pieces(text), f"{what}: {text}"


def test_the_outputs_would_show_a_value_that_is_not_sensitive() -> None:
    places = dict.fromkeys(PLACES, "var.marker")
    places |= {
        "when": "var.marker == event.v",
        "guard": "var.marker != event.v",
        "delay": '"1h"',
        "claim": "event.v == var.marker",
    }
    plain = {what for what, text in outputs(source_of(places, sensitive=False)) if shown_pieces(text)}
    assert plain >= {"told", "as JSON", "trace", "facts", "tests", "proofs", "ignored"}
    assert not [what for what, text in outputs(source_of(places)) if shown_pieces(text)]
    open_ = {place: text.replace("var.marker", f"{SHOWS}(var.marker)") for place, text in places.items()}
    assert {what for what, text in outputs(source_of(open_)) if shown_pieces(text)} >= {"told", "as JSON"}


def test_a_value_stays_hidden_when_its_machine_does_not_know_any_more_what_it_is_made_of() -> None:
    places = dict.fromkeys(PLACES, "true") | {"set": "lower(var.marker)", "delay": '"1h"', "claim": "false"}
    first = read_definition(source_of(places), "soc.hcl").definition
    later = read_definition(
        source_of(places | {"set": '"clean"'})
        .replace("var.marker", '"x"')
        .replace("sensitive = true", "")
        .replace(MARKER, "another"),
        "soc.hcl",
    ).definition
    assert first is not None
    assert later is not None
    event = Event(name="next", entity=Entity(project="soc", id="SOC-1"), payload={"v": 1})
    one, situation = simulate_event(compile_definition(first)["soc"], Situation(), event, NOW)
    assert one.decision.step.snapshot.context["m"] == MARKER.lower()
    assert dict(one.decision.step.snapshot.sensitive) == {"context.m": ["var.marker"]}
    two, _ = simulate_event(compile_definition(later)["soc"], situation, event, NOW)
    assert two.decision.step.snapshot.context["m"] == MARKER.lower()
    assert not [text for _, text in of_decision(two) if shown_pieces(text)]
