"""Bodies, blocks, labels, attributes and comments."""

import copy
import pickle
from pathlib import Path

import pytest

from engine.diagnostics import Span
from engine.language import parse, syntax

JIRA = Path(__file__).parents[3] / "statemachines" / "jira.hcl"


def body(text: str | bytes) -> syntax.Body:
    result = parse(text, "test.hcl")
    assert result.diagnostics == ()
    assert result.tree is not None
    return result.tree


def codes(text: str | bytes) -> list[str]:
    return [d.code for d in parse(text, "test.hcl").diagnostics]


def test_empty_files_are_empty_bodies() -> None:
    for text in ("", "\n\n", "# only a comment", "/* one */ // two\n", "\ufeff", b"\xef\xbb\xbf\n"):
        assert body(text).attributes == ()
        assert body(text).blocks == ()


def test_a_block_has_type_labels_and_body() -> None:
    (block,) = body('state "to do" next {\n  a = 1\n  inner {}\n}\n').blocks
    assert (block.type, [(label.value, label.quoted) for label in block.labels]) == (
        "state",
        [("to do", True), ("next", False)],
    )
    assert block.body.attribute("a") is not None
    assert [b.type for b in block.body.blocks_of("inner")] == ["inner"]


def test_one_line_blocks_hold_nothing_or_one_attribute() -> None:
    assert body('a { b = 1 }\nc {}\nd "e" { f = { g = 1, h = 2 } }').blocks[2].body.attribute("f") is not None


@pytest.mark.parametrize(
    ("text", "code", "start", "end"),
    [
        # The ranges are those of the specification's own suite.
        ('a { b = "foo", c = "bar" }\n', "one_line_block_too_long", 13, 14),
        ('a { b = "foo"\n}\n', "one_line_block_unclosed", 13, 14),
        ('a { b = "foo"\n  c = "bar" }\n', "one_line_block_unclosed", 13, 14),
        ("a {,}\n", "line_break_missing", 3, 4),
        ("a { d {} }\n", "block_in_one_line_block", 4, 7),
        ("a {\n", "unclosed", 2, 3),
        ('a = "a value", b = "b value"\n', "line_break_missing", 13, 14),
    ],
)
def test_what_the_specification_refuses(text: str, code: str, start: int, end: int) -> None:
    (problem,) = parse(text, "test.hcl").diagnostics
    assert problem.code == code
    assert problem.subject is not None
    assert (problem.subject.start, problem.subject.end) == (start, end)


def test_items_need_their_own_lines() -> None:
    assert codes("a {\n  b = 1 }\n") == ["line_break_missing"]
    assert codes("a {\n  b {} }\n") == ["line_break_missing"]
    assert codes("a {} b {}\n") == ["line_break_missing"]


def test_an_attribute_is_set_once() -> None:
    result = parse("a = 1\nb = 2\na = 3\n", "test.hcl")
    (problem,) = result.diagnostics
    assert problem.code == "duplicate_attribute"
    assert "line 1" in problem.detail
    assert problem.subject is not None
    assert str(problem.subject) == "test.hcl:3:1"
    assert result.tree is not None
    assert [a.name for a in result.tree.attributes] == ["a", "b"]


def test_names_may_be_any_word() -> None:
    tree = body(
        "for = 1\nin = 2\nif = 3\nnull = 4\ntrue = 5\na-b_c9 = 6\ngrün = 7\n変数 = 8\nx {\n  for = 1\n}\n"
    )
    assert [a.name for a in tree.attributes] == ["for", "in", "if", "null", "true", "a-b_c9", "grün", "変数"]


def test_comments_stand_anywhere_between_tokens() -> None:
    tree = body("a = 1 # one\nb = /* two\nlines */ 2 // three\n/* four */ c = [ # five\n 1, // six\n]\n")
    assert [a.name for a in tree.attributes] == ["a", "b", "c"]


