"""Texts and names that nothing else is called by are told where they stand, and what only follows from them is not."""

import pytest

from engine.diagnostics import Diagnostic
from engine.machine.prove import prove
from engine.machine.read import read_definition
from engine.machine.read_test_file import read_test_file
from engine.machine.slips import without_consequences
from engine.sources.check import check_sources
from engine.sources.payload_choices import listed, payload_choices, shape_choices
from engine.sources.payload_types import known_payload
from engine.sources.payloads import KNOWN_TYPES, known_payloads, payload_fields, shape_fields

MACHINE = """
locals {
  %(locals)s
}
provisioner "dev" {
  receive "github" "pull_request" {
    when   = %(receive)s
    entity = issue_keys(event.pull_request.title)
    fire   = "go"
  }
  statemachine "dev" {
    initial = "open"
    state "open" {
      on "go" {
        when       = %(when)s
        transition = "review"
        set        = %(set)s
      }
    }
    state "review" {
      initial = "wait"
      on "back" { transition = "review.last" }
      state "wait" {
        on "go" { transition = "done" }
      }
      history "last" {
      }
    }
    parallel "checks" {
      state "tests" {
        initial = "running"
        state "running" {
        }
      }
      state "licences" {
        initial = "unknown"
        state "unknown" {
        }
      }
    }
    state "done" { final = true }
  }
  property "p" {
    never = %(never)s
  }
%(more)s
}
"""
QUIET = {
    "locals": "x = 1",
    "receive": "true",
    "when": "true",
    "set": "{ count = 1, author = event.sender.login }",
    "never": "false",
    "more": "",
}
CODES = ("unknown_state", "context_never_set", "unknown_payload_value")


def read(**parts: str) -> tuple[Diagnostic, ...]:
    found = read_definition(MACHINE % {**QUIET, **parts}, "x.hcl")
    assert found.definition is not None, found.diagnostics
    return check_sources(found)


def told(**parts: str) -> list[tuple[str, str]]:
    """The slips, each as the text that is underlined and the advice."""
    source = (MACHINE % {**QUIET, **parts}).encode()
    places = [(p.subject, p) for p in read(**parts) if p.code in CODES]
    assert all(p.severity.value == "warning" for _, p in places)
    return [(source[at.start : at.end].decode(), p.detail) for at, p in places if at is not None]


@pytest.mark.parametrize(
    ("guard", "place", "meant"),
    [
        ('state == "opne"', '"opne"', "open"),
        ('"Open" != state', '"Open"', "open"),
        ('contains(["opne", "done"], state)', '"opne"', "open"),
        ('contains(active, "reviw")', '"reviw"', "review"),
        ("{ opne = 1 }[state] == 1", "opne", "open"),
        ('lookup({ "review.wiat" = 1 }, state, 2) == 1', '"review.wiat"', "review.wait"),
        ('anytrue([for s in active : s == "reveiw"])', '"reveiw"', "review"),
        ('try(state, "none") == "opne"', '"opne"', "open"),
        ('(state) == ("opne")', '"opne"', "open"),
        ('state == "checks.licences.unknwn & checks.tests.running"', '"checks.licences.unknwn & checks.tests.running"', ""),
        ('local.x == "opne"', '"opne"', "open"),
        ("contains(local.names, state)", "local.names", "open"),
    ],
)  # fmt: skip
def test_a_text_that_names_no_state(guard: str, place: str, meant: str) -> None:
    [(where, advice)] = told(when=guard, locals='x = state\n  names = ["opne", "done"]')
    assert where == place
    assert advice == f'Did you mean "{meant}"?' if meant else advice.startswith("The states are ")


@pytest.mark.parametrize(
    "guard",
    [
        'state == "open" && state != "review.wait" && state != "review"',
        'contains(active, "review") && state != "review.last" && state != "<end>" && state != ""',
        'state == "checks.licences.unknown & checks.tests.running"',
        'try(state, "none") == "none"',
        'startswith(state, "rev") && state != event.action && state != var.any',
        "contains(local.names, state)",
        "try(local.colours[state], null) == null",
    ],
)
def test_what_may_be_a_state_is_not_doubted(guard: str) -> None:
    names = 'names = ["zebra", "open"]\n  colours = { open = "green", other = "grey" }'
    text = MACHINE % {**QUIET, "when": guard, "locals": names}
    found = read_definition(f'variable "any" {{ default = "opne" }}\n{text}', "x.hcl")
    assert found.definition is not None, found.diagnostics
    assert check_sources(found) == ()


