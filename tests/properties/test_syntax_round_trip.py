"""Generated trees, printed and parsed again, are the same trees; mutilated text never breaks the parser."""

import dataclasses
import itertools
import random
import re
import unicodedata
from decimal import Decimal
from typing import Any

import hcl2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lark.exceptions import LarkError

from engine.diagnostics import Span
from engine.language import parse, pieces, syntax
from engine.language.automaton import make_lark
from engine.language.binary import BinaryFraction
from engine.language.format import format_text
from engine.language.printing import printed
from engine.language.values import number
from tests.conformance.mutate import damaged

SPAN = Span(filename="", start=0, end=0, line=1, column=1, end_line=1, end_column=1)
KEYWORDS = {"true", "false", "null", "for", "in", "if", "else", "endif", "endfor"}

names = st.from_regex(r"[a-z_][a-z0-9_-]{0,6}", fullmatch=True).filter(lambda name: name not in KEYWORDS)


@st.composite
def composed_texts(draw: st.DrawFn) -> str:
    return unicodedata.normalize(
        "NFC", draw(st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff"), max_size=12))
    )


texts = composed_texts()
numbers = st.integers(0, 10**20) | st.decimals(
    min_value=Decimal("0.001"), max_value=10**9, allow_nan=False, places=3
).map(lambda decimal: number(str(decimal)))
OPERATORS = ["||", "&&", "==", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "%"]


def literal(value: Any) -> syntax.Literal:
    return syntax.Literal(span=SPAN, value=value)


literals = (texts | numbers | st.booleans() | st.none()).map(literal)
variables = names.map(lambda name: syntax.Variable(span=SPAN, name=name))


def grouped(inner: st.SearchStrategy[syntax.Expression]) -> st.SearchStrategy[syntax.Expression]:
    return inner.map(lambda node: syntax.Parentheses(span=SPAN, inner=node))


def paths(inner: st.SearchStrategy[syntax.Expression]) -> st.SearchStrategy[syntax.Expression]:
    root = variables | grouped(inner)
    attributes = st.builds(syntax.GetAttribute, span=st.just(SPAN), target=root, name=names)
    indexes = st.builds(syntax.Index, span=st.just(SPAN), target=attributes | root, key=inner)
    item = st.just(syntax.SplatItem(span=SPAN))
    each = item | st.builds(syntax.GetAttribute, span=st.just(SPAN), target=item, name=names)
    full = st.builds(
        syntax.Splat,
        span=st.just(SPAN),
        target=attributes | indexes,
        each=each | st.builds(syntax.Index, span=st.just(SPAN), target=each, key=inner),
        full=st.just(True),
    )
    short = st.builds(syntax.Splat, span=st.just(SPAN), target=attributes, each=each, full=st.just(False))
    return (
        attributes
        | indexes
        | full
        | short
        | st.builds(syntax.Index, span=st.just(SPAN), target=short, key=inner)
    )


def merged(parts: list[syntax.Expression]) -> bool:
    """Neighbouring texts would be read as one."""
    plain = [isinstance(p, syntax.Literal) for p in parts]
    return any(a and b for a, b in itertools.pairwise(plain))


def templates(inner: st.SearchStrategy[syntax.Expression]) -> st.SearchStrategy[syntax.Expression]:
    interpolated = inner.filter(lambda node: not isinstance(node, syntax.Literal))
    text = texts.filter(bool).map(literal)
    parts = st.lists(text | interpolated, max_size=4).filter(lambda p: not merged(p))
    bodies = parts.map(lambda p: syntax.Template(span=SPAN, parts=tuple(p)))
    branches = st.builds(
        syntax.TemplateIf, span=st.just(SPAN), condition=inner, then=bodies, otherwise=bodies
    )
    loops = st.builds(
        syntax.TemplateFor,
        span=st.just(SPAN),
        key=st.none() | names,
        value=names,
        collection=inner,
        body=bodies,
    )

    def whole(found: list[syntax.Expression]) -> syntax.Template:
        directive = (syntax.TemplateIf, syntax.TemplateFor)
        wrapped = len(found) == 1 and not isinstance(found[0], (*directive, syntax.Literal))
        return syntax.Template(span=SPAN, parts=tuple(found), wrapped=wrapped)

    return (
        st.lists(text | interpolated | branches | loops, min_size=1, max_size=4)
        .filter(lambda p: not merged(p) and any(not isinstance(part, syntax.Literal) for part in p))
        .map(whole)
    )


def extend(inner: st.SearchStrategy[syntax.Expression]) -> st.SearchStrategy[syntax.Expression]:
    operand = literals | variables | grouped(inner)
    some = st.lists(inner, max_size=3).map(tuple)

    def distinct(items: list[syntax.ObjectItem]) -> bool:
        written = [i.key.value for i in items if isinstance(i.key, syntax.Literal)]
        return len(written) == len(set(written))

    keys = names.map(literal) | texts.map(literal) | grouped(inner)
    items = st.builds(syntax.ObjectItem, span=st.just(SPAN), key=keys, value=inner)
    return (
        grouped(inner)
        | paths(inner)
        | templates(inner)
        | st.builds(syntax.Unary, span=st.just(SPAN), operator=st.sampled_from("-!"), operand=operand)
        | st.builds(
            syntax.Binary,
            span=st.just(SPAN),
            operator=st.sampled_from(OPERATORS),
            left=operand,
            right=operand,
        )
        | st.builds(syntax.Conditional, span=st.just(SPAN), condition=operand, then=inner, otherwise=inner)
        | st.builds(syntax.Tuple, span=st.just(SPAN), items=some)
        | st.builds(
            syntax.Object, span=st.just(SPAN), items=st.lists(items, max_size=3).filter(distinct).map(tuple)
        )
        | st.builds(syntax.Call, span=st.just(SPAN), name=names, name_span=st.just(SPAN), arguments=some)
        | st.builds(
            syntax.For,
            span=st.just(SPAN),
            key=st.none() | names,
            value=names,
            collection=inner,
            result_key=st.none() | inner,
            result=inner,
            condition=st.none() | inner,
        )
    )


expressions = st.recursive(literals | variables, extend, max_leaves=12)


def quote(text: str) -> str:
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        text = text.replace(plain, escaped)
    return text.replace("${", "$${").replace("%{", "%%{")


def inside(parts: tuple[syntax.Expression, ...]) -> str:
    written = ""
    for part in parts:
        if isinstance(part, syntax.Literal):
            written += quote(part.value)
        elif isinstance(part, syntax.TemplateIf):
            assert isinstance(part.then, syntax.Template)
            assert isinstance(part.otherwise, syntax.Template)
            written += f"%{{ if {show(part.condition)} }}{inside(part.then.parts)}"
            written += f"%{{ else }}{inside(part.otherwise.parts)}%{{ endif }}"
        elif isinstance(part, syntax.TemplateFor):
            assert isinstance(part.body, syntax.Template)
            written += f"%{{ for {head(part)} }}{inside(part.body.parts)}%{{ endfor }}"
        else:
            # A dollar or percent sign right before a sequence would escape it, so it is written as an escape.
            if written.endswith(("$", "%")) and not written.endswith(("\\$", "\\%")):
                written = written[:-1] + f"\\u{ord(written[-1]):04x}"
            written += f"${{{show(part)}}}"
    return written


def head(node: syntax.For | syntax.TemplateFor) -> str:
    return f"{node.key + ', ' if node.key is not None else ''}{node.value} in {show(node.collection)}"


def show(node: syntax.Expression) -> str:
    """A printer of the tests' own: nothing in the engine needs one."""
    return str(PRINTERS[type(node)](node))


def show_for(node: syntax.For) -> str:
    condition = f" if {show(node.condition)}" if node.condition is not None else ""
    if node.result_key is None:
        return f"[for {head(node)} : {show(node.result)}{condition}]"
    return f"{{for {head(node)} : {show(node.result_key)} => {show(node.result)}{condition}}}"


def show_literal(node: syntax.Literal) -> str:
    if isinstance(node.value, str):
        return f'"{quote(node.value)}"'
    if node.value is None or isinstance(node.value, bool):
        return {None: "null", True: "true", False: "false"}[node.value]
    return printed(node.value)


PRINTERS: dict[type, Any] = {
    syntax.Literal: show_literal,
    syntax.Variable: lambda n: n.name,
    syntax.GetAttribute: lambda n: f"{show(n.target)}.{n.name}",
    syntax.Index: lambda n: f"{show(n.target)}[{show(n.key)}]",
    syntax.Splat: lambda n: f"{show(n.target)}{'[*]' if n.full else '.*'}{show(n.each)}",
    syntax.SplatItem: lambda _n: "",
    syntax.Parentheses: lambda n: f"({show(n.inner)})",
    syntax.Template: lambda n: f'"{inside(n.parts)}"',
    syntax.Unary: lambda n: f"{n.operator}{show(n.operand)}",
    syntax.Binary: lambda n: f"{show(n.left)} {n.operator} {show(n.right)}",
    syntax.Conditional: lambda n: f"{show(n.condition)} ? {show(n.then)} : {show(n.otherwise)}",
    syntax.Tuple: lambda n: f"[{', '.join(map(show, n.items))}]",
    syntax.Object: lambda n: "{" + ", ".join(f"{show(i.key)} = {show(i.value)}" for i in n.items) + "}",
    syntax.Call: lambda n: f"{n.name}({', '.join(map(show, n.arguments))})",
    syntax.For: show_for,
}


def bare(node: Any) -> Any:
    """The tree without places, as nested tuples. A template's text between sequences is one literal."""
    if isinstance(node, tuple):
        return tuple(map(bare, node))
    if not dataclasses.is_dataclass(node):
        return (type(node).__name__, node)
    fields = [f.name for f in dataclasses.fields(node) if not f.name.endswith("span")]
    return (type(node).__name__, *(bare(getattr(node, name)) for name in fields))


@settings(deadline=None)
@given(expressions)
def test_a_printed_expression_parses_to_itself(node: syntax.Expression) -> None:
    text = f"x = {show(node)}\n"
    result = parse(text, "generated.hcl")
    assert result.diagnostics == ()
    assert result.tree is not None
    assert bare(result.tree.attributes[0].value) == bare(node)


@settings(deadline=None)
@given(expressions)
def test_every_place_lies_within_its_parent_and_reads_as_itself(node: syntax.Expression) -> None:
    text = f"x = {show(node)}\n"
    tree = parse(text, "generated.hcl").tree
    assert tree is not None
    data = text.encode()

    def visit(at: Any, outer: Span) -> None:
        assert outer.start <= at.span.start <= at.span.end <= outer.end
        for field in dataclasses.fields(at):
            inner = getattr(at, field.name)
            for child in inner if isinstance(inner, tuple) else (inner,):
                if dataclasses.is_dataclass(child) and not isinstance(child, Span):
                    visit(child, at.span)

    value = tree.attributes[0].value
    visit(value, tree.attributes[0].span)
    again = parse(b"x = " + data[value.span.start : value.span.end] + b"\n", "again.hcl").tree
    assert again is not None
    assert bare(again.attributes[0].value) == bare(value)


bodies: st.SearchStrategy[Any] = st.recursive(
    st.lists(st.tuples(names, literals), max_size=3, unique_by=lambda pair: pair[0]).map(lambda a: (a, [])),
    lambda inner: st.tuples(
        st.lists(st.tuples(names, literals), max_size=3, unique_by=lambda pair: pair[0]),
        st.lists(st.tuples(names, st.lists(texts, max_size=2), inner), max_size=3),
    ),
    max_leaves=6,
)


def show_body(body: Any, indent: str = "") -> str:
    attributes, blocks = body
    text = "".join(f"{indent}{name} = {show(value)}\n" for name, value in attributes)
    for kind, labels, inner in blocks:
        text += f"{indent}{' '.join([kind, *(show_literal(literal(label)) for label in labels)])} {{\n"
        text += show_body(inner, indent + "  ") + f"{indent}}}\n"
    return text


def outline(body: syntax.Body) -> Any:
    return (
        [(a.name, a.value.value) for a in body.attributes if isinstance(a.value, syntax.Literal)],
        [(b.type, [label.value for label in b.labels], outline(b.body)) for b in body.blocks],
    )


def plain(body: Any) -> Any:
    attributes, blocks = body
    return (
        [(name, value.value) for name, value in attributes],
        [(kind, list(labels), plain(inner)) for kind, labels, inner in blocks],
    )


@settings(deadline=None)
@given(bodies, st.booleans())
def test_a_printed_body_parses_to_itself(body: Any, windows: bool) -> None:  # noqa: FBT001
    text = show_body(body)
    result = parse(text.replace("\n", "\r\n") if windows else text, "generated.hcl")
    assert result.diagnostics == ()
    assert result.tree is not None
    assert outline(result.tree) == plain(body)


simple = st.recursive(
    (
        st.from_regex(r"[A-Za-z][A-Za-z0-9 _.-]{0,8}", fullmatch=True).map(literal)
        | st.integers(0, 10**9).map(literal)
        | st.booleans().map(literal)
    ),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: syntax.Tuple(span=SPAN, items=tuple(items)))
        | st.lists(st.tuples(names, inner), max_size=3, unique_by=lambda pair: pair[0]).map(
            lambda pairs: syntax.Object(
                span=SPAN,
                items=tuple(syntax.ObjectItem(span=SPAN, key=literal(k), value=v) for k, v in pairs),
            )
        )
    ),
    max_leaves=6,
)


