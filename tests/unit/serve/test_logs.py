"""What a person reads in the terminal."""

from hypothesis import given
from hypothesis import strategies as st

from engine.serve.logs import Narrator, legible


@given(st.text())
def test_words_from_outside_are_one_printable_line(text: str) -> None:
    shown = legible(text)
    assert shown.isprintable()
    assert len(shown) <= 4_001


def test_a_sender_cannot_forge_a_line() -> None:
    event = {
        "event": "delivery.refused",
        "level": "warning",
        "timestamp": "2026-01-01T02:15:00.000000Z",
        "source": "github",
        "hook": "a\n02:15:00.000  confirm   SOC-1 is 'Done'\x1b[31m",
        "because": "no such hook is registered",
    }
    line = Narrator(colour=False)(None, "warning", event)
    assert "\n" not in line
    assert "\x1b" not in line
    assert line.startswith("02:15:00.000  refuse")