def test_line_breaks_may_be_windows_ones() -> None:
    tree = body('a = 1\r\nb {\r\n  c = "x"\r\n}\r\n')
    assert tree.attributes[0].span.end_column == 6
    assert tree.blocks[0].span.end_line == 4


def test_places_count_bytes_from_the_mark_and_columns_in_graphemes() -> None:
    tree = body('\ufeffa = "e\u0301🇩🇪" == 1\n'.encode())
    value = tree.attributes[0].value
    assert isinstance(value, syntax.Binary)
    span = value.right.span
    assert (span.line, span.column, span.start, span.end) == (1, 13, 24, 25)


def test_broken_encodings_are_problems_not_exceptions() -> None:
    for text in (b'a = "\xff"\n', 'a = "\ud800"\n'):
        result = parse(text, "test.hcl")
        assert result.tree is None
        assert [d.code for d in result.diagnostics] == ["not_utf8"]
        assert result.diagnostics[0].subject is not None
        assert result.diagnostics[0].subject.column == 6
    assert codes("a = 1\nb = \0\n") == ["nul_character"]
    assert codes("a = 1\n\ufeffb = 2\n") == ["odd_space"]


def test_labels_are_literal() -> None:
    assert codes('state "a${b}" {}\n') == ["label_not_literal"]
    assert body('state "a\\"b$${c}" {}\n').blocks[0].labels[0].value == 'a"b${c}'


def test_every_error_of_a_file_is_found_in_one_pass() -> None:
    result = parse("a = \nb {\n  c = [1 2]\n  d = 3\n}\ne = )\nf = 4\n", "test.hcl")
    assert [d.code for d in result.diagnostics] == ["value_missing", "separator_missing", "unopened"]
    tree = result.tree
    assert tree is not None
    assert [a.name for a in tree.attributes] == ["a", "f"]  # of "e" nobody knows where it ends
    assert isinstance(tree.attributes[0].value, syntax.Unread)
    assert [a.name for a in tree.blocks[0].body.attributes] == ["c", "d"]
    assert isinstance(tree.blocks[0].body.attributes[0].value, syntax.Unread)


def test_an_unclosed_bracket_does_not_swallow_the_file() -> None:
    result = parse('a {\n  b = foo(1, [2\n  c = 3\n  d "x" {\n  }\n}\ne = 4\n', "test.hcl")
    (problem,) = result.diagnostics
    assert problem.code == "unclosed"
    assert str(problem.subject) == "test.hcl:3:3"
    assert problem.summary == 'The "[" of line 2 is not closed before this'
    tree = result.tree
    assert tree is not None
    assert tree.attribute("e") is not None
    assert tree.blocks[0].body.attribute("c") is not None


@pytest.mark.parametrize("opener", ["(", "[", "{ a = ", "f(", "a {\n", "[for x in ", '"${', "a ? ("])
def test_hundred_thousand_levels_are_refused_not_crashed_on(opener: str) -> None:
    lead = "" if opener == "a {\n" else "a = "
    assert codes(lead + opener * 100_000) == ["nested_too_deeply"]
    assert codes('a = "' + "%{ if a }" * 100_000) == ["nested_too_deeply"]


@pytest.mark.parametrize(
    "chain",
    [
        "x" + ".a" * 100_000,
        "x" + " + x" * 100_000,
        "x" + "[0]" * 100_000,
        "a ? b : " * 50_000 + "c",
        "!" * 100_000 + "x",
    ],
)
def test_long_chains_are_refused_not_crashed_on(chain: str) -> None:
    assert codes(f"a = {chain}\nb = 1\n") == ["nested_too_deeply"]


def test_ninety_levels_are_fine() -> None:
    body("a = " + "(" * 90 + "1" + ")" * 90)
    body("a {\n" * 90 + "}\n" * 90)


def test_the_errors_of_one_file_are_limited() -> None:
    assert len(codes("a\n" * 10_000)) == 1000 + 1  # the last one says that the rest was not read


