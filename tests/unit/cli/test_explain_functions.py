"""`interlock explain` knows functions, too."""

import pytest

from engine.cli.explain import explain
from engine.errors import SettingError


def test_a_function_is_explained_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain("upper") == 0
    assert capsys.readouterr().out.splitlines() == [
        "upper(text: string): The text in upper case.",
        "",
        '  for instance: upper("soc-12") is "SOC-12"',
    ]


@pytest.mark.parametrize(
    ("word", "advice"),
    [("nope", "lists all codes"), ("uper", 'Did you mean "upper"'), ("unclose", 'Did you mean "unclosed"')],
)
def test_a_word_that_is_neither_is_said_to_be_neither(word: str, advice: str) -> None:
    with pytest.raises(SettingError, match=f"no diagnostic and no function '{word}'.*{advice}"):
        explain(word)
