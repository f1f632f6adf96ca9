"""The machines directory and workers.yaml together: folders, modules, symbolic links, values of variables."""

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.diagnostics import render
from engine.machine.files import Absent, Files
from engine.run.library import MachinesFolder
from engine.run.load import Loaded, load
from engine.run.variables import read_flags
from tests.harness.engine import Backend

MACHINE = """
variable "grace" { type = string }
variable "limit" { default = 3 }
variable "api_token" { default = "" }

provisioner "%s" {
  statemachine "%s" {
    initial = "a"
    state "a" {
      on "next" {
        when       = var.limit > 1 && var.grace != ""
        transition = "b"
      }
    }
    state "b" { final = true }
  }
}
"""
WORKERS = """
workers:
  scripted:
    statefile: {statefile}
    projects: [soc]
    variables: {variables}
"""

#: Who may do the least.
NOBODY = 65534


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)


def loaded(
    folder: Path,
    variables: str = "{grace: 72h}",
    *,
    statefile: str = "soc.hcl",
    flags: Mapping[str, str] | None = None,
    **environ: str,
) -> Loaded:
    machines = folder / "machines"
    if not (machines / statefile).exists():
        write(machines, {"soc.hcl": MACHINE % ("soc", "soc")})
    (folder / "workers.yaml").write_text(WORKERS.format(statefile=statefile, variables=variables))
    backend = Backend()
    return load(folder / "workers.yaml", machines, {backend.name: backend}, environ, flags)


def told(found: Loaded) -> list[str]:
    return [f"{d.code}: {d.summary}" for d in found.diagnostics]


def variables(found: Loaded) -> Mapping[str, object]:
    serving, _ = found.usable()
    assert found.diagnostics == ()
    return serving.provisioners["soc"].variables


