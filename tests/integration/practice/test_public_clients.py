"""The public Python clients of Jira work against the practice Jira, over HTTP."""

from collections.abc import Callable

import pytest
from atlassian import Jira as AtlassianJira
from atlassian.jira import JiraCloud
from jira import JIRA, JIRAError
from requests import HTTPError

from engine.practice.jira import Account, Deployment, JiraWorld

Serve = Callable[[JiraWorld], str]
DEPLOYMENTS = pytest.mark.parametrize("deployment", Deployment)


def jira(url: str, account: Account, **options: str) -> JIRA:
    return JIRA(url, basic_auth=(account.email, account.token), max_retries=0, options=options)


@DEPLOYMENTS
def test_jira_connects_lists_reads_moves_comments_and_searches(serve: Serve, deployment: Deployment) -> None:
    world = JiraWorld(["SOC:3", "DEV:1"], deployment=deployment)
    client = jira(serve(world), world.account)
    assert client.deploymentType == deployment.value
    assert client.myself()["emailAddress"] == world.account.email
    assert [project.key for project in client.projects()] == ["SOC", "DEV"]
    assert client.project("soc").name == "SOC"
    assert [status.name for status in client.statuses()] == ["To Do", "In Progress", "In Review", "Done"]

    issue = client.issue("soc-1")
    assert (issue.key, issue.fields.status.name, issue.fields.status.statusCategory.key) == (
        "SOC-1",
        "To Do",
        "new",
    )
    assert client.issue(issue.id, fields="status").key == "SOC-1"
    assert [(t["id"], t["name"], t["to"]["name"]) for t in client.transitions(issue)] == [
        ("11", "Start work", "In Progress")
    ]

    client.transition_issue(issue, "start WORK", comment="on it")
    client.transition_issue("SOC-1", "31", fields={"resolution": {"name": "Won't Do"}})
    done = client.issue("SOC-1", expand="changelog")
    assert (done.fields.status.name, done.fields.resolution.name) == ("Done", "Won't Do")
    assert [item.toString for history in done.changelog.histories for item in history.items] == [
        "Done",
        "In Progress",
    ]

    client.add_comment("SOC-1", "all done")
    assert [comment.body for comment in client.comments("SOC-1")] == ["on it", "all done"]

    found = client.search_issues("project = SOC ORDER BY key", maxResults=False, fields="status")
    assert [(one.key, one.fields.status.name) for one in found] == [
        ("SOC-1", "Done"),
        ("SOC-2", "To Do"),
        ("SOC-3", "To Do"),
    ]


@DEPLOYMENTS
def test_jira_creates_edits_and_deletes(serve: Serve, deployment: Deployment) -> None:
    world = JiraWorld(["SOC:1"], deployment=deployment)
    client = jira(serve(world), world.account)
    made = client.create_issue(
        project="SOC", issuetype="Task", summary="Light the candle", description="with a match"
    )
    assert (made.key, made.fields.description) == ("SOC-2", "with a match")
    made.update(fields={"summary": "Light both candles", "labels": ["light"]})
    assert client.issue("SOC-2").fields.summary == "Light both candles"
    made.delete()
    with pytest.raises(JIRAError, match="Issue does not exist or you do not have permission to see it"):
        client.issue("SOC-2")


def test_jira_takes_a_personal_access_token_and_validates(serve: Serve) -> None:
    world = JiraWorld(["SOC:1"], deployment=Deployment.DATA_CENTER)
    client = JIRA(serve(world), token_auth=world.account.token, validate=True)
    assert client.issue("SOC-1").fields.status.name == "To Do"


