"""SARIF as OASIS describes it: what the schema asks for, by hand, of what `interlock check` prints."""

from typing import Any

from engine.cli.sarif import sarif
from engine.diagnostic_codes import CODES
from engine.diagnostics import Diagnostic, Severity
from engine.machine.read import read_definition

LEVELS = {"none", "note", "warning", "error"}
WRONG = """\
# é
provisioner "soc" {
  statemachine "soc" {
    initial = "a"
    state "a" {
      on "next" { transition = "gone" }
      final = local.é + 1
    }
    state "a" {
    }
  }
}
"""


def check_region(region: dict[str, Any]) -> None:
    assert set(region) <= {"startLine", "startColumn", "endLine", "endColumn", "byteOffset", "byteLength"}
    assert all(isinstance(value, int) for value in region.values())
    assert region["startLine"] >= 1
    assert region["startColumn"] >= 1
    assert (region["endLine"], region["endColumn"]) >= (region["startLine"], region["startColumn"])
    assert region["byteOffset"] >= 0
    assert region["byteLength"] >= 0


def check_location(place: dict[str, Any]) -> None:
    assert set(place) <= {"artifactLocation", "region", "contextRegion"}
    assert isinstance(place["artifactLocation"]["uri"], str)
    assert " " not in place["artifactLocation"]["uri"]
    check_region(place["region"])
    if "contextRegion" in place:
        inner, outer = place["region"], place["contextRegion"]
        check_region(outer)
        assert outer["byteOffset"] <= inner["byteOffset"]
        assert outer["byteLength"] > inner["byteLength"]


def check_log(log: dict[str, Any]) -> list[dict[str, Any]]:
    """The results of a log that has the shape of SARIF 2.1.0."""
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    assert set(log) == {"$schema", "version", "runs"}
    [run] = log["runs"]
    assert set(run) <= {"tool", "columnKind", "results", "invocations", "properties"}
    assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
    driver = run["tool"]["driver"]
    assert isinstance(driver["name"], str)
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(ids) == len(set(ids))
    for rule in driver["rules"]:
        assert set(rule) == {
            "id",
            "name",
            "shortDescription",
            "fullDescription",
            "help",
            "defaultConfiguration",
        }
        assert rule["shortDescription"]["text"].endswith(".")
        assert rule["fullDescription"]["text"].startswith(rule["shortDescription"]["text"])
        assert rule["help"]["text"]
        assert rule["help"]["markdown"]
        assert rule["defaultConfiguration"]["level"] in LEVELS
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in LEVELS
        assert result["message"]["text"]
        for location in result.get("locations", ()):
            check_location(location["physicalLocation"])
        related = result.get("relatedLocations", ())
        assert len({location["id"] for location in related}) == len(related)
        for location in related:
            assert location["message"]["text"]
            check_location(location["physicalLocation"])
    return list(run["results"])


def test_a_log_has_the_shape_that_the_standard_asks_for() -> None:
    found = read_definition(WRONG, "a file.hcl").diagnostics
    results = check_log(sarif(found, {"a file.hcl": WRONG}))
    assert [r["ruleId"] for r in results] == [d.code for d in found]
    by_rule = {r["ruleId"]: r for r in results}
    assert set(by_rule) == {"transition_state_unregistered", "unknown_name", "duplicate_state"}
    name = by_rule["unknown_name"]["locations"][0]["physicalLocation"]
    line = WRONG.split("\n")[name["region"]["startLine"] - 1]
    assert line[name["region"]["startColumn"] - 1 : name["region"]["endColumn"] - 1] == "local.é"
    whole = name["contextRegion"]
    assert line[whole["startColumn"] - 1 : whole["endColumn"] - 1] == "local.é + 1"
    [first] = by_rule["duplicate_state"]["relatedLocations"]
    assert first["message"]["text"] == "the first one is here"
    assert first["physicalLocation"]["region"]["startLine"] == 5


def test_every_code_makes_a_rule() -> None:
    found = [Diagnostic(code=code, summary="s", severity=Severity.NOTE) for code in CODES]
    assert len(check_log(sarif(found, {}))) == len(CODES)


def test_what_is_left_out_is_counted() -> None:
    found = [Diagnostic(code="unknown_name", summary=str(number)) for number in range(5)]
    log = sarif(found, {}, most=3)
    assert len(check_log(log)) == 3
    [run] = log["runs"]
    assert run["properties"] == {"leftOut": 2}
    [told] = run["invocations"][0]["toolExecutionNotifications"]
    assert told["message"]["text"] == "2 more problems are left out."
