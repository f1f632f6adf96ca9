"""Options that several commands share, and what they are worth once flags, environment and app.env are read."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators

from engine.cli.environment import environment, settings_from

__all__ = ["COUNT", "Json", "MachinesFolder", "StoreUrl", "WorkersFile", "environment", "settings_from"]

#: A number of rows, or of one.
COUNT = validators.Number(gte=0, lte=2**31)
StoreUrl = Annotated[
    str | None,
    Parameter(
        name="--store",
        help="Where the store is: sqlite:///FILE or postgresql://… [env INTERLOCK_STORE; default sqlite:///interlock.db].",
        metavar="URL",
    ),
]
WorkersFile = Annotated[
    Path | None,
    Parameter(
        name=["--workers", "--worker-cfg"],
        help="The file that maps projects to backends [env INTERLOCK_WORKERS; default workers.yaml].",
        metavar="FILE",
    ),
]
MachinesFolder = Annotated[
    Path | None,
    Parameter(
        name=["--machines", "--hcl-dir"],
        help="The folder with the machine definitions [env INTERLOCK_MACHINES; default statemachines].",
        metavar="FOLDER",
    ),
]
Variables = Annotated[
    tuple[str, ...],
    Parameter(
        name="--var",
        negative="",
        show_default=False,
        help="A variable's value, before [env INTERLOCK_VAR_NAME], workers.yaml and its default; may be repeated.",
        metavar="NAME=VALUE",
    ),
]
Json = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON, for programs.")]
