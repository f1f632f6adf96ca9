"""Processors for practising: whatever workers.yaml says, calls go to the practice Jira or nowhere."""

from collections.abc import Mapping, Sequence

from engine.model import Attempt, Entity, Observation, Outcome
from engine.processors.processor import Call, Processor, ProcessorMaker, Settings


def practice_makers(
    makers: Mapping[str, ProcessorMaker], url: str, email: str, token: str
) -> Mapping[str, ProcessorMaker]:
    """The same processors by name: jira bound to the practice Jira, every other one refusing to call."""
    practised = {"url": url, "email": email, "token": token, "api_version": 3}
    return {
        name: _Bound(maker, practised) if name == "jira" else _Aloof(maker) for name, maker in makers.items()
    }


class _Bound:
    """A processor's maker with settings of ours instead of the user's."""

    def __init__(self, maker: ProcessorMaker, values: Mapping[str, object]) -> None:
        self._maker = maker
        self._values = values
        self.name = maker.name
        self.worker_names = maker.worker_names
        self.settings = maker.settings
        self.defaults: Mapping[str, str] = {}

    def check(self, settings: Settings) -> Sequence[str]:
        """What would be wrong with our settings: nothing."""
        return self._maker.check(self._ours(settings))

    def connect(self, settings: Settings) -> Processor:
        """Connect to the practice Jira."""
        return self._maker.connect(self._ours(settings))

    def _ours(self, settings: Settings) -> Settings:
        return Settings(worker=settings.worker, values=self._values)


class _Aloof(_Bound):
    """A processor's maker whose processor makes no call."""

    def __init__(self, maker: ProcessorMaker) -> None:
        super().__init__(maker, {})

    def check(self, settings: Settings) -> Sequence[str]:
        """Nothing is needed to make no call."""
        del settings
        return ()

    def connect(self, settings: Settings) -> Processor:
        """A processor that refuses."""
        return _Refusing(settings.worker)


class _Refusing:
    """Says what would have been called."""

    observes = False

    def __init__(self, worker: str) -> None:
        self._worker = worker

    async def observe(self, entity: Entity) -> Observation:
        """Refuse."""
        return Observation(outcome=Outcome.REFUSED, detail=f"{entity}: nothing is called while practising")

    async def perform(self, call: Call) -> Attempt:
        """Refuse."""
        detail = f"the worker {self._worker} is not called while practising; only the practice Jira is"
        return Attempt(outcome=Outcome.REFUSED, detail=f"{call.entity}: {detail}")

    async def close(self) -> None:
        """Nothing is open."""
