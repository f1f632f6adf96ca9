"""An editor in definitions of several files: folders that are one module, and modules that others use."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness.editor import CAPABILITIES, Editor, EditorError, place_of

WORKERS = """\
workers:
  jira:
    statefile: team
    projects: [soc]
    variables:
      who: [zoe]
"""
VARS = """\
variable "who" {
  type        = list(string)
  description = "Who may say so"
}
locals { main = "main" /* 🚦 */, }
""".replace(", }", "}")
MAIN = """\
provisioner "soc" {
  receive "github" "pull_request" {
    when   = "😀" != event.sender.login && contains(var.who, event.sender.login) && local.main != ""
    entity = issue_keys(event.pull_request.title)
    fire   = "next"
  }
  statemachine "soc" {
    initial = "open"
    state "open" {
      on "next" {
        set        = { was = local.done }
        transition = "done"
      }
    }
    state "done" { final = true }
  }
}
"""
SHARED = """\
locals {
  done = "😀" == state || state == "done"
}
"""
TESTS = """\
provisioner "soc" {
  test "it goes on" {
    given { state = "open" }
    when "next" { event = {} }
    then { state = "done" }
  }
}
"""
LIBRARY = """\
provisioner "review" {
  statemachine "review" {
    initial = "waiting"
    state "waiting" {
      on "next" { transition = "over" }
      after {
        delay      = var.grace
        transition = "over"
      }
    }
    state "over" { final = true }
  }
}
"""
INPUTS = """\
variable "grace" {
  type        = string
  description = "How long it waits"
}
variable "deep" { default = 3 }
"""
USER = """\
provisioner "dev" {
  module "review" {
    source = "./lib/review"
    grace  = "1h"
  }
  aliasmapper "dev" {
    aliases = { waiting = "Waiting", over = "Over" }
  }
  property "it ends" { reachable = "over" }
}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    machines = tmp_path / "statemachines"
    files = {
        "team/vars.hcl": VARS,
        "team/m.hcl": MAIN,
        "team/shared.hcl": SHARED,
        "team/soc_test.hcl": TESTS,
        "lib/review/machine.hcl": LIBRARY,
        "lib/review/inputs.hcl": INPUTS,
        "teams.hcl": USER,
    }
    for name, text in files.items():
        (machines / name).parent.mkdir(parents=True, exist_ok=True)
        (machines / name).write_text(text)
    (tmp_path / "workers.yaml").write_text(WORKERS)
    return machines


@pytest.fixture
def editor(folder: Path) -> Iterator[Editor]:
    flags = ["--machines", str(folder), "--workers", str(folder.parent / "workers.yaml")]
    with Editor(folder, flags=flags) as started:
        yield started


def told(editor: Editor, method: str, uri: str, text: str, mark: str, after: int = 1, **more: Any) -> Any:
    return editor.at(method, uri, place_of(text, mark, after=after), **more)


def places(found: list[dict[str, Any]]) -> list[tuple[str, int, int]]:
    """File, line and unit of each location."""
    return sorted(
        (
            each["uri"].rpartition("/")[2],
            each["range"]["start"]["line"],
            each["range"]["start"]["character"],
        )
        for each in found
    )


def changed(text: str, edits: list[dict[str, Any]]) -> str:
    """A text after the edits of an answer."""
    lines = text.splitlines(keepends=True)
    for edit in sorted(edits, key=lambda e: e["range"]["start"]["character"], reverse=True):
        start, end = edit["range"]["start"], edit["range"]["end"]
        line = lines[start["line"]].encode("utf-16-le")
        units = line[: 2 * start["character"]], line[2 * end["character"] :]
        lines[start["line"]] = (units[0] + edit["newText"].encode("utf-16-le") + units[1]).decode("utf-16-le")
    return "".join(lines)


def test_names_are_found_in_the_other_files_of_a_folder_that_is_one_module(editor: Editor) -> None:
    uri = editor.open("team/m.hcl", MAIN)
    editor.problems(uri)
    assert places(told(editor, "definition", uri, MAIN, "var.who", 5)) == [("vars.hcl", 0, 10)]
    assert places(told(editor, "definition", uri, MAIN, "local.main", 8)) == [("vars.hcl", 4, 9)]
    hover = told(editor, "hover", uri, MAIN, "var.who", 5)["contents"]["value"]
    assert "Who may say so" in hover
    assert "`list(string)`" in hover
    for name, expected in [("var.who", ["who"]), ("local.main", ["main", "done"])]:
        text = MAIN.replace(name, name.partition(".")[0] + ".", 1)
        editor.change(uri, text)
        found = editor.at(
            "completion",
            uri,
            place_of(text, name.partition(".")[0] + ".", after=len(name.partition(".")[0]) + 1),
        )
        assert {item["label"] for item in found["items"]} == set(expected)
    editor.change(uri, MAIN)
    other = editor.open("team/vars.hcl", VARS)
    used = told(editor, "references", other, VARS, '"who"', context={"includeDeclaration": True})
    assert places(used) == [("m.hcl", 2, 56), ("vars.hcl", 0, 10)]
    assert [
        s["name"] for s in editor.ask("textDocument/documentSymbol", {"textDocument": {"uri": other}})
    ] == [
        "variable who",
        "locals",
    ]


