"""Our answers as the protocol's values: offsets become lines and units of the negotiated encoding."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import quote, urljoin

from lsprotocol import types

from engine.editor.complete import Completion, Kind, Proposal
from engine.editor.document import Document
from engine.editor.hover import Hover
from engine.editor.positions import Encoding, Text
from engine.editor.rename import Edit
from engine.editor.symbols import Symbol

_SEVERITIES = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "note": types.DiagnosticSeverity.Information,
}
_KINDS = {
    Kind.STATE: types.CompletionItemKind.EnumMember,
    Kind.EVENT: types.CompletionItemKind.Event,
    Kind.BLOCK: types.CompletionItemKind.Snippet,
    Kind.ATTRIBUTE: types.CompletionItemKind.Property,
    Kind.FUNCTION: types.CompletionItemKind.Function,
    Kind.FIELD: types.CompletionItemKind.Field,
    Kind.NAME: types.CompletionItemKind.Variable,
    Kind.VALUE: types.CompletionItemKind.Value,
}
_SYMBOLS = {
    "provisioner": types.SymbolKind.Module,
    "module": types.SymbolKind.Package,
    "aliasmapper": types.SymbolKind.Object,
    "statemachine": types.SymbolKind.Class,
    "receive": types.SymbolKind.Interface,
    "state": types.SymbolKind.EnumMember,
    "parallel": types.SymbolKind.Enum,
    "history": types.SymbolKind.Key,
    "property": types.SymbolKind.Property,
    "test": types.SymbolKind.Method,
    "variable": types.SymbolKind.Variable,
    "locals": types.SymbolKind.Namespace,
    "local": types.SymbolKind.Constant,
}


def span(text: Text, start: int, end: int, encoding: Encoding) -> types.Range:
    """A range of the protocol."""
    return types.Range(
        start=types.Position(*text.position(start, encoding)),
        end=types.Position(*text.position(end, encoding)),
    )


def offset(text: Text, position: types.Position, encoding: Encoding) -> int:
    """The offset of a position of the protocol."""
    return text.offset_at(position.line, position.character, encoding)


def diagnostic(
    problem: dict[str, Any],
    text: Text,
    address: str,
    encoding: Encoding,
    others: Callable[[str], Text | None] | None,
) -> types.Diagnostic:
    """A problem; where the client can show them, with the other places that it is about, in texts that `others` gives."""
    found = types.Diagnostic(
        range=_ranged(text, problem["range"], encoding),
        severity=_SEVERITIES[problem["severity"]],
        source="interlock",
        message=problem["message"],
    )
    found.code = problem["code"]
    if others is not None and problem["related"]:
        found.related_information = [
            related
            for each in problem["related"]
            for related in _related(each, text, address, encoding, others)
        ]
    if problem["code"] in ("unused_local", "unused_variable"):
        found.tags = [types.DiagnosticTag.Unnecessary]
    return found


def _ranged(text: Text, pair: list[int] | None, encoding: Encoding) -> types.Range:
    first, last = pair or (0, 0)
    return span(text, text.offset(first), text.offset(last), encoding)


def _related(
    each: dict[str, Any], own: Text, address: str, encoding: Encoding, others: Callable[[str], Text | None]
) -> Iterator[types.DiagnosticRelatedInformation]:
    """Another place; none in a file that is gone by now."""
    file = each["file"]
    uri = address if file is None else urljoin(address, quote(file))
    text = own if file is None else others(uri)
    if text is not None:
        location = types.Location(uri=uri, range=_ranged(text, each["range"], encoding))
        yield types.DiagnosticRelatedInformation(location=location, message=each["message"])


def edits(document: Document, found: Iterable[Edit], encoding: Encoding) -> list[types.TextEdit]:
    """Changes of a text."""
    return [
        types.TextEdit(range=span(document.text, e.start, e.end, encoding), new_text=e.text) for e in found
    ]


def hovering(found: Hover, document: Document, encoding: Encoding) -> types.Hover:
    """A tooltip."""
    return types.Hover(
        contents=types.MarkupContent(kind=types.MarkupKind.Markdown, value=found.text),
        range=span(document.text, found.start, found.end, encoding),
    )


def completion(
    found: Completion, document: Document, encoding: Encoding, *, snippets: bool
) -> types.CompletionList:
    """What can be chosen, in our order."""
    place = span(document.text, found.start, found.end, encoding)
    items = [_item(p, number, place, snippets=snippets) for number, p in enumerate(found.proposals)]
    return types.CompletionList(is_incomplete=False, items=items)


def _item(proposal: Proposal, number: int, place: types.Range, *, snippets: bool) -> types.CompletionItem:
    text = proposal.text
    as_snippet = snippets and proposal.stop is not None
    if as_snippet:
        text = f"{_escaped(text[: proposal.stop])}$0{_escaped(text[proposal.stop :])}"
    return types.CompletionItem(
        label=proposal.label,
        kind=_KINDS[proposal.kind],
        detail=proposal.detail or None,
        documentation=types.MarkupContent(kind=types.MarkupKind.Markdown, value=proposal.doc)
        if proposal.doc
        else None,
        sort_text=f"{number:05}",
        filter_text=proposal.label,
        text_edit=types.TextEdit(range=place, new_text=text),
        insert_text_format=types.InsertTextFormat.Snippet if as_snippet else None,
        insert_text_mode=types.InsertTextMode.AdjustIndentation if "\n" in text else None,
    )


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("$", "\\$").replace("}", "\\}")


def outline(found: Iterable[Symbol], document: Document, encoding: Encoding) -> list[types.DocumentSymbol]:
    """The outline of a file."""
    return [
        types.DocumentSymbol(
            name=symbol.name,
            kind=_SYMBOLS.get(symbol.kind, types.SymbolKind.Event),
            range=span(document.text, symbol.start, symbol.end, encoding),
            selection_range=span(document.text, symbol.name_start, symbol.name_end, encoding),
            children=outline(symbol.children, document, encoding),
        )
        for symbol in found
    ]
