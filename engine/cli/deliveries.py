"""``interlock deliveries``: what came in, and what became of it."""

from typing import Annotated, Any

from cyclopts import Parameter

from engine.cli.looking import look_into
from engine.cli.options import COUNT, Json, StoreUrl
from engine.cli.tables import moment, print_json, print_table
from engine.errors import SettingError
from engine.store import deliveries as rows
from engine.store.database import Connection
from engine.store.tables import Receipt


def deliveries(
    number: Annotated[
        int | None, Parameter(validator=COUNT, help="Show this delivery with its body.")
    ] = None,
    *,
    limit: Annotated[
        int, Parameter(validator=COUNT, help="How many to list, newest first.", metavar="N")
    ] = 20,
    before: Annotated[
        int | None, Parameter(validator=COUNT, help="List those before this number.", metavar="NUMBER")
    ] = None,
    source: Annotated[str | None, Parameter(help="Only those of this source.", metavar="SOURCE")] = None,
    verdict: Annotated[
        str | None, Parameter(help="Only accepted, ignored or duplicate ones.", metavar="VERDICT")
    ] = None,
    store: StoreUrl = None,
    json: Json = False,
) -> int:
    """List deliveries with their verdicts, or show one whole.

    For instance: `interlock deliveries --source github --verdict ignored`
    """
    wanted = None if verdict is None else _verdict(verdict)
    with look_into(store) as opened, opened.read() as connection:
        if number is not None:
            return _print_one(connection, number, json=json)
        found = rows.latest(connection, limit, source=source, verdict=wanted, before_id=before)
    if json:
        print_json([_as_json(row) for row in found])
    elif found:
        print_table(
            "",
            ("number", "received", "source", "type", "verdict", "reason"),
            [(r.id, moment(r.received_at), r.source, r.type, r.verdict, r.reason) for r in found],
        )
    else:
        print("No delivery was received yet.")
    return 0


def _verdict(word: str) -> Receipt:
    try:
        return Receipt(word)
    except ValueError:
        raise SettingError(f"--verdict must be one of {', '.join(Receipt)}; it is {word!r}") from None


def _print_one(connection: Connection, number: int, *, json: bool) -> int:
    row = rows.get(connection, number)
    if row is None:
        raise SettingError(f"there is no delivery {number}; `interlock deliveries` lists the newest")
    text = rows.body(connection, number).decode("utf-8", "replace")
    if json:
        print_json({**_as_json(row), "headers": dict(row.headers), "body": text})
    else:
        print(f"Delivery {row.id}: {row.source} {row.type!r}, {row.delivery_id or 'without id'}")
        print(f"received {moment(row.received_at)}, {row.verdict}{': ' + row.reason if row.reason else ''}\n")
        print(text)
    return 0


def _as_json(row: rows.DeliveryRow) -> dict[str, Any]:
    return {
        "number": row.id,
        "received_at": row.received_at,
        "source": row.source,
        "type": row.type,
        "delivery_id": row.delivery_id,
        "verdict": row.verdict,
        "reason": row.reason,
        "duplicate_of": row.duplicate_of,
    }
