"""Whether blocks have the shape of their kind: their labels, their attributes, the blocks in them."""

from collections.abc import Collection, Mapping

from engine.diagnostics import Span
from engine.language import syntax
from engine.machine.definition import ALWAYS
from engine.machine.reporting import Reporter
from engine.machine.shapes import SHAPES, Shape, parents_of
from engine.model import END

_LONGEST_NAME = 128
_VOWELS = ("a", "e", "i", "o", "u")
#: Blocks that others call by their label.
_NAMING = ("state", "parallel", "history", "on")
#: Names that mean something else where a state or an event is named; "=" is magic to the library below.
_RESERVED = frozenset({END, ALWAYS, "*", "="})


class ShapeChecker(Reporter):
    """Holds blocks against the table of shapes, and remembers what could not be read."""

    def __init__(self, texts: Mapping[str, str], *, above: "Reporter | None" = None, story: str = "") -> None:
        super().__init__(texts, above=above, story=story)
        #: The names of what was written and could not be read.
        self.lost: list[str] = []
        #: The types of blocks that need a name and have none.
        self.nameless: list[str] = []

    def check_shape(self, block: syntax.Block, kind: str = "") -> bool:
        """Whether a block has the labels of its kind; whatever else is wrong with its shape is reported too."""
        shape = SHAPES[kind or block.type]
        self.check_body(block.body, shape, block.type, block.header_span)
        if len(block.labels) == len(shape.labels):
            if not [label for label in block.labels if not self._check_name(label)]:
                return True
            self.lose(block)
            return False
        wanted = " ".join(f'"{label.upper()}"' for label in shape.labels)
        self.report(
            "wrong_labels",
            f"{_what(block.type)} takes {_count(len(shape.labels), 'label')}, this one has {len(block.labels)}",
            f"Write {block.type} {wanted}".rstrip() + " { … }.",
            block.header_span,
        )
        self.lose(block)
        return False

    def lose(self, block: syntax.Block) -> None:
        """Note that a block is there and cannot be read, so that nobody asks for what it names."""
        named = block.type not in SHAPES or SHAPES[block.type].labels
        if block.labels and named:
            self.lost += [label.value for label in block.labels]
        elif block.type in _NAMING:
            self.nameless.append(block.type)

    def check_body(self, body: syntax.Body, shape: Shape, owner: str, header: Span | None) -> None:
        """Report attributes and blocks that are missing, misplaced, unknown or not supported yet."""
        for attribute in body.attributes:
            if not shape.open and attribute.name not in shape.attributes():
                self._unknown_attribute(attribute, shape, owner)
        for block in body.blocks:
            if block.type not in shape.blocks:
                self._unknown_block(block, shape, owner)
        if header is not None:
            self._check_required(body, shape, owner, header)

    def _check_required(self, body: syntax.Body, shape: Shape, owner: str, header: Span) -> None:
        """Report what is missing, unless it is there under a wrong name, which was reported."""
        given = {attribute.name for attribute in body.attributes}
        wrong = given - shape.attributes()
        for name in sorted(shape.required - given):
            if any(shape.renamed.get(other) == name or self.suggest(other, [name]) for other in wrong):
                continue
            detail = f"Add {name} = … to this block."
            self.report("missing_attribute", f'{_what(owner)} has no "{name}"', detail, header)

    def _unknown_attribute(self, attribute: syntax.Attribute, shape: Shape, owner: str) -> None:
        name, place = attribute.name, attribute.name_span
        if name in shape.later:
            self._unsupported(f'The attribute "{name}"', place)
        elif name in shape.blocks:
            self.report("wrong_type", f'"{name}" is a block', f"Write {name} {{ … }}, without =.", place)
        elif name in shape.renamed:
            detail = f"It is called {shape.renamed[name]} here: rename it."
            self.report(
                "unknown_attribute",
                f'{_what(owner)} has no attribute "{name}"',
                detail,
                place,
                context=attribute.span,
            )
        else:
            choices = shape.attributes()
            detail = self.suggest(name, choices) or _takes(owner, "attribute", choices)
            self.report(
                "unknown_attribute",
                f'{_what(owner)} has no attribute "{name}"',
                detail,
                place,
                context=attribute.span,
            )

    def _unknown_block(self, block: syntax.Block, shape: Shape, owner: str) -> None:
        name, place = block.type, block.header_span
        self.lose(block)
        parents = parents_of(name)
        if name in shape.later:
            self._unsupported(f"The {name} block", place)
        elif name in shape.attributes():
            self.report(
                "wrong_type", f'"{name}" is an attribute', f"Write {name} = …, with an equals sign.", place
            )
        elif parents:
            homes = " or ".join(_where(parent) for parent in parents)
            detail = f"It belongs {homes}: move it there."
            self.report("misplaced_block", f"{_what(name)} does not belong {_where(owner)}", detail, place)
        else:
            choices = shape.blocks | shape.later
            detail = self.suggest(name, choices) or _takes(owner, "block", shape.blocks)
            self.report("unknown_block", f"There is no {name} block {_where(owner)}", detail, place)

    def _unsupported(self, what: str, place: Span) -> None:
        self.report(
            "unsupported",
            f"{what} is not supported yet by this version",
            "Remove it for now; a later version will run it.",
            place,
        )

    def _check_name(self, label: syntax.Label) -> bool:
        if label.value and len(label.value) <= _LONGEST_NAME and label.value.isprintable():
            if label.value == label.value.strip():
                return True
            detail = "Remove the spaces around the name."
        else:
            detail = f"{_odd(label.value)}Use 1 to {_LONGEST_NAME} printable characters."
        self.report("bad_name", "This is not a valid name", detail, label.span)
        return False

    def check_free(self, label: syntax.Label) -> bool:
        """Whether a label can name a state or an event: some words mean something else there."""
        if label.value not in _RESERVED:
            return True
        self.report("bad_name", f'"{label.value}" cannot be a name here', "Choose another name.", label.span)
        self.lost.append(label.value)
        return False


def _takes(owner: str, what: str, choices: Collection[str]) -> str:
    return f"{_what(owner)} takes {', '.join(sorted(choices)) or f'no {what}s'}."


def _what(owner: str) -> str:
    article = "An" if owner[:1] in _VOWELS else "A"
    return f"{article} {owner} block" if owner else "The top of a file"


def _where(owner: str) -> str:
    article = "an" if owner[:1] in _VOWELS else "a"
    return f"in {article} {owner} block" if owner else "at the top of a file"


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def _odd(name: str) -> str:
    """A sentence with the first character that cannot be seen, an empty text if all can."""
    at = next((at for at, character in enumerate(name) if not character.isprintable()), None)
    if at is None:
        return ""
    import unicodedata  # only a mistake needs it

    called = unicodedata.name(name[at], "a control character")
    return f"Character {at + 1} is U+{ord(name[at]):04X}, {called}: remove it. "
