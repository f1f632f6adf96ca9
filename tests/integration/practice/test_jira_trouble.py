"""The practice Jira's awkwardness over HTTP: made by request, met by calls, counted in the log."""

import asyncio
import socket
from typing import Any

import httpx
import pytest

from engine.errors import SettingError
from engine.practice.jira import JiraWorld, Troubles
from engine.practice.jira.server import PracticeServer
from engine.practice.jira.server import serve as serve_forever

TRANSITIONS = "/rest/api/3/issue/SOC-1/transitions"
START = {"transition": {"id": "11"}}


def trouble(site: httpx.Client, **members: Any) -> None:
    answer = site.post("/practice/trouble", json=members)
    assert answer.status_code == 201, answer.text


def status(site: httpx.Client, key: str = "SOC-1") -> str:
    shown: str = site.get(f"/practice/issues/{key}").json()["status"]
    return shown


def moves(site: httpx.Client, key: str = "SOC-1") -> list[tuple[str, str, str]]:
    return [(c["from"], c["to"], c["author"]) for c in site.get(f"/practice/issues/{key}").json()["changes"]]


@pytest.mark.parametrize(
    ("kind", "code", "happens"),
    [
        ("rate_limited", 429, False),
        ("conflict", 409, False),
        ("error", 500, False),
        ("unavailable", 503, False),
        ("unauthorized", 401, False),
        ("forbidden", 403, False),
        ("login_page", 200, False),
        ("gateway_timeout", 504, True),
        ("slow", 204, True),
        ("late", 204, True),
    ],
)
def test_an_awkward_answer(site: httpx.Client, kind: str, code: int, happens: bool) -> None:  # noqa: FBT001
    trouble(site, kind=kind, on="transition", seconds=0)
    assert site.post(TRANSITIONS, json=START).status_code == code
    assert status(site) == ("In Progress" if happens else "To Do")
    again = site.post(TRANSITIONS, json=START).status_code
    assert again == (400 if happens else 204)
    assert len(moves(site)) == 1


def test_being_rate_limited_says_until_when(site: httpx.Client) -> None:
    trouble(site, kind="rate_limited", times=2, seconds=7)
    for _ in range(2):
        headers = site.get("/rest/api/3/myself").headers
        assert (headers["Retry-After"], headers["RateLimit-Reason"]) == ("7", "jira-burst-based")
        assert headers["X-RateLimit-Remaining"] == "0"
    assert site.get("/rest/api/3/myself").status_code == 200


@pytest.mark.parametrize(("kind", "happens"), [("answer_lost", True), ("request_lost", False)])
def test_a_connection_that_is_closed_without_an_answer(site: httpx.Client, kind: str, happens: bool) -> None:  # noqa: FBT001
    trouble(site, kind=kind, on="transition")
    with pytest.raises(httpx.RemoteProtocolError):
        site.post(TRANSITIONS, json=START)
    assert status(site) == ("In Progress" if happens else "To Do")
    (call,) = site.get("/practice/calls", params={"class": "transition"}).json()["calls"]
    assert (call["status"], call["trouble"], call["issue"]) == (None, kind, "SOC-1")


@pytest.mark.parametrize(("kind", "happens"), [("answer_hangs", True), ("request_hangs", False)])
def test_a_call_that_is_never_answered(site: httpx.Client, kind: str, happens: bool) -> None:  # noqa: FBT001
    trouble(site, kind=kind, on="transition")
    with pytest.raises(httpx.ReadTimeout):
        site.post(TRANSITIONS, json=START, timeout=0.2)
    assert status(site) == ("In Progress" if happens else "To Do")


def test_a_late_transition_locks_its_issue(site: httpx.Client, world: JiraWorld) -> None:
    async def both() -> tuple[int, list[int], str]:
        account = (world.account.email, world.account.token)
        async with httpx.AsyncClient(base_url=site.base_url, auth=account) as client:
            late = asyncio.create_task(client.post(TRANSITIONS, json=START))
            while not world.locked:
                await asyncio.sleep(0.005)
            meanwhile = [(await client.post(TRANSITIONS, json=START)).status_code for _ in range(2)]
            seen = (await client.get("/rest/api/3/issue/SOC-1")).json()["fields"]["status"]["name"]
            return (await late).status_code, meanwhile, seen

    trouble(site, kind="late", on="transition", seconds=0.4)
    assert asyncio.run(both()) == (204, [409, 409], "To Do")
    assert moves(site) == [("To Do", "In Progress", "Practice Account")]


