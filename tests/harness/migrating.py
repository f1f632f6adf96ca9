"""A process that brings a store forward and is killed meanwhile, at a moment that a test chooses."""

import itertools
import multiprocessing
import os
import signal

from sqlalchemy import Engine, event

from engine.store import schema
from engine.store.backend import backend_of


def killed_at(url: str, number: int) -> bool:
    """Bring the store forward in a process of its own that is killed before statement `number`; False if it came to its end."""
    # A server without threads makes the processes: it has imported everything, and each is there at once.
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload([__name__, "alembic.command"])
    child = processes.Process(target=_bring_forward, args=(url, number))
    child.start()
    child.join()
    if child.exitcode not in {0, -signal.SIGKILL}:
        raise AssertionError(f"the process that brings the store forward ended with {child.exitcode}")
    return child.exitcode != 0


def _bring_forward(url: str, number: int) -> None:
    left = itertools.count(1)

    def fuse(*_: object) -> None:
        if next(left) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", fuse)
    event.listen(Engine, "commit", fuse)
    backend = backend_of(url)
    engine = backend.writer_engine()
    with engine.connect() as c, backend.rebuilding(c), backend.writing(c):
        backend.lock_schema(c, lambda _: None)
        schema.bring_forward(c, backend.name, lambda *_: None, lambda _: None)
        backend.complete_schema(c)
