"""HCL: text in, a tree with positions and diagnostics out. No I/O but the grammar that travels with the package."""

from engine.language.parse import ParseResult, parse

__all__ = ["ParseResult", "parse"]
