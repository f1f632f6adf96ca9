"""``interlock fmt``: definitions in the canonical style."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from engine.cli.formatting import format_files
from engine.cli.options import MachinesFolder
from engine.cli.standard_input import refuse_empty_name, refuse_unknown_flag


def fmt(
    *paths: Annotated[
        Path,
        Parameter(
            help="Definitions, folders with them, or - for standard input.",
            allow_leading_hyphen=True,
            converter=refuse_empty_name,
            validator=refuse_unknown_flag,
        ),
    ],
    machines: MachinesFolder = None,
    check: Annotated[
        bool, Parameter(negative="", help="Write nothing; exit with 1 if a file would change.")
    ] = False,
    diff: Annotated[bool, Parameter(negative="", help="Write nothing; print what would change.")] = False,
) -> int:
    """Rewrite machine definitions in the canonical style, the same that HCL's own formatter writes.

    Only spaces change; comments and line breaks stay. Folders are searched for .hcl files; without a path, the folder
    with the machine definitions is. Changed files are listed. With -, standard input is formatted to standard output.
    A file with a syntax error is listed with its problems and left as it is; then the exit status is 1.

    For instance: `interlock fmt --check statemachines`
    """
    return format_files(*paths, machines=machines, check=check, diff=diff)
