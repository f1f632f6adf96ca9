"""What replay and verify print."""

from collections.abc import Sequence
from typing import Any

from engine.cli.tables import print_json, print_table
from engine.run.replay import Difference

_SHOWN = 100


def report(found: Sequence[Difference], checked: int, what: str, *, json: bool) -> int:
    """Print the differences; the exit status is 1 if there is any."""
    if json:
        print_json({"checked": checked, "differences": [_as_json(d) for d in found]})
        return 1 if found else 0
    if found:
        print_table(
            "",
            ("project", "entity", "version", "part", "because"),
            [(d.project, d.entity_id, d.version, d.part, d.because) for d in found[:_SHOWN]],
        )
        if len(found) > _SHOWN:
            print(f"… and {len(found) - _SHOWN} more; --json lists all, with what was recorded")
    print(f"{checked} decision(s) {what}: {len(found) or 'no'} difference(s)")
    return 1 if found else 0


def _as_json(d: Difference) -> dict[str, Any]:
    return {
        "project": d.project,
        "entity": d.entity_id,
        "version": d.version,
        "part": d.part,
        "because": d.because,
        "recorded": d.recorded,
        "again": d.again,
    }
