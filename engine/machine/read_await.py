"""Reads an `await` block: who is asked, and what happens on each answer."""

from engine.errors import EvaluationError
from engine.language import syntax
from engine.language.binary import BinaryFraction
from engine.machine.approvals import event_name, names_of
from engine.machine.definition import Await
from engine.machine.drafts import MachineDraft, StateDraft
from engine.machine.expression import Expression
from engine.machine.read_names import ROOTS
from engine.machine.read_transition import only, optional, read_transition
from engine.machine.reading import Reader
from engine.machine.reporting import settled

#: More people than this are a mistake.
_MOST_NEEDED = 100


def read_await(reader: Reader, block: syntax.Block, state: StateDraft, draft: MachineDraft) -> None:
    """Read the `await` block of a state, if it has one, and add the transitions of its answers to the machine."""
    inner = only(reader, block.body, "await", "A state")
    if inner is None:
        return
    reader.check_shape(inner)
    people = optional(reader, inner.body.attribute("from"), ROOTS)
    known = None if people is None else _people(reader, people)
    choices: dict[str, int] = {}
    for answer in inner.body.blocks_of("answer"):
        if not reader.check_shape(answer) or not reader.check_free(answer.labels[0]):
            continue
        label = answer.labels[0]
        if "." in label.value:
            detail = "Use a word without dots: the event is called await.STATE.ANSWER."
            reader.report("bad_name", f'"{label.value}" cannot be the name of an answer', detail, label.span)
            continue
        needs = _needs(reader, answer, known)
        choices[label.value] = min(needs, choices.get(label.value, needs))
        event = event_name(state.name, label.value)
        draft.transitions.append(read_transition(reader, state.name, event, answer, needs=needs))
    if not inner.body.blocks_of("answer"):
        detail = 'Add answer "approve" { transition = "…" } to it.'
        reader.report("missing_block", "An await block has no answer", detail, inner.header_span)
    if people is not None:
        state.awaits = Await(people=people, choices=choices, span=settled(inner.header_span))


def _people(reader: Reader, people: Expression) -> list[str] | None:
    """Who may answer, if that is the same for all entities; what is wrong with it is reported."""
    names = reader.names
    used, _ = names.used_by([people])
    read = [people, *(names.locals[name] for name in used if name in names.locals)]
    if not {r.root for e in read for r in e.references} <= {"var", "local"}:
        return None
    place = people.node.span
    try:
        return names_of(people.evaluate(names.scope()))
    except EvaluationError as problem:
        reader.diagnostics.append(problem.diagnostic)
    except ValueError as problem:
        if str(problem) == "names nobody":
            detail = "Name at least one person, or remove the await block."
            reader.report("answer_out_of_reach", "Nobody may answer", detail, place)
        else:
            detail = 'Write from = ["ada", "grace"], with the names that people answer under.'
            reader.report("wrong_type", f'"from" {reader.said(people.node, problem)}', detail, place)
    return None


def _needs(reader: Reader, answer: syntax.Block, people: list[str] | None) -> int:
    attribute = answer.body.attribute("needs")
    if attribute is None:
        return 1
    fine, value = reader.constant(attribute.value)
    if not fine:
        return 1
    place = attribute.value.span
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float | BinaryFraction)
        or value not in range(1, _MOST_NEEDED + 1)
    ):
        detail = f"Write how many people have to give this answer: 1 to {_MOST_NEEDED}."
        reader.report("wrong_type", '"needs" is not a number of people', detail, place)
        return 1
    if people is not None and value > len(people):
        detail = "Name more people in from, or need fewer."
        summary = f"{int(value)} people have to give this answer, and {len(people)} may"
        reader.report("answer_out_of_reach", summary, detail, place)
    return int(value)
