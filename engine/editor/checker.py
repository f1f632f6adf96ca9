"""The process that checks: a request a line on standard input, one or two answers a line on standard output.

It is a process of its own because a proof may take its time: meanwhile the server answers, and when the text has changed
it ends this process and starts another one. Started as ``python -m engine.editor.checker``.
"""

import json
import sys
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.editor.check import Buffer, as_json, check, proofs
from engine.machine.files import Absent, Files, Library, nothing_else
from engine.run.library import MachinesFolder


class _Folder:
    """The modules below a folder, as their buffers say where they are open."""

    def __init__(self, folder: Path, opened: Mapping[str, str]) -> None:
        self._folder = folder
        self._files = MachinesFolder(folder)
        self._opened = opened

    def __call__(self, place: str) -> Files | Absent:
        found = self._files(place)
        if isinstance(found, Absent):
            return found
        texts = {self._shown(name): self._opened.get(name, text) for name, text in found.texts.items()}
        return replace(found, name=self._shown(found.name), texts=texts)

    def _shown(self, name: str) -> str:
        return Path(name).relative_to(self._folder).as_posix()


def _surroundings(request: Mapping[str, Any], buffer: Buffer) -> tuple[str, Library]:
    """Where a buffer is below the folder that its modules are in, and these: the machines directory, or its own folder."""
    if buffer.path is None:
        return buffer.filename, nothing_else
    path, machines = Path(buffer.path), Path(request["machines"])
    folder = machines if path.is_relative_to(machines) else path.parent
    return path.relative_to(folder).as_posix(), _Folder(folder, request["opened"])


def answers(line: str) -> Iterator[dict[str, Any]]:
    """What is to be said about a request: first what is quick to find, then, if nothing stands in the way, all of it."""
    request = json.loads(line)
    beside = request["beside"]
    buffer = Buffer(
        source=request["source"],
        filename=request["filename"],
        beside=None if beside is None else (beside[0], beside[1]),
        path=request["path"],
    )
    checked = check(buffer, *_surroundings(request, buffer))
    quick = as_json(checked.diagnostics, buffer.filename)
    yield {"problems": quick, "more": checked.definition is not None}
    if checked.definition is not None:
        slow = as_json(proofs(checked.definition), buffer.filename)
        yield {"problems": quick + slow, "more": False}


def main() -> None:
    """Answer until the input ends. What fails is told on standard error, and that nothing more comes."""
    for line in sys.stdin:
        try:
            for answer in answers(line):
                _say(answer)
        except Exception:  # noqa: BLE001 - the next text may be fine
            traceback.print_exc()
            _say({"problems": None, "more": False})


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
