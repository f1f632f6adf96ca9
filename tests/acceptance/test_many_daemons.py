"""Daemons that share a PostgreSQL store: any may die, pause or come back; nothing is lost, doubled or out of order."""

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from engine.practice.jira import JiraWorld
from engine.practice.jira.server import PracticeServer
from engine.serve.daemon import DRAIN_SECONDS
from tests.harness.daemon import DaemonProcess, LoopThread, PracticeJira, wait_until
from tests.harness.fleet import Fleet, deliver_beside, pause, resume
from tests.harness.postgres import PostgresServer, running_postgres

ISSUES = 120
KEYS = [f"SOC-{n}" for n in range(1, ISSUES + 1)]


@pytest.fixture
def jira(loop_thread: LoopThread) -> Iterator[PracticeJira]:
    world = JiraWorld([f"SOC:{ISSUES}"])
    server = PracticeServer(world)
    loop_thread.run(server.start())
    yield PracticeJira(world, server.url)
    loop_thread.run(server.stop())


@pytest.fixture
def fleet(make_daemon: Callable[..., DaemonProcess], postgres: PostgresServer, jira: PracticeJira) -> Fleet:
    return Fleet(make_daemon, postgres, jira)


def answers(daemon: DaemonProcess, status: int) -> bool:
    return daemon.call("GET", "/readyz").status == status


def all_well(fleet: Fleet, times: int = 1) -> None:
    fleet.finish()
    assert fleet.decided_twice() == []
    assert fleet.decided_out_of_order() == []
    assert fleet.moves(KEYS) == {times: ISSUES}
    assert fleet.ask("SELECT count(*) FROM history")[0][0] == ISSUES * times
    assert fleet.ask("SELECT count(*) FROM outbox WHERE status <> 'done'")[0][0] == 0


def test_a_worker_killed_for_good_and_one_that_pauses_lose_and_double_nothing(fleet: Fleet) -> None:
    receiver, doomed, sleeper = fleet.add("receive"), fleet.add("work"), fleet.add("work")
    receiver.register()
    delivering = deliver_beside(receiver, [f"Ships {key}" for _ in range(2) for key in KEYS])
    wait_until(lambda: fleet.ask("SELECT count(*) FROM history")[0][0] > 20, "nothing is decided")
    doomed.kill()
    wait_until(
        lambda: (
            fleet.ask(
                "SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing' AND worker_id = (SELECT min(id) FROM procrastinate_workers)"
            )[0][0]
            == 0
        ),
        "the dead worker's partitions are not taken over",
    )
    pause(sleeper)
    time.sleep(4)  # longer than a worker may be silent
    helper = fleet.add("work")
    resume(sleeper)
    delivering.join()
    all_well(fleet, times=2)
    assert {line["event"] for line in helper.lines()} >= {"decision"}
    deciding = [line for line in sleeper.lines() if line["event"] == "worker.silent"]
    assert deciding, "the paused worker did not notice that it was taken for dead"


def test_the_database_is_restarted_in_the_middle(
    make_daemon: Callable[..., DaemonProcess], jira: PracticeJira
) -> None:
    with running_postgres() as server:
        fleet = Fleet(make_daemon, server, jira)
        receiver, worker = fleet.add("receive"), fleet.add("work")
        receiver.register()
        delivering = deliver_beside(receiver, [f"Ships {key}" for key in KEYS])
        wait_until(lambda: fleet.ask("SELECT count(*) FROM history")[0][0] > 10, "nothing is decided")
        server.stop(kill=True)
        for daemon in (receiver, worker):
            wait_until(partial(answers, daemon, 503), "/readyz knows nothing")
            assert b"PostgreSQL" in daemon.call("GET", "/readyz").body
            assert daemon.call("GET", "/livez").status == 200
        server.start()
        for daemon in (receiver, worker):
            wait_until(partial(answers, daemon, 200), "/readyz stays unready")
        delivering.join()
        all_well(fleet)
        for daemon in (receiver, worker):
            assert daemon.terminate() == 0


