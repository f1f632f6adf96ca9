"""``interlock test``: do the machines do what their tests expect?"""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from engine.cli.options import Json, MachinesFolder, Variables, WorkersFile


def run_tests(
    *files: Annotated[
        Path, Parameter(help="Definitions (.hcl) or folders of one, or files of tests (_test.hcl).")
    ],
    project: Annotated[str | None, Parameter(help="Only this project's tests.", metavar="PROJECT")] = None,
    junit: Annotated[
        Path | None, Parameter(help="Write the results to this file as JUnit XML.", metavar="FILE")
    ] = None,
    workers: WorkersFile = None,
    machines: MachinesFolder = None,
    var: Variables = (),
    json: Json = False,
) -> int:
    """Run the test blocks of definitions and of the _test.hcl files beside them.

    Without files, all definitions of the folder are tested. The exit status is 1 if a test fails, otherwise 0.

    For instance: `interlock test statemachines --junit results.xml`
    """
    from engine.cli.testing import run_test_files  # `--help` does not wait for it

    return run_test_files(
        *files, project=project, junit=junit, workers=workers, machines=machines, var=var, json=json
    )
