"""The words that an editor shows are about what there is."""

import pytest

from engine.editor.words import ARGUMENTS, MEMBER_WORDS, ROOT_WORDS, meaning_of, words_of
from engine.machine.read_names import ROOTS
from engine.machine.shapes import SHAPES


@pytest.mark.parametrize("shape", SHAPES)
def test_every_block_and_attribute_has_its_words(shape: str) -> None:
    assert meaning_of(shape).endswith(".")
    assert words_of(shape) is ARGUMENTS or words_of(shape).keys() == SHAPES[shape].attributes()


def test_every_name_of_an_expression_has_its_words() -> None:
    assert ROOT_WORDS.keys() == ROOTS.keys()
    assert {root: set(words) for root, words in MEMBER_WORDS.items()} == {
        root: set(members) for root, members in ROOTS.items() if members is not None
    }
