"""What nothing uses is told, and only that."""

import pytest

from engine.machine.files import Files, nothing_else
from engine.machine.read import read_definition, read_files

MACHINE = """
provisioner "soc" {
  statemachine "soc" {
    initial = "a"
    state "a" "next" {
      when       = %s
      transition = "a"
    }
  }
}
"""


def unused(text: str, guard: str = "true", **tests: str) -> list[str]:
    files = Files(
        place="x.hcl", folder="", name="x.hcl", texts={"x.hcl": text + MACHINE % guard}, tests=tests
    )
    return [f"{d.code} {d.subject}" for d in read_files(files, nothing_else).unused]


def test_a_local_and_a_variable() -> None:
    text = 'variable "x" { default = 1 }\nlocals {\n  y = 1\n}\n'
    assert unused(text) == ["unused_variable x.hcl:1:1", "unused_local x.hcl:3:3"]
    assert unused(text, "var.x == local.y") == []


@pytest.mark.parametrize("guard", ["var.x == 1", 'var["x"] == 1', "var == {}", "[for v in var : v] == []"])
def test_every_way_to_use_a_variable_counts(guard: str) -> None:
    assert unused('variable "x" { default = 1 }\n', guard) == []


def test_what_only_unused_locals_use_is_unused() -> None:
    text = "locals {\n  a = local.b\n  b = var.x\n  c = 1\n}\n" + 'variable "x" { default = 1 }\n'
    assert unused(text, "local.c == 1") == [
        "unused_local x.hcl:2:3",
        "unused_local x.hcl:3:3",
        "unused_variable x.hcl:6:1",
    ]
    assert unused(text, "local.a == local.c") == []


def test_a_file_of_tests_uses_names_too() -> None:
    test = 'provisioner "soc" {\n  test "t" {\n    when "next" { event = { v = %s } }\n  }\n}\n'
    text = 'variable "x" { default = 1 }\nlocals {\n  y = 1\n}\n'
    assert unused(text, x_test=test % "local.y") == ["unused_variable x.hcl:1:1"]
    assert unused(text, x_test=test % "var.x + local.y") == []


def test_a_misspelled_use_and_a_syntax_error_say_no_more_than_themselves() -> None:
    assert unused('variable "grace" { default = 1 }\n', "var.grcae == 1") == []
    assert unused("locals {\n  y = 1\n}\n", "local.y == ") == []
    assert read_definition("locals {\n  y = 1\n}\n", "x.hcl").unused == ()
