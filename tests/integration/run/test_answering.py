"""Answers through the real store and lanes: in a file and in a database, beside others, refused by the backend, tampered with."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from engine.errors import AmbiguousAnswerError, MalformedAnswerError, UnknownEntityError
from engine.model import Attempt, Outcome, Trace, Verdict
from engine.run.answering import Given, answer, lock_of, open_approvals, outcome
from engine.run.clock import now
from engine.run.load import load
from engine.run.replay import Difference, Part, Replay
from engine.store import history, inbox, instances, tables
from engine.store.database import Store
from engine.store.encoding import encode
from tests.harness.engine import Backend, Engine, engine
from tests.harness.postgres import PostgresServer

MACHINE = """
provisioner "soc" {
  receive "github" "release" {
    entity = issue_keys(event.release.body)
    fire   = "next"
  }
  statemachine "soc" {
    initial = "open"
    state "open" "next" { transition = "asked" }
    state "asked" {
      await {
        from = ["ada", "bob", "eve"]
        answer "yes" {
          needs      = 2
          transition = "done"
        }
        answer "note" { set = { note = event.comment } }
      }
      on "next" { transition = "asked" }
    }
    state "done" {}
  }
}
"""


@pytest.fixture(params=["file", "database"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "file":
        return f"sqlite:///{tmp_path}/interlock.db"
    postgres: PostgresServer = request.getfixturevalue("postgres")
    return postgres.url()


def in_a_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a test in an event loop of its own."""

    @wraps(test)
    def run(**fixtures: Any) -> None:
        asyncio.run(test(**fixtures))

    return run


async def until(what: Callable[[], Any]) -> Any:
    async with asyncio.timeout(20):
        while not (found := what()):
            await asyncio.sleep(0.02)
        return found


def asks(store: Store, key: str = "SOC-1") -> Any:
    with store.read() as c:
        return next((a for a in open_approvals(c, 9) if a.entity.id == key), None)


def verdict(store: Store, number: int) -> Verdict | None:
    with store.read() as c:
        return outcome(c, number).verdict


async def given(one: Engine, who: str, choice: str = "yes", **more: Any) -> Verdict:
    accepted = await one.runtime.answering.accept(Given(entity="SOC-1", who=who, choice=choice, **more))
    found: Verdict = await until(lambda: verdict(one.store, accepted.number))
    return found


def differences(store: Store) -> list[Difference]:
    with store.read() as c:
        return [d for d in Replay().entity(c, "soc", "SOC-1") if isinstance(d, Difference)]


@in_a_loop
async def test_answers_are_decided_in_turn_and_the_same_again(tmp_path: Path, url: str) -> None:
    async with engine(tmp_path, Backend(), machine=MACHINE, url=url) as one:
        await one.release("SOC-1")
        await until(lambda: asks(one.store))
        assert await given(one, "ada") is Verdict.COUNTED
        assert await given(one, "zoe") is Verdict.NOT_ALLOWED
        assert await given(one, "ada", "note", comment="hm") is Verdict.STAYED
        assert await given(one, "eve") is Verdict.MOVED  # her note did not take back ada's yes
        assert asks(one.store) is None
        assert await given(one, "ada") is Verdict.NOT_AWAITED
        with one.store.read() as c:
            newest = history.of_entity(c, "soc", "SOC-1", 1)[0]
        assert '"eve" had answered "yes"' in newest.trace.because
        await until(lambda: not _unfinished(one.store))
        assert differences(one.store) == []


@in_a_loop
async def test_equal_answers_that_come_at_once_are_one(tmp_path: Path, url: str) -> None:
    async with engine(tmp_path, Backend(), machine=MACHINE, url=url) as one:
        await one.release("SOC-1")
        await until(lambda: asks(one.store))
        same = Given(entity="soc-1", who="ada", choice="yes", comment="x")
        accepted = await asyncio.gather(*(one.runtime.answering.accept(same) for _ in range(12)))
        assert len({a.number for a in accepted}) == 1
        assert [a.duplicate for a in accepted].count(False) == 1
        await until(lambda: not _unfinished(one.store))
        assert [a.who for a in asks(one.store).approval.answers] == ["ada"]


