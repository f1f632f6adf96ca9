"""Works of an event loop: the loop runs them itself, and nobody waits for ever if it cannot."""

import asyncio
import threading
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from engine.errors import StoreError, StoreTroubleError
from engine.store import writer
from engine.store.database import Store
from engine.store.lending import Loan
from tests.harness.store import held

from .test_group_commit import names_in, put


def _thread_and_put(c: Connection, name: str) -> int:
    put(c, name)
    return threading.get_ident()


def _put_and_look(c: Connection, path: Path, name: str) -> int:
    put(c, name)
    return len(names_in(path))


def test_works_of_a_loop_run_in_its_thread_and_together(store: Store) -> None:
    async def main() -> list[int]:
        with held(store):
            tasks = [
                asyncio.create_task(store.commit(partial(_thread_and_put, name=f"d{n}")))
                for n in range(2 * writer.LENT + 1)
            ]
            await asyncio.sleep(0)
        return await asyncio.gather(*tasks)

    # Where the machine is so busy that the loop comes too late, the writer does one batch itself.
    assert threading.get_ident() in asyncio.run(main())
    assert len(names_in(store.path)) == 2 * writer.LENT + 1


def test_what_comes_while_the_transaction_begins_is_in_it(store: Store) -> None:
    """A loop that is busy when it is asked brings along what it has submitted since."""

    async def main() -> list[int]:
        first = asyncio.create_task(store.commit(lambda c: len(names_in(store.path))))
        await asyncio.sleep(0)
        others = [store.commit(partial(_put_and_look, path=store.path, name=f"d{n}")) for n in range(9)]
        return await asyncio.gather(first, *others)

    assert set(asyncio.run(main())) == {0}


def test_works_of_a_thread_and_of_a_loop_take_turns(store: Store) -> None:
    async def main() -> None:
        for n in range(40):
            other = store.submit(partial(put, name=f"t{n}"))
            mine = [store.commit(partial(put, name=f"l{n}.{m}")) for m in range(3)]
            assert await asyncio.gather(*mine) == [f"l{n}.{m}" for m in range(3)]
            assert await asyncio.wrap_future(other) == f"t{n}"

    asyncio.run(main())
    assert len(names_in(store.path)) == 160


def test_a_failing_work_of_a_loop_is_undone_alone(store: Store) -> None:
    def half(c: Connection) -> str:
        put(c, "half")
        raise LookupError("mine")

    async def main() -> list[object]:
        works = [lambda c: put(c, "before"), half, lambda c: put(c, "before"), lambda c: put(c, "after")]
        return await asyncio.gather(*(store.commit(work) for work in works), return_exceptions=True)

    before, mine, twice, after = asyncio.run(main())
    assert (before, after) == ("before", "after")
    assert isinstance(mine, LookupError)
    assert isinstance(twice, StoreError)
    assert names_in(store.path) == {"before", "after"}


def test_a_loop_that_is_blocked_is_not_waited_for(store: Store) -> None:
    async def main() -> int:
        mine = asyncio.create_task(store.commit(lambda c: _thread_and_put(c, "mine")))
        await asyncio.sleep(0)
        store.write(lambda c: put(c, "blocking"))  # must not wait for the loop that waits for it
        return await mine

    assert asyncio.run(main()) != threading.get_ident()
    assert names_in(store.path) == {"mine", "blocking"}


def test_closing_from_the_loop_commits_what_waits(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/a.db")

    async def main() -> str:
        mine = asyncio.create_task(store.commit(lambda c: put(c, "mine")))
        await asyncio.sleep(0)
        store.close()
        return await mine

    assert asyncio.run(main()) == "mine"
    assert names_in(tmp_path / "a.db") == {"mine"}


def test_a_commit_that_fails_is_told_to_all_works_of_the_loop(store: Store) -> None:
    def broken(c: Connection) -> None:
        put(c, "broken")
        c.execute(text("PRAGMA defer_foreign_keys = ON"))
        c.execute(text("INSERT INTO bodies (delivery_row_id, data) VALUES (77, 'x')"))  # fails at the commit

    async def main() -> list[object]:
        works = [lambda c: put(c, "one"), broken, lambda c: put(c, "two")]
        return await asyncio.gather(*(store.commit(work) for work in works), return_exceptions=True)

    answers = asyncio.run(main())
    assert [type(answer) for answer in answers] == [StoreTroubleError] * 3
    assert names_in(store.path) == set()
    assert store.write(lambda c: put(c, "again")) == "again"


def test_what_is_lent_is_done_once_and_its_error_is_the_lenders() -> None:
    loop = asyncio.new_event_loop()
    loop.close()
    assert Loan(lambda: "done").done_by(loop) == "done"
    with pytest.raises(ValueError, match="invalid literal"):
        Loan(lambda: int("none")).done_by(loop)

    done: list[int] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loans = [Loan(partial(done.append, number)) for number in range(50)]
        threads = [threading.Thread(target=loan.done_by, args=(loop,)) for loan in loans]
        for thread in threads:
            thread.start()
        for thread in threads:
            await asyncio.to_thread(thread.join)

    asyncio.run(main())
    assert sorted(done) == list(range(50))
