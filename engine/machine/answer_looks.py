"""What an expression looks at in the answers that people gave before: who gave them, or more than that. Pure."""

from engine.language import syntax
from engine.language.depth import children
from engine.machine.atoms import path_of

_ANSWERS = ("event", "answers")
#: Where in the path of an answer's part that part is named: ``event.answers[0].who``.
_TO_NAME = 3
#: What tells answers apart whatever was said in them.
_NAMES = frozenset({"who", "choice"})


def looks_at_more_than_names(node: syntax.Expression) -> bool:
    """Whether what it comes to may depend on more than who gave which answer, and on how many there are.

    Without recursion: an expression may be deep.
    """
    todo: list[syntax.Node] = [node]
    while todo:
        part = todo.pop()
        path = path_of(part) if isinstance(part, syntax.Expression) else None
        if path is not None:
            if path[:2] == _ANSWERS[: len(path)] and (len(path) <= _TO_NAME or path[_TO_NAME] not in _NAMES):
                return True
        elif isinstance(part, syntax.Call) and part.name == "length":
            todo += [inner for inner in part.arguments if path_of(inner) != _ANSWERS]
        elif isinstance(part, syntax.Splat) and path_of(part.target) == _ANSWERS:
            if not _is_name_of_item(part.each):
                return True
        elif isinstance(part, syntax.For) and path_of(part.collection) == _ANSWERS:
            inside = [one for one in (part.result_key, part.result, part.condition) if one is not None]
            if any(_uses_more_of(part.value, one) for one in inside):
                return True
            todo += inside
        else:
            todo += children(part)
    return False


def _is_name_of_item(each: syntax.Expression) -> bool:
    return (
        isinstance(each, syntax.GetAttribute)
        and each.name in _NAMES
        and isinstance(each.target, syntax.SplatItem)
    )


def _uses_more_of(item: str, node: syntax.Expression) -> bool:
    """Whether it uses an item of that name in another way than for who gave which answer."""
    todo: list[syntax.Node] = [node]
    while todo:
        part = todo.pop()
        path = path_of(part) if isinstance(part, syntax.Expression) else None
        if path is not None:
            if path[0] == item and (len(path) != 2 or path[1] not in _NAMES):  # noqa: PLR2004
                return True
        else:
            todo += children(part)
    return False
