"""Decisions in words for a terminal: the verdict, the whole trace, the effects."""

from collections.abc import Iterator, Mapping
from typing import Any

from engine.decide.simulate import Simulated
from engine.machine.masks import shown_context, shown_effect
from engine.machine.values import canonical, printable
from engine.model import Effect, EffectKind, Step


def told(one: Simulated) -> Iterator[str]:
    """The lines that say what was decided about one event."""
    yield f'{printable(one.event.entity.id)} (project {one.project}): event "{printable(one.event.name)}"'
    yield from (f"  {line}" for line in told_step(one.decision.step))


def told_step(step: Step) -> Iterator[str]:
    """The lines that say how a step came out."""
    trace = step.trace
    yield f"{trace.verdict.value}: {trace.because}"
    if trace.drift_from is not None:
        yield f'the instance was in "{trace.drift_from}"; the backend says otherwise, and is right'
    for candidate in trace.candidates:
        mark = ">" if candidate.taken else "-"
        source, target = printable(candidate.source), printable(candidate.target)
        yield f"{mark} {source} -> {target}  {candidate.reason}  ({candidate.place})"
    for effect in step.effects:
        yield f"would call {told_effect(effect)}"
    if step.snapshot.context:
        yield f"context {printable(canonical(shown_context(step.snapshot)))}"


def told_effect(effect: Effect) -> str:
    """One effect on one line."""
    effect = shown_effect(effect)
    if effect.kind is EffectKind.TRANSITION:
        said = f'the backend: "{effect.source_status}" to "{effect.target_status}"'
    else:
        said = f"{effect.worker} for {effect.name}"
    arguments = f" with {canonical(effect.arguments)}" if effect.arguments else ""
    return printable(f"{said}{arguments}")


def simulated_as_json(one: Simulated) -> Mapping[str, Any]:
    """One decided event as plain JSON values."""
    step = one.decision.step
    return {
        "project": one.project,
        "entity": one.event.entity.id,
        "event": one.event.name,
        "trace": step.trace,
        "effects": tuple(map(shown_effect, step.effects)),
        "state": step.snapshot.state,
        "context": shown_context(step.snapshot),
    }
