"""Steps through a definition by hand: the terminal offers what can happen, and a choice makes it happen."""

from collections.abc import Callable, Iterator

from engine.cli.telling import told_step
from engine.machine.definition import Provisioner
from engine.machine.explore import Configuration, Explorer, Move
from engine.machine.story import as_test, told_event
from engine.machine.values import canonical, printable
from engine.model import Snapshot

_HELP = "number: let it happen, b: back, t: print the way as a test, q: quit"


def step_by_hand(
    provisioner: Provisioner, start: Snapshot | None, ask: Callable[[str], str], say: Callable[[str], None]
) -> None:
    """Offer, ask and say until the user quits or the input ends."""
    explorer = Explorer(provisioner=provisioner)
    begin = explorer.start() if start is None else explorer.configuration(start)
    way: list[Move] = []
    while True:
        at = way[-1].after if way else begin
        moves = explorer.moves(at)
        for line in _offered(provisioner, at, moves.found):
            say(line)
        for transition in moves.undecided:
            say(f'  -) "{transition.event}" at {transition.span}: no payload for it could be made up')
        try:
            answer = ask("> ").strip().lower()
        except EOFError:
            return
        if answer == "q":
            return
        if answer == "b":
            del way[-1:]
        elif answer == "t":
            say("\n".join(as_test("by hand", begin, way, "where it came to")))
        elif answer.isdecimal() and 0 < int(answer) <= len(moves.found):
            chosen = moves.found[int(answer) - 1]
            say("\n".join(f"  {line}" for line in told_step(explorer.decide(chosen))))
            way.append(chosen)
        else:
            say(_HELP)


def _offered(provisioner: Provisioner, at: Configuration, moves: tuple[Move, ...]) -> Iterator[str]:
    snapshot = at.snapshot
    remembered = f", context {canonical(snapshot.context)}" if snapshot.context else ""
    yield ""
    yield printable(f'{provisioner.name} is in "{snapshot.state}"{remembered}')
    for number, move in enumerate(moves, start=1):
        told = told_event(move.event)
        with_what = f" with {', '.join(told)}" if told else ""
        to = "<end>" if move.ended else f'"{move.after.snapshot.state}"'
        yield printable(f'  {number}) "{move.event.name}"{with_what} -> {to}')
    if not moves:
        yield "  nothing moves it from here"
    yield _HELP
