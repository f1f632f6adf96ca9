"""History is decided again and comes out the same, or the difference is named."""

import asyncio
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from engine.cli import main
from engine.machine.compile import compile_definition
from engine.machine.read import read_definition
from engine.model import Attempt, Outcome, Trace, Verdict
from engine.processors.processor import Call
from engine.run.replay import Difference, Part, Replay, around, beside
from engine.store import history
from engine.store.database import Store
from engine.store.history import HistoryRow
from tests.harness.engine import MACHINE, Backend, engine


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the history of four entities: moved, ended, repeated, and restored after a refusal."""
    folder = tmp_path_factory.mktemp("written")

    def answer(call: Call) -> Attempt:
        refused = call.entity.id == "SOC-4" and call.effect.target == "done"
        return Attempt(outcome=Outcome.REFUSED if refused else Outcome.DONE, detail="said")

    async def run() -> None:
        async with engine(folder, Backend(answer=answer)) as e:
            for _ in range(3):
                await e.release("Ships SOC-1, SOC-2 and SOC-4")
            await e.release("Ships SOC-3", release_id=77)
            await e.release("Ships SOC-3 again", release_id=77)
            await e.runtime.lanes.settle()
        # The same meaning, written differently: places in traces differ from here on.
        async with engine(folder, Backend(answer=answer), machine="# A remark.\n" + MACHINE) as e:
            await e.release("Ships SOC-1 and SOC-5", release_id=100)
            await e.runtime.lanes.settle()

    asyncio.run(run())
    return folder / "interlock.db"


@pytest.fixture
def store_file(written: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "interlock.db"
    copy.write_bytes(written.read_bytes())
    return copy


def verified(file: Path, replay: Replay | None = None) -> tuple[int, list[Difference]]:
    store = Store.open(f"sqlite:///{file}")
    rows, found = 0, []
    with store.read() as c:
        for place in history.entities(c, ("", ""), 100):
            for item in (replay or Replay()).entity(c, *place):
                if isinstance(item, HistoryRow):
                    rows += 1
                else:
                    found.append(item)
        found += around(c)
    store.close()
    return rows, found


def changed(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file)) as c:
        for statement in statements:
            assert c.execute(statement).rowcount > 0, statement
        c.commit()


def test_what_nobody_touched_comes_out_the_same(store_file: Path) -> None:
    rows, found = verified(store_file)
    assert (rows, found) == (15, [])


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE history SET verdict = 'ended' WHERE entity_id = 'SOC-1' AND version = 2", {Part.ROW, Part.TABLES}),
        ("UPDATE history SET at = at + 1 WHERE entity_id = 'SOC-1' AND version = 1", {Part.ROW, Part.TABLES}),
        ("DELETE FROM history WHERE entity_id = 'SOC-2' AND version = 2", {Part.CHAIN, Part.VERSION, Part.TABLES}),
        ("DELETE FROM history WHERE entity_id = 'SOC-2' AND version = 1", {Part.CHAIN, Part.VERSION, Part.TABLES}),
        ("DELETE FROM history WHERE entity_id = 'SOC-2' AND version = 3", {Part.CHAIN, Part.INSTANCE, Part.TABLES}),
        ("DELETE FROM history WHERE entity_id = 'SOC-5'", {Part.INSTANCE, Part.TABLES}),
        ("DELETE FROM instances WHERE entity_id = 'SOC-5'", {Part.INSTANCE}),
        ("UPDATE instances SET state = 'to_do' WHERE entity_id = 'SOC-5'", {Part.INSTANCE}),
        ("UPDATE instances SET context = '{}' WHERE entity_id = 'SOC-5'", {Part.INSTANCE}),
        ("UPDATE instances SET version = 9 WHERE entity_id = 'SOC-5'", {Part.INSTANCE}),
        ("UPDATE instances SET last_hash = x'00' WHERE entity_id = 'SOC-5'", {Part.INSTANCE}),
        ("UPDATE instances SET last_hash = NULL WHERE entity_id = 'SOC-5'", {Part.INSTANCE}),
        ("UPDATE instances SET last_history_id = NULL WHERE entity_id = 'SOC-5'", {Part.INSTANCE, Part.CHAIN}),
        ("UPDATE instances SET last_history_id = 1 WHERE entity_id = 'SOC-5'", {Part.INSTANCE, Part.CHAIN}),
        (
            """UPDATE instances SET last_history_id = (SELECT id FROM history WHERE entity_id = 'SOC-2' AND version = 2)
            WHERE entity_id = 'SOC-2'""",
            {Part.INSTANCE, Part.CHAIN},
        ),
        ("UPDATE history SET previous_id = NULL WHERE entity_id = 'SOC-2' AND version = 2", {Part.CHAIN, Part.VERSION}),
        ("UPDATE history SET previous_id = id WHERE entity_id = 'SOC-2' AND version = 2", {Part.CHAIN, Part.VERSION}),
        ("UPDATE history SET previous_id = id + 100 WHERE entity_id = 'SOC-2' AND version = 2", {Part.CHAIN, Part.VERSION}),
        (
            """UPDATE history SET previous_id = (SELECT max(id) FROM history WHERE entity_id = 'SOC-2')
            WHERE entity_id = 'SOC-2' AND version = 1""",
            set(),  # it leads nowhere, and nobody is led by it
        ),
        (
            """UPDATE history SET previous_id = (SELECT min(id) FROM history WHERE entity_id = 'SOC-2')
            WHERE entity_id = 'SOC-2' AND version = 3""",
            {Part.CHAIN, Part.VERSION, Part.SNAPSHOT},
        ),
        ("UPDATE history SET previous_id = 1 WHERE entity_id = 'SOC-2' AND version = 2", {Part.CHAIN, Part.VERSION}),
        (
            """INSERT INTO history SELECT NULL, project, entity_id, version, inbox_id, at, machine_hash, event, before, after,
            verdict, facts, trace, previous_hash, hash, previous_id FROM history WHERE entity_id = 'SOC-5'""",
            {Part.CHAIN},
        ),
        ("UPDATE definitions SET source = replace(source, 'done', 'gone')", {Part.DEFINITION}),
        ("DELETE FROM definitions", {Part.DEFINITION}),
        ("DELETE FROM bodies", {Part.BODY}),
        ("UPDATE bodies SET data = x'789c030000000001'", {Part.BODY}),
        ("UPDATE bodies SET data = x'00'", {Part.BODY}),
        (
            "UPDATE outbox SET effect = replace(effect, 'in_progress', 'done') WHERE entity_id = 'SOC-2'",
            {Part.EFFECTS},
        ),
    ],
)  # fmt: skip
def test_whatever_is_changed_shows(store_file: Path, statement: str, expected: set[Part]) -> None:
    changed(store_file, statement)
    found = verified(store_file)[1]
    assert {d.part for d in found} == expected
    # Whoever asks for the entity alone hears of it too, unless it is a row beside a chain that is whole.
    named = {d.entity_id for d in found if not statement.startswith("INSERT")}
    assert _told_of_each(store_file) == named


def _told_of_each(file: Path) -> set[str]:
    """The entities of which something is found without a look at the rows of others."""
    store = Store.open(f"sqlite:///{file}")
    found = set()
    with store.read() as c:
        for place in [("soc", f"SOC-{number}") for number in range(1, 6)]:
            items = [*Replay().entity(c, *place), *beside(c, place)]
            found |= {item.entity_id for item in items if isinstance(item, Difference)}
    store.close()
    return found


def test_of_one_entity_nothing_is_read_from_end_to_end(store_file: Path) -> None:
    asked: list[str] = []
    scanned: set[str] = set()
    store = Store.open(f"sqlite:///{store_file}")

    def hear(connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH")):
            asked.append(statement)
            plan = connection.connection.driver_connection.execute(
                f"EXPLAIN QUERY PLAN {statement}", parameters
            )
            scanned.update(detail for _id, _parent, _unused, detail in plan if detail.startswith("SCAN"))

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        with store.read() as c:
            assert list(beside(c, ("soc", "SOC-2"))) == []
            assert len(list(Replay().entity(c, "soc", "SOC-2"))) == 3
    finally:
        event.remove(Engine, "before_cursor_execute", hear)
        store.close()
    assert len(asked) > 10
    tables = {"history", "inbox", "outbox", "instances", "deliveries", "bodies", "checkpoints", "timers"}
    assert {one for one in scanned if one.split()[1] in tables and "INDEX" not in one} == set()


def test_an_instance_that_is_set_back_with_its_history_shows(
    store_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Everything that a decision left is as if it had not been; only its own row is still there."""
    changed(
        store_file,
        """UPDATE instances SET (last_history_id, last_hash, version, state, context) = (
        SELECT h.id, h.hash, 2, h.after, (SELECT json_extract(n.facts, '$.snapshot.context') FROM history n
        WHERE n.previous_id = h.id) FROM history h WHERE h.entity_id = 'SOC-2' AND h.version = 2)
        WHERE entity_id = 'SOC-2'""",
        "DELETE FROM inbox WHERE id = (SELECT inbox_id FROM history WHERE entity_id = 'SOC-2' AND version = 3)",
        # That something else names it, does not hide it.
        """UPDATE history SET previous_id = (SELECT max(id) FROM history WHERE entity_id = 'SOC-2')
        WHERE (entity_id = 'SOC-2' AND version = 1) OR entity_id = 'SOC-5'""",
    )
    _, found = verified(store_file)
    assert [(d.entity_id, d.version, d.part) for d in found if d.part is not Part.TABLES] == [
        ("SOC-2", 3, Part.CHAIN)
    ]
    url = f"sqlite:///{store_file}"
    assert main(["verify", "SOC-2", "--store", url]) == 0  # no way leads there
    capsys.readouterr()
    for of in ([], ["SOC-2", "--thorough"]):
        assert main(["verify", *of, "--json", "--store", url]) == 1
        said = json.loads(capsys.readouterr().out)["differences"]
        assert ("SOC-2", "chain") in {(d["entity"], d["part"]) for d in said}
    assert main(["store", "check", "--json", "--store", url]) == 1
    assert "is SOC-2's, and neither its instance nor a later decision" in capsys.readouterr().out


