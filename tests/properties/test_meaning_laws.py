"""A machine's hash is that of its meaning: layout keeps it, every change of what is decided changes it."""

import random
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decide.decide import decide
from engine.language.format import format_text
from engine.language.parse import parse
from engine.machine.canonical import hash_of_expression
from engine.machine.compile import CompiledProvisioner, compile_definition
from engine.machine.definition import Definition
from engine.machine.read import read_again, read_definition
from engine.machine.step import step
from engine.model import Entity, Event, Observation, Outcome, Snapshot, Verdict

NOW = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass
class Block:
    """A block of a definition: what is written, without its layout."""

    head: str
    attributes: dict[str, str] = field(default_factory=dict)
    blocks: "list[Block]" = field(default_factory=list)

    def walk(self) -> "Iterator[Block]":
        yield self
        for inner in self.blocks:
            yield from inner.walk()


def b(head: str, *blocks: Block, **attributes: str) -> Block:
    return Block(head, attributes, list(blocks))


def whole() -> Block:
    """A definition with everything in it that a machine can have."""
    call = b('action "http" "tell"', url='"https://chat.example"', body="{ text = context.note }")
    spare = b('action "http" "mail"', url='"https://mail.example"')
    return b(
        "",
        b('variable "grace"', default='"72h"'),
        b("locals", ready='event.x == 1 && event.y != "no"', leads='["ada", "grace", "edsger"]'),
        b(
            'provisioner "soc"',
            b(
                'receive "github" "issues"',
                when='event.action == "opened"',
                entity='"SOC-1"',
                fire='"go"',
                once_per="event.issue.id",
                ordered_by="event.issue.updated_at",
            ),
            b(
                'statemachine "soc"',
                b(
                    'state "open"',
                    b("on_exit", set="{ left = now }"),
                    b('on "go"', b("request", comment='"on it"'), when="local.ready", transition='"review"'),
                    b('on "go"', transition='"<end>"'),
                    b('on "note"', call, set="{ note = event.x }"),
                ),
                b(
                    'state "review"',
                    b("on_enter", call, set="{ rounds = try(context.rounds, 0) + 1 }"),
                    b('history "last"', deep="true", transition='"wait"'),
                    b('on "done.state.review"', transition='"both"'),
                    b('state "wait"', b('on "go"', transition='"asked"')),
                    b(
                        'state "asked"',
                        b(
                            "await",
                            b(
                                'answer "approve"',
                                needs="2",
                                when="event.who != context.author",
                                transition='"agreed"',
                            ),
                            b('answer "reject"', set="{ why = event.comment }", transition='"wait"'),
                            **{"from": "local.leads"},
                        ),
                        b("after", delay="var.grace", transition='"wait"'),
                    ),
                    b('state "agreed"', final="true"),
                    initial='"wait"',
                ),
                b(
                    'parallel "both"',
                    b('state "one"', b('state "x"', b('on "go"', transition='"y"')), b('state "y"'), initial='"x"'),
                    b('state "two"', b('state "x"', b("always", when="context.z", transition='"y"')), b('state "y"'), initial='"x"'),
                    b('on "back"', transition='"review.last"'),
                ),
                b('state "*"', b('on "stop"', b('action "http" "stop"', b("on_failure", spare)), transition='"end"')),
                b('state "end"', final="true"),
                initial='"open"',
            ),
        ),
    )  # fmt: skip


def written(block: Block, layout: random.Random | None = None, depth: int = 0) -> str:
    """The block's text; with `layout`, attributes in any order, with any space, comment and parenthesis."""
    items: list[tuple[str, str] | Block] = [*block.attributes.items(), *block.blocks]
    if layout is not None:
        places = [n for n, item in enumerate(items) if isinstance(item, tuple)]
        attributes = [items[n] for n in places]
        layout.shuffle(attributes)
        items = [item for item in items if isinstance(item, Block)]
        for attribute in attributes:
            items.insert(layout.randint(0, len(items)), attribute)
    pad = "  " * depth if layout is None else " " * layout.randint(0, 9)
    lines = [f"{pad}{block.head} {{"] if block.head else []
    for item in items:
        lines += _noise(layout)
        if isinstance(item, Block):
            lines.append(written(item, layout, depth + 1))
        else:
            name, value = item
            if layout is not None and layout.random() < 0.3:
                value = f"({value})"
            space = " " * (1 if layout is None else layout.randint(0, 3))
            lines.append(f"{pad}{space}{name}{space}={space}{value}")
    return "\n".join([*lines, *([f"{pad}}}"] if block.head else [])])


