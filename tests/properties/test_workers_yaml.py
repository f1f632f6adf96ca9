"""No text of a workers.yaml is answered with an exception."""

import yaml
from hypothesis import given
from hypothesis import strategies as st

from engine.config.workers import read_workers
from engine.diagnostics import render

WORDS = st.sampled_from(
    [
        "workers:",
        " ",
        "\n",
        "  ",
        "a",
        "projects",
        "statefile",
        ":",
        "-",
        "[",
        "]",
        "{",
        "}",
        "&x",
        "*x",
        "<<:",
        '"',
        "'",
        "!",
        "|",
        ">",
        "\t",
        "\r",
        "é",
        "\u0301",
        "#",
        "12",
        "no",
        "? ",
        ",",
        "\x00",
        "\u2028",
        "%YAML",
    ]
)
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["workers", "a", "projects", "statefile", "settings", "processor"])
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.lists(WORDS, max_size=40).map("".join) | st.text(max_size=60))
def test_any_text_gives_workers_or_problems(text: str) -> None:
    result = read_workers(text, "w.yaml")
    assert (result.workers is None) == any(d.severity == "error" for d in result.diagnostics)
    assert isinstance(render(result.diagnostics, {"w.yaml": text}), str)


@given(TREES)
def test_any_tree_gives_workers_or_problems(tree: object) -> None:
    result = read_workers(yaml.safe_dump({"workers": tree}), "w.yaml")
    if result.workers is not None:
        assert len(set(result.workers.projects)) == len(result.workers.projects)
        assert all(w.statefile for w in result.workers.workers if w.projects)
