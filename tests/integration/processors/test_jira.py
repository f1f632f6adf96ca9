"""The jira processor against a practice Jira on loopback: what is moved, and that it is moved once."""

import asyncio
import base64
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest

from engine.model import Attempt, Effect, EffectKind, Entity, Observation, Outcome
from engine.practice.jira import DELIVERY, THORNY, Account, Deployment, JiraWorld, Permission, ProjectPlan
from engine.practice.jira.server import PracticeServer
from engine.processors.jira.maker import JiraMaker
from engine.processors.processor import Call, Processor, Settings

EMAIL, TOKEN = "ada@example.org", 't0ken-of-ada/+=%"x'
T = TypeVar("T")
SOC_1 = Entity(project="soc", id="SOC-1")


def a_world(deployment: Deployment = Deployment.CLOUD, **plan: Any) -> JiraWorld:
    project = ProjectPlan(**{"key": "SOC", "issues": 3, "workflow": DELIVERY, **plan})
    return JiraWorld([project], account=Account(email=EMAIL, token=TOKEN), deployment=deployment)


def a_call(
    status: str = "In Progress", *, issue: str = "SOC-1", read_back: bool = False, **more: Any
) -> Call:
    effect = Effect(
        kind=EffectKind.TRANSITION,
        name="x",
        source=more.get("source"),
        target="x",
        source_status=more.get("source_status"),
        target_status=status,
        arguments=more.get("arguments", {}),
    )
    entity = Entity(project="soc", id=issue)
    return Call(entity=entity, effect=effect, idempotency_key="k-1", read_back=read_back)


def ask(world: JiraWorld, do: Callable[[Processor], Awaitable[T]], **settings: Any) -> T:
    """Serve the world, connect to it, and do."""

    async def run() -> T:
        async with PracticeServer(world) as server:
            values = {"url": server.url, "email": EMAIL, "token": TOKEN, "timeout": 5, **settings}
            maker, given = JiraMaker(), Settings(worker="atlassian", values=values)
            assert list(maker.check(given)) == []
            processor = maker.connect(given)
            try:
                return await do(processor)
            finally:
                await processor.close()

    return asyncio.run(run())


def perform(world: JiraWorld, call: Call, **settings: Any) -> Attempt:
    return ask(world, lambda processor: processor.perform(call), **settings)


def observe(world: JiraWorld, issue: str = "SOC-1", **settings: Any) -> Observation:
    entity = Entity(project="soc", id=issue)
    return ask(world, lambda processor: processor.observe(entity), **settings)


def moves(world: JiraWorld, issue: str = "SOC-1") -> list[tuple[str, str]]:
    found = world.find(issue)
    assert found is not None
    return [(change.source, change.target) for change in found.changes]


def asked(world: JiraWorld) -> list[tuple[str, int | None]]:
    return [(call.request_class, call.status) for call in world.calls]


@pytest.mark.parametrize(
    ("deployment", "settings"),
    [
        (Deployment.CLOUD, {}),
        (Deployment.CLOUD, {"api_version": 2}),
        (Deployment.CLOUD, {"api_version": "3"}),
        (Deployment.DATA_CENTER, {"email": None}),
        (Deployment.DATA_CENTER, {"api_version": 2}),
    ],
)
def test_an_issue_is_observed_and_moved_and_read_back(
    deployment: Deployment, settings: dict[str, Any]
) -> None:
    world = a_world(deployment)
    assert observe(world, **settings).status == "To Do"
    attempt = perform(world, a_call(), **settings)
    assert (attempt.outcome, attempt.observed) == (Outcome.DONE, "In Progress")
    assert attempt.detail == 'SOC-1: transition "Start work", now in "In Progress"'
    assert moves(world) == [("To Do", "In Progress")]
    assert [(e.method, e.status) for e in attempt.exchanges] == [("GET", 200), ("POST", 204), ("GET", 200)]
    assert asked(world) == [("issue", 200), ("transitions", 200), ("transition", 204), ("issue", 200)]


