"""Warns of what a definition's expressions ask of the context that none of its machines ever sets."""

from collections.abc import Collection, Iterator

from engine.diagnostics import Diagnostic
from engine.machine.context_keys import unset_keys
from engine.machine.definition import Provisioner
from engine.machine.evaluated import elsewhere
from engine.machine.expression import Expression
from engine.machine.read import ReadResult
from engine.machine.readable import Readable
from engine.machine.scope_types import remembered


def check_context(read: ReadResult) -> Iterator[Diagnostic]:
    """Every such problem, where all that is set is written out.

    What a test gives its instance, and what another machine of the definition sets, is not asked for in vain.
    """
    found = {} if read.whole is None else read.whole.provisioners
    if len({readable.name for readable in read.readable}) < len(read.readable):
        return  # one of a name is not the other
    set_by = {r.name: _set_by(r, found.get(r.name)) for r in read.readable}
    if any(keys is None and name not in found for name, keys in set_by.items()):
        return  # what could not be read may set anything
    everything = {key for keys in set_by.values() for key in keys or ()}
    for readable in read.readable:
        provisioner = found.get(readable.name)
        if set_by[readable.name] is None:
            continue
        candidates = (e for candidate in readable.candidates for e in candidate.expressions)
        others = readable.elsewhere if provisioner is None else elsewhere(provisioner)
        for expression in (*candidates, *others):
            yield from unset_keys(expression.node, everything)
    if None not in set_by.values():
        for local in _locals(read):
            yield from unset_keys(local.node, everything)


def _set_by(readable: Readable, provisioner: Provisioner | None) -> Collection[str] | None:
    """The names in the context of an instance; None where not all of them are written out, or could be read."""
    names = readable.set_names if provisioner is None else remembered(provisioner.machine)
    given = readable.given_names
    return None if names is None or given is None else {*names, *given}


def _locals(read: ReadResult) -> list[Expression]:
    return list({id(e): e for r in read.readable for e in r.names.locals.values()}.values())
