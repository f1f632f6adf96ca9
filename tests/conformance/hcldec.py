"""``hcldec``: decode an HCL file by a specification, as the reference's command of that name does, with Interlock's language.

HCL's conformance suite runs it. It knows what the suite uses: the specifications object, attr, block, block_list,
block_map and literal, variables, and the flags --spec, --diags=json, --with-type, --keep-nulls and --var-refs.
"""

import argparse
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.diagnostics import Diagnostic, Span, errors_in
from engine.errors import EvaluationError
from engine.language import parse, syntax
from engine.language.expressions import compile_expression
from engine.language.names import traversals_of
from tests.conformance.types import Type, UnfitTypeError, convert, read_type, write

_SPECS = ("object", "attr", "block", "block_list", "block_map", "literal")
#: A value and its type.
Typed = tuple[Any, Type]


@dataclass(slots=True)
class Spec:
    """One block of a specification."""

    kind: str
    #: Of the attribute or the blocks it reads.
    name: str = ""
    #: Of an attribute.
    type: Type = "dynamic"
    required: bool = False
    #: Of a literal.
    value: Any = None
    #: How many labels a block_map has.
    labels: int = 0
    #: Below it, by the name of the property.
    inner: dict[str, "Spec"] = field(default_factory=dict)

    @property
    def only(self) -> "Spec":
        return next(iter(self.inner.values()))


def evaluate(node: syntax.Expression, variables: dict[str, Any]) -> Any:
    return compile_expression(node).evaluate(variables)


def read_spec(block: syntax.Block) -> Spec:
    def given(name: str, default: Any) -> Any:
        attribute = block.body.attribute(name)
        return default if attribute is None else evaluate(attribute.value, {})

    label = block.labels[0].value if block.labels else ""
    written = block.body.attribute("type")
    inner = {
        (b.labels[0].value if b.labels else str(i)): read_spec(b)
        for i, b in enumerate(block.body.blocks)
        if b.type in _SPECS
    }
    return Spec(
        kind=block.type,
        name=given("block_type", given("name", label)),
        type=read_type(written.value) if written is not None else "dynamic",
        required=given("required", False),
        value=given("value", None),
        labels=len(given("labels", [])),
        inner=inner,
    )


class Decoder:
    """Decodes bodies; problems are collected."""

    def __init__(self, variables: dict[str, Any]) -> None:
        self.variables = variables
        self.problems: list[Diagnostic] = []
        self.references: list[syntax.Expression] = []

    def whole(self, body: syntax.Body, spec: Spec) -> Typed:
        """Decode a body and refuse what the specification does not read."""
        known = list(_reads(spec))
        for attribute in body.attributes:
            if ("attr", attribute.name) not in known:
                self._problem("Unsupported argument", attribute.name_span)
        for block in body.blocks:
            if ("block", block.type) not in known:
                self._problem("Unsupported block type", block.type_span)
        return self.decode(body, spec)

    def decode(self, body: syntax.Body, spec: Spec) -> Typed:
        if spec.kind == "literal":
            return convert(spec.value, "dynamic")
        if spec.kind == "object":
            made = {name: self.decode(body, inner) for name, inner in spec.inner.items()}
            return {n: v for n, (v, _) in made.items()}, ["object", {n: t for n, (_, t) in made.items()}]
        if spec.kind == "attr":
            return self._attribute(body, spec)
        blocks = body.blocks_of(spec.name)
        if spec.kind == "block":
            if len(blocks) > 1:
                self._problem("Duplicate block", blocks[1].type_span)
            return self.whole(blocks[0].body, spec.only) if blocks else (None, _implied(spec.only))
        if spec.kind == "block_list":
            items = [self.whole(block.body, spec.only) for block in blocks]
            return [v for v, _ in items], ["list", items[0][1] if items else _implied(spec.only)]
        return self._map(blocks, spec)

    def _attribute(self, body: syntax.Body, spec: Spec) -> Typed:
        attribute = body.attribute(spec.name)
        if attribute is None:
            if spec.required:
                self._problem("Missing required argument", body.span)
            return None, spec.type
        self.references += traversals_of(attribute.value)
        try:
            return convert(evaluate(attribute.value, self.variables), spec.type)
        except EvaluationError as error:
            self.problems.append(error.diagnostic)
        except UnfitTypeError as error:
            self._problem(f"Incorrect attribute value type: {error}", attribute.value.span)
        return None, spec.type

    def _map(self, blocks: tuple[syntax.Block, ...], spec: Spec) -> Typed:
        made: dict[str, Any] = {}
        element = _implied(spec.only)
        for block in blocks:
            if len(block.labels) != spec.labels:
                self._problem("Wrong number of labels", block.header_span)
                continue
            *outer, last = [label.value for label in block.labels]
            at = made
            for label in outer:
                at = at.setdefault(label, {})
            at[last], element = self.whole(block.body, spec.only)
        for _ in range(spec.labels):
            element = ["map", element]
        return made, element

    def _problem(self, summary: str, span: Span) -> None:
        self.problems.append(Diagnostic(code="hcldec", summary=summary, subject=span))


