"""The deployment files as data: a small parser for each format, enough to hold what they say against the program."""

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests.harness.daemon import ROOT

DEPLOY = ROOT / "deploy"
CHART = DEPLOY / "helm" / "interlock"


class Instruction(NamedTuple):
    word: str
    text: str

    def listed(self) -> list[str]:
        """The JSON list that it takes."""
        found = json.loads(self.text)
        assert isinstance(found, list)
        return found


def dockerfile() -> list[list[Instruction]]:
    """The stages, each with its instructions; what stands before the first FROM is the first entry."""
    text = re.sub(r"^[ \t]*#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    stages: list[list[Instruction]] = [[]]
    for line in re.sub(r"[ \t]*\\\n[ \t]*", " ", text).splitlines():
        if not line.strip():
            continue
        word, _, rest = line.partition(" ")
        assert word in {"ARG", "FROM", "RUN", "COPY", "ENV", "USER", "WORKDIR", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD"}  # fmt: skip
        if word == "FROM":
            stages.append([])
        stages[-1].append(Instruction(word, rest.strip()))
    return stages


def assignments(text: str) -> dict[str, str]:
    """``NAME=value NAME=value`` as a mapping."""
    return dict(pair.split("=", 1) for pair in text.split())


def unit() -> dict[str, dict[str, list[str]]]:
    """The systemd unit: section, key, every value given."""
    sections: dict[str, dict[str, list[str]]] = {}
    section = ""
    for line in (DEPLOY / "interlock.service").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            section = line.strip("[]")
            continue
        key, equals, value = line.partition("=")
        assert equals, line
        sections.setdefault(section, {}).setdefault(key, []).append(value)
    return sections


def compose() -> dict[str, Any]:
    found = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    assert isinstance(found, dict)
    return found


def env_file() -> list[str]:
    """The names of the example env file."""
    lines = (DEPLOY / "interlock.env.example").read_text().splitlines()
    return [line.partition("=")[0] for line in lines if line and not line.startswith("#")]


def templates() -> list[Path]:
    return sorted((CHART / "templates").iterdir())


def bare_template(name: str) -> dict[str, Any]:
    """A template as YAML: lines of nothing but actions are left out, every other action is the word ``x``.

    Both branches of a condition are in it.
    """
    text = (CHART / "templates" / name).read_text()
    text = re.sub(r"^\s*\{\{[^}]*\}\}\s*\n", "", text, flags=re.MULTILINE)
    found = yaml.safe_load(re.sub(r"\{\{[^}]*\}\}", "x", text))
    assert isinstance(found, dict)
    return found


def values() -> dict[str, Any]:
    found = yaml.safe_load((CHART / "values.yaml").read_text())
    assert isinstance(found, dict)
    return found


def leaves(tree: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of every value that is no mapping with members."""
    for name, value in tree.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*path, name))
        else:
            yield (*path, name)


def used_values() -> set[tuple[str, ...]]:
    """The path of every ``.Values.a.b`` in the templates."""
    texts = itertools.chain(path.read_text() for path in templates())
    return {
        tuple(found.split("."))
        for text in texts
        for found in re.findall(r"\.Values\.([A-Za-z.]*[A-Za-z])", text)
    }
