"""``interlock lsp`` as an editor sees it: a real process, the real protocol."""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.language import parse
from tests.harness.daemon import wait_until
from tests.harness.editor import CAPABILITIES, Editor, EditorError, place_of

#: What the protocol calls a text with a place for the cursor.
SNIPPET = 2
MACHINE = """\
variable "grace" { default = "72h" }

provisioner "soc" {
  receive "github" "pull_request" {
    when   = event.action == "closed"
    entity = issue_keys(event.pull_request.title)
    fire   = "merged"
  }

  statemachine "soc" {
    initial = "open"
    state "open" {
      on "merged" { transition = "done" }
      after {
        delay      = var.grace
        transition = "done"
      }
    }
    state "done" { final = true }
  }

  property "it ends" { reachable = ["done"] }
}
"""


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    with Editor(tmp_path) as started:
        yield started


def text_in(text: str, found: dict[str, Any]) -> str:
    """What stands in a range of a text without wide characters."""
    lines = text.splitlines(keepends=True)
    start, end = found["start"], found["end"]
    assert start["line"] == end["line"]
    return str(lines[start["line"]][start["character"] : end["character"]])


def labels(completion: dict[str, Any]) -> list[str]:
    return [item["label"] for item in completion["items"]]


def test_problems_follow_the_typing_and_vanish_with_their_cause(editor: Editor) -> None:
    uri = editor.open("soc.hcl", MACHINE)
    editor.problems(uri)
    wrong = MACHINE.replace('transition = "done" }', 'transition = "dnoe" }')
    editor.change(uri, wrong)
    [problem] = editor.problems(uri, "transition_state_unregistered")
    assert text_in(wrong, problem["range"]) == '"dnoe"'
    assert problem["severity"] == 1
    assert 'Did you mean "done"?' in problem["message"]
    assert text_in(wrong, problem["relatedInformation"][0]["location"]["range"]) == 'on "merged"'
    editor.change(uri, MACHINE.replace("final = true", "final = "))
    editor.problems(uri, "value_missing")
    editor.change(uri, MACHINE)
    editor.problems(uri)
    editor.change(uri, MACHINE.replace("pull_request.title", "pul_request.title"))
    editor.problems(uri, "unknown_payload_field")
    editor.close(uri)
    editor.problems(uri)
    assert editor.leave() == 0
    assert editor.errors == ""


