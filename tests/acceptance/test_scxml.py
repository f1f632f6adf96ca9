"""``interlock import scxml`` from the document to a definition that is checked and simulated."""

import json
import subprocess
import sys
from pathlib import Path

DOCUMENT = """<?xml version="1.0"?>
<scxml xmlns="http://www.w3.org/2005/07/scxml" name="dev">
  <datamodel><data id="rounds" expr="0"/></datamodel>
  <state id="open">
    <transition event="next" target="review"/>
  </state>
  <state id="review">
    <onentry><assign location="rounds" expr="rounds + 1"/></onentry>
    <transition event="next" cond="rounds &gt; 1" target="done"/>
    <transition event="next" target="open"/>
  </state>
  <final id="done"/>
</scxml>
"""


def interlock(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "engine", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_document_becomes_a_definition_that_is_right_and_moves(tmp_path: Path) -> None:
    document, definition = tmp_path / "dev.scxml", tmp_path / "dev.hcl"
    document.write_text(DOCUMENT)
    done = interlock("import", "scxml", document, "-o", definition, "--plain-events")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert interlock("check", definition).returncode == 0
    assert interlock("fmt", "--check", definition).returncode == 0
    test = 'provisioner "dev" {\n  test "it goes round" {\n'
    test += '    when "next" {}\n    when "next" {}\n    when "next" {}\n    when "next" {}\n'
    test += '    then {\n      state   = "done"\n      context = { rounds = 2 }\n    }\n  }\n}\n'
    (tmp_path / "dev_test.hcl").write_text(test)
    tested = interlock("test", definition)
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_what_cannot_be_said_is_listed_with_its_place_and_nothing_is_written(tmp_path: Path) -> None:
    document, definition = tmp_path / "x.scxml", tmp_path / "x.hcl"
    document.write_text(
        DOCUMENT.replace('<state id="open">', '<state id="open">\n    <invoke type="scxml"/>')
    )
    done = interlock("import", "scxml", document, "-o", definition)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{document}:5:5: error[scxml_unsupported]: <invoke> has no counterpart" in done.stderr
    assert not definition.exists()
    partial = interlock("import", "scxml", document, "--partial")
    assert (partial.returncode, partial.stdout.splitlines()[0]) == (1, 'provisioner "dev" {')


def test_hostile_and_missing_files_are_told(tmp_path: Path) -> None:
    document = tmp_path / "x.scxml"
    document.write_text('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><scxml>&e;</scxml>')
    refused = interlock("import", "scxml", document)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "scxml_doctype" in refused.stderr
    document.write_bytes(b"\xff\xfe<\0")
    assert "not_utf8" in interlock("import", "scxml", document).stderr
    document.write_bytes(b" " * (17 << 20))
    assert "scxml_too_large" in interlock("import", "scxml", document).stderr
    assert "unreadable_file" in interlock("import", "scxml", tmp_path / "none").stderr


def test_the_command_is_listed() -> None:
    assert "scxml" in interlock("import", "--help").stdout
    assert json.loads(interlock("explain", "scxml_unsupported", "--json").stdout)
