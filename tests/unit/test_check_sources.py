"""What is said about definitions by who knows the sources."""

import pytest

from engine.machine.read import read_definition
from engine.sources.check import check_sources

SOURCE = """
provisioner "p" {
  receive "%s" "push" {
    entity = "P-1"
    fire   = "next"
  }
  statemachine "p" {
    initial = "a"
    state "a" "next" { transition = "a" }
  }
}
"""


def test_a_misspelled_source_is_an_error_at_its_block() -> None:
    definition = read_definition(SOURCE % "gihub", "x.hcl").definition
    assert definition is not None
    [problem] = check_sources(definition)
    assert problem.code == "unknown_source"
    assert problem.detail == 'Did you mean "github"?'
    assert str(problem.subject) == "x.hcl:3:3"


def test_an_installed_source_is_fine_in_any_case() -> None:
    definition = read_definition(SOURCE % "GitHub", "x.hcl").definition
    assert definition is not None
    assert check_sources(definition) == ()


def problems(text: str) -> list[tuple[str, str, str]]:
    read = read_definition(text, "x.hcl")
    assert read.diagnostics == ()
    assert read.definition is not None
    return [(p.code, p.severity.value, p.detail) for p in check_sources(read.definition)]


def receiving(type_: str, entity: str, more: str = "", machine: str = "") -> str:
    return f"""
provisioner "p" {{
  receive "github" "{type_}" {{
    entity = {entity}
    fire   = "next"
    {more}
  }}
  statemachine "p" {{
    initial = "a"
    state "a" "next" {{ transition = "a" }}
    {machine}
  }}
}}
"""


def test_a_misspelled_event_type_is_a_warning_and_an_unknown_one_is_taken_as_it_comes() -> None:
    assert problems(receiving("pull_requst", "event.x")) == [
        (
            "unknown_event_type",
            "warning",
            'Did you mean "pull_request"? A block for a type that is never sent does nothing.',
        )
    ]
    assert problems(receiving("zeppelin_landed", "event.whatever.it.holds")) == []


@pytest.mark.parametrize(
    ("type_", "path", "meant"),
    [
        ("pull_request", "event.pul_request.title", "pull_request"),
        ("pull_request", "event.pull_request.titel", "title"),
        ("pull_request", "event.pull_request.head.reff", "ref"),
        ("pull_request", "event.pull_request.labels[0].nam", "name"),
        ("pull_request", 'event["pull_request"]["user"]["logn"]', "login"),
        ("release", "event.release.bdy", "body"),
        ("push", "event.head_comit.message", "head_commit"),
        ("issues", "event.isue.title", "issue"),
        ("create", "event.reff", "ref"),
        ("ping", "event.zeen", "zen"),
        ("workflow_run", "event.workflow_run.conclusions", "conclusion"),
    ],
)
def test_a_misspelled_field_of_a_known_payload_is_an_error(type_: str, path: str, meant: str) -> None:
    assert problems(receiving(type_, path)) == [
        ("unknown_payload_field", "error", f'Did you mean "{meant}"?')
    ]


@pytest.mark.parametrize(
    ("type_", "path"),
    [
        ("pull_request", "event.pull_request.head.repo.owner.login"),
        ("pull_request", "[for l in event.pull_request.labels : l.nonsense][0]"),
        ("pull_request", "event.pull_request.labels[*].name[0]"),
        ("pull_request", 'try(event.pul_request.title, "x")'),
        ("pull_request", 'can(event.pul_request) ? "a" : "b"'),
        ("push", "event.commits[0].author.email"),
        ("push", "event.repository.full_name"),
        ("issues", "event.issue.reactions.heart"),
        ("repository_dispatch", "event.client_payload.anything.at.all"),
        ("workflow_dispatch", "event.inputs.anything"),
    ],
)
def test_what_a_payload_may_hold_is_fine(type_: str, path: str) -> None:
    assert problems(receiving(type_, path)) == []


def test_a_field_far_from_all_others_is_a_warning() -> None:
    [(code, severity, detail)] = problems(receiving("ping", "event.quantum_flux"))
    assert (code, severity) == ("unknown_payload_field", "warning")
    assert detail.startswith("It has ")


def test_a_guard_sees_the_payloads_of_what_fires_its_event() -> None:
    guard = """
    state "b" {
      on "next" {
        when       = event.pull_request.merged && event.pull_request.marged
        transition = "a"
      }
    }"""
    (problem,) = problems(receiving("pull_request", "event.number", machine=guard))
    assert problem[1:] == ("error", 'Did you mean "merged"?')
    unknown = receiving("zeppelin_landed", "event.number", machine=guard)
    assert problems(unknown) == []


def test_a_local_may_look_at_any_payload_of_the_file() -> None:
    both = receiving("pull_request", "local.key", more='when = local.other == ""').replace(
        "  statemachine",
        '  receive "github" "issues" {\n    entity = "P-1"\n    fire = "next"\n  }\n  statemachine',
        1,
    )
    text = "locals {\n  key = event.issue.title\n  other = event.pull_reqest.title\n}\n" + both
    assert problems(text) == [("unknown_payload_field", "error", 'Did you mean "pull_request"?')]
