"""Where the statechart suites come from, and which of their cases are meant.

Both are in one package for npm: SCION's own tests, and the W3C's tests of SCXML in the form for ECMAScript.
"""

import io
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

PACKAGE = "@scion-scxml/test-framework@2.0.16"
_W3C = "w3c-ecma"
_SUITE_FOLDER = "test"
_TIMEOUT = 300

#: What of SCXML is no statechart, and how a document of the W3C's suite shows that it is about that.
_NEEDS = (
    ("invoke", re.compile(r"<invoke|#_parent|#_invoke")),
    ("script", re.compile(r'<script|src="|expr="function')),
    ("I/O", re.compile(r"_ioprocessors|BasicHTTPEventProcessor|<send[^>]*\starget(expr)?=\"(?!#_internal)")),
)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_BY_HAND = re.compile(r'<test id="(\d+)"[^>]*manual="true"')


class MissingError(Exception):
    """The suites are not to be had; the message says what is missing and what to do."""


def find(given: Path | None, cache: Path) -> Path:
    """The folder of the suites: in `given`, or from a git folder there, or fetched into `cache` by npm."""
    if given is None:
        return _fetched(cache)
    if (given / _SUITE_FOLDER).is_dir():
        return given / _SUITE_FOLDER
    if given.is_dir() and (given / _W3C).is_dir():
        return given
    return _checked_out(given, cache)


def scripted(suites: Path) -> Iterator[tuple[Path, Path]]:
    """The documents of SCION's suite, each with its script."""
    for document in sorted(suites.glob("*/*.scxml")):
        script = document.with_suffix(".json")
        if document.parent.name != _W3C and script.exists():
            yield document, script


def judged(suites: Path) -> Iterator[tuple[Path, str]]:
    """The documents of the W3C's suite, each with what it needs that is no statechart; parts of others left out."""
    by_hand = set(_BY_HAND.findall((suites / _W3C / "manifest.xml").read_text(encoding="utf-8")))
    for document in sorted((suites / _W3C).glob("*.txml.scxml"), key=_number):
        own = document.name.removeprefix("test").split(".")[0]
        needed = "a person's eyes" if own in by_hand else ""
        yield document, needs(document.read_text(encoding="utf-8")) or needed


def needs(text: str) -> str:
    """What a document needs that is no statechart; empty if nothing."""
    plain = _COMMENT.sub("", text).replace("'", '"')
    return next((what for what, pattern in _NEEDS if pattern.search(plain)), "")


def _number(document: Path) -> tuple[int, str]:
    found = re.search(r"\d+", document.name)
    return (int(found[0]) if found else 0, document.name)


def _fetched(cache: Path) -> Path:
    folder = cache / PACKAGE.replace("/", "_")
    if not (folder / "package" / _SUITE_FOLDER).is_dir():
        npm = shutil.which("npm")
        if npm is None:
            raise MissingError(
                f"npm is not on the path, and it brings the suites ({PACKAGE}). Install it (the package npm), or name "
                "a folder that has them: make statecharts SUITE=FOLDER"
            )
        folder.mkdir(parents=True, exist_ok=True)
        command = [npm, "pack", PACKAGE, "--pack-destination", str(folder), "--silent"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
        packed = next(folder.glob("*.tgz"), None)
        if done.returncode or packed is None:
            raise MissingError(
                f"npm could not fetch {PACKAGE}: {done.stderr.strip()[-300:] or 'no file came'}. Is the network up? Or name "
                "a folder that has the suites: make statecharts SUITE=FOLDER"
            )
        with tarfile.open(packed) as archive:
            archive.extractall(folder, filter="data")
    return folder / "package" / _SUITE_FOLDER


def _checked_out(repository: Path, cache: Path) -> Path:
    """The newest files of a git folder that has no work tree."""
    done = subprocess.run(
        ["git", "-C", str(repository), "archive", "HEAD", _SUITE_FOLDER],
        capture_output=True,
        timeout=_TIMEOUT,
        check=False,
    )
    if done.returncode:
        raise MissingError(f"{repository} has neither the suites nor a git history with them")
    folder = cache / "checked-out"
    shutil.rmtree(folder, ignore_errors=True)
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder / _SUITE_FOLDER
