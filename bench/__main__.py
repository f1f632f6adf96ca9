"""``python -m bench [NAME…]``: run the measurements, print one JSON object a line, and at the end which goals are met."""

import importlib
import json
import sys
import time

from bench.goals import table

#: Name of a measurement -> the module whose `measure` makes it.
MEASUREMENTS = ("parse", "decide", "store", "daemon", "scale", "burst", "distributed")


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in MEASUREMENTS]
    if unknown:
        print(f"no measurement {', '.join(unknown)}; there are {', '.join(MEASUREMENTS)}", file=sys.stderr)
        return 2
    rows = []
    for name in names or MEASUREMENTS:
        began = time.monotonic()
        print(f"# {name} …", file=sys.stderr, flush=True)
        for row in importlib.import_module(f"bench.{name}").measure():
            rows.append(row)
            print(json.dumps({"bench": name, **row}), flush=True)
        print(f"# {name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    print(table(rows), file=sys.stderr)
    return 0


sys.exit(main(sys.argv[1:]))
