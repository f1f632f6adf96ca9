"""Values for variables that do not stand in the definition, with where they come from."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from engine.diagnostics import Span
from engine.frozen import frozen


@frozen
class Given:
    """One value from outside."""

    #: Never shown: it may be a secret.
    value: Any = field(repr=False)
    #: Who gives it, for the author: ``INTERLOCK_VAR_grace``, ``--var grace``, ``workers.yaml``.
    origin: str
    #: It is a text because there is nothing else where it comes from: the variable's type says how it is read.
    written: bool = False
    #: Where it stands, if that is a file.
    span: Span | None = None


#: By the variable's name; a value that is no `Given` is taken as it is.
Values = Mapping[str, Any]


def given(values: Values, name: str) -> Given | None:
    """What there is for a variable."""
    if name not in values:
        return None
    found = values[name]
    return found if isinstance(found, Given) else Given(value=found, origin="the caller")
