"""JUnit XML as CI systems take it: no more elements and attributes than the schema of Jenkins' xUnit plug-in knows."""

from pathlib import Path
from xml.etree import ElementTree as ET

from engine.cli import main

#: By element: what must be there, what may be, and what may stand in it.
ALLOWED: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors"},
        {
            "file",
            "group",
            "hostname",
            "id",
            "log",
            "package",
            "skipped",
            "time",
            "timestamp",
            "url",
            "version",
        },
        {"testcase", "properties", "system-out", "system-err"},
    ),
    "testcase": (
        {"name"},
        {"classname", "group", "time"},
        {"failure", "skipped", "system-out", "system-err"},
    ),
    "failure": (set(), {"type", "message"}, set()),
}

DEFINITION = """
provisioner "dev" {
  statemachine "dev" {
    initial = "a"
    state "a" "next" { transition = "b" }
    state "b" { final = true }
  }
  test "it moves" {
    when "next" {}
    then { state = "b" }
  }
  test "it does <not> & \\"move\\"" {
    when "next" {}
    then { state = "a" }
  }
}
"""


def test_it_keeps_to_the_schema_that_most_readers_share(tmp_path: Path) -> None:
    (tmp_path / "dev.hcl").write_text(DEFINITION)
    (tmp_path / "ops.hcl").write_text(DEFINITION.replace('"dev"', '"ops"'))
    place = tmp_path / "out.xml"
    assert main(["test", "--machines", str(tmp_path), "--junit", str(place)]) == 1
    root = ET.parse(place).getroot()  # noqa: S314  we wrote it
    assert root.tag == "testsuites"
    for element in root.iter():
        required, optional, inside = ALLOWED[element.tag]
        assert required <= set(element.attrib) <= required | optional
        assert {child.tag for child in element} <= inside
    suites = root.findall("testsuite")
    assert [(s.get("tests"), s.get("failures"), len(s)) for s in suites] == [("2", "1", 2)] * 2
    assert (root.get("tests"), root.get("failures")) == ("4", "2")
    [failure] = suites[0].iter("failure")
    assert failure.get("type") == "state"
    assert failure.get("message") == 'state: expected "a", actual "b"'
    assert f"{tmp_path}/dev.hcl:12:3" in (failure.text or "")
    assert [case.get("name") for case in suites[0]][1] == 'it does <not> & "move"'