def test_claims_set_and_locals_are_looked_at_and_a_local_once() -> None:
    assert told(never='previous == "doen"') == [('"doen"', 'Did you mean "done"?')]
    assert told(set='{ count = state == "opne" ? 1 : 2 }') == [('"opne"', 'Did you mean "open"?')]
    assert told(when="local.x", locals='x = state == "opne"') == [('"opne"', 'Did you mean "open"?')]


def test_a_state_of_another_machine_that_uses_the_local_is_fine() -> None:
    more = '}\nprovisioner "two" {\n  statemachine "two" {\n    initial = "opne"\n    state "opne" "go" {\n'
    more += '      when       = local.x\n      transition = "opne"\n    }\n  }'
    assert told(when="local.x", locals='x = state == "opne"', more=more) == []


def test_nothing_is_said_of_states_where_some_could_not_be_read() -> None:
    broken = (MACHINE % {**QUIET, "when": 'state == "opne"'}).replace(
        'state "wait" {', 'state "wa\u200dit" {'
    )
    assert not [p for p in check_sources(read_definition(broken, "x.hcl")) if p.code in CODES]


def test_a_claim_in_a_file_of_tests() -> None:
    found = read_definition(MACHINE % QUIET, "x.hcl")
    assert found.definition is not None
    text = 'provisioner "dev" {\n  property "q" { never = state == "opne" }\n}\n'
    assert [p.code for p in read_test_file(text, "x_test.hcl", found.definition)[1]] == ["unknown_state"]


@pytest.mark.parametrize(
    ("guard", "place", "advice"),
    [
        ("context.cuont > 3", "context.cuont", 'Did you mean "count"?'),
        ('context["cuont"] > 3', 'context["cuont"]', 'Did you mean "count"?'),
        ("try(context.cuont, 0) > 3", "context.cuont", 'Did you mean "count"?'),
        ('lookup(context, "cuont", 0) > 3', '"cuont"', 'Did you mean "count"?'),
        ("local.x", "context.cuont", 'Did you mean "count"?'),
        (
            "context.zebra > 3",
            "context.zebra",
            "What is set is author, count. Set it, or give it a default: try(context.zebra, null).",
        ),
    ],
)
def test_a_name_in_the_context_that_nothing_sets(guard: str, place: str, advice: str) -> None:
    local = "x = context.cuont > 3" if "local" in guard else "x = 1"
    assert told(when=guard, locals=local) == [(place, advice)]


@pytest.mark.parametrize(
    "parts",
    [
        {"when": "context.count > 3 && context.author != null"},
        {"when": "try(context.zebra, 0) > 3"},
        {"when": "can(context.zebra) && context.zebra > 3"},
        {"when": "context.cuont > 3", "set": '{ for k in ["cuont"] : k => 1 }'},
        {"when": "context.cuont > 3", "set": "merge({ count = 1 }, event.release)"},
        {"when": "context.cuont > 3", "set": "{ (event.action) = 1 }"},
        {"when": "context.many > 3", "set": "merge({ count = 1 }, { many = 2 })"},
        {"when": "length([for context in [{ zebra = 1 }] : context.zebra]) > 0"},
        {"when": "context[event.action] == 1 && length(keys(context)) > 1"},
        {
            "when": "context.zebra == 1",
            "more": '  test "t" {\n    given {\n      state = "open"\n      context = { zebra = 1 }\n    }\n'
            '    when "go" {}\n    then { state = "review.wait" }\n  }',
        },
    ],
)  # fmt: skip
def test_what_may_be_in_the_context_is_not_doubted(parts: dict[str, str]) -> None:
    assert told(**parts) == []


@pytest.mark.parametrize(
    ("condition", "place", "advice"),
    [
        ('event.action == "closd"', '"closd"', 'Did you mean "closed"?'),
        ('contains(["opened", "repoened"], event.action)', '"repoened"', 'Did you mean "reopened"?'),
        ('try(event.action, "") == "closd"', '"closd"', 'Did you mean "closed"?'),
        ('event.pull_request.state == "OPEN"', '"OPEN"', 'Did you mean "open"?'),
        ('event.sender.type == "bot"', '"bot"', 'Did you mean "Bot"?'),
        ("local.x", '"closd"', 'Did you mean "closed"?'),
        (
            'event.pull_request.state == "merged"',
            '"merged"',
            "It is one of closed, open. If it is new, keep it: this is a warning.",
        ),
    ],
)
def test_a_value_that_a_payload_is_not_known_to_have(condition: str, place: str, advice: str) -> None:
    local = 'x = event.action == "closd"' if "local" in condition else "x = 1"
    found = told(receive=condition, locals=local)
    assert found == [(place, advice)]


