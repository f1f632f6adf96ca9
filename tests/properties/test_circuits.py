"""Whatever comes in whatever order, a backend that is left alone is tried again when it is time, and all are woken when it is well."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine.decide.breaker import BreakerPolicy, Circuit
from engine.model import Attempt, Entity, Exchange, Outcome
from engine.run.circuits import Circuits

_BACKEND = "b"
_ENTITIES = [Entity(project="p", id=str(n)) for n in range(6)]
_SECONDS = st.sampled_from([0.0, 0.001, 1.0, 5.0, 10.0, 40.0, 120.0, 300.0])


def _attempt(outcome: Outcome, status: int | None) -> Attempt:
    exchange = Exchange(method="POST", url="u", status=status, seconds=0.1)
    return Attempt(outcome=outcome, detail="", exchanges=(exchange,))


_ANSWERS = {
    "well": _attempt(Outcome.DONE, 204),
    "down": _attempt(Outcome.RETRY, None),
    "refused": Attempt(outcome=Outcome.REFUSED, detail="never sent", exchanges=()),
}


class OneBackend(RuleBasedStateMachine):
    """Entities ask when they are due or hurried, or for the first time at any moment, as deliveries come."""

    @initialize()
    def begin(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        #: When each of those that wait asks again.
        self.waits: dict[Entity, datetime] = {}
        #: Those of them that wait for the backend; the others wait for their own next attempt.
        self.left: set[Entity] = set()
        self.under_way: list[Entity] = []
        policy = BreakerPolicy(failures=1)  # it opens at once: that is where it becomes interesting
        self.circuits = Circuits(lambda: self.now, self._hurried, self._all_hurried, policy)

    def _hurried(self, entity: Entity) -> None:
        if entity in self.waits:
            self.waits[entity] = self.now

    def _all_hurried(self) -> None:
        self.waits = dict.fromkeys(self.waits, self.now)

    @rule(entity=st.sampled_from(_ENTITIES))
    def ask(self, entity: Entity) -> None:
        if entity in self.under_way or self.waits.get(entity, self.now) > self.now:
            return
        until = self.circuits.wait(_BACKEND, entity)
        self.left.discard(entity)
        if until is None:
            self.waits.pop(entity, None)
            self.under_way.append(entity)
        else:
            assert until > self.now
            self.waits[entity] = until
            self.left.add(entity)

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), answer=st.sampled_from(sorted(_ANSWERS)))
    def answer(self, data: st.DataObject, answer: str) -> None:
        entity = data.draw(st.sampled_from(self.under_way))
        self.under_way.remove(entity)
        self.circuits.tell(_BACKEND, _ANSWERS[answer])
        if answer != "well":  # it is tried again, some time
            self.waits[entity] = self.now + timedelta(seconds=data.draw(_SECONDS))

    @rule(seconds=_SECONDS)
    def time_goes_by(self, seconds: float) -> None:
        # Whoever is due asks before more time goes by.
        for entity in sorted(self.waits, key=lambda e: (self.waits[e], e.id)):
            if self.waits[entity] <= self.now:
                self.ask(entity)
        self.now += timedelta(seconds=seconds)

    @invariant()
    def somebody_comes_back_in_time(self) -> None:
        (standing,) = self.circuits.standings([_BACKEND])
        if not self.left or self.under_way or standing.circuit is Circuit.CLOSED:
            return
        assert standing.until is not None
        assert min(self.waits[e] for e in self.left) <= max(self.now, standing.until), (standing, self.waits)

    @invariant()
    def nobody_waits_for_a_backend_that_is_well(self) -> None:
        (standing,) = self.circuits.standings([_BACKEND])
        if standing.circuit is Circuit.CLOSED:
            assert standing.waiting == 0


TestOneBackend = OneBackend.TestCase