def _noise(layout: random.Random | None) -> list[str]:
    if layout is None or layout.random() < 0.6:
        return []
    return [layout.choice(["", "# a remark", "  // another", '/* state "x" {} */', "\t"])]


def read(text: str) -> Definition | None:
    return read_again(text, "p.hcl", {}).definition  # whatever the types


def hashes(text: str) -> tuple[str, str]:
    definition = read(text)
    assert definition is not None, [str(d) for d in read_definition(text, "p.hcl").diagnostics]
    return definition.hash, definition.provisioners["soc"].machine.hash


PLAIN = written(whole())


@given(layout=st.randoms(use_true_random=False))
def test_layout_comments_parentheses_and_the_order_of_attributes_keep_it(layout: random.Random) -> None:
    text = written(whole(), layout)
    assert hashes(text) == hashes(PLAIN)


def test_what_stores_have_recorded_stays_what_it_was() -> None:
    """History names definitions by these: a release that changed them could not make old decisions again."""
    without = whole()
    asked = next(block for block in without.walk() if block.head == 'state "asked"')
    asked.blocks = [block for block in asked.blocks if block.head != "await"]
    assert hashes(written(without)) == (
        "adad93c5511e24b92dc965902f54c2745839fcd9027fe487eec1cab50e631083",
        "f83e76b6c0f1cdf5b2240c1b51f48d2246f52658c7d8ad138855a317c2a8f401",
    )


def test_the_canonical_style_keeps_it() -> None:
    formatted = format_text(written(whole(), random.Random(7)), "p.hcl").text
    assert formatted is not None
    assert hashes(formatted) == hashes(PLAIN)


#: What an attribute's value may become.
_OTHER = (
    '"wait"',
    '"end"',
    "true",
    "false",
    "3",
    '"90s"',
    'event.z == "other"',
    "{ z = 1 }",
    '["bob", "eve", "zoe"]',
)


def _changed() -> Iterator[tuple[str, str]]:
    """Every definition that differs in one thing, with what that is."""
    for number, block in enumerate(whole().walk()):
        for name in block.attributes:
            for value in (None, *_OTHER):
                if value == block.attributes[name]:
                    continue
                other = whole()
                changed = list(other.walk())[number]
                if value is None:
                    del changed.attributes[name]
                else:
                    changed.attributes[name] = value
                yield f"{block.head}: {name} = {value}", written(other)
        for position, inner in enumerate(block.blocks):
            other = whole()
            del list(other.walk())[number].blocks[position]
            yield f"without {inner.head}", written(other)
            twice = whole()
            blocks = list(twice.walk())[number].blocks
            again = deepcopy(blocks[position])
            again.head = again.head.replace('"tell"', '"tell again"').replace('"go"', '"went"')
            if again.head != inner.head:
                blocks.insert(position + 1, again)
                yield f"{again.head} beside {inner.head}", written(twice)


@pytest.fixture(scope="module")
def changed() -> dict[str, tuple[str, str]]:
    """The hashes of every definition that differs in one thing and reads well, by what that is."""
    found = {}
    for what, text in _changed():
        definition = read(text)
        if definition is not None and "soc" in definition.provisioners:
            found[what] = (definition.hash, definition.provisioners["soc"].machine.hash)
    return found


def test_there_are_many_changes_to_try(changed: dict[str, tuple[str, str]]) -> None:
    assert len(changed) > 150
    tried = " ".join(changed)
    words = (
        "needs = 3",
        "await: from",
        "without await",
        "needs = None",
        "delay",
        "deep",
        "ordered_by",
        "once_per",
    )
    assert [word for word in words if word not in tried] == []


