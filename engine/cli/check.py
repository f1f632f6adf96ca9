"""``interlock check``: are the definitions right?"""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from engine.cli.options import Json, MachinesFolder, Variables, WorkersFile
from engine.cli.standard_input import refuse_empty_name, refuse_unknown_flag


def check(
    *files: Annotated[
        Path,
        Parameter(
            help="Definitions (.hcl) or folders of one, workers files (.yaml), or - for a definition on standard input.",
            allow_leading_hyphen=True,
            converter=refuse_empty_name,
            validator=refuse_unknown_flag,
        ),
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
    and guards that are there in vain are named. With files, each is checked by itself; one of a folder that is one
    definition with it, of which workers.yaml or a module block names the folder. Without, workers.yaml and all
    definitions it names are checked together, as `interlock run` does at its start. The exit status is 1 if there is an error, otherwise 0.

    For instance: `interlock check statemachines/jira.hcl`
    """
    from engine.cli.checking import check_files  # `--help` does not wait for it

    return check_files(*files, workers=workers, machines=machines, var=var, json=json, sarif=sarif)
