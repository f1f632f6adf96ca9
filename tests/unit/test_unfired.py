"""Events that nobody fires are told where everything that can fire events is known."""

import pytest

from engine.machine.prove import prove
from engine.machine.read import read_definition
from engine.sources.check import check_sources
from engine.sources.payload_types import known_payload


def machine(fire: str | None, on: str, more: str = "") -> str:
    receive = (
        f'  receive "github" "pull_request" {{\n    entity = "SOC-1"\n    fire   = {fire}\n  }}\n'
        if fire
        else ""
    )
    return (
        f'locals {{\n  names = {{ closed = "merged", opened = "started" }}\n}}\nprovisioner "soc" {{\n{receive}'
        f'  statemachine "soc" {{\n    initial = "a"\n    state "a" {{\n      on "{on}" {{ transition = "b" }}\n{more}\n'
        '    }\n    state "b" { final = true }\n  }\n}\n'
    )


def told(text: str) -> list[tuple[str, str]]:
    read = read_definition(text, "x.hcl")
    assert read.definition is not None, read.diagnostics
    found = prove(read.definition.provisioners["soc"]).diagnostics
    return [
        (p.severity.value, p.detail.partition(" Proofs")[0]) for p in found if p.code == "event_never_fired"
    ]


@pytest.mark.parametrize(
    "fire",
    [
        '"merged"',
        'event.action == "closed" ? "merged" : "started"',
        '{ closed = "merged", opened = "started" }[event.action]',
        "local.names[event.action]",
        'try(local.names[event.action], "merged")',
    ],
)
def test_an_event_that_nobody_fires(fire: str) -> None:
    assert told(machine(fire, "mergd")) == [("warning", 'Did you mean "merged"?')]
    assert told(machine(fire, "blocked")) == [("warning", "Mind the spelling, or add what fires it.")]
    assert told(machine(fire, "merged")) == []


@pytest.mark.parametrize(
    ("fire", "on", "more"),
    [
        ("event.action", "mergd", ""),
        ('"go.${event.action}"', "go.mergd", ""),
        (None, "prev", ""),
        ('"merged"', "*", ""),
        ('"merged"', "merged.*", ""),
        ('"merged"', "later", '      on "merged" {\n        raise "later" {\n        }\n      }'),
        ('"merged"', "merged", '      after {\n        delay = "1h"\n        transition = "b"\n      }'),
    ],
)
def test_an_event_that_may_come(fire: str | None, on: str, more: str) -> None:
    assert told(machine(fire, on, more)) == []


def test_an_event_that_no_template_gives_is_told() -> None:
    assert len(told(machine('"go.${event.action}"', "mergd", ""))) == 1


def test_each_event_is_told_once_where_it_is_waited_for_first() -> None:
    more = '      on "gone" { transition = "b" }'
    both = machine('"merged"', "mergd", more).replace(
        'state "b" {', 'state "c" "mergd" { transition = "b" }\n    state "b" {'
    )
    found = told(both)
    assert len(found) == 2


@pytest.mark.parametrize(
    ("fire", "codes"),
    [
        ('{ done = "next" }[event.issue.fields.status.name]', []),
        ('event.issue.key == "X-1" ? "next" : "other"', []),
        ("event.issue.fields.status.name", ["unknown_payload_field"]),
        ('{ done = "review" }[event.issue.fields.status.name]', ["unknown_payload_field"]),
    ],
)
def test_a_field_is_held_against_the_deliveries_that_can_fire_the_event(fire: str, codes: list[str]) -> None:
    text = (
        'provisioner "soc" {\n  receive "jira" "jira:issue_updated" {\n    entity = event.issue.key\n'
        f'    fire   = {fire}\n  }}\n  statemachine "soc" {{\n    initial = "a"\n    state "a" {{\n'
        '      on "next" { transition = "b" }\n      on "other" { transition = "b" }\n'
        '      on "review" {\n        when       = event.pull_request.draft\n        transition = "b"\n      }\n    }\n'
        '    state "b" { final = true }\n  }\n}\n'
    )
    read = read_definition(text, "x.hcl")
    assert read.definition is not None
    assert [p.code for p in check_sources(read)] == codes


@pytest.mark.parametrize(
    ("fire", "on", "advice"),
    [
        ("event.action", "opned", 'Did you mean "opened"?'),
        ('"pr.${event.action}"', "pr.opned", 'Did you mean "pr.opened"?'),
        ('event.action == "closed" ? "merged" : event.action', "review.approved", None),
        ("event.action", "review.*", None),
        ("event.action", "opened", ""),
        ('"pr.${event.action}"', "pr.opened", ""),
        ("event.action", "*", ""),
        ("event.action", "ready_for_review", ""),
        ("event.pull_request.title", "opned", ""),
    ],
)
def test_a_field_with_documented_values_fires_only_those(fire: str, on: str, advice: str | None) -> None:
    read = read_definition(machine(fire, on), "x.hcl")
    assert read.definition is not None, read.diagnostics
    found = prove(read.definition.provisioners["soc"], payloads=known_payload).diagnostics
    told = [p.detail.partition(" Proofs")[0] for p in found if p.code == "event_never_fired"]
    if advice is None and "*" in on:  # what a pattern means is nobody's slip of the pen
        assert told == []
    else:
        assert told == ([advice or "Mind the spelling, or add what fires it."] if advice != "" else [])
