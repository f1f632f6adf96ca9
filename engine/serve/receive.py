"""The endpoint that senders call: a bare ASGI endpoint, because it is the hot path.

Answers (they replace the predecessor's): 200 accepted or repeated, 202 recorded and ignored, 400 not JSON,
401 unknown hook or bad signature (empty body), 403 unknown source, 413 larger than 25 MiB, 503 not stored: send again.
A sender is never told why; the operator finds it in the log and in `interlock deliveries`.
"""

import asyncio
import contextlib
import re
from urllib.parse import unquote

import structlog

from engine.errors import BodyTooLargeError, SenderError, StoreBusyError, StoreError, UnauthenticatedError
from engine.run.intake import Intake
from engine.serve.asgi import Message, Receive, Scope, Send, answer, headers_of
from engine.serve.budget import Budget, Claim
from engine.store.tables import Receipt

log = structlog.get_logger()

#: What GitHub sends at most (docs.github.com, "Webhook events and payloads", payload cap).
MAX_BODY = 25 * 1024 * 1024
#: So much of the rest of a body that is too large is read and thrown away, and for so long.
_MOST_DRAINED = 4 * MAX_BODY
_DRAIN_SECONDS = 20.0
#: From the end of the body to the answer, at most: the first senders give up after 10 seconds, and learn nothing then.
ANSWER_SECONDS = 8.0
_TOO_LATE = f"the store did not take it within {ANSWER_SECONDS:.0f} seconds; if it does later, delivery.kept_late says so"
#: The predecessor answers every delivery with this JSON string.
_BODY = b'"{}"'
_STATUS = {Receipt.ACCEPTED: 200, Receipt.DUPLICATE: 200, Receipt.IGNORED: 202}
_PATH = re.compile(r"(?:/conduit)?/webhooks/([^/]+)/([^/]+)/payload/?")


def hook_of(scope: Scope) -> tuple[str, str] | None:
    """The source and repository that a path names, or None if it is not a delivery's path."""
    raw = scope.get("raw_path") or scope["path"].encode()
    found = _PATH.fullmatch(raw.decode("latin-1").partition("?")[0])
    return (unquote(found[1]), unquote(found[2])) if found is not None else None


async def receive_delivery(
    intake: Intake, budget: Budget, source: str, repo_id: str, scope: Scope, receive: Receive, send: Send
) -> None:
    """Accept one delivery and answer when it is durable."""
    if scope["method"] != "POST":
        await answer(send, 405, headers=((b"allow", b"POST"),))
        return
    headers = headers_of(scope)
    heard = _Heard(receive)
    try:
        claim = budget.claim()
        try:
            body = await _read(headers, heard, claim)
            async with asyncio.timeout(ANSWER_SECONDS):
                receipt = await intake.accept(source, repo_id, headers, body)
        finally:
            claim.release()
    except UnauthenticatedError:
        await answer(send, 401)
    except BodyTooLargeError as error:
        log.warning("delivery.refused", source=source, hook=repo_id, status=error.status, because=str(error))
        await _refuse(heard, send, error.status, waits="expect" in headers)
    except SenderError as error:
        log.warning("delivery.refused", source=source, hook=repo_id, status=error.status, because=str(error))
        await answer(send, error.status, _BODY)
    except StoreBusyError as error:
        log.warning("delivery.put_off", source=source, hook=repo_id, because=str(error))
        await answer(send, 503, _BODY, headers=((b"retry-after", b"5"),))
    except (StoreError, TimeoutError) as error:
        because = _TOO_LATE if isinstance(error, TimeoutError) else str(error)
        log.error("delivery.not_stored", source=source, hook=repo_id, because=because)  # noqa: TRY400
        await answer(send, 503, _BODY, headers=((b"retry-after", b"30"),))
    else:
        await answer(send, _STATUS[receipt.verdict], _BODY)


async def _read(headers: dict[str, str], receive: Receive, claim: Claim) -> bytes:
    """The whole body; `BodyTooLargeError` or `StoreBusyError` as soon as it is known to be too much."""
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > MAX_BODY:
        raise BodyTooLargeError(f"a body of {declared} bytes is announced; the most is {MAX_BODY}")
    chunks: list[bytes] = []
    size = 0
    put_off: StoreBusyError | None = None
    try:
        claim.expect(int(declared) if declared.isdecimal() else 0)
    except StoreBusyError as error:
        put_off = error
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise SenderError("the sender went away before the body was complete")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > MAX_BODY:
            raise BodyTooLargeError(f"the body is larger than {MAX_BODY} bytes")
        if put_off is None:
            try:
                claim.add(len(chunk))
                chunks.append(chunk)
            except StoreBusyError as error:
                # The rest is read and not kept: whoever is cut off while sending does not see the answer.
                put_off = error
                chunks.clear()
                claim.release()
        if not message.get("more_body", False):
            if put_off is not None:
                raise put_off
            return b"".join(chunks)


class _Heard:
    """What comes of a request, and whether more of it is to come."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.more = True

    async def __call__(self) -> Message:
        message = await self._receive()
        self.more = message["type"] != "http.disconnect" and message.get("more_body", False)
        return message


async def _refuse(heard: _Heard, send: Send, status: int, *, waits: bool) -> None:
    """Answer at once, then read on before the connection is closed: whoever is cut off while sending sees no answer.

    A sender that waits for leave to send, as `Expect` says, sends nothing more.
    """
    headers = [(b"content-length", str(len(_BODY)).encode()), (b"connection", b"close")]
    headers.append((b"content-type", b"application/json"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": _BODY, "more_body": True})
    size = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_SECONDS):
            while heard.more and not waits and size <= _MOST_DRAINED:
                size += len((await heard()).get("body", b""))
    await send({"type": "http.response.body", "body": b""})
