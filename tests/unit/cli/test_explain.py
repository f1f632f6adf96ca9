"""`interlock explain` knows codes, verdicts, blocks and functions."""

import json

import pytest

from engine.cli.explain import explain
from engine.errors import SettingError
from engine.machine.block_words import NAMES
from engine.model import Verdict


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
    with pytest.raises(SettingError, match=f"no diagnostic, verdict, block or function '{word}'.*{advice}"):
        explain(word)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_is_explained(verdict: Verdict, capsys: pytest.CaptureFixture[str]) -> None:
    assert explain(verdict.value) == 0
    told = capsys.readouterr().out
    assert f"{verdict.value} (a verdict): " in told
    assert "\n  help: " in told


def test_a_verdict_that_is_called_like_a_code_is_explained_with_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert explain("endless_loop") == 0
    code, verdict = capsys.readouterr().out.split("endless_loop (a verdict): ")
    assert code.startswith("endless_loop: an `always` block without a guard")
    assert verdict.startswith("`always` blocks, raised events")
    assert explain("endless_loop", json=True) == 0
    assert {"code", "verdict"} <= set(json.loads(capsys.readouterr().out))


@pytest.mark.parametrize("block", NAMES)
def test_every_block_is_explained_with_an_example(block: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert explain(block) == 0
    told = capsys.readouterr().out
    assert told.startswith(block)
    assert "  stands in: " in told
    assert "  for instance:\n\n    " in told
    assert explain(block, json=True) == 0
    assert json.loads(capsys.readouterr().out)["block"] == block


def test_the_forms_of_a_block_stand_below_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    explain("state")
    told = capsys.readouterr().out
    assert 'state "STATE" { … }: ' in told
    assert 'state "STATE" "EVENT" { … }: ' in told
    assert "  transition (text; without it: the state is kept)\n      the state to go to, or `<end>`" in told
