"""``interlock check``: are the definitions right?"""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from engine.cli.options import Json, MachinesFolder, Variables, WorkersFile


def check(
    *files: Annotated[
        Path, Parameter(help="Definitions (.hcl) or folders of one, and workers files (.yaml).")
    ],
    workers: WorkersFile = None,
    machines: MachinesFolder = None,
    var: Variables = (),
    json: Json = False,
    sarif: Annotated[
        bool, Parameter(negative="", help="Print SARIF 2.1.0, for code hosts and editors.")
    ] = False,
) -> int:
    """Check machine definitions and workers files, prove what can be proven, and list every problem.

    Definitions are explored: properties are proven or refuted with the shortest counterexample, and states, transitions
    and guards that are there in vain are named. With files, each is checked by itself. Without, workers.yaml and all
    definitions it names are checked together, as `interlock run` does at its start. The exit status is 1 if there is an error, otherwise 0.

    For instance: `interlock check statemachines/jira.hcl`
    """
    from engine.cli.checking import check_files  # `--help` does not wait for it

    return check_files(*files, workers=workers, machines=machines, var=var, json=json, sarif=sarif)