def test_the_version_follows_the_way_of_signing_in() -> None:
    world = a_world(Deployment.DATA_CENTER)
    observe(world, email=None)
    assert [call.path.split("/")[3] for call in world.calls] == ["2"]
    world = a_world()
    observe(world)
    assert [call.path.split("/")[3] for call in world.calls] == ["3"]


def test_a_move_through_several_statuses_asks_for_transitions_each_time() -> None:
    world = a_world()
    for status in ("in progress", "Done", "To Do"):
        assert perform(world, a_call(status)).outcome is Outcome.DONE
    assert moves(world) == [("To Do", "In Progress"), ("In Progress", "Done"), ("Done", "To Do")]


def test_resolution_and_comment_go_with_the_transition() -> None:
    for version in (2, 3):
        world = a_world()
        world.move("SOC-1", "In Review")
        arguments = {"resolution": "Won't Do", "comment": "Merged in https://git.example/1.\n\nThanks"}
        attempt = perform(world, a_call("Done", arguments=arguments), api_version=version)
        assert attempt.outcome is Outcome.DONE, attempt.detail
        issue = world.find("SOC-1")
        assert issue is not None
        assert issue.values["resolution"] == "Won't Do"
        assert len(issue.comments) == 1


def test_a_required_field_without_a_value_is_named_and_nothing_is_posted() -> None:
    world = a_world()
    world.move("SOC-1", "In Review")
    attempt = perform(world, a_call("Done"))
    assert attempt.outcome is Outcome.REFUSED
    assert (
        'Jira\'s transition "Approve" to "Done" has a screen that asks for Resolution (resolution)'
        in attempt.detail
    )
    assert "transition" not in [kind for kind, _ in asked(world)]


def test_of_two_ways_the_one_without_missing_fields_is_taken() -> None:
    world = a_world(workflow=THORNY)
    world.move("SOC-1", "In Progress")
    assert perform(world, a_call("Done")).detail == 'SOC-1: transition "Ship it", now in "Done"'


def test_a_transition_whose_name_lies_is_not_taken() -> None:
    world = a_world(workflow=THORNY)
    attempt = perform(world, a_call("Done"))
    assert attempt.outcome is Outcome.REFUSED
    assert '"Done" to "In Progress"' in attempt.detail
    assert moves(world) == []
    assert perform(world, a_call("In Progress")).outcome is Outcome.DONE


def test_no_transition_leads_there() -> None:
    attempt = perform(a_world(), a_call("Done"))
    assert (attempt.outcome, attempt.observed) == (Outcome.REFUSED, "To Do")
    assert attempt.detail.startswith(
        'transition_state_not_defined: Jira offers no transition of SOC-1 to "Done"'
    )
    assert attempt.detail.endswith('not allow it from "To Do"; it offers: "Start work" to "In Progress"')


def test_without_permission_the_list_is_empty_and_the_words_say_so() -> None:
    world = a_world()
    world.revoke(Permission.TRANSITION)
    attempt = perform(world, a_call())
    assert attempt.outcome is Outcome.REFUSED
    assert 'may lack the permission "Transition issues"' in attempt.detail
    assert attempt.detail.endswith("it offers: nothing")


def test_a_move_to_where_the_issue_is_needs_no_call() -> None:
    world = a_world()
    attempt = perform(world, a_call("To Do"))
    assert (attempt.outcome, attempt.observed) == (Outcome.ALREADY_THERE, "To Do")
    assert moves(world) == []


def test_reading_back_finds_what_happened() -> None:
    world = a_world()
    world.move("SOC-1", "In Progress")
    attempt = perform(world, a_call(read_back=True, source_status="To Do"))
    assert attempt.outcome is Outcome.ALREADY_THERE
    assert asked(world) == [("issue", 200)]


def test_reading_back_finds_the_issue_where_it_was_and_moves_it() -> None:
    world = a_world()
    assert perform(world, a_call(read_back=True, source_status="To Do")).outcome is Outcome.DONE


