from datetime import UTC, datetime
from typing import Any

import pytest

from engine.machine.compile import CompiledProvisioner, compile_definition
from engine.machine.read import read_definition
from engine.model import Delivery, Entity
from engine.sources.correlate import MOST_ENTITIES, Correlation, correlate, project_of

AT = datetime(2024, 1, 31, 12, 0, tzinfo=UTC)


def provisioner(name: str, *receives: str) -> CompiledProvisioner:
    source = (
        f'provisioner "{name}" {{\n' + "\n".join(receives) + f'\nstatemachine "{name}" {{\n'
        'initial = "a"\nstate "a" "next" { transition = "a" }\n}\n}\n'
    )
    result = read_definition(source, f"{name}.hcl")
    assert result.definition is not None, result.diagnostics
    return compile_definition(result.definition)[name]


def delivery(payload: Any, type_: str = "release") -> Delivery:
    return Delivery(source="github", type=type_, id="d-1", received_at=AT, payload=payload)


def release(body: str | None, action: str = "published") -> Delivery:
    return delivery({"action": action, "release": {"id": 7, "body": body}})


def found(correlation: Correlation) -> list[tuple[str, str, str]]:
    return [(c.provisioner, c.event.entity.id, c.event.name) for c in correlation.events]


SOC, DEVHOP = provisioner("soc"), provisioner("devhop")


def test_a_published_release_fires_next_for_each_of_its_issues() -> None:
    result = correlate([SOC, DEVHOP], release("SOC-1, fixes DEVHOP-22 and SOC-3; SOC-1 again"))
    assert found(result) == [
        ("soc", "SOC-1", "next"),
        ("soc", "SOC-3", "next"),
        ("devhop", "DEVHOP-22", "next"),
    ]
    assert result.ignored == ()
    event = result.events[0].event
    assert event.entity == Entity(project="soc", id="SOC-1")
    assert (event.receive, event.once) == ("github.release", '["next",7]')
    assert event.delivery == {
        "source": "github",
        "type": "release",
        "id": "d-1",
        "received_at": "2024-01-31T12:00:00Z",
    }


def test_what_only_looks_like_an_issue_key_is_left_out() -> None:
    result = correlate([SOC], release("UTF-8, SHA-256 and CVE-2024-1234 in SOC-9"))
    assert found(result) == [("soc", "SOC-9", "next")]


def test_a_type_that_no_machine_receives() -> None:
    assert correlate([SOC], delivery({}, "ping")) == Correlation(
        events=(), ignored=('no machine receives github "ping"',)
    )
    assert correlate([], delivery({}, "ping")).ignored == ('no machine receives github "ping"',)


def test_a_guard_that_does_not_hold_says_what_it_saw() -> None:
    result = correlate([SOC, DEVHOP], release("SOC-1", action="created"))
    assert result.events == ()
    assert result.ignored == (
        'the receive block github.release of soc and devhop asks for event.action == "published"; it is "created"',
    )


@pytest.mark.parametrize("body", ["", "nothing here", None])
def test_a_release_without_an_issue_key(body: str | None) -> None:
    result = correlate([SOC, DEVHOP], release(body))
    assert result == Correlation(
        events=(), ignored=("no issue key of project soc or devhop in event.release.body",)
    )


def test_an_issue_of_a_project_without_machine() -> None:
    result = correlate([SOC], release("ABC-1 and ABC-2"))
    assert result.ignored == (
        "no issue key of project soc in event.release.body",
        "no machine for project abc (ABC-1)",
    )


def test_a_payload_of_another_shape_is_a_reason() -> None:
    result = correlate([SOC], delivery({"release": []}))
    assert result.events == ()
    [reason] = result.ignored
    assert reason.startswith(
        'the receive block github.release of soc could not evaluate when = event.action == "published": '
    )


PUSH = 'receive "github" "push" {\n entity = %s\n fire = %s\n}'


@pytest.mark.parametrize(
    ("entity", "fire", "reason"),
    [
        ("event.n", '"next"', "names no entity: it gives 1"),
        ("[true]", '"next"', "names no entity: it gives true"),
        ('""', '"next"', 'names no entity: it gives ""'),
        ('"SOC-1"', "event.n", "fires no event: fire is 1"),
        ('"SOC-1"', '""', 'fires no event: fire is ""'),
    ],
)
def test_an_expression_of_the_wrong_kind_is_a_reason(entity: str, fire: str, reason: str) -> None:
    soc = provisioner("soc", PUSH % (entity, fire))
    result = correlate([soc], delivery({"n": 1}, "push"))
    assert result == Correlation(events=(), ignored=(f"the receive block github.push of soc {reason}",))


