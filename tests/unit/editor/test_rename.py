import pytest

from engine.editor.document import Document
from engine.editor.rename import CannotRenameError, apply, rename
from engine.machine.read import read_definition
from engine.sources.check import check_sources

CHART = """\
locals { waits = state == "review.wait" || contains(["open", "review.wait"], state) }
provisioner "soc" {
  aliasmapper "soc" {
    aliases = { open = "Open", "review.wait" = "Waiting", "review.done" = "Done" }
  }
  statemachine "soc" {
    initial = "open"
    state open {
      on "next" { transition = "review.wait" }
    }
    state "review" {
      initial = "wait"
      on "done.state.review" { transition = "open" }
      history "last" { transition = "wait" }
      state "wait" {
        after {
          delay      = "1h"
          transition = "done"
        }
        on "next" { transition = "done" }
        on "again" {
          when       = !contains(active, "review.wait") && local.waits
          transition = "review.last"
          set        = { back = "review.wait" == previous }
        }
      }
      state "done" { final = true }
    }
  }
  property "p" {
    leads_to = ["review.wait", ("open")]
    from     = "review.wait"
  }
  test "t" {
    given { state = "review.wait" }
    when "after.review.wait.1" {}
    then {
      state   = "open"
      effects = ["open", { target = "open", source = "review.wait" }]
    }
  }
}
"""


def renamed(text: str, mark: str, name: str, filename: str = "soc.hcl") -> str:
    offset = text.index(mark)
    return apply(text, rename({"own": Document(text, filename)}, "own", offset, name)["own"])


def test_every_place_that_names_a_state_is_changed() -> None:
    assert read_definition(CHART, "soc.hcl").definition is not None
    expected = CHART.replace("review.wait", "review.parked").replace('"wait"', '"parked"')
    assert renamed(CHART, 'wait" {\n        after', "parked") == expected


def test_the_names_of_inner_states_and_of_events_follow_their_outer_state() -> None:
    changed = renamed(CHART, 'review" {\n', "look at")
    assert changed == CHART.replace("review.", "look at.").replace('"review"', '"look at"').replace(
        "done.state.review", "done.state.look at"
    )


TOGETHER = """\
provisioner "soc" {
  statemachine "soc" {
    initial = "both"
    parallel "both" {
      on "next" { transition = "left.on & right.on" }
      state "left" {
        initial = "off"
        state "off" {
        }
        state "on" {
        }
      }
      state "right" {
        initial = "off"
        state "off" {
        }
        state "on" {
        }
      }
    }
  }
}
"""


def test_a_state_is_changed_in_a_target_that_names_several() -> None:
    assert read_definition(TOGETHER, "soc.hcl").definition is not None
    changed = renamed(TOGETHER, 'left" {', "west")
    assert changed == TOGETHER.replace("left.on", "west.on").replace('"left"', '"west"')


AWAITING = """\
provisioner "soc" {
  statemachine "soc" {
    initial = "waiting"
    state "waiting" {
      await {
        from = ["ada"]
        answer "approve" { transition = "done" }
      }
    }
    state "done" { final = true }
  }
  test "t" {
    given { state = "waiting" }
    when "await.waiting.approve" {}
    then { state = "done" }
  }
}
"""


def test_the_names_of_answers_follow_their_state() -> None:
    assert read_definition(AWAITING, "soc.hcl").definition is not None
    assert renamed(AWAITING, 'waiting" {', "asked") == AWAITING.replace("waiting", "asked")
    assert renamed(AWAITING, "waiting.approve", "asked") == AWAITING.replace("waiting", "asked")


def test_a_bare_name_gets_quotes_if_it_needs_them() -> None:
    changed = renamed(CHART, "open {", "to do")
    assert 'state "to do" {' in changed
    assert '{ "to do" = "Open"' in changed
    assert "state todo {" in renamed(CHART, "open {", "todo")


def test_without_aliases_the_status_is_the_name() -> None:
    text = """\
provisioner "soc" {
  statemachine "soc" {
    initial = "a"
    state "a" "x" { transition = "b" }
    state "b" { final = true }
  }
  test "t" {
    given { status = "a" }
    when "x" {}
    then { effects = [{ target_status = "b" }, "b"] }
  }
}
"""
    assert renamed(text, 'b" }', "c") == text.replace('"b"', '"c"')


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("done", "already"),
        ("last", "already"),
        ("", "1 to 128"),
        (" x", "1 to 128"),
        ("x" * 129, "1 to 128"),
        ("a\nb", "1 to 128"),
        ("a.b", "full names"),
        ("a & b", "full names"),
        ("*", "something else"),
        ("<end>", "something else"),
    ],
)
def test_a_name_that_cannot_be_is_refused(name: str, why: str) -> None:
    with pytest.raises(CannotRenameError, match=why):
        renamed(CHART, 'wait" {\n        after', name)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('initial = "open"', 'initial = join("", ["op", "en"])', "computed"),
        ('when       = !contains(active, "review.wait")', 'when = startswith(state, "open")', "Line 22"),
        ("final = true", "final = ", "syntax error"),
        ('delay      = "1h"', "delay = local.elsewhere", "There is no local.elsewhere"),
    ],
)
def test_what_cannot_be_followed_is_refused(old: str, new: str, why: str) -> None:
    text = CHART.replace(old, new)
    with pytest.raises(CannotRenameError, match=why):
        renamed(text, "open {", "new")


def test_a_name_that_would_be_taken_for_another_is_refused() -> None:
    inner = 'state "x" {\n on "e" { transition = "open" }\n }\n'
    text = CHART.replace('history "last"', f'{inner}      history "last"')
    text = text.replace('"review.done" = "Done"', '"review.done" = "Done", "review.x" = "X"')
    assert read_definition(text, "soc.hcl").definition is not None
    with pytest.raises(CannotRenameError, match="would not be the same"):
        renamed(text, 'x" {\n on', "open")


def test_only_states_are_renamed() -> None:
    with pytest.raises(CannotRenameError, match="Only states"):
        renamed(CHART, 'next"', "other")


def test_a_value_that_comes_from_outside_is_no_obstacle() -> None:
    text = 'variable "v" {}\n' + CHART.replace("&& local.waits", "&& var.v == 1")
    assert "state todo {" in renamed(text, "open {", "todo")


def test_a_misspelled_field_of_a_payload_hides_no_name() -> None:
    receive = '  receive "github" "pull_request" {\n    entity = event.pull_request.titel\n    fire   = "next"\n  }\n'
    text = CHART.replace('  statemachine "soc"', f'{receive}  statemachine "soc"')
    assert [p.code for p in check_sources(read_definition(text, "soc.hcl"))] == ["unknown_payload_field"]
    assert "state todo {" in renamed(text, "open {", "todo")


def test_an_error_that_may_hide_a_name_is_in_the_way() -> None:
    text = CHART.replace("&& local.waits", "&& local.wits")
    with pytest.raises(CannotRenameError, match="Mend this first"):
        renamed(text, "open {", "todo")


def test_tests_without_their_definition_are_left_alone() -> None:
    with pytest.raises(CannotRenameError, match="cannot be read"):
        renamed('provisioner "soc" {\n property "p" { reachable = ["a"] }\n}\n', 'a"]', "b", "soc_test.hcl")
