"""Every attempt of an effect says the same, to the byte: those that are at hand, and those that are read from the store."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from engine.model import Attempt, Outcome
from engine.processors.http_request import make_request
from engine.processors.processor import Call
from tests.harness.engine import Backend, engine

MACHINE = """
provisioner "soc" {
  statemachine "soc" {
    initial = "to_do"
    state "to_do" {
      on "next" {
        transition = "done"
        action "scripted" "announce" {
          url     = "https://chat.example/hooks"
          headers = { x-tag = event.release.tag_name, x-entity = entity.id }
          body = {
            tag    = event.release.tag_name
            entity = entity.id
            deep   = { z = [1 / 3, 9007199254740993, 2 * 9223372036854775807, 1e30], a = { y = 1, b = null } }
          }
          on_failure {
            action "scripted" "complain" {
              url  = "https://chat.example/complaints"
              body = { z = 1, a = entity.id }
            }
          }
        }
      }
    }
    state "done" { alias = null }
  }
}
"""


def _answer(call: Call) -> Attempt:
    """Nobody knows what became of a first attempt; `announce` is refused at the second."""
    if call.attempt == 1 and call.effect.name != "done":
        return Attempt(outcome=Outcome.RETRY, detail="later")
    if call.effect.name == "announce":
        return Attempt(outcome=Outcome.REFUSED, detail="no")
    return Attempt(outcome=Outcome.DONE, detail="done")


def test_the_first_attempt_says_what_the_later_ones_say(tmp_path: Path) -> None:
    backend = Backend(answer=_answer)
    clock = [datetime(2026, 1, 1, tzinfo=UTC)]

    async def run() -> None:
        async with engine(tmp_path, backend, machine=MACHINE, clock=lambda: clock[0]) as e:
            await e.release("Ships SOC-1")
            for _ in range(4):
                await e.lanes.settle()
                clock[0] += timedelta(minutes=10)
                e.lanes._ring()
            await e.lanes.settle()

    asyncio.run(run())
    sent: dict[tuple[str, str], list[bytes]] = {}
    for call in backend.calls:
        if call.effect.name != "done":
            request = make_request(call, {})
            whole = request.content + repr(list(request.headers.items())).encode()
            sent.setdefault((call.effect.name, call.idempotency_key), []).append(whole)
    assert sorted(name for name, _ in sent) == ["announce", "complain"]
    for attempts in sent.values():
        assert len(attempts) == 2
        assert len(set(attempts)) == 1, attempts
