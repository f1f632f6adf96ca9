"""``python -m tests.conformance.statecharts [FOLDER]``: the statechart suites, converted and run; 1 if too few pass."""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.conformance.cases import Outcome, Result, run_judging, run_scripted
from tests.conformance.suites import MissingError, find, judged, scripted

#: So many must pass.
LEAST_SCRIPTED = 100
LEAST_JUDGED = 85


def show(title: str, results: Sequence[Result], least: int) -> bool:
    """Print what became of a suite, and every case that did not pass; whether enough did."""
    count = Counter(result.outcome for result in results)
    print(f"\n{title}: {len(results)} cases")
    for outcome in Outcome:
        print(f"  {outcome:<16}{count[outcome]:>4}")
    for result in results:
        if result.outcome is not Outcome.PASSED:
            print(f"    {result.name}: {result.outcome}: {result.because}")
    enough = count[Outcome.PASSED] >= least
    print(f"  at least {least} must pass: {'they do' if enough else 'TOO FEW'}")
    return enough


def main() -> int:
    options = argparse.ArgumentParser(prog="statecharts", description=__doc__)
    options.add_argument("folder", nargs="?", type=Path, help="a folder, or a git folder, with the suites")
    options.add_argument("--cache", type=Path, default=Path(".conformance"), help="where they are kept")
    given = options.parse_args()
    try:
        suites = find(given.folder, given.cache)
    except MissingError as missing:
        print(f"statecharts: {missing}", file=sys.stderr)
        return 2
    fine = show("SCION's suite", [run_scripted(*case) for case in scripted(suites)], LEAST_SCRIPTED)
    documents = list(judged(suites))
    pure = [run_judging(document) for document, needed in documents if not needed]
    fine = show("The W3C's suite, as far as it is about statecharts", pure, LEAST_JUDGED) and fine
    others = Counter(needed for _, needed in documents if needed)
    told = ", ".join(f"{count} need {needed}" for needed, count in sorted(others.items()))
    print(f"\nOf the W3C's {len(documents)} documents {told}: these are not run.")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
