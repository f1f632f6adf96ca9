"""A slip in one value takes away no finding that does not depend on that value, and adds none but its own."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.diagnostics import Diagnostic, Severity
from engine.language import parse
from engine.machine.prove import prove
from engine.machine.read import read_definition
from engine.processors.registry import load_processors
from engine.run.arguments import check_arguments
from engine.sources.check import check_sources

FAULTY = """
variable "idle" {
  default = 1
}
variable "grace" {
  default = "72h"
}
locals {
  busy   = event.action == "opened"
  unused = 3
}
provisioner "soc" {
  receive "github" "issues" {
    when     = local.busy
    entity   = issue_keys(event.issue.title)
    fire     = event.action == "closed" ? "closed" : "other"
    once_per = event.issue.id
  }
  statemachine "soc" {
    initial = "open"
    state "open" {
      on "closd" {
        transition = "over"
      }
      on "other" {
        when       = event.issue.number > 3
        transition = "work.first"
        set        = { note = event.issue.title, size = 2 }
        request {
          comment = "on it"
        }
        action "http" "tell" {
          bdy    = { text = "x" }
          method = "PSOT"
        }
        raise "later" {
          delay = "10m"
        }
      }
      on "later" {
        transition = "over"
      }
    }
    state "work" {
      initial = "first"
      state "first" {
        after {
          delay      = var.grace
          transition = "second"
        }
      }
      state "second" {
        on_enter {
          set = { seen = now }
          action "http" "second" {
            url  = "https://chat.example"
            hdrs = {}
          }
        }
      }
      state "third" {
        on "closed" {
          transition = "over"
        }
      }
    }
    state "lost" {
      final = true
    }
    state "over" {
      final = true
    }
  }
}
"""
LINES = FAULTY.split("\n")
VALUES = {
    number: (line[: line.index("=") + 1] + " ", line[line.index("=") + 1 :].strip())
    for number, line in enumerate(LINES)
    if "=" in line
}
#: Stands further right than every name of the definition.
DEEP = " " * 30
#: What becomes of a value by a slip that is told, and leaves no doubt where the value ends.
SLIPS: tuple[Callable[[str], str], ...] = (
    lambda _value: "'x'",
    lambda value: f"{value} and true",
    lambda value: f"{value};",
    lambda _value: "",
    lambda _value: '"\\q"',
    lambda value: f"{{ a = 'x', b = {value} }}",
    lambda value: f'{{\n{DEEP}a = "${{{value}"\n{DEEP}b = 1\n}}',
    lambda value: f"{{\n{DEEP}a = upper({value}\n{DEEP}b = 1\n}}",
    lambda value: f"upper({value}, 1)",
    lambda _value: "nobody.knows",
)
#: What the whole is told of, and by which name a value bears on it.
DEPENDING = {
    "event_never_fired": {"fire"},
    "unreachable_state": {"initial", "transition"},
    "dead_end": {"final"},
    "unused_local": set[str](),
    "unused_variable": set[str](),
    "unknown_argument": set[str](),
    "missing_argument": set[str](),
    "wrong_argument": set[str](),
}
MAKERS = load_processors([])


def told(text: str) -> list[Diagnostic]:
    read = read_definition(text, "p.hcl")
    whole = [] if read.whole is None else [read.whole]
    proven = [d for each in whole for p in each.provisioners.values() for d in prove(p).diagnostics]
    calls = check_arguments(whole, None, MAKERS, {}, read.broken)
    return [*read.diagnostics, *read.unused, *check_sources(read), *calls, *proven]


def findings(found: list[Diagnostic], *, after: int, more: int) -> set[tuple[str, str, int]]:
    """Code, summary and line of each, the line as it is without what the slip has added behind one."""
    return {
        (d.code, d.summary, d.subject.line - max(0, min(more, d.subject.line - after)))
        for d in found
        if d.subject is not None and d.severity is not Severity.NOTE
    }


WHOLE = findings(told(FAULTY), after=0, more=0)


def test_the_definition_has_a_finding_of_each_kind() -> None:
    assert {code for code, _, _ in WHOLE} == DEPENDING.keys()


@settings(deadline=None, max_examples=150)
@given(number=st.sampled_from(sorted(VALUES)), slip=st.sampled_from(SLIPS))
def test_a_slip_in_one_value_hides_no_finding_elsewhere_and_invents_none(
    number: int, slip: Callable[[str], str]
) -> None:
    before, value = VALUES[number]
    changed = before + slip(value)
    text = "\n".join([*LINES[:number], changed, *LINES[number + 1 :]])
    more = changed.count("\n")
    found = findings(told(text), after=number + 1, more=more)
    name = before.removesuffix(" = ").strip()
    kept = {one for one in WHOLE if name not in DEPENDING[one[0]] and one[2] != number + 1}
    if value not in slip(value):  # it may have used something, and what will stand there is not known
        kept = {one for one in kept if not one[0].startswith("unused")}
        found = {one for one in found if not one[0].startswith("unused")}
    assert kept - found == set()
    assert {one for one in found - WHOLE if one[2] != number + 1} == set()
    assert parse(text, "p.hcl").diagnostics or found - WHOLE
