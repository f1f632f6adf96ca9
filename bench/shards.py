"""How evenly projects spread over databases: ``python -m bench.shards`` prints the table of docs/scaling.md."""

import heapq

CASES = ((100, 4), (100, 8), (1_000, 8), (1_000, 16), (10_000, 16))


def hottest(projects: int, shards: int) -> float:
    """The hottest shard's share of all events, sizes falling as 1/rank, largest first on the emptiest shard."""
    loads = [0.0] * shards
    for rank in range(1, projects + 1):
        heapq.heapreplace(loads, loads[0] + 1 / rank)
    return max(loads) / sum(loads)


def rows() -> list[str]:
    return [
        f"| {projects:,} | {shards} | {hottest(projects, shards):.0%} | {1 / hottest(projects, shards):.1f} |".replace(
            "%", " %"
        )
        for projects, shards in CASES
    ]


if __name__ == "__main__":
    print(*rows(), sep="\n")
