"""What is told after a bracket, a quote or a brace that is missing: that, and nothing that only comes of it."""

import copy
import pickle

import pytest

from engine.language import parse
from engine.machine.read import read_definition

MACHINE = """provisioner "dev" {{
  receive "github" "release" {{
    entity = issue_keys(event.release.body)
    fire   = "n"
  }}
  statemachine "dev" {{
    initial = "open"
    state "open" {{
      on "n" {{
        transition = "{target}"
        set = {value}
      }}
    }}
    state "done" {{ final = true }}
  }}
}}
"""


def told(value: str, target: str = "done") -> list[tuple[str, int]]:
    found = read_definition(MACHINE.format(value=value, target=target), "m.hcl").diagnostics
    return [(d.code, d.subject.line) for d in found if d.subject is not None]


def members(first: str, second: str = 'b = "fine"') -> str:
    return f"{{\n          {first}\n          {second}\n          c = 1\n        }}"


@pytest.mark.parametrize(
    ("first", "code", "line"),
    [
        ('a = "${event.release.name"', "unclosed", 12),
        ("a = upper(1", "unclosed", 13),
        ("a = [1, 2", "unclosed", 13),
        ("a = 'x'", "single_quote", 12),
        ("a b = 1", "item_incomplete", 12),
    ],
)
def test_a_member_that_breaks_off_costs_the_next_ones_nothing(first: str, code: str, line: int) -> None:
    assert told(members(first)) == [(code, line)]
    assert told(members(first, 'b = "C:\\p"')) == [(code, line), ("invalid_escape", 13)]
    assert told(members(first), "dnoe") == [("transition_state_unregistered", 10), (code, line)]


def test_an_object_without_its_opening_brace_costs_no_other_one() -> None:
    assert told(members("a = 1").removeprefix("{")) == [("value_missing", 11)]


def test_a_brace_that_is_one_too_many_by_itself_is_told() -> None:
    assert told("{}\n      }") == [("unopened", 17)]


def test_a_quotation_mark_in_a_header_hides_nothing_in_its_block() -> None:
    text = "provisioner “dev” {\n  statemachine \"dev\" {\n    initial = 'a'\n  }\n}\n"
    lines = [d.subject.line for d in parse(text, "m.hcl").diagnostics if d.subject is not None]
    assert lines == [1, 1, 3]


def test_a_block_on_one_line_hides_no_missing_attribute() -> None:
    text = 'provisioner "p" {\n  receive "github" "push" { }\n  statemachine "p" {\n    initial = "a"\n'
    text += '    state "a" {\n      await { answer "x" { } }\n    }\n  }\n}\n'
    codes = [d.code for d in read_definition(text, "m.hcl").diagnostics]
    assert codes.count("missing_attribute") == 4
    assert codes.count("block_in_one_line_block") == 1


def test_errors_are_listed_as_the_reference_lists_them_and_told_in_their_places() -> None:
    found = parse("a = [1 2]\nb = 1 & 2\n", "m.hcl")
    assert [d.code for d in found.diagnostics] == ["single_ampersand", "separator_missing"]
    assert [d.code for d in found.told] == ["separator_missing", "single_ampersand"]


def test_a_character_that_was_read_past_is_listed_and_not_told() -> None:
    found = parse("a = [1 2 ;]\n", "m.hcl")
    assert [d.code for d in found.diagnostics] == ["semicolon", "separator_missing"]
    assert [d.code for d in found.told] == ["separator_missing"]


def test_errors_without_end_are_not_all_told() -> None:
    found = parse("a = 1\n" * 3000, "m.hcl").told
    assert len(found) == 1001
    assert found[-1].code == "too_many_errors"


@pytest.mark.parametrize(
    "text", ["a {\n" * 90 + "}\n" * 90, "x = " + "!" * 199 + "a", "x = " + "[" * 99 + "]" * 99]
)
def test_a_deep_tree_is_shown_copied_and_stored(text: str) -> None:
    found = parse(text, "m.hcl")
    tree = found.tree
    assert found.diagnostics == ()
    assert "(...)" in repr(tree)
    assert copy.deepcopy(tree) is tree
    assert copy.copy(tree) is tree
    assert pickle.loads(pickle.dumps(tree)) == tree  # noqa: S301 - our own bytes


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("provisioner {}", ["wrong_labels"]),
        ('variable "a" {\n  defualt = []\n}\nprovisioner {}', ["unknown_attribute", "wrong_labels"]),
    ],
)
def test_one_mistake_is_told_once(text: str, codes: list[str]) -> None:
    assert [d.code for d in read_definition(text + "\n", "m.hcl").diagnostics] == codes
