"""The sums of the page about scaling are those of its simulation."""

from pathlib import Path

from bench.shards import rows

ROOT = Path(__file__).resolve().parents[2]


def test_the_table_of_shards_is_what_the_simulation_says() -> None:
    text = (ROOT / "docs/scaling.md").read_text()
    assert [row for row in rows() if row not in text] == []
