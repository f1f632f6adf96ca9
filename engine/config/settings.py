"""The daemon's settings: a flag wins over the environment, the environment over the env file, that over the default.

A table and a loop: the settings library that reads environments costs 25 MB of memory before it has read anything.
"""

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import timedelta
from pathlib import Path
from typing import Any

from engine.config.durations import read_duration
from engine.errors import SettingError
from engine.frozen import frozen

PREFIX = "INTERLOCK_"
#: So much of a wrong value is shown.
_SHOWN = 40


@frozen
class DaemonSettings:
    """How the daemon runs."""

    #: Where it listens.
    host: str
    #: 0 takes any free port.
    port: int
    #: A database URL.
    store: str
    #: What this daemon does of the work: ``all``, ``receive`` or ``work``.
    role: str
    workers: Path
    #: The directory of the definitions.
    machines: Path
    #: How long what is finished stays in the store; None = for ever.
    keep: timedelta | None
    #: ``debug``, ``info``, ``warning`` or ``error``.
    log_level: str
    #: ``auto`` (text on a terminal, else JSON), ``json`` or ``text``.
    log_format: str
    #: The bearer token of the management API; None = none is asked for on loopback.
    token: str | None = field(default=None, repr=False)
    #: The key that encrypts hook secrets; None = the key file beside the store.
    secret_key: str | None = field(default=None, repr=False)


@frozen
class Setting:
    """One setting: what it is for, what it is without a word, and how its text is read."""

    purpose: str
    default: str | None
    #: Raises ValueError with what is expected instead.
    read: Callable[[str], Any]
    #: Whether there is a flag; a secret has none, because everyone may read a command line.
    flag: bool = True


def _text(value: str) -> str:
    if not value.isprintable():
        raise ValueError("text without control characters")
    return value


def _port(value: str) -> int:
    value = value.removeprefix(":")  # the predecessor's form of an address without a host
    if not (value.isascii() and value.isdigit()) or len(value) > 5 or int(value) > 65535:  # noqa: PLR2004
        raise ValueError("a number from 0 to 65535")
    return int(value)


def _keep(value: str) -> timedelta | None:
    return None if value == "forever" else read_duration(value)


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value.lower() not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return value.lower()

    return read


#: Every setting. The flag is ``--name``, the environment variable ``INTERLOCK_NAME``.
SETTINGS: Mapping[str, Setting] = {
    "host": Setting(purpose="Where to listen.", default="127.0.0.1", read=_text),
    "port": Setting(purpose="The port to listen on.", default="9091", read=_port),
    "store": Setting(purpose="The store's URL.", default="sqlite:///interlock.db", read=_text),
    "role": Setting(
        purpose="Which part of the work, where daemons share a store.",
        default="all",
        read=_one_of("all", "receive", "work"),
    ),
    "workers": Setting(purpose="Which backend serves which projects.", default="workers.yaml", read=Path),
    "machines": Setting(purpose="The directory of the definitions.", default="statemachines", read=Path),
    "keep": Setting(purpose="How long what is finished is kept: 90d, 12w.", default="forever", read=_keep),
    "log_level": Setting(
        purpose="How much is logged.", default="info", read=_one_of("debug", "info", "warning", "error")
    ),
    "log_format": Setting(purpose="How it is logged.", default="auto", read=_one_of("auto", "json", "text")),
    "token": Setting(purpose="The bearer token of the management API.", default=None, read=_text, flag=False),
    "secret_key": Setting(
        purpose="The key that encrypts hook secrets.", default=None, read=_text, flag=False
    ),
}


def variable(setting: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + setting.upper()


def read_settings(flags: Mapping[str, Any], environ: Mapping[str, str]) -> DaemonSettings:
    """The settings from flags (None = not given) and the environment (`read_environment` fills it from the file).

    Raises `SettingError` that names everything that is wrong, and never the value of a token or key.
    """
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for name, setting in SETTINGS.items():
        flag = flags.get(name)
        given = environ.get(variable(name)) or setting.default if flag is None else str(flag)
        source = variable(name) if flag is None else f"--{name.replace('_', '-')}"
        try:
            values[name] = None if given is None else setting.read(given)
        except ValueError as error:
            # Any text may hold a password, the store's URL for one.
            shown = "" if setting.read is _text else f" (it is {str(given)[:_SHOWN]!r})"
            wrong.append(f"{source} must be {error}{shown}")
    if wrong:
        raise SettingError("; ".join(wrong))
    return DaemonSettings(**values)
