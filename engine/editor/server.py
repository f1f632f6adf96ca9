"""The language server: the protocol's requests over standard input and output, answered by the files around this one.

A request is answered from the buffer as it is; checking happens in another process (`checking`). A request that fails is
answered with an error and told on standard error; the server goes on.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from engine import __version__
from engine.editor import layout, navigate, rename, symbols, wire
from engine.editor.addresses import path_of
from engine.editor.buffers import Buffers
from engine.editor.check import Buffer
from engine.editor.checking import Checking
from engine.editor.complete import complete
from engine.editor.disk import Disk
from engine.editor.document import Document
from engine.editor.hover import hover
from engine.editor.positions import Encoding

#: The protocol's code for a request that cannot be met: the client shows its message.
_REQUEST_FAILED = -32803
#: A request about one place of a text.
_Placed = (
    types.HoverParams
    | types.CompletionParams
    | types.DefinitionParams
    | types.ReferenceParams
    | types.DocumentHighlightParams
    | types.PrepareRenameParams
    | types.RenameParams
)


class Server(LanguageServer):
    """Holds the buffers. The client sends whole texts: the library splits lines at more characters than the protocol
    knows, so that changes of a part could end up elsewhere.
    """

    def __init__(self, machines: Path, workers: Path, directory: Path) -> None:
        """Take the folder with the machine definitions, workers.yaml, and the directory that holds app.env."""
        self._places = (machines, workers, directory)
        super().__init__("interlock", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full)
        self.disk = Disk(machines, workers, directory, self._opened)
        self.buffers = Buffers(self.disk.gather)
        self.checking: Checking | None = None
        self.task: asyncio.Task[None] | None = None
        #: The client said that it is going.
        self.finished = False

    @property
    def encoding(self) -> Encoding:
        """What was agreed on."""
        return Encoding(self.server_capabilities.position_encoding or Encoding.UTF_16)

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Tell standard error only: a window at every keystroke helps nobody. What is refused was answered."""
        if isinstance(error, JsonRpcException) and error.code == _REQUEST_FAILED:
            return
        logging.getLogger("interlock").error("%s: %s", getattr(source, "__name__", source), error)

    # Buffers

    def changed(self, address: str, text: str, version: int | None) -> None:
        """Take a buffer's text and have it checked, and what may be read with it."""
        self.buffers.put(address, text)
        self._ask(address, version)
        self._ask_around(address)

    def closed(self, address: str) -> None:
        """Forget a buffer and what was said about it; for others its file is again as it is on disk."""
        self.buffers.drop(address)
        if self.checking is not None:
            self.checking.forget(address)
        self._show(address, None, [])
        self._ask_around(address)

    def watch(self) -> None:
        """Ask the client to tell what changes on disk, if it can."""
        workspace = self.client_capabilities.workspace
        known = None if workspace is None else workspace.did_change_watched_files
        if known is not None and known.dynamic_registration:
            watchers = [
                types.FileSystemWatcher(glob_pattern=p) for p in ("**/*.hcl", "**/*.yaml", "**/*.yml")
            ]
            self.client_register_capability(
                types.RegistrationParams(
                    registrations=[
                        types.Registration(
                            id="files",
                            method=types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
                            register_options=types.DidChangeWatchedFilesRegistrationOptions(watchers),
                        )
                    ]
                )
            )

    def moved(self) -> None:
        """Have everything checked again: files that are not open have changed, come or gone."""
        for address, _ in self.buffers.all():
            self._ask(address, None)

    def _ask_around(self, address: str) -> None:
        """Have checked what is open beside a file, which may be a part of the same module, and what uses modules."""
        folder = address.rpartition("/")[0]
        for other, document in self.buffers.all():
            if other != address and (other.rpartition("/")[0] == folder or "module" in document.source):
                self._ask(other, None)

    def _ask(self, address: str, version: int | None) -> None:
        document = self.buffers.get(address)
        if document is None:
            return
        if self.checking is None:
            machines, workers, directory = self._places
            self.checking = Checking(
                self._publish,
                self._complain,
                machines=machines,
                workers=workers,
                directory=directory,
                opened=lambda: {path: source for path, (_, source) in self._opened().items()},
            )
            self.task = asyncio.get_running_loop().create_task(self.checking.run())
        beside = self.buffers.beside(address)
        path = path_of(address)
        buffer = Buffer(
            source=document.source,
            filename=document.filename,
            beside=None if beside is None else (beside.source, beside.filename),
            path=None if path is None else str(path),
        )
        self.checking.ask(address, buffer, version)

    def _opened(self) -> dict[str, tuple[str, str]]:
        """The addresses and texts of the files that are open, by their paths."""
        found = ((path_of(address), address, document.source) for address, document in self.buffers.all())
        return {str(path): (address, source) for path, address, source in found if path is not None}

    def _publish(self, address: str, version: int | None, problems: list[dict[str, Any]]) -> None:
        document = self.buffers.get(address)
        if document is None:
            return
        known = self.client_capabilities.text_document
        published = None if known is None else known.publish_diagnostics
        related = published is not None and bool(published.related_information)
        others = self.disk.text_of
        found = [
            wire.diagnostic(problem, document.text, address, self.encoding, others if related else None)
            for problem in problems
        ]
        self._show(address, version, found)
        _ = document.sound  # so that its names are known when the next text hides some

    def _show(self, address: str, version: int | None, found: Sequence[types.Diagnostic]) -> None:
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri=address, version=version, diagnostics=found)
        )

    def _complain(self, message: str) -> None:
        self.window_log_message(types.LogMessageParams(type=types.MessageType.Warning, message=message))

    # Places

    def place(self, params: _Placed) -> tuple[Document, int] | None:
        """The buffer and the offset that a request is about."""
        address = params.text_document.uri
        document = self.buffers.files(address).get(address)
        if document is None:
            return None
        return document, wire.offset(document.text, params.position, self.encoding)

    def namers(self, files: navigate.Files) -> Iterable[rename.Namer]:
        """The definitions in the machines directory that use the module which some files are."""
        for used_by, projects in self.buffers.users(files, self.disk.all()):
            read = self.disk.reader_of(next(iter(used_by)))
            if read is not None:
                yield rename.Namer(files=used_by, projects=projects, read=read)

    def locations(self, found: Iterable[navigate.Place]) -> list[types.Location]:
        """Places of several files."""
        return [
            types.Location(uri=p.file, range=wire.span(p.document.text, p.start, p.end, self.encoding))
            for p in found
        ]


