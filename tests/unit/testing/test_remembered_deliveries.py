"""What a failing stateful test prints: all that came in and was remembered, though it moved nothing."""

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from engine.decide.run_test import TestResult, run_test
from engine.machine.compile import compile_definition
from engine.model import Delivery, Step, Verdict
from engine.testing import FrozenClock, load_definition, state_machine_for
from engine.testing.stateful import DefinitionMachine

REMEMBERING = """
provisioner "dev" {
  receive "github" "push" {
    entity     = issue_keys(event.ref)
    fire       = event.after
    once_per   = event.before
    ordered_by = event.repository.pushed_at
  }
  statemachine "dev" {
    initial = "a"
    state "a" "go" {
      when       = event.sender.login == "ada"
      transition = "b"
    }
    state "b" "back" { transition = "a" }
  }
}
"""

quick = settings(
    max_examples=500,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    stateful_step_count=8,
    phases=(Phase.generate, Phase.shrink),
)


def push(fact: int, hour: int, event: str = "go", login: str = "bob") -> Delivery:
    payload = {
        "ref": "DEV-1",
        "after": event,
        "before": fact,
        "repository": {"pushed_at": f"2024-01-01T0{hour}:00:00Z"},
        "sender": {"login": login},
    }
    return Delivery(source="github", type="push", id="1", received_at=FrozenClock()(), payload=payload)


def refusing(verdict: Verdict) -> type[DefinitionMachine]:
    class Mine(state_machine_for(REMEMBERING)):  # type: ignore[misc]
        def decided(self, made: Step) -> None:
            assert made.trace.verdict is not verdict

    return Mine


def decided(block: str) -> TestResult:
    definition = load_definition(REMEMBERING.rstrip().removesuffix("}") + block.rstrip() + "\n}\n")
    [test] = definition.provisioners["dev"].tests
    return run_test(compile_definition(definition)["dev"], test)


@pytest.mark.parametrize(
    ("verdict", "deliveries"),
    [
        (Verdict.LATE, [push(1, 3), push(2, 2)]),
        (Verdict.REPEATED, [push(1, 1), push(1, 2, login="ada")]),
        (Verdict.GUARDED, [push(1, 1)]),
    ],
)
def test_what_was_only_remembered_is_in_the_block_and_so_is_the_verdict(
    verdict: Verdict, deliveries: list[Delivery]
) -> None:
    machine = refusing(verdict)()
    machine.start()
    *before, last = deliveries
    for delivery in before:
        machine.deliver(delivery)
    with pytest.raises(AssertionError):
        machine.deliver(last)
    result = decided(machine.as_test())
    assert result.passed
    assert [one.decision.step.trace.verdict for one in result.decided][-1] is verdict
    assert len(result.decided) == len(deliveries)


def test_what_changed_nothing_is_not_in_the_block() -> None:
    machine = state_machine_for(REMEMBERING)()
    machine.start()
    for delivery in (push(1, 2), push(1, 2), push(2, 1, login="ada"), push(2, 3, login="ada")):
        machine.deliver(delivery)
    block = machine.as_test()
    # The second and the last say again what was decided about; the third is late, and its fact is remembered.
    assert block.count("when ") == 2
    assert "verdict" not in block


@pytest.mark.parametrize("verdict", [Verdict.LATE, Verdict.REPEATED])
def test_a_failure_that_rests_on_memory_is_found_and_pasted(
    verdict: Verdict, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(AssertionError) as caught:
        run_state_machine_as_test(refusing(verdict), settings=quick)
    notes: list[Any] = caught.value.__notes__
    told = "\n".join(notes) + capsys.readouterr().out
    result = decided('test "found' + told.partition('test "found')[2].split("\n}\n")[0] + "\n}\n")
    assert result.passed
    assert result.decided[-1].decision.step.trace.verdict is verdict


def test_failures_are_not_traced_line_by_line_unless_that_is_asked_for() -> None:
    made = state_machine_for(REMEMBERING)

    class Mine(made):  # type: ignore[valid-type, misc]
        pass

    for one in (made, Mine):
        usual: settings = one.TestCase.settings
        assert Phase.explain not in usual.phases
        assert Phase.shrink in usual.phases
        assert usual.deadline is None
    asked: settings = settings(phases=tuple(Phase))(made).TestCase.settings
    assert Phase.explain in asked.phases
