"""YAML as positioned nodes: text in, plain values with a range for each, and problems as diagnostics.

The library's own loader would expand aliases, drop repeated keys and forget where things stood.
"""

import unicodedata
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import field
from itertools import accumulate
from typing import Any

import yaml

from engine.diagnostics import Diagnostic, Span
from engine.frozen import frozen

#: A file of workers is a page or two; anything longer is a mistake or an attack.
LARGEST = 256 * 1024
#: Aliases count each time they are used, so that a few lines cannot grow into millions of values.
MOST_NODES = 20_000

_PLAIN = {
    "tag:yaml.org,2002:str": "text",
    "tag:yaml.org,2002:int": "a number",
    "tag:yaml.org,2002:float": "a number",
    "tag:yaml.org,2002:bool": "true or false",
    "tag:yaml.org,2002:null": "nothing",
}
#: Unquoted dates are meant as text here.
_AS_WRITTEN = {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value"}
_COLLECTIONS = {"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}
_MERGE = "tag:yaml.org,2002:merge"


@frozen
class Key:
    """A key of a mapping, and where it stands."""

    name: str
    span: Span


@frozen
class Positioned:
    """A value, and where it stands."""

    #: A str, int, float, bool, None, a list of `Positioned`, or a dict of name to `Positioned`.
    value: Any
    span: Span
    #: For a mapping: its keys, by name.
    keys: Mapping[str, Key] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """What the value is, in words for the author."""
        if isinstance(self.value, dict):
            return "a mapping"
        if isinstance(self.value, list):
            return "a list"
        return _KINDS[type(self.value)]

    def plain(self) -> Any:
        """The value without positions."""
        if isinstance(self.value, dict):
            return {name: item.plain() for name, item in self.value.items()}
        if isinstance(self.value, list):
            return [item.plain() for item in self.value]
        return self.value


_KINDS = {str: "text", int: "a number", float: "a number", bool: "true or false", type(None): "nothing"}


def read_yaml(text: str, filename: str) -> tuple[Positioned | None, list[Diagnostic]]:
    """The one document of the text; None, with diagnostics, where there is none to go on with."""
    text = text.removeprefix("\ufeff")
    if len(text) > LARGEST:
        return None, [
            Diagnostic(
                code="workers_too_large",
                summary=f"{filename} is longer than {LARGEST // 1024} KiB",
                detail="It names workers and projects and nothing else; is this the right file?",
            )
        ]
    reader = _Reader(text, filename)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        return None, [reader.syntax_problem(error)]
    except yaml.reader.ReaderError as error:
        return None, [reader.character_problem(error)]
    except RecursionError:
        return None, [reader.too_deep()]
    if node is None:
        return None, []
    try:
        document = reader.read(node)
    except RecursionError:
        return None, [reader.too_deep()]
    return document, reader.diagnostics


class _Reader:
    """Turns the library's nodes into values, collecting what is wrong on the way."""

    def __init__(self, text: str, filename: str) -> None:
        self.text = text
        self.filename = filename
        self.diagnostics: list[Diagnostic] = []
        self.left = MOST_NODES
        self.open: set[int] = set()
        self.scalars = yaml.SafeLoader("")
        self.line_starts = [0, *(i + 1 for i, c in enumerate(text) if c == "\n")]
        ends = [*self.line_starts[1:], len(text)]
        widths = (_bytes(text[a:b]) for a, b in zip(self.line_starts, ends, strict=True))
        self.line_bytes = [0, *accumulate(widths)]

    def read(self, node: yaml.Node) -> Positioned:
        span = self.span(node.start_mark, node.end_mark)
        self.left -= 1
        if self.left < 0 or id(node) in self.open:
            if self.left >= -1:
                self.problem(
                    "yaml_alias",
                    span,
                    "the aliases repeat too much",
                    "Write the values out, without & and *.",
                )
            self.left = -2
            return Positioned(value=None, span=span)
        if isinstance(node, yaml.ScalarNode):
            return Positioned(value=self.scalar(node, span), span=span)
        if node.tag not in _COLLECTIONS:
            self.problem("wrong_type", span, "YAML cannot read this value", "Leave out the tag.")
            return Positioned(value=None, span=span)
        self.open.add(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                return Positioned(value=[self.read(item) for item in node.value], span=span)
            return self.mapping(node, span)
        finally:
            self.open.discard(id(node))

    def mapping(self, node: yaml.Node, span: Span) -> Positioned:
        values: dict[str, Positioned] = {}
        keys: dict[str, Key] = {}
        merged: list[Positioned] = []
        for key_node, value_node in node.value:
            key_span = self.span(key_node.start_mark, key_node.end_mark)
            value = self.read(value_node)
            if key_node.tag == _MERGE:
                merged += value.value if isinstance(value.value, list) else [value]
                continue
            name = self.key(key_node, key_span)
            if name is None:
                continue
            if name in values:
                self.problem(
                    "duplicate_key",
                    key_span,
                    f'"{name}" stands here twice',
                    f"It is named first in line {keys[name].span.line}; keep one of the two.",
                )
                continue
            values[name] = value
            keys[name] = Key(name=name, span=key_span)
        for source in merged:
            if not isinstance(source.value, dict):
                self.problem(
                    "wrong_type",
                    source.span,
                    f"<< takes a mapping, not {source.kind}",
                    "Name an anchored mapping.",
                )
                continue
            values = {**source.value, **values}
            keys = {**source.keys, **keys}
        return Positioned(value=values, span=span, keys=keys)

    def key(self, node: yaml.Node, span: Span) -> str | None:
        if isinstance(node, yaml.ScalarNode) and (
            node.tag == "tag:yaml.org,2002:str" or node.tag in _AS_WRITTEN
        ):
            return str(node.value)
        kind = _PLAIN.get(node.tag, "a list or a mapping")
        self.problem(
            "wrong_type", span, f"a name is text, and YAML reads this as {kind}", "Put the name in quotes."
        )
        return None

    def scalar(self, node: yaml.ScalarNode, span: Span) -> Any:
        if node.tag == "tag:yaml.org,2002:str" or node.tag in _AS_WRITTEN:
            return str(node.value)
        if node.tag in _PLAIN:
            try:
                return self.scalars.construct_object(node)
            except (ValueError, KeyError, yaml.YAMLError):
                pass
        self.problem(
            "wrong_type",
            span,
            "YAML cannot read this value",
            "Leave out the tag, or put the value in quotes.",
        )
        return None

    def problem(self, code: str, span: Span | None, summary: str, detail: str) -> None:
        self.diagnostics.append(Diagnostic(code=code, summary=summary, detail=detail, subject=span))

    def too_deep(self) -> Diagnostic:
        return Diagnostic(
            code="yaml_syntax",
            summary=f"{self.filename} is nested too deeply",
            detail="Workers need four levels.",
        )

    def syntax_problem(self, error: yaml.MarkedYAMLError) -> Diagnostic:
        mark = error.problem_mark or error.context_mark
        what = error.problem or error.context or "this is not YAML"
        around = f" {error.context}" if error.context and error.problem else ""
        return Diagnostic(
            code="yaml_syntax",
            summary=f"This is not YAML: {what}{around}",
            detail="Check the indentation, quotes and colons up to here; tabs cannot indent YAML.",
            subject=self.span(mark, mark) if mark is not None else None,
        )

    def character_problem(self, error: yaml.reader.ReaderError) -> Diagnostic:
        # For text the library gives the index of the character; a surrogate has no place in any file.
        position = error.position if isinstance(error.position, int) else 0
        return Diagnostic(
            code="yaml_syntax",
            summary="This character cannot stand in a YAML file",
            detail="Save the file as plain UTF-8 text and remove control characters.",
            subject=self.range(position, position + 1),
        )

    def span(self, start: yaml.Mark, end: yaml.Mark) -> Span:
        return self.range(start.index, end.index)

    def range(self, start: int, end: int) -> Span:
        first, last = self.place(start), self.place(end)
        return Span(
            filename=self.filename,
            start=first[0],
            end=last[0],
            line=first[1],
            column=first[2],
            end_line=last[1],
            end_column=last[2],
        )

    def place(self, index: int) -> tuple[int, int, int]:
        """Byte offset, line and column of a character; lines end where the renderer ends them."""
        line = bisect_right(self.line_starts, index) - 1
        before = self.text[self.line_starts[line] : index]
        return self.line_bytes[line] + _bytes(before), line + 1, _columns(before) + 1


def _bytes(text: str) -> int:
    return len(text.encode(errors="surrogatepass"))


def _columns(text: str) -> int:
    """How many characters a reader sees."""
    return sum(not unicodedata.combining(c) for c in text)
