"""Which characters beyond ASCII names are made of: Unicode 17, as in HCL's reference, whichever version Python knows.

``grammars/identifiers.txt`` holds ranges, for what begins a name and for what goes on: how many characters lie before each, and how
many it has. ``python -m tests.conformance.identifiers`` makes it.
"""

from bisect import bisect_right
from functools import cache
from itertools import accumulate

from engine.resources import shipped


def begins_name(char: str) -> bool:
    """Whether a name may begin with a character."""
    return char == "_" or bisect_right(_edges()[0], ord(char)) % 2 == 1


def continues_name(char: str) -> bool:
    """Whether a name may go on with a character."""
    return char == "-" or bisect_right(_edges()[1], ord(char)) % 2 == 1


@cache
def _edges() -> tuple[list[int], list[int]]:
    """For both, where ranges begin and end in turn; read when the first name beyond ASCII comes."""
    lines = shipped("grammars/identifiers.txt").read_text(encoding="ascii").splitlines()
    begin, go_on = (list(accumulate(int(width, 16) for width in line.split())) for line in lines)
    return begin, go_on
