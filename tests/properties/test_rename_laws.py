"""A rename is accepted only if the machine is the same afterwards but for the name, whatever holds the name and however."""

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import assume, example, given, settings
from hypothesis import event as note
from hypothesis import strategies as st

from engine.editor.document import Document
from engine.editor.rename import CannotRenameError, apply, rename
from engine.machine.compile import CompiledMachine, compile_definition
from engine.machine.read import read_definition
from engine.machine.step import step
from engine.model import EffectKind, Entity, Event, Snapshot

NOW = datetime(2024, 1, 31, 12, 0, tzinfo=UTC)
LEFT, RIGHT = "both.left.on", "both.right.on"
#: Full names, each with the text before which its own name is declared.
STATES = {
    "open": 'open" {',
    "in_review": 'in_review" {',
    "both": 'both" {',
    "both.left": 'left" {',
    LEFT: 'on" { # left',
    RIGHT: 'on" { # right',
}
NEW = ("reviewing", "zest", "a", "open", "off", "on_", "go")
#: Where an instance may be.
STARTS = (
    "open",
    "in_review",
    "both.left.off & both.right.off",
    f"{LEFT} & {RIGHT}",
    "both.left.end & both.right.on",
)
#: Constants that may be, or hold, the name of a state: of `N` one is put in.
ONE = (
    '"N"',
    '("N")',
    "local.near",
    "(local.near)",
    "local.far",
    "var.w",
    'lower(upper("N"))',
    '(true ? "N" : "x")',
    '"${local.near}"',
    'local["near"]',
    "local.named.near",
    "local.many[0]",
    'coalesce(null, "N")',
    "null",
    "7",
)
MANY = (
    "local.many",
    '["N", "open"]',
    "[local.near]",
    'concat(["N"], ["x"])',
    'keys({ "N" = 1 })',
    "[var.w, local.far]",
)
KEYED = ("local.by_state", '{ "N" = 1, open = 2 }', "{ (local.near) = 1 }")
LOOSE = ("event.x", "context.was", "entity.id", "local.loose")
#: Guards: `O` is a constant, `M` a list of them, `K` an object, `L` something that is no constant, `S` a state's name.
CONDITIONS = (
    "S == O",
    "O != S",
    "!(S == O)",
    '"${S}" == O',
    "contains(active, O)",
    "contains(M, S)",
    "lookup(K, S, 0) == 1",
    "K[S] == 1",
    "S == O && S != O",
    "(S == O ? 1 : 2) == 1",
    "local.here",
    "local.other == O",
    "S == L",
    "L == O",
    "contains(M, L)",
    "contains(active, L)",
    "upper(S) == upper(O)",
    'startswith(S, "in_")',
    '"x${S}" == "x${O}"',
    "length(S) == length(O)",
    "fired == O",
    'fired == "done.state.N"',
    "anytrue([for s in M : s == S])",
    "length([for s in active : s if s == O]) == 1",
    "jsonencode(active) == jsonencode(M)",
    "state == L || contains(M, state)",
)
VALUES = ("S", "O", "fired", "M", '"at ${S}"', "K[S]", "event.x", "active", "S == O", "{ s = O }", "S")
OTHERS = (*STATES, f"{LEFT} & {RIGHT}", f"{RIGHT} & {LEFT}", "x", "done.state.both")


@st.composite
def filled(draw: st.DrawFn, patterns: tuple[str, ...], own: str, names_of: st.SearchStrategy[str]) -> str:
    """A pattern with something in each of its places."""
    text = draw(st.sampled_from(patterns))
    for mark, some in (("S", (own,)), ("L", LOOSE), ("K", KEYED), ("M", MANY), ("O", ONE)):
        for _ in range(text.count(mark)):
            # Whatever is put in is marked, so that capitals in it are not taken for places.
            text = text.replace(mark, draw(st.sampled_from(some)).lower().replace('"n"', '"\0"'), 1)
    text = text.replace('state.N"', 'state.\0"')
    while "\0" in text:
        text = text.replace("\0", draw(names_of), 1)
    return text


def full(old: str, own: str) -> str:
    """The full name of a state that gets another own name."""
    around = old.rpartition(".")[0]
    return f"{around}.{own}" if around else own


