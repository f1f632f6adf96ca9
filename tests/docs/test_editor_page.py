"""docs/editor.md: its snippets can be read, and the settings in them start the command that there is."""

import json
import re
import tomllib
from pathlib import Path

from engine.editor.checking import LONGEST, PAUSE

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/editor.md").read_text()


def snippet(kind: str) -> str:
    [found] = re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def test_every_editor_starts_the_server() -> None:
    code = json.loads(snippet("json"))
    assert [code["glspc.server.command"], *code["glspc.server.commandArguments"]] == ["interlock", "lsp"]
    helix = tomllib.loads(snippet("toml"))
    server = helix["language-server"]["interlock"]
    assert [server["command"], *server["args"]] == ["interlock", "lsp"]
    assert helix["language"][0]["language-servers"] == ["interlock"]
    assert 'cmd = { "interlock", "lsp" }' in snippet("lua")
    assert '("interlock" "lsp")' in snippet("elisp")
    assert snippet("elisp").count("(") == snippet("elisp").count(")")


def test_the_times_are_those_of_the_code() -> None:
    assert f"{PAUSE} seconds after the last change" in PAGE
    assert f"after {LONGEST:.0f} seconds" in PAGE


def test_the_extra_is_the_one_that_the_page_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["optional-dependencies"]["lsp"] == ["pygls>=2.1,<3"]
    assert 'pip install "interlock[lsp]"' in PAGE
