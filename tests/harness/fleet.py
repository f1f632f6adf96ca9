"""Several daemons on one PostgreSQL store, and what the store and a practice Jira say of their work."""

import secrets
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.harness.daemon import DaemonProcess, PracticeJira, wait_until
from tests.harness.postgres import PostgresServer


@dataclass
class Fleet:
    """Daemons that share a database; the first one receives."""

    make_daemon: Callable[..., DaemonProcess]
    server: PostgresServer
    jira: PracticeJira
    url: str = ""
    key: str = field(default_factory=lambda: secrets.token_hex(32))
    daemons: list[DaemonProcess] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.url = self.url or self.server.url()

    def add(self, role: str = "all", **more: Any) -> DaemonProcess:
        """One more daemon, running."""
        arguments = ("--store", self.url, "--role", role)
        daemon = self.make_daemon(*arguments, INTERLOCK_SECRET_KEY=self.key, **more).start()
        self.daemons.append(daemon)
        return daemon

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.server.ask(self.url, query, *values)

    def unfinished(self) -> int:
        return int(self.ask("SELECT count(*) FROM inbox WHERE finished_at IS NULL")[0][0])

    def finish(self, patience: float = 30.0) -> None:
        wait_until(lambda: self.unfinished() == 0, "not everything was finished", patience)

    def decided_out_of_order(self) -> list[tuple[str, int]]:
        """Events of one entity that were decided after a later one of the same entity."""
        found = self.ask(
            "SELECT entity_id, inbox_id FROM (SELECT entity_id, inbox_id, max(inbox_id) OVER "
            "(PARTITION BY project, entity_id ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before "
            "FROM history) AS h WHERE inbox_id < before"
        )
        return [(entity, number) for entity, number in found]

    def decided_twice(self) -> list[int]:
        return [n for (n,) in self.ask("SELECT inbox_id FROM history GROUP BY inbox_id HAVING count(*) > 1")]

    def moves(self, keys: Iterable[str]) -> Counter[int]:
        """How many issues were moved how often."""
        return Counter(self.jira.moves(key) for key in keys)


def deliver_beside(daemon: DaemonProcess, notes: Iterable[str]) -> threading.Thread:
    """Deliver releases from a thread, one after another; each one that was not accepted is sent again."""

    def run() -> None:
        for text in notes:
            signed = daemon.release(text)
            wait_until(lambda signed=signed: daemon.deliver(signed).status == 200, f"{text} is not accepted")  # type: ignore[misc]

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def pause(daemon: DaemonProcess) -> None:
    assert daemon.process is not None
    daemon.process.send_signal(signal.SIGSTOP)


def resume(daemon: DaemonProcess) -> None:
    assert daemon.process is not None
    daemon.process.send_signal(signal.SIGCONT)
