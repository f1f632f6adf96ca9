"""Every function is proposed and explained in an editor."""

import pytest

from engine.editor.complete import complete
from engine.editor.document import Document
from engine.editor.hover import hover
from engine.language.functions import STANDARD
from engine.language.functions.examples import EXAMPLES, value_of

TEXT = """\
locals { found = CALL }
"""


@pytest.mark.parametrize("name", STANDARD)
def test_a_function_is_explained_with_its_example(name: str) -> None:
    text = TEXT.replace("CALL", EXAMPLES[name])
    found = hover(Document(text, "soc.hcl"), text.index(EXAMPLES[name]) + 1)
    assert found is not None
    assert STANDARD[name].signature in found.text
    assert STANDARD[name].doc in found.text
    assert f"`{value_of(EXAMPLES[name])}`" in found.text


def test_all_functions_are_proposed() -> None:
    text = TEXT.replace("CALL", "")
    proposed = {
        each.label: each for each in complete(Document(text, "soc.hcl"), text.index("= ") + 2).proposals
    }
    assert proposed.keys() >= set(STANDARD)
    assert proposed["setunion"].detail == STANDARD["setunion"].signature