def make_server(machines: Path, workers: Path, directory: Path) -> Server:
    """A server with everything it can do, not started."""
    server = Server(machines, workers, directory)
    _listen(server)
    _tell(server)
    _change(server)
    _survey(server)
    return server


def _listen(server: Server) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        ls.changed(document.uri, document.text, document.version)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
        if params.content_changes:
            document = params.text_document
            ls.changed(document.uri, params.content_changes[-1].text, document.version)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
        ls.closed(params.text_document.uri)

    @server.feature(types.INITIALIZED)
    def ready(ls: Server, _params: types.InitializedParams) -> None:
        ls.watch()

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def changed_on_disk(ls: Server, _params: types.DidChangeWatchedFilesParams) -> None:
        ls.moved()

    @server.feature(types.SHUTDOWN)
    def finished(ls: Server, _params: None) -> None:
        ls.finished = True


def _tell(server: Server) -> None:
    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hovered(ls: Server, params: types.HoverParams) -> types.Hover | None:
        place = ls.place(params)
        found = None if place is None else hover(*place)
        return None if place is None or found is None else wire.hovering(found, place[0], ls.encoding)

    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=['"', ".", "{", " "])
    )
    def completed(ls: Server, params: types.CompletionParams) -> types.CompletionList | None:
        place = ls.place(params)
        if place is None:
            return None
        return wire.completion(complete(*place), place[0], ls.encoding, snippets=_takes_snippets(ls))

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def defined(ls: Server, params: types.DefinitionParams) -> list[types.Location] | None:
        place = ls.place(params)
        if place is None:
            return None
        address = params.text_document.uri
        return ls.locations(navigate.definition(ls.buffers.files(address), address, place[1]))

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    def referred(ls: Server, params: types.ReferenceParams) -> list[types.Location] | None:
        place = ls.place(params)
        if place is None:
            return None
        address = params.text_document.uri
        declared = params.context.include_declaration
        found = navigate.references(ls.buffers.files(address), address, place[1], declared=declared)
        return ls.locations(found)

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)
    def highlighted(
        ls: Server, params: types.DocumentHighlightParams
    ) -> list[types.DocumentHighlight] | None:
        place = ls.place(params)
        if place is None:
            return None
        document, at = place
        address = params.text_document.uri
        found = navigate.references({address: document}, address, at, declared=True)
        return [
            types.DocumentHighlight(range=wire.span(document.text, p.start, p.end, ls.encoding))
            for p in found
        ]


