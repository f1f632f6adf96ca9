import re

import pytest

from engine.errors import SettingError
from engine.practice.jira.run import parse_trouble
from engine.practice.jira.trouble import GROUPS, KINDS, Trouble, Troubles, instead


def test_trouble_is_met_as_often_as_asked() -> None:
    troubles = Troubles()
    troubles.next("rate_limited", times=2)
    assert [bool(troubles.take("issue", "SOC-1")) for _ in range(4)] == [True, True, False, False]
    assert troubles.waiting() == ()


def test_trouble_waits_for_its_class_and_its_issue() -> None:
    troubles = Troubles()
    troubles.next("answer_lost", on="transition", issue="soc-2")
    assert troubles.take("issue", "SOC-2") is None
    assert troubles.take("transition", "SOC-1") is None
    met = troubles.take("transition", "SOC-2")
    assert met is not None
    assert met.kind == "answer_lost"


def test_groups_mean_several_classes() -> None:
    troubles = Troubles()
    troubles.next("error", on="write")
    assert troubles.take("search", "") is None
    assert troubles.take("comment", "SOC-1") is not None
    assert GROUPS["read"] | GROUPS["write"] == GROUPS["any"]
    assert not GROUPS["read"] & GROUPS["write"]


def test_troubles_are_met_in_the_order_they_were_asked_for() -> None:
    troubles = Troubles()
    troubles.next("conflict", times=2)
    troubles.next("error")
    assert [t.kind for t in (troubles.take("issue", "") for _ in range(3)) if t] == [
        "conflict",
        "conflict",
        "error",
    ]


def test_random_trouble_repeats_with_its_seed() -> None:
    def met(seed: int) -> list[str]:
        troubles = Troubles(chances={"error": 0.3, "conflict": 0.3}, seed=seed)
        return [t.kind if t else "" for t in (troubles.take("issue", "") for _ in range(60))]

    assert met(1) == met(1)
    assert met(1) != met(2)
    assert set(met(1)) == {"", "error", "conflict"}


def test_certain_trouble_always_comes() -> None:
    troubles = Troubles(chances={"error": 1.0})
    assert all(troubles.take("site", "") for _ in range(50))


def test_clearing_forgets_what_waits() -> None:
    troubles = Troubles()
    troubles.next("error", times=5)
    troubles.clear()
    assert troubles.take("issue", "") is None


@pytest.mark.parametrize(
    ("members", "complaint"),
    [
        ({"kind": "earthquake"}, "No trouble 'earthquake'"),
        ({"kind": "error", "on": "coffee"}, "No request class 'coffee'"),
        ({"kind": "error", "times": 0}, "at least once"),
        ({"kind": "slow", "seconds": -1}, "from 0 to 86400"),
        ({"kind": "slow", "seconds": float("nan")}, "from 0 to 86400"),
    ],
)
def test_trouble_that_no_call_could_meet_is_refused(members: dict[str, object], complaint: str) -> None:
    with pytest.raises(SettingError, match=re.escape(complaint)):
        Trouble(**members)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "chances", [{"error": 1.1}, {"error": -0.1}, {"error": 0.6, "conflict": 0.6}, {"earthquake": 0.1}]
)
def test_impossible_chances_are_refused(chances: dict[str, float]) -> None:
    with pytest.raises(SettingError):
        Troubles(chances=chances)


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_answers_waits_or_ends_somehow(name: str) -> None:
    kind = KINDS[name]
    answer = instead(kind, 2.5, "2026-01-01T00:00Z")
    assert (answer is None) == (kind.status is None)
    assert answer or kind.waits or kind.meanwhile or kind.ends != "answer"
    if answer:
        assert answer.status == kind.status
        assert answer.body


def test_retry_after_counts_whole_seconds_and_never_less() -> None:
    answer = instead(KINDS["rate_limited"], 2.1, "2026-01-01T00:00Z")
    assert answer is not None
    assert dict(answer.headers) == {
        "Retry-After": "3",
        "RateLimit-Reason": "jira-burst-based",
        "X-RateLimit-Limit": "350",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "2026-01-01T00:00Z",
    }


@pytest.mark.parametrize(
    ("written", "trouble"),
    [
        ("conflict", Trouble(kind="conflict")),
        (
            "rate_limited:transition:3:0.5",
            Trouble(kind="rate_limited", on="transition", times=3, seconds=0.5),
        ),
        ("slow:::0", Trouble(kind="slow", seconds=0)),
        ("error::2", Trouble(kind="error", times=2)),
    ],
)
def test_trouble_on_the_command_line(written: str, trouble: Trouble) -> None:
    assert parse_trouble(written) == trouble


@pytest.mark.parametrize("written", ["", "error:any:x", "error:any:1:x", "error:any:1:1:1", "earthquake"])
def test_trouble_that_cannot_be_read_says_so(written: str) -> None:
    with pytest.raises(SettingError):
        parse_trouble(written)
