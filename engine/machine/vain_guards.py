"""Guards that are never true, or always, and those that hold at once: problems that nobody has to ask for. Pure."""

from collections.abc import Iterator

from engine.diagnostics import Diagnostic, Severity, Span
from engine.language.values import show
from engine.machine.definition import ALWAYS, ANY, Provisioner, Transition
from engine.machine.fires import may_fire
from engine.machine.guards import Candidacy, Guards, Overlap
from engine.machine.judged import Judged
from engine.machine.space import Space
from engine.machine.story import told_event
from engine.model import AFTER, AWAIT

#: What is said of a transition that is never taken.
_NEVER_TAKEN = frozenset({"transition_shadowed", "guard_never_true"})

_WHEREVER = "Wherever the machine can come to, one before it is taken. Change the order, or the conditions."
_WHEREVER_OR_FALSE = "Wherever the machine can come to, its guard is false or one before it is taken. Change the order, or the conditions."


def guard_problems(
    provisioner: Provisioner, guards: Guards, space: Space, judged: Judged
) -> Iterator[Diagnostic]:
    """Every such problem; of a transition that is never taken only that."""
    vain = list(_vain_guards(provisioner, guards))
    if space.exact:
        vain += _vain_where_it_comes(provisioner, guards, space, judged)
    yield from vain
    never = {str(problem.subject) for problem in vain if problem.code in _NEVER_TAKEN}
    yield from (one for one in _overlaps(guards) if str(one.subject) not in never)


def _vain_where_it_comes(
    provisioner: Provisioner, guards: Guards, space: Space, judged: Judged
) -> Iterator[Diagnostic]:
    """Guards that could be true, but not with what is remembered wherever the machine can come to."""
    reached = space.entered()
    told = {
        str(known.transition.span)
        for known in guards.candidacies.values()
        if known.exact and (known.true or known.false) and not (known.true and known.first)
    }
    in_vain = _run_out_in_vain(space)
    for transition in provisioner.machine.transitions:
        place = str(transition.span)
        judged_early = place in judged.held and place not in judged.hindered
        if transition.event in in_vain and transition.guard is not None and judged_early:
            yield _about_guard(
                "guard_never_true",
                f"The guard of {_named(transition)} is never true",
                "Whenever the timer can run out, what is remembered makes it false. Mend the condition or the "
                "delay, or remove the timer.",
                transition,
            )
            continue
        if transition.event.startswith(AWAIT) or (transition.guard is None and place not in judged.untried):
            continue
        if place in told or place in judged.held:
            continue
        if transition.source not in reached and transition.source != ANY:
            continue
        if place in judged.untried:
            yield _about_guard(
                "transition_shadowed",
                f"This transition on {_named(transition)} is never taken",
                _WHEREVER if transition.guard is None else _WHEREVER_OR_FALSE,
                transition,
            )
        elif place in judged.failed:
            yield _about_guard(
                "guard_never_true",
                f"The guard of {_named(transition)} is never true",
                "Wherever the machine can come to, what it remembers and what comes in make it false. Mend the "
                "condition, or remove the transition.",
                transition,
            )


def _run_out_in_vain(space: Space) -> set[str]:
    """The timers that run out, and never move anything."""
    ran_out = [move for moves in space.moves.values() for move in moves if move.event.name.startswith(AFTER)]
    return {m.event.name for m in ran_out if m.quiet} - {
        m.event.name for m in ran_out if not m.quiet or m.taken
    }


def _named(transition: Transition, *, many: bool = False) -> str:
    if transition.event == ALWAYS:
        return "always blocks" if many else "an always block"
    return f'"{transition.event}"'


def _vain_guards(provisioner: Provisioner, guards: Guards) -> Iterator[Diagnostic]:
    for candidacy in guards.candidacies.values():
        if not candidacy.exact or not (candidacy.true or candidacy.false):
            continue
        transition = candidacy.transition
        if not candidacy.true:
            yield _about_guard(
                "guard_never_true",
                f"The guard of {_named(transition)} is never true",
                f"Nothing that can come in makes it true{_fired(provisioner, guards, transition)}. Mend the condition, or "
                "remove the transition.",
                transition,
            )
        elif not candidacy.first:
            yield _shadowed(guards, candidacy)
        elif not candidacy.false and transition.guard is not None:
            yield _about_guard(
                "guard_always_true",
                f"The guard of {_named(transition)} is always true",
                "Whatever comes in, it holds: it can be left out.",
                transition,
                severity=Severity.NOTE,
            )


def _fired(provisioner: Provisioner, guards: Guards, transition: Transition) -> str:
    """Where the event of a transition comes from, if that is said."""
    told = [
        f"{receive.key}{'' if receive.when is None else f' when {receive.when.text}'}"
        for receive in provisioner.receives
        if may_fire(provisioner.machine, receive, transition.event, guards.payloads)
    ]
    return f': "{transition.event}" comes of {" or ".join(told)}' if told else ""


def _shadowed(guards: Guards, candidacy: Candidacy) -> Diagnostic:
    transition = candidacy.transition
    overlap = next((o for o in guards.overlaps.values() if o.second is transition), None)
    witness = (
        []
        if overlap is None
        else [f"for instance {_witness(guards, overlap)}", f"takes {overlap.first.span}"]
    )
    return _about_guard(
        "transition_shadowed",
        f"This transition on {_named(transition)} is never taken",
        "Whenever it could be, one before it is. Change the order, or the conditions.",
        transition,
        story="\n".join(witness),
    )


def _overlaps(guards: Guards) -> Iterator[Diagnostic]:
    for key, overlap in guards.overlaps.items():
        if key in guards.nowhere:
            continue
        if not guards.of(overlap.second).first or _alike(overlap.first, overlap.second):
            continue
        yield _about_guard(
            "guards_overlap",
            f"Two guards of {_named(overlap.second, many=True)} hold at once; the first one at {overlap.first.span} is taken",
            "If that is not meant, make the conditions exclude each other.",
            overlap.second,
            severity=Severity.NOTE,
            story=f"for instance {_witness(guards, overlap)}",
        )


def _alike(first: Transition, second: Transition) -> bool:
    """Whether it makes no difference which one is taken."""
    plain = not (first.set or second.set or first.request or second.request)
    done = first.actions or second.actions or first.raises or second.raises
    return first.target == second.target and plain and not done


def _witness(guards: Guards, overlap: Overlap) -> str:
    told = told_event(overlap.witness, guards.hidden)
    context = overlap.context if guards.hidden is None else guards.hidden.shown("context", overlap.context)
    told += [f"context.{name} = {show(value)}" for name, value in context.items()]
    what = "" if overlap.witness.name == ALWAYS else f'"{overlap.witness.name}" '
    return f'{what}in "{overlap.state}" with {", ".join(told) or "any payload"}'


def _about_guard(
    code: str,
    summary: str,
    detail: str,
    transition: Transition,
    *,
    severity: Severity = Severity.WARNING,
    story: str = "",
) -> Diagnostic:
    return Diagnostic(
        code=code,
        summary=summary,
        detail=detail,
        subject=place_of(transition),
        severity=severity,
        story=story,
    )


def place_of(transition: Transition) -> Span:
    """Where the guard of a transition stands, or the transition itself."""
    guard = transition.guard
    return transition.span if guard is None else guard.node.span
