"""``interlock chaos``: kill the daemon again and again, and see whether anything is lost, doubled or out of order."""

import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from engine.cli.chaos_judge import judge
from engine.cli.chaos_run import Plan, run
from engine.cli.options import Json, MachinesFolder, WorkersFile, environment
from engine.cli.tables import print_json, print_table
from engine.config.settings import read_settings
from engine.config.workers import read_workers
from engine.errors import InvalidDefinitionError, SettingError

_ENTITIES = 12
_SHOWN = 20


def chaos(
    *,
    workers: WorkersFile = None,
    machines: MachinesFolder = None,
    deliveries: Annotated[int, Parameter(help="How many signed releases to deliver.")] = 100,
    kills: Annotated[int, Parameter(help="How often to kill the daemon.")] = 20,
    seconds: Annotated[float, Parameter(help="No kill after so many seconds.")] = 120,
    seed: Annotated[int, Parameter(help="The same seed makes the same deliveries and kills.")] = 0,
    json: Json = False,
) -> int:
    """Run your definitions on a store of their own, with a practice Jira, and kill the daemon with SIGKILL on the way.

    It is killed just after it verified a delivery, wrote it down, decided, called, was answered, confirmed, or started, and
    as often at a write of its store, in the midst of a transaction or right before or after its commit; is started again, and what was not answered is delivered again. At the end nothing may be lost, decided or called twice,
    or out of order; the history is verified and the store checked. Nothing of yours is touched and nothing but the practice
    Jira is called. The exit status is 1 if anything is wrong; then the store and the log are kept, and named.
    """
    if deliveries < 1 or kills < 0:
        raise SettingError("--deliveries must be at least 1, --kills at least 0")
    settings = read_settings({"workers": workers, "machines": machines}, environment())
    plan = Plan(
        workers=settings.workers.absolute(),
        machines=settings.machines.absolute(),
        entities=_entities(settings.workers),
        deliveries=deliveries,
        kills=kills,
        seconds=seconds,
        seed=seed,
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
        "decisions": found.decisions,
        "dead letters": found.dead,
        "lost": len(found.lost),
        "doubled": len(found.doubled),
        "reordered": len(found.reordered),
        "damaged": len(found.damaged),
    }
    if json:
        details = {**asdict(found), "well": well, "kills_at": dict(ran.kills)}
        print_json({**values, "details": details, "kept": None if well else str(folder)})
        return 0 if well else 1
    print_table("", ("what", "how many"), list(values.items()))
    print_table("Killed", ("just after it said, or at the write", "times"), ran.kills.most_common())
    for line in [*found.lost, *found.doubled, *found.reordered, *found.damaged][:_SHOWN]:
        print(line)
    print(
        "Nothing was lost, doubled or out of order."
        if well
        else f"The store and the log are kept in {folder}."
    )
    return 0 if well else 1


def _entities(workers_file: Path) -> list[str]:
    try:
        text = workers_file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{workers_file} cannot be read: name it with --workers") from error
    read = read_workers(text, str(workers_file))
    if read.workers is None:
        raise InvalidDefinitionError(read.diagnostics)
    projects = [project.upper() for worker in read.workers.workers for project in worker.projects]
    if not projects:
        raise SettingError(f"{workers_file} names no project: there is nothing to deliver to")
    return [f"{project}-{number}" for project in projects for number in range(1, _ENTITIES + 1)]