def test_a_slow_backend_holds_only_its_entity(fleet: Fleet, jira: PracticeJira) -> None:
    daemon = fleet.add()
    daemon.register()
    jira.world.trouble.next("answer_hangs", on="transition", issue="SOC-1")
    jira.world.trouble.next("rate_limited", on="transition", seconds=3600, issue="SOC-2", times=5)
    assert daemon.deliver(daemon.release("Ships " + ", ".join(KEYS))).status == 200
    wait_until(lambda: all(jira.moves(k) for k in KEYS if k != "SOC-2"), "entities wait for SOC-1 or SOC-2")
    assert daemon.deliver(daemon.release("Ships " + ", ".join(KEYS[2:]))).status == 200
    wait_until(lambda: all(jira.moves(k) == 2 for k in KEYS[2:]), "entities wait for SOC-1 or SOC-2")
    assert jira.moves("SOC-2") == 0


def test_each_daemon_says_which_backends_it_leaves_alone(fleet: Fleet, jira: PracticeJira) -> None:
    receiver, worker = fleet.add("receive"), fleet.add("work")
    receiver.register()
    addresses = [part for d in (receiver, worker) for part in ("--daemon", f"http://127.0.0.1:{d.port}")]
    jira.world.trouble.next("error", on="any", times=10_000)
    assert receiver.deliver(receiver.release("Ships " + ", ".join(KEYS[:20]))).status == 200

    def circuits() -> list[tuple[str, str]]:
        said = json.loads(worker.cli("backends", *addresses, "--json").stdout)
        assert {backend["daemon"] for backend in said} == {addresses[3]}, "who only receives calls nobody"
        return [(b["backend"], b["circuit"]) for b in said if b["circuit"] != "closed"]

    wait_until(circuits, "no circuit opens")
    jira.world.trouble.clear()
    wait_until(lambda: circuits() == [], "the circuit does not close", 60)
    wait_until(lambda: fleet.moves(KEYS[:20]) == {1: 20}, "not everything was moved", 60)


def test_a_daemon_that_is_told_to_stop_lets_calls_finish_and_ends_in_time(
    fleet: Fleet, jira: PracticeJira
) -> None:
    receiver, worker = fleet.add("receive"), fleet.add("work")
    receiver.register()
    # Longer than a worker may be silent, and shorter than a stop may take.
    jira.world.trouble.next("slow", on="transition", issue="SOC-1", seconds=4)
    keys = KEYS[:20]  # fewer than are called at once
    for key in keys[1:]:
        jira.world.trouble.next("answer_hangs", on="transition", issue=key)
    assert receiver.deliver(receiver.release("Ships " + ", ".join(keys))).status == 200
    wait_until(lambda: _calling(worker, keys[0]), "SOC-1 is not called")
    assert worker.process is not None
    worker.process.send_signal(signal.SIGTERM)
    assert worker.process.wait(DRAIN_SECONDS + 5) == 0
    said = worker.lines()
    assert "worker.silent" not in {line["event"] for line in said}, "it was taken for dead while it stopped"
    confirmed = [line["entity"] for line in said if line["event"] == "effect.confirmed"]
    assert "SOC-1" in confirmed
    assert fleet.ask("SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'") == [(0,)]
    jira.world.trouble.clear()
    fleet.add("work")
    fleet.finish()
    assert fleet.decided_twice() == []
    assert fleet.moves(keys) == {1: len(keys)}


def _calling(daemon: DaemonProcess, key: str) -> bool:
    return any(line["event"] == "effect.calling" and line["entity"] == key for line in daemon.lines())


