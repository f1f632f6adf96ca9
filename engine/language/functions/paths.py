"""Functions over the paths of files, as a commit lists them: names with slashes between. Nothing here looks at a file."""

from posixpath import normpath

from engine.language.functions.function import function
from engine.language.meter import Meter


def _basename(meter: Meter, path: str) -> str:
    meter.make(len(path))
    return (path.rstrip("/").rpartition("/")[2] or "/") if path else "."


def _dirname(meter: Meter, path: str) -> str:
    meter.make(len(path))
    meter.step(path.count("/"))
    found = normpath(path.rpartition("/")[0] or ("/" if path.startswith("/") else "."))
    return "/" if found == "//" else found.removeprefix("/") if found.startswith("//") else found


PATHS = (
    function("basename(path: string)", "The last part of a file's path.", _basename, returns="string"),
    function("dirname(path: string)", "The folder of a file's path.", _dirname, returns="string"),
)
