"""`issue_keys`: which issues a text is about."""

import re

from engine.language.functions.function import function
from engine.language.meter import Meter

#: A key stands alone: ``DEV_OPS-12`` is one, ``xSOC-1`` and ``SOC-1x`` hold none. That ``UTF-8`` looks like one, too, is why
#: the keys are filtered by the configured projects afterwards.
#: Linear in the text although it looks around: a match can begin only where a word begins, no character can be read
#: two ways, and the possessive repeats never give one back. It looks back from behind the first letter, so that the search
#: goes from capital to capital.
KEY = re.compile(r"([A-Z](?<![A-Za-z0-9_-].)[A-Z0-9_]++)-([1-9][0-9]*+)(?![A-Za-z0-9_])")


def find_issue_keys(meter: Meter, *texts: str | None) -> list[str]:
    """The keys in the texts, in order, each once."""
    found: dict[str, None] = {}
    for text in texts:
        if text is None:
            continue
        for match in KEY.finditer(text):
            if match[0] not in found:
                meter.step()
                found[match[0]] = None
    return list(found)


ISSUE_KEYS = (
    function(
        "issue_keys(texts: string?...)",
        "The issue keys (such as SOC-12) in the texts, in order and each once; null texts are skipped.",
        find_issue_keys,
        returns="list(string)",
    ),
)