def test_a_daemon_stops_in_time_though_its_database_answers_nothing(
    make_daemon: Callable[..., DaemonProcess], jira: PracticeJira
) -> None:
    with running_postgres() as server:
        fleet = Fleet(make_daemon, server, jira)
        daemon = fleet.add()
        daemon.register()
        jira.world.trouble.next("answer_hangs", on="transition", times=ISSUES)
        assert daemon.deliver(daemon.release("Ships " + ", ".join(KEYS))).status == 200
        wait_until(lambda: any(_calling(daemon, key) for key in KEYS), "nothing is called")
        with server.frozen():
            wait_until(partial(answers, daemon, 503), "/readyz knows nothing")
            assert daemon.process is not None
            daemon.process.send_signal(signal.SIGTERM)
            daemon.process.wait(DRAIN_SECONDS + 5)
        jira.world.trouble.clear()
        fleet.add()
        all_well(fleet)


def test_a_retry_is_made_when_it_is_due(fleet: Fleet, jira: PracticeJira) -> None:
    daemon = fleet.add()
    daemon.register()
    jira.world.trouble.next("rate_limited", on="transition", seconds=1, issue="SOC-1")
    assert daemon.deliver(daemon.release("Ships SOC-1")).status == 200
    fleet.finish()
    posts = [c for c in jira.world.calls if c.method == "POST" and c.issue == "SOC-1"]
    assert 1 <= (posts[1].at - posts[0].at).total_seconds() < 4
    assert jira.moves("SOC-1") == 1


def test_equal_deliveries_at_two_daemons_at_once_are_one(fleet: Fleet, jira: PracticeJira) -> None:
    one, two = fleet.add("receive"), fleet.add("receive")
    one.register()
    two.secret, two.uri = one.secret, one.uri
    signed = [one.release(f"Ships {key}") for key in KEYS[:40]]
    threads = [deliver_beside_signed(daemon, signed) for daemon in (one, two)]
    for thread in threads:
        thread.join()
    assert fleet.ask("SELECT verdict, count(*) FROM deliveries GROUP BY 1 ORDER BY 1") == [
        ("accepted", 40),
        ("duplicate", 40),
    ]
    fleet.add("work")
    fleet.finish()
    assert fleet.moves(KEYS[:40]) == {1: 40}


def deliver_beside_signed(daemon: DaemonProcess, signed: list) -> "threading.Thread":  # type: ignore[type-arg]
    def run() -> None:
        for delivery in signed:
            assert daemon.deliver(delivery).status == 200

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_commands_work_with_the_url(fleet: Fleet, jira: PracticeJira) -> None:
    daemon = fleet.add()
    daemon.register()
    daemon.environ["INTERLOCK_STORE"] = fleet.url
    assert daemon.deliver(daemon.release("Ships SOC-1")).status == 200
    fleet.finish()
    assert daemon.shown("SOC-1")["history"][0]["verdict"] == "moved"
    listed = json.loads(daemon.cli("deliveries", "--json").stdout)
    assert [d["verdict"] for d in listed] == ["accepted"]
    assert b"signal-box" in daemon.cli("hooks", "list").stdout


def test_a_daemon_that_only_works_accepts_nothing_and_one_that_only_receives_decides_nothing(
    fleet: Fleet, jira: PracticeJira
) -> None:
    receiver = fleet.add("receive")
    receiver.register()
    assert receiver.deliver(receiver.release("Ships SOC-1")).status == 200
    worker = fleet.add("work")
    worker.secret, worker.uri = receiver.secret, receiver.uri
    assert worker.deliver(worker.release("Ships SOC-2")).status == 503
    fleet.finish()
    assert (jira.moves("SOC-1"), jira.moves("SOC-2")) == (1, 0)
    assert "decision" not in {line["event"] for line in receiver.lines()}


