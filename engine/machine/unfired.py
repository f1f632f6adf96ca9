"""Events that a machine waits for and that nobody sends it: problems that nobody has to ask for. Pure."""

from collections.abc import Iterable, Iterator

from engine.diagnostics import Diagnostic, Severity, Span
from engine.language import syntax
from engine.language.suggest import did_you_mean
from engine.machine.atoms import Uses
from engine.machine.definition import ALWAYS, Kind, Provisioner, is_pattern
from engine.machine.fires import may_fire, names_of
from engine.machine.payload_values import Payloads, nothing_known
from engine.machine.read_receive import default_receives
from engine.model import DONE_STATE, EFFECT_FAILED, is_own_event


def unfired(provisioner: Provisioner, payloads: Payloads = nothing_known) -> Iterator[Diagnostic]:
    """Every such event, at the first transition that waits for it.

    Where a `receive` block fires what only a delivery says, any event may come, unless its documented values are few. A provisioner without any block of its own
    says nothing about what comes in: its machine may be one of several versions.
    """
    machine, receives = provisioner.machine, provisioner.receives
    default = {receive.span for receive in default_receives()}
    if all(receive.span in default for receive in receives):
        return
    raised = {one.event for one in machine.raises() if not one.cancels}
    first = {t.event: t for t in reversed(machine.transitions)}
    for event, transition in sorted(first.items(), key=lambda found: found[1].span.start):
        made = event == ALWAYS or is_own_event(event) or is_pattern(event) or event in raised
        if made or any(may_fire(machine, receive, event, payloads) for receive in receives):
            continue
        uses = Uses(names=machine.names)
        known = raised | _own(provisioner)
        for receive in receives:
            payload = payloads(receive.source, receive.type)
            known |= names_of(uses, receive.fire.node, payload) or fired_by(uses, [receive.fire.node])
        yield never_fired(event, known, transition.span)


def _own(provisioner: Provisioner) -> set[str]:
    """The events that the engine may send to the machine."""
    states = provisioner.machine.states.values()
    return {EFFECT_FAILED, *(f"{DONE_STATE}{s.name}" for s in states if s.kind is not Kind.ATOMIC)}


def never_fired(event: str, known: Iterable[str], place: Span) -> Diagnostic:
    """The problem with an event that none of the `known` ones is."""
    advice = did_you_mean(event, sorted(known))
    return Diagnostic(
        code="event_never_fired",
        summary=f'No receive block fires "{event}", and nothing raises it',
        detail=f"{advice or 'Mind the spelling, or add what fires it.'} Proofs count it among what can happen; only "
        "tests and simulations send it by hand.",
        subject=place,
        severity=Severity.WARNING,
    )


def fired_by(uses: Uses, fires: Iterable[syntax.Expression]) -> set[str]:
    """The names that `receive` blocks give to events."""
    listed = (uses.terms(fire) or () for fire in fires)
    return {value for terms in listed for is_path, value in terms if not is_path and isinstance(value, str)}
