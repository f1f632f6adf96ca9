"""What is sensitive, and what is shown in its place."""

from datetime import UTC, datetime
from typing import Any

import pytest

from engine.decide.decide import Decision, decide
from engine.machine.compile import CompiledProvisioner, compile_definition, unhidden
from engine.machine.masks import shown_context, shown_effect, shown_facts
from engine.machine.read import ReadResult, read_again, read_definition
from engine.model import Entity, Event, Snapshot
from engine.run.echoes import echoes_of

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
TEXT = """
variable "key" {{
  default   = "sesame-opens"
  sensitive = true
}}
variable "plain" {{ default = "plain" }}
locals {{
  bearer = "Bearer ${{var.key}}"
  size   = nonsensitive(length(var.key))
}}
provisioner "soc" {{
  {receive}
  statemachine "soc" {{
    initial = "a"
    state "a" "next" {{ transition = "b" }}
    state "b" {{
      on "next" {{
        when       = {guard}
        transition = "a"
        set        = {change}
        action "http" "call" {{
          url  = "https://x.example"
          body = {body}
        }}
      }}
    }}
  }}
}}
"""


def read(
    guard: str = "true", change: str = "{}", body: str = "null", receive: str = "", **more: Any
) -> ReadResult:
    return read_definition(
        TEXT.format(guard=guard, change=change, body=body, receive=receive), "soc.hcl", more
    )


def compiled(result: ReadResult) -> CompiledProvisioner:
    assert result.definition is not None, result.diagnostics
    return compile_definition(result.definition)["soc"]


def decided(
    provisioner: CompiledProvisioner, context: dict[str, Any] | None = None, **payload: Any
) -> Decision:
    event = Event(name="next", entity=Entity(project="soc", id="SOC-1"), payload=payload)
    snapshot = Snapshot(state="b", context=context or {})
    return decide(provisioner, snapshot, event, NOW, observed=None, repeated=False)


def reason(guard: str, context: dict[str, Any] | None = None, change: str = "{}", **payload: Any) -> str:
    return decided(compiled(read(guard, change)), context, **payload).step.trace.candidates[0].reason


KEY = "(sensitive: var.key)"


@pytest.mark.parametrize(
    ("guard", "told"),
    [
        ('local.bearer != "x"', f"guard held: local.bearer is {KEY}, var.key is {KEY}"),
        ("local.size > 3", f"guard held: local.size is 12, var.key is {KEY}"),
        ("event.a == upper(var.key)", f"guard false: event.a is {KEY}, var.key is {KEY}"),
        (
            'event.a == "y" || event.b == var.key',
            f'guard false: event.a is "x", event.b is {KEY}, var.key is {KEY}',
        ),
        ("event.c == var.key", "guard could not be evaluated: There is no"),
        ("upper(var.key)", f"guard is neither true nor false: it is {KEY}"),
        ("upper(nonsensitive(var.plain))", 'guard is neither true nor false: it is "PLAIN"'),
        ("var.key + event.n > 1", f"guard could not be evaluated: What is wrong with it would show {KEY}"),
        ("sensitive(event.a)", "guard is neither true nor false: it is (sensitive)"),
        ("nonsensitive(var.key)", 'guard is neither true nor false: it is "sesame-opens"'),
        (
            "[for x in [var.key] : -x] == []",
            f"guard could not be evaluated: What is wrong with it would show {KEY}",
        ),
    ],
)
def test_an_explanation_says_what_is_hidden_and_all_the_rest(guard: str, told: str) -> None:
    found = reason(guard, a="x", b="y", n=1)
    if "could not be evaluated: There is no" in told:
        assert "event" in found
        assert "sesame" not in found
        assert KEY not in found
    else:
        assert found == told


def test_a_member_of_the_context_is_sensitive_in_every_state_once_one_is_set_to_it() -> None:
    change = '{ half = substr(var.key, 0, 6), id = event.a, "deep" = { k = local.bearer } }'
    step = decided(compiled(read(change=change)), a="x").step
    assert step.snapshot.context == {"half": "sesame", "id": "x", "deep": {"k": "Bearer sesame-opens"}}
    assert dict(step.snapshot.sensitive) == {"context.deep": ["var.key"], "context.half": ["var.key"]}
    assert shown_context(step.snapshot) == {"half": KEY, "id": "x", "deep": KEY}
    told = reason("context.half == event.a", {"half": "sesame"}, change, a="x")
    assert told == f"guard false: context.half is {KEY}, event.a is {KEY}"
    unmoved = decided(compiled(read("false", change)), {"half": "sesame"}).step
    assert shown_context(unmoved.snapshot) == {"half": KEY}


