"""A bounded load on loopback: so many requests over so many connections, each kept open. Run as a process of its own."""

import asyncio
import json
import sys
import time
from pathlib import Path


async def one_connection(
    host: str, port: int, requests: list[bytes], statuses: dict[int, int], times: list[float]
) -> None:
    """Send the requests, each when the one before is answered, and not before its time (seconds from now)."""
    reader, writer = await asyncio.open_connection(host, port)
    began = time.perf_counter()
    for request, at in zip(requests, times, strict=True):
        if (early := began + at - time.perf_counter()) > 0:
            await asyncio.sleep(early)
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


async def run(
    host: str, port: int, requests: list[bytes], connections: int, rate: float
) -> dict[str, object]:
    """As fast as it goes, or so many requests a second (`rate`)."""
    statuses: dict[int, int] = {}
    times = [number / rate if rate else 0.0 for number in range(len(requests))]
    began = time.perf_counter()
    await asyncio.gather(
        *(
            one_connection(host, port, requests[n::connections], statuses, times[n::connections])
            for n in range(connections)
        )
    )
    return {"seconds": time.perf_counter() - began, "statuses": statuses}


if __name__ == "__main__":
    plan = json.loads(Path(sys.argv[1]).read_text())
    wanted = [bytes.fromhex(r) for r in plan["requests"]]
    made = run("127.0.0.1", plan["port"], wanted, plan["connections"], plan.get("rate", 0))
    print(json.dumps(asyncio.run(made)))