def data_of(node: syntax.Expression) -> Any:
    """A constant expression as plain data."""
    match node:
        case syntax.Tuple(items=items):
            return [data_of(item) for item in items]
        case syntax.Object(items=items):
            return {data_of(item.key): data_of(item.value) for item in items}
        case syntax.Literal(value=value):
            return float(value) if isinstance(value, BinaryFraction) else value
    raise AssertionError(node)


plain_texts = st.from_regex(r"[A-Za-z][A-Za-z0-9 _.-]{0,8}", fullmatch=True)
plain_bodies: st.SearchStrategy[Any] = st.recursive(
    st.lists(st.tuples(names, simple), max_size=3, unique_by=lambda pair: pair[0]).map(lambda a: (a, [])),
    lambda inner: st.tuples(
        st.lists(st.tuples(names, simple), max_size=3, unique_by=lambda pair: pair[0]),
        st.lists(st.tuples(names, st.lists(plain_texts, max_size=2), inner), max_size=3),
    ),
    max_leaves=6,
).filter(lambda body: not any(name == kind for name, _ in body[0] for kind, *_ in body[1]))


def as_hcl2(body: syntax.Body) -> Any:
    """A tree in the shape of python-hcl2's dictionaries: the blocks of one type in a list, labels as keys."""
    found: dict[str, Any] = {a.name: data_of(a.value) for a in body.attributes}
    for block in body.blocks:
        inner = as_hcl2(block.body)
        for label in reversed(block.labels):
            inner = {label.value: inner}
        found.setdefault(block.type, []).append(inner)
    return found


