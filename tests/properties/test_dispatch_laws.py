"""The fast path against the library, on generated machines: it must choose what the stock path chooses, always."""

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.errors import EvaluationError
from engine.machine.compile import Carrier
from engine.machine.definition import Transition
from engine.machine.dispatch import Dispatch
from tests.properties.charts import EVENTS, Chart, charts
from tests.properties.machines import Model, models, payloads, says_true


def held(scope: dict[str, Any], transition: Transition) -> bool:
    """What the step's judge says."""
    if transition.guard is None:
        return True
    try:
        return says_true(transition.guard.evaluate(scope))
    except EvaluationError:
        return False


@given(models(), st.data())
def test_a_look_up_is_what_a_trigger_of_the_library_does(model: Model, data: st.DataObject) -> None:
    machine = model.compiled()
    table = Dispatch(machine)
    assume(machine.table)
    for state, event in sorted(machine.table):
        payload = data.draw(payloads)
        scope = machine.definition.names.scope(event=payload, state=state, context={})
        carrier = Carrier(lambda t, scope=scope: held(scope, t), state)  # type: ignore[misc]
        machine.library.events[f"on {event}"].trigger(carrier)
        assert table.choose(state, event, scope) is carrier.taken
        at = machine.configuration(state)
        assert at is not None
        assert table.moves(at, event, scope) == bool(
            machine.choose(at, event, lambda t, scope=scope: held(scope, t))  # type: ignore[misc]
        )
    assert table.choose("nowhere at all", "no event", {}) is None


@settings(deadline=None)
@given(charts(), st.booleans())
def test_in_parallel_states_it_says_whether_anything_is_enabled(chart: Chart, x: bool) -> None:  # noqa: FBT001
    machine = chart.compiled()
    table = Dispatch(machine)
    at = machine.configuration(machine.initial)
    assert at is not None
    scope = machine.definition.names.scope(event={"x": x}, state=at.text, active=at.active, context={})
    for event in EVENTS:
        if not machine.knows(event):
            continue
        enabled = machine.choose(at, event, lambda t: held(scope, t))
        assert table.moves(at, event, scope) == bool(enabled)