def _change(server: Server) -> None:
    @server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    def prepared(ls: Server, params: types.PrepareRenameParams) -> types.Range | None:
        place = ls.place(params)
        found = None if place is None else rename.renameable(*place)
        return None if place is None or found is None else wire.span(place[0].text, *found, ls.encoding)

    @server.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
    def renamed(ls: Server, params: types.RenameParams) -> types.WorkspaceEdit | None:
        place = ls.place(params)
        if place is None:
            return None
        address = params.text_document.uri
        files = ls.buffers.files(address)
        try:
            found = rename.rename(
                files, address, place[1], params.new_name, ls.disk.reader_of(address), ls.namers
            )
        except rename.CannotRenameError as problem:
            raise JsonRpcException(str(problem), _REQUEST_FAILED) from None
        known = [(file, ls.buffers.text_of(file), edits) for file, edits in found.items()]
        return types.WorkspaceEdit(
            changes={
                file: wire.edits(document, edits, ls.encoding)
                for file, document, edits in known
                if document is not None
            }
        )

    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    def formatted(ls: Server, params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
        document = ls.buffers.get(params.text_document.uri)
        return None if document is None else wire.edits(document, layout.layout(document), ls.encoding)


def _survey(server: Server) -> None:
    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def outlined(ls: Server, params: types.DocumentSymbolParams) -> list[types.DocumentSymbol] | None:
        document = ls.buffers.get(params.text_document.uri)
        return None if document is None else wire.outline(symbols.symbols(document), document, ls.encoding)

    @server.feature(types.TEXT_DOCUMENT_FOLDING_RANGE)
    def folded(ls: Server, params: types.FoldingRangeParams) -> list[types.FoldingRange] | None:
        document = ls.buffers.get(params.text_document.uri)
        found = () if document is None else symbols.folds(document)
        return [types.FoldingRange(start_line=first, end_line=last) for first, last in found]


def _takes_snippets(ls: Server) -> bool:
    known = ls.client_capabilities.text_document
    item = None if known is None or known.completion is None else known.completion.completion_item
    return item is not None and bool(item.snippet_support)


def _is_failure(record: logging.LogRecord) -> bool:
    """Whether something failed: a request that is refused was answered, and needs no traceback."""
    raised = None if not record.exc_info else record.exc_info[1]
    return not (isinstance(raised, JsonRpcException) and raised.code == _REQUEST_FAILED)


def serve(machines: Path, workers: Path, directory: Path) -> int:
    """Speak over standard input and output until the client goes; the exit status, 1 if it went without a word."""
    # Standard output is the protocol's. The library tells every message at a lower level.
    logging.basicConfig(level=logging.ERROR)
    logging.getLogger("pygls.protocol.json_rpc").addFilter(_is_failure)
    server = make_server(machines, workers, directory)
    server.start_io()
    return 0 if server.finished else 1
