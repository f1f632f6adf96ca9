"""How the daemon speaks: one JSON object a line for machines, or one readable line for a person at a terminal.

Both are made from the same structured events, so what the operator reads is what is stored by the log collector.
"""

import json
import logging
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog

from engine.config.redaction import Redaction
from engine.serve.library_lines import known
from engine.serve.log_lines import LogLines

#: The predecessor's levels and the usual ones.
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

EventDict = MutableMapping[str, Any]


def configure_logs(
    level: str, form: str, *, colour: bool, errors: bool = False, lasting: bool = False
) -> None:
    """Send every log line to standard output, or with `errors` to standard error.

    `form` is ``json`` or ``text``; `level` a key of `LEVELS`. `lasting` is for a process that never configures them
    again, and makes each line cheaper.
    """
    lines = LogLines(errors=errors, lost=_tell_lost)
    # People read their own clock, programs read UTC.
    told = (structlog.processors.TimeStamper(fmt="iso", utc=False), Narrator(colour=colour))
    structlog.configure(
        processors=[
            _complete,
            *(told if form == "text" else (_as_json,)),
            _Hidden(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=lasting,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_Libraries()], force=True)


def _complete(logger: Any, method: str, event: EventDict) -> EventDict:
    """The event with its level and, if it has one, its traceback."""
    event = structlog.processors.add_log_level(logger, method, event)
    return structlog.processors.format_exc_info(logger, method, event) if "exc_info" in event else event


def _tell_lost(count: int) -> None:
    structlog.get_logger().warning("log.lost", lines=count)


def hide_in_logs(secrets: Iterable[str]) -> None:
    """Show none of these in any log line from now on, whoever wrote it: a plug-in, a library, a traceback."""
    for processor in structlog.get_config()["processors"]:
        if isinstance(processor, _Hidden):
            processor.redaction.learn(secrets)


class _Hidden:
    """Takes what is secret out of finished lines; what a line is made of is hidden before, as far as it is known."""

    def __init__(self) -> None:
        self.redaction = Redaction()

    def __call__(self, _logger: Any, _method: str, line: Any) -> str:
        """One line."""
        return self.redaction.hide(line)


def _as_json(_logger: Any, _method: str, event: EventDict) -> str:
    event["timestamp"] = datetime.now(UTC)
    try:
        return orjson.dumps(event, default=repr, option=orjson.OPT_UTC_Z).decode()
    except (orjson.JSONEncodeError, TypeError):  # a broken surrogate, a number without end
        event["timestamp"] = event["timestamp"].isoformat().replace("+00:00", "Z")
        return json.dumps(event, default=repr)


class _Libraries(logging.Handler):
    """Takes what libraries log into the same stream of events."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say it as one event; its traceback, if it has one, belongs to it. What is known needs none."""
        if (one := known(record)) is not None:
            structlog.get_logger().warning(one.event, because=one.because)
            return
        text = legible(record.getMessage())
        exc_info = record.exc_info if record.exc_info and record.exc_info[0] is not None else None
        structlog.get_logger().log(
            record.levelno, "library.said", library=record.name, text=text, exc_info=exc_info
        )


_RESET, _DIM = "\x1b[0m", "\x1b[2m"
_COLOURS = {
    "debug": _DIM,
    "info": "\x1b[32m",
    "warning": "\x1b[33m",
    "error": "\x1b[31m",
    "critical": "\x1b[31m",
}


class Narrator:
    """Renders events as sentences: the verb of the data flow, then what happened."""

    def __init__(self, *, colour: bool) -> None:
        """With `colour`, the verb is coloured by level."""
        self._colour = colour

    def __call__(self, _logger: Any, _method: str, event: EventDict) -> str:
        """One event as one line; the trace of a decision follows on lines of its own."""
        name, level = str(event.get("event", "")), str(event.get("level", "info"))
        told = _SENTENCES.get(name)
        verb, sentence = told(event) if told is not None else (name, _plain(event))
        clock = str(event.get("timestamp", ""))[11:23]
        head = f"{verb:<9}"
        if self._colour:
            clock, head = f"{_DIM}{clock}{_RESET}", f"{_COLOURS.get(level, '')}{head}{_RESET}"
        lines = [f"{clock}  {head} {legible(sentence)}"]
        lines += [f"{'':<12}  {'':<9}   {legible(line)}" for line in event.get("trace", ())]
        if "rendered" in event:
            lines.append(str(event["rendered"]))
        if "exception" in event:
            lines.append(str(event["exception"]))
        return "\n".join(lines)


_HIDDEN = {"event", "level", "timestamp", "trace", "exception", "rendered"}
_LONGEST_LINE = 400


def _plain(event: Mapping[str, Any]) -> str:
    return " ".join(f"{k}={v}" for k, v in event.items() if k not in _HIDDEN and v is not None)


def legible(text: str) -> str:
    """Words from outside as one line of a terminal: no control characters, and no more than a reader reads."""
    shown = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text[:_LONGEST_LINE])
    return shown if len(text) <= _LONGEST_LINE else f"{shown}…"


