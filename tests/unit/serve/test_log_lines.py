"""Where log lines go: together at the end of a turn, at once where attention is asked for, and never in anybody's way."""

import asyncio
import io
import sys

import pytest

from engine.serve.log_lines import LogLines


class Stream(io.StringIO):
    """Counts writes; while `broken`, refuses them as a pipe without a reader does."""

    broken = False
    writes = 0

    def write(self, text: str) -> int:
        if self.broken:
            raise BrokenPipeError
        self.writes += 1
        return super().write(text)


def _unheard(count: int) -> None:
    raise AssertionError(count)


def test_the_lines_of_one_turn_are_one_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", stream := Stream())
    lines = LogLines(errors=False, lost=_unheard)

    async def turn() -> None:
        for number in range(3):
            lines.info(f"{number}")
        assert not stream.getvalue()
        await asyncio.sleep(0)
        assert stream.getvalue() == "0\n1\n2\n"
        lines.info("3")

    asyncio.run(turn())
    lines.write()
    assert stream.getvalue() == "0\n1\n2\n3\n"
    assert stream.writes == 2


def test_a_warning_is_written_at_once_and_after_what_came_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", stream := Stream())
    lines = LogLines(errors=False, lost=_unheard)

    async def turn() -> None:
        lines.info("a")
        lines.warning("b")
        assert stream.getvalue() == "a\nb\n"

    asyncio.run(turn())


def test_where_no_loop_runs_lines_are_written_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", stream := Stream())
    lines = LogLines(errors=False, lost=_unheard)
    lines.info("a")
    assert stream.getvalue() == "a\n"


def test_a_loop_that_was_closed_before_its_turn_ended_keeps_no_later_line_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdout", stream := Stream())
    lines = LogLines(errors=False, lost=_unheard)

    for word in ("a", "b"):
        loop = asyncio.new_event_loop()
        loop.call_soon(lines.info, word)
        loop.stop()
        loop.run_forever()
        loop.close()
    assert not stream.getvalue()
    lines.write()
    assert stream.getvalue() == "a\nb\n"


def test_a_broken_stream_stops_nobody_and_says_later_how_much_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdout", stream := Stream())
    said: list[int] = []
    lines = LogLines(errors=False, lost=said.append)
    stream.broken = True
    lines.error("a")
    lines.info("b")
    assert said == []
    stream.broken = False
    lines.info("c")
    lines.info("d")
    assert stream.getvalue() == "c\nd\n"
    assert said == [2]


def test_a_narrow_encoding_loses_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(raw, encoding="ascii"))
    LogLines(errors=True, lost=_unheard).info("läuft")
    assert raw.getvalue() == b"l\\xe4uft\n"


def test_no_stream_at_all_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    LogLines(errors=False, lost=_unheard).info("a")
