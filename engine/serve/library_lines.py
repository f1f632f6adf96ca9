"""What libraries say of troubles whose cause is known and told elsewhere, in words of our own: one calm line each."""

import logging
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Something that a library says."""

    #: The library's logger, or the beginning of its name.
    library: str
    #: How the text begins.
    text: str
    #: What the log calls it.
    event: str
    because: str


_LOST = "its server is gone or answers nothing; another one is made when it is needed"

KNOWN = (
    Known(library="sqlalchemy.pool", text="Exception ", event="connection.dropped", because=_LOST),
    Known(library="psycopg", text="query cancellation ", event="connection.dropped", because=_LOST),
    Known(library="psycopg", text="query not terminated", event="connection.dropped", because=_LOST),
    Known(library="psycopg", text="error ignored ", event="connection.dropped", because=_LOST),
    Known(
        library="uvicorn.error",
        text="Cancel ",
        event="senders.cut_off",
        because="the daemon stops: requests that were not finished were answered with 503",
    ),
)


def known(record: logging.LogRecord) -> Known | None:
    """The row for what a library said; None if it has to speak for itself."""
    text = record.getMessage()
    return next(
        (one for one in KNOWN if record.name.startswith(one.library) and text.startswith(one.text)), None
    )