def test_a_state_is_renamed_in_every_file_of_a_module_as_its_buffers_have_them(editor: Editor) -> None:
    uri = editor.open("team/m.hcl", MAIN)
    shared = "# one more line, not saved\r\n" + SHARED.replace("\n", "\r\n")
    other = editor.open("team/shared.hcl", shared)
    changes = told(editor, "rename", uri, MAIN, 'state "done"', 8, newName="shipped")["changes"]
    assert {each.rpartition("/")[2] for each in changes} == {"m.hcl", "shared.hcl", "soc_test.hcl"}
    assert changed(MAIN, changes[uri]) == MAIN.replace('"done"', '"shipped"')
    assert changed(shared, changes[other]) == shared.replace('"done"', '"shipped"')
    tests = editor.uri("team/soc_test.hcl")
    assert changed(TESTS, changes[tests]) == TESTS.replace('"done"', '"shipped"')
    with pytest.raises(EditorError, match=r'a state "open" already'):
        told(editor, "rename", other, shared, '"done"', newName="open")
    editor.change(other, shared.replace("==", "= =", 1))
    with pytest.raises(EditorError, match=r"syntax error in shared\.hcl"):
        told(editor, "rename", uri, MAIN, 'state "done"', 8, newName="shipped")
    assert places(told(editor, "definition", uri, MAIN, "var.who", 5)) == [("vars.hcl", 0, 10)]


def test_what_a_module_takes_is_known_where_it_is_used(editor: Editor) -> None:
    uri = editor.open("teams.hcl", USER)
    editor.problems(uri)
    assert places(told(editor, "definition", uri, USER, "./lib/review")) == [("machine.hcl", 0, 0)]
    assert places(told(editor, "definition", uri, USER, "grace ")) == [("inputs.hcl", 0, 10)]
    assert places(told(editor, "definition", uri, USER, 'waiting = "W')) == [("machine.hcl", 3, 11)]
    hover = told(editor, "hover", uri, USER, "grace ")["contents"]["value"]
    assert "How long it waits" in hover
    assert "Type: `string`" in hover
    assert "It has no default." in hover
    assert "`deep`: Default: `3`" in told(editor, "hover", uri, USER, "./lib")["contents"]["value"]
    text = USER.replace('    grace  = "1h"\n', "    \n")
    editor.change(uri, text)
    found = editor.at("completion", uri, place_of(text, "    \n", after=4))["items"]
    assert [(item["label"], item.get("detail")) for item in found[:2]] == [
        ("grace", "required, string"),
        ("deep", None),
    ]
    text = USER.replace('reachable = "over"', 'reachable = "')
    editor.change(uri, text)
    found = editor.at("completion", uri, place_of(text, 'reachable = "', after=13))["items"]
    assert [item["label"] for item in found] == ["waiting", "over"]
    editor.change(uri, USER.replace("./lib/review", "./lib/nowhere"))
    assert told(editor, "definition", uri, USER, "grace ") == []


def test_a_name_that_a_local_of_another_file_holds_follows_or_is_refused_with_its_place(
    editor: Editor,
) -> None:
    text = MAIN.replace(
        "set        = { was = local.done }", "when       = state != local.near && local.done == 1"
    )
    uri = editor.open("team/m.hcl", text)
    shared = 'locals {\n  near = "done"\n  done = 1\n}\n'
    other = editor.open("team/shared.hcl", shared)
    changes = told(editor, "rename", uri, text, 'state "done"', 8, newName="shipped")["changes"]
    assert changed(shared, changes[other]) == shared.replace('"done"', '"shipped"')
    assert changed(text, changes[uri]) == text.replace('"done"', '"shipped"')
    editor.change(other, shared.replace('"done"', 'lower("DONE")'))
    with pytest.raises(EditorError, match=r'Line 11 of m\.hcl holds "done" against the name of a state'):
        told(editor, "rename", uri, text, 'state "done"', 8, newName="shipped")


