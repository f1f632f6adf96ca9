"""Did you mean?"""

from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence with the nearest known name, or an empty one."""
    from difflib import get_close_matches

    lower = {each.lower(): each for each in list(known)[:500]}
    near = get_close_matches(name.lower()[:100], lower, n=1, cutoff=0.7)
    return f'Did you mean "{lower[near[0]]}"?' if near else ""
