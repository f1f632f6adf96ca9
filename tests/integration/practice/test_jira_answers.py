"""What the practice Jira answers over HTTP, and to what."""

import base64
from typing import Any

import httpx
import pytest

from engine.practice.jira import Deployment, JiraWorld

PLAIN = {"body": "hello"}
DOCUMENT = {
    "body": {
        "type": "doc",
        "version": 1,
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": "hello"}]}],
    }
}


def transitions(key: str, version: str = "3") -> str:
    return f"/rest/api/{version}/issue/{key}/transitions"


def move(site: httpx.Client, key: str, identifier: Any, **more: Any) -> httpx.Response:
    return site.post(transitions(key), json={"transition": {"id": identifier}} | more)


def status(world: JiraWorld, key: str) -> str:
    issue = world.find(key)
    assert issue is not None
    return issue.status.name


@pytest.mark.parametrize("version", ["2", "3", "latest"])
def test_a_transition_in_every_version(site: httpx.Client, world: JiraWorld, version: str) -> None:
    answer = site.post(transitions("soc-1", version), json={"transition": {"id": "11"}})
    assert (answer.status_code, answer.content) == (204, b"")
    assert status(world, "SOC-1") == "In Progress"


@pytest.mark.parametrize("identifier", ["11", 11])
def test_ids_are_text_or_numbers(site: httpx.Client, world: JiraWorld, identifier: str | int) -> None:
    issue = world.find("SOC-1")
    assert issue is not None
    assert move(site, issue.id, identifier).status_code == 204


def test_the_list_of_transitions(site: httpx.Client, world: JiraWorld) -> None:
    world.move("SOC-1", "In Review")
    shown = site.get(transitions("SOC-1"), params={"expand": "transitions.fields"}).json()["transitions"]
    assert [(t["id"], t["name"], t["to"]["name"], t["hasScreen"]) for t in shown] == [
        ("51", "Request changes", "In Progress", False),
        ("61", "Approve", "Done", True),
    ]
    assert shown[0]["fields"] == {}
    assert shown[1]["fields"]["resolution"]["required"] is True
    assert {value["name"] for value in shown[1]["fields"]["resolution"]["allowedValues"]} >= {
        "Done",
        "Won't Do",
    }
    assert "fields" not in site.get(transitions("SOC-1")).json()["transitions"][0]


def test_an_issue_brings_its_transitions_if_asked(site: httpx.Client) -> None:
    def shown(expand: str) -> Any:
        return (
            site.get("/rest/api/3/issue/SOC-1", params={"fields": "status", "expand": expand})
            .json()
            .get("transitions")
        )

    assert shown("changelog") is None
    assert [(t["id"], "fields" in t) for t in shown("changelog,transitions")] == [("11", False)]
    assert [(t["id"], "fields" in t) for t in shown("transitions.fields")] == [("11", True)]


def test_one_transition_or_all_of_them(site: httpx.Client) -> None:
    def shown(**params: str) -> list[tuple[str, bool]]:
        listed = site.get(transitions("SOC-1"), params=params).json()["transitions"]
        return [(t["id"], t["isAvailable"]) for t in listed]

    assert shown(transitionId="11") == [("11", True)]
    assert shown(transitionId="31") == []
    assert shown(includeUnavailableTransitions="true", transitionId="31") == [("31", False)]
    assert len(shown(includeUnavailableTransitions="true")) == 7


