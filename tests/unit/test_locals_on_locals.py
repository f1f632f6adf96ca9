"""Locals that stand on locals, many times over: each is looked at once, whoever asks."""

from contextlib import suppress

import pytest

from engine.errors import EvaluationError
from engine.machine.prove import prove
from engine.machine.read import ReadResult, read_definition
from engine.sources.check import check_sources

#: With so many levels, what doubles at each of them never ends.
LEVELS = 40

DOUBLING = {
    "both sides": "event.x ? local.a{0} : local.a{0}",
    "objects of both sides": "event.x ? {{ x = local.a{0}, y = local.a{0} }} : {{ x = local.a{0}, z = local.a{0} }}",
    "object": "{{ x = local.a{0}, y = local.a{0} }}",
    "list": "[local.a{0}, local.a{0}]",
    "attempts": "try(local.a{0}.number, local.a{0})",
    "coalesce": "coalesce(local.a{0}, local.a{0})",
    "order": "local.a{0} == 1 || local.a{0} == 2",
}


def machine(lines: list[str], guard: str) -> ReadResult:
    """A machine with these locals, and a transition with this guard."""
    body = "\n".join(lines)
    return read_definition(
        f"""
locals {{
{body}
}}
provisioner "m" {{
  statemachine "m" {{
    initial = "open"
    state "open" "go" {{
      when       = {guard}
      transition = "open"
    }}
  }}
  receive "github" "pull_request" {{
    entity = event.pull_request.title
    fire   = "go"
  }}
}}
""",
        "m.hcl",
    )


@pytest.mark.parametrize("step", DOUBLING.values(), ids=DOUBLING)
@pytest.mark.parametrize("first", ["event.pull_request", "event.number + 1"])
def test_what_doubles_at_each_level_ends(step: str, first: str) -> None:
    lines = [f"a0 = {first}", *(f"a{n + 1} = {step.format(n)}" for n in range(LEVELS))]
    read = machine(lines, f"local.a{LEVELS} == 1")
    assert read.whole is not None
    check_sources(read)
    provisioner = read.whole.provisioners["m"]
    prove(provisioner)
    guard = provisioner.machine.transitions[0].guard
    assert guard is not None
    for event in ({"x": True, "pull_request": {"number": 1}, "number": 1}, {}):
        with suppress(EvaluationError):  # either will do, as long as it ends
            assert guard.evaluate(provisioner.machine.names.scope(event=event)) in (True, False)


def test_a_local_that_fails_fails_once() -> None:
    lines = ["a0 = event.number + 1", *(f"a{n + 1} = try(local.a{n}, local.a{n})" for n in range(LEVELS))]
    read = machine(lines, f"local.a{LEVELS} == 1")
    assert read.definition is not None
    names = read.definition.provisioners["m"].machine.names
    scope = names.scope(event={"number": "x"})
    problems = []
    for _ in range(2):
        with pytest.raises(EvaluationError) as caught:
            scope["local"][f"a{LEVELS}"]
        problems.append(caught.value)
    assert problems[0] is problems[1]


def test_two_towers_of_different_types_are_not_compared_brick_by_brick() -> None:
    lines = ["a0 = event.number", "b0 = event.action"]
    for n in range(LEVELS):
        lines += [
            f"a{n + 1} = {{ x = local.a{n}, y = local.a{n}, n = 1 }}",
            f'b{n + 1} = {{ x = local.b{n}, y = local.b{n}, n = "s" }}',
        ]
    lines.append(f"c = event.x ? local.a{LEVELS} : local.b{LEVELS}")
    read = machine(lines, "local.c == 1")
    assert read.definition is not None
    scope = read.definition.provisioners["m"].machine.names.scope(
        event={"x": True, "number": 1, "action": "a"}
    )
    with pytest.raises(EvaluationError) as caught:
        scope["local"]["c"]
    assert caught.value.diagnostic.code == "evaluation_too_large"


def test_a_long_chain_that_leads_nowhere_is_told_at_its_end() -> None:
    count = 3000
    read = machine([f"a{n} = local.a{n + 1}" for n in range(count)], "local.a0 == 1")
    assert [d.summary for d in read.diagnostics] == [f"There is no local.a{count}"]
