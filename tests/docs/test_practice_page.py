"""docs/practice.md says what the code says, and its examples run."""

import asyncio
import re
import shlex
import textwrap
from pathlib import Path
from typing import Any

import httpx

from engine.practice.jira import JiraWorld, Permission
from engine.practice.jira.routes import ROUTES
from engine.practice.jira.server import PracticeServer
from engine.practice.jira.trouble import KINDS
from engine.practice.jira.workflow import WORKFLOWS, Transition

PAGE = (Path(__file__).parents[2] / "docs" / "practice.md").read_text(encoding="utf-8")


def table(first_column: str) -> list[list[str]]:
    """The rows of the table whose first heading is that, without the marks of code."""
    start = PAGE.index(f"| {first_column} |")
    lines = PAGE[start:].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip().replace("`", "") for cell in line.strip().strip("|").split("|")] for line in lines]


def snippets(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def screen(transition: Transition) -> str:
    return ", ".join(shown.id + (" (required)" if shown.required else "") for shown in transition.screen)


def test_every_route_is_in_the_table() -> None:
    assert table("Method") == [
        [r.method, r.path, r.request_class or "", r.means.replace("`", "")] for r in ROUTES
    ]


def test_every_kind_of_trouble_is_in_the_table() -> None:
    assert table("Kind") == [[name, kind.means.replace("`", "")] for name, kind in KINDS.items()]


def test_every_transition_is_in_the_table() -> None:
    assert table("Workflow") == [
        [workflow.name, t.id, t.name, ", ".join(t.sources) or "everywhere", t.to, screen(t)]
        for workflow in WORKFLOWS.values()
        for t in workflow.transitions
    ]


def test_every_permission_is_named() -> None:
    assert all(f"`{permission}`" in PAGE for permission in Permission)


def requests() -> list[dict[str, Any]]:
    """What the curl examples ask for."""
    found = []
    for line in "".join(snippets("sh")).splitlines():
        command, *words = shlex.split(line)
        if command != "curl":
            continue
        wanted: dict[str, Any] = {"method": "GET", "headers": {}, "url": words.pop()}
        for flag, value in zip(words[::2], words[1::2], strict=True):
            if flag == "-u":
                wanted["auth"] = tuple(value.split(":"))
            elif flag == "-X":
                wanted["method"] = value
            elif flag == "-H":
                name, _, content = value.partition(": ")
                wanted["headers"][name] = content
            else:
                assert flag == "-d"
                wanted["content"] = value
        found.append(wanted)
    return found


def test_the_curl_examples_work() -> None:
    async def ask_all() -> list[int]:
        async with (
            PracticeServer(JiraWorld(["SOC:20", "DEV:5:thorny"])) as server,
            httpx.AsyncClient() as client,
        ):
            here = [
                one | {"url": one["url"].replace("http://127.0.0.1:8080", server.url)} for one in requests()
            ]
            return [(await client.request(**one)).status_code for one in here]

    assert asyncio.run(ask_all()) == [200, 204, 200, 201, 201, 200, 204, 204, 200, 204]


def test_the_python_examples_work() -> None:
    in_a_loop, delivery = snippets("python")
    call = "await httpx.AsyncClient(auth=('practice@example.com', 'practice-token')).post("
    call += "server.url + '/rest/api/3/issue/SOC-1/transitions', json={'transition': {'id': 11}})"
    attempt = f"try:\n        {call}\n    except httpx.RemoteProtocolError:\n        pass"
    body = textwrap.indent(in_a_loop.replace("...  # call server.url", attempt), "    ")
    names: dict[str, Any] = {"httpx": httpx}
    exec(f"async def example():\n{body}", names)  # noqa: S102  the page's own example
    asyncio.run(names["example"]())
    exec(delivery, names)  # noqa: S102
    assert names["delivery"].headers["X-GitHub-Event"] == "release"
