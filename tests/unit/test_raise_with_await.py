"""An answer that raises an event: what follows sees who answered, at once and later."""

from engine.decide.run_test import run_test
from engine.machine.compile import compile_definition
from engine.machine.prove import prove
from engine.machine.read import read_definition

SOURCE = """\
provisioner "soc" {
  statemachine "soc" {
    initial = "open"
    state "open" "next" { transition = "asked" }
    state "asked" {
      await {
        from = ["ada", "grace"]
        answer "yes" {
          set = { by = event.who }
          raise "agreed" {}
          raise "later" {
            delay = "1h"
            event = { who = event.who }
          }
        }
      }
      on "agreed" {
        when       = event.who == "grace"
        transition = "agreed"
      }
      on "*" { set = { seen = fired } }
    }
    state "agreed" {
      on "later" {
        when       = event.who == "grace"
        transition = "done"
      }
    }
    state "done" { final = true }
  }
  test "only the answer of one of them leads on" {
    when "next" {}
    when "await.asked.yes" { event = { who = "ada" } }
    then {
      state   = "asked"
      context = { by = "ada", seen = "agreed" }
    }
    when "await.asked.yes" { event = { who = "grace" } }
    then { state = "agreed" }
    advance { by = "1h" }
    then { state = "done" }
  }
}
"""


def test_what_an_answer_raises_sees_who_gave_it() -> None:
    result = read_definition(SOURCE, "soc.hcl")
    assert result.definition is not None, result.diagnostics
    machine = compile_definition(result.definition)["soc"]
    [written] = result.definition.provisioners["soc"].tests
    assert run_test(machine, written).passed


def test_a_proof_finds_what_only_one_of_those_who_answer_leads_to() -> None:
    result = read_definition(SOURCE, "soc.hcl")
    assert result.definition is not None
    proof = prove(result.definition.provisioners["soc"])
    assert [d.code for d in proof.diagnostics if d.code != "explored_in_part"] == []
