"""What may stand where a value is settled before any event comes in, and what is said of what may not."""

import pytest

from engine.machine.read import read_definition

MACHINE = """
locals {
  start  = "open"
  next   = "${local.start}ed"
  names  = { open = "Open", opened = "Opened", done = "Done" }
  secret = var.token
  later  = event.action
}
variable "token" {
  default   = "s3cr3t"
  sensitive = true
}
provisioner "dev" {
  aliasmapper "dev" { aliases = %(aliases)s }
  statemachine "dev" {
    initial = %(initial)s
    state "open" "next" { transition = %(target)s }
    state "opened" "next" {
      when       = %(when)s
      transition = "done"
    }
    state "done" { final = true }
  }
}
"""
FINE = {"aliases": "local.names", "initial": "local.start", "target": "local.next", "when": "true"}


def told(**parts: str) -> list[tuple[str, str]]:
    found = read_definition(MACHINE % {**FINE, **parts}, "x.hcl")
    return [(p.code, p.detail) for p in found.diagnostics if p.severity.value == "error"]


def test_a_local_that_needs_no_event_is_a_constant_and_is_used() -> None:
    found = read_definition(MACHINE % FINE, "x.hcl")
    assert found.definition is not None, found.diagnostics
    machine = found.definition.provisioners["dev"].machine
    assert (machine.initial, machine.transitions[0].target) == ("open", "opened")
    assert machine.status_of("opened") == "Opened"
    unused = [p.summary for p in found.unused if p.code == "unused_local"]
    assert unused == ["local.secret is used nowhere", "local.later is used nowhere"]


@pytest.mark.parametrize(
    ("parts", "code", "said"),
    [
        ({"initial": "local.later"}, "unknown_name", "Known here: local, var."),
        ({"aliases": "local"}, "unknown_name", "Name one of them: local.NAME."),
        ({"initial": "local.strat"}, "unknown_name", 'Did you mean "start"?'),
        ({"initial": "local.secret"}, "sensitive_shown", "nonsensitive"),
        ({"target": "event.action"}, "unknown_name", "This is settled before any event comes in."),
        ({"when": 'previous == ""'}, "unknown_name", "A guard is asked before anything has happened"),
        ({"target": '"<End>"'}, "transition_state_unregistered", 'Did you mean "<end>"?'),
    ],
)
def test_what_has_no_value_there(parts: dict[str, str], code: str, said: str) -> None:
    [(found, detail)] = told(**parts)
    assert found == code
    assert said in detail


def test_a_receive_block_sees_no_machine() -> None:
    text = (MACHINE % FINE).replace(
        "  aliasmapper", '  receive "github" "release" {\n    when   = state == "open"\n    entity = "DEV-1"\n    fire   = "next"\n  }\n  aliasmapper'
    )  # fmt: skip
    [problem] = [p for p in read_definition(text, "x.hcl").diagnostics if p.severity.value == "error"]
    assert problem.detail.startswith("Machines know it")


@pytest.mark.parametrize(
    ("written", "advice"),
    [
        ("map", "Say of what: map(TYPE)."),
        ("list", "Say of what: list(TYPE)."),
        ("object", "Say of what: object({ NAME = TYPE })."),
        ("dict", "Say of what: map(TYPE)."),
        ('"map"', "Write it without quotes: type = map(TYPE)."),
        ('"string"', "Write it without quotes: type = string."),
        ('"text"', "Write it without quotes: type = string."),
        ("text", 'Did you mean "string"?'),
        ("str", 'Did you mean "string"?'),
        ("int", 'Did you mean "number"?'),
        ("boolean", 'Did you mean "bool"?'),
        ("sting", 'Did you mean "string"?'),
    ],
)
def test_what_other_languages_call_a_type(written: str, advice: str) -> None:
    found = read_definition(f'variable "x" {{ type = {written} }}', "x.hcl").diagnostics
    assert [p.detail for p in found if p.code == "unknown_type"] == [advice]


def test_a_default_is_written_out() -> None:
    found = read_definition('variable "x" { default = var.y }', "x.hcl").diagnostics
    assert [(p.summary, p.detail) for p in found if p.code == "unknown_name"] == [
        ('"var" has no value here', "This is written out: it depends on nothing. No names are known here.")
    ]


def test_the_character_that_nobody_sees_is_named() -> None:
    text = 'provisioner "d" {\n  statemachine "d" {\n    initial = "a"\n    state "do\u200dne" {\n    }\n    state "a" {\n    }\n  }\n}'
    [detail] = [p.detail for p in read_definition(text, "x.hcl").diagnostics if p.code == "bad_name"]
    assert detail == "Character 3 is U+200D, ZERO WIDTH JOINER: remove it. Use 1 to 128 printable characters."


def test_a_history_may_be_meant() -> None:
    text = """
provisioner "d" {
  statemachine "d" {
    initial = "a"
    state "a" "go" { transition = "review.lst" }
    state "review" {
      initial = "wait"
      state "wait" "go" { transition = "lst" }
      history "last" {
      }
    }
  }
}
"""
    found = [p.detail for p in read_definition(text, "x.hcl").diagnostics if "target" in p.summary]
    assert found == ['Did you mean "review.last"?', 'Did you mean "last"?']
