"""What to say about a character that means nothing in HCL."""

from engine.language.tokens import Problem

_WHAT_CHARACTERS_MEAN = {
    "'": ("single_quote", "Strings stand in double quotes", "Write \"…\" instead of '…'."),
    ";": (
        "semicolon",
        "HCL has no semicolons",
        "End the line instead: every attribute and block stands on its own line.",
    ),
    "&": ("single_ampersand", 'A single "&" is not an operator', 'Write "&&" for a logical and.'),
    "|": ("single_bar", 'A single "|" is not an operator', 'Write "||" for a logical or.'),
    "`": ("backtick", "Strings stand in double quotes", 'Write "…" instead of `…`.'),
    "“": ("typographic_quote", "This is a typographic quotation mark", 'Write a plain " instead.'),
    "”": ("typographic_quote", "This is a typographic quotation mark", 'Write a plain " instead.'),
    "\u00a0": ("odd_space", "This is a no-break space", "Replace it by an ordinary space."),
    "\ufeff": (
        "odd_space",
        "This is a byte order mark inside the file",
        "Remove it; only the very first character may be one.",
    ),
}


def character_problem(char: str) -> Problem:
    """The problem with a character that begins no token."""
    known = _WHAT_CHARACTERS_MEAN.get(char)
    if known is not None:
        return Problem(*known)
    shown = repr(char) if char.isprintable() else f"The character U+{ord(char):04X}"
    return Problem(
        "unknown_character", f"{shown} has no meaning here", "Remove it, or put it between double quotes."
    )
