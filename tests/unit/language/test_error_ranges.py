"""What a syntax error underlines, between « and »: the ranges of HCL's reference implementation, class by class."""

import pytest

from engine.language import parse


@pytest.mark.parametrize(
    ("marked", "code"),
    [
        ("«a»\n", "item_incomplete"),
        ("«a» : 1\n", "colon_in_body"),
        ("«a».b = 1\n", "name_with_dot"),
        ('a "b" «=» 1\n', "label_on_attribute"),
        ('a "b"«\n»', "item_incomplete"),
        ("a b«\n»", "item_incomplete"),
        ("«a» %\n", "item_incomplete"),
        ("«a»", "item_incomplete"),
        ('a "b"«»', "item_incomplete"),
        ("a =«»", "value_missing"),
        ("a = # nothing«»", "value_missing"),
        ("a = «\n»", "value_missing"),
        ("a = «\r\n»", "value_missing"),
        ("a = «# nothing\n»", "value_missing"),
        ('«"»a" = 1\n', "name_quoted"),
        ("a = 1 «b» = 2\n", "line_break_missing"),
        ("a = 1 «b» {\n}\n", "line_break_missing"),
        ('a = 1 «"»b"\n', "line_break_missing"),
        ("a = 1«,» b = 2\n", "line_break_missing"),
        ("a = 1«,»\n", "line_break_missing"),
        ("a {} «b» {}\n", "line_break_missing"),
        ("a {\n} «b» {\n}\n", "line_break_missing"),
        ("a {\n  b = 1 «}»\n", "line_break_missing"),
        ("a { b = 1«,» c = 2 }\n", "one_line_block_too_long"),
        ("a { b = 1 «c» = 2 }\n", "one_line_block_too_long"),
        ("a { b = 1«\n»}\n", "one_line_block_unclosed"),
        ("a { b = 1 «# c\n»}\n", "one_line_block_unclosed"),
        ("a «{» b = 1", "unclosed"),
        ("a { «b {»} }\n", "block_in_one_line_block"),
        ('a { «b "»c" {} }\n', "block_in_one_line_block"),
        ("a { «b c» {} }\n", "block_in_one_line_block"),
        ('a { «b "»c" = 1 }\n', "item_incomplete"),
        ('a { «b "»c" }\n', "item_incomplete"),
        ('a { «b "»${x}" }', "item_incomplete"),
        ('a { «b "»${x}" = 1 }', "item_incomplete"),
        ('a { «b "»${x}"\n}', "item_incomplete"),
        ('a { «b "»c" "${x}" }', "item_incomplete"),
        ('variable "x" { «type "»a${b}c" }', "item_incomplete"),
        ("a {«,»}\n", "line_break_missing"),
        ("a «{»", "unclosed"),
        ("a «{»\n  b {\n  }\n", "unclosed"),
        ("a «{»\n  b = 1", "unclosed"),
        ('a {\n  b "c"«»', "item_incomplete"),
        ("a = [1, 2\n«b» = 3\n", "unclosed"),
        ("a = «[»1, 2\n", "unclosed"),
        ("a = [1, \n«»", "unclosed"),
        ("a = [1, 2«}»\n", "mismatched"),
        ("a = [1 «2»]\n", "separator_missing"),
        ("a = [«,» 1]\n", "comma_extra"),
        ("a = {\n  b = 1\n«»", "unclosed"),
        ("a = { b «}»\n", "item_incomplete"),
        ("a = { b«\n»}\n", "item_incomplete"),
        ('a = { b «"»c" }\n', "item_incomplete"),
        ("a = { b = 1 «c» = 2 }\n", "separator_missing"),
        ("a = (1\n«»", "unclosed"),
        ("a = (1 «2»)\n", "separator_missing"),
        ("a = (1«}»\n", "mismatched"),
        ("a = «f(»1\n", "unclosed"),
        ("a = f(1,\n«»", "unclosed"),
        ("a = f(1 «2»)\n", "separator_missing"),
        ("a = f(1«]»\n", "mismatched"),
        ("a = «f::g(»1\n", "unclosed"),
        ("a = f(1«...» 2)\n", "ellipsis_misplaced"),
        ("a = f::«\n»", "unexpected"),
        ("a = f::g«\n»", "unexpected"),
        ("a = b.«\n»", "name_missing"),
        ("a = b.*.c.«*»\n", "nested_splat"),
        ("a = b.«0.1»\n", "legacy_index"),
        ("a = b[*\n«]»\n", "expression_continued"),
        ("a = b[\n«*»]\n", "expression_continued"),
        ("a = {c = b[* # d\n«]»}\n", "expression_continued"),
        ("a = b ? c«\n»", "conditional_incomplete"),
        ("a = [b ? c«]»\n", "conditional_incomplete"),
        ("a = 1 +«\n»", "operand_missing"),
        ("a = 1 + «*» 2\n", "operator_unknown"),
        ("a = !«\n»", "operand_missing"),
        ("a = 1 «&» 2\n", "single_ampersand"),
        ("«a» & b\n", "item_incomplete"),
        ("a = «'»b'\n", "single_quote"),
        ("«a» ; b\n", "item_incomplete"),
        ("a = 1«;»\n", "semicolon"),
        ("a = «$»\n", "unknown_character"),
        ('a = "b«\n»c = 1\n', "unclosed_string"),
        ('a = "b«\n\n\n»c = 1\n', "unclosed_string"),
        ('a = "b«»', "unclosed_string"),
        ('a "b«»', "unclosed_string"),
        ('a = "b«\\»\n', "unclosed_string"),
        ('a = "«\\q»"\n', "invalid_escape"),
        ('a = "«\\q»" b\n', "invalid_escape"),
        ("a = «1.2.3»\n", "number_malformed"),
        ("a = «1.2.3» b\n", "number_malformed"),
        ('a = "«b »${c"\n', "unclosed"),
        ('a = "«${»c"\n', "unclosed"),
        ('a = "b ${c «d»}"\n', "separator_missing"),
        ('a = "b ${«}»"\n', "value_missing"),
        ('a = "«b »${c', "unclosed"),
        ('a = "b %{ if c }«"»\n', "directive_unclosed"),
        ('a = "b «%{ endif }»"\n', "directive_misplaced"),
        ('a = "b %{ if c }«%{ endfor }»"\n', "directive_misplaced"),
        ('a = "b %{ «foo» }"\n', "unknown_directive"),
        ('a = "b %{ if c «d» }%{ endif }"\n', "unexpected"),
        ("a = <<EOT\nb\n«»", "unclosed_heredoc"),
        ("a = <<EOT\nb\nEOT«»", "unclosed_heredoc"),
        ("a = <<-EOT\n  b\n  EOT«»", "unclosed_heredoc"),
        ("a = <<EOT\nb ${c}\nEOT«»", "unclosed_heredoc"),
        ("a = <<EOT\nEOT  «»", "unclosed_heredoc"),
        ("a = <<EOT\n${b\n«EOT»\n", "separator_missing"),
        ("a = <<EOT\n«b »${c", "unclosed"),
        ('a "b«${»c}" {\n}\n', "label_not_literal"),
        ('a "b«%{» if c }" {\n}\n', "label_not_literal"),
        ('a "b«${»c}"\n', "label_not_literal"),
        ('a "b«${»c d}" {}\n', "label_not_literal"),
        ("a = «/»* b\n", "unclosed_comment"),
        ("«a» /* b\n", "item_incomplete"),
        ("«/»* b\n", "unclosed_comment"),
        ("a = b /«*» c\n", "unclosed_comment"),
        ("a = [for b «c» : d]\n", "for_in_missing"),
        ("a = [for «:» d]\n", "for_name_missing"),
        ("a = [for b, «:» d]\n", "for_name_missing"),
        ("a = [for b in c «d»]\n", "for_colon_missing"),
        ("a = [for b in c : «d» => e]\n", "for_arrow_extra"),
        ("a = [for b in c : d«...»]\n", "unexpected"),
        ("a = {for b in c : «d»}\n", "for_arrow_missing"),
        ("a = {for b in c : «d.e + 1» if f}\n", "for_arrow_missing"),
        ("a = [for b in c : d «e»]\n", "unexpected"),
        ("a = {b = 1 «~}»\n", "strip_marker_misplaced"),
        ("a = «)»\n", "unopened"),
        ("«a» )\n", "item_incomplete"),
        ("«)»\n", "unopened"),
        ("«}»\n", "unopened"),
        ("a = 1\n«a» = 2\n", "duplicate_attribute"),
        ("a = é «é»\n", "line_break_missing"),
    ],
)  # fmt: skip
def test_the_first_error_underlines_what_the_reference_does(marked: str, code: str) -> None:
    before, subject, after = marked.replace("»", "«").split("«")
    problem = parse(before + subject + after, "test.hcl").told[0]
    assert problem.subject is not None
    start = len(before.encode())
    assert (problem.code, problem.subject.start, problem.subject.end) == (
        code,
        start,
        start + len(subject.encode()),
    )


def test_what_the_end_leaves_open_comes_last() -> None:
    problems = parse("a {\n  b = = 1\n  c = 2 d = 3\n", "test.hcl").told
    assert [d.code for d in problems] == ["operator_unknown", "line_break_missing", "unclosed"]
    assert [d.subject.line for d in problems if d.subject] == [2, 3, 1]


def test_a_brace_that_stands_too_far_left_is_remembered() -> None:
    (problem,) = parse("a {\n  b {\n    c = 1\n}\n", "test.hcl").told
    assert "between line 2 and line 4" in problem.detail


def test_a_marker_without_a_line_break_is_told_apart_from_none() -> None:
    marked, missing = (parse(text, "m.hcl").told[0].detail for text in ("x = <<E\nfoo\nE", "x = <<E\nfoo\nF"))
    assert "line break" in marked
    assert marked != missing
