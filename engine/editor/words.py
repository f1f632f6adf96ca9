"""What blocks, attributes and names mean, in one sentence each: what hover and completion show. Tests hold it against
`engine.machine.shapes`.
"""

from collections.abc import Mapping

#: By the key of `SHAPES`.
BLOCKS: Mapping[str, str] = {
    "variable": "A value from outside: `workers.yaml` or `INTERLOCK_VAR_name`, or else its `default`. Used as `var.NAME`.",
    "locals": "Names for expressions, evaluated when they are needed, for each event. Used as `local.NAME`.",
    "provisioner": "Gives one project its machine. The label is the project, as in the first part of an issue's key.",
    "aliasmapper": "Says what the backend calls the states. Without it names map to themselves.",
    "statemachine": "The states of the project, and what may follow what.",
    "receive": "Says which deliveries mean an event, and for which entity.",
    "state": "A place where an instance can be. With states in it, it is compound: an instance in it is in one of them.",
    "state event": "The short form of a state with one transition: the second label is the event.",
    "parallel": "A state whose states are regions: entered, left and run together.",
    "history": "A target that stands for the states in its state that were left last.",
    "on": "What may happen on an event. Several for one event are tried in order; all but the last need a `when`.",
    "always": "What happens without an event: tried whenever a state was entered or left, and after every `set`.",
    "after": "A timer: set when the state is entered, cancelled when it is left. When it runs out, the block is decided.",
    "on_enter": "What is set and called whenever the state is entered.",
    "on_exit": "What is set and called whenever the state is left.",
    "request": "Decorates the call that moves the entity in the project's backend.",
    "action": "An extra call, by a worker of `workers.yaml` or the built-in `http`, made after the backend's.",
    "on_failure": "Actions that are made in place of this one when it is given up.",
    "property": "A claim about the machine, proven or refuted by `interlock check`.",
    "test": "An example: where an entity is, what comes in, what is expected. Run by `interlock test`.",
    "given": "Where the test starts.",
    "when": "An event that comes in for the entity.",
    "when delivery": "A delivery that comes in; the `receive` blocks say what it means.",
    "then": "What is expected since the last `then`; what is not said is not compared.",
}

_CANDIDATE = {
    "transition": ("a state's name", "The state to go to, or `<end>`. Without it the state is kept."),
    "when": ("bool", "The guard: it must hold. One that cannot be evaluated counts as false."),
    "set": ("object", "Merged into what the instance remembers; null deletes."),
}
_REACTION = {"set": _CANDIDATE["set"]}
_INITIAL = ("a state's name", "The state in it that is entered with it.")

#: By the key of `SHAPES`: an attribute's type and what it means.
ATTRIBUTES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "variable": {"default": ("a constant", "The value, if none is given from outside.")},
    "aliasmapper": {"aliases": ("object of texts", "By a state's name what the backend calls it.")},
    "statemachine": {
        "initial": (
            "a state's name",
            "Where an entity begins that was never seen and that no backend observes.",
        )
    },
    "receive": {
        "when": ("bool", "Must hold for the delivery to mean anything."),
        "entity": ("text or list", "The key of the entity, or a list of keys."),
        "fire": ("text", "The event's name."),
        "once_per": (
            "any",
            "The same for all deliveries about one fact: the first is decided, later ones are `repeated`.",
        ),
        "ordered_by": (
            "text or number",
            "A time or a number that grows: an older event is `late` and moves nothing.",
        ),
    },
    "state": {
        "final": ("bool", "Nothing leads out of it."),
        "alias": ("null", "`null` makes it internal: the backend is not called for it."),
        "initial": _INITIAL,
    },
    "parallel": {"alias": ("null", "`null` makes it internal: the backend is not called for it.")},
    "history": {
        "deep": ("bool", "It brings back the innermost states, not only the one right inside."),
        "transition": ("a state's name", "Where it leads before its state was ever left."),
    },
    "on": _CANDIDATE,
    "state event": _CANDIDATE,
    "always": _CANDIDATE,
    "after": {
        "delay": ("duration", 'How long: `"90s"`, `"1h30m"`, `"7d"`, or a number of seconds.'),
        **_CANDIDATE,
    },
    "on_enter": _REACTION,
    "on_exit": _REACTION,
    "property": {
        "always": ("bool", "Holds at the start and after every move."),
        "never": ("bool", "Holds nowhere."),
        "reachable": ("states", "From everywhere, or from `from`, some way leads to one of them."),
        "eventually": ("states", "Every way leads to one of them, as long as anything moves."),
        "leads_to": ("states", "Every way from the states of `from` leads to one of them."),
        "from": ("states", "Where the way starts."),
        "within": ("number", "In at most so many moves."),
    },
    "given": {
        "entity": ("text", "The entity's name."),
        "state": ("a state's name", "Where the instance is; without it the entity is new."),
        "context": ("object", "What the instance remembers."),
        "status": ("text", "What the backend says."),
        "now": ("time", "The time of the decision: `2024-01-31T12:00:00Z`."),
    },
    "when": {
        "event": ("object", "The event's payload."),
        "delivery": ("object", "The facts of its delivery."),
    },
    "when delivery": {"event": ("object", "The delivery's payload.")},
    "then": {
        "verdict": ("text", "How the decision ended."),
        "state": ("a state's name", "Where the instance is."),
        "status": ("text", "What the backend says."),
        "context": ("object", "What the instance remembers."),
        "effects": ("list", "The calls that were decided, in order and all of them."),
    },
}

#: What an expression can begin with.
ROOT_WORDS: Mapping[str, str] = {
    "event": "The payload.",
    "delivery": "The facts of the delivery.",
    "entity": "The thing in the backend that moves.",
    "state": "The state the decision starts from; in what a transition does, the one it leads to.",
    "previous": "In what a transition does: the state before it.",
    "active": "The list of all states the instance is in, outer ones first.",
    "context": "What the instance remembers.",
    "var": "Values of `variable` blocks.",
    "local": "Values of `locals`.",
    "now": "The time of the decision, RFC 3339.",
}

#: Members of roots that always have the same ones.
MEMBER_WORDS: Mapping[str, Mapping[str, str]] = {
    "delivery": {
        "source": "Who sent it: `github`.",
        "type": "The source's name for what happened: `release`.",
        "id": "The source's identifier of the delivery.",
        "received_at": "When it was received, RFC 3339.",
    },
    "entity": {"id": "Its name in the backend: `SOC-12`.", "project": "The project it belongs to: `soc`."},
}

#: The payloads of the engine's own events.
FAILED_FIELDS = ("event", "source", "target", "target_status", "reason")
TIMER_FIELDS = ("due",)

#: What processors make of a `request` or an `action`.
ARGUMENTS: Mapping[str, tuple[str, str]] = {
    "resolution": ("text", "Jira: the resolution's name."),
    "comment": ("text", "Jira: a comment that is added."),
    "fields": ("object", "Jira: fields that are set."),
    "url": ("text", "http: where the call goes."),
    "method": ("text", "http: the method; `POST` if it is left out."),
    "headers": ("object", "http: the headers."),
    "body": ("any", "http: the body; an object is sent as JSON."),
    "timeout": ("number", "http: how many seconds to wait."),
}


def words_of(shape: str) -> Mapping[str, tuple[str, str]]:
    """The attributes of a block in words; of one that takes any, those that a processor understands."""
    return ARGUMENTS if shape in ("action", "request") else ATTRIBUTES.get(shape, {})
