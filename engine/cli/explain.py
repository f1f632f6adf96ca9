"""``interlock explain WORD``: what a diagnostic, a verdict, a block or a function means, and what to do."""

from collections.abc import Iterator
from typing import Annotated

from cyclopts import Parameter

from engine.cli.options import Json
from engine.cli.tables import print_json, print_table
from engine.diagnostic_codes import CODES, page
from engine.errors import SettingError
from engine.language.functions import STANDARD
from engine.model import Verdict
from engine.verdict_words import VERDICTS

#: How alike a word must be to what it was meant to be.
_NEAR = 0.75


def explain(
    code: Annotated[
        str | None,
        Parameter(
            help="The word in brackets, transition_state_unregistered; a verdict, already_there; a block, await; or a "
            "function, timecmp."
        ),
    ] = None,
    *,
    json: Json = False,
    page_: Annotated[
        bool,
        Parameter(name="--page", negative="", help="Print docs/diagnostics.md, which is made of the codes."),
    ] = False,
    functions: Annotated[
        bool,
        Parameter(negative="", help="Print docs/reference/functions.md, which is made of the functions."),
    ] = False,
    blocks: Annotated[
        bool,
        Parameter(negative="", help="Print docs/reference/blocks.md, which is made of the blocks."),
    ] = False,
) -> int:
    """Explain a word: a code of `interlock check`, a verdict, a block or a function; alone, list all codes.

    What it means, what to do, an example.

    For instance: `interlock explain transition_state_unregistered`
    """
    if page_:
        print(page(), end="")
    elif functions:
        from engine.language.functions.examples import page as page_of_functions

        print(page_of_functions(), end="")
    elif blocks:
        from engine.machine.block_words import page as page_of_blocks

        print(page_of_blocks(), end="")
    elif code is None:
        _print_all(json=json)
    else:
        _print_one(_known(code), json=json)
    return 0


def _known(word: str) -> str:
    """The word as it is written in its table; what people paste may have brackets and a severity around it."""
    from engine.machine.block_words import NAMES

    name = word.strip().rpartition("[")[2].rstrip("]:")
    code = name.replace("-", "_").lower()
    words = [*CODES, *Verdict, *NAMES, *STANDARD]
    if name in words or code in words:
        return name if name in words else code
    from difflib import get_close_matches

    near = get_close_matches(code, words, n=1, cutoff=_NEAR)
    advice = (
        f'Did you mean "{near[0]}"?'
        if near
        else "`interlock explain` lists all codes, `--blocks` the blocks, `--functions` the functions."
    )
    raise SettingError(f"there is no diagnostic, verdict, block or function {word!r}. {advice}")


def _print_one(name: str, *, json: bool) -> None:
    """Everything of that name: a verdict may be called like a code."""
    if json:
        print_json({key: value for one in _found(name) for key, value in one.items()})
        return
    print("\n\n".join(_told(name)))


def _told(name: str) -> Iterator[str]:
    if name in CODES:
        code = CODES[name]
        lines = "\n".join(f"    {line}" for line in code.shown())
        where = code.where.value.lower()
        yield f"{name}: {code.wrong}\n\n  help: {code.do}\n\n  {where}, for instance:\n\n{lines}"
    if name in set(Verdict):
        words = VERDICTS[Verdict(name)]
        yield f"{name} (a verdict): {words.meaning}\n\n  help: {words.do}"
    from engine.machine.block_words import explained as block

    yield from block(name)
    if name in STANDARD:
        from engine.language.functions.examples import explained as function

        yield function(name)


def _found(name: str) -> Iterator[dict[str, object]]:
    if name in CODES:
        yield {"code": name, **_as_json(name)}
    if name in set(Verdict):
        yield {"verdict": name, **VERDICTS[Verdict(name)]._asdict()}
    from engine.machine.block_words import as_json

    yield from as_json(name)
    if name in STANDARD:
        from engine.language.functions.examples import EXAMPLES

        function = STANDARD[name]
        yield {
            "function": name,
            "signature": function.signature,
            "meaning": function.doc,
            "example": EXAMPLES[name],
        }


def _print_all(*, json: bool) -> None:
    if json:
        print_json([{"code": name, **_as_json(name)} for name in sorted(CODES)])
    else:
        print_table("", ("code", "what is wrong"), [(name, CODES[name].wrong) for name in sorted(CODES)])


def _as_json(name: str) -> dict[str, str]:
    code = CODES[name]
    return {"where": code.where.value, "wrong": code.wrong, "do": code.do, "example": code.example}
