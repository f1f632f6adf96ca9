"""Paths into values: a root, its steps, and how splats nest them."""

from typing import Any

from engine.language import syntax
from engine.language.source import Place, Source


class Step:
    """One part of a path after its root, before the splats among them are nested."""

    __slots__ = ("end", "key", "kind", "start")

    def __init__(self, kind: str, key: Any, start: int, end: int) -> None:
        self.kind = kind
        self.key = key
        self.start = start
        self.end = end


def extend(path: Any, step: Step) -> list[Any]:
    """Add a step to a path, or begin one with its root."""
    if isinstance(path, list):
        path.append(step)
        return path
    return [path, step]


def nest(root: Any, steps: list[Step]) -> syntax.Expression:
    """Steps after ``[*]`` all belong to the element; after ``.*`` only names and legacy indexes do."""
    source = root.span.source
    target: syntax.Expression = root
    first = root.span.first
    open_splats: list[tuple[syntax.Expression, int, bool]] = []
    for step in steps:
        legacy = source.text[step.start] == "."
        if step.kind == "each" and open_splats and not open_splats[-1][2]:
            source.report(
                "nested_splat",
                'A ".*" cannot follow another in one path',
                'Write "[*]" for both: every element of every element.',
                step.end - 1,
                step.end,
            )
        if open_splats and not open_splats[-1][2] and (step.kind not in ("attribute", "index") or not legacy):
            target, first = _close_splat(target, open_splats.pop(), source)
        place = Place(source, first, step.end)
        if step.kind == "attribute":
            target = syntax.GetAttribute(span=place, target=target, name=step.key)
        elif step.kind == "index":
            target = syntax.Index(span=place, target=target, key=step.key)
        else:
            open_splats.append((target, first, step.kind == "splat"))
            first = step.start
            target = syntax.SplatItem(span=Place(source, step.start, step.end))
    while open_splats:
        target, first = _close_splat(target, open_splats.pop(), source)
    return target


def _close_splat(
    each: Any, splat: tuple[syntax.Expression, int, bool], source: Source
) -> tuple[syntax.Expression, int]:
    target, first, full = splat
    return syntax.Splat(span=Place(source, first, each.span.last), target=target, each=each, full=full), first
