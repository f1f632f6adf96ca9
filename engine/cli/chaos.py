"""``interlock chaos``: kill daemons again and again, and see whether anything is lost, doubled or out of order."""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from engine.cli.chaos_judge import judge
from engine.cli.chaos_run import Plan, invented, run
from engine.cli.options import Json, MachinesFolder, WorkersFile, environment
from engine.cli.tables import print_json, print_table
from engine.config.settings import read_settings
from engine.config.workers import Worker, read_workers
from engine.errors import InvalidDefinitionError, SettingError
from engine.processors.registry import load_processors
from engine.run.hub import maker_of
from engine.store.backend import is_empty, is_postgresql

_SHOWN = 20


def chaos(
    *,
    workers: WorkersFile = None,
    machines: MachinesFolder = None,
    deliveries: Annotated[int, Parameter(help="How many signed releases to deliver.", metavar="N")] = 100,
    kills: Annotated[int, Parameter(help="How often to kill the daemon.", metavar="N")] = 20,
    seconds: Annotated[float, Parameter(help="No kill after so many seconds.", metavar="SECONDS")] = 120,
    seed: Annotated[
        int, Parameter(help="The same seed makes the same deliveries and kills.", metavar="N")
    ] = 0,
    store: Annotated[
        str | None,
        Parameter(
            help="An empty PostgreSQL database, for two daemons; without it one daemon on a file of its own.",
            metavar="URL",
        ),
    ] = None,
    entity: Annotated[
        list[str] | None,
        Parameter(
            negative="",
            help="What deliveries are about: SOC-12; several times [default: invented ones].",
            metavar="ENTITY",
        ),
    ] = None,
    call_backends: Annotated[
        bool,
        Parameter(
            negative="", help="Call the configured backends for real, about the entities that --entity names."
        ),
    ] = False,
    json: Json = False,
) -> int:
    """Run your definitions on a store of their own, with practice backends, and kill the daemon with SIGKILL on the way.

    It is killed just after it verified a delivery, wrote it down, decided, called, was answered, confirmed, or started, and
    as often at a write of its store, in the midst of a transaction or right before or after its commit; is started again, and
    what was not answered is delivered again. On PostgreSQL two daemons share the work, are killed in turn, and one is paused
    with SIGSTOP now and then until the other has taken over. At the end nothing may be lost, decided or called twice,
    or out of order; the history is verified and the store checked. Nothing of yours is touched: a practice Jira stands in for
    Jira, and a backend that records every call for all other processors, unless you ask for the real ones; what those did
    is for you to look at. The exit status is 1 if anything is wrong; then the store and the log are kept, and named.

    For instance: `interlock chaos --deliveries 500 --kills 50`
    """
    if deliveries < 1 or kills < 0:
        raise SettingError("--deliveries must be at least 1, --kills at least 0")
    if call_backends and not entity:
        raise SettingError("--call-backends needs --entity: say what may be moved and called about")
    _check_scratch(store)
    settings = read_settings({"workers": workers, "machines": machines}, environment())
    configured = _read(settings.workers)
    makers = load_processors()
    jiras = [w for w in configured if (maker := maker_of(w, makers)) is not None and maker.name == "jira"]
    plan = Plan(
        workers=settings.workers.absolute(),
        machines=settings.machines.absolute(),
        entities=entity or invented([p for worker in configured for p in worker.projects], deliveries),
        jira_workers=frozenset(worker.name for worker in jiras),
        jira_projects=frozenset(project for worker in jiras for project in worker.projects),
        deliveries=deliveries,
        kills=kills,
        seconds=seconds,
        seed=seed,
        database=store,
        real=call_backends,
    )
    folder = Path(tempfile.mkdtemp(prefix="interlock-chaos-"))
    well = False
    try:
        ran = run(plan, folder)
        found = judge(ran)
        well = found.well
    finally:
        if well:
            shutil.rmtree(folder)
    values = {
        "deliveries": len(ran.accepted),
        "delivered again": ran.again,
        "kills": sum(ran.kills.values()),
        "kills asked for": kills,
        "decisions": found.decisions,
        "calls recorded": len(ran.recorder.calls),
        "dead letters": found.dead,
        "lost": len(found.lost),
        "doubled": len(found.doubled),
        "reordered": len(found.reordered),
        "damaged": len(found.damaged),
    }
    if json:
        details = {**asdict(found), "well": well, "kills_at": dict(ran.kills), "spared": ran.spared}
        print_json({**values, "details": details, "kept": None if well else str(folder)})
        return 0 if well else 1
    print_table("", ("what", "how many"), list(values.items()))
    print_table("Killed", ("just after it said, or at the write", "times"), ran.kills.most_common())
    if ran.spared:
        print(f"{ran.spared}.")
    for line in [*found.lost, *found.doubled, *found.reordered, *found.damaged][:_SHOWN]:
        print(line)
    if not found.decisions:
        print("Nothing was decided: what is delivered are GitHub releases that name entities in their notes.")
    if call_backends:
        print("The backends were called for real: what they did is not looked at here.")
    print(
        "Nothing was lost, doubled or out of order."
        if well
        else f"The log is kept in {folder}, and so is the store."
        if store is None
        else f"The logs are kept in {folder}; the store is left as it is."
    )
    return 0 if well else 1


def _check_scratch(url: str | None) -> None:
    """Refuse what is no empty database: everything in it would be taken for the run's own."""
    if url is None:
        return
    if not is_postgresql(url):
        raise SettingError("--store takes postgresql://…; without it a file is made and removed again")
    if not is_empty(url):
        raise SettingError("the database has tables already: make an empty one for chaos, and name that")


def _read(workers_file: Path) -> Sequence[Worker]:
    try:
        text = workers_file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{workers_file} cannot be read: name it with --workers") from error
    read = read_workers(text, str(workers_file))
    if read.workers is None:
        raise InvalidDefinitionError(read.diagnostics)
    if not any(worker.projects for worker in read.workers.workers):
        raise SettingError(f"{workers_file} names no project: there is nothing to deliver to")
    return read.workers.workers
