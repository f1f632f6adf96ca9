"""Whatever is asked, the practice Jira answers: never an exception, never a body that is no JSON."""

from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.practice.jira import JiraWorld
from engine.practice.jira.asking import Ask
from engine.practice.jira.handling import begin, finish
from engine.practice.jira.routes import ROUTES, Route

NAMES = st.sampled_from(
    [
        *(
            "transition",
            "id",
            "name",
            "fields",
            "update",
            "comment",
            "add",
            "set",
            "body",
            "summary",
            "description",
        ),
        *("labels", "resolution", "project", "issuetype", "key", "type", "version", "content", "text", "doc"),
        *("jql", "maxResults", "startAt", "nextPageToken", "expand"),
        *("kind", "on", "times", "seconds", "issue", "to", "permission", "granted"),
    ]
)
WORDS = st.one_of(
    NAMES,
    st.sampled_from(
        [
            "SOC-1",
            "soc",
            "SOC",
            "10001",
            "11",
            "101",
            "Done",
            "Task",
            "TRANSITION_ISSUES",
            "error",
            "*all",
            "-comment",
        ]
    ),
    st.sampled_from(
        ["project = SOC", "key in (SOC-1)", "order by key", 'status = "To Do"', "((", "transitions.fields"]
    ),
    st.text(max_size=8),
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**60), 2**60), st.floats(allow_nan=False), WORDS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(NAMES, st.text(max_size=4)), inner, max_size=4)
    ),
    max_leaves=12,
)
#: Bodies that come far into the handlers.
LIKELY = st.fixed_dictionaries(
    {},
    optional={
        "transition": st.fixed_dictionaries({"id": st.one_of(st.sampled_from(["11", 101]), JSON)}),
        "fields": st.dictionaries(NAMES, JSON, max_size=5),
        "update": st.dictionaries(
            NAMES, st.lists(st.dictionaries(st.sampled_from(["add", "set"]), JSON, max_size=2), max_size=2)
        ),
        "body": JSON,
        "jql": st.lists(WORDS, max_size=8).map(" ".join),
        "maxResults": JSON,
        "nextPageToken": JSON,
    },
)


def answered(route: Route, parts: dict[str, str], query: dict[str, list[str]], raw: bytes) -> Any:
    world = JiraWorld(["SOC:2", "DEV:1:thorny"])
    ask = Ask(method=route.method, path=route.path, site="http://test", parts=parts, query=query, raw=raw)
    begun = begin(world, route, ask, "Bearer " + world.account.token, "application/json")
    return finish(world, route, ask, begun)


@settings(max_examples=400, deadline=None)
@given(
    route=st.sampled_from(ROUTES),
    version=st.sampled_from(["2", "3", "latest"]),
    name=WORDS,
    query=st.dictionaries(NAMES, st.lists(WORDS, min_size=1, max_size=2), max_size=3),
    raw=st.one_of(st.one_of(LIKELY, JSON).map(orjson.dumps), st.binary(max_size=20)),
)
def test_every_request_is_answered(
    route: Route, version: str, name: str, query: dict[str, list[str]], raw: bytes
) -> None:
    parts = {"version": version, "issue": name, "project": name, "comment": name}
    answer = answered(route, {k: v for k, v in parts.items() if f"{{{k}}}" in route.path}, query, raw)
    assert answer.status in {200, 201, 204, 400, 403, 404, 409, 410}
    if answer.body is not None:
        orjson.dumps(answer.body)
    assert (answer.body is None) == (answer.status == 204)