@pytest.mark.parametrize("separator", [", ", ",\n", "\n", ",\n\n"])
@pytest.mark.parametrize("sign", ["=", ":"])
def test_the_predecessors_aliases_are_read_in_every_spelling(separator: str, sign: str) -> None:
    items = separator.join(f'{key}{sign} "{name}"' for key, name in (("to_do", "To Do"), ("done", "Done")))
    for text in (f"aliases = {{ {items} }}", f"aliases = {{\n{items},\n}}", f"aliases = {{\n{items}\n}}"):
        value = body(text).attributes[0].value
        assert isinstance(value, syntax.Object)
        assert [
            (i.key.value, i.value.value)
            for i in value.items
            if isinstance(i.key, syntax.Literal) and isinstance(i.value, syntax.Literal)
        ] == [
            ("to_do", "To Do"),
            ("done", "Done"),
        ]


def test_the_shipped_definition_parses() -> None:
    tree = body(JIRA.read_bytes())
    assert [b.labels[0].value for b in tree.blocks_of("provisioner")] == ["soc", "devhop"]


def test_every_construct_of_the_language_parses() -> None:
    tree = body((Path(__file__).parent / "whole_language.hcl").read_bytes())
    (provisioner,) = tree.blocks_of("provisioner")
    assert [b.type for b in provisioner.body.blocks] == [
        "aliasmapper",
        "receive",
        "receive",
        "statemachine",
        "property",
        "property",
        "test",
    ]


def test_trees_can_be_copied_and_stored() -> None:
    tree = body('a "b" {\n  c = d.e[0] + 1\n}\n')
    assert copy.deepcopy(tree) == tree
    stored = pickle.loads(pickle.dumps(tree))  # noqa: S301 - our own bytes
    assert stored == tree
    assert hash(stored) == hash(tree)
    assert type(stored.span) is Span


def test_what_was_not_read_after_very_many_errors_is_said() -> None:
    found = codes("= =\n" * 3000)
    assert found.count("item_expected") == 1000
    assert found[-1] == "too_many_errors"
    assert "too_many_errors" not in codes("= =\n" * 999)


@pytest.mark.parametrize(
    "line", ["x = a = 1", "x = (1", "x = f([1", "x = {a = (1", "x: 1", "x: [1", "x = not a", "x = a and b", "x = 1;", "x = {a = = 1,\n b = 2}", "x =", 'x = "\\q"', "x = 1.2.3", "x = a\n && b"]
)  # fmt: skip
def test_an_error_in_a_value_leaves_the_name_and_a_value_that_nobody_knows(line: str) -> None:
    tree = parse(f"a {{\n  {line}\n  y = 1\n}}\n", "f.hcl").tree
    assert tree is not None
    first, second = tree.blocks[0].body.attributes
    assert (first.name, type(first.value), second.name) == ("x", syntax.Unread, "y")
    assert first.span.text.strip() == line  # type: ignore[attr-defined]


@pytest.mark.parametrize("line", ["   x = (1", "x = 1)", "x = <<EOT\n", "x = 1 /* a"])
def test_where_nobody_knows_the_end_of_a_value_nothing_is_kept(line: str) -> None:
    tree = parse(f"a {{\n  {line}\n  y = 1\n}}\n", "f.hcl").tree
    assert tree is not None
    kept = [a for block in tree.blocks for a in block.body.attributes]
    assert not any(isinstance(attribute.value, syntax.Unread) for attribute in kept)


@pytest.mark.parametrize("block", ["a {\n  x = (1\n}", "a {\n  w = 2\n  x = f([1\n}", "a { x = (1 }"])
def test_a_bracket_is_open_up_to_the_brace_of_its_block_and_no_further(block: str) -> None:
    result = parse(f"{block}\nb = 1\n", "f.hcl")
    assert [problem.code for problem in result.diagnostics] == ["unclosed"]
    assert result.tree is not None
    assert type(result.tree.blocks[0].body.attributes[-1].value) is syntax.Unread
    assert [each.name for each in result.tree.attributes] == ["b"]
