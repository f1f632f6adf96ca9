"""The open buffers by their address, and the files beside them."""

from collections.abc import Callable, Iterable, Mapping

from engine.editor.document import Document
from engine.machine.read_test_file import TEST_FILE_ENDING

_ENDING = ".hcl"


class Buffers:
    """What an editor has open. Addresses are whatever the editor uses, as long as they end like file names."""

    def __init__(self, read: Callable[[str], str | None]) -> None:
        """Take what reads the file at an address that is not open; None if there is none."""
        self._read = read
        self._open: dict[str, Document] = {}

    def put(self, address: str, text: str) -> None:
        """Take the new text of a buffer."""
        before = self._open.get(address)
        self._open[address] = Document(text, name_of(address), before=before, beside=self._beside(address))
        tests = self._open.get(_partner(address))
        if tests is not None and tests.filename.endswith(TEST_FILE_ENDING):
            self._open[_partner(address)] = Document(
                tests.source, tests.filename, before=tests, beside=self._open[address]
            )

    def drop(self, address: str) -> None:
        """Forget a buffer."""
        self._open.pop(address, None)

    def get(self, address: str) -> Document | None:
        """The buffer, if it is open."""
        return self._open.get(address)

    def all(self) -> Iterable[tuple[str, Document]]:
        """Every buffer that is open, with its address."""
        return self._open.items()

    def files(self, address: str) -> Mapping[str, Document]:
        """A buffer and the file that shares its names: a definition and its tests."""
        own = self._open.get(address)
        if own is None:
            return {}
        partner = _partner(address)
        if own.beside is not None:
            return {address: own, partner: own.beside}
        other = self._open.get(partner)
        if other is None and partner:
            text = self._read(partner)
            other = None if text is None else Document(text, name_of(partner), beside=own)
        return {address: own} if other is None else {address: own, partner: other}

    def _beside(self, address: str) -> Document | None:
        if not address.endswith(TEST_FILE_ENDING):
            return None
        partner = _partner(address)
        found = self._open.get(partner)
        if found is not None:
            return found
        text = self._read(partner)
        return None if text is None else Document(text, name_of(partner))


def name_of(address: str) -> str:
    """What messages call a buffer."""
    return address.rpartition("/")[2]


def _partner(address: str) -> str:
    """The tests of a definition, the definition of tests; empty for anything else."""
    if address.endswith(TEST_FILE_ENDING):
        return address.removesuffix(TEST_FILE_ENDING) + _ENDING
    return address.removesuffix(_ENDING) + TEST_FILE_ENDING if address.endswith(_ENDING) else ""
