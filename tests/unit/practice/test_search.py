from datetime import UTC, datetime, timedelta

import pytest

from engine.practice.jira.answers import RefusedError
from engine.practice.jira.jql import search
from engine.practice.jira.world import JiraWorld


def keys(world: JiraWorld, jql: str, *, bounded: bool = True) -> list[str]:
    return [issue.key for issue, _ in search(world, jql, bounded=bounded)]


@pytest.fixture
def world() -> JiraWorld:
    world = JiraWorld(["SOC:12", "DEV:2:thorny"])
    world.move("SOC-2", "Done")
    world.move("SOC-10", "In Progress")
    return world


@pytest.mark.parametrize(
    ("jql", "found"),
    [
        ("project = DEV", ["DEV-1", "DEV-2"]),
        ("project in (dev) order by key desc", ["DEV-2", "DEV-1"]),
        ('project = "DEV" AND key != DEV-1', ["DEV-2"]),
        ("key in (soc-10, 'SOC-2',SOC-1)", ["SOC-1", "SOC-2", "SOC-10"]),
        ("issuekey = SOC-3", ["SOC-3"]),
        ('status = "done"', ["SOC-2"]),
        ('project = SOC and status not in ("To Do", Done)', ["SOC-10"]),
        ("project=SOC AND project=DEV", []),
        ("project = DEV ORDER BY created DESC", ["DEV-2", "DEV-1"]),
    ],
)
def test_what_is_found(world: JiraWorld, jql: str, found: list[str]) -> None:
    assert keys(world, jql) == found


def test_an_issue_is_found_by_its_number(world: JiraWorld) -> None:
    issue = world.find("SOC-3")
    assert issue is not None
    assert keys(world, f"id = {issue.id}") == ["SOC-3"]


def test_order_by_updated_puts_the_latest_move_last(world: JiraWorld) -> None:
    assert keys(world, "project = SOC ORDER BY updated ASC")[-1] == "SOC-10"


@pytest.mark.parametrize(
    ("jql", "complaint"),
    [
        ("", "Unbounded JQL"),
        ("order by key", "Unbounded JQL"),
        ("project = NONE", "The value 'NONE' does not exist for the field 'project'."),
        ("key in (SOC-1, SOC-99)", "An issue with key 'SOC-99' does not exist for field 'key'."),
        ("status = Finished", "The value 'Finished' does not exist for the field 'status'."),
        ("assignee = me", "Field 'assignee' does not exist"),
        ("project", "Expecting 'in' but got ''"),
        ("project = ", "Expecting a value"),
        ("project = (SOC)", "Expecting a value"),
        ("key in SOC-1", "Expecting '('"),
        ("key in (SOC-1", "Expecting ')'"),
        ("project = SOC OR project = DEV", "Expecting either 'AND' or 'ORDER BY' but got 'OR'"),
        ('project = "SOC', "The character '\"' is not expected."),
        ("project = SOC order by rank", "Field 'rank' does not exist"),
        ("project = SOC order key", "Expecting 'by'"),
    ],
)
def test_what_is_refused(world: JiraWorld, jql: str, complaint: str) -> None:
    with pytest.raises(RefusedError) as refused:
        keys(world, jql)
    assert refused.value.answer.status == 400
    assert complaint in refused.value.answer.body["errorMessages"][0]


def test_a_hidden_issue_cannot_be_told_from_none(world: JiraWorld) -> None:
    world.revoke("BROWSE_PROJECTS", "DEV")
    with pytest.raises(RefusedError, match="An issue with key 'DEV-1' does not exist"):
        keys(world, "key = DEV-1")
    assert not any(key.startswith("DEV") for key in keys(world, "", bounded=False))


def test_search_lags_behind_what_happened() -> None:
    clock = datetime(2026, 1, 1, tzinfo=UTC)
    world = JiraWorld(["SOC:2"], now=lambda: clock, search_lag=10)
    assert keys(world, "project = SOC") == []
    clock += timedelta(seconds=10)
    assert keys(world, 'status = "To Do"') == ["SOC-1", "SOC-2"]
    world.move("SOC-1", "Done")
    world.delete("SOC-2")
    clock += timedelta(seconds=9)
    assert keys(world, 'status = "To Do"') == ["SOC-1", "SOC-2"]
    clock += timedelta(seconds=1)
    assert [(i.key, s.name) for i, s in search(world, "project = SOC", bounded=True)] == [("SOC-1", "Done")]
