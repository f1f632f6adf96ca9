"""What `interlock check` prints about a file with problems of every kind, word for word; written anew like the others."""

import os
from pathlib import Path

import pytest

from engine.cli.checking import check_files

REPORTS = Path(__file__).parent / "reports"


@pytest.mark.parametrize("name", sorted(path.stem for path in REPORTS.glob("*.hcl")))
def test_the_report_reads_as_agreed(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(REPORTS)
    failed = check_files(Path(f"{name}.hcl"), machines=Path())
    report = capsys.readouterr().out
    assert bool(failed) == ("error(s)" in report)
    agreed = REPORTS / f"{name}.txt"
    if os.environ.get("INTERLOCK_GOLDEN") == "write":
        agreed.write_text(report, encoding="utf-8")
    assert report == agreed.read_text(encoding="utf-8")


def test_a_folder_whose_module_is_used_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lib.hcl").write_text(
        'provisioner "lib" {\n  statemachine "lib" {\n    initial = "a"\n    state "a" "next" { transition = "a" }\n  }\n}\n'
    )
    (tmp_path / "soc.hcl").write_text(
        'provisioner "soc" {\n  module "one" { source = "./lib.hcl" }\n  module "two" { source = "./lib.hcl" }\n}\n'
    )
    assert check_files(Path("soc.hcl"), machines=Path()) == 1
    assert capsys.readouterr().out == (
        "soc.hcl:3:3: error[duplicate_machine]: A provisioner has one statemachine, and module "
        '"two" adds a second one\n'
        "  |\n"
        '3 |   module "two" { source = "./lib.hcl" }\n'
        "  |   ^^^^^^^^^^^^\n"
        '  help: Module "one" at soc.hcl:2:3 has one already: use one of the two.\n'
        "\n1 file(s) checked: 1 error(s)\n"
    )
