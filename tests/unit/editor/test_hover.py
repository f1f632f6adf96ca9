import pytest

from engine.editor.document import Document
from engine.editor.hover import hover

TEXT = """\
variable "grace" { default = "72h" }
locals { merged = event.pull_request.merged }
provisioner "soc" {
  aliasmapper "soc" {
    aliases = { open = "Open", "done" = "Done" }
  }
  receive "github" "pull_request" {
    when   = local.merged && now != null
    entity = issue_keys(event.pull_request.labels[0].name, delivery.id)
    fire   = "merged"
  }
  statemachine "soc" {
    initial = "open"
    state "open" {
      on "merged" { transition = "done" }
      after {
        delay = var.grace
        when  = event.due != null
        set   = { a = nothing.here, b = nosuch(1), c = event.pull_request.nosuch }
      }
    }
    state "done" { final = true }
  }
}
"""


def told(mark: str, after: int = 0) -> str | None:
    found = hover(Document(TEXT, "soc.hcl"), TEXT.index(mark) + after)
    return None if found is None else f"{TEXT[found.start : found.end]}: {found.text}"


@pytest.mark.parametrize(
    ("mark", "after", "expected"),
    [
        ("receive", 2, "receive: block\n\n```hcl\nreceive"),
        ("entity", 0, "entity: attribute `entity`: → text or list, required"),
        ("initial", 0, "initial: attribute `initial`: text, required"),
        ('"open" {', 1, 'open: state `"open"`'),
        ('open = "O', 1, 'open: state `"open"`'),
        ('"done" }', 1, 'done: state `"done"`'),
        ("local.merged", 6, "merged: local `local.merged`\n\n```hcl\nevent.pull_request.merged"),
        ("var.grace", 4, "grace: variable `var.grace`"),
        ('"merged" {', 2, 'merged: event `"merged"`\n\nFired by `github.pull_request`'),
        ("issue_keys", 2, "issue_keys: function\n\n```hcl\nissue_keys("),
        ("event.pull_request.labels", 0, "event: name `event`\n\nThe payload."),
        ("event.pull_request.labels", 8, "pull_request: payload field `event.pull_request`\n\nobject with"),
        ("labels[0]", 0, "labels: payload field `event.pull_request.labels`\n\nlist of objects with"),
        ("[0].name", 5, "name: payload field `event.pull_request.labels.0.name`\n\na string, in"),
        (
            "event.pull_request.merged",
            21,
            "merged: payload field `event.pull_request.merged`\n\na bool, in `github.pull_request`\n\nFor instance `true`, `false`.",
        ),
        ("delivery.id", 9, "id: member `delivery.id`\n\nThe source's identifier"),
        ("after {", 0, "after: block\n\n```hcl\nafter { … }"),
    ],
)
def test_what_stands_there_is_explained(mark: str, after: int, expected: str) -> None:
    assert (told(mark, after) or "").startswith(expected)


def test_a_state_says_where_it_leads_and_where_it_comes_from() -> None:
    text = told('"done" { final', 1) or ""
    assert 'Its alias, what the backend calls it: "Done".' in text
    assert "In: `merged` from `open`." in text


@pytest.mark.parametrize(
    ("mark", "after"),
    [
        ("nothing", 1),
        ("nosuch(", 1),
        ("request.nosuch", 9),
        ("  ", 0),
        ("72h", 1),
        ("= event", 0),
        ("here", 1),
    ],
)
def test_of_what_is_not_known_nothing_is_said(mark: str, after: int) -> None:
    assert told(mark, after) is None