def test_reading_back_finds_the_issue_elsewhere_and_leaves_it() -> None:
    world = a_world()
    world.move("SOC-1", "In Review")
    attempt = perform(world, a_call(read_back=True, source_status="To Do"))
    assert (attempt.outcome, attempt.observed) == (Outcome.REFUSED, "In Review")
    assert len(moves(world)) == 2


@pytest.mark.parametrize(
    "kind",
    [
        "answer_lost",
        "answer_hangs",
        "gateway_timeout",
        "conflict",
        "late",
        "request_lost",
        "request_hangs",
        "error",
        "unavailable",
        "login_page",
    ],
)
def test_whatever_happens_to_the_post_one_transition_is_effective(kind: str) -> None:
    world = a_world()
    world.trouble.next(kind, on="transition", seconds=2)

    async def twice(processor: Processor) -> tuple[Attempt, Attempt]:
        first = await processor.perform(a_call(source_status="To Do"))
        while kind == "late" and not moves(world):
            await asyncio.sleep(0.05)
        return first, await processor.perform(a_call(source_status="To Do", read_back=True))

    first, second = ask(
        world, twice, timeout="2s" if kind in {"late", "answer_hangs", "request_hangs"} else "5s"
    )
    assert first.outcome is Outcome.UNKNOWN, first.detail
    assert second.outcome in (Outcome.DONE, Outcome.ALREADY_THERE), second.detail
    assert second.observed == "In Progress"
    assert moves(world) == [("To Do", "In Progress")]


@pytest.mark.parametrize("on", ["transitions", "transition", "issue"])
def test_rate_limits_wait_as_told(on: str) -> None:
    world = a_world()
    world.trouble.next("rate_limited", on=on, seconds=7)
    attempt = perform(world, a_call(read_back=True))
    assert (attempt.outcome, attempt.retry_after) == (Outcome.RETRY, 7)
    assert moves(world) == []
    world.trouble.next("rate_limited", on="issue", seconds=3)
    observation = observe(world)
    assert (observation.outcome, observation.retry_after) == (Outcome.RETRY, 3)


@pytest.mark.parametrize(
    "kind",
    ["error", "unavailable", "conflict", "answer_lost", "answer_hangs", "request_hangs", "gateway_timeout"],
)
def test_reads_that_fail_are_read_again(kind: str) -> None:
    world = a_world()
    world.trouble.next(kind, on="issue")
    assert observe(world, timeout=0.3).outcome is Outcome.RETRY
    world.trouble.next(kind, on="transitions")
    assert perform(world, a_call(), timeout=0.3).outcome is Outcome.RETRY
    assert moves(world) == []


def test_a_login_page_passes_and_the_url_is_doubted() -> None:
    world = a_world()
    world.trouble.next("login_page", on="issue")
    observation = observe(world)
    assert observation.outcome is Outcome.RETRY
    assert "is the url Jira's address?" in observation.detail
    assert "<" not in observation.detail


def test_the_move_counts_even_if_it_cannot_be_read_back() -> None:
    world = a_world()
    world.trouble.next("error", on="issue")
    attempt = perform(world, a_call())
    assert (attempt.outcome, attempt.observed) == (Outcome.DONE, None)
    assert "could not be read back" in attempt.detail


def test_somebody_faster_moved_it_there_already() -> None:
    world = a_world()
    world.trouble.next("moved_meanwhile", on="transition", to="In Progress")
    attempt = perform(world, a_call())
    assert attempt.outcome is Outcome.ALREADY_THERE
    assert moves(world) == [("To Do", "In Progress")]


def test_somebody_faster_moved_it_elsewhere() -> None:
    world = a_world()
    world.trouble.next("moved_meanwhile", on="transition", to="In Review")
    attempt = perform(world, a_call())
    assert (attempt.outcome, attempt.observed) == (Outcome.REFUSED, "In Review")
    assert "somebody has changed the issue recently" in attempt.detail