def test_a_property_that_fails_is_told_with_its_counterexample(editor: Editor) -> None:
    uri = editor.open("soc.hcl", MACHINE.replace('reachable = ["done"]', 'never = state == "done"'))
    [problem] = editor.problems(uri, "property_fails")
    assert "counterexample:" in problem["message"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8", "utf-32"])
def test_positions_are_in_the_units_that_were_agreed_on(tmp_path: Path, encoding: str) -> None:
    capabilities = {**CAPABILITIES, "general": {"positionEncodings": [encoding]}}
    text = '\ufeffprovisioner "soc" {\r\n  statemachine "soc" {\r\n    initial = "a"\r\n'
    text += '    state "a" { /* 😀e\u0301漢 */ transition = "😀" }\r\n  }\r\n}\r\n'
    with Editor(tmp_path, capabilities) as editor:
        assert editor.initialized["capabilities"]["positionEncoding"] == encoding
        uri = editor.open("soc.hcl", text)
        [problem] = editor.problems(uri, "unknown_attribute")
        line = text.split("\r\n")[3]
        before = line[: line.index("transition")]
        units = {
            "utf-8": len(before.encode()),
            "utf-16": len(before.encode("utf-16-le")) // 2,
            "utf-32": len(before),
        }
        start = {"line": 3, "character": units[encoding]}
        assert problem["range"] == {
            "start": start,
            "end": {"line": 3, "character": start["character"] + len("transition")},
        }


def test_lines_end_where_the_protocol_says_and_nowhere_else(editor: Editor) -> None:
    text = MACHINE.replace("variable", "# a form feed \f and a separator \u2028 in one comment\nvariable", 1)
    uri = editor.open("soc.hcl", text.replace('"done" }', '"dnoe" }'))
    [problem] = editor.problems(uri, "transition_state_unregistered")
    assert problem["range"]["start"]["line"] == text.split("\n").index(
        '      on "merged" { transition = "done" }'
    )


def test_completion_works_where_the_text_is_broken(editor: Editor) -> None:
    uri = editor.open("soc.hcl", MACHINE)
    editor.problems(uri)

    def complete(old: str, new: str) -> dict[str, Any]:
        text = MACHINE.replace(old, new, 1)
        editor.change(uri, text.replace("|", "", 1))
        found: dict[str, Any] = editor.at("completion", uri, place_of(text, "|"))
        return found

    assert labels(complete('on "merged" { transition = "done" }', 'on "merged" {\n transition = "d|\n'))[
        :2
    ] == [
        "open",
        "done",
    ]
    assert "merged" in labels(complete('on "merged" { transition = "done" }', 'on "|'))
    fields = complete("event.pull_request.title)", "event.pull_request.|")["items"]
    details = {item["label"]: item["detail"] for item in fields}
    assert (details["title"], details["number"], details["base"]) == ("a string", "a number", "an object")
    assert labels(complete("var.grace", "var.|")) == ["grace"]
    assert {"once_per", "ordered_by"} <= set(
        labels(complete('fire   = "merged"', 'fire   = "merged"\n    |'))
    )
    assert "issue_keys" in labels(complete("issue_keys(event.pull_request.title)", "iss|"))
    assert "pull_request" in labels(complete('"pull_request" {', '"pu|" {'))
    found = complete('reachable = ["done"]', 'reachable = ["|')
    assert labels(found) == ["open", "done"]
    assert found["items"][1]["textEdit"]["newText"] == 'done"'


def test_a_chosen_block_puts_the_cursor_into_its_label(editor: Editor) -> None:
    uri = editor.open("soc.hcl", 'provisioner "soc" {\n  rec\n}\n')
    found = editor.at("completion", uri, (1, 5))
    [receive] = [item for item in found["items"] if item["label"].startswith("receive")]
    assert receive["textEdit"]["newText"] == 'receive "$0" "" {\n  \n\\}'
    assert receive["textEdit"]["range"] == {
        "start": {"line": 1, "character": 2},
        "end": {"line": 1, "character": 5},
    }
    assert receive["insertTextFormat"] == 2


@pytest.mark.parametrize(
    "place",
    [
        "|\n",
        'provisioner "soc" {\n  |\n}\n',
        'provisioner "soc" {\n  statemachine "soc" {\n    |\n  }\n}\n',
        'provisioner "soc" {\n  statemachine "soc" {\n    state "a" {\n      |\n    }\n  }\n}\n',
        'provisioner "soc" {\n  test "t" {\n    |\n  }\n}\n',
    ],
    ids=["file", "provisioner", "statemachine", "state", "test"],
)
def test_every_block_that_is_chosen_leaves_a_text_without_syntax_errors(editor: Editor, place: str) -> None:
    uri = editor.open("soc.hcl", place.replace("|", ""))
    position = place_of(place, "|")
    items = editor.at("completion", uri, position)["items"]
    snippets = [item for item in items if item.get("insertTextFormat") == SNIPPET]
    assert len(snippets) > 1
    assert position == (snippets[0]["textEdit"]["range"]["end"]["line"], position[1])
    for item in snippets:
        written = item["textEdit"]["newText"]
        assert written.count("$0") == 1
        plain = re.sub(r"\\([$}\\])", r"\1", written.replace("$0", ""))
        found = parse(place.replace("|", plain), "soc.hcl").diagnostics
        assert [d.summary for d in found] == [], plain


def test_hover_says_what_the_reference_says(editor: Editor) -> None:
    uri = editor.open("soc.hcl", MACHINE)

    def hover(mark: str, after: int = 1) -> str:
        found = editor.at("hover", uri, place_of(MACHINE, mark, after=after))
        return str(found["contents"]["value"])

    assert "issue_keys(texts: string?...)" in hover("issue_keys")
    assert 'receive "SOURCE" "TYPE"' in hover("receive")
    assert "required" in hover("entity")
    assert "`merged` to `done`" in hover('"open" {')
    assert '`"72h"`' in hover("var.grace", 5)
    assert "object with" in hover("event.pull_request", 8)
    assert "a string, in `github.pull_request`" in hover("event.pull_request.title", 20)
    assert 'For instance `"closed"`, `"opened"`' in hover("event.action", 7)
    assert "Fired by `github.pull_request`" in hover('"merged" {')
    assert editor.at("hover", uri, (1, 0)) is None


def test_definitions_and_references_are_found_across_the_file_of_tests(
    editor: Editor, tmp_path: Path
) -> None:
    tests = 'provisioner "soc" {\n  test "t" {\n    when "merged" {}\n    then { state = "done" }\n  }\n}\n'
    (tmp_path / "soc.hcl").write_text(MACHINE)
    uri = editor.open("soc_test.hcl", tests)
    editor.problems(uri)
    [made] = editor.at("definition", uri, place_of(tests, "done"))
    assert made["uri"] == editor.uri("soc.hcl")
    assert text_in(MACHINE, made["range"]) == "done"
    definition = editor.open("soc.hcl", MACHINE)
    [fired] = editor.at("definition", definition, place_of(MACHINE, 'merged" {'))
    assert text_in(MACHINE, fired["range"]) == "merged"
    assert fired["range"]["start"]["line"] == 6
    used = editor.at(
        "references", definition, place_of(MACHINE, 'done" {'), context={"includeDeclaration": False}
    )
    assert sorted(u["uri"].rpartition("/")[2] for u in used) == ["soc.hcl"] * 3 + ["soc_test.hcl"]
    assert editor.at("completion", uri, place_of(tests, "done"))["items"][0]["label"] == "open"


def test_a_state_is_renamed_everywhere_or_not_at_all(editor: Editor, tmp_path: Path) -> None:
    tests = 'provisioner "soc" {\n  test "t" {\n    when "merged" {}\n    then { state = "done" }\n  }\n}\n'
    (tmp_path / "soc_test.hcl").write_text(tests)
    uri = editor.open("soc.hcl", MACHINE)
    place = place_of(MACHINE, 'done" }')
    assert text_in(MACHINE, editor.at("prepareRename", uri, place)) == "done"
    changes = editor.at("rename", uri, place, newName="shipped")["changes"]
    assert {u.rpartition("/")[2]: len(e) for u, e in changes.items()} == {"soc.hcl": 4, "soc_test.hcl": 1}
    for name, why in [
        ("open", "already"),
        ("", "1 to 128"),
        ("a.b", "full names"),
        ("<end>", "something else"),
    ]:
        with pytest.raises(EditorError, match=why):
            editor.at("rename", uri, place, newName=name)
    assert editor.at("prepareRename", uri, place_of(MACHINE, "merged")) is None
    assert editor.leave() == 0
    assert editor.errors == ""


def test_formatting_changes_only_the_lines_that_need_it(editor: Editor) -> None:
    uri = editor.open("soc.hcl", MACHINE.replace("    when   =", "    when =").replace("\n", "\r\n"))
    options = {"tabSize": 2, "insertSpaces": True}
    [edit] = editor.ask("textDocument/formatting", {"textDocument": {"uri": uri}, "options": options})
    assert edit["newText"].strip() == 'when   = event.action == "closed"'
    editor.change(uri, "x = = 1")
    assert editor.ask("textDocument/formatting", {"textDocument": {"uri": uri}, "options": options}) == []


def test_the_outline_holds_states_and_events(editor: Editor) -> None:
    uri = editor.open("soc.hcl", MACHINE)
    document = {"textDocument": {"uri": uri}}
    variable, provisioner = editor.ask("textDocument/documentSymbol", document)
    assert variable["name"] == "variable grace"
    assert [child["name"] for child in provisioner["children"]] == [
        "receive github pull_request",
        "statemachine soc",
        "property it ends",
    ]
    assert [child["name"] for child in provisioner["children"][1]["children"]] == ["open", "done"]
    folds = editor.ask("textDocument/foldingRange", document)
    assert {"startLine": 2, "endLine": 22} in folds


def test_what_is_not_understood_is_answered_with_an_error_and_the_server_goes_on(editor: Editor) -> None:
    uri = editor.open("soc.hcl", MACHINE)
    with pytest.raises(EditorError):
        editor.ask("textDocument/nonsense", {})
    editor.send(b"{ this is no JSON")
    editor.send(b"[]")
    editor.tell("textDocument/didChange", {"textDocument": {"uri": uri}})
    editor.tell("textDocument/didChange", {"textDocument": {"uri": uri, "version": 7}, "contentChanges": []})
    assert editor.at("hover", editor.uri("other.hcl"), (0, 0)) is None
    assert editor.at("completion", uri, (999, 999)) is not None
    assert editor.at("hover", uri, place_of(MACHINE, "receive"))
    half = editor.open("untitled.hcl", "x = \ud83d")
    [problem] = editor.problems(half, "not_utf8")
    assert problem["range"]["start"] == {"line": 0, "character": 4}
    assert editor.at("hover", half, (0, 0)) is None
    assert editor.leave() == 0


def test_a_burst_of_changes_ends_with_the_problems_of_the_last_one(editor: Editor) -> None:
    uri = editor.open("soc.hcl", MACHINE)
    other = editor.open("other.hcl", MACHINE.replace('"done"', '"gone"'))
    for length in range(0, len(MACHINE), 3):
        editor.change(uri, MACHINE[:length])
    editor.change(uri, MACHINE.replace("final = true", "finl = true"))
    editor.problems(uri, "unknown_attribute")
    assert editor.at("hover", other, place_of(MACHINE, "receive"))


def test_a_proof_that_takes_long_does_not_stop_the_answers(editor: Editor) -> None:
    states = "".join(
        f'    parallel "p{p}" {{\n'
        + "".join(
            f'      state "r{r}" {{\n        initial = "s0"\n'
            + "".join(
                f'        state "s{s}" {{\n          on "e{r}" {{ transition = "s{(s + 1) % 6}" }}\n        }}\n'
                for s in range(6)
            )
            + "      }\n"
            for r in range(6)
        )
        + "    }\n"
        for p in range(1)
    )
    text = f'provisioner "soc" {{\n  statemachine "soc" {{\n    initial = "p0"\n{states}  }}\n}}\n'
    uri = editor.open("soc.hcl", text)
    editor.problems(uri, "event_never_handled")  # shown before the proof has come to its end
    assert editor.at("hover", uri, (1, 4))
    editor.change(uri, text.replace('initial = "p0"', 'initial = "p1"'))
    editor.problems(uri, "event_never_handled", "initial_state_unregistered")
    assert editor.leave() == 0


def test_a_huge_file_is_served(editor: Editor) -> None:
    states = "".join(f'    state "s{n}" "next" {{ transition = "s{n + 1}" }}\n' for n in range(5000))
    text = f'provisioner "soc" {{\n  statemachine "soc" {{\n    initial = "s0"\n{states}    state "s5000" {{ final = true }}\n  }}\n}}\n'
    uri = editor.open("soc.hcl", text)
    completion = editor.at("completion", uri, place_of(text, '"s4711"', after=1))
    assert "s4711" in labels(completion)
    assert len(editor.at("rename", uri, place_of(text, '"s4711"', after=2), newName="x")["changes"][uri]) == 2
    assert editor.leave() == 0


def test_a_server_whose_editor_is_gone_ends(tmp_path: Path) -> None:
    with Editor(tmp_path) as editor:
        uri = editor.open("soc.hcl", MACHINE)
        editor.problems(uri)
        assert editor.process.stdin is not None
        editor.process.stdin.close()
        assert editor.process.wait(30) == 1


def checkers(editor: Editor) -> list[int]:
    """The processes that the server started."""
    pid = editor.process.pid
    return [int(found) for found in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="processes are looked for in /proc")
def test_a_checker_that_dies_is_replaced_and_none_is_left_behind(editor: Editor) -> None:
    uri = editor.open("soc.hcl", MACHINE)
    editor.problems(uri)
    [first] = checkers(editor)
    os.kill(first, signal.SIGKILL)
    editor.change(uri, MACHINE.replace("final = true", "finl = true"))
    editor.problems(uri, "unknown_attribute")
    [second] = checkers(editor)
    assert second != first
    assert editor.leave() == 0
    wait_until(lambda: not Path(f"/proc/{second}").exists(), "the checker ends with the server")


PART = """\
provisioner "soc" {
  statemachine "soc" {
    initial = "a"
    state "a" {
      on "next" {
        when       = local.ready
        transition = "b"
      }
    }
    state "b" { final = true }
  }
}
"""


def test_a_file_of_a_folder_is_checked_with_the_others_as_they_stand_in_their_buffers(
    editor: Editor, tmp_path: Path
) -> None:
    names = "locals {\n  ready = event.release.draft\n}\n"
    (tmp_path / "names.hcl").write_text(names)
    uri = editor.open("main.hcl", PART)
    editor.problems(uri)
    other = editor.open("names.hcl", names)
    editor.problems(other)
    editor.change(other, names.replace("ready", "raedy"))
    [problem] = editor.problems(uri, "unknown_name")
    assert text_in(PART, problem["range"]) == "local.ready"
    editor.change(other, names + "locals {\n  spare = 1\n}\n")
    [unused] = editor.problems(other, "unused_local")
    assert unused["tags"] == [1]
    editor.change(other, names)
    editor.change(uri, "locals {\n  ready = true\n}\n" + PART)
    [twice] = editor.problems(other, "duplicate_local")
    [first] = twice["relatedInformation"]
    assert first["message"] == "the first one is here"
    assert first["location"]["uri"] == uri


def test_modules_are_read_as_they_stand_in_their_buffers(editor: Editor, tmp_path: Path) -> None:
    library = 'variable "word" { type = string }\nprovisioner "lib" {\n}\n'
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "main.hcl").write_text(library)
    module = '  module "x" {\n    source = "./lib"\n    word   = "a"\n  }\n\n  property'
    using = MACHINE.replace("  property", module)
    uri = editor.open("soc.hcl", using)
    editor.problems(uri)
    editor.change(uri, using.replace("./lib", "./lob"))
    editor.problems(uri, "module_missing")
    editor.open("lib/main.hcl", library.replace("string", "number"))
    editor.change(uri, using)
    [problem] = editor.problems(uri, "wrong_type")
    assert text_in(using, problem["range"]) == '"a"'
