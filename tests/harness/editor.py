"""An editor: starts `interlock lsp` and speaks the protocol over its standard input and output, message by message."""

import itertools
import json
import queue
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.harness.daemon import PATIENCE, ROOT

CAPABILITIES = {
    "general": {"positionEncodings": ["utf-16"]},
    "textDocument": {
        "publishDiagnostics": {"relatedInformation": True, "versionSupport": True},
        "completion": {"completionItem": {"snippetSupport": True}},
        "rename": {"prepareSupport": True},
    },
}


class EditorError(Exception):
    """The server answered a request with an error; the message is the server's."""


class Editor:
    """One server and the buffers that a test opens in it. Positions are (line, unit), both from 0."""

    def __init__(
        self, cwd: Path, capabilities: dict[str, Any] | None = None, flags: Sequence[str] = ()
    ) -> None:
        self.flags = flags
        self.folder = cwd
        self.capabilities = CAPABILITIES if capabilities is None else capabilities
        self.versions: dict[str, int] = {}
        self.notified: list[dict[str, Any]] = []
        self.encoding = ""
        self._ids = itertools.count(1)
        self._messages: queue.Queue[dict[str, Any] | None] = queue.Queue()

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "engine", "lsp", "--stdio", *self.flags],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._errors: list[bytes] = []
        self._threads = [threading.Thread(target=self._read), threading.Thread(target=self._read_errors)]
        for thread in self._threads:
            thread.start()
        self.initialized = self.ask(
            "initialize",
            {"processId": None, "rootUri": self.folder.as_uri(), "capabilities": self.capabilities},
        )
        self.tell("initialized", {})
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)
        for thread in self._threads:
            thread.join(PATIENCE)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def leave(self) -> int:
        """Go as an editor goes; the server's exit status."""
        self.ask("shutdown", None)
        self.tell("exit", None)
        return self.process.wait(PATIENCE)

    @property
    def errors(self) -> str:
        """What the server told standard error so far."""
        return b"".join(self._errors).decode()

    # Messages

    def send(self, body: bytes) -> None:
        """Put a message on the wire as it is."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def tell(self, method: str, params: Any) -> None:
        self.send(json.dumps({"jsonrpc": "2.0", "method": method, "params": params}).encode())

    def begin(self, method: str, params: Any) -> int:
        """Ask without waiting; the request's number."""
        number = next(self._ids)
        self.send(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode())
        return number

    def ask(self, method: str, params: Any) -> Any:
        return self.answer(self.begin(method, params))

    def answer(self, number: int) -> Any:
        """The answer to a request; raises `EditorError` if it is an error."""
        while True:
            message = self._next()
            if message.get("id") == number and "method" not in message:
                if message.get("error"):
                    raise EditorError(message["error"]["message"])
                return message.get("result")
            self.notified.append(message)

    def _next(self, patience: float = PATIENCE) -> dict[str, Any]:
        message = self._messages.get(timeout=patience)
        assert message is not None, f"the server is gone: {self.errors}"
        return message

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while True:
            length = 0
            while (line := stream.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            body = stream.read(length)
            if not body:
                self._messages.put(None)
                return
            self._messages.put(json.loads(body))

    def _read_errors(self) -> None:
        stream = self.process.stderr
        assert stream is not None
        while line := stream.readline():
            self._errors.append(line)

    # Buffers

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    def open(self, name: str, text: str) -> str:
        uri = self.uri(name)
        self.versions[uri] = 1
        self.tell(
            "textDocument/didOpen",
            {"textDocument": {"uri": uri, "languageId": "hcl", "version": 1, "text": text}},
        )
        return uri

    def change(self, uri: str, text: str) -> None:
        self.versions[uri] += 1
        self.tell(
            "textDocument/didChange",
            {"textDocument": {"uri": uri, "version": self.versions[uri]}, "contentChanges": [{"text": text}]},
        )

    def close(self, uri: str) -> None:
        self.tell("textDocument/didClose", {"textDocument": {"uri": uri}})

    def problems(self, uri: str, *codes: str, version: int | None = None) -> list[dict[str, Any]]:
        """The problems that the server shows of a buffer's version, as soon as they are those, the latest by default."""
        wanted = self.versions[uri] if version is None else version
        seen: list[str] = []
        while True:
            for message in [m for m in self.notified if m.get("method") == "textDocument/publishDiagnostics"]:
                self.notified.remove(message)
                params = message["params"]
                if params["uri"] == uri and params.get("version") in (None, wanted):
                    seen = sorted(d["code"] for d in params["diagnostics"])
                    if seen == sorted(codes):
                        return list(params["diagnostics"])
            try:
                self.notified.append(self._next())
            except queue.Empty:
                raise AssertionError(f"expected {sorted(codes)}, last saw {seen}\n{self.errors}") from None

    def at(self, method: str, uri: str, position: tuple[int, int], **more: Any) -> Any:
        """Ask about a place of a buffer."""
        place = {"line": position[0], "character": position[1]}
        return self.ask(f"textDocument/{method}", {"textDocument": {"uri": uri}, "position": place, **more})


def place_of(text: str, mark: str, *, after: int = 0, encoding: str = "utf-16-le") -> tuple[int, int]:
    """The position of the first `mark` in a text, some characters further on, as an editor counts."""
    at = text.index(mark) + after
    before = text[:at].replace("\r\n", "\n").replace("\r", "\n")
    line = before.rpartition("\n")[2]
    return before.count("\n"), len(line.encode(encoding)) // (2 if encoding.startswith("utf-16") else 1)