def test_one_delivery_fires_an_event_once_for_an_entity() -> None:
    soc = provisioner("soc", PUSH % ('["SOC-1", "soc-1"]', '"next"'), PUSH % ('"SOC-1"', '"next"'))
    assert found(correlate([soc], delivery({}, "push"))) == [("soc", "SOC-1", "next")]


def test_two_blocks_may_fire_two_events() -> None:
    soc = provisioner("soc", PUSH % ('"SOC-1"', '"next"'), PUSH % ('"SOC-1"', "event.also"))
    assert found(correlate([soc], delivery({"also": "prev"}, "push"))) == [
        ("soc", "SOC-1", "next"),
        ("soc", "SOC-1", "prev"),
    ]


def test_a_key_without_number_is_its_own_project() -> None:
    soc = provisioner("soc", PUSH % ('"soc"', '"next"'))
    assert found(correlate([soc], delivery({}, "push"))) == [("soc", "soc", "next")]


def test_names_from_a_payload_are_composed_like_those_of_a_definition() -> None:
    soc = provisioner("soc", PUSH % ("event.key", "event.name"))
    result = correlate([soc], delivery({"key": "SOC-1", "name": "pre\u0301parer"}, "push"))
    assert found(result) == [("soc", "SOC-1", "pr\u00e9parer")]


def test_the_number_of_entities_is_bounded() -> None:
    body = " ".join(f"SOC-{n}" for n in range(1, MOST_ENTITIES + 11))
    result = correlate([SOC], release(body))
    assert len(result.events) == MOST_ENTITIES
    assert result.ignored == (f"it names more than {MOST_ENTITIES} entities: the rest is left out",)


ONCE = 'receive "github" "push" {\n entity = "SOC-1"\n fire = "next"\n once_per = event.once\n}'


def test_equal_values_of_once_per_are_equal_texts() -> None:
    soc = provisioner("soc", ONCE)

    def once(value: Any) -> str | None:
        [correlated] = correlate([soc], delivery({"once": value}, "push")).events
        return correlated.event.once

    assert (
        once({"b": [1, None], "a": "ü"})
        == once({"a": "ü", "b": [1, None]})
        == '["next",{"a":"ü","b":[1,null]}]'
    )
    assert once(1) != once("1")
    assert once(None) is None
    long = once("x" * 100_000)
    assert long is not None
    assert len(long) < 100
    assert long != once("x" * 100_001)


def test_blocks_that_fire_different_events_do_not_repeat_each_other() -> None:
    other = ONCE.replace('"next"', '"prev"')
    for blocks in ((ONCE, other), (other, ONCE)):
        events = correlate([provisioner("soc", *blocks)], delivery({"once": 5}, "push")).events
        assert {e.event.once for e in events} == {'["next",5]', '["prev",5]'}


def test_a_reason_cannot_disturb_a_terminal() -> None:
    [reason] = correlate([SOC], release("SOC-1", action="\x1b[2J\x9b\u202e")).ignored
    assert reason.isprintable()


def test_a_once_per_that_cannot_be_kept_is_a_reason() -> None:
    deep: Any = 1
    for _ in range(500):
        deep = [deep]
    result = correlate([provisioner("soc", ONCE)], delivery({"once": deep}, "push"))
    assert result.events == ()
    assert "cannot use the value of once_per: it is nested more than 100 deep" in result.ignored[0]


@pytest.mark.parametrize(
    ("key", "project"),
    [
        ("SOC-1", "soc"),
        ("DEV_OPS-12", "dev_ops"),
        ("R2D2-9", "r2d2"),
        ("A-B-3", "a-b"),
        ("soc", "soc"),
        ("SOC-", "soc-"),
        ("SOC-x", "soc-x"),
        ("-1", "-1"),
        ("SOC-\u0661", "soc-\u0661"),
    ],
)
def test_the_project_of_a_key(key: str, project: str) -> None:
    assert project_of(key) == project
