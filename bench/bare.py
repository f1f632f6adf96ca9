"""The reference for receiving: uvicorn, one bare endpoint, the same signature check, and nothing kept."""

import hashlib
import hmac
import socket
import sys
from typing import Any

import uvicorn

SECRET = sys.argv[1].encode() if len(sys.argv) > 1 else b""


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    given = dict(scope["headers"]).get(b"x-hub-signature-256", b"")
    wanted = b"sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest().encode()
    status = 200 if hmac.compare_digest(given, wanted) else 401
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


if __name__ == "__main__":
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off")).run(
        sockets=[listening]
    )