def test_a_state_of_a_module_is_renamed_with_those_who_use_it(editor: Editor, folder: Path) -> None:
    uri = editor.open("lib/review/machine.hcl", LIBRARY)
    changes = told(editor, "rename", uri, LIBRARY, 'state "over"', 8, newName="finished")["changes"]
    assert changed(LIBRARY, changes[uri]) == LIBRARY.replace('"over"', '"finished"')
    user = editor.uri("teams.hcl")
    expected = USER.replace("over =", "finished =").replace('"over"', '"finished"')
    assert changed(USER, changes[user]) == expected
    editor.open("teams.hcl", USER)
    with pytest.raises(
        EditorError, match=r"declared in the module machine\.hcl, inputs\.hcl|inputs\.hcl, machine\.hcl"
    ):
        told(editor, "rename", user, USER, "over =", newName="finished")
    editor.change(user, USER.replace('"1h"', "1"))
    with pytest.raises(EditorError, match=r"Mend this first.*teams\.hcl"):
        told(editor, "rename", uri, LIBRARY, 'state "over"', 8, newName="finished")


def test_what_changes_elsewhere_is_checked_again(folder: Path) -> None:
    watching = {**CAPABILITIES, "workspace": {"didChangeWatchedFiles": {"dynamicRegistration": True}}}
    flags = ["--machines", str(folder), "--workers", str(folder.parent / "workers.yaml")]
    with Editor(folder, watching, flags=flags) as editor:
        uri = editor.open("team/m.hcl", MAIN)
        user = editor.open("teams.hcl", USER)
        editor.problems(uri)
        editor.problems(user)
        assert "client/registerCapability" in [m.get("method") for m in editor.notified]
        other = editor.open("team/vars.hcl", VARS.replace("main =", "mian ="))
        [problem] = editor.problems(uri, "unknown_name")
        assert problem["message"].startswith("There is no local.main")
        editor.close(other)  # without saving
        editor.problems(uri)
        (folder / "team" / "vars.hcl").rename(folder / "vars.hcl")
        editor.tell("workspace/didChangeWatchedFiles", {"changes": [{"uri": other, "type": 3}]})
        editor.problems(uri, "unknown_name", "unknown_name")
        library = editor.open("lib/review/inputs.hcl", INPUTS.replace("string", "number"))
        [problem] = editor.problems(user, "wrong_type")
        [related] = problem["relatedInformation"]
        assert related["location"]["uri"] == library
        assert related["location"]["range"]["start"] == {"line": 0, "character": 0}


def test_a_file_that_is_no_text_is_told_in_its_neighbours(editor: Editor, folder: Path) -> None:
    (folder / "team" / "vars.hcl").write_bytes(VARS.encode() + b"# na\xefve\n")
    uri = editor.open("team/m.hcl", MAIN)
    [problem] = editor.problems(uri, "not_utf8")
    assert "vars.hcl is not UTF-8" in problem["message"]


def test_a_file_may_have_spaces_in_its_name(editor: Editor, folder: Path) -> None:
    (folder / "team" / "m.hcl").rename(folder / "team" / "the machine ü.hcl")
    uri = editor.open("team/the machine ü.hcl", MAIN)
    editor.problems(uri)
    other = editor.open("team/vars.hcl", VARS)
    used = told(editor, "references", other, VARS, '"who"', context={"includeDeclaration": False})
    assert [each["uri"] for each in used] == [uri]


def test_two_thousand_states_in_two_files_are_served(editor: Editor, folder: Path) -> None:
    def machine(project: str) -> str:
        states = "".join(f'    state "s{n}" "next" {{ transition = "s{n + 1}" }}\n' for n in range(1000))
        last = '    state "s1000" { final = true }\n'
        return f'provisioner "{project}" {{\n  statemachine "{project}" {{\n    initial = "s0"\n{states}{last}  }}\n}}\n'

    for name in ("m.hcl", "soc_test.hcl", "vars.hcl", "shared.hcl"):
        (folder / "team" / name).unlink()
    (folder / "team" / "b.hcl").write_text(machine("two"))
    text = machine("one")
    uri = editor.open("team/a.hcl", text)
    assert len(told(editor, "definition", uri, text, '"s500" }')) == 1
    changes = told(editor, "rename", uri, text, '"s500" }', newName="half")["changes"]
    assert {name.rpartition("/")[2]: len(edits) for name, edits in changes.items()} == {"a.hcl": 2}
