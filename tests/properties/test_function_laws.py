"""Laws of the functions, each held by functions that know nothing of one another."""

import itertools
import uuid
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.language import parse
from engine.language.expressions import Compiled, compile_expression

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
#: What a reader sees as one character each, whatever stands beside it.
visible = st.lists(st.sampled_from(["a", "Z", " ", "é", "e\u0301", "👍🏽", "日", "\n", "각"]), max_size=12)
scalars = st.integers(-3, 12) | st.sampled_from(["a", "b", "B", "é", "10", ""]) | st.booleans() | st.none()
values = scalars | st.lists(scalars, max_size=2) | st.dictionaries(st.sampled_from("ab"), scalars, max_size=2)
lists = st.lists(values, max_size=6)
moments = st.integers(-(10**10), 10**11).map(lambda s: datetime(2000, 1, 1) + timedelta(seconds=s))  # noqa: DTZ001 - local
durations = st.integers(-(10**9), 10**9)


@cache
def compiled(text: str) -> Compiled:
    tree = parse(f"x = {text}\n", "law.hcl").tree
    assert tree is not None
    return compile_expression(tree.attributes[0].value)


def value(text: str, **scope: Any) -> Any:
    return compiled(text).evaluate(scope)


@given(texts)
def test_what_is_encoded_is_decoded(text: str) -> None:
    assert value("base64decode(base64encode(t))", t=text) == text
    assert value("urldecode(urlencode(t))", t=text) == text
    assert value("jsondecode(jsonencode(t))", t=text) == text
    assert value("urlencode(t)", t=text).isascii()


@given(
    st.lists(st.lists(st.text(st.sampled_from('ab", \n'), max_size=4), min_size=2, max_size=2), max_size=4)
)
def test_rows_that_are_quoted_are_read(rows: list[list[str]]) -> None:
    quoted = [",".join('"' + field.replace('"', '""') + '"' for field in row) for row in [["x", "y"], *rows]]
    assert value("csvdecode(t)", t="\r\n".join(quoted)) == [{"x": a, "y": b} for a, b in rows]


@given(texts, st.sampled_from(["dns", "url", "oid", "x500"]))
def test_names_have_the_uuids_of_rfc_4122(name: str, space: str) -> None:
    assert value("uuidv5(s, n)", s=space, n=name) == str(
        uuid.uuid5(getattr(uuid, f"NAMESPACE_{space.upper()}"), name)
    )


@given(visible, st.integers(0, 12))
def test_characters_are_what_a_reader_sees(characters: list[str], cut: int) -> None:
    text = "".join(characters)
    assert value("length(t)", t=text) == len(characters)
    assert value("strrev(t)", t=text) == "".join(reversed(characters))
    assert value("substr(t, 0, n)", t=text, n=cut) == "".join(characters[:cut])
    assert value("substr(t, n, -1)", t=text, n=cut) == "".join(characters[cut:])
    assert (
        value('format("%*s|", t)'.replace("*", str(cut + 1)), t=text)
        == " " * (cut + 1 - len(characters)) + text + "|"
    )


@given(lists, lists, lists)
def test_sets(a: list[Any], b: list[Any], c: list[Any]) -> None:
    union = value("setunion(a, b)", a=a, b=b)
    assert (
        union
        == value("setunion(b, a)", a=a, b=b)
        == value("setunion(a, b, a)", a=a, b=b)
        == value("toset(u)", u=union)
    )
    assert value("setunion(a, b, c)", a=a, b=b, c=c) == value("setunion(a, setunion(b, c))", a=a, b=b, c=c)
    common = value("setintersection(a, b)", a=a, b=b)
    assert common == value("setintersection(b, a)", a=a, b=b)
    assert value("setunion(setsubtract(a, b), setintersection(a, b))", a=a, b=b) == value("toset(a)", a=a)
    difference = value("setsymmetricdifference(a, b)", a=a, b=b)
    assert difference == value("setsubtract(setunion(a, b), setintersection(a, b))", a=a, b=b)
    assert value("alltrue([for v in u : contains(a, v) || contains(b, v)])", u=union, a=a, b=b)
    assert value("length(distinct(a))", a=a) == value("length(toset(a))", a=a)


