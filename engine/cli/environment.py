"""What the environment, app.env and the flags say, for every command."""

import os
from collections.abc import Mapping
from pathlib import Path

from engine.config.env_file import read_environment
from engine.config.settings import DaemonSettings, read_settings


def environment() -> Mapping[str, str]:
    """The process's environment, filled up from the env file of the working directory."""
    return read_environment(os.environ, Path.cwd()).values


def settings_from(**flags: object) -> DaemonSettings:
    """What the flags (None = not given), the environment and app.env say together; raises `SettingError`."""
    return read_settings(flags, environment())
