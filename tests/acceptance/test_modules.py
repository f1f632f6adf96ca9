"""Definitions of several files and variables, through the real command line and the real daemon."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.harness.daemon import ROOT, DaemonProcess, PracticeJira, environment, wait_until
from tests.harness.several_files import write

FILES = """
# workers.yaml
workers:
  atlassian:
    statefile: team
    projects: [soc, devhop]
    variables:
      label: from workers.yaml
      api_token: env://MY_TOKEN

# statemachines/team/inputs.hcl
variable "label" {
  type        = string
  description = "What goes into the comment"
}
variable "api_token" { type = string }
variable "limit" { default = 1 }

# statemachines/team/soc.hcl
provisioner "soc" {
  module "flow" {
    source = "../lib/flow"
    label  = "soc ${var.label}"
    limit  = var.limit
    token  = var.api_token
  }
}

# statemachines/team/devhop.hcl
provisioner "devhop" {
  module "flow" {
    source = "../lib/flow"
    label  = "devhop"
    limit  = 9
  }
}

# statemachines/team/soc_test.hcl
provisioner "soc" {
  test "the first release starts the work" {
    when "next" {
      event = { release = { tag_name = "v1" } }
    }
    then {
      state   = "in_progress"
      effects = ["in_progress"]
    }
  }
}

# statemachines/lib/flow/variables.hcl
variable "label" { type = string }
variable "limit" { type = number }
variable "token" { default = "none" }

# statemachines/lib/flow/machine.hcl
locals {
  few = context.count < var.limit
}