def test_a_late_transition_happens_though_nobody_waits_for_it(site: httpx.Client, world: JiraWorld) -> None:
    trouble(site, kind="late", on="transition", seconds=0.3)
    with pytest.raises(httpx.ReadTimeout):
        site.post(TRANSITIONS, json=START, timeout=0.1)
    assert status(site) == "To Do"
    while world.locked:
        site.get("/rest/api/3/myself")
    assert status(site) == "In Progress"


def test_somebody_moves_the_issue_meanwhile(site: httpx.Client) -> None:
    trouble(site, kind="moved_meanwhile", on="transition", to="In Review")
    answer = site.post(TRANSITIONS, json=START)
    assert answer.status_code == 400
    assert "somebody has changed the issue recently" in answer.json()["errorMessages"][0]
    assert [to for _, to, _ in moves(site)] == ["In Progress", "In Review"]


def test_somebody_deletes_the_issue_meanwhile(site: httpx.Client) -> None:
    trouble(site, kind="deleted_meanwhile", on="transition")
    assert site.post(TRANSITIONS, json=START).status_code == 404
    assert site.get("/practice/issues/SOC-1").status_code == 404


def test_trouble_keeps_to_its_issue(site: httpx.Client) -> None:
    trouble(site, kind="error", on="any", issue="soc-2")
    assert site.get("/rest/api/3/issue/SOC-1").status_code == 200
    assert site.get("/rest/api/3/issue/SOC-2").status_code == 500


def test_trouble_does_not_meet_calls_without_credentials(site: httpx.Client) -> None:
    trouble(site, kind="error")
    assert httpx.get(f"{site.base_url}/rest/api/3/myself").status_code == 401
    assert site.get("/rest/api/3/myself").status_code == 500


def test_acting_as_somebody_else(site: httpx.Client) -> None:
    answer = site.post("/practice/issues/SOC-2/move", json={"to": "done"})
    assert answer.json() == {
        "moved": [{"from": "To Do", "to": "In Progress"}, {"from": "In Progress", "to": "Done"}]
    }
    assert site.post("/practice/issues/SOC-2/move").json() == {"moved": [{"from": "Done", "to": "To Do"}]}
    assert site.delete("/practice/issues/SOC-3").status_code == 204
    assert [issue["key"] for issue in site.get("/practice/issues").json()["issues"]] == [
        "SOC-1",
        "SOC-2",
        "DEV-1",
    ]


def test_permissions_and_search_lag_are_changed(site: httpx.Client, world: JiraWorld) -> None:
    refusal = {"permission": "TRANSITION_ISSUES", "granted": False, "project": "soc"}
    assert site.put("/practice/permissions", json=refusal).status_code == 204
    assert site.get(TRANSITIONS).json()["transitions"] == []
    assert site.put("/practice/permissions", json=refusal | {"granted": True}).status_code == 204
    assert len(site.get(TRANSITIONS).json()["transitions"]) == 1
    assert site.put("/practice/search-lag", json={"seconds": 60}).status_code == 204
    assert site.get("/rest/api/2/search", params={"jql": ""}).json()["total"] == 0
    assert world.search_lag == 60


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "trouble", {}),
        ("POST", "trouble", {"kind": "earthquake"}),
        ("POST", "trouble", {"kind": "error", "times": "3"}),
        ("POST", "trouble", {"kind": "error", "times": True}),
        ("POST", "trouble", {"kind": "error", "colour": "red"}),
        ("POST", "issues/SOC-99/move", {"to": "Done"}),
        ("POST", "issues/SOC-1/move", {"to": "Nowhere"}),
        ("DELETE", "issues/SOC-99", None),
        ("PUT", "permissions", {"permission": "FLY", "granted": True}),
        ("PUT", "permissions", {"permission": "EDIT_ISSUES", "granted": True, "project": "NONE"}),
        ("PUT", "permissions", {"granted": True}),
        ("PUT", "search-lag", {"seconds": -1}),
        ("PUT", "search-lag", {}),
        ("PUT", "search-lag", []),
    ],
    ids=str,
)
def test_a_wish_that_makes_no_sense_is_explained(
    site: httpx.Client, method: str, path: str, body: Any
) -> None:
    answer = site.request(method, f"/practice/{path}", json=body)
    assert answer.status_code == 400
    assert set(answer.json()) <= {"error", "errorMessages"}


def test_moving_meanwhile_to_nowhere_is_no_server_error(site: httpx.Client) -> None:
    trouble(site, kind="moved_meanwhile", to="Nowhere")
    assert site.post(TRANSITIONS, json=START).status_code == 400


