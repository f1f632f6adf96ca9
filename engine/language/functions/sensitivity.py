"""What authors say about what may be shown. Both functions give their argument; who reads expressions minds their names."""

from typing import Any

from engine.language.functions.function import function
from engine.language.meter import Meter

#: The function that hides what it is given, and the one that lets it be shown.
HIDES = "sensitive"
SHOWS = "nonsensitive"


def _itself(_meter: Meter, value: Any) -> Any:
    return value


SENSITIVITY = (
    function(f"{HIDES}(value: any)", "The value, which is hidden wherever it would be shown.", _itself),
    function(
        f"{SHOWS}(value: any)",
        "The value, which may be shown although it is made of sensitive ones.",
        _itself,
    ),
)
