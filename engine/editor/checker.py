"""The process that checks: a request a line on standard input, one or two answers a line on standard output.

It is a process of its own because a proof may take its time: meanwhile the server answers, and when the text has changed
it ends this process and starts another one. Started as ``python -m engine.editor.checker``.
"""

import json
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.editor.check import Buffer, as_json, check, proofs
from engine.editor.folder import Folder, WorkersFile
from engine.editor.surroundings import surroundings_of, without_folder


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
    around = without_folder(buffer)
    if buffer.path is not None:
        path = Path(buffer.path)
        opened = {**request["opened"], str(path): buffer.source}
        folder = Folder(Path(request["machines"]), WorkersFile(Path(request["workers"])).read(), opened)
        around = surroundings_of(path, folder, Path(request["directory"]))
    checked = check(buffer, around.files, around.library, around.values)
    quick = as_json(checked.diagnostics, buffer.filename)
    yield {"problems": quick, "more": checked.definition is not None}
    if checked.definition is not None:
        slow = as_json(proofs(checked.definition, checked.diagnostics), buffer.filename)
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
