"""A hook's secrets as one sealed text."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.run.hook_secrets import HookSecrets, read_secrets

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
secrets = st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=40)


@given(secrets)
def test_a_secret_alone_is_its_own_text_as_older_stores_have_it(secret: str) -> None:
    assert HookSecrets(current=secret).as_text() == secret
    assert read_secrets(secret) == HookSecrets(current=secret)
    assert read_secrets(secret).accepted(NOW) == (secret,)


@given(secrets, secrets, st.datetimes(min_value=datetime(1971, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_two_secrets_come_back_as_they_were(current: str, previous: str, until: datetime) -> None:
    both = HookSecrets(current=current, previous=previous, until=until)
    assert read_secrets(both.as_text()) == both


def test_the_old_one_counts_until_its_time_and_not_a_moment_longer() -> None:
    both = HookSecrets(current="new", previous="old", until=NOW)
    assert both.accepted(NOW - timedelta(microseconds=1)) == ("new", "old")
    assert both.accepted(NOW) == ("new",)


def test_no_secret_is_in_what_is_printed_of_them() -> None:
    both = HookSecrets(current="new-secret", previous="old-secret", until=NOW)
    assert "secret" not in repr(both).replace("HookSecrets", "")
