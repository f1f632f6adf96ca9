"""Help is written for who reads it first: examples that can be typed, words for values, defaults that say something."""

import io
import re
import shlex

import pytest
from cyclopts import App
from rich.console import Console

from engine.cli.app import make_app

_PLACEHOLDERS = re.compile(r"--[\w-]+ +(STR|INT|FLOAT|PATH)\b")
_EXAMPLE = re.compile(r"For instance: interlock (.+?)\s*(?:\n\s*\n|╭)", re.DOTALL)


def commands(app: App, words: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """What can be typed, at any depth."""
    found = []
    for name in app:
        if not name.startswith("-"):
            inner = app[name]
            below = commands(inner, (*words, name))
            found += below or [(*words, name)]
    return found


COMMANDS = commands(make_app())


def help_of(words: tuple[str, ...]) -> str:
    written = io.StringIO()
    make_app(words).help_print(
        list(words), console=Console(file=written, width=200, color_system=None, force_terminal=False)
    )
    return written.getvalue()


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_is_explained_in_words(words: tuple[str, ...]) -> None:
    text = help_of(words)
    assert text.startswith(f"Usage: interlock {' '.join(words)}")
    assert not _PLACEHOLDERS.findall(text)
    assert not re.findall(r"\[default: (?:None|False|True|\"\"|)\]", text)


def test_examples_can_be_typed() -> None:
    examples = [found[1] for words in COMMANDS for found in _EXAMPLE.finditer(help_of(words))]
    assert len(examples) > 20
    for example in examples:
        line = shlex.split(example)
        command, _, unknown, *_ = make_app(line).parse_known_args(line)
        assert not unknown, example
        assert command is not None


def test_the_list_of_commands_says_how_commands_end_and_leaves_none_out() -> None:
    text = help_of(())
    assert "exit status" in text
    assert "Commands" not in text
    for name in {words[0] for words in COMMANDS}:
        assert re.search(rf"│ {name} ", text), name
