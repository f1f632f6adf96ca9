"""The functions of the language, as a table: `STANDARD` maps each name to its `Function`."""

from collections.abc import Iterator, Mapping
from importlib import import_module

from engine.language.functions.function import Function, Parameter, function

#: Heading of the reference, module, and the functions that are in it.
HOMES = (
    (
        "Text",
        "strings",
        (
            "chomp endswith indent join length lower replace split startswith strcontains strrev substr title trim trimprefix "
            "trimspace trimsuffix upper"
        ),
    ),
    ("Text", "formatting", "format formatlist"),
    ("Text", "templates", "templatestring"),
    ("Patterns", "patterns", "regex regexall regexreplace"),
    ("Numbers", "numbers", "abs ceil floor int log max min parseint pow signum sum"),
    (
        "Lists and objects",
        "lists",
        (
            "alltrue anytrue chunklist coalescelist compact concat contains distinct element flatten index keys lookup matchkeys "
            "merge one range reverse slice sort transpose values zipmap"
        ),
    ),
    ("Sets", "sets", "setintersection setproduct setsubtract setsymmetricdifference setunion"),
    ("Conversions", "conversions", "tobool tolist tomap tonumber toset tostring"),
    (
        "Encodings and digests",
        "encodings",
        (
            "base64decode base64encode base64sha256 base64sha512 csvdecode jsondecode jsonencode md5 sha1 sha256 sha512 urldecode "
            "urlencode uuidv5"
        ),
    ),
    ("What may fail", "attempts", "can coalesce try"),
    ("Time", "times", "formatdate timeadd timecmp"),
    ("Paths", "paths", "basename dirname"),
    ("Issues", "issue_keys", "issue_keys"),
    ("What may be shown", "sensitivity", "nonsensitive sensitive"),
)


class _Library(Mapping[str, Function]):
    """Functions by name. A module is read when one of its functions is first asked for: most definitions call few."""

    __slots__ = ("_homes", "_read")

    def __init__(self) -> None:
        self._homes = {name: module for _, module, names in HOMES for name in names.split()}
        self._read: dict[str, Function] = {}

    def __getitem__(self, name: str) -> Function:
        if name not in self._read:
            module = self._homes[name]
            functions = getattr(import_module(f"{__name__}.{module}"), module.upper())
            self._read |= {each.name: each for each in functions}
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return name in self._homes

    def __iter__(self) -> Iterator[str]:
        return iter(self._homes)

    def __len__(self) -> int:
        return len(self._homes)


#: Every function that an expression may call.
STANDARD: Mapping[str, Function] = _Library()

__all__ = ["HOMES", "STANDARD", "Function", "Parameter", "function"]