def test_jira_s_own_words_are_told() -> None:
    world = a_world()
    attempt = perform(world, a_call(arguments={"resolution": "Done", "fields": {"labels": ["x"]}}))
    assert attempt.outcome is Outcome.REFUSED
    assert (
        "resolution: Field 'resolution' cannot be set. It is not on the appropriate screen" in attempt.detail
    )


@pytest.mark.parametrize("kind", ["unauthorized", "forbidden"])
def test_refusals_are_final(kind: str) -> None:
    world = a_world()
    world.trouble.next(kind, on="issue")
    observation = observe(world)
    assert (observation.outcome, observation.missing) == (Outcome.REFUSED, False)
    world.trouble.next(kind, on="transition")
    assert perform(world, a_call()).outcome is Outcome.REFUSED
    assert moves(world) == []


def test_an_unknown_issue_is_missing() -> None:
    observation = observe(a_world(), "SOC-999")
    assert (observation.outcome, observation.missing) == (Outcome.REFUSED, True)
    assert "Issue does not exist or you do not have permission to see it." in observation.detail
    attempt = perform(a_world(), a_call(issue="SOC-999"))
    assert attempt.outcome is Outcome.REFUSED


@pytest.mark.parametrize(
    "issue", ["../../x", "SOC-1?x", "SOC", "1-1", "SOC-1/transitions", "", "SOC-1\n", "-1", "SOC-" + "1" * 99]
)
def test_what_is_no_key_is_not_asked_for(issue: str) -> None:
    world = a_world()
    observation = observe(world, issue)
    assert (observation.outcome, observation.missing) == (Outcome.REFUSED, True)
    assert perform(world, a_call(issue=issue)).outcome is Outcome.REFUSED
    assert world.calls == type(world.calls)()


def test_requests_that_cannot_be_built_are_refused_without_a_call() -> None:
    world = a_world()
    for arguments in (
        {"resolutoin": "Done"},
        {"fields": 3},
        {"comment": 3},
        {"update": {"comment": 1}, "comment": "x"},
    ):
        attempt = perform(world, a_call(arguments=arguments))
        assert attempt.outcome is Outcome.REFUSED
        assert "request block cannot be sent" in attempt.detail
    attempt = perform(world, a_call(arguments={"fields": {"x": 2**70}}))
    assert "cannot be written as JSON" in attempt.detail
    assert moves(world) == []


def test_an_action_is_none_of_its_business() -> None:
    effect = Effect(kind=EffectKind.ACTION, name="announce", worker="atlassian")
    attempt = perform(a_world(), Call(entity=SOC_1, effect=effect, idempotency_key="k"))
    assert attempt.outcome is Outcome.REFUSED
    assert "announce" in attempt.detail


def test_nobody_is_there() -> None:
    world = a_world()
    for settings in ({"url": "http://127.0.0.1:1"}, {"url": "http://nowhere.invalid"}):
        observation = observe(world, **settings)
        assert observation.outcome is Outcome.RETRY
        assert "did not reach the backend" in observation.detail
        assert perform(world, a_call(), **settings).outcome is Outcome.RETRY


def test_the_token_shows_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    world = a_world()
    shown: list[object] = []

    async def all_of_it(processor: Processor) -> None:
        shown.append(vars(processor))
        shown.append(await processor.observe(SOC_1))
        for kind in ("unauthorized", "error", "answer_lost", "login_page"):
            world.trouble.next(kind, on="transition")
            shown.append(await processor.perform(a_call()))
        bad = a_call(f"moving to {TOKEN}", arguments={"comment": TOKEN})
        shown.append((await processor.perform(bad)).detail)
        shown.append((await processor.observe(Entity(project="soc", id=TOKEN))).detail)

    ask(world, all_of_it)
    text = repr(shown) + caplog.text
    assert "unauthorized" in repr([c.trouble for c in world.calls])
    assert TOKEN not in text
    assert base64.b64encode(f"{EMAIL}:{TOKEN}".encode()).decode() not in text
