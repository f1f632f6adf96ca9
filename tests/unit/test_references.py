import pytest

from engine.language import parse
from engine.machine.references import Reference, references


def found(expression: str) -> list[Reference]:
    tree = parse(f"x = {expression}\n", "x.hcl").tree
    assert tree is not None
    return list(references(tree.attributes[0].value))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1", []),
        ("event", [("event", ())]),
        ("event.a.b", [("event", ("a", "b"))]),
        ('event["a"].b[0]', [("event", ("a", "b", 0))]),
        ("event.a && !local.b || f(var.c)", [("event", ("a",)), ("local", ("b",)), ("var", ("c",))]),
        ("event.a[local.b].c", [("event", ("a",)), ("local", ("b",))]),
        ("[for x in event.list: x.a + y]", [("event", ("list",)), ("y", ())]),
        ("[for x in x: x]", [("x", ())]),
        ("{for k, v in event: k => v if local.ok}", [("event", ()), ("local", ("ok",))]),
        ("event.list[*].name", [("event", ("list",))]),
        ("event.list.*.name", [("event", ("list",))]),
        ("{ a = event.b, (event.c) = 1 }", [("event", ("b",)), ("event", ("c",))]),
        ('"${event.a} and %{ if event.b }${event.c}%{ endif }"', [("event", (n,)) for n in "abc"]),
        ('"%{ for x in event.a }${x}${local.y}%{ endfor }"', [("event", ("a",)), ("local", ("y",))]),
        ("(event).a", [("event", ())]),
    ],
)
def test_what_an_expression_looks_at(expression: str, expected: list[tuple[str, tuple[object, ...]]]) -> None:
    assert [(r.root, r.steps) for r in found(expression)] == expected
