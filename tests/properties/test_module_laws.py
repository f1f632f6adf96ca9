"""A module means what its blocks mean written out, and no source leads out of the machines directory."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.diagnostics import errors_in, render
from engine.errors import EvaluationError
from engine.machine.files import Absent, Files, nothing_else
from engine.machine.read import ReadResult, read_again, read_files

LEAVES = st.sampled_from(
    [
        "var.a",
        "var.b",
        'var["a"]',
        "var",
        "local.x",
        "local.y",
        'local["x"]',
        "local",
        "event.v",
        "1",
        '"t"',
        "state",
    ]
)


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, inner).map(lambda p: f"[{p[0]}, {p[1]}]"),
        st.tuples(inner, inner).map(lambda p: f"{{ p = {p[0]}, (tostring(2)) = {p[1]} }}"),
        inner.map(lambda e: f"try({e}, 0)"),
        inner.map(lambda e: f"jsonencode({e})"),
        inner.map(lambda e: f"({e})[0]"),
        inner.map(lambda e: f"[for var in [{e}] : var]"),
        inner.map(lambda e: f"[for local, v in [{e}] : local + length([v, var.b])]"),
        inner.map(lambda e: f'"${{jsonencode({e})}}%{{ for local in [1] }}${{local}}%{{ endfor }}"'),
        st.tuples(inner, inner).map(lambda p: f"{p[0]} == {p[1]} ? var.a : local.x"),
        st.sampled_from(["a", "b", "x", "y"]).map(
            lambda n: f'[try(var["${{"{n}"}}"], 0), try(local[lower("{n}")], 0)]'
        ),
        inner.map(lambda e: f"[{e}][*]"),
    )


EXPRESSIONS = st.recursive(LEAVES, grown, max_leaves=6)

BLOCKS = """
variable "a" {{ default = {a} }}
variable "b" {{ default = {b} }}
locals {{
  x = [var.a, event.v]
  y = {{ in = local.x, all = try(var, 0) }}
}}
provisioner "{name}" {{
  statemachine "{name}" {{
    initial = "s"
    state "s" "next" {{
      transition = "s"
      set        = {{ value = {expression} }}
    }}
  }}
}}
"""
USE = """
variable "a" { default = "the caller's" }
variable "other" { default = [4, { c = 5 }] }
locals {
  x = "the caller's"
  z = var.other
}
provisioner "soc" {
  module "m" {
    source = "./lib/m.hcl"
    a      = local.z
    b      = true
  }
}
"""


def value(read: ReadResult) -> Any:
    assert read.definition is not None, read.diagnostics
    machine = read.definition.provisioners["soc"].machine
    [transition] = machine.transitions
    assert transition.set is not None
    try:
        return transition.set.evaluate(machine.names.scope(event={"v": 7}, state="s"))
    except EvaluationError as problem:
        return problem.diagnostic.code


def files(place: str, text: str) -> Files:
    return Files(place=place, folder=place.rpartition("/")[0], name=place, texts={place: text})


@given(EXPRESSIONS)
def test_an_expression_of_a_module_has_the_value_that_it_has_written_out(expression: str) -> None:
    written = BLOCKS.format(name="soc", a="[4, { c = 5 }]", b="true", expression=expression)
    module = files("lib/m.hcl", BLOCKS.format(name="m", a="null", b="false", expression=expression))
    used = read_files(
        files("soc.hcl", USE),
        lambda place: module if place == "lib/m.hcl" else nothing_else(place),
        typed=False,  # what fails for certain fails in both
    )
    assert value(used) == value(read_files(files("soc.hcl", written), nothing_else, typed=False))


SOURCES = st.lists(
    st.sampled_from(["..", ".", "/", "lib", "a.hcl", "~", "\\", "//", "C:", "git::", "é", " ", "...", ""]),
    max_size=8,
).map("".join) | st.text(max_size=12)


@given(SOURCES, st.sampled_from(["soc.hcl", "one/soc.hcl", "one/two/soc.hcl"]))
def test_nothing_outside_of_the_machines_directory_is_asked_for(source: str, place: str) -> None:
    asked: list[str] = []

    def library(wanted: str) -> Files | Absent:
        asked.append(wanted)
        return nothing_else(wanted)

    quoted = "".join(f"\\u{ord(c):04x}" if ord(c) < 0x10000 else f"\\U{ord(c):08x}" for c in source)
    text = f'provisioner "soc" {{\n  module "m" {{ source = "{quoted}" }}\n}}\n'
    result = read_files(files(place, text), library)
    assert result.definition is None
    assert result.diagnostics
    for wanted in asked:
        assert not wanted.startswith("/")
        assert ".." not in wanted.split("/")


LINES = st.sampled_from(
    [
        'provisioner "soc" {',
        'provisioner "m" {',
        "}",
        'module "m" {',
        'module "n" {',
        "module {",
        'module "a" "b" {',
        'source = "./lib/m.hcl"',
        'source = "./soc.hcl"',
        'source = "."',
        "source = null",
        "source = [1]",
        "source {",
        "a = var.a",
        "a = local.x",
        "a = event.x",
        "a = 1 / 0",
        "b = [for v in var : v]",
        'variable "a" {',
        'variable "b" {',
        "variable {",
        "type = string",
        "type = list(object({ a = optional(number) }))",
        "type = list",
        "type = object({ a = string, a = number })",
        "type = null",
        "default = null",
        "default = 3",
        "default = var.a",
        "sensitive = true",
        "sensitive = 1",
        "description = 5",
        "locals {",
        "x = local.x",
        "x = var.a",
        'statemachine "m" {',
        'initial = "s"',
        'state "s" "next" { transition = "s" }',
        "set = { v = local.x }",
        'aliasmapper "m" {',
        "aliases = var.b",
    ]
)
TEXTS = st.lists(LINES, max_size=24).map("\n".join)
VALUES = st.dictionaries(
    st.sampled_from(["a", "b", "c"]), st.none() | st.integers() | st.text(max_size=3) | st.just([1])
)


@given(TEXTS, TEXTS, VALUES)
def test_no_text_of_a_module_is_answered_with_an_exception(
    own: str, module: str, values: dict[str, Any]
) -> None:
    found = {"lib/m.hcl": files("lib/m.hcl", module), "soc.hcl": files("soc.hcl", own)}
    result = read_files(found["soc.hcl"], lambda place: found.get(place) or nothing_else(place), values)
    assert render(result.diagnostics, result.sources) or not result.diagnostics
    if result.definition is None:
        assert errors_in(result.diagnostics)
    else:
        again = read_again(result.definition.source, result.definition.filename, result.definition.variables)
        assert again.definition is not None
        assert again.definition.hash == result.definition.hash
