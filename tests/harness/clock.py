"""A daemon's clock that a test sets: it reads a file for how far it is from the machine's."""

from pathlib import Path

from tests.harness.daemon import ROOT

#: Python imports a module of this name at its start, before anything of the daemon could ask for the time.
_AT_START = """
from datetime import timedelta
from pathlib import Path

from engine.run import clock

_machines = clock.now
_wrong_by = Path(__file__).with_name("wrong_by")


def now():
    return _machines() + timedelta(seconds=float(_wrong_by.read_text()))


clock.now = now
"""


class Clock:
    """One clock; `environ` gives it to a daemon."""

    def __init__(self, folder: Path, seconds: float = 0) -> None:
        """Keep its files in a new folder."""
        folder.mkdir()
        self._wrong_by = folder / "wrong_by"
        self.set(seconds)
        (folder / "sitecustomize.py").write_text(_AT_START)
        self.environ = {"PYTHONPATH": f"{folder}:{ROOT}"}

    def set(self, seconds: float) -> None:
        """From now on it is so far ahead of the machine's clock, or behind it."""
        written = self._wrong_by.with_suffix(".new")
        written.write_text(str(seconds))
        written.replace(self._wrong_by)