def _decision(e: Mapping[str, Any]) -> tuple[str, str]:
    moved = f"{e['before']} -> {e['after']}" if e["verdict"] == "moved" else str(e.get("before") or "?")
    status = f", observed {e['observed']!r}" if e.get("observed") else ""
    drift = f", drift from {e['drift_from']}" if e.get("drift_from") else ""
    why = f": {e['because']}" if e.get("because") else ""
    return "decide", f"{e['entity']} {e['event_name']!r}: {moved} [{e['verdict']}{status}{drift}]{why}"


def _confirmed(e: Mapping[str, Any]) -> tuple[str, str]:
    status = f"{e['entity']} is {e['observed']!r}" if e.get("observed") else f"{e['entity']} {e['name']}"
    how = "" if e["outcome"] == "done" else f" ({e['outcome']})"
    return "confirm", f"{status}{how}: {e['detail']}" if e.get("detail") else f"{status}{how}"


def _calling(e: Mapping[str, Any]) -> tuple[str, str]:
    what = (
        f"move {e['entity']} to {e['to']!r}"
        if e["effect"] == "transition"
        else f"{e['worker']} {e['name']!r}"
    )
    again = f", attempt {e['attempt']}" if e["attempt"] > 1 else ""
    return "perform", f"{what}{again}{', reading back first' if e['read_back'] else ''}"


#: The events of `run` as sentences: event name -> (verb, sentence).
_SENTENCES: dict[str, Callable[[Mapping[str, Any]], tuple[str, str]]] = {
    "delivery.verified": lambda e: (
        "verify",
        f"{e['source']} {e['type']!r} for {e['hook']}: signature holds ({e['bytes']:,} bytes, {e['delivery']})",
    ),
    "delivery.refused": lambda e: ("refuse", f"{e['source']} delivery for {e['hook']}: {e['because']}"),
    "definition.problem": lambda e: ("problem", str(e["summary"])),
    "delivery.duplicate": lambda e: ("inbox", f"delivery {e['number']} repeats: {e['because']}"),
    "delivery.ignored": lambda e: ("correlate", f"delivery {e['number']} ignored: {e['because']}"),
    "entities.found": lambda e: (
        "correlate",
        f"delivery {e['number']} is about {', '.join(e['entities'][:20])}"
        + (f" and {len(e['entities']) - 20} more" if len(e["entities"]) > 20 else ""),  # noqa: PLR2004
    ),
    "decision": _decision,
    "effect.calling": _calling,
    "backend.exchange": lambda e: (
        "call",
        f"{e['method']} {e['url']} -> {e['status']} in {e['seconds'] * 1000:.0f} ms",
    ),
    "effect.confirmed": _confirmed,
    "effect.waiting": lambda e: ("wait", f"{e['entity']} until {e['until'][11:19]}: {e['detail']}"),
    "circuit.opened": lambda e: (
        "wait",
        f"{e['backend']} is left alone until {e['until'][11:19]}: {e['because']}",
    ),
    "circuit.closed": lambda e: ("perform", f"{e['backend']} answers again"),
    "effect.dead": lambda e: (
        "dead",
        f"{e['entity']} {e['effect']} {e['name']!r} is a dead letter: {e['because']}",
    ),
    "observe.waiting": lambda e: ("wait", f"{e['entity']} until {e['until'][11:19]}: {e['detail']}"),
    "event.dead": lambda e: ("dead", f"{e['entity']} {e['event_name']!r} is a dead letter: {e['because']}"),
}
