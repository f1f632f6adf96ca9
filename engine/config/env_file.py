"""``app.env``: names that the environment lacks, in the predecessor's file and under its names."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path

from engine.config.references import resolve
from engine.errors import SettingError
from engine.frozen import frozen

#: Where the file may lie, first found first taken; the second is the predecessor's place.
FOLDERS = (Path(), Path("config"))
#: Predecessor's name -> ours. Its ``database_url`` and ``redis_url`` have no use here and are passed over.
OLD_NAMES: Mapping[str, str] = {
    "PORT": "INTERLOCK_PORT",
    "LOG_LEVEL": "INTERLOCK_LOG_LEVEL",
    "ATLASSIAN_DOMAIN_URL": "ATLASSIAN_URL",
}

_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)\Z")
_STAGE = re.compile(r"[a-z0-9][a-z0-9_-]*\Z")


@frozen
class Environment:
    """The environment, filled up from the file."""

    #: Name to value; secrets among them.
    values: Mapping[str, str] = field(repr=False)
    #: The file that was read; None if there is none.
    file: Path | None = None
    #: Names the file gives by a reference that leads nowhere, and why.
    unresolved: Mapping[str, str] = field(default_factory=dict)


def read_environment(environ: Mapping[str, str], directory: Path) -> Environment:
    """The environment, and for names it lacks the first env file found under `directory`.

    With ``ENVIRONMENT=stage`` (``local`` if unset) that is ``stage.env`` if there is one, else ``app.env``; each is
    looked for in the directory itself and in ``config/``. Names in the file count in capitals, and a value may be
    ``env://NAME``. Raises `SettingError` for a file that cannot be read.
    """
    values = {name: value for name, value in environ.items() if value}
    if "ATLASSIAN_DOMAIN_URL" in values:
        values.setdefault("ATLASSIAN_URL", values["ATLASSIAN_DOMAIN_URL"])
    path = _find(environ.get("ENVIRONMENT") or "local", directory)
    if path is None:
        return Environment(values=values)
    unresolved: dict[str, str] = {}
    found = {name.upper(): value for name, value in _pairs(path)}
    named = {name: value for name, value in found.items() if name not in OLD_NAMES}
    renamed = {OLD_NAMES[name]: value for name, value in found.items() if name in OLD_NAMES}
    for name, value in {**renamed, **named}.items():
        if name in values or not value:
            continue
        resolved = resolve(value, environ)
        if resolved.problems:
            unresolved[name] = f"{path}: {resolved.problems[0]}"
        else:
            values[name] = resolved.value
    return Environment(values=values, file=path, unresolved=unresolved)


def _find(stage: str, directory: Path) -> Path | None:
    names = [f"{stage.lower()}.env"] if _STAGE.match(stage.lower()) else []
    candidates = (directory / folder / name for name in [*names, "app.env"] for folder in FOLDERS)
    return next((path for path in candidates if path.is_file()), None)


def _pairs(path: Path) -> Iterator[tuple[str, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SettingError(f"{path} cannot be read: {reason}") from error
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        match = _LINE.match(line)
        if match is None:
            raise SettingError(f"{path}:{number}: this line is not NAME=value; comments start with #")
        yield match[1], _unquoted(match[2])


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] in "\"'" and value[0] in value[1:]:
        return value[1 : value.index(value[0], 1)]
    return re.split(r"\s#", f" {value}", maxsplit=1)[0].strip()
