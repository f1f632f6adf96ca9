import logging
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if mount is None or umount is None:
        pytest.skip("there is no mount command")
    arguments = ["-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if subprocess.run([mount, *arguments], check=False, capture_output=True).returncode != 0:
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run([umount, str(folder)], check=True)


@pytest.fixture(autouse=True)
def logs_of_their_own() -> Iterator[None]:
    """A command line called inside a test logs to that test's streams, which are closed after it."""
    handlers = logging.root.handlers[:]
    yield
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