def theirs_of(value: Any) -> Any:
    """What python-hcl2 returns, without its marks of blocks and comments and the quotation marks that it keeps."""
    if isinstance(value, dict):
        return {theirs_of(k): theirs_of(v) for k, v in value.items() if not k.startswith("__")}
    if isinstance(value, list):
        return [theirs_of(item) for item in value]
    return value[1:-1] if isinstance(value, str) and value.startswith('"') else value


def clashes(body: syntax.Body) -> bool:
    """Whether dictionaries cannot hold it: an attribute and a block of one name."""
    names_ = {a.name for a in body.attributes}
    return any(b.type in names_ or clashes(b.body) for b in body.blocks)


@settings(max_examples=60, deadline=None)
@given(plain_bodies)
def test_python_hcl2_reads_the_same(body: Any) -> None:
    text = show_body(body)
    tree = parse(text, "generated.hcl").tree
    assert tree is not None
    if not clashes(tree):
        assert as_hcl2(tree) == theirs_of(hcl2.loads(text))


PLAIN = """provisioner "soc" {
  # the statuses
  aliases = { to_do = "To Do", done = "Done" }
  state "a" "b" { transition = "c" }
  list = [1, 2.5, true, ["x"],]
  after {
    delay = "72h"
  }
}
other = "y"
"""