@st.composite
def machines(draw: st.DrawFn) -> tuple[str, str, str]:
    """A definition, a state in it, and what it is to be called."""
    old, own = draw(st.sampled_from(list(STATES))), draw(st.sampled_from(NEW))
    names_of = st.sampled_from([old, old, old, full(old, own), *OTHERS])
    # The first ones can be followed, and are drawn more often: else nearly every rename would be refused.
    one = st.one_of(
        *(filled(some, "state", names_of) for some in (CONDITIONS[:10], CONDITIONS[:6], CONDITIONS))
    )
    value = st.one_of(
        st.just("event.x"),
        *(filled(some, "state", names_of) for some in (VALUES[-3:-1], VALUES)),
        filled(VALUES, "previous", names_of),
    )
    # In most of them names stand in a few places only.
    busy = draw(st.sampled_from([0, 1, 1, 2]))
    spots = draw(st.sets(st.integers(0, 8), min_size=busy, max_size=busy))
    guards = [f"when = {draw(one)}" if spot in spots else "" for spot in range(5)]
    sets = [f"set = {{ was = {draw(value)} }}" if spot in spots else "" for spot in range(5, 8)]
    told = draw(value) if 8 in spots else "1"
    near, far, default = draw(names_of), draw(names_of), draw(names_of)
    text = f"""\
variable "w" {{ default = "{default}" }}
locals {{
  near     = "{near}"
  far      = "{far}"
  here     = {draw(filled(CONDITIONS[:10], "state", names_of))}
  other    = state
  go       = "in_review"
  loose    = event.x
  many     = ["{draw(names_of)}", "open"]
  named    = {{ near = "{draw(names_of)}" }}
  by_state = {{ "{draw(names_of)}" = 1 }}
}}
provisioner "p" {{
  statemachine "p" {{
    initial = "open"
    state "open" {{
      on "e" {{
        {guards[0]}
        transition = "in_review"
        {sets[0]}
      }}
      on "f" {{ transition = {draw(st.sampled_from(['"both"', "local.go", '"both.left.on"']))} }}
    }}
    state "in_review" {{
      on "e" {{
        {guards[1]}
        transition = "open"
        {sets[1]}
      }}
      on "f" {{ transition = "both" }}
    }}
    parallel "both" {{
      on "g" {{
        {guards[2]}
        transition = "open"
        action "http" "tell" {{ body = {told} }}
      }}
      on "done.state.both" {{
        {guards[4]}
        transition = "in_review"
        set        = {{ ended = 1 }}
      }}
      state "left" {{
        initial = "off"
        state "off" {{
          on "e" {{ transition = "on" }}
        }}
        state "on" {{ # left
          on "f" {{
            {guards[3]}
            transition = "off"
            {sets[2]}
          }}
          on "e" {{ transition = "end" }}
        }}
        state "end" {{ final = true }}
      }}
      state "right" {{
        initial = "off"
        state "off" {{
          on "e" {{ transition = "on" }}
        }}
        state "on" {{ # right
          on "f" {{ transition = "end" }}
        }}
        state "end" {{ final = true }}
      }}
    }}
  }}
}}
"""
    return text, old, own


def compiled(text: str) -> CompiledMachine | None:
    definition = read_definition(text, "p.hcl").definition
    return None if definition is None else compile_definition(definition)["p"].machine


def walked(machine: CompiledMachine, start: str, events: list[tuple[str, str]]) -> list[tuple[str, Any, Any]]:
    """Where an instance is after each event, what it remembers, and what it calls with which arguments."""
    at = Snapshot(state=start)
    course = []
    for name, x in events:
        event = Event(name=name, entity=Entity(project="p", id="P-1"), payload={"x": x})
        result = step(machine, at, event, NOW)
        at = result.snapshot
        calls = [(e.name, e.arguments) for e in result.effects if e.kind is EffectKind.ACTION]
        course.append((at.state, dict(at.context), json.dumps(calls, default=str)))
    return course


def called(state: str, old: str, new: str) -> str:
    """What a state is called afterwards."""
    parts = [
        new + part[len(old) :] if part == old or part.startswith(f"{old}.") else part
        for part in state.split(" & ")
    ]
    return " & ".join(sorted(parts))


events_ = st.lists(
    st.tuples(st.sampled_from("eefg"), st.sampled_from(["in_review", "reviewing", "open", "x"])),
    min_size=2,
    max_size=8,
)
PLAIN = """\
locals { near = "in_review" }
provisioner "p" {
  statemachine "p" {
    initial = "open"
    state "open" {
      on "e" { transition = "in_review" }
    }
    state "in_review" {
      on "e" {
        when       = state == local.near
        transition = "open"
      }
    }
  }
}
"""


@settings(max_examples=300)  # most machines hold no name where it matters
@given(machines(), events_)
@example((PLAIN, "in_review", "reviewing"), [("e", "x"), ("e", "x")])
def test_a_rename_that_is_accepted_changes_nothing_but_the_name(
    machine: tuple[str, str, str], events: list[tuple[str, str]]
) -> None:
    text, old, own = machine
    before = compiled(text)
    assume(before is not None)
    assert before is not None
    files = {"own": Document(text, "p.hcl")}
    try:
        changed = apply(text, rename(files, "own", text.index(f'"{STATES[old]}') + 1, own)["own"])
    except CannotRenameError:
        note("refused")
        return
    note("accepted")
    after = compiled(changed)
    assert after is not None
    new = full(old, own)
    for start in STARTS:
        if not set(start.split(" & ")) <= before.definition.states.keys():
            continue
        expected = [(called(state, old, new), *rest) for state, *rest in walked(before, start, events)]
        assert walked(after, called(start, old, new), events) == expected