def test_every_change_of_meaning_changes_it(changed: dict[str, tuple[str, str]]) -> None:
    whole_hash, machine_hash = hashes(PLAIN)
    assert [what for what, (found, _) in changed.items() if found == whole_hash] == []
    of_machine = {what: found for what, (_, found) in changed.items() if "receive" not in what}
    assert [what for what, found in of_machine.items() if found == machine_hash] == []


def test_changes_that_mean_something_else_from_each_other_differ(changed: dict[str, tuple[str, str]]) -> None:
    first: dict[str, str] = {}
    alike = [{first.setdefault(found, what), what} for what, (found, _) in changed.items()]
    # Each pair says the same in two ways.
    assert {" and ".join(sorted(pair)) for pair in alike if len(pair) > 1} == {
        "request: comment = None and without request",
        'history "last": deep = None and history "last": deep = false',
        'without on "stop" and without state "*"',
        'state "end": final = None and state "end": final = false',
    }


def test_the_order_of_candidates_means_something() -> None:
    other = whole()
    state = next(block for block in other.walk() if block.head == 'state "open"')
    state.blocks[1].attributes["when"], state.blocks[2].attributes["when"] = "event.a", "event.b"
    swapped = deepcopy(other)
    state = next(block for block in swapped.walk() if block.head == 'state "open"')
    state.blocks[1], state.blocks[2] = state.blocks[2], state.blocks[1]
    assert hashes(written(other)) != hashes(written(swapped))


def compiled() -> CompiledProvisioner:
    definition = read(PLAIN)
    assert definition is not None
    return compile_definition(definition)["soc"]


@pytest.mark.parametrize(
    "event",
    [
        Event(name="go", entity=Entity(project="soc", id="SOC-1"), payload={"x": 1, "y": 2}),
        Event(name="go", entity=Entity(project="soc", id="SOC-1"), payload={}),
        Event(name="nothing", entity=Entity(project="soc", id="SOC-1")),
        Event(name="after.open.1", entity=Entity(project="soc", id="SOC-1"), payload={"due": "x"}),
        Event(name="await.open.yes", entity=Entity(project="soc", id="SOC-1"), payload={"who": "ada"}),
        Event(name="note", entity=Entity(project="soc", id="SOC-1"), payload={"x": "y"}),
        Event(name="note", entity=Entity(project="soc", id="SOC-1"), payload={}),
    ],
)
@pytest.mark.parametrize("state", ["open", "review.asked", "gone", "both.one.x & both.two.x"])
def test_every_step_and_snapshot_carries_it(event: Event, state: str) -> None:
    soc = compiled()
    made = step(soc.machine, Snapshot(state=state), event, NOW)
    assert made.machine == made.snapshot.machine == hashes(PLAIN)[1]


@pytest.mark.parametrize("status", [None, "open", "review", "unknown"])
@pytest.mark.parametrize("repeated", [True, False])
def test_every_decision_carries_it_and_names_the_one_before(status: str | None, repeated: bool) -> None:  # noqa: FBT001
    soc = compiled()
    event = Event(name="go", entity=Entity(project="soc", id="SOC-1"), receive="r", once="1", payload={})
    observed = None if status is None else Observation(outcome=Outcome.DONE, status=status)
    before = Snapshot(state="open", version=3, machine="of another definition")
    decision = decide(soc, before, event, NOW, observed=observed, repeated=repeated)
    assert decision.step.machine == soc.machine.definition.hash
    assert decision.facts["snapshot"]["machine"] == "of another definition"
    assert (decision.step.trace.verdict is Verdict.REPEATED) is repeated


@pytest.mark.parametrize(
    ("written", "hashed"),
    [("1.50", "6ecd9e5d9c6275ea"), ("1e400", "d7583945ab579a77"), ("[1.25, 3, -0.1]", "7fd5109a78197f67"), ("1e-7", "84c892ea6cfc6742")],
)  # fmt: skip
def test_numbers_count_as_they_are_written(written: str, hashed: str) -> None:
    tree = parse(f"x = {written}\n", "numbers.hcl").tree
    assert tree is not None
    assert hash_of_expression(tree.attributes[0].value).startswith(hashed)