@given(lists, lists, st.integers(1, 4))
def test_lists_of_lists(a: list[Any], b: list[Any], size: int) -> None:
    assert value("setproduct(a, b)", a=a, b=b) == list(map(list, itertools.product(a, b)))
    chunks = value("chunklist(a, n)", a=a, n=size)
    assert [each for chunk in chunks for each in chunk] == a
    assert all(len(chunk) == size for chunk in chunks[:-1])


@given(
    st.dictionaries(
        st.sampled_from("abcd"),
        st.lists(st.sampled_from("wxyz"), min_size=1, max_size=3, unique=True).map(sorted),
        max_size=4,
    )
)
def test_what_is_turned_round_twice_is_as_before(given_lists: dict[str, list[str]]) -> None:
    assert value("transpose(transpose(o))", o=given_lists) == given_lists


@given(st.integers(-(2**70), 2**70), st.integers(0, 40))
def test_whole_numbers_are_read_as_they_are_written(number: int, width: int) -> None:
    for verb, base in (("b", 2), ("o", 8), ("d", 10), ("x", 16), ("X", 16)):
        assert value(f'parseint(format("%+0{width or ""}{verb}", n), {base})', n=number) == number


@given(st.integers(-9, 9), st.integers(0, 15))
def test_small_powers_are_exact(base: int, power: int) -> None:
    assert value("pow(b, p)", b=base, p=power) == base**power
    if base > 1:
        assert value("abs(log(pow(b, p), b) - p) < 1e-13", b=base, p=power)


@given(moments, durations, st.integers(-14 * 60, 14 * 60))
def test_time(moment: datetime, seconds: int, offset: int) -> None:
    at = moment.isoformat() + f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02}:{abs(offset) % 60:02}"
    moved = value("timeadd(t, d)", t=at, d=f"{seconds}s")
    assert datetime.fromisoformat(moved) == datetime.fromisoformat(at) + timedelta(seconds=seconds)
    assert value("timecmp(m, t)", m=moved, t=at) == (seconds > 0) - (seconds < 0)
    assert value("timeadd(timeadd(t, d), e)", t=at, d=f"{seconds}s", e=f"{-seconds}s") == value(
        'timeadd(t, "0s")', t=at
    )
    assert value("formatdate(\"YYYY-MM-DD'T'hh:mm:ssZ\", t)", t=at) == value('timeadd(t, "0s")', t=at)
    assert value('formatdate("EEEE, MMM", t)', t=moment.replace(tzinfo=UTC).isoformat()) == moment.strftime(
        "%A, %b"
    )


pieces = st.sampled_from(
    [
        "a",
        " ",
        "é",
        "${x}",
        "$${",
        "%%{",
        "$",
        "%",
        "%{ if y }",
        "%{ for i in z }",
        "${i}",
        "%{ endif }",
        "%{ endfor }",
        "${upper(x)}",
        "${x",
        "}",
    ]
)


@given(st.lists(pieces, max_size=6).map("".join), st.booleans(), st.lists(st.sampled_from("vw"), max_size=2))
def test_a_template_that_comes_as_a_value_is_one_that_is_written(template: str, y: Any, z: list[str]) -> None:
    scope = {"x": "b", "y": y, "z": z}
    written = parse(f'x = "{template}"\n', "law.hcl")
    known = written.tree is not None and not written.diagnostics
    node = (
        compile_expression(written.tree.attributes[0].value) if written.tree is not None and known else None
    )
    can = value("can(templatestring(t, s))", t=template, s=scope)
    if node is None or not node.roots <= scope.keys():
        assert can is False
    else:
        assert value("templatestring(t, s)", t=template, s=scope) == str(node.evaluate(scope))