def test_a_value_of_one_of_the_deliveries_that_may_have_come_is_fine() -> None:
    more = '  receive "github" "issues" {\n    entity = "DEV-1"\n    fire   = "go"\n  }'
    assert told(when='contains(["pinned", "synchronize"], event.action)', more=more) == []
    assert [place for place, _ in told(when='event.action == "pined"', more=more)] == ['"pined"']


def test_proofs_count_with_values_that_are_not_known() -> None:
    found = read_definition(
        MACHINE % {**QUIET, "receive": 'event.action == "landed"', "never": 'state == "done"'}, "x.hcl"
    )
    assert found.definition is not None
    proof = prove(found.definition.provisioners["dev"], payloads=known_payload)
    assert any(p.code == "property_fails" for p in proof.diagnostics)


@pytest.mark.parametrize("source", sorted(KNOWN_TYPES))
def test_every_list_of_values_is_of_a_field_that_there_is(source: str) -> None:
    for of, field, is_type in listed(source):
        if is_type:
            assert of in known_payloads(source)
            assert field in payload_fields(source, of)
            assert payload_choices(source, of, field) is not None
        elif of != "*":
            assert field in shape_fields(source, of)
            assert shape_choices(source, of, field) is not None


@pytest.mark.parametrize(
    "parts",
    [
        {"when": 'state == "opne"'},
        {"when": "context.cuont > 3"},
        {"when": 'event.action == "closd" && event.action == "x"'},
        {"set": "{ note = context.cuont }"},
        {"when": "local.x", "locals": 'x = state == "opne"'},
        {"when": "event.merged"},
    ],
)
def test_what_only_follows_from_a_slip_is_not_told(parts: dict[str, str]) -> None:
    found = read_definition(MACHINE % {**QUIET, **parts}, "x.hcl")
    assert found.definition is not None
    provisioner = found.definition.provisioners["dev"]
    slips = check_sources(found)
    proven = prove(provisioner, payloads=known_payload).diagnostics
    following = {"guard_never_true", "transition_hindered", "unreachable_state", "no_end_reachable"}
    assert {p.code for p in proven} & following
    kept = without_consequences(provisioner, proven, slips)
    lost = [p.summary for p in kept if p.code in following]
    assert lost == [s for s in lost if '"checks' in s]  # nothing leads there in any case
    assert without_consequences(provisioner, proven, ()) == list(proven)


REGIONS = """
provisioner "p" {
  statemachine "p" {
    initial = "c"
    parallel "c" {
      state "left" {
        initial = "a"
        state "a" {
          on "go" {
            when       = context.k < 3
            transition = "%s"
            %s
          }
        }
        state "far" {}
      }
      state "right" {
        initial = "b"
        state "b" {
          on "stop" { transition = "<end>" }
          on "hint" {
            transition = "hinted"
            set        = { v = 1 }
          }
        }
        state "lost" { final = true }
      }
    }
    state "hinted" { final = true }
  }
}
"""


@pytest.mark.parametrize(
    ("target", "more", "expected"),
    [
        ("c.left.a", "", {'"c.left.far"', '"c.right.lost"'}),
        ("c.left.far", "", {'"c.right.lost"'}),
        # What it raises may be waited for in any region.
        ("c.left.a", 'raise "news" {}', set()),
    ],
)
def test_a_slip_in_one_region_hides_nothing_in_another(target: str, more: str, expected: set[str]) -> None:
    read = read_definition(REGIONS % (target, more), "p.hcl")
    assert read.definition is not None, read.diagnostics
    provisioner = read.definition.provisioners["p"]
    told = [*read.diagnostics, *check_sources(read), *read.unused]
    assert "context_never_set" in {d.code for d in told}
    found = without_consequences(provisioner, prove(provisioner).diagnostics, told)
    lost = {d.summary.rsplit(" ", 1)[-1] for d in found if d.code == "unreachable_state"}
    assert lost == expected
