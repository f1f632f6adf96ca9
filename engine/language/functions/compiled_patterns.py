"""Regular expressions in RE2's syntax, compiled once for all calls."""

import re
from functools import lru_cache
from typing import Any

from engine.language.values import UnfitError

_MAX_PATTERN = 2_000
#: One byte of a character, which no text can hold.
_ONE_BYTE = r"(?<!\\)(?:\\\\)*\\C"


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Any:
    """The pattern, ready to match."""
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = 8 << 20
    return re2.compile(pattern, options)


def check_pattern(pattern: str) -> None:
    """Raise `UnfitError` unless it can be compiled."""
    import re2

    if len(pattern) > _MAX_PATTERN:
        raise UnfitError(f"is longer than {_MAX_PATTERN} characters")
    if "\\C" in pattern and re.search(_ONE_BYTE, pattern):
        raise UnfitError(r"has \C, which means a single byte")
    try:
        compiled(pattern)
    except UnicodeEncodeError:
        raise UnfitError("has half of a surrogate pair, which is no character") from None
    except re2.error as error:
        message = error.args[0] if error.args else error
        if isinstance(message, bytes):
            message = message.decode("utf-8", "replace")
        raise UnfitError(f"is no RE2 pattern: {message}") from None
