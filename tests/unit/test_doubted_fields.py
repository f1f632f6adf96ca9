"""A field that no known payload has may be newer than the table: no proof rests on its absence."""

import pytest

from engine.decide.run_test import run_test
from engine.machine.claims import Outcome
from engine.machine.compile import compile_definition
from engine.machine.doubted import doubting
from engine.machine.payload_values import is_nowhere
from engine.machine.prove import Proof, prove
from engine.machine.read import ReadResult, read_definition
from engine.sources.check import check_sources
from engine.sources.payload_types import known_payload

_DEFINITION = """
locals {
  pr = event.pull_request
}
provisioner "p" {
  receive "github" "pull_request" {
    entity = issue_keys(event.pull_request.title)
    fire   = "go"
  }
  %s
  statemachine "p" {
    initial = "a"
    state "a" {
      on "go" {
        when       = %s
        transition = "b"
      }
    }
    state "b" { final = true }
  }
  property "never b" { never = state == "b" }
}
"""
_RELEASE = """receive "github" "release" {
    entity = issue_keys(event.release.body)
    fire   = "shipped"
  }"""


def _read(guard: str, more: str = "") -> ReadResult:
    return read_definition(_DEFINITION % (more, guard), "p.hcl")


def _proof(read: ReadResult) -> Proof:
    assert read.definition is not None, read.diagnostics
    provisioner = read.definition.provisioners["p"]
    return prove(provisioner, payloads=doubting(known_payload, provisioner, check_sources(read)))


@pytest.mark.parametrize(
    "guard",
    [
        'event.pull_request.zebra == "k"',
        'event.pull_request["zebra"] == "k"',
        'try(event.pull_request.zebra, "") == "k"',
        "can(event.pull_request.zebra)",
        "event.pull_request.zebra.deep == 1",
        'event.pull_request.labels[0].zebra == "x"',
        'contains(event.pull_request.zebras, "x")',
        "event.pull_request.title == event.pull_request.zebra",
        'event.zebra.x == "y"',
        'local.pr.zebra == "k"',
    ],
)
def test_it_may_be_there(guard: str) -> None:
    read = _read(guard)
    proof = _proof(read)
    assert [finding.outcome for finding in proof.findings] == [Outcome.FAILS]
    # What refutes the claim is a test that passes.
    story = next(d.story for d in proof.diagnostics if d.code == "property_fails")
    written = story[story.index("test ") :]
    whole = _DEFINITION.rstrip()[:-1] % ("", guard) + written + "\n}\n"
    tested = read_definition(whole, "p.hcl").definition
    assert tested is not None
    (test,) = tested.provisioners["p"].tests
    assert run_test(compile_definition(tested)["p"], test).passed


@pytest.mark.parametrize("guard", ['try(event.release.name, "") == "k"', "can(event.release)"])
def test_what_another_payload_has_is_not_there(guard: str) -> None:
    assert [finding.outcome for finding in _proof(_read(guard, _RELEASE)).findings] == [Outcome.HOLDS]


def test_what_is_warned_of_may_be_there_though_another_payload_has_it() -> None:
    read = _read('event.release.name == "k"', _RELEASE)
    assert [p.code for p in check_sources(read)] == ["unknown_payload_field"]
    assert [finding.outcome for finding in _proof(read).findings] == [Outcome.FAILS]


def test_only_that_field_is_doubted() -> None:
    read = _read('event.pull_request.zebra.deep == "k"')
    assert read.definition is not None
    known = known_payload("github", "pull_request")
    doubted = doubting(known_payload, read.definition.provisioners["p"])("github", "pull_request")
    assert known is not None
    assert doubted is not None
    paths: list[tuple[str, ...]] = [("pull_request", "zebra"), ("pull_request", "zebra", "deep")]
    for path in paths:
        assert is_nowhere(known, path)
        assert not is_nowhere(doubted, path)
    paths = [("zebra",), ("pull_request", "lion"), ("pull_request", "user", "zebra")]
    for path in paths:
        assert is_nowhere(known, path)
        assert is_nowhere(doubted, path)


def test_without_such_a_field_nothing_is_made_anew() -> None:
    read = _read('event.action == "closed"')
    assert read.definition is not None
    assert doubting(known_payload, read.definition.provisioners["p"]) is known_payload
