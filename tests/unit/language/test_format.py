"""The canonical style, as HCL's own formatter writes it: every expected text here was compared with the reference's."""

from pathlib import Path

import pytest

from engine.language.format import format_text

ROOT = Path(__file__).parents[3]


def formatted(text: str | bytes) -> str:
    result = format_text(text, "test.hcl")
    assert result.diagnostics == ()
    assert result.text is not None
    return result.text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a=1\n", "a = 1\n"),
        ("  a   =1", "a = 1"),
        ("\ufeffa=1\n", "a = 1\n"),
        ("a=1\r\nbc=2\r\n", "a  = 1\r\nbc = 2\r\n"),
        ("a = 1\n\nbcd = 2\n", "a = 1\n\nbcd = 2\n"),
        ("a = [\n1,\n]\nbcd = 2\n", "a = [\n  1,\n]\nbcd = 2\n"),
        ("é = 1\nab = 2\n", "é  = 1\nab = 2\n"),
        ('a = "👍🏽" # x\nb = 1 # y\n', 'a = "👍🏽" # x\nb = 1   # y\n'),
        ("a = 1 # x\n# alone\nb = 22 # y\n", "a = 1 # x\n# alone\nb = 22 # y\n"),
        ("a = 1 /* x */\nb=22 # y\n", "a = 1 /* x */\nb = 22 # y\n"),
        ('b "x" y{}\n', 'b "x" y {}\n'),
        ("b{a=1}\n", "b { a = 1 }\n"),
        ("b {\n\ta = {\nc=1,\n}\n}\n", "b {\n  a = {\n    c = 1,\n  }\n}\n"),
        ("a = f( 1,[ 2 ] ,{x=1} ... )\n", "a = f(1, [2], { x = 1 }...)\n"),
        ("a = b . c [ 0 ] . *\n", "a = b.c[0].*\n"),
        ("a = - 1 - - 2\n", "a = -1 - -2\n"),
        ("a = ! b && ! ( c )\n", "a = !b && !(c)\n"),
        ("a = [ for x in[ 1 ] : x if x>0 ]\n", "a = [for x in [1] : x if x > 0]\n"),
        ("a = {for k,v in m:k=>v...}\n", "a = { for k, v in m : k => v... }\n"),
        ('a = "x  ${ b }  ${ {c=1} }$${ }%%{ }"\n', 'a = "x  ${b}  ${ { c = 1 } }$${ }%%{ }"\n'),
        ('a = "%{ if b ~}  x %{~ else }y%{ endif }"\n', 'a = "%{if b~}  x %{~else}y%{endif}"\n'),
        ("a = <<-E\n   x  ${ b }\n  E\nbcd=1\n", "a   = <<-E\n   x  ${b}\n  E\nbcd = 1\n"),
        ("a = 1e3+1.5E-7+f(1...)\n", "a = 1e3 + 1.5E-7 + f(1...)\n"),
        ("a = b?c:d\n", "a = b ? c : d\n"),
        ("a = ((\n1\n))\nb = ([\n1])\n", "a = ((\n  1\n))\nb = ([\n1])\n"),
        ("a = 1\n   ", "a = 1\n   "),
        ("", ""),
    ],
)  # fmt: skip
def test_the_canonical_style(before: str, after: str) -> None:
    assert formatted(before) == after
    assert formatted(after) == after


def test_what_would_mean_another_number_stays_apart() -> None:
    assert formatted("a = 1 .5\n") == "a = 1. 5\n"


def test_a_file_with_an_error_has_no_format() -> None:
    result = format_text("a = = 1\n", "test.hcl")
    assert result.text is None
    assert [d.code for d in result.diagnostics] == ["operator_unknown"]
    assert format_text(b"\xff", "test.hcl").text is None


@pytest.mark.parametrize("path", sorted((ROOT / "statemachines").glob("*.hcl")), ids=lambda p: p.name)
def test_shipped_definitions_are_in_the_canonical_style(path: Path) -> None:
    text = path.read_text()
    assert formatted(text) == text
