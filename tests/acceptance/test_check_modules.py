"""``interlock check`` of single files of a definition, as hooks and editors ask for it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

MAIN = """\
provisioner "soc" {
  statemachine "soc" {
    initial = "open"
    state "open" {
      on "next" { transition = "done" }
      after {
        delay      = var.grace
        transition = "done"
      }
    }
    state "done" { final = true }
  }
}
"""
NAMES = 'variable "grace" { type = string }\nlocals { spare = 1 }\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "statemachines/team").mkdir(parents=True)
    (tmp_path / "statemachines/team/m.hcl").write_text(MAIN)
    (tmp_path / "statemachines/team/names.hcl").write_text(NAMES)
    return tmp_path


def check(
    folder: Path, *arguments: str, given: bytes = b"", environ: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    root = str(Path(__file__).resolve().parents[2])
    return subprocess.run(
        [sys.executable, "-m", "engine", "check", *arguments],
        cwd=folder,
        input=given,
        capture_output=True,
        check=False,
        env={"PYTHONPATH": root, "PATH": "", "ATLASSIAN_URL": "https://x.example", **(environ or {})},
        timeout=120,
    )


def codes(found: subprocess.CompletedProcess[bytes]) -> list[tuple[str, str | None]]:
    return [(d["code"], d.get("file")) for d in json.loads(found.stdout)["diagnostics"]]


def served(folder: Path) -> None:
    (folder / "workers.yaml").write_text(
        "workers:\n  http:\n    statefile: team\n    projects: [soc]\n    variables: {grace: 1h}\n"
    )


def test_a_file_of_a_folder_that_workers_yaml_names_is_checked_with_the_others(folder: Path) -> None:
    served(folder)
    fine = check(folder, "statemachines/team/m.hcl", "--json")
    assert codes(fine) == []
    assert json.loads(fine.stdout)["proofs"]
    assert codes(check(folder, "statemachines/team/names.hcl", "--json")) == [
        ("unused_local", "statemachines/team/names.hcl")
    ]
    assert len(codes(check(folder, "statemachines/team", "--json"))) == 1
    (folder / "statemachines/team/names.hcl").write_text(NAMES + "x = = 1\n")
    broken = check(folder, "statemachines/team/m.hcl", "--json")
    assert broken.returncode == 1
    assert {file for _, file in codes(broken)} == {"statemachines/team/names.hcl"}


def test_a_file_of_a_module_that_another_definition_uses_is_checked_with_the_others(folder: Path) -> None:
    user = 'provisioner "dev" {\n  module "m" {\n    source = "./team"\n    grace  = "1h"\n  }\n}\n'
    (folder / "statemachines/dev.hcl").write_text(user)
    assert codes(check(folder, "statemachines/team/m.hcl", "--json")) == []


def test_elsewhere_the_message_names_the_folder(folder: Path) -> None:
    found = check(folder, "statemachines/team/m.hcl")
    assert found.returncode == 1
    told = found.stdout.decode()
    assert "There is no var.grace" in told
    assert "statemachines/team/names.hcl declares it" in told
    assert "name the folder, statemachines/team." in told


def test_a_file_of_a_folder_that_is_no_text_is_told_with_its_line(folder: Path) -> None:
    (folder / "statemachines/team/names.hcl").write_bytes(b"x = 1\n# na\xefve\n")
    found = check(folder, "statemachines/team")
    assert found.returncode == 1
    assert found.stdout.decode().startswith("statemachines/team/names.hcl:2:5: error[not_utf8]")


def test_standard_input_is_checked_and_odd_names_are_refused(folder: Path) -> None:
    fine = check(folder, "-", given=MAIN.replace("var.grace", '"1h"').encode())
    assert (fine.returncode, fine.stdout.decode().splitlines()[-1]) == (0, "1 file(s) checked: no problem")
    assert codes(check(folder, "-", "--json", given=b"\xff")) == [("not_utf8", "<stdin>")]
    empty = check(folder, "")
    assert empty.returncode == 2
    assert b"name of a file is empty" in empty.stderr.replace(b"\n", b" ")
    assert check(folder, "-x").returncode == 2


def test_a_value_of_the_environment_that_nobody_declares_is_told(folder: Path) -> None:
    served(folder)
    environ = {"INTERLOCK_VAR_GRACE": "2h", "INTERLOCK_VAR_grac": "3h"}
    assert ("environment_without_variable", None) in codes(check(folder, "--json", environ=environ))
    del environ["INTERLOCK_VAR_grac"]
    assert "environment_without_variable" not in dict(codes(check(folder, "--json", environ=environ)))