def test_the_operators_commands_take_the_same_store(fleet: Fleet, jira: PracticeJira) -> None:
    daemon = fleet.add()
    daemon.register()
    jira.world.trouble.next("forbidden", on="transition", issue="SOC-1")
    for key in ("SOC-1", "SOC-2"):
        assert daemon.deliver(daemon.release(f"Ships {key}")).status == 200
    fleet.finish()
    (dead,) = json.loads(daemon.cli("deadletters", "list", "--store", fleet.url, "--json").stdout)
    assert "SOC-1" in json.dumps(dead)
    for command in (["verify"], ["replay", "--all"], ["show", "SOC-2"], ["deliveries"], ["hooks", "list"]):
        run = daemon.cli(*command, "--store", fleet.url)
        assert run.returncode == 0, (command, run)
    run = daemon.cli("deadletters", "retry", "--all", "--yes", "--store", fleet.url)
    assert run.returncode == 0, run
    wait_until(lambda: jira.moves("SOC-1") == 1, "what was put back was not done")


def test_what_is_missing_is_said_before_anything_starts(
    make_daemon: Callable[..., DaemonProcess], postgres: PostgresServer
) -> None:
    daemon = make_daemon()
    secret = postgres.url().replace("interlock@", "interlock:hunter2@")
    for arguments, said in (
        (["--store", secret], b"needs INTERLOCK_SECRET_KEY"),
        (["--role", "work"], b"needs a store that daemons share"),
        (["--practice", "--store", secret], b"leave --store away"),
    ):
        ended = daemon.cli("run", "--port", "0", *arguments)
        assert ended.returncode != 0
        assert said in ended.stdout + ended.stderr
        assert b"hunter2" not in ended.stdout + ended.stderr


def test_nothing_that_is_secret_is_in_the_log(fleet: Fleet, jira: PracticeJira) -> None:
    fleet.url = fleet.url.replace("interlock@", "interlock:hunter2@")
    daemon = fleet.add(INTERLOCK_LOG_LEVEL="debug")
    daemon.register()
    assert daemon.deliver(daemon.release("Ships SOC-1")).status == 200
    fleet.finish()
    assert daemon.terminate() == 0
    for secret in (b"hunter2", fleet.key.encode(), daemon.secret.encode(), b"practice-token"):
        assert secret not in daemon.log.read_bytes()


def test_one_daemon_of_all_forgets_what_is_older_than_all_were_told(fleet: Fleet, jira: PracticeJira) -> None:
    receiver = fleet.add("receive", INTERLOCK_KEEP="0s")
    worker = fleet.add("work", INTERLOCK_KEEP="0s")
    receiver.register()
    assert receiver.deliver(receiver.release("Ships SOC-1")).status == 200
    wait_until(lambda: jira.status("SOC-1") == "In Progress", "SOC-1 is not moved")
    fleet.finish()
    # As the library does once an hour.
    fleet.ask(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args) VALUES ('interlock', "
        "'interlock.retention', 'interlock.retention', 'interlock.retention', '{\"timestamp\": 0}') RETURNING id"
    )
    wait_until(lambda: fleet.ask("SELECT count(*) FROM history") == [(0,)], "nothing is forgotten")
    assert fleet.ask("SELECT count(*) FROM instances") == [(1,)]
    wait_until(
        lambda: [line for line in worker.lines() if line["event"] == "retention.removed"],
        "it does not say so",
    )
    assert receiver.deliver(receiver.release("Ships SOC-1")).status == 200
    wait_until(lambda: jira.status("SOC-1") == "Done", "SOC-1 does not go on from where it was")


def test_a_daemon_says_what_it_is_ready_for(fleet: Fleet) -> None:
    receiver, worker = fleet.add("receive"), fleet.add("work")
    receiver.register()
    assert receiver.call("GET", "/readyz").body.startswith(b"ready to receive:")
    told = worker.call("GET", "/readyz")
    assert (told.status, told.body) == (
        200,
        b"ready to work: deliveries are not accepted here (--role work)\n",
    )
    signed = receiver.release("Ships SOC-1")
    assert worker.call("POST", receiver.uri, signed.body, dict(signed.headers)).status == 503
    assert receiver.deliver(signed).status == 200
