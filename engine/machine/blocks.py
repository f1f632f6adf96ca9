"""Every block and attribute of a definition in words, with examples: the page of the reference is made of this and `SHAPES`.

An attribute that is added to a shape needs its row here, and one in `block_examples` that sets it; tests hold them together. Then
`interlock explain --blocks > docs/reference/blocks.md`.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Row(NamedTuple):
    """One attribute in words."""

    #: What values it takes: `text` and the like are constants, `→ bool` and the like are evaluated for each event.
    type: str
    meaning: str
    #: What holds without it; empty where nothing does.
    default: str = ""


class Words(NamedTuple):
    """One block in words."""

    meaning: str
    #: By name, in the order in which one thinks of them; `*` stands for attributes of any name.
    attributes: Mapping[str, Row]


_WHEN = Row(
    "→ bool",
    "the guard: must hold for the transition to be taken; one that cannot be evaluated does not",
    "`true`",
)
_TRANSITION = Row("text", "the state to go to, or `<end>`", "the state is kept")
_SET = Row("→ object", "is merged into the instance's context; null deletes", "nothing is remembered")
_LEAVE = Row(
    "bool",
    "`false` keeps the state that the block stands in, where the target is inside it: it is neither left nor entered",
    "`true`",
)
_CANDIDATE = {"transition": _TRANSITION, "when": _WHEN, "set": _SET, "leave": _LEAVE}
_ALIAS = Row("`null`", "the state is internal: the backend knows nothing of it", "the aliasmapper says")
_PAYLOAD = Row("object", "the payload", "`{}`")

#: By the name of the shape.
BLOCKS: Mapping[str, Words] = {
    "provisioner": Words(
        "Gives one project its machine. The label is the project: `soc` for SOC-12.",
        {},
    ),
    "statemachine": Words(
        "The states, and what leads from one to another. It is called like its provisioner.",
        {"initial": Row("text", "the state of an entity that was never seen and that no backend observes")},
    ),
    "aliasmapper": Words(
        "Says what the backend calls the states. It is called like its provisioner; without one, names map to themselves.",
        {
            "aliases": Row(
                "object of texts", "the backend's status for each state; a status stands for one state only"
            )
        },
    ),
    "state": Words(
        "A place where an instance can be. In a state it is one of the states inside it.",
        {
            "final": Row("bool", "nothing leads out of it", "`false`"),
            "event": Row(
                "→ anything",
                "of a final state in another one: what is seen as `event` when the end of that one is decided",
                "what is seen as `event` where it is entered",
            ),
            "alias": _ALIAS,
            "initial": Row(
                "text", "the state in it that is entered with it; needed where there are states in it"
            ),
        },
    ),
    "state event": Words(
        'The short form of a state with one transition: the second label is the event. `"*"` stands for every state that is not final.',
        _CANDIDATE,
    ),
    "on": Words(
        "What may happen on an event. Several for one event are tried in order; all but the last need a `when`.",
        _CANDIDATE,
    ),
    "after": Words(
        "A timer: set when its state is entered, cancelled when it is left; when it runs out it is decided like an event.",
        {
            "delay": Row(
                "→ text or number", 'a duration such as `"72h"` or `"1h30m"`, or a number of seconds'
            ),
            **_CANDIDATE,
        },
    ),
    "always": Words(
        "What happens without an event: tried whenever a state was entered or left, and after every `set`.",
        _CANDIDATE,
    ),
    "await": Words(
        "Asks people when its state is entered, and asks no more when it is left.",
        {
            "from": Row(
                "→ text or list of texts",
                "who may answer, at most 1,000 names; evaluated when the state is entered",
            )
        },
    ),
    "answer": Words(
        "What may be answered, and what happens then: like an `on` block. The label is the choice; `event` has `who`, "
        "`comment`, `at` and the `answers` that count for that choice.",
        {"needs": Row("number", "how many people have to give this answer", "`1`"), **_CANDIDATE},
    ),
    "parallel": Words(
        "A state whose states are regions: entered, left and run together.",
        {"alias": _ALIAS},
    ),
    "history": Words(
        "A target that stands for the states that were left last in the state it is in.",
        {
            "deep": Row("bool", "brings back the innermost states, not only the one right inside", "`false`"),
            "transition": Row(
                "text", "where it leads before the state was ever left", "what is entered with the state"
            ),
        },
    ),
    "on_enter": Words(
        "What is done whenever the state is entered.",
        {"set": _SET},
    ),
    "on_exit": Words(
        "What is done whenever the state is left.",
        {"set": _SET},
    ),
    "raise": Words(
        "Sends the machine itself an event, which is decided in the same step, or after a while. The label is its name.",
        {
            "event": Row(
                "→ anything",
                "what is seen as `event` when it is decided",
                "what is seen as `event` where it is raised; after a delay `event.due`",
            ),
            "when": Row("→ bool", "whether it is raised; it sees what `set` has done", "`true`"),
            "delay": Row(
                "→ text or number",
                "how long it waits, wherever the instance goes meanwhile; one event of a name waits at a time",
                "it is decided in the same step",
            ),
        },
    ),
    "cancel": Words(
        "Takes back an event that was raised with a delay and waits. The label is its name.",
        {},
    ),
    "request": Words(
        "Decorates the call that moves the entity in the backend.",
        {
            "*": Row(
                "→ anything",
                "what the processor of the project takes: for Jira `resolution`, `comment`, `fields`; for http `method`, `url`, "
                "`headers`, `body`, `timeout`",
            )
        },
    ),
    "action": Words(
        "An extra call, made after the one that moves the entity. The labels are a worker of workers.yaml, or the built-in "
        "`http`, and the action's own name.",
        {
            "*": Row(
                "→ anything",
                "what the worker's processor takes: for http `method`, `url`, `headers`, `body`, `timeout`",
            )
        },
    ),
    "on_failure": Words(
        "Holds the actions that are made in an action's place when it is given up.",
        {},
    ),
    "receive": Words(
        "Says which deliveries mean an event, and for whom. The labels are the source and its event type. A provisioner "
        "without one listens to published GitHub releases.",
        {
            "when": Row("→ bool", "must hold for the delivery to mean anything", "`true`"),
            "entity": Row(
                "→ text or list", "the key of the entity, or several; only those of the own project count"
            ),
            "fire": Row("→ text", "the event's name"),
            "once_per": Row(
                "→ anything",
                "the same for all deliveries about one fact: the first is decided, later ones are `repeated`",
                "every delivery is a fact",
            ),
            "ordered_by": Row(
                "→ text or number",
                "a time or a number that grows: an older event is `late` and moves nothing",
                "as they come",
            ),
        },
    ),
    "variable": Words(
        "A value that is given from outside: by workers.yaml, by the environment, or, to a module, by its arguments.",
        {
            "type": Row(
                "a type",
                "`string`, `number`, `bool`, `any`, `list(TYPE)`, `map(TYPE)` or `object({ name = TYPE, other = optional(TYPE, DEFAULT) })`",
                "the default's kind",
            ),
            "default": Row(
                "a constant",
                "what holds where nobody gives a value; `null` lets null in",
                "a value must be given",
            ),
            "description": Row("text", "what it is for: shown where a value is missing", "nothing"),
            "sensitive": Row(
                "bool", "its value is not printed; names such as `api_token` are sensitive anyway", "`false`"
            ),
        },
    ),
    "locals": Words(
        "Names for expressions. A local is evaluated when it is needed, for each event, and sees what its user sees.",
        {"*": Row("→ anything", "read as `local.NAME`")},
    ),
    "module": Words(
        "Uses the blocks of another file's or folder's provisioner in this one, with arguments. The label is its name here.",
        {
            "source": Row(
                "text",
                "the path of the file or folder, from the folder of this file; begins with `./` or `../`",
            ),
            "*": Row(
                "a constant", "the value of the module's variable of that name; it may use `var` and `local`"
            ),
        },
    ),
    "property": Words(
        "A claim about the machine, which `interlock check` proves or refutes. It makes exactly one.",
        {
            "always": Row("→ bool", "holds at the start and after every move"),
            "never": Row("→ bool", "holds nowhere"),
            "reachable": Row(
                "text or list", "one of these states can be reached from everywhere, or from `from`"
            ),
            "eventually": Row(
                "text or list", "every way comes to one of these states, as long as anything moves"
            ),
            "leads_to": Row("text or list", "every way from `from` comes to one of these states"),
            "from": Row(
                "text or list",
                "where the way begins",
                "everywhere for `reachable`, the initial state for `eventually`",
            ),
            "within": Row(
                "number or text", 'in at most so many moves, or in so much time: `"72h"`', "however many"
            ),
        },
    ),
    "test": Words(
        "An example of what the machine does: at most one `given`, then `when` and `then` in turn. It may stand in a "
        "provisioner block of a `_test.hcl` file, too.",
        {},
    ),
    "given": Words(
        "Where the entity is before anything happens.",
        {
            "entity": Row(
                "text", "its key", "the first one that a delivery names, or the project's number 1"
            ),
            "state": Row("text", "the state it is in", "it is new"),
            "context": Row("object", "what its instance remembers", "`{}`"),
            "status": Row("text", "what the backend says", "nothing observes"),
            "now": Row("text", "the time, with a zone", "the beginning of 2024"),
        },
    ),
    "when": Words(
        "An event for the entity.",
        {
            "event": _PAYLOAD,
            "delivery": Row(
                "object", "the facts of its delivery: `source`, `type`, `id`, `received_at`", "`{}`"
            ),
        },
    ),
    "when delivery": Words(
        "A delivery: the `receive` blocks say what it means. The labels are the source and its event type.",
        {"event": _PAYLOAD},
    ),
    "advance": Words(
        "Moves the clock: timers that are due run out in order, each decided like an event.",
        {
            "by": Row("text or number", 'how far: `"72h"`, or a number of seconds'),
            "before": Row(
                "text",
                'a timer that is due at that very moment and has not run out yet, `"after.in_review.1"`: what comes '
                "next comes first",
            ),
        },
    ),
    "then": Words(
        "What is expected; what is not said is not compared.",
        {
            "verdict": Row("text", "the verdict of the last decision, or `ignored`"),
            "state": Row("text", "the state, or one around it"),
            "status": Row("text", "what the backend shows then, where one observes"),
            "context": Row("object", "what the instance remembers, as far as it is named"),
            "effects": Row(
                "list",
                "all effects since the last `then`, in order: names, or objects with any of `kind`, `name`, `worker`, `source`, "
                "`target`, `source_status`, `target_status`, `arguments`",
            ),
        },
    ),
}
