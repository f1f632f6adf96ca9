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
