"""``python -m tests.conformance``: build the reference, compare, and say what differs; 1 if more differs than allowed."""

import argparse
import subprocess
import sys
import time
from pathlib import Path

from tests.conformance import functions, numbers
from tests.conformance.functions import FunctionsReference
from tests.conformance.parity import run
from tests.conformance.reference import Reference, build, module_folder
from tests.conformance.values import compare_values

#: What of the comparisons may differ at most, in percent.
ALLOWED = {
    "accepted by one only": 0.1,
    "formatted differently": 0.1,
    "not idempotent": 0.0,
    "first error with another range": 1.0,
    "first error on another line": 1.0,
    "first error listed with another range": 2.0,
    "first error listed on another line": 1.0,
    "evaluated differently": 0.0,
}


def run_suite(folder: Path) -> int:
    """HCL's own conformance suite, by its own harness, against our hcldec."""
    decoder = folder.resolve() / "our-hcldec"
    root = Path(__file__).resolve().parents[2]
    decoder.write_text(
        f'#!/bin/sh\nPYTHONPATH="{root}" exec "{sys.executable}" -m tests.conformance.hcldec "$@"\n'
    )
    decoder.chmod(0o755)
    tests = module_folder(folder) / "specsuite" / "tests"
    done = subprocess.run([folder / "hclspecsuite", tests, decoder], check=False)
    print(f"the conformance suite {'passed' if done.returncode == 0 else 'failed'}", flush=True)
    return done.returncode


def run_functions(folder: Path, given: argparse.Namespace) -> int:
    """The functions of expressions, call by call."""
    reference = FunctionsReference(folder)
    try:
        outcome = functions.run(reference, given.calls, given.seed)
    finally:
        reference.close()
    for difference in outcome.differing[: 10 * given.examples]:
        print(f"--- {difference[:500]}")
    for kind, count in sorted(outcome.counts.items()):
        print(f"{count:8} calls of functions: {kind}")
    if given.record is not None:
        functions.record(outcome, given.record)
    return int(bool(outcome.differing))


def run_numbers(folder: Path, given: argparse.Namespace) -> int:
    """Arithmetic, to the last digit."""
    reference = FunctionsReference(folder)
    try:
        outcome = numbers.run(reference, given.numbers, given.seed)
    finally:
        reference.close()
    for difference in outcome.differing[: 10 * given.examples]:
        print(f"--- {difference[:1000]}")
    print(f"{len(outcome.agreed):8} calculations: the same text")
    print(f"{outcome.refused:8} calculations: refused here, as the reference page says")
    print(f"{len(outcome.differing):8} calculations: different")
    if given.record_numbers is not None:
        numbers.record(outcome, given.record_numbers)
    return int(bool(outcome.differing))


def main() -> int:
    options = argparse.ArgumentParser(prog="conformance", description=__doc__)
    options.add_argument("folders", nargs="*", type=Path, help="more folders with HCL files")
    options.add_argument(
        "--build", type=Path, default=Path(".conformance"), help="where the reference is built"
    )
    options.add_argument("--respacings", type=int, default=3000)
    options.add_argument("--mutations", type=int, default=20000)
    options.add_argument("--calls", type=int, default=2000, help="how many calls of each function")
    options.add_argument("--record", type=Path, help="where to keep some calls of functions, for the tests")
    options.add_argument("--numbers", type=int, default=20000, help="how many calculations")
    options.add_argument(
        "--record-numbers", type=Path, help="where to keep some results of calculations, for the tests"
    )
    options.add_argument("--values", type=int, default=20000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--examples", type=int, default=3, help="how many of each difference to print")
    given = options.parse_args()
    folder = build(given.build)
    suite = run_suite(folder)
    called = run_functions(folder, given)
    calculated = run_numbers(folder, given)
    began = time.monotonic()
    reference = Reference(folder)
    try:
        tally = run(
            (module_folder(folder), *given.folders),
            reference,
            respacings=given.respacings,
            mutations=given.mutations,
            seed=given.seed,
        )
    finally:
        reference.close()
    evaluating = Reference(folder, "-evaluate")
    try:
        compare_values(evaluating, tally, given.values, given.seed)
    finally:
        evaluating.close()
    for kind, found in tally.examples.items():
        for name, why, source in found[: given.examples]:
            print(f"--- {kind}: {name}: {why}\n{source.decode('utf-8', 'replace')}")
    total = {
        **{kind: tally.counts["refused by both"] for kind in ALLOWED if kind.startswith("first error")},
        "evaluated differently": tally.counts["evaluated"],
        "accepted by one only": tally.counts["refused by both"] + tally.counts["accepted by both"],
    }
    failed = False
    for kind, count in sorted(tally.counts.items()):
        share = 100 * count / max(1, total.get(kind, tally.counts["accepted by both"]))
        limit = ALLOWED.get(kind)
        failed |= limit is not None and share > limit
        print(f"{count:8} {kind}" + (f" ({share:.2f} %, allowed {limit} %)" if limit is not None else ""))
    print(f"{time.monotonic() - began:8.0f} seconds")
    return int(failed or suite != 0 or called != 0 or calculated != 0)


sys.exit(main())