class TestVariables:
    def test_values_of_workers_yaml_come_before_the_default(self, tmp_path: Path) -> None:
        found = variables(loaded(tmp_path, "{grace: 72h, limit: 5}"))
        assert found == {"grace": "72h", "limit": 5, "api_token": ""}

    def test_the_environment_comes_before_workers_yaml_and_a_flag_before_both(self, tmp_path: Path) -> None:
        given = loaded(tmp_path, INTERLOCK_VAR_grace="1h", INTERLOCK_VAR_limit="7")
        assert variables(given) == {"grace": "1h", "limit": 7, "api_token": ""}
        flagged = loaded(tmp_path, flags={"limit": "9"}, INTERLOCK_VAR_grace="1h", INTERLOCK_VAR_limit="7")
        assert variables(flagged) == {"grace": "1h", "limit": 9, "api_token": ""}

    def test_the_env_file_has_capitals_only(self, tmp_path: Path) -> None:
        assert variables(loaded(tmp_path, INTERLOCK_VAR_GRACE="1h"))["grace"] == "1h"
        both = loaded(tmp_path, INTERLOCK_VAR_GRACE="1h", INTERLOCK_VAR_grace="2h")
        assert variables(both)["grace"] == "2h"

    def test_a_reference_is_read_as_the_type_says(self, tmp_path: Path) -> None:
        found = loaded(tmp_path, "{grace: env://GRACE, limit: env://LIMIT}", GRACE="1h", LIMIT="4")
        assert variables(found) == {"grace": "1h", "limit": 4, "api_token": ""}

    def test_a_reference_that_leads_nowhere_is_the_only_problem(self, tmp_path: Path) -> None:
        found = loaded(tmp_path, "{grace: env://GRACE}")
        [problem] = found.diagnostics
        assert problem.code == "unresolved_reference"
        assert (
            problem.summary
            == 'The variable "grace" of the worker "scripted": the environment variable GRACE is not set'
        )
        assert str(problem.subject) == f"{tmp_path}/workers.yaml:6:24"

    def test_a_reference_is_not_followed_where_the_environment_gives_the_value(self, tmp_path: Path) -> None:
        assert variables(loaded(tmp_path, "{grace: env://GRACE}", INTERLOCK_VAR_grace="1h"))["grace"] == "1h"

    def test_a_missing_value(self, tmp_path: Path) -> None:
        found = loaded(tmp_path, "{}")
        assert found.serving is not None
        assert told(found) == ['variable_without_value: Variable "grace" has no value']
        assert "INTERLOCK_VAR_grace" in found.diagnostics[0].detail

    def test_a_wrong_value_has_its_place(self, tmp_path: Path) -> None:
        found = loaded(tmp_path, "{grace: 72}")
        [problem] = found.diagnostics
        assert (problem.code, str(problem.subject)) == ("wrong_type", f"{tmp_path}/workers.yaml:6:24")

    def test_a_secret_is_not_shown_whatever_is_wrong_with_it(self, tmp_path: Path) -> None:
        write(tmp_path / "machines", {"soc.hcl": MACHINE % ("soc", "soc")})
        found = loaded(tmp_path, "{grace: 72h, api_token: [sesame]}")
        shown = render(found.diagnostics, found.sources)
        assert 'gives variable "api_token" a wrong value' in shown
        assert "sesame" not in shown
        from_outside = loaded(tmp_path, INTERLOCK_VAR_limit="sesame")
        assert "sesame" not in render(from_outside.diagnostics, from_outside.sources)

    def test_a_variable_that_nobody_declares(self, tmp_path: Path) -> None:
        found = loaded(tmp_path, "{grace: 72h, limti: 5}", flags={"grac": "1h"})
        assert told(found) == [
            'unknown_variable: soc.hcl has no variable "limti"',
            'unknown_variable: No definition has a variable "grac", which --var gives',
        ]
        assert found.diagnostics[0].detail.startswith('Did you mean "limit"?')

    def test_it_is_not_told_where_a_broken_file_may_declare_it(self, tmp_path: Path) -> None:
        write(tmp_path / "machines", {"soc.hcl": 'variable "x" {\n  default =\n}\n'})
        found = loaded(tmp_path, "{y: 1}", flags={"z": "1"})
        assert [d.code for d in found.diagnostics if d.code != "state_machine_id_mismatch"] == [
            "value_missing"
        ]

    def test_two_workers_may_give_one_statefile_different_values(self, tmp_path: Path) -> None:
        machine = (
            MACHINE % ("soc", "soc") + "provisioner" + (MACHINE % ("dev", "dev")).partition("provisioner")[2]
        )
        write(tmp_path, {"machines/soc.hcl": machine})
        (tmp_path / "workers.yaml").write_text(
            "workers:\n"
            "  a: {processor: scripted, statefile: soc.hcl, projects: [soc], variables: {grace: 1h}}\n"
            "  b: {processor: scripted, statefile: soc.hcl, projects: [dev], variables: {grace: 2h}}\n"
        )
        backend = Backend()
        found = load(tmp_path / "workers.yaml", tmp_path / "machines", {backend.name: backend}, {})
        serving, _ = found.usable()
        given = {name: p.variables["grace"] for name, p in serving.provisioners.items()}
        assert given == {"soc": "1h", "dev": "2h"}
        assert len({p.definition_hash for p in serving.provisioners.values()}) == 2
        assert len(serving.definitions) == 2
        assert serving.texts["soc"] == serving.texts["dev"]

    def test_variables_without_a_statefile(self, tmp_path: Path) -> None:
        (tmp_path / "workers.yaml").write_text("workers:\n  scripted: {variables: {x: 1}}\n")
        backend = Backend()
        found = load(tmp_path / "workers.yaml", tmp_path, {backend.name: backend}, {})
        assert told(found) == ['statefile_missing: The worker "scripted" has variables and no statefile']

    @pytest.mark.parametrize("written", ["grace", "=1h", " =x", ""])
    def test_a_flag_is_name_and_value(self, written: str) -> None:
        with pytest.raises(ValueError, match="--var takes NAME=VALUE"):
            read_flags([written])

    def test_the_last_flag_of_a_name_counts(self) -> None:
        assert read_flags(["a=1", "b=x=y", "a="]) == {"a": "", "b": "x=y"}