def test_without_the_permission_the_list_is_empty_and_nothing_moves(
    site: httpx.Client, world: JiraWorld
) -> None:
    world.revoke("TRANSITION_ISSUES", "SOC")
    answer = site.get(transitions("SOC-1"))
    assert (answer.status_code, answer.json()["transitions"]) == (200, [])
    assert move(site, "SOC-1", 11).status_code == 400
    assert move(site, "DEV-1", 101).status_code == 204
    permissions = site.get(
        "/rest/api/3/mypermissions", params={"permissions": "TRANSITION_ISSUES", "projectKey": "SOC"}
    )
    assert permissions.json()["permissions"]["TRANSITION_ISSUES"]["havePermission"] is False


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"errorMessages": ["Missing 'transition' identifier"], "errors": {}}),
        ({"transition": None}, {"errorMessages": ["Missing 'transition' identifier"], "errors": {}}),
        (
            {"transition": {"id": None}},
            {"errorMessages": ["'transition' identifier must be an integer"], "errors": {}},
        ),
        (
            {"transition": {"id": "Done"}},
            {"errorMessages": ["'transition' identifier must be an integer"], "errors": {}},
        ),
        (
            {"transition": {"id": True}},
            {"errorMessages": ["'transition' identifier must be an integer"], "errors": {}},
        ),
        (
            {"transition": {"id": 1.5}},
            {"errorMessages": ["'transition' identifier must be an integer"], "errors": {}},
        ),
        (
            {"transition": {"id": -11}},
            {"errorMessages": ["Transition id '-11' is not valid for this issue."], "errors": {}},
        ),
        (
            {"transition": {"id": "999"}},
            {"errorMessages": ["Transition id '999' is not valid for this issue."], "errors": {}},
        ),
        (
            {"transition": {"id": "11"}, "fields": {"resolution": {"name": "Done"}, "colour": "red"}},
            {
                "errorMessages": [],
                "errors": {
                    "resolution": "Field 'resolution' cannot be set. It is not on the appropriate screen, or unknown.",
                    "colour": "Field 'colour' cannot be set. It is not on the appropriate screen, or unknown.",
                },
            },
        ),
        (
            {"transition": {"id": "11"}, "fields": []},
            {
                "errorMessages": [
                    "Invalid request payload. Refer to the REST API documentation and try again."
                ]
            },
        ),
        (
            {"transition": {"id": "11"}, "update": {"comment": {"add": PLAIN}}},
            {
                "errorMessages": [
                    "Invalid request payload. Refer to the REST API documentation and try again."
                ]
            },
        ),
        (
            {"transition": {"id": "11"}, "update": {"comment": [{"add": PLAIN}]}},
            {"errorMessages": [], "errors": {"comment": "Comment body is not valid!"}},
        ),
        (
            [],
            {
                "errorMessages": [
                    "Invalid request payload. Refer to the REST API documentation and try again."
                ]
            },
        ),
    ],
    ids=repr,
)
def test_a_transition_that_is_refused_changes_nothing(
    site: httpx.Client, world: JiraWorld, body: Any, errors: Any
) -> None:
    answer = site.post(transitions("SOC-1"), json=body)
    assert (answer.status_code, answer.json()) == (400, errors)
    assert status(world, "SOC-1") == "To Do"
    issue = world.find("SOC-1")
    assert issue is not None
    assert (issue.comments, issue.changes) == ([], [])


def test_a_transition_of_another_status_is_refused_in_jiras_words(site: httpx.Client) -> None:
    answer = move(site, "SOC-1", 31)
    assert answer.status_code == 400
    assert answer.json()["errorMessages"][0].startswith(
        "It seems that you have tried to perform a workflow operation (Ship it) that is not valid for the current state"
    )


@pytest.mark.parametrize(
    ("fields", "status_code", "error"),
    [
        ({}, 400, "Resolution is required."),
        ({"resolution": None}, 400, "Resolution is required."),
        ({"resolution": "Done"}, 400, "data was not an object"),
        ({"resolution": {}}, 400, "Could not find valid 'id' or 'name' in resolution object."),
        ({"resolution": {"name": "Finished"}}, 400, "Resolution name 'Finished' is not valid"),
        ({"resolution": {"id": "10001"}}, 204, None),
        ({"resolution": {"name": "duplicate"}}, 204, None),
    ],
)
def test_a_required_field(
    site: httpx.Client, world: JiraWorld, fields: Any, status_code: int, error: str | None
) -> None:
    world.move("SOC-1", "In Review")
    answer = move(site, "SOC-1", 61, fields=fields)
    assert answer.status_code == status_code
    if error:
        assert answer.json()["errors"] == {"resolution": error}


