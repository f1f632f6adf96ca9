"""What is not a text is refused by the public functions in words, not by an attribute that it lacks."""

from collections.abc import Callable
from typing import Any

import pytest

from engine.language import parse
from engine.language.format import format_text
from engine.machine.compile import compile_definition
from engine.machine.prove import prove
from engine.machine.read import read_definition
from engine.testing import load_definition, load_provisioner


@pytest.mark.parametrize(
    ("call", "arguments", "said"),
    [
        (parse, (None, "x.hcl"), "the source to parse must be str or bytes, not NoneType"),
        (parse, (bytearray(b"x"), "x.hcl"), "the source to parse must be str or bytes, not bytearray"),
        (parse, ("x = 1", None), "the name of the file to parse must be str, not NoneType"),
        (format_text, (1, "x.hcl"), "the source to parse must be str or bytes, not int"),
        (read_definition, (b"x", "x.hcl"), "the text of a definition must be str, not bytes"),
        (read_definition, ("", None), "the name of a definition must be str, not NoneType"),
        (read_definition, ("", "x", 5), "the values of variables must be Mapping, not int"),
        (prove, (None,), "what is to be proven must be Provisioner, not NoneType"),
        (compile_definition, (None,), "what is to be compiled must be Definition, not NoneType"),
        (load_definition, (None,), "the definition to load must be Path or str, not NoneType"),
        (load_provisioner, (5,), "the definition to load must be Path or str, not int"),
    ],
)
def test_the_wrong_type(call: Callable[..., Any], arguments: tuple[Any, ...], said: str) -> None:
    with pytest.raises(TypeError) as caught:
        call(*arguments)
    assert str(caught.value) == said
