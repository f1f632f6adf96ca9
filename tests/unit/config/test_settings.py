"""Settings and the env file: who wins."""

from pathlib import Path

import pytest

from engine.config.env_file import read_environment
from engine.config.settings import SETTINGS, read_settings, variable
from engine.errors import SettingError


def test_the_defaults() -> None:
    settings = read_settings({}, {})
    assert (settings.host, settings.port, settings.store) == ("127.0.0.1", 9091, "sqlite:///interlock.db")
    assert (settings.workers, settings.machines) == (Path("workers.yaml"), Path("statemachines"))
    assert (settings.log_level, settings.log_format) == ("info", "auto")
    assert settings.token is None
    assert settings.secret_key is None


def test_a_flag_beats_the_environment_beats_the_file_beats_the_default(tmp_path: Path) -> None:
    (tmp_path / "app.env").write_text("port=1\nINTERLOCK_HOST=file\nlog_level=debug\n", encoding="utf-8")
    environ = {"INTERLOCK_PORT": "2", "INTERLOCK_HOST": "environment"}
    values = read_environment(environ, tmp_path).values
    settings = read_settings({"port": 3, "store": None}, values)
    assert (settings.port, settings.host, settings.log_level) == (3, "environment", "debug")
    assert settings.store == "sqlite:///interlock.db"


def test_everything_wrong_is_named_at_once_and_no_secret() -> None:
    environ = {"INTERLOCK_LOG_LEVEL": "loud", "INTERLOCK_TOKEN": "s3cr\net"}
    with pytest.raises(SettingError) as caught:
        read_settings({"port": "70000"}, environ)
    assert str(caught.value) == (
        "--port must be a number from 0 to 65535 (it is '70000'); "
        "INTERLOCK_LOG_LEVEL must be one of debug, info, warning, error (it is 'loud'); "
        "INTERLOCK_TOKEN must be text without control characters"
    )


@pytest.mark.parametrize("port", ["-1", "65536", "x", "1.5", "²", "9" * 5000, " 1"])
def test_a_port_is_a_port(port: str) -> None:
    with pytest.raises(SettingError):
        read_settings({}, {"INTERLOCK_PORT": port})


def test_secrets_do_not_show() -> None:
    settings = read_settings({}, {variable("token"): "s3cret-t", variable("secret_key"): "s3cret-k"})
    assert (settings.token, settings.secret_key) == ("s3cret-t", "s3cret-k")
    assert "s3cret" not in repr(settings)


def test_every_setting_has_a_purpose() -> None:
    assert all(setting.purpose.endswith(".") for setting in SETTINGS.values())


def test_the_predecessors_env_file(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/app.env").write_text(
        "port=9191\nlog_level=info\n\nredis_url=env://REDIS\n"
        "atlassian_email=env://MAIL\natlassian_api_key=env://KEY\n"
        "atlassian_domain_url=https://acme.atlassian.net\n",
        encoding="utf-8",
    )
    environment = read_environment({"MAIL": "ada@example.org"}, tmp_path)
    assert environment.file == tmp_path / "config/app.env"
    assert environment.values["ATLASSIAN_EMAIL"] == "ada@example.org"
    assert environment.values["ATLASSIAN_URL"] == "https://acme.atlassian.net"
    assert environment.values["INTERLOCK_PORT"] == "9191"
    assert "ATLASSIAN_API_KEY" not in environment.values
    assert environment.unresolved["ATLASSIAN_API_KEY"].endswith("the environment variable KEY is not set")
    assert "ada@" not in repr(environment)


def test_environment_picks_the_file(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "app.env").write_text("A=app\n", encoding="utf-8")
    (tmp_path / "config/test.env").write_text("A=test\n", encoding="utf-8")
    (tmp_path / "local.env").write_text("A=local\n", encoding="utf-8")
    for stage, expected in [("TEST", "test"), ("", "local"), ("prod", "app"), ("../config/test", "app")]:
        assert read_environment({"ENVIRONMENT": stage}, tmp_path).values["A"] == expected


def test_no_file_is_fine(tmp_path: Path) -> None:
    environment = read_environment({"A": "1", "ATLASSIAN_DOMAIN_URL": "u"}, tmp_path)
    assert environment.values == {"A": "1", "ATLASSIAN_DOMAIN_URL": "u", "ATLASSIAN_URL": "u"}
    assert environment.file is None


def test_lines_of_an_env_file(tmp_path: Path) -> None:
    text = "\ufeff# note\nexport A = one # why\nB='two # not'\nC=\"three\"  # why\nD=\nE=a#b\nF=x=y\n"
    (tmp_path / "app.env").write_text(text, encoding="utf-8")
    values = read_environment({}, tmp_path).values
    assert values == {"A": "one", "B": "two # not", "C": "three", "E": "a#b", "F": "x=y"}


@pytest.mark.parametrize("data", [b"no value\n", b"=x\n", b"\xff\xfe"])
def test_a_bad_env_file_is_named_without_its_text(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "app.env").write_bytes(data)
    with pytest.raises(SettingError, match=r"app\.env.*(NAME=value|UTF-8)"):
        read_environment({}, tmp_path)