@in_a_loop
async def test_what_another_process_writes_down_is_noticed(tmp_path: Path, url: str) -> None:
    async with engine(tmp_path, Backend(), machine=MACHINE, url=url) as one:
        await one.release("SOC-1")
        await until(lambda: asks(one.store))
        beside = Store.open(url, migrate=False)

        def write(who: str) -> int:
            said = Given(entity="SOC-1", who=who, choice="yes")
            return beside.submit(lambda c: answer(c, said, now()), locks=[lock_of(said)]).result().number

        with ThreadPoolExecutor(2) as threads:
            loop = asyncio.get_running_loop()
            numbers = [await loop.run_in_executor(threads, write, who) for who in ("ada", "bob")]
        await until(lambda: verdict(one.store, numbers[1]))
        assert [verdict(one.store, n) for n in numbers] == [Verdict.COUNTED, Verdict.MOVED]
        beside.close()


@in_a_loop
async def test_what_the_backend_refuses_after_an_approval_is_asked_again(tmp_path: Path, url: str) -> None:
    refused = Attempt(outcome=Outcome.REFUSED, detail="no")
    backend = Backend()
    async with engine(tmp_path, backend, machine=MACHINE, url=url) as one:
        await one.release("SOC-1")
        await until(lambda: asks(one.store))
        await until(lambda: not _unfinished(one.store))
        assert await given(one, "ada") is Verdict.COUNTED
        backend.answer = lambda _call: refused
        assert await given(one, "bob") is Verdict.MOVED
        again = await until(lambda: asks(one.store))
        assert [a.who for a in again.approval.answers] == ["ada"]
        await until(lambda: not _unfinished(one.store))
        backend.answer = lambda _call: Attempt(outcome=Outcome.DONE, detail="done")
        assert await given(one, "bob") is Verdict.MOVED  # the same answer, and it was in vain before
        await until(lambda: not _unfinished(one.store))
        assert differences(one.store) == []


@in_a_loop
async def test_whoever_adds_a_name_to_what_is_asked_is_found_out(tmp_path: Path, url: str) -> None:
    async with engine(tmp_path, Backend(), machine=MACHINE, url=url) as one:
        await one.release("SOC-1")
        await until(lambda: asks(one.store))
        await until(lambda: not _unfinished(one.store))
        with one.store.read() as c:
            held = instances.load(c, "soc", "SOC-1")
        assert held is not None
        memory = held.snapshot.memory()
        memory["awaits"]["asked"]["from"].append("mallory")
        table = tables.instances
        one.store.write(lambda c: c.execute(update(table).values(memory=memory)).rowcount)
        [found] = differences(one.store)
        assert found.part is Part.INSTANCE
        assert "mallory" in encode(found.recorded)


@in_a_loop
async def test_what_nobody_could_decide_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/interlock.db"
    async with engine(tmp_path, Backend(), machine=MACHINE, url=url) as one:
        await one.release("SOC-1")
        await until(lambda: asks(one.store))
        for wrong, error in (
            (Given(entity="SOC-2", who="ada", choice="yes"), UnknownEntityError),
            (Given(entity="SOC-1", project="dev", who="ada", choice="yes"), UnknownEntityError),
            (Given(entity="SOC-1", who="", choice="yes"), MalformedAnswerError),
            (Given(entity="SOC-1", who="ada", choice="maybe"), MalformedAnswerError),
            (Given(entity="SOC-1", who="ada", choice="yes", comment="x" * 10_001), MalformedAnswerError),
        ):
            with pytest.raises(error):
                await one.runtime.answering.accept(wrong)
        with one.store.read() as c:
            assert len(inbox.of_entity(c, "soc", "SOC-1", 9)) == 1
        with pytest.raises(UnknownEntityError, match="event 1 is no answer"):
            verdict(one.store, 1)


PARALLEL = """
provisioner "soc" {
  receive "github" "release" {
    entity = issue_keys(event.release.body)
    fire   = "next"
  }
  statemachine "soc" {
    initial = "open"
    state "open" "next" { transition = "both" }
    parallel "both" {
      on "done.state.both" { transition = "end" }
      state "code" {
        initial = "ask"
        state "ask" {
          await {
            from = "ada"
            answer "yes" { transition = "fine" }
          }
        }
        state "fine" { final = true }
      }
      state "law" {
        initial = "ask"
        state "ask" {
          await {
            from = "bob"
            answer "yes" { transition = "fine" }
            answer "sue" { transition = "open" }
          }
        }
        state "fine" { final = true }
      }
    }
    state "end" {}
  }
}
"""


