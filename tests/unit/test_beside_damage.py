"""What is told of a definition beside an error that is told already: what cannot follow from it."""

import pytest

from engine.machine.read import read_definition

MACHINE = """
provisioner "m" {
  statemachine "m" {
    initial = "opne"
    state "open" "next" {
      when       = evnt.x == local.b && var.v == 1
      transition = "nowhere"
    }
  }
}
"""
STATES = ["initial_state_unregistered", "transition_state_unregistered"]
WELL = 'provisioner "w" {\n  statemachine "w" {\n    initial = "a"\n    state "a" "next" {\n      transition = "a"\n    }\n  }\n}\n'


def told(text: str) -> list[tuple[str, str]]:
    """The code of every problem, and what is marked."""
    return [
        (d.code, text.encode()[d.subject.start : d.subject.end].decode())
        for d in read_definition(text, "m.hcl").diagnostics
        if d.subject is not None
    ]


def test_what_cannot_follow_from_broken_locals_is_told() -> None:
    assert told("locals {\n  a = 1]\n}\n" + MACHINE) == [
        ("unopened", "]"),
        ("initial_state_unregistered", '"opne"'),
        ("unknown_name", "evnt"),
        ("unknown_name", "var.v"),
        ("transition_state_unregistered", '"nowhere"'),
    ]


def test_variables_may_hide_in_a_broken_variable() -> None:
    found = told('variable "a" {\n  default = 1]\n}\n' + MACHINE)
    assert [code for code, _ in found] == [
        "unopened",
        STATES[0],
        "unknown_name",
        "unknown_name",
        STATES[1],
    ]
    assert ("unknown_name", "local.b") in found
    assert ("unknown_name", "var.v") not in found


def test_states_may_hide_in_their_own_broken_provisioner() -> None:
    broken = MACHINE.replace("    state", "    start = 1]\n    state")
    assert ("unknown_name", "evnt") in told(broken)
    assert not [code for code, _ in told(broken) if code in STATES]


@pytest.mark.parametrize("line", ["start = [1", "start: [1", "start = 1, stop = 2"])
def test_states_do_not_hide_in_a_value_that_plainly_ends(line: str) -> None:
    broken = MACHINE.replace("    state", f"    {line}\n    state")
    assert [code for code, _ in told(broken) if code in STATES] == STATES


def test_nothing_is_declared_in_a_value_that_plainly_ends() -> None:
    found = told("locals {\n  a = upper([1\n}\n" + MACHINE)
    assert {("unknown_name", "local.b"), ("unknown_name", "var.v")} <= set(found)


def test_states_do_not_hide_in_another_broken_provisioner() -> None:
    found = told(WELL.replace('"a"\n    state', '"a" "b"\n    state') + MACHINE)
    assert [code for code, _ in found if code in STATES] == STATES


@pytest.mark.parametrize(
    "damage",
    [
        "locals {\n  a = <<EOT\ntext\n}\n",
        "/* note",
        "locals {\n  a = {\n",
        "}\n",
    ],
)
def test_behind_an_error_without_an_end_nothing_is_known_to_be_absent(damage: str) -> None:
    for text in (MACHINE + damage, damage + MACHINE):
        found = told(text)
        assert found
        assert not [(code, what) for code, what in found if code in STATES or what in ("local.b", "var.v")]


def test_a_block_without_an_end_hides_no_name() -> None:
    unclosed = "locals {\n  a = 1\n"
    lost = told(unclosed + MACHINE)
    assert ("unknown_name", "local.b") not in lost  # the machine is inside the block, where nothing is read
    found = told(MACHINE + unclosed)
    assert [code for code, _ in found if code in STATES] == []
    assert ("unknown_name", "local.b") in found
    assert ("unknown_name", "var.v") in found


def test_names_that_a_missing_brace_has_put_elsewhere_are_known() -> None:
    declared = 'locals {\n  b = 1\n}\nvariable "v" {\n  default = 1\n}\n'
    assert [code for code, _ in told("locals {\n  a = 1\n" + declared + MACHINE)] == ["unclosed"]
    found = told(MACHINE + "locals {\n  a = 1\n" + declared)
    assert [what for code, what in found if code == "unknown_name"] == ["evnt"]


def test_a_missing_brace_is_one_problem_and_the_places_tell_where_it_is() -> None:
    text = WELL.replace("    }\n  }\n}\n", "  }\n}\n")
    [problem] = read_definition(text, "m.hcl").diagnostics
    assert problem.code == "unclosed"
    assert [(place.span.line, place.message) for place in problem.related] == [
        (4, "this block seems not to be closed"),
        (6, "this stands further left"),
    ]
    [problem] = read_definition("locals {\n  a = 1\n\n" + WELL, "m.hcl").diagnostics
    assert [(place.span.line, place.message) for place in problem.related] == [
        (4, "this seems to stand outside it")
    ]


def test_a_one_line_block_that_goes_on_is_one_problem() -> None:
    text = WELL.replace(
        '"next" {\n      transition = "a"\n    }\n', '{\n      on "x" { transition = "b"\n    }\n'
    )
    found = told(text + 'variable "v" {\n  default = 1\n}\n' + MACHINE)
    assert [code for code, _ in found] == ["one_line_block_unclosed"]


def test_a_word_on_a_broken_line_is_not_called_unknown() -> None:
    found = told(WELL.replace('"a"\n    state', "open state\n    state"))
    assert "unknown_name" not in [code for code, _ in found]


def test_an_unknown_name_does_not_hide_what_is_wrong_beside_it() -> None:
    text = WELL.replace(
        'transition = "a"', "set = { x = evnt.number, y = [1].x, z = upper([1]), w = local.no + {} }"
    )
    assert [pair for pair in told(text) if pair[0] != "event_never_handled"] == [
        ("unknown_name", "evnt"),
        ("no_attributes", "[1].x"),
        ("function_failed", "[1]"),
        ("unknown_name", "local.no"),
        ("not_a_number", "{}"),
    ]


def test_nor_in_a_local() -> None:
    text = "locals {\n  b = { x = evnt.y, y = [1].x }\n  c = { x = local.b.z, y = upper([1]) }\n}\n" + WELL
    assert [pair for pair in told(text) if pair[0] != "event_never_handled"] == [
        ("unknown_name", "evnt"),
        ("no_attributes", "[1].x"),
        ("function_failed", "[1]"),
    ]


def test_one_mistake_is_told_once() -> None:
    text = WELL.replace(
        'transition = "a"',
        'transition = "a"\n      when = upper("a", "b") == "A" && delivery.foo == 1 && lenght([1]) == 1',
    )
    assert [pair for pair in told(text) if pair[0] != "event_never_handled"] == [
        ("wrong_arguments", 'upper("a", "b")'),
        ("unknown_attribute", "delivery.foo"),
        ("unknown_function", "lenght"),
    ]
