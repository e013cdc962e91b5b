"""A head that comes again is read as it was the first time."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving import converse
from torana.errors import ToranaError
from torana.exchange import Request
from torana.wire.server_reader import RequestReader
from torana.wire.server_shared import ServerLimits

LIMITS = ServerLimits(max_body_bytes=500, stream_body_over_bytes=200)
HEAD = b"POST /a?b=c HTTP/1.1\r\nHost: gw.example\r\nX-A: b\r\nContent-Length: %d\r\nX-B: 1\r\n\r\n"


def post(body: bytes, head: bytes = HEAD) -> bytes:
    return head % len(body) + body


def reader(first: bytes) -> RequestReader:
    """One that has read a request."""
    made = RequestReader(LIMITS, "::1", is_tls=False)
    assert made.feed_head(first) is not None
    made.take()
    return made


def read(data: bytes, after: bytes | None) -> tuple[Request | None, bytes, bool, bytes, str]:
    """The request, its body, whether that is whole, what is held, and the refusal; after another request, or not."""
    made = reader(after) if after is not None else RequestReader(LIMITS, "::1", is_tls=False)
    refusal = ""
    try:
        request = made.repeated(data)
        if request is not None:
            assert isinstance(request.body, bytes)
            return request, request.body, True, b"", ""
        request = made.feed_head(data)
    except ToranaError as error:
        return None, b"", False, b"", f"{type(error).__name__}: {error}"
    return request, made.take(), made.is_whole, made.held, refusal


def facts(seen: tuple[Request | None, bytes, bool, bytes, str]) -> object:
    request, body, is_whole, held, refusal = seen
    told = (request.method, request.target, request.headers, request.remote) if request is not None else None
    return told, body, is_whole, held, refusal


def test_the_same_head_again_is_the_same_request_with_another_body() -> None:
    made = reader(post(b"first"))
    again = made.repeated(post(b"other"))
    assert again is not None
    assert (again.method, again.target, again.body) == (b"POST", b"/a?b=c", b"other")
    assert again.headers == [(b"host", b"gw.example"), (b"x-a", b"b"), (b"x-b", b"1")]
    third = made.repeated(post(b"third"))
    assert third is not None
    assert third.memo is again.memo is not None


def test_another_head_is_not_taken_for_it() -> None:
    made = reader(post(b"first"))
    for old, new in ((b"/a", b"/b"), (b"X-A: b", b"X-A: c"), (b"X-B: 1", b"X-B: 2"), (b"POST", b"PUT "), (b"5", b"x")):
        assert made.repeated(post(b"other").replace(old, new)) is None


def test_a_head_alone_begins_the_request_and_its_body_follows() -> None:
    made = reader(post(b"first"))
    data = post(b"other")
    assert made.repeated(data[:-5]) is None
    request = made.feed_head(data[:-5])
    assert request is not None
    assert (request.length, made.is_whole) == (5, False)
    assert made.feed_body(b"oth") is False
    assert made.feed_body(b"erPOST") is True
    assert (made.take(), made.held) == (b"other", b"POST")


BODIES = [b"", b"ab", b"12345", b"1234567", b"x" * 99, b"y" * 199, b"z" * 300, b"w" * 600]


@pytest.mark.parametrize("after", BODIES[:-1])
@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("kept", [None, -1, -3, 1000])
def test_whatever_came_before_a_request_is_read_the_same(after: bytes, body: bytes, kept: int | None) -> None:
    data = (post(body) + b"GET /next")[:kept]
    assert facts(read(data, post(after))) == facts(read(data, None))


@settings(max_examples=300)
@given(st.integers(0, 2**32))
def test_any_change_of_a_head_is_read_as_if_it_were_the_first(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311  # changes, not secrets
    data = bytearray(post(b"other"))
    for _ in range(dice.randint(0, 2)):
        at = dice.randrange(len(data))
        data[at : at + dice.randint(0, 2)] = bytes(dice.choices(b"\r\n :0159aZ\x00", k=dice.randint(0, 2)))
    changed = bytes(data)
    assert facts(read(changed, post(b"first"))) == facts(read(changed, None))


async def test_many_requests_of_a_kept_connection_are_answered_each_with_its_own() -> None:
    told = await converse([post(b"%d" % n) for n in range(1, 40)])
    assert [seen.body for seen in told.seen] == [b"%d" % n for n in range(1, 40)]


async def test_a_get_that_comes_again_has_no_body() -> None:
    get = b"GET /x HTTP/1.1\r\nhost: gw.example\r\n\r\n"
    told = await converse([get, get, get + get, get])
    assert [(seen.method, seen.body) for seen in told.seen] == [(b"GET", b"")] * 5


async def test_a_head_request_that_comes_again_is_answered_without_a_body() -> None:
    head = b"HEAD /x HTTP/1.1\r\nhost: gw.example\r\n\r\n"
    told = await converse([head, head])
    assert told.answers.count(b"HTTP/1.1 200 OK") == 2
    assert told.answers.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("lengths", [b"05 07 05 +5 05", b"07 05 05 0x 0_ 07", b"005 050 500 005"])
def test_a_length_that_was_just_read_is_the_length_that_is_stated(lengths: bytes) -> None:
    first, *others = [HEAD.replace(b"%d", digits) for digits in lengths.split()]
    made = reader(first + b"x" * int(lengths.split()[0]))
    for head in others:
        for size in (5, 7, 50):
            data = head + b"y" * size
            request = made.repeated(data)
            parsed = read(data, None)
            if request is not None:
                assert facts((request, b"y" * size, True, b"", "")) == facts(parsed)
            else:
                _, _, is_whole, held, _ = parsed
                assert held or not is_whole
