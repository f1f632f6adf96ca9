"""A bounded load on loopback: so many requests over so many connections, each kept open. Run as a process of its own."""

import asyncio
import json
import sys
import time
from pathlib import Path


async def one_connection(host: str, port: int, requests: list[bytes], statuses: dict[int, int]) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    for request in requests:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        length = next(
            int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
        )
        if length:
            await reader.readexactly(length)
        statuses[status] = statuses.get(status, 0) + 1
    writer.close()


async def run(host: str, port: int, requests: list[bytes], connections: int) -> dict[str, object]:
    statuses: dict[int, int] = {}
    began = time.perf_counter()
    await asyncio.gather(
        *(one_connection(host, port, requests[n::connections], statuses) for n in range(connections))
    )
    return {"seconds": time.perf_counter() - began, "statuses": statuses}


if __name__ == "__main__":
    plan = json.loads(Path(sys.argv[1]).read_text())
    wanted = [bytes.fromhex(r) for r in plan["requests"]]
    print(json.dumps(asyncio.run(run("127.0.0.1", plan["port"], wanted, plan["connections"]))))
