"""What ``interlock test`` does: read, run every test block, and tell."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from engine.cli.files import check_flags, definitions_in, open_with_tests, surroundings
from engine.cli.hiding import hide, secrets_of
from engine.cli.tables import print_json
from engine.cli.telling import told
from engine.decide.coverage import Coverage, coverage
from engine.decide.run_test import TestResult, run_test
from engine.machine.compile import compile_definition

_MOST_MISSING = 10
_NO_TEST = "interlock: there is no test: add test blocks to a definition, or to a _test.hcl file beside it"


def run_test_files(
    *files: Path,
    project: str | None = None,
    junit: Path | None = None,
    workers: Path | None = None,
    machines: Path | None = None,
    var: Sequence[str] = (),
    json: bool = False,
) -> int:
    """Run the tests of definitions, without files of all of the folder; 1 if one fails, otherwise 0."""
    around = surroundings(workers, machines, var)
    wanted = definitions_in(files or (around.machines,), around)
    results: list[tuple[Path, TestResult]] = []
    covered: list[tuple[Path, Coverage]] = []
    definitions = [open_with_tests(file, around, project) for file in wanted]
    check_flags(around.flags, [definition.variables for definition in definitions])
    for file, definition in zip(wanted, definitions, strict=True):
        compiled = compile_definition(definition)
        for name, provisioner in definition.provisioners.items():
            if project is not None and name != project.lower():
                continue
            found = [run_test(compiled[name], one) for one in provisioner.tests]
            results += [(file, result) for result in found]
            steps = [step for result in found for step in result.steps]
            covered.append((file, coverage(provisioner.machine, steps)))
    secrets = secrets_of(definitions)
    if junit is not None:
        from engine.cli.junit import write_junit

        write_junit(junit, [(file, result, "\n".join(failure(result))) for file, result in results], secrets)
    if json:
        print_json(_as_json(results, covered), secrets)
    else:
        print(hide("\n".join(_report(results, covered)), secrets))
    if not results:
        print(_NO_TEST, file=sys.stderr)
    return 0 if all(result.passed for _, result in results) else 1


def _report(
    results: Sequence[tuple[Path, TestResult]], covered: Sequence[tuple[Path, Coverage]]
) -> Iterator[str]:
    place: tuple[Path, str] | None = None
    for file, result in results:
        if place != (file, result.project):
            place = (file, result.project)
            yield f"{file}: {result.project}"
        yield f"  {'✓' if result.passed else '✗'} {result.test.name}"
    failed = [result for _, result in results if not result.passed]
    for result in failed:
        yield ""
        yield from failure(result)
    if any(part.covered for _, one in covered for part in one.states):
        yield ""
        yield from _coverage_table(covered)
    yield ""
    if results:
        yield f"{len(results) - len(failed)} passed, {len(failed)} failed"


def failure(result: TestResult) -> Iterator[str]:
    """What a person needs to know about a test that failed, line by line."""
    yield f"✗ {result.test.name}  ({result.test.span})"
    for mismatch in result.mismatches:
        yield f"  {mismatch.what} ({mismatch.span})"
        yield f"    expected {mismatch.expected}"
        yield f"    actual   {mismatch.actual}"
    for one in result.decided:
        yield from (f"  | {line}" for line in told(one))
    for reason in result.ignored:
        yield f"  | ignored: {reason}"


def _coverage_table(covered: Sequence[tuple[Path, Coverage]]) -> Iterator[str]:
    yield "covered"
    for _, one in covered:
        counts = []
        missing = []
        for what, parts in one.rows():
            done = sum(part.covered for part in parts)
            counts.append(f"{what} {done}/{len(parts)}")
            missing += [part for part in parts if not part.covered]
        yield f"  {one.project}: {', '.join(counts)}"
        for part in missing[:_MOST_MISSING]:
            yield f"    not covered: {part.name}  ({part.place})"
        if len(missing) > _MOST_MISSING:
            yield f"    and {len(missing) - _MOST_MISSING} more; --json lists all"


def _as_json(
    results: Iterable[tuple[Path, TestResult]], covered: Iterable[tuple[Path, Coverage]]
) -> dict[str, Any]:
    return {
        "ok": all(result.passed for _, result in results),
        "tests": [
            {
                "file": str(file),
                "project": result.project,
                "name": result.test.name,
                "place": str(result.test.span),
                "passed": result.passed,
                "mismatches": [
                    {"what": m.what, "expected": m.expected, "actual": m.actual, "place": str(m.span)}
                    for m in result.mismatches
                ],
                "traces": [one.decision.step.trace for one in result.decided],
                "ignored": result.ignored,
            }
            for file, result in results
        ],
        "coverage": [
            {
                "file": str(file),
                "project": one.project,
                **{
                    what.replace(" ", "_"): {
                        "covered": sum(part.covered for part in parts),
                        "of": len(parts),
                        "missing": [{"name": p.name, "place": p.place} for p in parts if not p.covered],
                    }
                    for what, parts in one.rows()
                },
            }
            for file, one in covered
        ],
    }
