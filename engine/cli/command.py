"""How this program was called, for messages that tell the user what to type."""

import shutil
import sys
from pathlib import Path


def myself() -> str:
    """The word to type for this program from the working directory."""
    called = Path(sys.argv[0])
    if called.name != "interlock":
        return f"{Path(sys.executable).name} -m engine"
    found = shutil.which("interlock")
    if found is not None and Path(found).resolve() == called.resolve():
        return "interlock"
    try:
        return str(called.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(called)
