"""Columns count what a reader sees: held against the full Unicode algorithm of another library."""

import regex  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.language.graphemes import graphemes

ALPHABET = (
    "ae \t\r\n\u0301\u0308\u1100\u1161\u11a8\uac00\uac01\U0001f1e9\U0001f1ea\U0001f469\u200d\U0001f4bb\U0001f3fb\ufe0f"
    "\u0600\u200b\u00ad\u102b\u200c\U000e0067\uff9e\u0915\u0902\u0e33\u00a9\u2764\u4e2d\u00fc\u0644"
)


@settings(deadline=None)
@given(st.text(st.sampled_from(ALPHABET), max_size=8))
def test_graphemes(text: str) -> None:
    assert graphemes(text) == len(regex.findall(r"\X", text))
