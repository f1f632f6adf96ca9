"""``interlock store``: look after the one file on disk. All but restore work beside a running daemon."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from engine.cli.durations import duration
from engine.cli.looking import look_into
from engine.cli.options import Json, StoreUrl, settings_from
from engine.cli.progress import progress, telling
from engine.cli.tables import moment, print_json, print_table
from engine.run.clock import now
from engine.store import backup as copies
from engine.store import check as checks
from engine.store import retention
from engine.store.facts import facts_of
from engine.store.lock import DaemonLock
from engine.store.sqlite import path_of

Force = Annotated[bool, Parameter(name="--force", negative="", help="Write over what is there.")]

#: After each batch the writer of a daemon beside us has at least this long, and twice what the batch took.
_PAUSE_SECONDS = 0.02


def check(*, store: StoreUrl = None, json: Json = False) -> int:
    """Check the file, its schema and its rows against each other; the exit status is 1 if anything is wrong.

    It reads every row, in minutes where there are millions; a daemon beside it goes on writing. The history's chains are
    checked by `interlock verify`.
    """
    path = path_of(settings_from(store=store).store)
    with telling() as told:
        found = checks.check(path, told)
    if json:
        print_json({"store": str(path), "ok": not found, "findings": [asdict(f) for f in found]})
    elif found:
        print_table("", ("fault", "because"), [(f.fault, f.because) for f in found])
        print(f"{path}: {len(found)} finding(s). Restore a backup, or report this with the table above.")
    else:
        print(f"{path}: whole")
    return 1 if found else 0


def backup(
    file: Annotated[Path, Parameter(help="Where to write the copy.")],
    *,
    force: Force = False,
    store: StoreUrl = None,
) -> int:
    """Copy the store as it is at this moment to a file, while a daemon goes on writing.

    The copy holds no secret in clear, and not the key of the hook secrets: keep the key file
    (`interlock.key` beside `interlock.db`), or INTERLOCK_SECRET_KEY, in another place.

    For instance: `interlock store backup interlock-backup.db`
    """
    path = path_of(settings_from(store=store).store)
    with progress("Copying", None) as advance:
        copies.backup(path, file.absolute(), force=force, told=_told(advance))
    print(f"{path} is copied to {file} ({file.stat().st_size:,} bytes).")
    return 0


def restore(
    file: Annotated[Path, Parameter(help="The backup.")], *, force: Force = False, store: StoreUrl = None
) -> int:
    """Put a backup in the store's place, after it was checked; no daemon may run on the store.

    What was received and decided after the backup is forgotten by the store, not by the backends: senders that deliver
    again are heard again, and a backend that holds the state is asked where its entities are.
    """
    path = path_of(settings_from(store=store).store)
    with progress("Copying", None) as advance:
        copies.restore(file.absolute(), path, force=force, told=_told(advance))
    print(f"{path} is the backup {file} now.")
    return 0


def info(*, store: StoreUrl = None, json: Json = False) -> int:
    """Say what is in the store, how large it is, and which daemon works on it."""
    path_of(settings_from(store=store).store)  # only a file has this to tell
    with look_into(store) as opened, opened.read() as connection:
        said = facts_of(connection, opened.path)
    holder = DaemonLock.holder(opened.path)
    values: dict[str, Any] = {**asdict(said), "path": str(said.path), "daemon": holder}
    if json:
        print_json(values)
        return 0
    for name in ("path", "schema", "bytes", "log_bytes", "free_bytes"):
        print(f"{name.replace('_', ' '):<16} {values[name]}")
    print(f"{'daemon':<16} {'none' if holder is None else f'process {holder}'}")
    print(f"{'oldest delivery':<16} {moment(said.oldest_delivery)}")
    print(f"{'newest delivery':<16} {moment(said.newest_delivery)}")
    print_table("", ("what", "how many"), list(said.counts.items()))
    return 0


def prune(
    *,
    older_than: Annotated[
        str,
        Parameter(
            name="--older-than",
            help="Remove what is finished and older: 90d, 12w.",
            metavar="DURATION",
            allow_leading_hyphen=True,
        ),
    ],
    yes: Annotated[
        bool, Parameter(name="--yes", negative="", help="Do it; otherwise only the plan is printed.")
    ] = False,
    store: StoreUrl = None,
    json: Json = False,
) -> int:
    """Remove finished deliveries, bodies, events, effects and history that are older, in small batches.

    Instances, definitions, dead letters and unfinished work stay. The chains of hashes go on from checkpoints, so
    `interlock verify` still sees a change of what is left. What is removed is forgotten: if a sender delivers it again, it
    is new.

    For instance: `interlock store prune --older-than 90d`
    """
    cutoff = now() - duration(older_than, "--older-than")
    work = retention.Retention(cutoff)
    with look_into(store, patient=True) as opened:
        with opened.read() as connection:
            decisions, deliveries = retention.candidates(connection, cutoff)
        if yes:
            with progress("Removing", decisions + deliveries) as advance:
                more = True
                while more:
                    started = time.monotonic()
                    more = opened.write(work.batch)
                    advance(retention.BATCH)
                    time.sleep(max(_PAUSE_SECONDS, 2 * (time.monotonic() - started)))
    removed = asdict(work.removed)
    if json:
        plan = {"before": cutoff, "decisions": decisions, "deliveries": deliveries}
        print_json({"plan": plan, "removed": removed if yes else None})
    elif yes:
        print("Removed: " + ", ".join(f"{count} {name}" for name, count in removed.items()) + ".")
    else:
        print(
            f"Before {moment(cutoff)} there are at most {decisions} decision(s) and {deliveries} deliveries to "
            "remove, with their bodies, events and effects.\nNothing was changed; add --yes to do it."
        )
    return 0


def _told(advance: Any) -> copies.Told:
    before = 0

    def told(done: int, _all: int) -> None:
        nonlocal before
        advance(done - before)
        before = done

    return told
