"""No text, however broken, makes the reader raise."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.diagnostics import errors_in, render
from engine.machine.compile import compile_definition
from engine.machine.read import read_definition
from tests.properties.machines import Model, models

ROOT = Path(__file__).resolve().parents[2]
SEEDS = [path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("tests/golden/definitions/*.hcl"))]

_WORDS = [
    "state", "on", '"a"', '"*"', '"<end>"', "{", "}", "=", "when", "transition", "event.x", "local.both", "var.x", "null",
    "true", "[", "]", "(", ")", "${", "\n", '"', "provisioner", "statemachine", "aliasmapper", "aliases", "initial", "receive",
    "request", "action", "set", "for", "in", ":", "=>", "...", "1e999", "<<X\n", "/*", "#", "\ufeff", "\u202e", "\0", "é",
]  # fmt: skip


def check(source: str) -> None:
    result = read_definition(source, "x.hcl")
    assert (result.definition is None) == errors_in(result.diagnostics)
    for problem in result.diagnostics:
        assert problem.summary
        assert problem.subject is not None
        assert (
            0 <= problem.subject.start <= problem.subject.end <= len(source.encode("utf-8", "surrogatepass"))
        )
    render(result.diagnostics, {"x.hcl": source})
    if result.definition is not None:
        compile_definition(result.definition)


@given(st.text() | st.lists(st.sampled_from(_WORDS)).map(" ".join))
def test_any_text_gives_a_definition_or_its_problems(source: str) -> None:
    check(source)


@settings(max_examples=300)
@given(st.sampled_from(SEEDS), st.data())
def test_a_mutated_definition_gives_a_definition_or_its_problems(source: str, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(source)))
        end = data.draw(st.integers(start, min(len(source), start + 30)))
        source = source[:start] + data.draw(st.sampled_from(["", *_WORDS])) + source[end:]
    check(source)


@given(models())
def test_reading_twice_gives_the_same_hash(model: Model) -> None:
    first, second = (read_definition(model.source(), name).definition for name in ("a.hcl", "b.hcl"))
    assert first is not None
    assert second is not None
    assert first.hash == second.hash
