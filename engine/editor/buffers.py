"""The open buffers by their address, and the files that share their names."""

from collections.abc import Callable, Iterable, Mapping
from urllib.parse import unquote

from engine.editor.document import Document, Used
from engine.frozen import frozen
from engine.machine.read_test_file import TEST_FILE_ENDING

_ENDING = ".hcl"
#: How deep modules may use others.
_DEEPEST = 10


@frozen
class Gathered:
    """The files of one definition or module, each text by its address."""

    #: What tells it from others.
    place: str
    definitions: Mapping[str, str]
    tests: Mapping[str, str]
    #: The files of the module that a `source` in one of these names; None if there are none.
    used: Callable[[str], "Gathered | None"]


#: Finds the files that belong together with the one at an address; None if it is no file yet.
Gather = Callable[[str], Gathered | None]


class Buffers:
    """What an editor has open. Addresses are whatever the editor uses, as long as they end like file names."""

    def __init__(self, gather: Gather) -> None:
        """Take what finds the files that are one module with a buffer."""
        self._gather = gather
        self._open: dict[str, Document] = {}
        #: Files that are not open, so that a text is parsed once.
        self._closed: dict[str, Document] = {}

    def put(self, address: str, text: str) -> None:
        """Take the new text of a buffer."""
        self._open[address] = Document(text, name_of(address), before=self._open.get(address))

    def drop(self, address: str) -> None:
        """Forget a buffer."""
        self._open.pop(address, None)

    def get(self, address: str) -> Document | None:
        """The buffer, if it is open, by itself."""
        return self._open.get(address)

    def all(self) -> Iterable[tuple[str, Document]]:
        """Every buffer that is open, with its address."""
        return self._open.items()

    def files(self, address: str) -> Mapping[str, Document]:
        """A buffer and the files that share its names: those of its module, and their tests. Empty if it is not open."""
        own = self._open.get(address)
        if own is None:
            return {}
        gathered = self._gather(address) or self._beside(address)
        found = self.view(gathered, ())
        return found if address in found else {address: own, **found}

    def text_of(self, address: str) -> Document | None:
        """A file that is open, or that another one was answered with."""
        return self._open.get(address) or self._closed.get(address)

    def users(
        self, files: Mapping[str, Document], every: Iterable[Gathered]
    ) -> Iterable[tuple[Mapping[str, Document], frozenset[str]]]:
        """The definitions that use a module, or one that uses it, each with the projects that do."""
        reached = {address for address, document in files.items() if not document.is_tests}
        known = [(one, self._uses(one)) for one in every if reached.isdisjoint(one.definitions)]
        found: dict[str, frozenset[str]] = {}
        grown = True
        while grown:
            grown = False
            for one, uses in known:
                projects = frozenset(name for name, addresses in uses if not reached.isdisjoint(addresses))
                if projects != found.get(one.place, frozenset()):
                    found[one.place] = projects
                    reached.update(one.definitions)
                    grown = True
        return [(self.view(one, ()), found[one.place]) for one, _ in known if one.place in found]

    def _uses(self, gathered: Gathered) -> list[tuple[str, frozenset[str]]]:
        """Each project of a definition that uses a module, and the addresses of the module's files."""
        found = []
        for address, text in gathered.definitions.items():
            for name, project in self._document(address, text).own.projects.items():
                for source in project.modules.values():
                    used = gathered.used(source)
                    if used is not None:
                        found.append((name, frozenset(used.definitions)))
        return found

    def beside(self, address: str) -> Document | None:
        """The open definition that a buffer has the tests of, where neither is a file yet."""
        return self._open.get(partner_of(address)) if address.endswith(TEST_FILE_ENDING) else None

    def view(self, gathered: Gathered, trail: tuple[str, ...]) -> Mapping[str, Document]:
        """The files of a module, each with the names of all; `trail` are the modules by which one came here."""
        definitions = {a: self._document(a, text) for a, text in gathered.definitions.items()}
        tests = {a: self._document(a, text) for a, text in gathered.tests.items()}
        whole = [*definitions.values()]
        return {
            address: document.among(
                [other for other in whole if other is not document], self._used(gathered, trail)
            )
            for address, document in {**definitions, **tests}.items()
        }

    def _used(self, gathered: Gathered, trail: tuple[str, ...]) -> Used:
        known: dict[str, Mapping[str, Document]] = {}

        def used(source: str) -> Mapping[str, Document]:
            if source not in known:
                found = gathered.used(source) if len(trail) < _DEEPEST else None
                way = (*trail, gathered.place)
                known[source] = {} if found is None or found.place in way else self.view(found, way)
            return known[source]

        return used

    def _document(self, address: str, text: str) -> Document:
        document = self._open.get(address)
        if document is None:
            document = self._closed.get(address)
        if document is None or document.source != text:
            document = Document(text, name_of(address))
            self._closed[address] = document
        return document

    def _beside(self, address: str) -> Gathered:
        """Of what is no file yet: the open buffer of the name that tests or a definition beside it has."""
        pair = [a for a in (address, partner_of(address)) if a in self._open]
        texts = {a: self._open[a].source for a in pair}
        return Gathered(
            place=address,
            definitions={a: t for a, t in texts.items() if not a.endswith(TEST_FILE_ENDING)},
            tests={a: t for a, t in texts.items() if a.endswith(TEST_FILE_ENDING)},
            used=lambda _source: None,
        )


def name_of(address: str) -> str:
    """What messages call a buffer."""
    return unquote(address.rpartition("/")[2])


def partner_of(address: str) -> str:
    """The tests of a definition, the definition of tests; empty for anything else."""
    if address.endswith(TEST_FILE_ENDING):
        return address.removesuffix(TEST_FILE_ENDING) + _ENDING
    return address.removesuffix(_ENDING) + TEST_FILE_ENDING if address.endswith(_ENDING) else ""