class TestFolders:
    def test_a_statefile_may_be_a_folder(self, tmp_path: Path) -> None:
        first, rest = (MACHINE % ("soc", "soc")).split("\n\n", 1)
        write(
            tmp_path / "machines/soc",
            {
                "variables.hcl": first,
                "machine.hcl": rest,
                "soc_test.hcl": "no definition",
                ".#x.hcl": "{",
                "notes.md": "#",
            },
        )
        found = loaded(tmp_path, statefile="soc")
        assert variables(found)["grace"] == "72h"
        [definition] = found.usable()[0].definitions
        assert definition.filename == f"{tmp_path}/machines/soc"
        assert {f"{tmp_path}/machines/soc/machine.hcl", f"{tmp_path}/machines/soc/variables.hcl"} < set(
            found.sources
        )

    def test_the_machines_directory_itself_may_be_one(self, tmp_path: Path) -> None:
        write(tmp_path / "machines", {"a.hcl": MACHINE % ("soc", "soc")})
        assert variables(loaded(tmp_path, statefile="."))["grace"] == "72h"

    def test_a_folder_without_definitions(self, tmp_path: Path) -> None:
        write(tmp_path / "machines/soc", {"soc_test.hcl": ""})
        assert told(loaded(tmp_path, statefile="soc")) == [
            f"module_missing: {tmp_path}/machines/soc has no definitions"
        ]

    def test_a_file_that_is_not_utf8(self, tmp_path: Path) -> None:
        (tmp_path / "machines/soc").mkdir(parents=True)
        (tmp_path / "machines/soc/a.hcl").write_bytes(b"# \xff\n")
        assert told(loaded(tmp_path, statefile="soc")) == [
            f"not_utf8: {tmp_path}/machines/soc/a.hcl is not UTF-8 text"
        ]


class TestMachinesFolder:
    def test_files_and_folders_by_their_place(self, tmp_path: Path) -> None:
        write(
            tmp_path,
            {"a.hcl": "1", "lib/x.hcl": "2", "lib/y.hcl": "3", "lib/y_test.hcl": "4", "lib/deep/z.hcl": "5"},
        )
        library = MachinesFolder(tmp_path)
        one, lib = library("a.hcl"), library("lib")
        assert isinstance(one, Files)
        assert isinstance(lib, Files)
        assert (one.folder, dict(one.texts)) == ("", {f"{tmp_path}/a.hcl": "1"})
        assert (lib.folder, list(lib.texts.values())) == ("lib", ["2", "3"])
        single = library("lib/x.hcl")
        assert isinstance(single, Files)
        assert single.folder == "lib"

    def test_what_is_not_there_may_be_meant_otherwise(self, tmp_path: Path) -> None:
        write(tmp_path, {"review.hcl": "", "library/x.hcl": ""})
        without_ending, near = MachinesFolder(tmp_path)("review"), MachinesFolder(tmp_path)("librari")
        assert isinstance(without_ending, Absent)
        assert isinstance(near, Absent)
        assert without_ending.detail == "There is a file review.hcl: name it with its ending."
        assert near.detail == 'Did you mean "library"?'

    def test_symbolic_links_inside_are_followed_and_those_that_lead_out_are_not(self, tmp_path: Path) -> None:
        machines = tmp_path / "machines"
        write(
            tmp_path, {"elsewhere/x.hcl": "secret", "machines/..data/a.hcl": "1", "machines/real/a.hcl": "2"}
        )
        (machines / "linked.hcl").symlink_to("..data/a.hcl")
        (machines / "folder").symlink_to("real")
        (machines / "out").symlink_to(tmp_path / "elsewhere")
        (machines / "out.hcl").symlink_to(tmp_path / "elsewhere/x.hcl")
        (machines / "half").mkdir()
        (machines / "half/x.hcl").symlink_to(tmp_path / "elsewhere/x.hcl")
        (machines / "round").symlink_to("round")
        (machines / "half2").mkdir()
        (machines / "half2/round.hcl").symlink_to("round.hcl")
        library = MachinesFolder(machines)
        assert isinstance(library("linked.hcl"), Files)
        assert isinstance(library("folder"), Files)
        for place in ("out", "out.hcl", "half", "out/x.hcl", ".."):
            found = library(place)
            assert isinstance(found, Absent)
            assert found.code == "module_outside", place
        for place in ("round", "half2", "x" * 5000):
            found = library(place)
            assert isinstance(found, Absent)
            assert found.code == ("unreadable_file" if place == "half2" else "module_missing"), place[:20]

    @pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
    def test_what_may_not_be_read(self, tmp_path: Path) -> None:
        write(tmp_path, {"lib/a.hcl": ""})
        assert isinstance(MachinesFolder(tmp_path)("lib"), Files)
        (tmp_path / "lib").chmod(0)
        try:
            child = os.fork()
            if child == 0:  # root may read everything: somebody else has to look
                with contextlib.suppress(PermissionError):
                    os.setuid(NOBODY)
                os._exit(0 if isinstance(MachinesFolder(tmp_path)("lib"), Absent) else 1)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        finally:
            (tmp_path / "lib").chmod(0o755)
