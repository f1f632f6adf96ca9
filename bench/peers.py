"""The same machine in other libraries, in CPU time of the same run. They are installed at the first run, into ``.bench``.

Each goes round ``to_do``, ``in_progress``, ``done`` on ``next``, with one guard that compares the payload's action.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

#: The states, in the order in which they are gone through.
CYCLE = ("to_do", "in_progress", "done")

CACHE = Path(__file__).resolve().parent.parent / ".bench"
STATEMACHINE = "python-statemachine==3.2.2"
XSTATE = "xstate@5.33.3"
_TIMEOUT = 300.0

_PYTHON = """
import gc, json, sys
from time import process_time
sys.path.insert(0, sys.argv[1])
from statemachine import State, StateMachine

class Soc(StateMachine):
    to_do = State(initial=True)
    in_progress = State()
    done = State()
    next = (
        to_do.to(in_progress, cond="published") | in_progress.to(done) | done.to(to_do)
    )
    def published(self, action):
        return action == "published"

machine = Soc()
best = float("inf")
gc.disable()
for _ in range(7):
    begin = process_time()
    for _ in range(3000):
        machine.send("next", action="published")
    best = min(best, (process_time() - begin) / 3000 * 1e6)
json.dump({"send": best}, sys.stdout)
"""

_NODE = """
import { createMachine, createActor, initialTransition, transition } from "xstate";
const machine = createMachine({
  initial: "to_do",
  states: {
    to_do: { on: { next: { target: "in_progress", guard: ({ event }) => event.action === "published" } } },
    in_progress: { on: { next: "done" } },
    done: { on: { next: "to_do" } },
  },
});
const event = { type: "next", action: "published" };
function fastest(run, rounds) {
  let best = Infinity;
  for (let turn = 0; turn < 12; turn++) {
    const before = process.cpuUsage();
    for (let round = 0; round < rounds; round++) run();
    const used = process.cpuUsage(before);
    best = Math.min(best, (used.user + used.system) / rounds);
  }
  return best;
}
const actor = createActor(machine).start();
let [state] = initialTransition(machine);
const pure = fastest(() => { [state] = transition(machine, state, event); }, 30000);
const send = fastest(() => actor.send(event), 30000);
console.log(JSON.stringify({ pure, send }));
"""


def peers(ours: float) -> list[dict[str, Any]]:
    """A row for each peer: `ours` is what a whole step of the engine takes on the machine, in microseconds."""
    return [*_statemachine(ours), *_xstate(ours)]


def _statemachine(ours: float) -> list[dict[str, Any]]:
    place = CACHE / "python"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    name = "python-statemachine, send"
    try:
        if not (place / "statemachine").exists():
            _run([*pip, "--target", str(place), STATEMACHINE])
        found = json.loads(_run([sys.executable, "-c", _PYTHON, str(place)]))
    except _MissingError as problem:
        return [_missing(name, str(problem))]
    return [_row(name, found["send"], ours)]


def _xstate(ours: float) -> list[dict[str, Any]]:
    place = CACHE / "node"
    names = {"pure": "XState, transition()", "send": "XState, actor.send"}
    try:
        node = _program("node")
        if not (place / "node_modules" / "xstate").exists():
            npm = _program("npm")
            place.mkdir(parents=True, exist_ok=True)
            _run(
                [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(place), XSTATE], place
            )
        (place / "decide.mjs").write_text(_NODE, encoding="utf-8")
        found = json.loads(_run([node, "decide.mjs"], place))
    except _MissingError as problem:
        return [_missing(name, str(problem)) for name in names.values()]
    return [_row(name, found[key], ours) for key, name in names.items()]


class _MissingError(Exception):
    """A peer cannot be measured; the message says why."""


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise _MissingError(f"there is no {name} on the path")
    return found


def _run(command: list[str], folder: Path | None = None) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_TIMEOUT, check=False, cwd=folder
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _MissingError(str(error)) from None
    if done.returncode:
        raise _MissingError(f"{Path(command[0]).name} failed: {done.stderr.strip()[-200:]}")
    return done.stdout


def _row(name: str, theirs: float, ours: float) -> dict[str, Any]:
    return {
        "name": f"step, beside {name}",
        "value": round(ours, 2),
        "unit": "us of CPU",
        "reference": name,
        "reference_value": round(theirs, 2),
        "ratio": round(ours / theirs, 3),
    }


def _missing(name: str, why: str) -> dict[str, Any]:
    return {"name": f"step, beside {name}", "missing": why}
