from hypothesis import given
from hypothesis import strategies as st

from engine.sources.signatures import SCHEMES, sign, verify

GITHUB = SCHEMES["github"]
secrets = st.binary(min_size=1, max_size=64)


def _flip(data: bytes, position: int) -> bytes:
    index = position % (len(data) * 8)
    changed = bytearray(data)
    changed[index // 8] ^= 1 << index % 8
    return bytes(changed)


@given(st.binary(), secrets)
def test_what_was_signed_verifies(body: bytes, secret: bytes) -> None:
    assert verify(GITHUB, {"x-hub-signature-256": sign(GITHUB, body, secret)}, body, secret)


@given(st.binary(min_size=1), secrets, st.integers(min_value=0))
def test_any_bit_of_the_body_matters(body: bytes, secret: bytes, position: int) -> None:
    signature = {"x-hub-signature-256": sign(GITHUB, body, secret)}
    assert not verify(GITHUB, signature, _flip(body, position), secret)


@given(st.binary(), secrets, st.integers(min_value=0))
def test_any_bit_of_the_signature_matters(body: bytes, secret: bytes, position: int) -> None:
    signature = _flip(sign(GITHUB, body, secret).encode("ascii"), position).decode("latin-1")
    assert not verify(GITHUB, {"x-hub-signature-256": signature}, body, secret)


# HMAC pads a short key with zero bytes: keys that differ only in those are the same key.
@given(st.binary(), secrets, secrets)
def test_another_secret_does_not_verify(body: bytes, secret: bytes, other: bytes) -> None:
    signature = {"x-hub-signature-256": sign(GITHUB, body, secret)}
    same_key = secret.ljust(64, b"\0") == other.ljust(64, b"\0")
    assert verify(GITHUB, signature, body, other) is same_key


@given(st.text(), st.binary(), secrets)
def test_no_header_text_raises(header: str, body: bytes, secret: bytes) -> None:
    assert not verify(GITHUB, {"x-hub-signature-256": header}, body, secret)
