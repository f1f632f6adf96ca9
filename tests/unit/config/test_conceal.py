"""Secrets of a workers file are not shown, also where the file is broken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config.conceal import without_secrets

NAMES = st.sampled_from(
    ["token", "api_token", "secret", "password", "apikey", "api_key", "Authorization", "X-Auth-Token"]
)


@given(
    NAMES,
    st.text(
        st.characters(codec="ascii", exclude_characters=",}#'\"\\ \t\r\n:{[", categories=["L", "N", "P"]),
        min_size=4,
    ),
)
def test_a_secret_is_gone_and_columns_stay(name: str, secret: str) -> None:
    for text in (
        f"  {name}: {secret}\nurl: x",
        f"{{url: x, {name}: '{secret}', b: 1}}",
        f'{name}: "{secret}"',
    ):
        shown = without_secrets(text)
        assert len(shown) == len(text)
        assert secret not in shown.replace(name, "")
        assert "url: x" in shown or "url: x" not in text


@pytest.mark.parametrize(
    "text", ["token: env://JIRA_TOKEN", "token: 'env://X'", "url: https://x", "statefile: jira.hcl"]
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert without_secrets(text) == text


@pytest.mark.parametrize(
    "text", ['token: "unclosed', "token: 'unclosed", "token:", "token: {", "token: sec ret words", ""]
)
def test_broken_text_is_no_trouble(text: str) -> None:
    assert "ret" not in without_secrets(text)
    assert "unclosed" not in without_secrets(text)
