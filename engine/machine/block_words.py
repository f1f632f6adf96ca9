"""The blocks of a definition as people read of them: a page of the reference, and what `interlock explain BLOCK` prints."""

from collections.abc import Iterable, Iterator

from engine.machine.block_examples import EXAMPLES
from engine.machine.blocks import BLOCKS, Row, Words
from engine.machine.shapes import SHAPES, Shape, parents_of

#: What blocks are called; a name may stand for several forms.
NAMES = tuple(dict.fromkeys(name.partition(" ")[0] for name in BLOCKS))

_INTRODUCTION = """# Blocks

Every block of a definition and what may stand in it. A value with an arrow is evaluated for each event, and sees what
[the language](../language.md#expressions) says; any other is a constant, which may use `var`. A file, or all files of a
folder together, hold `provisioner`, `variable` and `locals` blocks.

<!-- Made by `interlock explain --blocks` from engine/machine/blocks.py and engine/machine/shapes.py. -->
"""
_COLUMNS = ("| attribute | value | without it | what it means |", "|---|---|---|---|")


def page() -> str:
    """The whole of docs/reference/blocks.md."""
    return "\n".join([_INTRODUCTION, *(_section(name, BLOCKS[name]) for name in BLOCKS)])


def explained(name: str) -> Iterator[str]:
    """The forms of the block of that name, each in plain text; none if there is no such block."""
    for form in _forms(name):
        shape, words = SHAPES[form], BLOCKS[form]
        homes = _listed([home or "the file" for home in parents_of(name)])
        lines = [f"{_head(form)} {{ … }}: {words.meaning}", "", f"  stands in: {homes}"]
        if shape.blocks:
            lines.append(f"  may hold: {_listed(sorted(shape.blocks))}")
        for attribute, row in words.attributes.items():
            without = _without(shape, attribute, row)
            bracket = f"{row.type}; {'required' if attribute in shape.required else f'without it: {without}'}"
            shown = "any name" if attribute == "*" else attribute
            lines += ["", f"  {shown} ({bracket if without else row.type})", f"      {row.meaning}"]
        lines += [
            "",
            "  for instance:",
            "",
            *(f"    {line}".rstrip() for line in EXAMPLES[form].splitlines()),
        ]
        yield "\n".join(lines)


def as_json(name: str) -> Iterator[dict[str, object]]:
    """The block of that name, with its forms; nothing if there is no such block."""
    forms = [
        {
            "form": _head(form),
            "meaning": BLOCKS[form].meaning,
            "stands_in": [home or None for home in parents_of(name)],
            "blocks": sorted(SHAPES[form].blocks),
            "attributes": {
                attribute: {**row._asdict(), "required": attribute in SHAPES[form].required}
                for attribute, row in BLOCKS[form].attributes.items()
            },
            "example": EXAMPLES[form],
        }
        for form in _forms(name)
    ]
    if forms:
        yield {"block": name, "forms": forms}


def _forms(name: str) -> list[str]:
    return [form for form in BLOCKS if form.partition(" ")[0] == name]


def _head(form: str) -> str:
    labels = " ".join(f'"{label.upper()}"' for label in SHAPES[form].labels)
    return f"{form.partition(' ')[0]} {labels}".strip()


def _section(name: str, words: Words) -> str:
    shape = SHAPES[name]
    kind = name.partition(" ")[0]
    lines = [f"## `{_head(name)}`", "", words.meaning, ""]
    homes = [f"`{home}`" if home else "the file" for home in parents_of(kind)]
    lines += [f"Stands in {_listed(homes)}.{_inside(shape)}", ""]
    if words.attributes:
        lines += [
            *_COLUMNS,
            *(_row(shape, attribute, row) for attribute, row in words.attributes.items()),
            "",
        ]
    fence = "tf" if EXAMPLES[name].startswith("# ") else "hcl"
    return "\n".join([*lines, f"```{fence}", EXAMPLES[name].rstrip(), "```", ""])


def _inside(shape: Shape) -> str:
    blocks = [f"`{name}`" for name in sorted(shape.blocks)]
    return f" In it may stand {_listed(blocks)}." if blocks else ""


def _row(shape: Shape, name: str, row: Row) -> str:
    shown = "any name" if name == "*" else f"`{name}`"
    cells = (shown, row.type, _without(shape, name, row), row.meaning)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _without(shape: Shape, name: str, row: Row) -> str:
    return "it is required" if name in shape.required else row.default


def _listed(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
