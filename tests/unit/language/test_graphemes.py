"""Columns count what a reader sees; each number here is the reference's."""

import pytest

from engine.language.graphemes import graphemes


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("abc", 3),
        ("a\r\nb", 3),
        ("e\u0301", 1),
        ("👍🏽", 1),
        ("👩\u200d👩\u200d👧\u200d👦", 1),
        ("🇩🇪🇫", 2),
        ("\u1100\u1161각", 2),
        ("1\ufe0f\u20e3", 1),
        ("\u0600a", 1),
        ("a\u102bb", 3),
        ("a\u200bb", 3),
        ("\u200b\u0301", 2),
        ("a\u200cb", 2),
        ("\u0915\u094d\u0937\u093f", 2),
        ("🏴\U000e0067\U000e0062\U000e007f", 1),
        ("ﾊ\uff9f", 1),
    ],
)
def test_characters_are_counted_as_a_reader_sees_them(text: str, count: int) -> None:
    assert graphemes(text) == count