def test_of_an_object_only_the_members_are_hidden_that_have_to_be() -> None:
    body = '{ token = var.key, "room" = var.plain, in = { t = local.bearer, n = 1 } }'
    (_, call) = decided(compiled(read(body=body))).step.effects
    assert call.arguments["body"]["token"] == "sesame-opens"
    assert shown_effect(call).arguments["body"] == {"token": KEY, "room": "plain", "in": {"t": KEY, "n": 1}}
    (_, whole) = decided(compiled(read(body="merge({ a = 1 }, { t = var.key })"))).step.effects
    assert shown_effect(whole).arguments == {"body": KEY, "url": "https://x.example"}
    echoes = echoes_of(call)
    assert echoes is not None
    assert echoes.hide("refused SESAME-OPEN, snepo-emases, plain") == "refused(sensitive), (sensitive), plain"


def test_what_is_made_of_nothing_sensitive_is_shown_and_costs_nothing() -> None:
    text = TEXT.replace("sensitive = true", "").format(
        guard="var.key != event.a", change="{}", body="var.key", receive=""
    )
    provisioner = compiled(read_definition(text, "soc.hcl"))
    assert provisioner.machine.definition.names.hidden is None
    decision = decided(provisioner, a="x")
    assert decision.step.trace.candidates[0].reason == 'guard held: var.key is "sesame-opens", event.a is "x"'
    assert "hiding" not in decision.facts
    assert not decision.step.effects[1].masks


def test_facts_are_shown_without_sensitive_values() -> None:
    change = "{ half = substr(var.key, 0, 6) }"
    decision = decided(compiled(read(change=change)), {"half": "sesame"})
    stored = {
        **decision.facts,
        "snapshot": {**decision.facts["snapshot"], "sensitive": {"context.half": ["var.key"]}},
    }
    shown = shown_facts(stored)
    assert shown["variables"] == {"key": "(sensitive)", "plain": "plain"}
    assert shown["snapshot"]["context"] == {"half": KEY}
    assert stored["variables"]["key"] == "sesame-opens"


def test_a_decision_from_before_comes_out_with_the_words_that_it_had() -> None:
    provisioner = compiled(read("event.a != local.bearer && event.a != var.key"))
    old = decided(unhidden(provisioner), a="x")
    assert old.step.trace.candidates[0].reason == 'guard held: event.a is "x"'
    assert "hiding" not in old.facts
    assert decided(provisioner, a="x").facts["hiding"] == 1


@pytest.mark.parametrize(
    "places",
    [
        {"receive": 'receive "github" "release" {\n entity = upper(var.key)\n fire = "next"\n}'},
        {"receive": 'receive "github" "release" {\n entity = "SOC-1"\n fire = var.key\n}'},
        {
            "receive": 'receive "github" "release" {\n entity = "SOC-1"\n fire = "next"\n once_per = local.bearer\n}'
        },
        {"change": "{ (var.key) = 1 }"},
        {"change": "zipmap([var.key], [1])"},
        {"receive": 'aliasmapper "soc" {\n aliases = { a = var.key, b = "B" }\n}'},
    ],
)
def test_what_names_something_must_not_be_sensitive(places: dict[str, str]) -> None:
    result = read(**places)
    assert result.definition is None
    assert "sensitive_shown" in {d.code for d in result.diagnostics}
    assert "sesame" not in str(result.diagnostics)
    text = TEXT.format(**{"guard": "true", "change": "{}", "body": "null", "receive": "", **places})
    # What was decided with such a definition can be decided again.
    assert read_again(text, "soc.hcl", {}).definition is not None
    allowed = text.replace("(var.key)", "(nonsensitive(var.key))").replace(
        "= var.key", "= nonsensitive(var.key)"
    )
    allowed = allowed.replace("[var.key]", "[nonsensitive(var.key)]").replace(
        "= local.bearer", "= nonsensitive(local.bearer)"
    )
    assert read_definition(allowed, "soc.hcl").definition is not None


def test_a_line_where_a_sensitive_default_stands_is_not_quoted() -> None:
    text = 'variable "api_key" { default = "sesame" }\nvariable "other" { default = "shown" }\n'
    result = read_definition(text, "soc.hcl")
    assert result.sources["soc.hcl"].splitlines() == [
        'variable "api_key" { default = ........ }',
        'variable "other" { default = "shown" }',
    ]
