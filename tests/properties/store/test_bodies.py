"""Bodies are zlib streams: what one build of a library wrote, any other reads."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.store.deliveries import pack, unpack

BODIES = st.one_of(
    st.binary(max_size=4_000),
    st.builds(lambda part, times: part * times, st.binary(max_size=50), st.integers(0, 3_000)),
)


@given(BODIES)
def test_what_is_packed_is_read_by_zlib_and_what_zlib_wrote_is_read(body: bytes) -> None:
    assert unpack(pack(body).data) == body
    assert zlib.decompress(pack(body).data) == body
    assert unpack(zlib.compress(body)) == body


def test_a_damaged_body_is_noticed() -> None:
    data = pack(b'{"action": "released"}' * 100).data
    with pytest.raises(zlib.error):
        unpack(data[: len(data) // 2])
    with pytest.raises(zlib.error):
        unpack(data[:-1] + bytes([data[-1] ^ 1]))