def _reads(spec: Spec) -> list[tuple[str, str]]:
    """The attributes and blocks of a body that a specification reads."""
    if spec.kind == "object":
        return [found for inner in spec.inner.values() for found in _reads(inner)]
    return [] if spec.kind == "literal" else [("attr" if spec.kind == "attr" else "block", spec.name)]


def _implied(spec: Spec) -> Type:
    """The type of what a specification makes, known without a value."""
    if spec.kind == "object":
        return ["object", {name: _implied(inner) for name, inner in spec.inner.items()}]
    if spec.kind == "block_list":
        return ["list", _implied(spec.only)]
    if spec.kind == "block_map":
        made = _implied(spec.only)
        for _ in range(spec.labels):
            made = ["map", made]
        return made
    return _implied(spec.only) if spec.kind == "block" else spec.type


def _range(span: Span) -> dict[str, Any]:
    return {
        "filename": span.filename,
        "start": {"line": span.line, "column": span.column, "byte": span.start},
        "end": {"line": span.end_line, "column": span.end_column, "byte": span.end},
    }


def _fail(problems: list[Diagnostic]) -> int:
    shown = [
        {"severity": str(p.severity), "summary": p.summary, "detail": p.detail}
        | ({"subject": _range(p.subject)} if p.subject is not None else {})
        for p in problems
    ]
    json.dump({"diagnostics": shown}, sys.stderr)
    return 2


def _reference(node: syntax.Expression) -> dict[str, Any]:
    """One reference with its steps, each with its place."""
    steps: list[dict[str, Any]] = []
    at: Any = node
    while not isinstance(at, syntax.Variable):
        place = {**_range(at.span), "start": _range(at.target.span)["end"]}
        if isinstance(at, syntax.GetAttribute):
            steps.append({"kind": "attr", "name": at.name, "range": place})
        else:
            steps.append({"kind": "index", "key": at.key.value, "range": place})
        at = at.target
    steps.append({"kind": "root", "name": at.name, "range": _range(at.span)})
    return {"root_name": at.name, "steps": steps[::-1], "range": _range(node.span)}


def _read(file: Path) -> tuple[bytes, str]:
    """The file; JSON, whose properties are attributes, as the same in native syntax."""
    source = file.read_bytes()
    if file.suffix != ".json":
        return source, str(file)
    found = json.loads(source)
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in found.items()).encode(), str(file)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value


def main() -> int:
    options = argparse.ArgumentParser(prog="hcldec")
    options.add_argument("--spec", type=Path, required=True)
    options.add_argument("--diags", choices=["json"])
    for flag in ("--with-type", "--keep-nulls", "--var-refs"):
        options.add_argument(flag, action="store_true")
    options.add_argument("file", type=Path)
    given = options.parse_args()

    written = parse(given.spec.read_bytes(), str(given.spec))
    parsed = parse(*_read(given.file))
    problems = [*written.diagnostics, *parsed.diagnostics]
    if errors_in(problems) or written.tree is None or parsed.tree is None:
        return _fail(problems)
    variables = {
        a.name: evaluate(a.value, {}) for b in written.tree.blocks_of("variables") for a in b.body.attributes
    }
    (root,) = (block for block in written.tree.blocks if block.type in _SPECS)
    decoder = Decoder(variables)
    value, type_ = decoder.whole(parsed.tree, read_spec(root))
    if given.var_refs:
        print(json.dumps([_reference(node) for node in decoder.references]))
        return 0
    if decoder.problems:
        return _fail(decoder.problems)
    if not given.keep_nulls:
        value = _without_nulls(value)
    print(f'{{"value":{write(value)},"type":{json.dumps(type_)}}}' if given.with_type else write(value))
    return 0


if __name__ == "__main__":
    sys.exit(main())
