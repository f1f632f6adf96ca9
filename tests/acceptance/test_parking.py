"""A bad rollout at night: a state is renamed under entities that are in it, and the old file is put back later."""

from collections.abc import Callable

from tests.harness.daemon import DaemonProcess, wait_until

MACHINE = """
provisioner "soc" {
  receive "github" "release" {
    entity = issue_keys(event.release.body)
    fire   = "next"
  }
  statemachine "soc" {
    initial = "to_do"
    state "to_do" {
      on "next" { transition = "waiting" }
    }
    state "waiting" {
      alias = null
      on "next" { transition = "done" }
      after {
        delay      = "3s"
        transition = "stale"
      }
    }
    state "stale" {
      alias = null
      on "next" { transition = "done" }
    }
    state "done" {
      alias = null
    }
  }
}
"""
WORKERS = """
workers:
  soc:
    processor: http
    statefile: jira.hcl
    projects: [soc]
    settings:
      url: http://127.0.0.1:9/never-called
"""


def test_nothing_is_lost_when_a_rollout_renames_the_state_that_an_entity_is_in(
    make_daemon: Callable[..., DaemonProcess],
) -> None:
    daemon = make_daemon(machines=MACHINE, workers=WORKERS).start()
    daemon.register()
    assert daemon.deliver(daemon.release("Ships SOC-1")).status == 200
    definition = daemon.folder / "statemachines/jira.hcl"
    definition.write_text(MACHINE.replace('"waiting"', '"on_hold"'))
    strands = wait_until(lambda: _lines(daemon, "definition.strands"), "nobody is warned")[0]
    assert (strands["level"], strands["project"], strands["count"]) == ("warning", "soc", 1)
    assert "waiting (1, SOC-1 for instance)" in strands["states"]
    parked = wait_until(lambda: _lines(daemon, "event.parked"), "the timer is not parked")[0]
    assert (parked["level"], parked["event_name"]) == ("warning", "after.waiting.1")
    assert daemon.deliver(daemon.release("Ships SOC-1")).status == 200
    assert daemon.deliver(daemon.release("Ships SOC-2")).status == 200
    wait_until(lambda: daemon.shown("SOC-2").get("state") == "on_hold", "others do not go on")
    shown = daemon.cli("show", "SOC-1").stdout.decode()
    assert "after.waiting.1" in shown
    assert 'the machine soc has no state "waiting"; it waits until a definition has that state' in shown
    definition.write_text(MACHINE)
    wait_until(lambda: daemon.shown("SOC-1")["state"] == "done", "SOC-1 does not go on")
    page = daemon.shown("SOC-1")
    assert [h["event"] for h in page["history"]] == ["next", "after.waiting.1", "next"]
    assert {event["status"] for event in page["events"]} == {"done"}
    assert daemon.cli("verify").returncode == 0


def _lines(daemon: DaemonProcess, event: str) -> list[dict[str, object]]:
    return [line for line in daemon.lines() if line.get("event") == event]
