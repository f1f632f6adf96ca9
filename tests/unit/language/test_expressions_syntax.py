"""The shape of the tree for every kind of expression."""

from typing import Any

import pytest

from engine.language import parse, syntax
from engine.language.complaints import _TABLE
from engine.language.expressions import Compiled
from engine.language.values import number


def expression(text: str) -> Any:
    result = parse(f"x = {text}\n", "test.hcl")
    assert result.diagnostics == ()
    assert result.tree is not None
    return result.tree.attributes[0].value


def codes(text: str) -> list[str]:
    return [d.code for d in parse(f"x = {text}\n", "test.hcl").diagnostics]


def shape(node: syntax.Node) -> str:  # noqa: C901, PLR0911, PLR0912 - one case a kind of node
    """The tree in a small notation of its own."""
    match node:
        case syntax.Literal(value=value):
            return repr(value)
        case syntax.Variable(name=name):
            return name
        case syntax.GetAttribute(target=target, name=name):
            return f"{shape(target)}.{name}"
        case syntax.Index(target=target, key=key):
            return f"{shape(target)}[{shape(key)}]"
        case syntax.Splat(target=target, each=each, full=full):
            return f"{shape(target)}{'[*]' if full else '.*'}<{shape(each)}>"
        case syntax.SplatItem():
            return "@"
        case syntax.Unary(operator=operator, operand=operand):
            return f"({operator}{shape(operand)})"
        case syntax.Binary(operator=operator, left=left, right=right):
            return f"({shape(left)} {operator} {shape(right)})"
        case syntax.Conditional(condition=a, then=b, otherwise=c):
            return f"({shape(a)} ? {shape(b)} : {shape(c)})"
        case syntax.Parentheses(inner=inner):
            return f"<{shape(inner)}>"
        case syntax.Tuple(items=items):
            return f"[{', '.join(map(shape, items))}]"
        case syntax.Object(items=items):
            return "{" + ", ".join(f"{shape(i.key)}: {shape(i.value)}" for i in items) + "}"
        case syntax.Call(name=name, arguments=arguments, expand=expand):
            return f"{name}({', '.join(map(shape, arguments))}{'...' if expand else ''})"
        case syntax.Template(parts=parts, wrapped=wrapped):
            return f"{'wrap' if wrapped else 'text'}({', '.join(map(shape, parts))})"
        case syntax.TemplateIf(condition=a, then=b, otherwise=c):
            return f"if({shape(a)}, {shape(b)}, {shape(c)})"
        case syntax.TemplateFor(key=key, value=value, collection=collection, body=inner):
            return f"for({key}, {value}, {shape(collection)}, {shape(inner)})"
        case syntax.For():
            key = f"{shape(node.result_key)} => " if node.result_key else ""
            condition = f" if {shape(node.condition)}" if node.condition else ""
            return f"for({node.key}, {node.value} in {shape(node.collection)}: {key}{shape(node.result)}{'...' * node.grouped}{condition})"
    raise AssertionError(node)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", "1"),
        ("1.50", "BinaryFraction(3, 1)"),
        ("1e3", "1000"),
        ("125E-3", "BinaryFraction(1, 3)"),
        ("9007199254740993", "9007199254740993"),
        ("true", "True"),
        ("null", "None"),
        ('"a\\n\\"\\\\\\t\\u00e9\\U0001f600"', repr('a\n"\\\té😀')),
        ('"$${a} %%{b} $a %b $$ {"', repr("${a} %{b} $a %b $$ {")),
        ('""', "''"),
        # Operators: all group to the left, * before + before < before == before && before ||.
        ("a + b * c - d", "((a + (b * c)) - d)"),
        ("a - b - c", "((a - b) - c)"),
        ("a || b && c == d < e + f * -g", "(a || (b && (c == (d < (e + (f * (-g)))))))"),
        ("!a && !b.c", "((!a) && (!b.c))"),
        ("-a.b[0]", "(-a.b[0])"),
        ("--a", "(-(-a))"),
        ("a ? b : c ? d : e", "(a ? b : (c ? d : e))"),
        ("a ? b ? c : d : e", "(a ? (b ? c : d) : e)"),
        ("(\n a\n +\n b\n)", "<(a + b)>"),
        # Paths.
        ("a.b.c", "a.b.c"),
        ("a . b", "a.b"),
        ('a[b.c]["d"]', "a[b.c]['d']"),
        ("a.0.b", "a[0].b"),
        ("foo./*c*/0", "foo[0]"),
        ("foo./*c*/bar", "foo.bar"),
        ("a[0][0]", "a[0][0]"),
        ("a.*.b.c[0]", "a.*<@.b.c>[0]"),
        ("a.*.b.0.c", "a.*<@.b[0].c>"),
        ("a[*].b[0].c", "a[*]<@.b[0].c>"),
        ("a[*].b[*].c", "a[*]<@.b[*]<@.c>>"),
        ("a[*].b.*.c[0]", "a[*]<@.b.*<@.c>[0]>"),
        ("a.*", "a.*<@>"),
        ("f(x).y", "f(x).y"),
        ("[1, 2][0]", "[1, 2][0]"),
        ('"a".b', "'a'.b"),
        # Calls and constructors.
        ("f()", "f()"),
        ("f(a, b,)", "f(a, b)"),
        ("f(a, b...)", "f(a, b...)"),
        ("f(\n  a,\n  b\n)", "f(a, b)"),
        ("[]", "[]"),
        ("[\n  a,\n  b,\n]", "[a, b]"),
        ("{}", "{}"),
        ("{\n}", "{}"),
        ("{ a = 1, b: 2 }", "{'a': 1, 'b': 2}"),
        ("{\n a = 1\n\n # c\n b = 2\n}", "{'a': 1, 'b': 2}"),
        ('{ (a.b) = 1, "c" = 2, 3 = 4, true = 5, "x${y}" = 6 }', "{<a.b>: 1, 'c': 2, 3: 4, 'true': 5, text('x', y): 6}"),
        ("{ a ? b : c = d }", "{(a ? b : c): d}"),
        # For.
        ("[for v in l : v]", "for(None, v in l: v)"),
        ("[for k, v in l : v if k != 0]", "for(k, v in l: v if (k != 0))"),
        ("{for k, v in l : k => v}", "for(k, v in l: k => v)"),
        ("{for v in l : v.a => v... if v.b}", "for(None, v in l: v.a => v... if v.b)"),
        ("{\n  for v in l :\n  v => 1\n}", "for(None, v in l: v => 1)"),
        ("[for in in in : in]", "for(None, in in in: in)"),
        ("[\n# c\nfor v in l : (v ? if : for)]", "for(None, v in l: <(v ? if : for)>)"),
        ("[forx, fory]", "[forx, fory]"),
        # Templates.
        ('"${a}"', "wrap(a)"),
        ('"a${b}c"', "text('a', b, 'c')"),
        ('"${a}${b}"', "text(a, b)"),
        ('"${"${a}"}"', "wrap(wrap(a))"),
        ('"x ${~ a ~} y"', "text('x', a, 'y')"),
        ('"${ {a = 1}.a }"', "wrap({'a': 1}.a)"),
        ('"%{ if a }b%{ else }c%{ endif }"', "text(if(a, text('b'), text('c')))"),
        ('"%{ if a }b%{ endif }"', "text(if(a, text('b'), text()))"),
        ('"%{ for k, v in l }${v},%{ endfor }"', "text(for(k, v, l, text(v, ',')))"),
        ('"a %{~ if b ~} c %{~ else ~} d %{~ endif ~} e"', "text('a', if(b, text('c'), text('d')), 'e')"),
    ],
)  # fmt: skip
def test_shapes(text: str, expected: str) -> None:
    assert shape(expression(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<<EOT\nFoo\n  Bar\nEOT", "Foo\n  Bar\n"),
        ("<<EOT\n    Foo\n  EOT", "    Foo\n"),
        ("<<EOT\n    NOT EOT\n  EOT", "    NOT EOT\n"),
        ("<<-EOT\n    Foo\n      Bar\n    EOT", "Foo\n  Bar\n"),
        ("<<-EOT\n    Foo\n  Bar\n    Baz\n  EOT", "  Foo\nBar\n  Baz\n"),
        ("<<-EOT\n\tFoo\n  Bar\n  Baz\n  EOT", "Foo\n Bar\n Baz\n"),
        (
            "<<-EOT\n    \u2003\u2003Foo\n     Bar\n    EOT".replace("    \u2003\u2003", "   \u2003\u2003"),
            "Foo\nBar\n",
        ),
        ("<<-EOT\n    Foo\n\n    Bar\n  EOT", "Foo\n\nBar\n"),
        ("<<EOT\nEOT", ""),
        ("<<EOT\n\\n $${a} %%{b} $\nEOT", "\\n ${a} %{b} $\n"),
        ("<<-A-B_1\n  x\n  A-B_1", "x\n"),
    ],
)
def test_heredocs(text: str, expected: str) -> None:
    node = expression(text)
    assert isinstance(node, syntax.Literal)
    assert node.value == expected


