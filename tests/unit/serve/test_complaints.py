"""What the event loop complains about is told, except what the log has said already in words of its own."""

import asyncio

from procrastinate.exceptions import ConnectorException
from structlog.testing import capture_logs

from engine.serve.daemon import _Complaints


def _told(*errors: Exception) -> list[str]:
    async def main() -> None:
        complain = _Complaints()
        for number, error in enumerate(errors):
            complain(asyncio.get_running_loop(), {"message": f"complaint {number}", "exception": error})

    with capture_logs() as said:
        asyncio.run(main())
    return [line["error"] for line in said if line["event"] == "loop.complained"]


def test_a_lost_database_is_not_complained_of_once_more() -> None:
    assert _told(ConnectorException(), RuntimeError("ours")) == ["RuntimeError('ours')"]