def test_a_history_whose_instance_is_gone_is_found_by_its_name(
    store_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed(store_file, "DELETE FROM instances WHERE entity_id = 'SOC-5'")
    assert main(["verify", "SOC-5", "--json", "--store", f"sqlite:///{store_file}"]) == 1
    (said,) = json.loads(capsys.readouterr().out)["differences"]
    assert (said["part"], said["because"]) == ("instance", "there is history, and no instance")


def test_a_row_that_is_forged_whole_breaks_the_chain_after_it(store_file: Path) -> None:
    store = Store.open(f"sqlite:///{store_file}")
    with store.read() as c:
        row = next(iter(history.chain(c, "soc", "SOC-1")))
    store.close()
    forged = history.digest_of(replace(row, inbox_id=row.inbox_id + 1))
    with closing(sqlite3.connect(store_file)) as c:
        values = (row.inbox_id + 1, bytes.fromhex(forged), row.id)
        c.execute("UPDATE history SET inbox_id = ?, hash = ? WHERE id = ?", values)
        c.commit()
    parts = {d.part for d in verified(store_file)[1]}
    assert Part.CHAIN in parts
    assert Part.ROW not in parts


def test_facts_that_cannot_be_read_are_named(store_file: Path) -> None:
    store = Store.open(f"sqlite:///{store_file}")
    with store.read() as c:
        rows = list(history.chain(c, "soc", "SOC-1"))
    store.close()
    forged = history.digest_of(replace(rows[-1], facts={"nothing": 1}))
    with closing(sqlite3.connect(store_file)) as c:
        c.execute(
            "UPDATE history SET facts = ?, hash = ? WHERE id = ?",
            ('{"nothing":1}', bytes.fromhex(forged), rows[-1].id),
        )
        c.commit()
    # The instance knows the hash that its last decision had.
    assert {d.part for d in verified(store_file)[1]} == {Part.ROW, Part.INSTANCE}


def test_the_command_names_what_was_found_and_what_not(
    store_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{store_file}"
    assert main(["verify", "--store", url]) == 0
    assert "15 decision(s) verified: no difference(s)" in capsys.readouterr().out
    assert main(["replay", "--all", "--json", "--store", url]) == 0
    assert json.loads(capsys.readouterr().out) == {"checked": 15, "differences": []}
    assert main(["replay", "--since", "1h", "--json", "--store", url]) == 0
    assert json.loads(capsys.readouterr().out)["checked"] == 15
    assert main(["replay", "soc-2", "--store", url]) == 0
    assert "3 decision(s) made again: no difference(s)" in capsys.readouterr().out
    changed(store_file, "UPDATE history SET facts = '{' WHERE entity_id = 'SOC-1' AND version = 2")
    assert main(["verify", "--json", "--store", url]) == 1
    (difference,) = json.loads(capsys.readouterr().out)["differences"]
    assert (difference["entity"], difference["part"]) == ("SOC-1", "row")
    assert main(["verify", "SOC-2", "--store", url]) == 0
    assert main(["verify", "SOC-99", "--store", url]) == 1
    assert main(["replay", "--store", url]) == 1
    assert "say what to replay" in capsys.readouterr().err


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE instances SET last_history_id = NULL WHERE entity_id = 'SOC-1'",
        "UPDATE instances SET last_history_id = (SELECT min(id) FROM history WHERE entity_id = 'SOC-1') WHERE entity_id = 'SOC-1'",
        "DELETE FROM history WHERE entity_id = 'SOC-1' AND version = 2",
        "DELETE FROM history WHERE entity_id = 'SOC-1'",
    ],
)
def test_a_replay_of_an_entity_leaves_no_decision_out_without_a_word(
    store_file: Path, statement: str, capsys: pytest.CaptureFixture[str]
) -> None:
    changed(store_file, statement)
    assert main(["replay", "SOC-1", "--json", "--store", f"sqlite:///{store_file}"]) == 1
    assert json.loads(capsys.readouterr().out)["differences"]