def test_python_hcl2_reads_the_same_of_damaged_files() -> None:
    """Where both still accept a file with a slip in it, they read the same; often enough to mean something."""
    random_ = random.Random(1)
    read = 0
    for _ in range(400):
        text = damaged(PLAIN, PLAIN, random_)
        result = parse(text, "damaged.hcl")
        if result.diagnostics or result.mistakes or result.tree is None or clashes(result.tree):
            continue
        try:
            ours = as_hcl2(result.tree)
            theirs = theirs_of(hcl2.loads(text))
        except (AssertionError, LarkError, ValueError):  # no plain data, or refused by the other
            continue
        read += 1
        assert ours == theirs, text
    assert read >= 50


SEED = """provisioner "soc" {
  aliases = { to_do: "To Do", done: "Done" }
  state "a" "b" { transition = "c" }
  x = [for k, v in a.b[*].c : "${k}%{ if v }y%{ endif }" if k != 1]
  y = <<-EOT
    text ${~ z ~}
    EOT
}
"""
FRAGMENTS = st.sampled_from(
    ['"', "${", "%{ if x }", "%{ endif }", "}", "{", "(", ")", "[", "]", "\n", "<<A\n", "A\n", "=", ":", "?", ".", "...", "*",
     "for ", "in", "if", "1", "/*", "*/", "#", "\\", "~}", ",", "=>", "é", "\r", "\0", "\ufeff", "\ud800", "'", "<<-", "-", "!"]
)  # fmt: skip
mutations = st.lists(
    st.tuples(st.integers(0, len(SEED)), st.integers(0, 6), FRAGMENTS | st.just("")), max_size=6
)