def test_heredocs_hold_interpolations() -> None:
    assert (
        shape(expression("<<-EOT\n    Foo\n      ${bar}\n    Baz\n  EOT"))
        == r"text('Foo\n  ', bar, '\nBaz\n')"
    )
    assert (
        shape(expression("<<-EOT\n    Foo\n  ${bar}\n    Baz\n  EOT")) == r"text('  Foo\n', bar, '\n  Baz\n')"
    )
    assert shape(expression("<<EOT\n%{ if a ~}\nx\n%{ endif ~}\nEOT")) == r"text(if(a, text('x\n'), text()))"
    assert shape(expression("f(<<A\n1\nA\n, <<B\n2\nB\n)")) == r"f('1\n', '2\n')"


def test_places_are_those_of_the_text() -> None:
    node = expression('a.b[0] + f(c, "d${e}")')
    assert isinstance(node, syntax.Binary)
    assert (node.left.span.column, node.left.span.end_column) == (5, 11)
    assert (node.right.span.column, node.right.span.end_column) == (14, 27)
    assert isinstance(node.right, syntax.Call)
    assert (node.right.name_span.column, node.right.name_span.end_column) == (14, 15)


def test_numbers_have_512_bits() -> None:
    assert expression("0.1").value == number("0.1")
    assert expression(str(2**512)).value == 2**512
    assert expression(str(2**513 + 1)).value == 2**513
    assert expression("1e400").value == number("1e400") != 10**400
    assert codes("1e401") == ["number_out_of_range"]
    assert codes("9" * 5000) == ["number_out_of_range"]
    assert codes("1e99999999999") == ["number_out_of_range"]