def test_a_resolution_comes_with_done_and_goes_with_reopening(site: httpx.Client, world: JiraWorld) -> None:
    def resolution() -> Any:
        return site.get("/rest/api/3/issue/SOC-1", params={"fields": "resolution"}).json()["fields"][
            "resolution"
        ]

    world.move("SOC-1", "In Progress")
    assert move(site, "SOC-1", 31).status_code == 204
    assert resolution()["name"] == "Done"
    assert move(site, "SOC-1", 71).status_code == 204
    assert resolution() is None


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "No content to map to Object due to end of input"),
        (b"{", "There was an error parsing JSON. Check that your request body is valid."),
        (b'{"transition": NaN}', "There was an error parsing JSON. Check that your request body is valid."),
        (b'{"a": "\xff"}', "There was an error parsing JSON. Check that your request body is valid."),
        (b"[" * 100_000, "There was an error parsing JSON. Check that your request body is valid."),
        (b'"text"', "Invalid request payload. Refer to the REST API documentation and try again."),
    ],
    ids=["empty", "broken", "nan", "no utf-8", "nested", "text"],
)
def test_a_body_that_is_no_json_object(site: httpx.Client, raw: bytes, message: str) -> None:
    answer = site.post(transitions("SOC-1"), content=raw, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()) == (400, {"errorMessages": [message]})


def test_a_body_of_another_type_is_refused(site: httpx.Client) -> None:
    assert site.post(transitions("SOC-1"), data={"transition": "11"}).status_code == 415


@pytest.mark.parametrize("key", ["SOC-99", "NONE-1", "99999", "soc", "SOC-1-1", "%F0%9F%9A%80"])
@pytest.mark.parametrize("path", ["", "/transitions", "/comment", "/changelog"])
def test_an_unknown_issue(site: httpx.Client, key: str, path: str) -> None:
    answer = site.get(f"/rest/api/3/issue/{key}{path}")
    assert answer.status_code == 404
    assert answer.json() == {
        "errorMessages": ["Issue does not exist or you do not have permission to see it."],
        "errors": {},
    }


def test_a_hidden_issue_looks_unknown(site: httpx.Client, world: JiraWorld) -> None:
    world.revoke("BROWSE_PROJECTS", "SOC")
    assert site.get("/rest/api/3/issue/SOC-1").json() == site.get("/rest/api/3/issue/SOC-99").json()
    assert site.get("/rest/api/3/project/SOC").status_code == 404
    assert [project["key"] for project in site.get("/rest/api/3/project").json()] == ["DEV"]


def credentials(scheme: str, text: str) -> dict[str, str]:
    encoded = base64.b64encode(text.encode()).decode() if scheme == "Basic" else text
    return {"Authorization": f"{scheme} {encoded}"}


@pytest.mark.parametrize(
    "headers",
    [
        credentials("Basic", "practice@example.com:wrong"),
        credentials("Basic", "other@example.com:practice-token"),
        credentials("Basic", "practice-token"),
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic"},
        credentials("Bearer", "wrong"),
        {"Authorization": "Bearer"},
        credentials("Digest", "practice-token"),
        credentials("Token", "practice@example.com:practice-token"),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "path", ["/rest/api/3/issue/SOC-1", "/rest/api/3/myself", "/rest/api/2/issue/SOC-99"]
)
def test_wrong_credentials_on_cloud(site: httpx.Client, headers: dict[str, str], path: str) -> None:
    answer = httpx.get(f"{site.base_url}{path}", headers=headers)
    assert answer.status_code == 401
    assert answer.text == "Client must be authenticated to access this resource."
    assert answer.headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"
    assert answer.headers["WWW-Authenticate"].startswith('OAuth realm="http%3A%2F%2F127.0.0.1')


def test_no_credentials(site: httpx.Client) -> None:
    answer = httpx.get(f"{site.base_url}/rest/api/3/issue/SOC-1")
    assert answer.status_code == 401
    assert "You are not authenticated" in answer.json()["errorMessages"][0]
    assert httpx.get(f"{site.base_url}/rest/api/3/serverInfo").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [credentials("Basic", "practice@example.com:practice-token"), credentials("Bearer", "practice-token")],
)
def test_right_credentials(site: httpx.Client, headers: dict[str, str]) -> None:
    answer = httpx.get(f"{site.base_url}/rest/api/3/myself", headers=headers)
    assert answer.json()["displayName"] == "Practice Account"


def test_data_center_has_version_2_only(serve: Any) -> None:
    world = JiraWorld(["SOC:1"], deployment=Deployment.DATA_CENTER)
    with httpx.Client(base_url=serve(world), headers=credentials("Bearer", world.account.token)) as client:
        assert client.get("/rest/api/2/issue/SOC-1").status_code == 200
        assert client.get("/rest/api/3/issue/SOC-1").status_code == 404
        assert client.get("/rest/api/2/search", params={"jql": "project=SOC"}).json()["total"] == 1
        assert client.post("/rest/api/2/search/jql", json={"jql": "project=SOC"}).status_code == 404
        basic = client.get("/rest/api/2/issue/SOC-1", headers=credentials("Basic", "a:b"))
        assert (basic.status_code, basic.headers["Content-Type"]) == (401, "text/html;charset=UTF-8")
        bearer = client.get("/rest/api/2/issue/SOC-1", headers=credentials("Bearer", "no"))
        assert bearer.json() == {
            "message": "Client must be authenticated to access this resource.",
            "status-code": 401,
        }