def test_calls_are_counted_and_forgotten(site: httpx.Client, world: JiraWorld) -> None:
    site.get("/rest/api/3/issue/soc-1", params={"fields": "status", "secret": "s3cret"})
    site.get("/rest/api/3/issue/SOC-99")
    site.get("/rest/api/3/nonsense")
    body = site.get("/practice/calls").json()
    assert [(c["path"], c["class"], c["issue"], c["status"]) for c in body["calls"]] == [
        ("/rest/api/3/issue/soc-1", "issue", "SOC-1", 200),
        ("/rest/api/3/issue/SOC-99", "issue", "SOC-99", 404),
        ("/rest/api/3/nonsense", "", None, 404),
    ]
    assert body["total"] == 3
    assert "s3cret" not in str(body)
    assert world.account.token not in str(body)
    assert len(site.get("/practice/calls", params={"issue": "SOC-1"}).json()["calls"]) == 1
    site.delete("/practice/calls")
    assert site.get("/practice/calls").json() == {"total": 0, "calls": []}


def test_trouble_is_seen_and_ended(site: httpx.Client, world: JiraWorld) -> None:
    world.trouble.chances["error"] = 1.0
    trouble(site, kind="conflict", on="write", times=3)
    shown = site.get("/practice/trouble").json()
    assert [(t["kind"], t["times"]) for t in shown["waiting"]] == [("conflict", 3)]
    assert shown["chances"] == {"error": 1.0}
    assert site.delete("/practice/trouble").status_code == 204
    assert site.post(TRANSITIONS, json=START).status_code == 204


def test_the_practice_routes_refuse_another_host_name(site: httpx.Client) -> None:
    assert site.get("/practice/issues", headers={"Host": "evil.example"}).status_code == 403


def test_random_trouble_never_loses_count(serve: Any) -> None:
    chances = dict.fromkeys(["answer_lost", "request_lost", "error", "gateway_timeout", "conflict"], 0.12)
    world = JiraWorld(["SOC:25"], trouble=Troubles(chances=chances, seed=11))
    account = (world.account.email, world.account.token)
    with httpx.Client(base_url=serve(world), auth=account) as client:
        for number in range(1, 26):
            while world.issues()[number - 1].status.name == "To Do":
                try:
                    client.post(f"/rest/api/3/issue/SOC-{number}/transitions", json=START)
                except httpx.RemoteProtocolError:
                    continue
    assert all(len(issue.changes) == 1 for issue in world.issues())
    assert {call.trouble for call in world.calls} >= set(chances)


def test_stopping_ends_calls_that_hang() -> None:
    async def hang() -> tuple[httpx.Response | BaseException, httpx.Response | BaseException]:
        world = JiraWorld(["SOC:1"])
        world.trouble.next("answer_hangs", on="issue")
        world.trouble.next("slow", on="site", seconds=3600)
        server = PracticeServer(world)
        await server.start()
        account = (world.account.email, world.account.token)
        async with httpx.AsyncClient(base_url=server.url, auth=account, timeout=60) as client:
            hanging = asyncio.create_task(client.get("/rest/api/3/issue/SOC-1"))
            slow = asyncio.create_task(client.get("/rest/api/3/myself"))
            while world.trouble.waiting():
                await asyncio.sleep(0.005)
            await asyncio.wait_for(server.stop(), 10)
            ended = await asyncio.gather(hanging, slow, return_exceptions=True)
            with pytest.raises(httpx.ConnectError):
                await client.get("/rest/api/3/myself")
        return ended

    hung, slow = asyncio.run(hang())
    assert isinstance(hung, httpx.RemoteProtocolError)
    assert isinstance(slow, httpx.Response)


def test_two_practice_jiras_in_one_loop_and_the_port_is_free_after() -> None:
    async def both() -> None:
        async with PracticeServer(JiraWorld(["SOC:1"])) as one, PracticeServer(JiraWorld(["DEV:1"])) as two:
            assert one.port != two.port
            with pytest.raises(SettingError, match="Choose another port"):
                await PracticeServer(JiraWorld(), port=one.port).start()
        async with PracticeServer(JiraWorld(), port=one.port) as again:
            assert again.port == one.port

    asyncio.run(both())


def test_answers_do_not_wait_for_acknowledgements() -> None:
    async def undelayed() -> list[int]:
        async with PracticeServer(JiraWorld()) as server, httpx.AsyncClient(base_url=server.url) as client:
            await client.get("/rest/api/2/serverInfo")
            sockets = [transport.get_extra_info("socket") for transport in server._connections.values()]
            return [one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for one in sockets]

    (undelayed_one,) = asyncio.run(undelayed())
    assert undelayed_one


def test_serving_ends_when_it_is_cancelled() -> None:
    async def short() -> None:
        task = asyncio.create_task(serve_forever(JiraWorld()))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(short())


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.com", "::", ""])
def test_it_listens_on_loopback_only(host: str) -> None:
    with pytest.raises(SettingError, match="loopback only"):
        PracticeServer(JiraWorld(), host=host)
