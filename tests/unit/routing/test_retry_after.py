"""`Retry-After`, in all its forms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.message import Headers
from torana.routing.retry_after import read_retry_after

NOW = 784_111_700.0
DATE = b"Sun, 06 Nov 1994 08:49:37 GMT"  # 784,111,777


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ([], None),
        ([(b"retry-after", b"120")], 120.0),
        ([(b"retry-after", b"0.5")], 0.5),
        ([(b"retry-after", DATE)], 77.0),
        ([(b"retry-after", b"Sunday, 06-Nov-94 08:49:37 GMT")], 77.0),
        ([(b"retry-after", b"Sun Nov  6 08:49:37 1994")], 77.0),
        ([(b"retry-after", b"Sun, 06 Nov 1994 08:00:00 GMT")], 0.0),
        ([(b"retry-after", b"-1")], None),
        ([(b"retry-after", b"a while")], None),
        ([(b"retry-after", b"1"), (b"retry-after-ms", b"250")], 0.25),
        ([(b"retry-after-ms", b"x"), (b"retry-after", b"2")], 2.0),
    ],
)
def test_seconds_dates_and_milliseconds_are_read(headers: Headers, seconds: float | None) -> None:
    assert read_retry_after(headers, NOW) == seconds


@given(st.binary(max_size=64), st.sampled_from([b"retry-after", b"retry-after-ms"]))
def test_whatever_stands_there_is_read_or_passed_over(value: bytes, name: bytes) -> None:
    found = read_retry_after([(name, value)], NOW)
    assert found is None or found >= 0


@given(st.from_regex(rb"[A-Z][a-z]{2}, \d{1,9} (Jan|Dec) \d{1,12} \d{1,5}:\d{1,5}:\d{1,5} [A-Z+-]\w{0,9}"))
def test_an_impossible_date_is_passed_over(value: bytes) -> None:
    found = read_retry_after([(b"retry-after", value)], NOW)
    assert found is None or found >= 0