@in_a_loop
async def test_where_several_states_ask_an_answer_says_which(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/interlock.db"
    async with engine(tmp_path, Backend(), machine=PARALLEL, url=url) as one:
        await one.release("SOC-1")
        await until(lambda: asks(one.store))
        with pytest.raises(AmbiguousAnswerError, match=r"both\.code\.ask, both\.law\.ask"):
            await given(one, "ada")
        assert await given(one, "ada", state="both.code.ask") is Verdict.MOVED
        with one.store.read() as c:
            assert [a.approval.state for a in open_approvals(c, 9)] == ["both.law.ask"]
        assert await given(one, "bob") is Verdict.MOVED  # only one asks now
        await until(lambda: not _unfinished(one.store))
        assert differences(one.store) == []


def _unfinished(store: Store) -> int:
    with store.read() as c:
        return inbox.backlog(c)


#: The same machine before anybody thought of asking.
UNASKED = (
    MACHINE[: MACHINE.index("      await {")]
    + MACHINE[MACHINE.index('      on "next" { transition = "asked" }') :]
)


@in_a_loop
async def test_who_was_in_the_state_before_it_asked_is_asked_about_at_the_next_start(
    tmp_path: Path, url: str
) -> None:
    async with engine(tmp_path, Backend(), machine=UNASKED, url=url) as one:
        for key in ("SOC-1", "SOC-2", "SOC-3"):
            await one.release(key)
        await until(lambda: all(_at(one.store, f"SOC-{n}") == "asked" for n in (1, 2, 3)))
        await until(lambda: not _unfinished(one.store))
        assert asks(one.store) is None
    async with engine(tmp_path, Backend(), machine=MACHINE, url=url) as one:
        await until(lambda: all(asks(one.store, f"SOC-{n}") for n in (1, 2, 3)))
        assert await given(one, "ada") is Verdict.COUNTED
        assert await given(one, "bob") is Verdict.MOVED
        await until(lambda: not _unfinished(one.store))
        assert differences(one.store) == []
        with one.store.read() as c:
            told = [row.trace for row in history.of_entity(c, "soc", "SOC-2", 9)]
        assert [t.verdict for t in told] == [Verdict.STAYED, Verdict.MOVED]  # asked once, newest first
        assert "since it was entered, the definition has come to say so" in told[0].because
    async with engine(tmp_path, Backend(), machine=MACHINE, url=url) as one:
        await asyncio.sleep(0.2)
        assert not _unfinished(one.store)
        with one.store.read() as c:
            assert len(history.of_entity(c, "soc", "SOC-2", 9)) == 2  # and not again


@in_a_loop
async def test_a_reloaded_definition_asks_about_those_who_are_there(tmp_path: Path, url: str) -> None:
    backend = Backend()
    async with engine(tmp_path, backend, machine=UNASKED, url=url) as one:
        await one.release("SOC-1")
        await until(lambda: _at(one.store, "SOC-1") == "asked" and not _unfinished(one.store))
        (tmp_path / "soc.hcl").write_text(MACHINE.replace('["ada", "bob", "eve"]', "context.nobody"))
        await one.runtime.replace(
            *load(tmp_path / "workers.yaml", tmp_path, {backend.name: backend}, {}).usable()
        )
        await until(lambda: _newest(one.store).verdict is Verdict.UNEVALUATED)
        assert asks(one.store) is None
        (tmp_path / "soc.hcl").write_text(MACHINE)
        await one.runtime.replace(
            *load(tmp_path / "workers.yaml", tmp_path, {backend.name: backend}, {}).usable()
        )
        await until(lambda: asks(one.store))


def _at(store: Store, key: str) -> str | None:
    with store.read() as c:
        found = instances.load(c, "soc", key)
    return None if found is None else found.snapshot.state


def _newest(store: Store) -> Trace:
    with store.read() as c:
        return history.of_entity(c, "soc", "SOC-1", 1)[0].trace
