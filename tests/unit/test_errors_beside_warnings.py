"""No error of a definition hides a warning that does not depend on it, and none invents one: every pair is tried."""

from collections import Counter

import pytest

from engine.diagnostics import Diagnostic, Severity
from engine.language import parse
from engine.machine.atoms import Uses
from engine.machine.expression import Names
from engine.machine.prove import prove
from engine.machine.read import read_definition
from engine.machine.slips import without_consequences
from engine.machine.unfired import fired_by
from engine.sources.check import check_sources

CLEAN = """\
variable "grace" { default = "72h" }
locals {
  leads = ["ada", "grace"]
}
provisioner "dev" {
  receive "github" "pull_request" {
    when   = event.action == "closed" || event.action == "opened"
    entity = issue_keys(event.pull_request.title)
    fire   = { opened = "review", closed = "merged" }[event.action]
  }
  receive "jira" "jira:issue_updated" {
    entity = event.issue.key
    fire   = "other"
  }
  aliasmapper "dev" {
    aliases = { open = "Open", review = "Review", done = "Done" }
  }
  statemachine "dev" {
    initial = "open"
    state "open" {
      on "review" {
        when       = event.number > 2 && contains(local.leads, event.sender.login)
        set        = { author = event.pull_request.user.login }
        transition = "review"
        action "http" "tell" {
          url  = "https://chat.example/hooks/dev"
          body = { text = "hi" }
        }
      }
      on "other" {
        when       = event.issue.fields.summary == "x"
        transition = "done"
      }
    }
    state "review" {
      on "merged" {
        when       = try(context.author, "") != event.sender.login
        transition = "done"
      }
      after {
        delay      = var.grace
        transition = "open"
      }
    }
    state "done" { final = true }
  }
  property "p" {
    never = state == "review" && previous == "done"
  }
  test "t" {
    when "review" { event = { number = 3, sender = { login = "ada" } } }
    then { state = "review" }
  }
}
"""
#: What is written, and what stands there by mistake.
ERRORS = {
    "operand": ("entity = event.issue.key", "entity = event.issue.key +"),
    "variable": ("delay      = var.grace", "delay      = var.grace + var.grce"),
    "argument": ('url  = "https://chat.example/hooks/dev"', "url  = 5 + [1]"),
    "two texts": ('url  = "https://chat.example/hooks/dev"', 'url  = "x" "y"'),
    "parenthesis": ("issue_keys(event.pull_request.title)", "issue_keys(event.pull_request.title"),
    "last parenthesis": ('fire   = "other"', 'fire   = upper("other"'),
    "arguments": ("issue_keys(event.pull_request.title)", 'upper("a", "b")'),
    "alias": ('open = "Open", review', "review"),
    "attribute": ('initial = "open"', 'initial = "open"\n    foo = 1'),
    "two on a line": ("final = true", "final = true, final = true"),
    "initial": ('initial = "open"', 'initial = "opne"'),
    "quote": ('initial = "open"', 'initial = open"'),
    "colon": ('initial = "open"', 'initial: "open"'),
    "target": ('transition = "review"', 'transition = "reviw"'),
    "claim": ("never = state ==", "never = state ="),
    "test's state": ('then { state = "review" }', 'then { state = "reviw" }'),
    "test's value": ('then { state = "review" }', "then { state = }"),
    "open text": ('event.issue.fields.summary == "x"', 'event.issue.fields.summary == "x'),
    "block": ('    state "done"', '    stat "x" {}\n    state "done"'),
    "function": ("event.number > 2", 'lenght("x") > 2'),
    "order": ("event.number > 2", 'event.number > "a"'),
    "comma": ('leads = ["ada", "grace"]', 'leads = ["ada" "grace"]'),
    "fire": ('fire   = "other"', 'fire   = 5 + ["x"]'),
    "list": ('fire   = "other"', 'fire   = ["other"]'),
    "labels": ('receive "jira" "jira:issue_updated" {', 'receive "jira" {'),
    "listener": ('receive "jira" "jira:issue_updated" {', 'recieve "jira" "jira:issue_updated" {'),
    "condition": ('when   = event.action == "closed"', 'when   = [1] + 1 == "closed"'),
}
WARNINGS = {
    "context_never_set": ('try(context.author, "")', "context.authr"),
    "unknown_state": ('never = state == "review"', 'never = state == "reviw"'),
    "event_never_fired": ('on "merged" {', 'on "mergd" {'),
    "alias_without_state": ('done = "Done" }', 'done = "Done", gone = "Gone" }'),
    "unused_local": ('leads = ["ada"', 'spare = 1\n  leads = ["ada"'),
    "unknown_payload_value": ('|| event.action == "opened"', '|| event.action == "opend"'),
    "never_equal": ("event.issue.fields.summary ==", "event.issue.fields.summary == 5 ||"),
}
#: Which of them an error may hide, and why.
HIDDEN = {
    # It is in the same place.
    ("claim", "unknown_state"),
    ("open text", "never_equal"),
    ("comma", "unused_local"),
    ("condition", "unknown_payload_value"),
    # It may be a state of that name, or what raises the event.
    ("block", "unknown_state"),
    ("block", "event_never_fired"),
    # Nobody knows what is going to stand there.
    ("test's value", "unused_local"),
    # Anything may be fired by it, and any payload come in.
    *((name, code) for name in ("fire", "list", "labels", "listener", "last parenthesis")
      for code in ("event_never_fired", "never_equal")),
}  # fmt: skip
PAIRS = [(error, code) for error in ERRORS for code in WARNINGS]


def told(*changes: tuple[str, str]) -> Counter[tuple[str, str]]:
    text = CLEAN
    for old, new in changes:
        text = text.replace(old, new)
    read = read_definition(text, "p.hcl")
    found: list[Diagnostic] = [*read.diagnostics, *read.unused, *check_sources(read)]
    whole = () if read.whole is None else read.whole.provisioners.values()
    proven = [d for p in whole for d in without_consequences(p, prove(p).diagnostics, found)]
    return Counter((d.code, d.summary) for d in [*found, *proven] if d.severity is not Severity.NOTE)


def test_nothing_is_wrong_without_a_mistake() -> None:
    assert not told()


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_says_nothing_of_what_it_only_leaves_in_doubt(name: str) -> None:
    found = told(ERRORS[name])
    assert found
    assert not {code for code, _ in found} & {
        "event_never_fired", "unreachable_state", "no_end_reachable", "unknown_payload_field",
        "context_never_set", "event_never_handled",
    }  # fmt: skip


@pytest.mark.parametrize("code", WARNINGS)
def test_each_warning_is_there_alone(code: str) -> None:
    assert code in {found for found, _ in told(WARNINGS[code])}


@pytest.mark.parametrize(("name", "code"), PAIRS)
def test_an_error_hides_no_warning_and_invents_none(name: str, code: str) -> None:
    error, warning = ERRORS[name], WARNINGS[code]
    together = told(error, warning) if warning[0] in CLEAN.replace(*error) else told(warning, error)
    alone = told(warning)
    assert {found for found, _ in together} <= {found for found, _ in told(error) + alone}
    if (name, code) not in HIDDEN:
        assert {found for found in alone if found[0] == code} <= set(together)


def test_only_a_text_is_the_name_of_an_event() -> None:
    tree = parse('a = event.b ? "one" : ["two"]', "p.hcl").tree
    assert tree is not None
    assert fired_by(Uses(names=Names()), [tree.attributes[0].value]) == {"one"}