provisioner "flow" {
  aliasmapper "flow" {
    aliases = { to_do = "To Do", in_progress = "In Progress", done = "Done" }
  }

  statemachine "flow" {
    initial = "to_do"
    state "to_do" "next" {
      transition = "in_progress"
      set        = { count = 1, label = var.label }
      request {
        comment = "${var.label} ${event.release.tag_name}"
      }
    }
    state "in_progress" {
      on "next" {
        when       = local.few && var.token != ""
        transition = "done"
      }
      on "next" {
        set = { waits = true }
      }
    }
    state "done" { final = true }
  }

  property "done stays done" {
    never = previous == "done" && state != "done"
  }
}
"""
TOKEN = "sesame-opens"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(FILES, tmp_path)
    return tmp_path


@pytest.fixture
def interlock(folder: Path) -> DaemonProcess:
    """The command line in a folder with the files; no daemon runs."""
    return DaemonProcess(folder, {**environment("http://127.0.0.1:9"), "MY_TOKEN": TOKEN})


@pytest.fixture
def make(make_daemon: Callable[..., DaemonProcess]) -> Callable[..., DaemonProcess]:
    def made(**environ: str) -> DaemonProcess:
        daemon = make_daemon(**{"MY_TOKEN": TOKEN, **environ})
        (daemon.folder / "statemachines/jira.hcl").unlink()
        write(FILES, daemon.folder)
        return daemon

    return made


def finished(daemon: DaemonProcess, entity: str, count: int) -> dict[str, Any] | None:
    page = daemon.shown(entity)
    done = [e for e in page.get("events", ()) if e["status"] == "done"]
    return page if len(done) == count else None


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_a_folder_with_a_module_and_a_variable_of_the_environment_decides_and_is_replayed(
    make: Callable[..., DaemonProcess], jira: PracticeJira
) -> None:
    daemon = make(INTERLOCK_VAR_label="from outside").start()
    daemon.register()
    assert daemon.deliver(daemon.release("Ships SOC-1 and DEVHOP-1")).status == 200
    soc = wait_until(lambda: finished(daemon, "SOC-1", 1), "SOC-1 was not decided")
    devhop = wait_until(lambda: finished(daemon, "DEVHOP-1", 1), "DEVHOP-1 was not decided")
    assert soc["context"] == {"count": 1, "label": "soc from outside"}
    assert devhop["context"] == {"count": 1, "label": "devhop"}
    assert soc["machine_hash"] != devhop["machine_hash"]
    assert "soc from outside v1.0.1" in str(jira.world.issue("SOC-1").comments)
    # The same release again means something else to each: the limits differ.
    assert daemon.deliver(daemon.release("Ships SOC-1 and DEVHOP-1")).status == 200
    wait_until(lambda: finished(daemon, "SOC-1", 2), "SOC-1 was not decided again")
    wait_until(lambda: finished(daemon, "DEVHOP-1", 2), "DEVHOP-1 was not decided again")
    assert (jira.status("SOC-1"), jira.status("DEVHOP-1")) == ("In Progress", "Done")
    newest = daemon.shown("DEVHOP-1")["history"][0]["trace"]["candidates"][0]
    assert newest["place"] == "statemachines/lib/flow/machine.hcl:20:7"
    assert newest["reason"] == (
        "guard held: local.few is true, var.token is (sensitive: module.flow.var.token), "
        "context.count is 1, var.limit is 9"
    )
    assert daemon.terminate() == 0

    # The store has all that decided: neither files nor values are needed any more.
    for file in sorted(daemon.folder.rglob("*.hcl")):
        file.unlink()
    del daemon.environ["INTERLOCK_VAR_label"], daemon.environ["MY_TOKEN"]
    for command in (["verify"], ["replay", "--all"]):
        told = daemon.cli(*command, "--json")
        assert json.loads(told.stdout) == {"checked": 4, "differences": []}, told.stderr
    said = daemon.log.read_text() + daemon.cli("show", "SOC-1", "--json").stdout.decode()
    assert TOKEN not in said


def test_a_changed_value_decides_from_the_next_start_and_the_past_stays_as_it_was(
    make: Callable[..., DaemonProcess], jira: PracticeJira
) -> None:
    daemon = make().start()
    daemon.register()
    assert daemon.deliver(daemon.release("Ships SOC-2")).status == 200
    wait_until(lambda: finished(daemon, "SOC-2", 1), "not decided")
    assert daemon.terminate() == 0
    daemon.environ["INTERLOCK_VAR_limit"] = "5"
    daemon.start()
    assert daemon.deliver(daemon.release("Ships SOC-2")).status == 200
    page = wait_until(lambda: finished(daemon, "SOC-2", 2), "not decided")
    assert jira.status("SOC-2") == "Done"
    assert [h["facts"]["variables"]["limit"] for h in page["history"]] == [5, 1]
    assert len({h["facts"]["definition"] for h in page["history"]}) == 2
    assert page["history"][0]["facts"]["variables"]["api_token"] == "(sensitive)"
    told = json.loads(daemon.cli("verify", "--json").stdout)
    assert told == {"checked": 2, "differences": []}


def test_a_changed_file_of_a_module_is_taken_up_while_the_daemon_runs(
    make: Callable[..., DaemonProcess], jira: PracticeJira
) -> None:
    daemon = make().start()
    daemon.register()
    edit(daemon.folder / "statemachines/lib/flow/machine.hcl", "label = var.label", 'label = "anew"')
    wait_until(lambda: daemon._said("definitions.reloaded"), "the change was not seen")
    assert daemon.deliver(daemon.release("Ships SOC-3")).status == 200
    page = wait_until(lambda: finished(daemon, "SOC-3", 1), "not decided")
    assert page["context"]["label"] == "anew"


def test_a_missing_value_ends_the_start_and_says_the_three_ways(make: Callable[..., DaemonProcess]) -> None:
    daemon = make()
    edit(daemon.folder / "workers.yaml", "      label: from workers.yaml\n", "")
    told = daemon.cli("run")
    said = told.stderr.decode()
    assert told.returncode != 0
    for way in (
        "default = …",
        "`variables: {label: …}`",
        "INTERLOCK_VAR_label",
        "What goes into the comment",
    ):
        assert way in said
    assert daemon.cli("check").returncode == 1
    assert daemon.cli("check", "--var", "label=by hand").returncode == 0


class TestCheck:
    def test_together_and_by_place(self, interlock: DaemonProcess) -> None:
        together = json.loads(interlock.cli("check", "--json").stdout)
        assert together["ok"] is True
        # With the limit of one of them nothing is ever done; with that of the other it always is.
        told = [(d["story"].rpartition("\n")[2], d["code"]) for d in together["diagnostics"]]
        soc, devhop = (
            f'It is so for provisioner "{name}" at statemachines/team/{name}.hcl:1:1.'
            for name in ("soc", "devhop")
        )
        assert sorted(told) == [
            (devhop, "transition_shadowed"),
            (soc, "guard_never_true"),
            (soc, "no_end_reachable"),
            (soc, "unreachable_state"),
        ]
        assert len(together["checked"]) == 6
        by_place = json.loads(interlock.cli("check", "statemachines/team", "workers.yaml", "--json").stdout)
        assert by_place["ok"] is True
        assert [p["project"] for p in by_place["proofs"]] == ["devhop", "soc"]

    def test_the_machines_directory_stands_for_all_in_it(self, interlock: DaemonProcess) -> None:
        found = json.loads(interlock.cli("check", "statemachines", "--json").stdout)
        assert (found["ok"], len(found["proofs"])) == (True, 2)

    @pytest.mark.parametrize("command", [["check"], ["check", "statemachines/team"]])
    def test_a_problem_in_a_module_has_its_file(self, interlock: DaemonProcess, command: list[str]) -> None:
        place = interlock.folder / "statemachines/lib/flow/machine.hcl"
        edit(place, 'transition = "done"', 'transition = "doen"')
        [found] = json.loads(interlock.cli(*command, "--json").stdout)["diagnostics"]
        assert (found["file"], found["line"], found["column"]) == (
            "statemachines/lib/flow/machine.hcl",
            22,
            22,
        )
        [run] = json.loads(interlock.cli(*command, "--sarif").stdout)["runs"]
        [result] = run["results"]
        location = result["locations"][0]["physicalLocation"]
        assert location["artifactLocation"]["uri"] == "statemachines/lib/flow/machine.hcl"
        text = interlock.cli(*command).stdout.decode()
        assert '22 |         transition = "doen"' in text
        assert 'It is in module "flow", which is used at statemachines/team/' in text

    def test_a_source_that_leads_out_is_underlined(self, interlock: DaemonProcess) -> None:
        edit(interlock.folder / "statemachines/team/soc.hcl", "../lib/flow", "../../flow")
        text = interlock.cli("check").stdout.decode()
        assert "statemachines/team/soc.hcl:3:14: error[module_outside]" in text
        assert '3 |     source = "../../flow"\n  |              ^^^^^^^^^^^^' in text
        assert "--machines" in text

    def test_a_module_by_itself_takes_its_arguments_by_hand(self, interlock: DaemonProcess) -> None:
        without = interlock.cli("check", "statemachines/lib/flow")
        assert without.returncode == 1
        assert b"variable_without_value" in without.stdout
        given = interlock.cli("check", "statemachines/lib/flow", "--var", "label=x", "--var", "limit=3")
        assert given.returncode == 0, given.stdout
        wrong = interlock.cli("check", "statemachines/lib/flow", "--var", "label=x", "--var", "limit=three")
        assert b'--var limit gives variable "limit" a wrong value' in wrong.stdout

    def test_an_unknown_variable_is_told(self, interlock: DaemonProcess) -> None:
        by_place = interlock.cli("check", "statemachines/team", "--var", "lable=x")
        assert (by_place.returncode, b'Did you mean "label"?' in by_place.stderr) == (1, True)
        together = interlock.cli("check", "--var", "lable=x")
        assert (together.returncode, b"unknown_variable" in together.stdout) == (1, True)

    def test_a_file_in_a_folder_of_its_own_is_a_definition_by_itself(self, interlock: DaemonProcess) -> None:
        place = interlock.folder / "alone"
        place.mkdir()
        (place / "x.hcl").write_text('provisioner "x" {\n  module "y" { source = "./lib" }\n}\n')
        (place / "lib").mkdir()
        (place / "lib/y.hcl").write_text(
            'provisioner "y" {\n  statemachine "y" {\n    initial = "a"\n    state "a" "next" { transition = "a" }\n  }\n}\n'
        )
        assert interlock.cli("check", "alone/x.hcl").returncode == 0
        assert interlock.cli("check", str(place / "x.hcl")).returncode == 0
        (place / "x.hcl").write_text('provisioner "x" {\n  module "y" { source = "../alone/lib" }\n}\n')
        assert interlock.cli("check", "alone/x.hcl").returncode == 1
        assert interlock.cli("check", "alone/x.hcl", "--machines", ".").returncode == 0
        inside = DaemonProcess(place, interlock.environ)
        assert inside.cli("check", "x.hcl", "--machines", "..").returncode == 0
        (place / "x.hcl").write_text(
            'provisioner "x" {\n  module "y" { source = "../statemachines/lib/flow" }\n}\n'
        )
        assert b"module_outside" in interlock.cli("check", "alone/x.hcl").stdout

    def test_the_tests_beside_a_folder_are_checked(self, interlock: DaemonProcess) -> None:
        edit(interlock.folder / "statemachines/team/soc_test.hcl", '"in_progress"\n', '"in_progres"\n')
        told = interlock.cli("check", "statemachines/team/soc_test.hcl")
        assert b"statemachines/team/soc_test.hcl:7:17: error[unknown_state]" in told.stdout


class TestTools:
    def test_tests_of_the_folder_and_of_all(self, interlock: DaemonProcess) -> None:
        for command in (
            ["test", "statemachines/team"],
            ["test", "statemachines/team/soc_test.hcl"],
            ["test"],
        ):
            told = interlock.cli(*command, "--junit", "out.xml")
            assert told.returncode == 0, told.stderr
            assert b"1 passed, 0 failed" in told.stdout
            assert 'file="statemachines/team/soc_test.hcl"' in (interlock.folder / "out.xml").read_text()

    def test_a_module_is_tested_by_itself(self, interlock: DaemonProcess) -> None:
        flow = interlock.folder / "statemachines/lib/flow"
        (flow / "flow_test.hcl").write_text(
            'provisioner "flow" {\n  test "the label is kept" {\n    when "next" {\n      event = { release = { tag_name = "v1" } }\n'
            '    }\n    then { context = { label = "x" } }\n  }\n}\n'
        )
        command = ["test", "statemachines/lib/flow", "statemachines/team", "--var", "limit=3"]
        for label, passed in (("x", True), ("y", False)):
            told = interlock.cli(*command, "--var", f"label={label}")
            assert (told.returncode == 0, b"2 passed, 0 failed" in told.stdout) == (passed, passed), (
                told.stderr
            )
        unknown = interlock.cli(*command, "--var", "label=x", "--var", "lim=1")
        assert b"there is no variable 'lim' to give a value to. Did you mean \"limit\"?" in unknown.stderr

    def test_replay_of_the_current_definitions_takes_the_current_values(
        self, make: Callable[..., DaemonProcess], jira: PracticeJira
    ) -> None:
        daemon = make().start()
        daemon.register()
        assert daemon.deliver(daemon.release("Ships SOC-5")).status == 200
        wait_until(lambda: finished(daemon, "SOC-5", 1), "not decided")
        assert daemon.terminate() == 0
        assert daemon.cli("replay", "--all", "--current").returncode == 0
        daemon.environ["INTERLOCK_VAR_label"] = "other"
        told = json.loads(daemon.cli("replay", "--all", "--current", "--json").stdout)
        assert {d["part"] for d in told["differences"]} == {"effects"}
        assert json.loads(daemon.cli("replay", "--all", "--json").stdout)["differences"] == []

    def test_graph_of_one_project(self, interlock: DaemonProcess) -> None:
        told = interlock.cli("graph", "statemachines/team", "--project", "soc")
        assert told.returncode == 0, told.stderr
        assert "in_progress / In Progress" in told.stdout.decode()

    def test_simulate_takes_the_values_and_hides_the_secret(self, interlock: DaemonProcess) -> None:
        edit(
            interlock.folder / "statemachines/lib/flow/machine.hcl",
            "${var.label} ${event",
            "${var.label} ${var.token} ${event",
        )
        payload = {"action": "published", "release": {"id": 1, "body": "SOC-1", "tag_name": "v1"}}
        (interlock.folder / "p.json").write_text(json.dumps(payload))
        command = ["simulate", "statemachines/team", "p.json", "--project", "soc"]
        told = interlock.cli(*command, "--var", "label=by hand")
        assert told.returncode == 0, told.stderr
        assert '"comment":"(sensitive: module.flow.var.token)"' in told.stdout.decode()
        as_json = interlock.cli(*command, "--json").stdout.decode()
        assert '"comment": "(sensitive: module.flow.var.token)"' in as_json
        assert TOKEN not in as_json

    def test_fmt_formats_every_file_of_a_folder(self, interlock: DaemonProcess) -> None:
        edit(interlock.folder / "statemachines/team/soc.hcl", "source = ", "source   =  ")
        told = interlock.cli("fmt", "statemachines/team")
        assert told.stdout.decode().splitlines() == ["statemachines/team/soc.hcl"]
        assert interlock.cli("fmt", "--check").returncode == 0

    def test_the_schema_of_workers_yaml(self, interlock: DaemonProcess) -> None:
        schema = json.loads(interlock.cli("schema", "workers").stdout)
        worker = schema["properties"]["workers"]["additionalProperties"]
        assert "variables" in worker["properties"]
        assert {"jira", "http"} <= set(worker["properties"]["processor"]["enum"])

    def test_the_page_of_blocks(self, interlock: DaemonProcess) -> None:
        page = (ROOT / "docs/reference/blocks.md").read_text()
        assert interlock.cli("explain", "--blocks").stdout.decode() == page
