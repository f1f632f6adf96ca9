"""The language: parsing beside python-hcl2 and HCL's reference, a guard, and ``interlock check`` as a whole process.

Each is measured in turn with what it is compared with, so that a busy moment of the machine meets both; the best of
several rounds counts. Times are of the processor where both sides are in this process, else of the clock.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hcl2

from engine.language import parse
from engine.language.expressions import compile_expression
from engine.resources import shipped

ROOT = Path(__file__).resolve().parents[1]
REPEATS = 7
GUARD = 'event.action == "closed" && event.pull_request.merged && event.pull_request.base.ref == "main"'
PAYLOAD = {"action": "closed", "pull_request": {"merged": True, "base": {"ref": "main"}}}
GUARDS = 20_000


def measure() -> list[dict[str, Any]]:
    """Rows of name, value, unit, the reference's value on the same machine a moment later, their ratio and its goal."""
    text = (shipped("statemachines") / "jira.hcl").read_text(encoding="utf-8")
    sources = (("parse a definition", text), ("parse 40 definitions", text * 40))
    rows = [_beside_hcl2(name, source) for name, source in sources]
    rows += _beside_reference(sources)
    return [*rows, _guard(), *_whole_process()]


def _row(name: str, ours: float, unit: str, reference: str, theirs: float, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "value": ours,
        "unit": unit,
        "reference": reference,
        "reference_value": theirs,
        **more,
    }


def _cpu(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _beside_hcl2(name: str, source: str) -> dict[str, Any]:
    """`parse` makes the tree with every place; `loads` makes dictionaries."""
    ours = theirs = float("inf")
    times = max(1, 20_000 // len(source))
    for _ in range(REPEATS):
        ours = min(ours, _cpu(lambda: [parse(source, "bench.hcl") for _ in range(times)]) / times)
        theirs = min(theirs, _cpu(lambda: [hcl2.loads(source) for _ in range(times)]) / times)
    return _row(
        name,
        ours * 1000,
        "ms",
        "python-hcl2 loads",
        theirs * 1000,
        ratio=theirs / ours,
        goal="at least 8 times as fast",
    )


def _beside_reference(sources: tuple[tuple[str, str], ...]) -> list[dict[str, Any]]:
    """The same beside the reference's own parser, where Go can build it."""
    if shutil.which("go") is None:
        print("# no Go on the path: not measured beside the reference", file=sys.stderr)
        return []
    from tests.conformance.reference import build

    try:
        folder = build(ROOT / ".conformance")
    except subprocess.CalledProcessError:
        print("# the reference cannot be built here: not measured beside it", file=sys.stderr)
        return []
    rows = []
    for name, source in sources:
        ours = theirs = float("inf")
        times = max(1, 20_000 // len(source))
        for _ in range(REPEATS):
            ours = min(ours, _cpu(lambda: [parse(source, "bench.hcl") for _ in range(times)]) / times)  # noqa: B023
            done = subprocess.run(
                [folder / "reference", "-time", "20"], input=source.encode(), capture_output=True, check=True
            )
            theirs = min(theirs, int(done.stdout) / 1e9)
        rows.append(
            _row(
                f"{name}, beside the reference",
                ours * 1000,
                "ms",
                "hashicorp/hcl hclsyntax.ParseConfig",
                theirs * 1000,
                ratio=ours / theirs,
                goal="at most 5 times as slow",
            )
        )
    return rows


def _guard() -> dict[str, Any]:
    tree = parse(f"guard = {GUARD}\n", "bench.hcl").tree
    assert tree is not None
    guard = compile_expression(tree.attributes[0].value)
    scope = {"event": PAYLOAD}
    assert guard.evaluate(scope) is True

    def bare(event: dict[str, Any]) -> bool:
        return bool(
            event["action"] == "closed"
            and event["pull_request"]["merged"]
            and event["pull_request"]["base"]["ref"] == "main"
        )

    ours = theirs = float("inf")
    for _ in range(REPEATS):
        ours = min(ours, _cpu(lambda: [guard.evaluate(scope) for _ in range(GUARDS)]) / GUARDS)
        theirs = min(theirs, _cpu(lambda: [bare(PAYLOAD) for _ in range(GUARDS)]) / GUARDS)
    return _row(
        "a typical guard",
        ours * 1e6,
        "us",
        "the same written in Python",
        theirs * 1e6,
        ratio=ours / theirs,
        goal="below 3 us",
    )


def _whole_process() -> list[dict[str, Any]]:
    """`interlock check` of the shipped definition, and of workers.yaml with all it names, from start to exit."""
    checks = (
        ("interlock check of a definition", ("-m", "engine", "check", "statemachines/jira.hcl")),
        ("interlock check of workers.yaml", ("-m", "engine", "check")),
    )
    rows = []
    for name, arguments in checks:
        with tempfile.TemporaryDirectory() as folder:
            _process(*arguments, compiled=folder)
            runs = [
                (_process(*arguments, compiled=folder), _process("-c", "pass", compiled=folder))
                for _ in range(REPEATS)
            ]
        walls, cpus = zip(*(ours for ours, _ in runs), strict=True)
        empty = min(wall for _, (wall, _cpu_time) in runs)
        rows.append(
            _row(
                name,
                min(walls) * 1000,
                "ms",
                "an empty Python process",
                empty * 1000,
                ratio=min(walls) / empty,
                cpu=min(cpus) * 1000,
                goal="below 250 ms",
            )
        )
    return rows


def _process(*arguments: str, compiled: str) -> tuple[float, float]:
    """Seconds by the clock, and of the processor, that a Python process takes.

    Installing a package compiles it. A source tree may never be, so the compiled files are kept in a folder of this run.
    """
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments],
        cwd=shipped("workers.yaml").parent,
        env={**env, "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": compiled},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,  # workers.yaml names what is set where it runs
    )
    wall = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
