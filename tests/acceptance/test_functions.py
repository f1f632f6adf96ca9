"""The function library as an author meets it: in a definition that is checked, tested and explained on the command line."""

import subprocess
import sys
from pathlib import Path

DEFINITION = r"""
variable "note" { default = "$${key}: %%{ for n in names ~}\n- $${n}\n%%{ endfor ~}" }

provisioner "soc" {
  statemachine "soc" {
    initial = "open"
    state "open" {
      on "report" {
        when       = length(setintersection(event.labels, ["bug", "crash"])) > 0
        transition = "noted"
        set = {
          day    = formatdate("D MMM YYYY", event.at)
          rows   = [for row in csvdecode(event.table) : row.name]
          text   = templatestring(var.note, { key = entity.id, names = sort(event.labels) })
          secret = base64encode(event.labels[0])
          score  = pow(2, length(event.labels))
          pairs  = formatlist("%s/%s", event.labels, entity.project)
          id     = uuidv5("url", "https://x.example/${urlencode(event.labels[1])}")
        }
      }
    }
    state "noted" { final = true }
  }

  test "a report is noted" {
    when "report" {
      event = { labels = ["crash", "needs help"], at = "2026-01-30T12:00:00Z", table = "name,n\n\"a, b\",1\n" }
    }
    then {
      state = "noted"
      context = {
        day    = "30 Jan 2026"
        rows   = ["a, b"]
        text   = "SOC-1: - crash\n- needs help\n"
        secret = "Y3Jhc2g="
        score  = 4
        pairs  = ["crash/soc", "needs help/soc"]
        id     = "51742709-eb89-5279-9b57-7863e830dd4b"
      }
    }
  }
}
"""


def interlock(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "engine", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_definition_uses_the_library(tmp_path: Path) -> None:
    file = tmp_path / "library.hcl"
    file.write_text(DEFINITION)
    checked = interlock("check", file)
    assert checked.returncode == 0, checked.stdout
    tested = interlock("test", file)
    assert tested.returncode == 0, tested.stdout


def test_what_is_left_out_says_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "clock.hcl"
    file.write_text(DEFINITION.replace('formatdate("D MMM YYYY", event.at)', "timestamp()"))
    checked = interlock("check", file)
    assert checked.returncode == 1
    assert 'There is no function "timestamp"' in checked.stdout
    assert "`now` is the time of the decision" in " ".join(checked.stdout.split())


def test_the_reference_is_printed() -> None:
    printed = interlock("explain", "--functions").stdout
    assert "| `templatestring(template: string, variables: object)` → string |" in printed
    assert "## Where they differ from HCL's own" in printed
    assert "## What is left out" in printed
