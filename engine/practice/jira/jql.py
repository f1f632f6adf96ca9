"""The little JQL that the practice Jira knows: clauses joined by AND, then ORDER BY."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from engine.practice.jira.answers import UNBOUNDED, refused
from engine.practice.jira.issues import Issue
from engine.practice.jira.workflow import Status
from engine.practice.jira.world import JiraWorld

_TOKEN = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(!=|=|,|\(|\))|([^\s"'=!,()]+))""")
_FIELDS = {
    "project": "project",
    "key": "key",
    "issue": "key",
    "issuekey": "key",
    "id": "key",
    "status": "status",
}
_ORDERS = {"key", "issuekey", "created", "updated", "id"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One condition."""

    #: ``project``, ``key`` or ``status``.
    field: str
    values: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A parsed query."""

    clauses: tuple[Clause, ...]
    order: str = "key"
    descending: bool = False


def parse(written: str) -> Query:
    """Read a query; what is not known here is refused with 400."""
    reader = _Reader(list(_tokens(written)))
    clauses: list[Clause] = []
    if not reader.at("order") and not reader.done():
        clauses.append(reader.clause())
        while reader.take("and"):
            clauses.append(reader.clause())
    order, descending = reader.order()
    if not reader.done():
        raise refused(
            400, f"Error in the JQL Query: Expecting either 'AND' or 'ORDER BY' but got '{reader.peek()}'."
        )
    return Query(clauses=tuple(clauses), order=order, descending=descending)


def search(world: JiraWorld, written: str, *, bounded: bool) -> list[tuple[Issue, Status]]:
    """The issues that search knows and the query wants, in its order, each with the status that search knows.

    `bounded`: refuse a query without any condition, as Cloud's new search does.
    """
    query = parse(written)
    if bounded and not query.clauses:
        raise refused(400, UNBOUNDED)
    known: list[tuple[Issue, Any]] = world.indexed()
    for clause in query.clauses:
        _refuse_unknown(world, clause)
        wanted = {value.casefold() for value in clause.values}
        known = [pair for pair in known if bool(_names(clause.field, *pair) & wanted) is not clause.negated]
    orders = {
        "created": lambda pair: (pair[0].created, int(pair[0].id)),
        "updated": lambda pair: (pair[0].updated, int(pair[0].id)),
    }
    return sorted(known, key=orders.get(query.order, lambda pair: int(pair[0].id)), reverse=query.descending)


def _names(field: str, issue: Issue, status: Status) -> set[str]:
    return {
        "project": {issue.project.key.casefold(), issue.project.id},
        "key": {issue.key.casefold(), issue.id},
        "status": {status.name.casefold(), status.id},
    }[field]


def _refuse_unknown(world: JiraWorld, clause: Clause) -> None:
    projects = {name.casefold() for p in world.projects() for name in (p.key, p.id)}
    statuses = {
        name.casefold() for p in world.projects() for s in p.workflow.statuses for name in (s.name, s.id)
    }
    for value in clause.values:
        if clause.field == "key":
            issue = world.find(value)
            if issue is None or issue.project.key.casefold() not in projects:
                raise refused(400, f"An issue with key '{value}' does not exist for field 'key'.")
        elif value.casefold() not in (projects if clause.field == "project" else statuses):
            raise refused(400, f"The value '{value}' does not exist for the field '{clause.field}'.")


def _tokens(written: str) -> Iterable[tuple[str, bool]]:
    """Each token, and whether it was quoted."""
    position, end = 0, len(written.rstrip())
    while position < end:
        match = _TOKEN.match(written, position, end)
        if match is None:
            stray = written[position:end].lstrip()[0]
            raise refused(400, f"Error in the JQL Query: The character '{stray}' is not expected.")
        double, single, sign, word = match.groups()
        quoted = double if double is not None else single
        yield (re.sub(r"\\(.)", r"\1", quoted), True) if quoted is not None else (sign or word, False)
        position = match.end()


class _Reader:
    """Walks over the tokens."""

    def __init__(self, tokens: Sequence[tuple[str, bool]]) -> None:
        self._tokens = tokens
        self._next = 0

    def done(self) -> bool:
        return self._next >= len(self._tokens)

    def peek(self) -> str:
        return "" if self.done() else self._tokens[self._next][0]

    def at(self, word: str) -> bool:
        return not self.done() and not self._tokens[self._next][1] and self.peek().casefold() == word

    def take(self, word: str) -> bool:
        found = self.at(word)
        self._next += found
        return found

    def expect(self, word: str) -> None:
        if not self.take(word):
            raise refused(400, f"Error in the JQL Query: Expecting '{word}' but got '{self.peek()}'.")

    def value(self) -> str:
        if self.done() or (not self._tokens[self._next][1] and self.peek() in "(),=!="):
            raise refused(400, f"Error in the JQL Query: Expecting a value but got '{self.peek()}'.")
        self._next += 1
        return self._tokens[self._next - 1][0]

    def clause(self) -> Clause:
        name = self.value()
        field = _FIELDS.get(name.casefold())
        if field is None:
            raise refused(400, f"Field '{name}' does not exist or you do not have permission to view it.")
        if self.take("=") or self.at("!="):
            negated = self.take("!=")
            return Clause(field=field, values=(self.value(),), negated=negated)
        negated = self.take("not")
        self.expect("in")
        self.expect("(")
        values = [self.value()]
        while self.take(","):
            values.append(self.value())
        self.expect(")")
        return Clause(field=field, values=tuple(values), negated=negated)

    def order(self) -> tuple[str, bool]:
        if not self.take("order"):
            return "key", False
        self.expect("by")
        field = self.value().casefold()
        if field not in _ORDERS:
            raise refused(400, f"Field '{field}' does not exist or you do not have permission to view it.")
        descending = self.take("desc")
        if not descending:
            self.take("asc")
        return field, descending
