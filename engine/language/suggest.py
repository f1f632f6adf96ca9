"""Did you mean?"""

from collections.abc import Iterable
from functools import lru_cache

#: Among so many known names of so many characters at most the nearest is looked for.
_MOST_NAMES, _MOST_CHARACTERS = 500, 100


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence with the nearest known name, or an empty one."""
    listed = tuple(each for each in list(known)[:_MOST_NAMES] if len(each) <= _MOST_CHARACTERS)
    return _nearest(name[:_MOST_CHARACTERS], listed)


@lru_cache(maxsize=32)  # a guard that fails does so at each event, and a proof asks it again and again
def _nearest(name: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    lower = {each.lower(): each for each in known}
    meant = name.lower()
    same = [meant] if meant in lower else _transposed(meant, lower)
    near = same or get_close_matches(meant, lower, n=1, cutoff=0.7)
    return f'Did you mean "{lower[near[0]]}"?' if near else ""


def _transposed(name: str, known: Iterable[str]) -> list[str]:
    """What has the same letters in another order: of a short name the similarity is small."""
    letters = sorted(name)
    return [each for each in known if sorted(each) == letters]
