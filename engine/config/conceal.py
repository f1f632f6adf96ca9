"""What of a workers file may be shown: everything but the values of settings that are secrets."""

import re

from engine.diagnostics import Span

#: Words in names of what is secret.
_WORDS = "token|secret|password|passwd|api_?key|authorization|credential|cookie"
_NAME = re.compile(_WORDS, re.IGNORECASE)
#: A member whose name speaks of a secret, and its value up to the end of the line or of the flow collection.
_SECRET = re.compile(
    rf"""(?P<name>["']?[\w-]*(?:{_WORDS})[\w-]*["']?\s*:[ \t]*)
        (?P<value>"(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s,}}#][^,}}#\n]*)""",
    re.IGNORECASE | re.VERBOSE,
)
#: The same where the value follows on lines of its own.
_BLOCK = re.compile(
    rf"""^(?P<name>(?P<indent>[ \t-]*)["']?[\w-]*(?:{_WORDS})[\w-]*["']?\s*:[ \t]*[|>][^\n]*\n)
        (?P<value>(?:(?P=indent)[ \t]+[^\n]*\n?|[ \t]*\n)+)""",
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)
#: The password in an address.
_PASSWORD = re.compile(r"(?P<name>[a-z][a-z0-9+.-]*://[^\s/:@]*:)(?P<value>[^\s/@]+)(?=@)", re.IGNORECASE)
_REFERENCE = re.compile(r"""["']?env://\w*["']?\s*\Z""")


def speaks_of_secret(name: str) -> bool:
    """Whether what has this name is not to be shown."""
    return _NAME.search(name) is not None


def without_secrets(text: str) -> str:
    """The text with every such value replaced by as many dots, so that columns stay; references stay as they are.

    It works on the text, because a file may have to be shown just because it cannot be parsed.
    """
    return _PASSWORD.sub(_hide, _SECRET.sub(_hide, _BLOCK.sub(_hide_lines, text)))


def _hide_lines(found: re.Match[str]) -> str:
    return found["name"] + re.sub(r"\S", "·", found["value"])


def _hide(found: re.Match[str]) -> str:
    value = found["value"]
    return found[0] if _REFERENCE.match(value) else found["name"] + "·" * len(value)


def without_range(text: str, span: Span) -> str:
    """The text with dots in place of a range of it, so that lines and columns stay."""
    raw = text.encode("utf-8", "surrogatepass")
    before, value, after = (
        part.decode("utf-8", "surrogatepass")
        for part in (raw[: span.start], raw[span.start : span.end], raw[span.end :])
    )
    # As many bytes as before: spans count them.
    dots = "".join(c if c.isspace() else "." * len(c.encode("utf-8", "surrogatepass")) for c in value)
    return before + dots + after
