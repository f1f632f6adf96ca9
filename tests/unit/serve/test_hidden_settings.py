"""What of a daemon's settings no log line shows."""

from dataclasses import replace

from engine.config.settings import read_settings
from engine.serve.start import _secrets


def test_the_password_of_the_environment_is_hidden_as_that_of_the_url_is() -> None:
    settings = replace(read_settings({}, {}), store="postgresql://clerk:from-the-url@db/store")
    assert {"from-the-url", "from-outside"} <= set(_secrets(settings, {"PGPASSWORD": "from-outside"}))