@pytest.mark.parametrize("escape", ["\\q", "\\u12", "\\ud800", "\\U00110000", "\\'", "\\ "])
def test_escapes_are_checked(escape: str) -> None:
    for text in (f'"a{escape}b"', f'"a{escape}b${{c}}"'):
        (problem,) = parse(f"x = {text}\n", "test.hcl").diagnostics
        assert problem.code == "invalid_escape"
        assert problem.subject is not None
        assert problem.subject.column == 7


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a.", "name_missing"),
        ("a.0.1", "legacy_index"),
        ("a.*.b.*", "nested_splat"),
        ("0.1.1", "number_malformed"),
        ("1e5e5", "number_malformed"),
        ("1.e5.e5", "number_malformed"),
        ("{ a }", "item_incomplete"),
        ("{ a = 1 b = 2 }", "separator_missing"),
        ("[1 2]", "separator_missing"),
        ("(1", "unclosed"),
        ("(1]", "mismatched"),
        ("[1)", "mismatched"),
        ("1)", "unopened"),
        ("1 +", "operand_missing"),
        ("a ? b", "conditional_incomplete"),
        ("a = b", "operator_unknown"),
        ("a & b", "single_ampersand"),
        ("'a'", "single_quote"),
        ('"a', "unclosed_string"),
        ("“a”", "typographic_quote"),
        ("<<EOT\nfoo", "unclosed_heredoc"),
        ("/* a", "unclosed_comment"),
        ('"%{ foo }"', "unknown_directive"),
        ('"%{ if a }"', "directive_unclosed"),
        ('"%{ endif }"', "directive_misplaced"),
        ('"${}"', "value_missing"),
        ('"${a b}"', "separator_missing"),
        ("[for a : b]", "for_in_missing"),
        ("{for a in b : c}", "for_arrow_missing"),
        ("[for a in b : c => d]", "for_arrow_extra"),
        ("f(a..., b)", "ellipsis_misplaced"),
        ("a[]", "value_missing"),
        ("()", "value_missing"),
        ("[1,,2]", "comma_extra"),
        ("{a = ~}", "strip_marker_misplaced"),
    ],
)
def test_every_mistake_has_its_own_message(text: str, code: str) -> None:
    (problem,) = parse(f"x = {text}\ny = 1\n" if "EOT" not in text else f"x = {text}", "test.hcl").diagnostics
    assert problem.code == code
    assert problem.subject is not None
    assert problem.detail


