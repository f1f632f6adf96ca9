"""``interlock explain CODE``: what a diagnostic means, and what to do."""

from typing import Annotated

from cyclopts import Parameter

from engine.cli.options import Json
from engine.cli.tables import print_json, print_table
from engine.diagnostic_codes import CODES, page
from engine.errors import SettingError
from engine.language.functions import STANDARD

#: How alike a word must be to what it was meant to be.
_NEAR = 0.75


def explain(
    code: Annotated[
        str | None,
        Parameter(help="The word in brackets, transition_state_unregistered, or a function: timecmp."),
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
    """Explain a code of `interlock check`, or a function: what is wrong, what to do, an example; alone, list all codes.

    For instance: `interlock explain transition_state_unregistered`
    """
    if page_:
        print(page(), end="")
    elif functions:
        from engine.language.functions.examples import page as page_of_functions

        print(page_of_functions(), end="")
    elif blocks:
        from engine.machine.blocks import page as page_of_blocks

        print(page_of_blocks(), end="")
    elif code is None:
        _print_all(json=json)
    elif not json and code.strip() in STANDARD and code.strip() not in CODES:
        from engine.language.functions.examples import explained

        print(explained(code.strip()))
    else:
        _print_one(_known(code), json=json)
    return 0


def _known(code: str) -> str:
    """The code as it is written in the table; what people paste may have brackets and a severity around it."""
    name = code.strip().rpartition("[")[2].rstrip("]:").replace("-", "_").lower()
    if name in CODES:
        return name
    from difflib import get_close_matches

    near = get_close_matches(name, [*CODES, *STANDARD], n=1, cutoff=_NEAR)
    advice = (
        f'Did you mean "{near[0]}"?'
        if near
        else "`interlock explain` lists all codes, `--functions` the functions."
    )
    raise SettingError(f"there is no diagnostic and no function {code!r}. {advice}")


def _print_one(name: str, *, json: bool) -> None:
    code = CODES[name]
    if json:
        print_json({"code": name, **_as_json(name)})
        return
    lines = "\n".join(f"    {line}" for line in code.shown())
    print(
        f"{name}: {code.wrong}\n\n  help: {code.do}\n\n  {code.where.value.lower()}, for instance:\n\n{lines}"
    )


def _print_all(*, json: bool) -> None:
    if json:
        print_json([{"code": name, **_as_json(name)} for name in sorted(CODES)])
    else:
        print_table("", ("code", "what is wrong"), [(name, CODES[name].wrong) for name in sorted(CODES)])


def _as_json(name: str) -> dict[str, str]:
    code = CODES[name]
    return {"where": code.where.value, "wrong": code.wrong, "do": code.do, "example": code.example}
