"""What a person reads about a definition that reads well and is still wrong, word for word; written anew like the others."""

import os
from pathlib import Path

import pytest

from engine.diagnostics import render
from engine.machine.prove import prove
from engine.machine.read import read_definition

PROOFS = Path(__file__).parent / "proofs"


@pytest.mark.parametrize("name", sorted(path.stem for path in PROOFS.glob("*.hcl")))
def test_the_report_reads_as_agreed(name: str) -> None:
    source = (PROOFS / f"{name}.hcl").read_text(encoding="utf-8")
    result = read_definition(source, f"{name}.hcl")
    found = list(result.diagnostics)
    summary = ""
    if result.definition is not None:
        proof = prove(result.definition.provisioners["dev"])
        found += proof.diagnostics
        summary = f"\n{proof.summary()}\n"
    report = f"{render(found, {f'{name}.hcl': source})}\n{summary}"
    agreed = PROOFS / f"{name}.txt"
    if os.environ.get("INTERLOCK_GOLDEN") == "write":
        agreed.write_text(report, encoding="utf-8")
    assert report == agreed.read_text(encoding="utf-8")
