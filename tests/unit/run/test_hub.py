"""From projects and worker names to processors, and everything that can be wrong on the way."""

import asyncio

from engine.config.workers import Workers, read_workers
from engine.diagnostics import Diagnostic, render
from engine.model import Effect, EffectKind, Entity, Outcome
from engine.processors.http import HttpProcessor
from engine.processors.jira.processor import JiraProcessor
from engine.processors.processor import Call
from engine.processors.registry import load_processors
from engine.run.hub import Hub, check_action_workers, check_projects

MAKERS = load_processors([])
JIRA = {
    "ATLASSIAN_URL": "acme.atlassian.net",
    "ATLASSIAN_EMAIL": "ada@example.org",
    "ATLASSIAN_API_KEY": "t0ken",
}
SHIPPED = "workers:\n  atlassian:\n    statefile: jira.hcl\n    projects: [devhop, soc]\n"


def workers_of(text: str) -> Workers:
    result = read_workers(text, "workers.yaml")
    assert result.workers is not None, result.diagnostics
    return result.workers


def problems(text: str, environ: dict[str, str]) -> tuple[Diagnostic, ...]:
    hub, diagnostics = Hub.build(workers_of(text), MAKERS, environ)
    assert hub is None
    assert render(diagnostics, {"workers.yaml": text})
    return diagnostics


def hub_of(text: str, environ: dict[str, str]) -> Hub:
    hub, diagnostics = Hub.build(workers_of(text), MAKERS, environ)
    assert diagnostics == ()
    assert hub is not None
    return hub


def an_effect(worker: str = "") -> Effect:
    kind = EffectKind.ACTION if worker else EffectKind.TRANSITION
    return Effect(kind=kind, name="x", worker=worker, target="done")


def test_the_predecessors_file_and_variables_are_enough() -> None:
    hub = hub_of(SHIPPED, JIRA)
    assert hub.names() == ("atlassian", "http")
    assert isinstance(hub.for_project("soc"), JiraProcessor)
    assert hub.for_project("SOC") is hub.for_project("devhop")
    assert hub.for_effect("soc", an_effect()) is hub.for_project("soc")
    assert isinstance(hub.for_effect("soc", an_effect("http")), HttpProcessor)
    asyncio.run(hub.close())


def test_several_workers() -> None:
    hub = hub_of(
        SHIPPED
        + "  board: {processor: http, statefile: b.hcl, projects: [b], settings: {url: env://BOARD}}\n"
        + "  chat: {processor: http, settings: {url: 'https://chat.example'}}\n",
        {**JIRA, "BOARD": "https://board.example"},
    )
    assert hub.names() == ("atlassian", "board", "chat", "http")
    assert hub.for_project("b") is hub.for_effect("soc", an_effect("board"))
    assert not hub.for_project("b").observes
    asyncio.run(hub.close())


def test_a_worker_named_http_is_configured_not_built_in() -> None:
    hub = hub_of("workers:\n  http: {settings: {url: 'https://a.example'}}\n", {})
    assert hub.names() == ("http",)
    asyncio.run(hub.close())


def test_who_is_not_there_refuses() -> None:
    hub = hub_of(SHIPPED, JIRA)

    async def ask() -> None:
        entity = Entity(project="gone", id="GONE-1")
        for processor in (hub.for_project("gone"), hub.for_effect("soc", an_effect("chat"))):
            assert not processor.observes
            assert (await processor.observe(entity)).outcome is Outcome.REFUSED
            attempt = await processor.perform(Call(entity=entity, effect=an_effect(), idempotency_key="k"))
            assert attempt.outcome is Outcome.REFUSED
            assert "workers.yaml" in attempt.detail
            await processor.close()
        await hub.close()

    asyncio.run(ask())


def test_an_unknown_processor_is_an_error_with_the_choices() -> None:
    first, second = problems("workers:\n  a: {processor: jria}\n  b: {}\n", {})
    assert (first.code, second.code) == ("unknown_processor", "unknown_processor")
    assert first.detail == 'Did you mean "jira"? Installed: http, jira.'
    assert str(first.subject) == "workers.yaml:2:18"
    assert second.detail == "Add `processor:` with one of: http, jira."


def test_everything_missing_is_told_at_once() -> None:
    text = "workers:\n  atlassian: {settings: {url: env://JIRA_URL, tokn: x}}\n  chat: {processor: http, settings: {url: 3}}\n"
    found = problems(text, {})
    assert [(d.code, d.subject.line if d.subject else 0) for d in found] == [
        ("unresolved_reference", 2),
        ("unknown_setting", 2),
        ("missing_setting", 2),
        ("wrong_setting", 3),
    ]
    assert found[0].summary == (
        'The setting "url" of the worker "atlassian": the environment variable JIRA_URL is not set'
    )
    assert found[1].detail == 'Did you mean "token"?'
    assert found[2].summary == (
        'The worker "atlassian": token is missing: give it in the worker\'s settings or set ATLASSIAN_API_KEY'
    )
    assert found[3].summary == 'The worker "chat": url must be text'


def test_null_in_settings_silences_a_default() -> None:
    text = SHIPPED + "    settings: {url: 'https://jira.example', email: null}\n"
    hub = hub_of(text, JIRA)
    asyncio.run(hub.close())


def test_no_value_shows() -> None:
    text = "workers:\n  atlassian: {settings: {token: env://T, url: env://U, email: env://E}}\n"
    environ = {"T": "s3cret ä", "U": "ftp://s3cret", "E": "s3cret:s3cret"}
    assert "s3cret" not in repr(problems(text, environ))


def test_each_project_needs_its_provisioner() -> None:
    workers = workers_of(SHIPPED)
    assert check_projects(workers, {"jira.hcl": ["SOC", "devhop", "other"]}) == ()
    assert check_projects(workers, {}) == ()
    (problem,) = check_projects(workers, {"jira.hcl": ["sox", "devhop"]})
    assert problem.code == "state_machine_id_mismatch"
    assert problem.summary == 'jira.hcl has no provisioner "soc"'
    assert problem.detail.startswith('Did you mean "sox"?')
    assert str(problem.subject) == "workers.yaml:4:24"
    (first, _) = check_projects(workers, {"jira.hcl": []})
    assert first.detail.startswith("There is nothing to choose from.")


def test_an_action_s_worker_must_exist() -> None:
    workers = workers_of(SHIPPED)
    assert check_action_workers(workers, MAKERS, [("http", None), ("atlassian", None), ("", None)]) == ()
    (problem,) = check_action_workers(workers, MAKERS, [("atlasian", None)])
    assert (problem.code, problem.detail.split("?")[0]) == ("unknown_worker", 'Did you mean "atlassian"')