def test_other_definitions_show_what_they_would_have_done(store_file: Path) -> None:
    definition = read_definition(
        MACHINE.replace('"in_progress" "next" { transition = "done" }', '"in_progress" "other" { transition = "done" }'),
        "soc.hcl",
    ).definition  # fmt: skip
    assert definition is not None
    replay = Replay(compile_definition(definition))
    store = Store.open(f"sqlite:///{store_file}")
    with store.read() as c:
        rows = list(history.chain(c, "soc", "SOC-2"))
        found = [d for row in rows for d in replay.row(c, row)]
    store.close()
    assert {(d.version, d.part) for d in found} == {(2, Part.TRACE), (2, Part.EFFECTS)}
    assert found[0].again["verdict"] == "already_there"


def test_what_was_decided_before_there_was_the_word_already_there_comes_out_the_same(tmp_path: Path) -> None:
    once = MACHINE.replace('"in_progress" "next"', '"in_progress" "other"')

    async def run() -> None:
        async with engine(tmp_path, Backend(), machine=once) as e:
            await e.release("Ships SOC-1", release_id=1)
            await e.release("Ships SOC-1", release_id=2)
            await e.runtime.lanes.settle()

    asyncio.run(run())
    store = Store.open(f"sqlite:///{tmp_path / 'interlock.db'}")
    with store.read() as c:
        moved, there = history.chain(c, "soc", "SOC-1")
        assert (moved.verdict, there.verdict) == (Verdict.MOVED, Verdict.ALREADY_THERE)
        assert list(Replay().row(c, there)) == []
        word = Verdict.EVENT_NOT_REGISTERED
        older = replace(there.trace, verdict=word, because="no transition knows it")
        assert [d.part for d in Replay().row(c, _forged(there, older))] == []
        # Nothing else may differ, and the other way round it is another decision.
        elsewhere = replace(older, after="done")
        assert [d.part for d in Replay().row(c, _forged(there, elsewhere))] == [Part.TRACE]
        other = replace(moved.trace, verdict=word)
        assert [d.part for d in Replay().row(c, _forged(moved, other))] == [Part.TRACE]
    store.close()


