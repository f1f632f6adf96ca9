"""``python -m tests.conformance.identifiers``: write grammars/identifiers.txt anew, from the reference's own tables.

Which characters begin and go on a name are properties of Unicode, and the reference says which version of it counts.
"""

import argparse
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

from tests.conformance.reference import module_folder

TABLE = Path(__file__).resolve().parents[2] / "grammars/identifiers.txt"
_BYTES = re.compile(r"0x([0-9A-F]{2})(?:\.\.0x([0-9A-F]{2}))?")


def characters(rules: str, name: str) -> Iterator[int]:
    """The code points of a property, in order; rules name the bytes of their UTF-8, and some that are none."""
    body = rules.split(f"{name} =")[1].split(";", maxsplit=1)[0]
    for line in body.splitlines():
        found = _BYTES.findall(line.partition("#")[0])
        choices = [range(int(first, 16), int(last or first, 16) + 1) for first, last in found]
        for number, choice in enumerate(choices[1:], start=1):
            choices[number] = range(max(choice.start, 0x80), min(choice.stop, 0xC0))
        for raw in itertools.product(*choices) if choices else ():
            try:
                yield ord(bytes(raw).decode())
            except UnicodeDecodeError:
                continue


def packed(points: Iterator[int]) -> str:
    """Ranges as numbers: how many characters lie before each, and how many are in it."""
    runs: list[list[int]] = []
    for point in sorted(set(points)):
        if runs and runs[-1][1] == point:
            runs[-1][1] += 1
        else:
            runs.append([point, point + 1])
    edges = [0, *itertools.chain.from_iterable(runs)]
    return " ".join(f"{after - before:x}" for before, after in itertools.pairwise(edges))


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "--build", type=Path, default=Path(".conformance"), help="where the reference is built"
    )
    rules = (module_folder(options.parse_args().build) / "hclsyntax/unicode_derived.rl").read_text()
    TABLE.write_text("".join(f"{packed(characters(rules, name))}\n" for name in ("ID_Start", "ID_Continue")))
