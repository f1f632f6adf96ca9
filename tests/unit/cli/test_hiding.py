"""Values of sensitive variables are not printed."""

import json

from engine.cli.hiding import hide, secrets_in, secrets_of
from engine.machine.read import read_definition


def test_every_text_of_a_sensitive_value_is_hidden_as_it_is_and_in_json() -> None:
    values = {"api": {"user": "ada", "keys": ["sesame opens", 'quo"ted', 123456]}, "label": "plainly"}
    secrets = secrets_in([(values, ["api"])])
    assert secrets == ("sesame opens", 'quo"ted', "123456")
    said = hide(f"Bearer sesame opens, plainly {json.dumps(values)}", secrets)
    assert "plainly" in said
    assert not [secret for secret in ("sesame", "quo", "123456") if secret in said]
    assert said.count("(sensitive)") == 4


def test_a_secret_inside_another_is_hidden_last() -> None:
    secrets = secrets_in([({"a": "long", "b": "longer"}, ["a", "b"])])
    assert hide("longer long", secrets) == "(sensitive) (sensitive)"


def test_what_is_too_short_would_be_found_everywhere() -> None:
    assert secrets_in([({"a": "the", "b": True, "c": None}, ["a", "b", "c"])]) == ()


def test_the_secrets_of_a_definition_are_those_of_its_sensitive_variables() -> None:
    text = (
        'variable "label" { default = "plain" }\nvariable "chat_token" { default = "sesame" }\n'
        'provisioner "soc" {\n  statemachine "soc" {\n    initial = "a"\n    state "a" "next" { transition = "a" }\n  }\n}\n'
    )
    definition = read_definition(text, "soc.hcl").definition
    assert definition is not None
    assert definition.sensitive == {"chat_token"}
    assert secrets_of([definition]) == ("sesame",)
