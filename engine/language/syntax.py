"""The syntax tree of HCL: frozen nodes, each with its range. `engine.language.parse` builds it.

The shapes follow HCL's native syntax specification (hcl/hclsyntax/spec.md): a body holds attributes and blocks; an
expression is one of the node types below.
"""

from dataclasses import dataclass
from typing import Any, Self, TypeVar, dataclass_transform

from engine.diagnostics import Span
from engine.frozen import share_methods
from engine.language.source import beginning, through

_Class = TypeVar("_Class")


@dataclass_transform(frozen_default=True, kw_only_default=True)
def node(cls: type[_Class]) -> type[_Class]:
    """Make a node's class: frozen for the type checker alone, as Python takes a fifth of a parse to watch over it."""
    return share_methods(dataclass(cls, slots=True, kw_only=True, eq=False, repr=False))


@node
class Node:
    """Anything in the tree. It never changes, so a copy of it is itself."""

    span: Span

    def __copy__(self) -> Self:
        """Give the node itself."""
        return self

    def __deepcopy__(self, _memo: object) -> Self:
        """Give the node itself."""
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the nodes of the tree one by one, however deep it is."""
        from engine.language.storing import restore, store  # nobody else needs it

        return restore, (store(self, Node),)


@node
class Expression(Node):
    """Anything that has a value."""


@node
class Unread(Expression):
    """Where a value should stand, and a syntax error is: nobody knows what it is."""


@node
class Literal(Expression):
    """A number (int or BinaryFraction), a bool, null, or a plain string without interpolation."""

    value: Any


@node
class Template(Expression):
    """A quoted or heredoc template with interpolations or directives. A single bare interpolation keeps its type."""

    parts: tuple[Expression, ...]
    #: True where the template is exactly one interpolation (``"${x}"``): its value is passed through unconverted.
    wrapped: bool = False


@node
class TemplateIf(Expression):
    """``%{ if condition }…%{ else }…%{ endif }`` inside a template; both branches are templates."""

    condition: Expression
    then: Expression
    otherwise: Expression


@node
class TemplateFor(Expression):
    """``%{ for key, value in collection }…%{ endfor }`` inside a template."""

    key: str | None
    value: str
    collection: Expression
    body: Expression


@node
class Variable(Expression):
    """A root name: ``event``."""

    name: str


@node
class GetAttribute(Expression):
    """``target.name``."""

    target: Expression
    name: str


@node
class Index(Expression):
    """``target[key]``; the legacy ``target.0`` is the same node with a number."""

    target: Expression
    key: Expression


@node
class Splat(Expression):
    """``target.*`` or ``target[*]`` and what follows it; `each` is applied to every element.

    Inside `each` the element is the node `SplatItem`.
    """

    target: Expression
    each: Expression
    #: True for ``[*]``, whose following indexes belong to the element; False for ``.*``.
    full: bool


@node
class SplatItem(Expression):
    """The current element of the splat around it."""


@node
class Call(Expression):
    """``name(arguments)``; with `expand`, the last argument is a list of further arguments (``...``)."""

    name: str
    name_span: Span
    arguments: tuple[Expression, ...]
    expand: bool = False


@node
class Unary(Expression):
    """``-x`` or ``!x``."""

    operator: str
    operand: Expression


@node
class Binary(Expression):
    """``left operator right``."""

    operator: str
    left: Expression
    right: Expression


@node
class Conditional(Expression):
    """``condition ? then : otherwise``."""

    condition: Expression
    then: Expression
    otherwise: Expression


@node
class Parentheses(Expression):
    """``(inner)``: kept because an object key in parentheses is an expression, not a name."""

    inner: Expression


@node
class Tuple(Expression):
    """``[a, b]``."""

    items: tuple[Expression, ...]


@node
class ObjectItem(Node):
    """One ``key = value`` or ``key: value``. A bare name as key is a `Literal` string."""

    key: Expression
    value: Expression


@node
class Object(Expression):
    """``{ key = value }``."""

    items: tuple[ObjectItem, ...]


@node
class For(Expression):
    """``[for k, v in collection : value if condition]`` or, with `result_key`, ``{for … : key => value...}``."""

    key: str | None
    value: str
    collection: Expression
    result_key: Expression | None
    result: Expression
    condition: Expression | None
    #: ``...`` after the value: equal keys are grouped into tuples.
    grouped: bool = False


@node
class Attribute(Node):
    """``name = value``."""

    name: str
    value: Expression

    @property
    def name_span(self) -> Span:
        """Where the name stands."""
        return beginning(self.span, self.name)


@node
class Label(Node):
    """A block's label: a quoted string without interpolation, or a bare name."""

    value: str
    quoted: bool


@node
class Block(Node):
    """``type "label" … { body }``."""

    type: str
    labels: tuple[Label, ...]
    body: "Body"

    @property
    def type_span(self) -> Span:
        """Where the type stands."""
        return beginning(self.span, self.type)

    @property
    def header_span(self) -> Span:
        """``type "label"`` without the body: what an error underlines."""
        return through(self.span, self.labels[-1].span) if self.labels else self.type_span


@node
class Body(Node):
    """Attributes and blocks, each in the order of the file."""

    attributes: tuple[Attribute, ...]
    blocks: tuple[Block, ...]

    def attribute(self, name: str) -> Attribute | None:
        """The attribute of that name, if there is one."""
        return next((a for a in self.attributes if a.name == name), None)

    def blocks_of(self, block_type: str) -> tuple[Block, ...]:
        """The blocks of that type, in order."""
        return tuple(b for b in self.blocks if b.type == block_type)