def test_jira_tells_what_went_wrong(serve: Serve) -> None:
    world = JiraWorld(["SOC:1"])
    url = serve(world)
    client = jira(url, world.account)
    with pytest.raises(JIRAError) as unknown:
        client.transition_issue("SOC-1", "99")
    assert (unknown.value.status_code, unknown.value.text) == (
        400,
        "Transition id '99' is not valid for this issue.",
    )
    with pytest.raises(JIRAError) as unscreened:
        client.transition_issue("SOC-1", "11", fields={"resolution": {"name": "Done"}})
    assert (
        unscreened.value.text
        == "Field 'resolution' cannot be set. It is not on the appropriate screen, or unknown."
    )
    stranger = jira(url, Account(email=world.account.email, token="wrong"))
    with pytest.raises(JIRAError) as refused:
        stranger.issue("SOC-1")
    assert refused.value.status_code == 401


def test_jira_pages_through_the_new_search(serve: Serve) -> None:
    world = JiraWorld(["SOC:120"])
    client = jira(serve(world), world.account)
    found = client.enhanced_search_issues("project = SOC", maxResults=False, fields="summary")
    assert [issue.key for issue in found] == [f"SOC-{number}" for number in range(1, 121)]
    assert client.approximate_issue_count("project = SOC") == 120


def test_atlassian_for_data_center(serve: Serve) -> None:
    world = JiraWorld(["SOC:3"], deployment=Deployment.DATA_CENTER)
    client = AtlassianJira(serve(world), token=world.account.token)
    assert client.myself()["emailAddress"] == world.account.email
    assert [project["key"] for project in client.projects()] == ["SOC"]
    assert client.get_issue_transitions("SOC-1") == [{"name": "Start work", "id": 11, "to": "In Progress"}]
    client.set_issue_status("SOC-1", "In Progress")
    client.set_issue_status_by_transition_id("SOC-1", 21)
    assert client.get_issue_status("SOC-1") == "In Review"
    client.set_issue_status(
        "SOC-1",
        "Done",
        fields={"resolution": {"name": "Done"}},
        update={"comment": [{"add": {"body": "ok"}}]},
    )
    assert client.issue("SOC-1")["fields"]["status"]["name"] == "Done"
    assert client.get_issue_status_changelog("SOC-1")[0]["to"] == "Done"
    client.issue_add_comment("SOC-1", "shipped")
    assert [c["body"] for c in client.issue_get_comments("SOC-1")["comments"]] == ["ok", "shipped"]
    assert [issue["key"] for issue in client.jql("project = SOC AND status = Done")["issues"]] == ["SOC-1"]


def test_atlassian_tells_what_went_wrong(serve: Serve) -> None:
    world = JiraWorld(["SOC:1"])
    client = AtlassianJira(serve(world), username=world.account.email, password=world.account.token)
    with pytest.raises(HTTPError, match="'transition' identifier must be an integer"):
        client.set_issue_status("SOC-1", "Done")
    with pytest.raises(HTTPError, match="Missing 'transition' identifier"):
        client.set_issue_status_by_transition_name("SOC-1", "Start work")
    with pytest.raises(HTTPError, match="Issue does not exist"):
        client.issue("SOC-9")


def test_atlassian_for_cloud(serve: Serve) -> None:
    world = JiraWorld(["SOC:3"])
    url = serve(world)
    client = JiraCloud(url, username=world.account.email, password=world.account.token)
    assert [t["to"]["name"] for t in client.get_transitions("SOC-1")["transitions"]] == ["In Progress"]
    client.do_transition("SOC-1", data={"transition": {"id": "11"}})
    assert client.get_issue("SOC-1", fields="status")["fields"]["status"]["name"] == "In Progress"
    document = {
        "type": "doc",
        "version": 1,
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": "hello"}]}],
    }
    client.add_comment("SOC-1", data={"body": document})
    assert [issue["key"] for issue in client.enhanced_jql_get_list_of_tickets("project = SOC")] == [
        "SOC-1",
        "SOC-2",
        "SOC-3",
    ]
    legacy = AtlassianJira(url, username=world.account.email, password=world.account.token, cloud=True)
    assert [project["key"] for project in legacy.projects()] == ["SOC"]
    legacy.issue_add_comment("SOC-1", "plain")
    assert [c["body"] for c in legacy.issue_get_comments("SOC-1")["comments"]] == ["hello", "plain"]
