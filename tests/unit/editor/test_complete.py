import pytest

from engine.editor.complete import Completion, complete
from engine.editor.document import Document

HEAD = """\
variable "grace" { default = "72h" }
locals { merged = event.action == "closed" }
provisioner "soc" {
  aliasmapper "soc" {
    aliases = { open = "Open", "review.wait" = "Waiting", stale = "Stale" }
  }
  receive "github" "pull_request" {
    entity = issue_keys(event.pull_request.title)
    fire   = { opened = "begun", closed = "merged" }[event.action]
  }
  statemachine "soc" {
    initial = "open"
    state "open" "begun" { transition = "review" }
    state "review" {
      initial = "wait"
      history "last" {}
      state "wait" { on "merged" { set = { by = event.sender.login } } }
      state "read" {}
    }
"""
TAIL = "  }\n}\n"


def completed(text: str, filename: str = "soc.hcl") -> Completion:
    offset = text.index("|")
    return complete(Document(text.replace("|", "", 1), filename), offset)


def offered(inside: str) -> list[str]:
    """What is offered at the mark in the middle of a machine, with the rest of the file behind it."""
    return [p.label for p in completed(HEAD + inside + TAIL).proposals]


STATES = ["open", "review", "review.last", "review.wait", "review.read"]


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ('state "x" {\n on "y" { transition = "|', [*STATES, "x", "<end>"]),
        ('state "x" {\n on "y" { transition = | }', [*STATES, "x", "<end>", "var"]),
        (
            'state "review" {\n state "z" {\n on "e" {\n transition = "w|',
            ["open", "review", "last", "wait", "read", "z"],
        ),
        ('state "review" {\n initial = "|" }', ["wait", "read"]),
        ('state "|', ["stale", "open", "review", "*"]),
        ('state "stale" "|', ["begun", "merged", "done.state.review", "effect.failed"]),
        ('state "*" {\n on "|', ["begun", "merged", "done.state.review", "effect.failed"]),
        ('state "x" {\n on "y" { when = context.|', ["by"]),
        ('state "x" {\n on "y" { when = var.|', ["grace"]),
        ('state "x" {\n on "y" { when = local.|', ["merged"]),
        ('state "x" {\n on "y" { when = entity.|', ["id", "project"]),
        ('state "x" {\n on "y" { when = delivery.|', ["source", "type", "id", "received_at"]),
        ('state "x" {\n on "y" { when = event.pull_request.base.|', ["label", "ref", "repo", "sha", "user"]),
        (
            'state "x" {\n on "effect.failed" { when = event.|',
            ["event", "source", "target", "target_status", "reason"],
        ),
        ('state "x" {\n after { set = { a = event.|', ["due"]),
        ('state "x" {\n on "y" { when = state == "|', ["open", "review", "review.wait", "review.read", "x"]),
        ('state "x" {\n final = |', ["true", "false"]),
        ('state "x" {\n on "y" {\n action "|', ["http"]),
        ('state "x" {\n on "y" { set = { |', ["by"]),
        ('state "x" {\n on "y" {\n transition = "open"\n |', ["when", "set"]),
        ('}\nproperty "p" { reachable = ["open", "|', ["open", "review", "review.wait", "review.read"]),
        ('}\ntest "t" {\n given { state = "|', ["open", "review", "review.wait", "review.read"]),
        ('}\ntest "t" {\n then { verdict = "|', ["moved", "stayed", "ended"]),
        ('}\ntest "t" {\n when "|', ["begun", "merged"]),
        ('}\ntest "t" {\n when "github" "pull_r|', ["branch_protection_configuration"]),
        (
            '}\ntest "t" {\n when "github" "pull_request" { event = { pull_request = { |',
            ["_links", "active_lock_reason"],
        ),
        ('}\nreceive "|', ["bitbucket", "github"]),
        ('}\nreceive "github" "push" {\n when = event.|', ["after", "base_ref", "before"]),
        ('}\nreceive "github" "push" {\n fire = "|', ["begun", "merged"]),
        ('}\nreceive "github" "push" {\n when = |', ["event", "delivery", "var", "local", "true"]),
        ('}\naliasmapper "|', ["soc"]),
        ('}\naliasmapper "soc" {\n aliases = { |', ["review", "review.read"]),
    ],
)
def test_what_fits_is_offered_first(inside: str, expected: list[str]) -> None:
    assert offered(inside)[: len(expected)] == expected


@pytest.mark.parametrize(
    "inside",
    [
        "# state |",
        "// state |",
        "/* state |",
        'state "x" {\n on "y" { when = 1|',
        'state "x" {\n on "y" { set = { a = <<EOT\nevent.|',
        'state "x" {\n on "y" { when = foo().|',
        'state "x" {\n on "y" { when = event.nowhere.|',
        'state "x" {\n on "y" { transition = "open" |',
        'state "x" {\n on "y" { when = receive.|',
        'nonsense "x" {\n |',
        "= |",
    ],
)
def test_where_nothing_is_known_nothing_is_offered(inside: str) -> None:
    assert offered(inside) == []


def test_a_bracket_that_is_not_closed_yet_does_not_hide_what_follows() -> None:
    text = HEAD + 'state "x" {\n on "y" {\n when = contains([1, 2\n transition = "|"\n'
    assert [p.label for p in completed(text + TAIL).proposals][:2] == ["open", "review"]


def test_quotes_are_added_where_there_are_none() -> None:
    def put(inside: str) -> tuple[str, str]:
        text = HEAD + inside + TAIL
        found = completed(text)
        text = text.replace("|", "", 1)
        return text[found.start : found.end], found.proposals[0].text

    assert put('state "x" {\n on "y" { transition = | }') == ("", '"open"')
    assert put('state "x" {\n on "y" { transition = op|en }') == ("open", '"open"')
    assert put('state "x" {\n on "y" { transition = "|" }') == ("", "open")
    assert put('state "x" {\n on "y" { transition = "re|view.wait" }') == ("review.wait", "open")
    assert put('state "x" {\n on "y" { transition = "re|') == ("re", 'open"')
    assert put('}\naliasmapper "soc" {\n aliases = { |') == ("", "review = ")
    assert put('}\naliasmapper "soc" {\n aliases = { "|" }') == ("", "review")


def test_names_that_an_error_hides_are_remembered() -> None:
    sound = Document(HEAD + TAIL, "soc.hcl")
    assert sound.sound.projects
    broken = 'provisioner "soc" {\n statemachine "soc" {\n state "a" { on "b" { transition = "'
    again = Document(broken, "soc.hcl", before=sound)
    assert [p.label for p in complete(again, len(broken)).proposals][:3] == ["a", "open", "review"]


def test_tests_beside_a_definition_know_its_names() -> None:
    text = 'provisioner "soc" {\n test "t" {\n given { state = "'
    document = Document(text, "soc_test.hcl", beside=[Document(HEAD + TAIL, "soc.hcl")])
    assert complete(document, len(text)).proposals[0].label == "open"
    assert [p.label for p in completed("|", "soc_test.hcl").proposals] == ['provisioner "PROJECT"']


def test_the_top_of_a_file_takes_what_the_table_says() -> None:
    assert [p.label for p in completed("pro|").proposals] == [
        "locals",
        'provisioner "PROJECT"',
        'variable "NAME"',
    ]