def test_the_old_search_is_gone_from_version_3(site: httpx.Client) -> None:
    answer = site.get("/rest/api/3/search", params={"jql": "project = SOC"})
    assert answer.status_code == 410
    assert "Please migrate to the /rest/api/3/search/jql API." in answer.json()["errorMessages"][0]
    assert site.post("/rest/api/3/search", json={"jql": "project = SOC"}).status_code == 410
    assert site.get("/rest/api/2/search", params={"jql": "project = SOC"}).json()["total"] == 3


def test_the_new_search_gives_pages_and_ids_only(site: httpx.Client) -> None:
    first = site.post("/rest/api/3/search/jql", json={"jql": "project = SOC", "maxResults": 2}).json()
    assert [set(issue) for issue in first["issues"]] == [{"id"}, {"id"}]
    assert first["isLast"] is False
    query = {
        "jql": "project = SOC",
        "maxResults": "2",
        "nextPageToken": first["nextPageToken"],
        "fields": "status",
    }
    second = site.get("/rest/api/3/search/jql", params=query).json()
    assert [issue["key"] for issue in second["issues"]] == ["SOC-3"]
    assert (second["isLast"], "nextPageToken" in second) == (True, False)


@pytest.mark.parametrize(
    "body",
    [
        {"jql": ""},
        {"jql": "project = SOC", "nextPageToken": "x"},
        {"jql": "project = SOC", "nextPageToken": "MTpwcm9qZWN0ID0gREVW"},
        {"jql": "project = SOC", "maxResults": -1},
        {"jql": "project = SOC", "maxResults": "many"},
        {"jql": 12},
    ],
    ids=str,
)
def test_a_search_that_is_refused(site: httpx.Client, body: dict[str, Any]) -> None:
    answer = site.post("/rest/api/3/search/jql", json=body)
    assert answer.status_code == 400
    assert answer.json()["errorMessages"]


def test_comments_are_documents_in_version_3_and_text_in_version_2(site: httpx.Client) -> None:
    assert site.post("/rest/api/3/issue/SOC-1/comment", json=DOCUMENT).status_code == 201
    assert site.post("/rest/api/2/issue/SOC-1/comment", json={"body": "world"}).status_code == 201
    assert [c["body"] for c in site.get("/rest/api/2/issue/SOC-1/comment").json()["comments"]] == [
        "hello",
        "world",
    ]
    shown = site.get("/rest/api/3/issue/SOC-1/comment").json()
    assert {c["body"]["type"] for c in shown["comments"]} == {"doc"}
    one = site.get(f"/rest/api/2/issue/SOC-1/comment/{shown['comments'][1]['id']}").json()
    assert one["body"] == "world"
    assert site.get("/rest/api/2/issue/SOC-1/comment/1").status_code == 404


@pytest.mark.parametrize(
    ("version", "body", "answer"),
    [
        ("3", PLAIN, {"errorMessages": [], "errors": {"comment": "Comment body is not valid!"}}),
        ("3", {}, {"errorMessages": [], "errors": {"comment": "Comment body is not valid!"}}),
        (
            "2",
            DOCUMENT,
            {
                "errorMessages": [
                    "Invalid request payload. Refer to the REST API documentation and try again."
                ]
            },
        ),
        ("2", {"body": "  "}, {"errorMessages": [], "errors": {"comment": "Comment body can not be empty!"}}),
    ],
    ids=str,
)
def test_a_comment_of_the_wrong_kind(site: httpx.Client, version: str, body: Any, answer: Any) -> None:
    response = site.post(f"/rest/api/{version}/issue/SOC-1/comment", json=body)
    assert (response.status_code, response.json()) == (400, answer)