def _forged(row: HistoryRow, trace: Trace) -> HistoryRow:
    forged = replace(row, trace=trace, verdict=trace.verdict, before=trace.before, after=trace.after)
    return replace(forged, hash=history.digest_of(forged))


def test_what_is_sensitive_shows_in_no_difference(tmp_path: Path) -> None:
    machine = """
variable "key" {
  default   = "sesame-opens-it-all"
  sensitive = true
}

provisioner "soc" {
  statemachine "soc" {
    initial = "to_do"
    state "to_do" "next" {
      transition = "done"
      set        = { key = var.key }
      request {
        headers = { authorization = "Bearer ${var.key}" }
      }
    }
    state "done" {}
  }
}
"""

    async def run() -> None:
        async with engine(tmp_path, Backend(), machine=machine) as e:
            await e.release("Ships SOC-1")
            await e.runtime.lanes.settle()

    asyncio.run(run())
    file = tmp_path / "interlock.db"
    changed(file, "UPDATE outbox SET effect = replace(effect, 'sesame', 'sesamy')")
    changed(file, "UPDATE instances SET context = replace(context, 'opens', 'shuts')")
    _, found = verified(file)
    assert {d.part for d in found} == {Part.EFFECTS, Part.INSTANCE}
    told = repr(found)
    assert "(sensitive: var.key)" in told
    for piece in ("sesame", "sesamy", "opens-it", "shuts-it"):
        assert piece not in told


