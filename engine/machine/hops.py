"""Ways of a given number of moves, however often they come by the same place. Pure."""

from collections.abc import Iterable, Mapping

from engine.frozen import frozen
from engine.machine.moves import Move
from engine.machine.rounds import Steps


@frozen
class Hop:
    """One move, with the time that passes before it."""

    way: tuple[Move, ...]
    #: Where it leads.
    after: str
    #: How many moves of it come at the very moment at which another timer is due.
    races: int


@frozen
class Hops:
    """From each place at most one hop to each other one: ways that differ in nothing that counts are one."""

    of_place: Mapping[str, tuple[Hop, ...]]

    @classmethod
    def of(cls, steps: Steps, starts: Iterable[str]) -> "Hops":
        """Those that lead on from the starts, for the moves out of each place."""
        found: dict[str, tuple[Hop, ...]] = {}
        todo = list(starts)
        while todo:
            key = todo.pop()
            if key not in found:
                found[key] = tuple(_from(steps, key))
                todo += (hop.after for hop in found[key])
        return cls(of_place=found)

    def lasting(self, length: int) -> set[str]:
        """The places from which ways of that many hops lead."""
        lasting = set(self.of_place)
        for _ in range(length):
            longer = {key for key in lasting if any(hop.after in lasting for hop in self.of_place[key])}
            if len(longer) == len(lasting):  # they go on for ever
                break
            lasting = longer
        return lasting

    def way(self, start: str, length: int) -> tuple[Move, ...]:
        """A way of that many hops, with as few races as can be; there has to be one."""
        came: list[dict[str, tuple[int, str, Hop]]] = []
        here = {start: 0}
        for _ in range(length):
            there: dict[str, tuple[int, str, Hop]] = {}
            for key, before in here.items():
                for hop in self.of_place[key]:
                    races = before + hop.races
                    if hop.after not in there or races < there[hop.after][0]:
                        there[hop.after] = (races, key, hop)
            came.append(there)
            here = {key: races for key, (races, *_) in there.items()}
        at = min(here, key=here.__getitem__)
        hops: list[Hop] = []
        for layer in reversed(came):
            _, at, hop = layer[at]
            hops.append(hop)
        return tuple(move for hop in reversed(hops) for move in hop.way)


def _from(steps: Steps, key: str) -> Iterable[Hop]:
    best: dict[str, Hop] = {}
    for waited in _waits(steps, key):
        for move in steps(waited[-1].after.key if waited else key):
            after, races = move.after.key, int(move.races)
            if not move.quiet and (after not in best or races < best[after].races):
                best[after] = Hop(way=(*waited, move), after=after, races=races)
    return best.values()


def _waits(steps: Steps, key: str) -> list[tuple[Move, ...]]:
    """Every way that time alone goes from here, none included."""
    found: dict[str, tuple[Move, ...]] = {key: ()}
    for at in (todo := [key]):
        for move in steps(at):
            if move.quiet and move.after.key not in found:
                found[move.after.key] = (*found[at], move)
                todo.append(move.after.key)
    return list(found.values())