def mutilate(changes: list[tuple[int, int, str]]) -> str:
    text = SEED
    for at, cut, fragment in changes:
        text = text[:at] + fragment + text[at + cut :]
    return text


@settings(max_examples=300, deadline=None)
@given(
    mutations.map(mutilate)
    | st.lists(FRAGMENTS, max_size=30).map("".join)
    | st.text(max_size=40)
    | st.binary(max_size=40)
)
def test_no_text_breaks_the_parser(text: str | bytes) -> None:
    result = parse(text, "broken.hcl")
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "surrogatepass"))
    for problem in result.diagnostics:
        assert problem.subject is not None
        assert 0 <= problem.subject.start <= problem.subject.end <= size
        assert problem.summary
        assert problem.detail
    assert result.tree is not None or result.diagnostics
    starts = [p.subject.start for p in result.told if p.subject]
    assert starts == sorted(starts) or starts[:-1] == sorted(
        starts[:-1]
    )  # what the end leaves open comes last


@settings(deadline=None)
@given(bodies, st.lists(expressions, max_size=2))
def test_our_loop_over_the_tables_is_larks(body: Any, values: list[syntax.Expression]) -> None:
    text = show_body(body) + "".join(f"z{i} = {show(value)}\n" for i, value in enumerate(values))
    tree = parse(text, "generated.hcl").tree
    assert tree is not None
    session = LARK.parse_interactive(text)
    session.exhaust_lexer()
    content = session.result
    lark_attributes = [item for item in content if isinstance(item, syntax.Attribute)]
    lark_blocks = [item for item in content if isinstance(item, syntax.Block)]
    seen = {a.name: a for a in reversed(lark_attributes)}
    assert {a.name: bare(a) for a in tree.attributes} == {name: bare(a) for name, a in seen.items()}
    assert [bare(b) for b in tree.blocks] == [bare(b) for b in lark_blocks]


LARK: Any = make_lark()


@pytest.mark.parametrize("text", ["a = 1 +", "a {", "a = (1]"])
def test_lark_refuses_what_we_refuse(text: str) -> None:
    assert parse(text, "broken.hcl").diagnostics
    with pytest.raises(LarkError):
        LARK.parse_interactive(text).exhaust_lexer()


def test_the_design_of_names_is_not_fooled_by_regular_expressions() -> None:
    assert re.fullmatch(r"\w+", "²")
    assert [d.code for d in parse("² = 1\n", "broken.hcl").diagnostics] == ["unknown_character"]


IN_TEMPLATES = {pieces.TEXT, pieces.CLOSE_QUOTE, pieces.CLOSE_HEREDOC, pieces.OPEN_INTERPOLATION, pieces.OPEN_DIRECTIVE}  # fmt: skip


def respaced(text: str, gaps: list[str]) -> str:
    """The same tokens with other spaces between them, and comments where there may be one."""
    widths = itertools.cycle(gaps)
    written = ""
    for piece in pieces.cut(text):
        gap = "" if piece.kind in IN_TEMPLATES else next(widths)
        written += (gap or " " * bool(piece.spaces)) + piece.text
    return written


def words(text: str) -> list[str]:
    return [piece.text for piece in pieces.cut(text)]


@settings(deadline=None)
@given(
    st.lists(st.tuples(names, expressions, names), min_size=1, max_size=3),
    st.lists(st.sampled_from(["", " ", "   ", "\t", " /* c */"]), min_size=1, max_size=9),
    st.sampled_from(["", " # d", "// d"]),
)
def test_formatting_changes_nothing_but_spaces_and_only_once(
    items: list[tuple[str, syntax.Expression, str]], gaps: list[str], comment: str
) -> None:
    text = "".join(f"{block} {{\n{name} = {show(value)}{comment}\n}}\n" for name, value, block in items)
    text = respaced(text, gaps)
    before = parse(text, "generated.hcl")
    assert before.diagnostics == ()
    formatted = format_text(text, "generated.hcl").text
    assert formatted is not None
    assert bare(parse(formatted, "generated.hcl").tree) == bare(before.tree)
    assert words(formatted) == words(text)
    assert format_text(formatted, "generated.hcl").text == formatted
