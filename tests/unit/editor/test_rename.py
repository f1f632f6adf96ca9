import pytest

from engine.editor.document import Document
from engine.editor.navigate import references
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


HELD = """\
variable "w" { default = "in_review" }
variable "other" {}
locals {
  near = "in_review"
  many = ["in_review", "open"]
  by   = { in_review = 1 }
  here = state
}
provisioner "soc" {
  statemachine "soc" {
    initial = "open"
    state "open" {
      on "next" { transition = "in_review" }
    }
    state "in_review" {
      on "next" {
        when       = GUARD
        transition = "done"
        set        = { was = VALUE }
      }
      on "effect.failed" { transition = "open" }
    }
    state "done" { final = true }
  }
}
"""


def held(guard: str, value: str = "1", *, given: bool = True) -> str:
    text = HELD.replace("GUARD", guard).replace("VALUE", value)
    return text.replace('"other" {}', '"other" { default = 1 }') if given else text


@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize(
    ("guard", "holder"),
    [
        ("state == local.near", "near = "),
        ("contains(active, (local.near)) && local.near != state", "near = "),
        ('contains(["open", local.near], state)', "near = "),
        ("state == var.w", "default = "),
    ],
)
def test_a_text_that_is_only_held_against_states_is_changed_with_them(
    guard: str, holder: str, *, given: bool
) -> None:
    text = held(guard, given=given)
    changed = renamed(text, 'in_review" {', "reviewing")
    expected = text.replace('transition = "in_review"', 'transition = "reviewing"')
    expected = expected.replace('state "in_review"', 'state "reviewing"')
    assert changed == expected.replace(f'{holder}"in_review"', f'{holder}"reviewing"')


def test_a_text_that_is_a_target_is_changed_with_its_state() -> None:
    text = held("true").replace('transition = "in_review"', "transition = local.near")
    changed = renamed(text, 'in_review" {', "reviewing")
    assert 'near = "reviewing"' in changed
    assert 'default = "in_review"' in changed


def test_what_holds_a_name_is_one_of_its_uses() -> None:
    text = held("state == local.near")
    files = {"own": Document(text, "soc.hcl")}
    found = references(files, "own", text.index('in_review" {'), declared=False)
    assert [text[p.start : p.end] for p in found] == ["in_review"] * 2
    assert text.index('near = "in_review') + len('near = "') in {p.start for p in found}


def test_what_another_file_holds_is_changed_with_its_state() -> None:
    locals_, machine = held("state == local.near").split("provisioner", 1)
    one, other = Document(locals_, "a.hcl"), Document("provisioner" + machine, "b.hcl")
    files = {
        "a": one.among([other], lambda _: {}),
        "b": other.among([one], lambda _: {}),
    }
    edits = rename(files, "b", other.source.index('in_review" {'), "reviewing")
    assert apply(locals_, edits["a"]) == locals_.replace('near = "in_review"', 'near = "reviewing"')


@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize(
    "guard",
    [
        'state == lower("IN_REVIEW")',
        'upper(state) == "IN_REVIEW"',
        'startswith(state, "in_")',
        '"${state}" == "in_review"',
        '"x${state}" == "xin_review"',
        "contains(local.many, state)",
        "local.by[state] == 1",
        "lookup(local.by, state, 2) == 1",
        'local["near"] == state',
        'state == (true ? "in_review" : "x")',
        "state == event.x",
        'state == "reviewing"',
        "state == local.near && event.x == local.near",
        'anytrue([for s in active : s == "in_review"])',
        'event.target == "in_review"',
        'fired == "after.in_review.1"',
        "event == 1",
    ],
)
def test_what_would_not_follow_is_refused_with_its_place(guard: str, *, given: bool) -> None:
    text = held(guard, given=given)
    if "after." in guard:
        text = text.replace(
            'on "effect.failed"', 'after {\n delay = "1h"\n transition = "done"\n}\n on "effect.failed"'
        )
    with pytest.raises(CannotRenameError, match=r"^Line 17 of soc\.hcl "):
        renamed(text, 'in_review" {', "reviewing")


def test_a_name_that_goes_elsewhere_is_refused_with_its_place() -> None:
    with pytest.raises(CannotRenameError, match=r"^Line 19 of soc\.hcl makes something"):
        renamed(held("true", "state"), 'in_review" {', "reviewing")
    with pytest.raises(CannotRenameError, match=r"^Line 7 of soc\.hcl makes something"):
        renamed(held('local.here == "open"'), 'in_review" {', "reviewing")


def test_a_value_from_outside_that_is_held_against_states_is_refused() -> None:
    with pytest.raises(CannotRenameError, match=r"^Line 17 of soc\.hcl makes something"):
        renamed(held("state == var.other", given=False), 'in_review" {', "reviewing")


@pytest.mark.parametrize(
    "guard",
    [
        'event.x == "in_review"',
        'contains(["in_review"], event.issue.title)',
        'state == lower("OPEN")',
        'lookup({ open = 1 }, state, 2) == 1 && event.x == "in_review"',
    ],
)
def test_a_text_that_is_no_name_stays_and_is_no_obstacle(guard: str) -> None:
    text = held(guard)
    expected = text.replace('transition = "in_review"', 'transition = "reviewing"')
    assert renamed(text, 'in_review" {', "reviewing") == expected.replace(
        'state "in_review"', 'state "reviewing"'
    )


def test_several_states_at_once_are_named_in_their_order_or_refused() -> None:
    guard = 'on "next" {\n when = state == "both.left.on & both.right.on"\n'
    text = TOGETHER.replace('on "next" {', guard).replace(
        ' transition = "left.on', '\n transition = "left.on'
    )
    text = text.replace('right.on" }', 'right.on"\n }')
    assert read_definition(text, "soc.hcl").definition is not None
    assert 'state == "both.east.on & both.right.on"' in renamed(text, 'left" {', "east")
    with pytest.raises(CannotRenameError, match="would not follow"):
        renamed(text, 'left" {', "west")
