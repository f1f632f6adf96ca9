"""The choice among the transitions that Jira offers."""

from typing import Any

import pytest

from engine.processors.jira.choose import choose, read_offers


def offer(number: int, name: str, to: str | None, *required: str, **more: Any) -> dict[str, Any]:
    fields = {key: {"required": True, "name": key.title(), **more.get("meta", {})} for key in required}
    target = {} if to is None else {"to": {"name": to, "id": f"10{number}"}}
    return {"id": str(number), "name": name, "fields": fields, **target, **more.get("top", {})}


@pytest.mark.parametrize(
    ("listed", "status", "expected"),
    [
        ([], "Done", None),
        ([offer(1, "Ship", "Done")], "Done", "1"),
        ([offer(1, "Ship", "done"), offer(2, "Ship", "Done")], "Done", "2"),
        ([offer(1, "Ship", "DONE ")], "Done", "1"),
        ([offer(1, "Ship", "Fertig")], "101", "1"),
        ([offer(1, "Done", "In Progress"), offer(2, "Ship", "Done")], "Done", "2"),
        ([offer(1, "Done", "In Progress")], "Done", None),
        ([offer(1, "Done", None)], "Done", "1"),
        ([offer(1, "done", None)], "Done", "1"),
        ([offer(1, "Ship", "Done"), offer(2, "Done", "Done")], "Done", "2"),
        ([offer(1, "Ship", "Done", "reason"), offer(2, "Skip", "Done")], "Done", "2"),
        ([offer(1, "Done", "Done", "reason"), offer(2, "Skip", "Done")], "Done", "2"),
        ([offer(1, "Ship", "Done", "resolution"), offer(2, "Done", "Done")], "Done", "2"),
        ([offer(1, "Ship", "Done", "reason")], "Done", "1"),
        ([offer(1, "Ship", "Done", top={"isAvailable": False})], "Done", None),
    ],
)
def test_which_one(listed: list[dict[str, Any]], status: str, expected: str | None) -> None:
    offers = read_offers({"transitions": listed})
    assert offers is not None
    chosen = choose(offers, status, {"resolution"})
    assert (chosen.id if chosen else None) == expected


def test_what_a_screen_asks_for() -> None:
    offers = read_offers(
        {
            "transitions": [
                offer(1, "Ship", "Done", "reason", "resolution"),
                offer(2, "x", "y", "z", meta={"hasDefaultValue": True}),
            ]
        }
    )
    assert offers is not None
    assert offers[0].missing({"resolution"}) == ("Reason (reason)",)
    assert offers[1].missing(()) == ()


@pytest.mark.parametrize("payload", [None, [], {}, {"transitions": {}}, "x"])
def test_what_is_no_list(payload: object) -> None:
    assert read_offers(payload) is None


def test_ids_may_be_numbers_and_members_may_be_odd() -> None:
    offers = read_offers({"transitions": [{"id": 7, "to": "x", "fields": []}, "odd", {"name": None}]})
    assert offers is not None
    assert [o.id for o in offers] == ["7", ""]
