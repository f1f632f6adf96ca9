"""One open buffer: its text, what of it can be read, and the names in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from engine.diagnostics import Span
from engine.editor.outline import Outline, Project, both, outline_of
from engine.editor.positions import Text
from engine.language import ParseResult, parse, syntax
from engine.machine.read_test_file import TEST_FILE_ENDING

_BOM = "\ufeff"
#: Gives the files of the module that a `source` names, by whatever the caller knows them by; none if there is no such module.
Used = Callable[[str], Mapping[str, "Document"]]


def no_module(_source: str) -> Mapping[str, "Document"]:
    """Of a text that is read without the folder around it."""
    return {}


class Document:
    """A text and its name. It never changes: an edit makes a new one."""

    def __init__(
        self,
        text: str,
        filename: str,
        *,
        before: "Document | None" = None,
        beside: Sequence["Document"] = (),
        used: Used = no_module,
    ) -> None:
        """Take the text; `before` is the same buffer before the last edit, `beside` are the definitions that share their
        names with it, and `used` gives the modules that are named in it.
        """
        self.text = Text(text)
        self.filename = filename
        self.beside = tuple(beside)
        self.used = used
        self._sound = None if before is None else before.sound_if_known

    def among(self, beside: Sequence["Document"], used: Used) -> "Document":
        """The same text among others; what was read of it is not read again."""
        found = Document(self.source, self.filename, beside=beside, used=used)
        found.text = self.text
        found._sound = self._sound
        found.__dict__.update(parsed=self.parsed, own=self.own, visible=self.visible)
        return found

    @property
    def is_tests(self) -> bool:
        """It holds tests of the definitions beside it."""
        return self.filename.endswith(TEST_FILE_ENDING)

    @property
    def source(self) -> str:
        """The whole text."""
        return self.text.text

    @property
    def origin(self) -> int:
        """Where the text begins, behind a byte order mark."""
        return 1 if self.source.startswith(_BOM) else 0

    @cached_property
    def parsed(self) -> ParseResult:
        """The tree, as far as it could be read."""
        return parse(self.source, self.filename)

    @property
    def tree(self) -> syntax.Body | None:
        """The tree without its broken parts; None if nothing could be read."""
        return self.parsed.tree

    @cached_property
    def own(self) -> Outline:
        """The names in the text as it is."""
        return outline_of(self.tree)

    @property
    def sound(self) -> Outline:
        """The names in the text, or in the last one before it that had no syntax error."""
        if self.parsed.diagnostics and self._sound is not None:
            return self._sound
        return self.own

    @property
    def sound_if_known(self) -> Outline | None:
        """The same without any work: of a buffer that nobody asked anything about, the one before it."""
        return self.sound if "parsed" in self.__dict__ else self._sound

    @cached_property
    def visible(self) -> Outline:
        """The names of the text itself: those in it, and those that an error hides now."""
        return self.own.joined(self.sound)

    @cached_property
    def names(self) -> Outline:
        """Every name that can be meant here: the text's own, those beside it, and what modules bring to its projects."""
        found = self.visible
        for other in self.beside:
            found = found.joined(other.visible)
        if not any(project.modules for project in found.projects.values()):
            return found
        return replace(
            found, projects={name: self._with_modules(project) for name, project in found.projects.items()}
        )

    def _with_modules(self, project: Project) -> Project:
        found = project
        for source in project.modules.values():
            for brought in self.brought(source):
                found = replace(both(found, brought), modules=project.modules)
        return found

    def brought(self, source: str) -> tuple[Project, ...]:
        """The provisioner of a module, by the names in it; none where there is none, or are several."""
        document = next((d for d in self.used(source).values() if not d.is_tests), None)
        projects = () if document is None else tuple(document.names.projects.values())
        return projects if len(projects) == 1 else ()

    def range(self, span: Span) -> tuple[int, int]:
        """The offsets of a range of ours."""
        return self.text.offset(span.start), self.text.offset(span.end)

    def written(self, span: Span) -> str:
        """What the text says in a range."""
        first, last = self.range(span)
        return self.source[first:last]