@pytest.mark.parametrize(
    ("text", "code"), [("{ a.b = 1 }", "ambiguous_key"), ('{ a = 1, "a" = 2 }', "duplicate_key")]
)
def test_what_hcl_allows_and_nobody_means_is_told_apart(text: str, code: str) -> None:
    result = parse(f"x = {text}\n", "test.hcl")
    assert result.diagnostics == ()
    assert [(d.code, d.subject.line) for d in result.mistakes if d.subject] == [(code, 1)]


def test_comments_may_stand_before_the_name_of_a_directive() -> None:
    assert codes('"%{ /* a */ if b /* c */ }x%{ # d\n endif }"') == []


def test_a_function_may_have_a_scope() -> None:
    node = expression("provider :: aws::f (1)")
    assert isinstance(node, syntax.Call)
    assert node.name == "provider::aws::f"
    assert (node.name_span.start, node.name_span.end) == (4, 22)
    assert codes("a::b") == ["unexpected"]
    assert codes("a::1()") == ["unexpected"]


@pytest.mark.parametrize("operator", ["&&", "||"])
def test_a_long_condition_is_read_and_evaluated_in_order(operator: str) -> None:
    names = [f"n{i}" for i in range(5000)]
    node = expression(f" {operator} ".join(names))
    kept, decided = (True, False) if operator == "&&" else (False, True)
    scope: dict[str, Any] = dict.fromkeys(names, kept)
    assert Compiled(node, {}).evaluate(scope) is kept
    assert Compiled(node, {}).evaluate({**dict.fromkeys(names[:4000], kept), "n4000": decided}) is decided


def test_a_long_condition_keeps_its_precedences() -> None:
    node = expression(" || ".join(f"a{i} == {i} + 1 && b{i}" for i in range(200)))
    scope: dict[str, Any] = {f"a{i}": i for i in range(200)} | {f"b{i}": True for i in range(200)}
    assert Compiled(node, {}).evaluate(scope) is False
    assert Compiled(node, {}).evaluate({**scope, "a150": 151}) is True


def test_every_line_of_the_table_of_complaints_can_be_said() -> None:
    words = {"token": "{", "before": "}", "opener": "(", "opened": "The (", "closer": ")"}
    for row in _TABLE:
        assert row.summary.format_map(words)
        assert row.detail.format_map(words)
        assert not row.summary.endswith(".")
        assert row.detail.endswith(".")
