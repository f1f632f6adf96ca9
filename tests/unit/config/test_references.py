"""``env://NAME``."""

from engine.config.references import resolve


def test_references_are_replaced_everywhere() -> None:
    value = {"url": "env://URL", "headers": {"A": "env://KEY"}, "list": ["env://URL", 3], "n": None}
    resolved = resolve(value, {"URL": "https://x", "KEY": "s3cret"})
    assert resolved.value == {
        "url": "https://x",
        "headers": {"A": "s3cret"},
        "list": ["https://x", 3],
        "n": None,
    }
    assert resolved.secrets == {"https://x", "s3cret"}
    assert resolved.problems == ()


def test_what_is_missing_is_named() -> None:
    resolved = resolve(["env://ONE", "env://TWO", "env://ONE"], {"TWO": ""})
    assert resolved.value is None
    assert resolved.problems == (
        "the environment variable ONE is not set",
        "the environment variable TWO is empty",
    )


def test_a_reference_is_the_whole_value() -> None:
    for text in ("Bearer env://TOKEN", "env://", "env://A B", "env://A\n", "env://1"):
        (problem,) = resolve(text, {"TOKEN": "s3cret"}).problems
        assert problem.startswith("a reference is the whole value")
        assert "s3cret" not in problem
