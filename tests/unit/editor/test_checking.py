"""Having buffers checked goes on, whatever happens to one of them."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from engine.editor.check import Buffer
from engine.editor.checking import Checking
from tests.harness.daemon import PATIENCE

FINE = Buffer(source='provisioner "soc" {\n}\n', filename="fine.hcl")


def test_one_that_cannot_be_shown_does_not_end_it(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    shown: list[str] = []
    last = asyncio.Event()

    def publish(name: str, _version: int | None, problems: list[dict[str, Any]]) -> None:
        shown.append(name)
        if name == "bad":
            raise RuntimeError("no room")
        assert [problem["code"] for problem in problems] == ["missing_block"]
        last.set()

    async def check() -> None:
        checking = Checking(
            publish,
            pytest.fail,
            machines=tmp_path,
            workers=tmp_path / "workers.yaml",
            directory=tmp_path,
            opened=dict,
        )
        task = asyncio.create_task(checking.run())
        checking.ask("bad", FINE, 1)
        checking.ask("good", FINE, 1)
        await asyncio.wait_for(last.wait(), PATIENCE)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(check())
    assert shown == ["bad", "good"]
    assert "no room" in caplog.text
