"""What PostgreSQL's errors mean for an operator, and for the transaction that met them."""

import re

import psycopg
from sqlalchemy.exc import DBAPIError

from engine.errors import StoreError

#: What an error means and what to do, by the beginning of its SQLSTATE.
_SENTENCES = {
    "28": "{store} refused the user or the password: look at --store and at the server's pg_hba.conf ({said})",
    "3D": "{store} does not exist: create the database, or name another one with --store",
    "42501": "the user has not every right that it needs in {store}: let it own the tables, and make them where there are "
    "none yet ({said})",
    "53100": "there is no space left on the disk of {store}: free some",
    "53300": "{store} has too many connections: raise its max_connections, or start fewer daemons",
    "25006": "{store} is read-only: it may be a replica; name the primary with --store",
    "55P03": "{store} answers, but another session keeps a table or a row locked: let it finish, or end it (pg_locks and "
    "pg_stat_activity show who it is)",
    "57014": "a statement in {store} was cancelled, by somebody or because it took too long: look at the server's load, "
    "and at pg_stat_activity for what it waits for",
    "57P": "{store} is shutting down or starting: nothing to do if it comes back",
    "58": "the disk failed for {store}: look at the server's log",
    "XX": "{store} is damaged: look at the server's log",
}
_TLS = "{store} and --store do not agree about TLS: look at sslmode in the URL, and at the server's certificate ({said})"
#: The same by the words of a server that lets nobody in: the library has no SQLSTATE then. Servers speak other languages, too;
#: what is not recognised is told as it was said.
_AT_THE_DOOR = (
    (
        re.compile(r"password authentication failed|no password supplied|no pg_hba\.conf entry"),
        _SENTENCES["28"],
    ),
    (
        re.compile(r"authentication failed|role \".*\" does not exist|not permitted to log in"),
        _SENTENCES["28"],
    ),
    (re.compile(r"database \".*\" does not exist"), _SENTENCES["3D"]),
    (re.compile(r"permission denied for database"), _SENTENCES["42501"]),
    (
        re.compile(r"too many (clients|connections)|remaining connection slots|number of requested standby"),
        _SENTENCES["53300"],
    ),
    (re.compile(r"the database system is |terminating connection due to administrator"), _SENTENCES["57P"]),
    (re.compile(r"\bSSL\b|certificate", re.IGNORECASE), _TLS),
)
#: Nothing else in the same transaction can succeed either, nor that of another event.
_WHOLE = ("08", "25", "28", "3D", "42501", "53", "55P03", "57014", "57P", "58", "XX")
#: Two transactions met, and one of them was undone: a deadlock, a serialization failure.
_PASSING = frozenset({"40P01", "40001"})


def explained(error: BaseException, store: str) -> str:
    """The error as a sentence that says what to do; `store` is what the store is called, without a password."""
    if isinstance(error, StoreError):
        return str(error)
    original = _original(error)
    state = _state(original) or ""
    said = " ".join(str(original).split())
    for beginning, sentence in _SENTENCES.items():
        if state.startswith(beginning):
            return sentence.format(store=store, said=said)
    if isinstance(original, psycopg.OperationalError) and not state:
        for words, sentence in _AT_THE_DOOR:
            if words.search(said):
                return sentence.format(store=store, said=said)
        return f"{store} does not answer: start it, or look at the network ({said})"
    return f"{store} failed: {said}"


def is_passing(error: BaseException) -> bool:
    """Whether two transactions waited for each other, or one could not be put in an order with others."""
    return _state(_original(error)) in _PASSING


def is_about_the_store(error: BaseException) -> bool:
    """Whether the connection or the whole transaction is lost, or any other one would fail for the same reason."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    original = _original(error)
    state = _state(original)
    if state is None:
        return isinstance(original, psycopg.OperationalError | psycopg.InterfaceError)
    return state.startswith(_WHOLE)


def _original(error: BaseException) -> BaseException | None:
    return error.orig if isinstance(error, DBAPIError) else error


def _state(original: BaseException | None) -> str | None:
    state = getattr(original, "sqlstate", None)
    return None if state is None else str(state)
