import base64
from datetime import UTC, datetime

from hypothesis import assume, given
from hypothesis import strategies as st

from engine.sources.catalog import SOURCES
from engine.sources.signatures import SCHEMES, Scheme, refusal, sign

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
GITHUB = SCHEMES["github"]
secrets = st.binary(min_size=1, max_size=64)
keys = st.binary(min_size=24, max_size=64).map(lambda key: b"whsec_" + base64.b64encode(key))
#: Every scheme with secrets that it takes.
schemes = st.sampled_from(sorted(SCHEMES)).flatmap(
    lambda name: st.tuples(st.just(SCHEMES[name]), keys if SCHEMES[name].secret_prefix else secrets)
)
signing = schemes.filter(lambda pair: pair[0].digest is not None)


def signed(scheme: Scheme, body: bytes, secret: bytes) -> dict[str, str]:
    headers = dict.fromkeys(scheme.signed, "msg_1")
    if scheme.time is not None:
        headers[scheme.time] = f"{NOW.timestamp():.0f}"
    return {**headers, scheme.header: sign(scheme, body, secret, headers)}


def _flip(data: bytes, position: int) -> bytes:
    index = position % (len(data) * 8)
    changed = bytearray(data)
    changed[index // 8] ^= 1 << index % 8
    return bytes(changed)


@given(st.binary(), schemes)
def test_what_was_signed_verifies(body: bytes, pair: tuple[Scheme, bytes]) -> None:
    scheme, secret = pair
    assert refusal(scheme, signed(scheme, body, secret), body, secret, NOW) is None


@given(st.binary(min_size=1), signing, st.integers(min_value=0))
def test_any_bit_of_the_body_matters(body: bytes, pair: tuple[Scheme, bytes], position: int) -> None:
    scheme, secret = pair
    assert refusal(scheme, signed(scheme, body, secret), _flip(body, position), secret, NOW) is not None


@given(st.binary(), schemes, st.integers(min_value=0), st.data())
def test_any_bit_of_what_proves_it_matters(
    body: bytes, pair: tuple[Scheme, bytes], position: int, data: st.DataObject
) -> None:
    scheme, secret = pair
    headers = signed(scheme, body, secret)
    name = data.draw(st.sampled_from([scheme.header, *scheme.signed]))
    headers[name] = _flip(headers[name].encode("latin-1"), position).decode("latin-1")
    # A list with an empty entry behind it, or an identifier that is no text, would be another matter.
    assume(not scheme.several or "\n" not in headers[name])
    assert refusal(scheme, headers, body, secret, NOW) is not None


# HMAC pads a short key with zero bytes: keys that differ only in those are the same key.
@given(st.binary(), secrets, secrets)
def test_another_secret_does_not_verify(body: bytes, secret: bytes, other: bytes) -> None:
    same_key = secret.ljust(64, b"\0") == other.ljust(64, b"\0")
    verified = refusal(GITHUB, signed(GITHUB, body, secret), body, other, NOW) is None
    assert verified is same_key


@given(st.text(), st.binary(), schemes, st.data())
def test_no_header_text_raises_or_is_accepted(
    header: str, body: bytes, pair: tuple[Scheme, bytes], data: st.DataObject
) -> None:
    scheme, secret = pair
    headers = signed(scheme, body, secret)
    name = data.draw(st.sampled_from([scheme.header, *scheme.signed]))
    assume(header != headers[name])
    assert refusal(scheme, {**headers, name: header}, body, secret, NOW) is not None


@given(st.binary(), schemes, st.text(min_size=6, max_size=40), st.data())
def test_no_reason_gives_a_secret_or_a_signature_away(
    body: bytes, pair: tuple[Scheme, bytes], wrong: str, data: st.DataObject
) -> None:
    scheme, secret = pair
    assume(len(secret) >= 6)
    good = signed(scheme, body, secret)
    headers = dict(good)
    for name in data.draw(st.lists(st.sampled_from([scheme.header, *scheme.signed]), unique=True)):
        headers[name] = wrong
    told = refusal(scheme, headers, body, secret, NOW) or ""
    assert secret.decode("latin-1") not in told
    assert good[scheme.header] not in told
    assert wrong not in told


@given(st.binary(), st.sampled_from(sorted(SOURCES)), st.lists(st.text(max_size=20), max_size=3))
def test_no_secret_text_raises(body: bytes, name: str, texts: list[str]) -> None:
    assert SOURCES[name].verify({}, body, [t for t in texts if t.isprintable()], NOW).scheme is None
