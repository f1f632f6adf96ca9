"""The reference implementation, built from its public module outside the project, as a process that answers questions."""

import base64
import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).parent / "reference"
MODULE = "github.com/hashicorp/hcl/v2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the reference says of one file."""

    #: Summary, line, and first byte of each error, in the order of its parser.
    problems: list[dict[str, Any]]
    #: The file in the canonical style; empty where there are errors.
    formatted: bytes
    #: The reference itself broke.
    broken: bool


def build(folder: Path) -> Path:
    """Build the questioner and the reference's own commands; the folder that holds them."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in SOURCE.iterdir():
        shutil.copy(file, folder)
    _go(folder, "mod", "tidy")
    _go(folder, "build", "-o", "reference", ".")
    for command in ("hclspecsuite", "hcldec"):
        _go(folder, "build", "-mod=mod", "-o", command, f"{MODULE}/cmd/{command}")
    return folder


def module_folder(folder: Path) -> Path:
    """Where the reference's sources are: its fixtures are part of the corpus."""
    return Path(_go(folder, "list", "-m", "-f", "{{.Dir}}", MODULE).strip())


def _go(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["go", *arguments], cwd=folder, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


class Reference:
    """A running questioner."""

    def __init__(self, folder: Path, *options: str) -> None:
        self._process = subprocess.Popen(
            [folder / "reference", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def ask(self, source: bytes) -> Answer:
        """What it says of one file."""
        found = self._answer(source)
        return Answer(
            problems=found["problems"],
            formatted=base64.b64decode(found["formatted"]),
            broken=bool(found.get("panic")),
        )

    def value(self, source: bytes) -> str:
        """The value of a file's only attribute as JSON, empty without one; with ``-evaluate`` among the options."""
        return str(self._answer(source)["json"])

    def _answer(self, source: bytes) -> dict[str, Any]:
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(base64.b64encode(source) + b"\n")
        process.stdin.flush()
        found: dict[str, Any] = json.loads(process.stdout.readline())
        return found

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
