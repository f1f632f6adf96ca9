"""``env://NAME``: a value that stands in an environment variable, so that no secret stands in a file."""

import re
from collections.abc import Mapping
from typing import Any

from engine.frozen import frozen

_PREFIX = "env://"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


@frozen
class Resolved:
    """A value whose references were replaced, or the reasons why they could not be."""

    #: The value; None where there are problems.
    value: Any
    #: One sentence each, naming the variable and never a value.
    problems: tuple[str, ...] = ()
    #: What the references stood for: secrets, as far as anybody knows.
    secrets: frozenset[str] = frozenset()


def resolve(value: Any, environ: Mapping[str, str]) -> Resolved:
    """Replace each string that is a reference, in lists and mappings too.

    A reference is the whole string. A variable that is empty counts as missing.
    """
    problems: list[str] = []
    secrets: set[str] = set()

    def one(item: Any) -> Any:
        if isinstance(item, str):
            return text(item)
        if isinstance(item, Mapping):
            return {key: one(inner) for key, inner in item.items()}
        if isinstance(item, list | tuple):
            return [one(inner) for inner in item]
        return item

    def text(item: str) -> str:
        if _PREFIX not in item:
            return item
        name = item.removeprefix(_PREFIX)
        if not item.startswith(_PREFIX) or not _NAME.match(name):
            problems.append("a reference is the whole value: env:// and the name of one environment variable")
            return item
        if not environ.get(name):
            problems.append(f"the environment variable {name} is {'empty' if name in environ else 'not set'}")
            return item
        secrets.add(environ[name])
        return environ[name]

    result = one(value)
    if problems:
        return Resolved(value=None, problems=tuple(dict.fromkeys(problems)))
    return Resolved(value=result, secrets=frozenset(secrets))