def test_what_the_account_may_not_do_is_403_and_happens_not_even_half(
    site: httpx.Client, world: JiraWorld
) -> None:
    for permission in ("ADD_COMMENTS", "CREATE_ISSUES", "EDIT_ISSUES", "DELETE_ISSUES"):
        world.revoke(permission)
    commented = {"comment": [{"add": DOCUMENT}]}
    made = {"fields": {"project": {"key": "SOC"}, "issuetype": {"name": "Task"}, "summary": "x"}}
    assert site.post("/rest/api/3/issue/SOC-1/comment", json=DOCUMENT).status_code == 403
    assert move(site, "SOC-1", 11, update=commented).status_code == 403
    assert site.put("/rest/api/3/issue/SOC-1", json={"fields": {"summary": "x"}}).status_code == 403
    assert site.delete("/rest/api/3/issue/SOC-1").status_code == 403
    assert site.post("/rest/api/3/issue", json=made).status_code == 403
    assert status(world, "SOC-1") == "To Do"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"issuetype": {"name": "Task"}, "summary": "x"}, "project"),
        ({"project": {"key": "NONE"}, "issuetype": {"name": "Task"}, "summary": "x"}, "project"),
        ({"project": "SOC", "issuetype": {"name": "Task"}, "summary": "x"}, "project"),
        ({"project": {"key": "SOC"}, "summary": "x"}, "issuetype"),
        ({"project": {"key": "SOC"}, "issuetype": {"name": "Epic"}, "summary": "x"}, "issuetype"),
        ({"project": {"key": "SOC"}, "issuetype": {"id": 10001}}, "summary"),
        ({"project": {"key": "SOC"}, "issuetype": {"id": 10001}, "summary": " "}, "summary"),
        (
            {"project": {"key": "SOC"}, "issuetype": {"id": 10001}, "summary": "x", "description": "text"},
            "description",
        ),
        (
            {"project": {"key": "SOC"}, "issuetype": {"id": 10001}, "summary": "x", "labels": ["a b"]},
            "labels",
        ),
        (
            {
                "project": {"key": "SOC"},
                "issuetype": {"id": 10001},
                "summary": "x",
                "status": {"name": "Done"},
            },
            "status",
        ),
    ],
    ids=str,
)
def test_an_issue_that_cannot_be_made(site: httpx.Client, world: JiraWorld, fields: Any, error: str) -> None:
    answer = site.post("/rest/api/3/issue", json={"fields": fields})
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {error}
    assert len(world.issues()) == 4


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ("status", {"status"}),
        ("status,summary", {"status", "summary"}),
        ("*navigable,-description", None),
        ("-comment", None),
        ("nonsense", None),
    ],
)
def test_fields_are_chosen(site: httpx.Client, fields: str, shown: set[str] | None) -> None:
    body = site.get("/rest/api/3/issue/SOC-1", params={"fields": fields}).json()
    if fields == "nonsense":
        assert "fields" not in body
    elif shown is None:
        assert not {"comment"} & set(body["fields"])
        assert "status" in body["fields"]
    else:
        assert set(body["fields"]) == shown


def test_the_changelog_in_pages(site: httpx.Client, world: JiraWorld) -> None:
    world.move("SOC-1", "Done")
    page = site.get("/rest/api/3/issue/SOC-1/changelog", params={"startAt": 1, "maxResults": 1}).json()
    assert (page["total"], page["isLast"]) == (2, True)
    assert page["values"][0]["items"][0] == {
        "field": "status",
        "fieldtype": "jira",
        "fieldId": "status",
        "from": "3",
        "fromString": "In Progress",
        "to": "10001",
        "toString": "Done",
    }
    assert page["values"][0]["author"]["displayName"] == "Somebody Else"


def test_statuses_of_a_project(site: httpx.Client) -> None:
    (task,) = site.get("/rest/api/3/project/dev/statuses").json()
    assert [s["name"] for s in task["statuses"]] == ["To Do", "In Progress", "Blocked", "Done"]


@pytest.mark.parametrize(
    "path", ["/rest/api/3/nonsense", "/rest/api/4/myself", "/", "/rest/api/3/issue/SOC-1/watchers"]
)
def test_a_path_that_does_not_exist(site: httpx.Client, path: str) -> None:
    answer = site.get(path)
    assert (answer.status_code, answer.json()) == (404, {"errorMessage": f"No endpoint GET {path}."})


def test_a_method_that_a_path_does_not_have(site: httpx.Client) -> None:
    assert site.put("/rest/api/3/myself", json={}).status_code == 405
