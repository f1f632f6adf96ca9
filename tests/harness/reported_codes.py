"""The diagnostic codes that the sources report, found by reading the sources.

A function, constructor or record with a parameter `code` takes a code: what its calls give there is followed through
literals, conditionals, names and further parameters called `code`. Tables of (code, summary, detail) count too.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.harness.daemon import ROOT

#: Where problems in files are found; `code` means an HTTP status or an exception's name elsewhere.
PLACES = ("language", "machine", "scxml", "sources", "config", "run", "editor")
_CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def reported_codes() -> tuple[dict[str, str], list[str]]:
    """Each code with a place that reports it, and the places whose code could not be followed."""
    trees = {path: ast.parse(path.read_text()) for path in _files()}
    everywhere = {
        name: at for tree in trees.values() for name, at in _takers(tree).items() if not _private(name)
    }
    found: dict[str, str] = {}
    lost: list[str] = []
    for path, tree in trees.items():
        place = path.relative_to(ROOT)
        takers = {**everywhere, **_takers(tree)}
        for scope in [tree, *(n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef))]:
            for node in _own(scope):
                given = _given(node, takers)
                codes = None if given is None else _literals(given, scope)
                if given is not None and codes is None:
                    lost.append(f"{place}:{given.lineno}: {ast.unparse(given)}")
                for code in [*(codes or ()), *_row(node)]:
                    found.setdefault(code, f"{place}:{getattr(node, 'lineno', 0)}")
    return found, lost


def _private(name: str) -> bool:
    """Whether a name counts in its own file only."""
    return name.startswith(("_", "._"))


def _files() -> Iterator[Path]:
    for place in PLACES:
        yield from sorted((ROOT / "engine" / place).rglob("*.py"))


def _takers(tree: ast.AST) -> dict[str, set[int]]:
    """The name of everything with a parameter `code` (methods with a dot before it), and the positions it has there."""
    found: dict[str, set[int]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            fields = [n.target.id for n in node.body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)]  # fmt: skip
            makers = [n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
            fields = [a.arg for m in makers for a in m.args.args[1:]] or fields
            if "code" in fields:
                found.setdefault(node.name, set()).add(fields.index("code"))
        elif isinstance(node, ast.FunctionDef) and node.name != "__init__":
            names = [a.arg for a in node.args.args]
            method = names[:1] in (["self"], ["cls"])
            if "code" in names:
                name = f".{node.name}" if method else node.name
                found.setdefault(name, set()).add(names.index("code") - method)
    return found


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function or module, without those of functions inside it."""
    for child in ast.iter_child_nodes(scope):
        yield child
        if not isinstance(child, ast.FunctionDef):
            yield from _own(child)


def _given(node: ast.AST, takers: dict[str, set[int]]) -> ast.expr | None:
    """What a call gives for `code`; None if it is no such call."""
    if not isinstance(node, ast.Call):
        return None
    for keyword in node.keywords:
        if keyword.arg == "code":
            return keyword.value
    name = f".{node.func.attr}" if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    for position in takers.get(name, ()):
        if position < len(node.args) and not isinstance(node.args[position], ast.Starred):
            return node.args[position]
    return None


def _literals(value: ast.expr, scope: ast.AST) -> list[str] | None:
    """The codes that an expression can be; None if that cannot be said."""
    if isinstance(value, ast.Constant):
        return [value.value] if isinstance(value.value, str) and _CODE.fullmatch(value.value) else []
    if isinstance(value, ast.IfExp):
        both = [_literals(branch, scope) for branch in (value.body, value.orelse)]
        return None if None in both else [code for codes in both for code in codes or ()]
    if isinstance(value, ast.Attribute) and value.attr == "code":
        return []  # another record's, which was looked at where it was made
    if isinstance(value, ast.Name):
        return _named(value.id, scope)
    return None


def _named(name: str, scope: ast.AST) -> list[str] | None:
    if isinstance(scope, ast.FunctionDef) and name == "code" and "code" in [a.arg for a in scope.args.args]:
        return []  # the caller's, which is looked at there
    found: list[str] = []
    assigned = False
    for node in _own(scope):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            if isinstance(target, ast.Name) and target.id == name:
                codes = _literals(node.value, scope)
                if codes is None:
                    return None
                assigned, found = True, found + codes
            elif isinstance(target, ast.Tuple) and name in [getattr(one, "id", "") for one in target.elts]:
                assigned = True  # from a table, whose rows count by themselves
    return found if assigned else None


def _row(node: ast.AST) -> list[str]:
    """The code of a row (code, summary, detail) of a table."""
    texts = (ast.Constant, ast.JoinedStr, ast.IfExp)
    if (
        not isinstance(node, ast.Tuple)
        or len(node.elts) != 3
        or not all(isinstance(e, texts) for e in node.elts)
    ):
        return []
    first, *rest = node.elts
    sentences = [e.value for e in rest if isinstance(e, ast.Constant)]
    if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
        return []
    told = all(isinstance(s, str) and " " in s for s in sentences)
    return [first.value] if told and _CODE.fullmatch(first.value) else []
