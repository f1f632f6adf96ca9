"""Test results as JUnit XML, as CI systems read it: one suite a file that tests stand in, one case a test.

There is no standard; what is written keeps to the schema of Jenkins' xUnit plug-in, which most others take.
"""

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from engine.cli.hiding import hide
from engine.decide.run_test import TestResult
from engine.errors import SettingError


def write_junit(
    place: Path, results: Sequence[tuple[Path, TestResult, str]], secrets: Sequence[str] = ()
) -> None:
    """Write the results, each with its file and how it is told, without the secrets.

    Raises `SettingError` if that cannot be written.
    """
    failures = sum(not result.passed for _, result, _ in results)
    root = ET.Element("testsuites", tests=str(len(results)), failures=str(failures), errors="0")
    for home in dict.fromkeys(result.test.span.filename for _, result, _ in results):
        of_file = [one for one in results if one[1].test.span.filename == home]
        failures = sum(not result.passed for _, result, _ in of_file)
        suite = ET.SubElement(
            root,
            "testsuite",
            name=home,
            file=home,
            tests=str(len(of_file)),
            failures=str(failures),
            errors="0",
            skipped="0",
        )
        for file, result, told in of_file:
            case = ET.SubElement(
                suite,
                "testcase",
                classname=f"{file.stem}.{result.project}",
                name=_xml_text(result.test.name),
            )
            if not result.passed:
                first = result.mismatches[0]
                message = f"{first.what}: expected {first.expected}, actual {first.actual}"
                failed = ET.SubElement(
                    case, "failure", type=first.what, message=_xml_text(hide(message, secrets))
                )
                failed.text = _xml_text(hide(told, secrets))
    try:
        ET.ElementTree(root).write(place, encoding="utf-8", xml_declaration=True)
    except OSError as error:
        raise SettingError(f"cannot write {place}: {error.strerror or error}") from None


def _xml_text(text: str) -> str:
    """The text without what XML 1.0 cannot hold."""
    return "".join(c if c == "\n" or c.isprintable() else "?" for c in text)