_AND_BOTH = "DELETE FROM {} WHERE entity_id = 'SOC-5'"


@pytest.mark.parametrize(
    ("statements", "says"),
    [
        ([_AND_BOTH.format("history"), _AND_BOTH.format("instances")], "its decision is not in the history"),
        (["INSERT INTO timers VALUES (NULL, 'soc', 'SOC-1', 'after 1', 1)"], "the instance does not remember it"),
        (
            [
                """UPDATE instances SET memory = '{"timers":{"after 1":"2030-01-01T00:00:00Z"}}'
                WHERE entity_id = 'SOC-1'"""
            ],
            "which the instance remembers, is not set",
        ),
        (
            ["UPDATE inbox SET entity_id = 'SOC-9' WHERE id = (SELECT max(id) FROM inbox WHERE entity_id = 'SOC-1')"],
            "is another entity's in the inbox than in the history",
        ),
        (["UPDATE inbox SET verdict = 'ended' WHERE verdict = 'moved'"], "has another verdict in the inbox"),
        (
            [
                """INSERT INTO outbox SELECT 99, inbox_id, project, entity_id, 'k', position, kind, effect, status, attempts,
                due_at, read_back, last_detail, created_at + 1, finished_at, retried_at, earlier_attempts
                FROM outbox LIMIT 1"""
            ],
            "effect 99 was ordered by no decision",
        ),
    ],
)  # fmt: skip
def test_tables_that_tell_different_stories_show(
    store_file: Path, statements: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{store_file}"
    assert main(["store", "check", "--store", url]) == 0
    changed(store_file, *statements)
    assert says in " ".join(d.because for d in verified(store_file)[1] if d.part is Part.TABLES)
    capsys.readouterr()
    assert main(["store", "check", "--store", url, "--json"]) == 1
    assert says in capsys.readouterr().out


_DAMAGES = [
    "UPDATE instances SET memory = '{\"x\":1}'",
    "UPDATE instances SET memory = '{\"timers\":5}'",
    "UPDATE instances SET memory = '[]'",
    "UPDATE instances SET context = 'notjson'",
    "UPDATE instances SET context = x'ff'",
    "UPDATE instances SET updated_at = 9223372036854775807",
    "UPDATE history SET facts = 'notjson'",
    "UPDATE history SET facts = '7'",
    "UPDATE history SET trace = '{}'",
    "UPDATE history SET verdict = 'nothing of ours'",
    "UPDATE outbox SET effect = '[1]'",
    "UPDATE outbox SET status = 'x'",
    "UPDATE inbox SET status = 'x', finished_at = 1",
    "UPDATE inbox SET received_at = 'noon'",
    "UPDATE timers SET due_at = 'noon'",
]


@pytest.mark.parametrize("statement", _DAMAGES)
def test_a_row_that_cannot_be_read_is_said_of_its_entity_and_of_no_other(
    store_file: Path, statement: str, capsys: pytest.CaptureFixture[str]
) -> None:
    changed(store_file, "INSERT INTO timers VALUES (NULL, 'soc', 'SOC-1', 'after 1', 1)")
    changed(store_file, f"{statement} WHERE entity_id = 'SOC-1'")
    url = f"sqlite:///{store_file}"
    assert main(["verify", "--store", url, "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert {d["entity"] for d in said["differences"]} == {"SOC-1"}
    assert main(["verify", "SOC-1", "--store", url]) == 1
    assert "SOC-1" in capsys.readouterr().out
    assert main(["show", "SOC-1", "--store", url]) in {0, 1}
    assert "SOC-1" in capsys.readouterr().out
    assert main(["show", "SOC-1", "--store", url, "--json"]) in {0, 1}
    assert json.loads(capsys.readouterr().out)[0]["entity"] == "SOC-1"
    assert main(["store", "check", "--store", url, "--json"]) == 1
    assert "unreadable" in {f["fault"] for f in json.loads(capsys.readouterr().out)["findings"]}
    main(["replay", "SOC-1", "--store", url])
    main(["replay", "--all", "--store", url])
    main(["deadletters", "list", "--store", url])
    main(["deliveries", "--store", url])
