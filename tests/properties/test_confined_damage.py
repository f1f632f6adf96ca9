"""A syntax error in the value of one attribute: it alone is told, and everything else is told as if it were not there."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.diagnostics import Diagnostic
from engine.language import parse
from engine.machine.read import read_definition
from engine.sources.check import check_sources

WHOLE = """
variable "grace" {
  type        = string
  default     = "72h"
  description = "how long"
}
variable "limit" {
  default   = 3
  sensitive = false
}
locals {
  ready = event.action == "opened" && var.limit > 2
  leads = ["ada", "grace"]
  first = local.leads[0]
}
provisioner "soc" {
  receive "github" "issues" {
    when       = event.action == "opened" && event.issue.number != 1
    entity     = issue_keys(event.issue.title)
    fire       = "go"
    once_per   = event.issue.id
    ordered_by = event.issue.updated_at
  }
  receive "jira" "jira:issue_updated" {
    entity = event.issue.key
    fire   = "note"
  }
  aliasmapper "soc" {
    aliases = { open: "Open", "review.asked": "Asked", "review.work": "Work", "review.agreed": "Agreed", both: "Both", over: "Over" }
  }
  statemachine "soc" {
    initial = "open"
    state "open" {
      on_exit {
        set = { left = now }
      }
      on "go" {
        when       = local.ready
        transition = "review"
        request {
          comment = "on it"
        }
      }
      on "note" {
        set = { note = local.first }
        action "http" "tell" {
          url  = "https://chat.example"
          body = { text = context.note }
        }
        raise "later" {
          event = { n = 1 }
          when  = context.note != null
          delay = "10m"
        }
      }
      on "later" {
        transition = "loop"
      }
    }
    state "review" {
      initial = "asked"
      history "last" {
        deep       = true
        transition = "asked"
      }
      on "done.state.review" {
        transition = "both"
      }
      state "asked" {
        await {
          from = local.leads
          answer "approve" {
            needs      = 2
            transition = "agreed"
          }
          answer "approve" {
            transition = "work"
          }
        }
        after {
          delay      = var.grace
          transition = "work"
        }
      }
      state "work" {
        on "go" {
          transition = "agreed"
        }
      }
      state "agreed" {
        final = true
        event = { by = local.first }
      }
    }
    state "loop" {
      alias = null
      always {
        when       = try(context.z, 0) == 1
        transition = "both"
      }
      always {
        transition = "over"
      }
    }
    parallel "both" {
      on "done.state.both" {
        transition = "over"
      }
      state "one" {
        initial = "x"
        state "x" {
          on "go" {
            transition = "y"
          }
        }
        state "y" {
          final = true
        }
      }
      state "two" {
        initial = "x"
        state "x" {
          on "go" {
            transition = "y"
          }
        }
        state "y" {
          final = true
        }
      }
      on "back" {
        transition = "review.last"
      }
    }
    state "over" {
      final = true
    }
    state "*" {
      on "stop" {
        transition = "over"
      }
    }
  }
  property "ends" {
    leads_to = ["over"]
    from     = "open"
    within   = 20
  }
  property "limit" {
    never = state == "<end>"
  }
  test "goes" {
    given {
      state   = "open"
      context = { note = "x" }
      now     = "2024-01-01T00:00:00Z"
    }
    when "github" "issues" {
      event = { action = "opened" }
    }
    advance {
      by = "1h"
    }
    then {
      state = "review.asked"
    }
  }
}
"""

LINES = WHOLE.split("\n")
#: The lines that are an attribute, by number, with what stands before the value, and the value.
VALUES = {
    number: (line[: line.index("=") + 1] + " ", line[line.index("=") + 1 :].strip())
    for number, line in enumerate(LINES)
    if "=" in line
}
#: What becomes of a value by a slip.
SLIPS: tuple[Callable[[str], str], ...] = (
    lambda value: value.replace("==", "=", 1) if "==" in value else f"{value} = 1",
    lambda value: f"= {value}",
    lambda value: f"{value} and true",
    lambda value: f"not {value} x",
    lambda value: f"{value} if x else y",
    lambda value: f"{value} ?? null",
    lambda value: f"{value} +",
    lambda value: f"{value} ? 1",
    lambda value: f"{value};",
    lambda value: f"{value}\n  && true",
    lambda _value: "",
    lambda _value: '"\\q"',
    lambda _value: "1.2.3",
    lambda _value: "'x'",
    lambda _value: '"x',
    lambda value: f"{{ a = = {value} }}",
    lambda value: f"[\n  {value} x\n]",
)  # fmt: skip
#: What leaves in doubt where the value ends, or is no error in it alone: the rest of the file may say less, and nothing wrong.
BOUNDLESS: tuple[Callable[[str], str], ...] = (
    lambda value: f"{value}, x = 1",
    lambda value: f"({value}",
    lambda value: f"f({value}",
    lambda value: f"[{value}",
    lambda value: f"{value})",
    lambda value: f"{value} /* never closed",
    lambda value: f"<<EOT\n{value}",
    lambda value: f'"${{{value}"',
)


def told(text: str) -> tuple[Diagnostic, ...]:
    read = read_definition(text, "p.hcl")
    return (*read.diagnostics, *check_sources(read), *read.unused)


def slipped(number: int, slip: Callable[[str], str]) -> tuple[str, int]:
    """The definition with a slip in the value of one line, and how many lines that takes."""
    before, value = VALUES[number]
    changed = before + slip(value)
    return "\n".join([*LINES[:number], changed, *LINES[number + 1 :]]), changed.count("\n") + 1


def test_the_definition_itself_is_right() -> None:
    assert told(WHOLE) == ()
    assert len(VALUES) > 50


@settings(deadline=None, max_examples=200)
@given(number=st.sampled_from(sorted(VALUES)), slip=st.sampled_from((*SLIPS, *BOUNDLESS)))
def test_a_slip_in_one_value_is_told_and_nothing_that_follows_from_it(
    number: int, slip: Callable[[str], str]
) -> None:
    assert elsewhere(number, slip) == []


def elsewhere(number: int, slip: Callable[[str], str]) -> list[str]:
    """What is told beside the slip."""
    text, lines = slipped(number, slip)
    value = VALUES[number][1]
    unused = value not in slip(value)  # what only that value used is in vain now, for all that one can see
    broken = {d.subject for d in parse(text, "p.hcl").diagnostics}
    assert broken, text.split("\n")[number]
    return [
        f"{text.split(chr(10))[number].strip()}: {d.code} at {d.subject}: {d.summary}"
        for d in told(text)
        if d.subject not in broken
        and not (unused and d.code.startswith("unused"))
        and d.code != "event_never_fired"  # nobody fires two of its events: proofs say so
        and (d.subject is None or not number < d.subject.line <= number + lines)
    ]


#: Mistakes, each of its own: a line of the definition, what it becomes, and the problem.
MISTAKES = (
    ('    initial = "open"', '    initial = "opne"', "initial_state_unregistered"),
    ('        transition = "review"', '        transition = "reveiw"', "transition_state_unregistered"),
    ('            transition = "agreed"', '            transition = "agred"', "transition_state_unregistered"),
    ("        when       = try(context.z, 0) == 1", "        when       = try(contxt.z, 0) == 1", "unknown_name"),
    ("    within   = 20", '    within   = "soon"', "wrong_type"),
    ("    once_per   = event.issue.id", "    once_per   = event.isue.id", "unknown_payload_field"),
    ("    entity = event.issue.key", "    entity = evnt.issue.key", "unknown_name"),
    ('    leads_to = ["over"]', '    leads_to = ["ovr"]', "unknown_state"),
    ('      state = "review.asked"', '      state = "review.askd"', "unknown_state"),
    ('    aliases = { open: "Open",', '    aliases = { nowhere: "No", open: "Open",', "alias_without_state"),
    ("        final = true", "        fnal = true", "unknown_attribute"),
    ('    state "over" {', '    stat "over" {', "unknown_block"),
    ("  first = local.leads[0]", "  first = local.leeds[0]", "unknown_name"),
)  # fmt: skip


@settings(deadline=None, max_examples=200)
@given(number=st.sampled_from(sorted(VALUES)), slip=st.sampled_from(SLIPS), mistake=st.sampled_from(MISTAKES))
def test_a_slip_in_one_value_hides_no_mistake_elsewhere(
    number: int, slip: Callable[[str], str], mistake: tuple[str, str, str]
) -> None:
    before, after, code = mistake
    at = WHOLE.index(before)
    if number == WHOLE[:at].count("\n"):
        return
    text, lines = slipped(number, slip)
    assert text.count(before) >= 1
    found = [(d.code, d.subject.line) for d in told(text.replace(before, after, 1)) if d.subject is not None]
    line = text[: text.index(before)].count("\n") + 1
    assert (code, line) in found, (lines, found)
