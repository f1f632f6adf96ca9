import hashlib
import hmac

import pytest

from engine.sources.signatures import SCHEMES, sign, verify

GITHUB = SCHEMES["github"]
SECRET = b"It's a Secret to Everybody"
BODY = b"Hello, World!"
#: The example of GitHub's own documentation of webhook validation.
DOCUMENTED = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def test_the_documented_example_is_valid() -> None:
    assert verify(GITHUB, {"x-hub-signature-256": DOCUMENTED}, BODY, SECRET)
    assert sign(GITHUB, BODY, SECRET) == DOCUMENTED


@pytest.mark.parametrize(
    "given",
    [
        "",
        "sha256=",
        DOCUMENTED.upper(),
        "sha256=" + DOCUMENTED.removeprefix("sha256=").upper(),
        DOCUMENTED.removeprefix("sha256="),
        DOCUMENTED.replace("sha256=", "sha512="),
        DOCUMENTED + " ",
        " " + DOCUMENTED,
        f"{DOCUMENTED}, {DOCUMENTED}",
        DOCUMENTED[:-1],
        DOCUMENTED[:-1] + "\u0667",
        DOCUMENTED * 100_000,
        "sha1=" + hmac.new(SECRET, BODY, hashlib.sha1).hexdigest(),
        "\ud800" * len(DOCUMENTED),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_malformed_header_is_an_invalid_signature(given: str) -> None:
    assert not verify(GITHUB, {"x-hub-signature-256": given}, BODY, SECRET)


def test_a_missing_header_is_an_invalid_signature() -> None:
    assert not verify(GITHUB, {}, BODY, SECRET)
    assert not verify(GITHUB, {"x-hub-signature": DOCUMENTED}, BODY, SECRET)


def test_an_empty_secret_validates_nothing() -> None:
    assert not verify(GITHUB, {"x-hub-signature-256": sign(GITHUB, BODY, b"")}, BODY, b"")
