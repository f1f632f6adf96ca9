"""The reference of functions is made of the code, and says what the code does."""

from pathlib import Path

import pytest

from engine.language.functions import STANDARD
from engine.language.functions.examples import EXAMPLES, page, value_of
from engine.language.names import check_names
from engine.language.parse import parse

PAGE = Path(__file__).resolve().parents[2] / "docs/reference/functions.md"


def test_every_function_has_an_example() -> None:
    assert sorted(EXAMPLES) == sorted(STANDARD)


def test_the_page_is_made_of_the_code() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "run: interlock explain --functions > docs/reference/functions.md"
    )


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_calls_its_function_and_has_the_value_that_is_written(name: str) -> None:
    call = EXAMPLES[name]
    tree = parse(f"x = {call}\n", "example.hcl").tree
    assert tree is not None
    assert check_names(tree.attributes[0].value, {}) == ()
    assert call.startswith(f"{name}(")
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    (row,) = [line for line in lines if line.startswith(f"| `{STANDARD[name].signature}`")]
    assert row.replace("\\|", "|").endswith(f"| `{call}` is `{value_of(call)}` |")
