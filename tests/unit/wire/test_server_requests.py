"""Requests in memory: each case whole, byte by byte and at random cuts gives the same."""

from __future__ import annotations

import random
import re

import pytest

from serving import Told, converse
from torana.wire.server import ServerLimits

HOST = b"Host: gw.example\r\n"
LIMITS = ServerLimits(max_url_bytes=200, max_header_bytes=600, max_body_bytes=5000, stream_body_over_bytes=1000)

CASES: dict[str, bytes] = {
    "get": b"GET /a?b=c HTTP/1.1\r\n" + HOST + b"\r\n",
    "post": b"POST /p HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nhello",
    "empty post": b"POST /p HTTP/1.1\r\n" + HOST + b"Content-Length: 0\r\n\r\n",
    "chunked": b"POST /p HTTP/1.1\r\n"
    + HOST
    + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;x=y\r\n!\r\n0\r\n\r\n",
    "chunked in capitals": b"POST /p HTTP/1.1\r\n"
    + HOST
    + b"TRANSFER-ENCODING: Chunked\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n",
    "trailers": b"POST /p HTTP/1.1\r\n"
    + HOST
    + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 1\r\nHost: evil\r\n\r\n"
    + b"GET /next HTTP/1.1\r\n"
    + HOST
    + b"\r\n",
    "empty lines within chunks": b"POST /p HTTP/1.1\r\n"
    + HOST
    + b"Transfer-Encoding: chunked\r\n\r\nd\r\n\r\n\r\n\r\n\r\n0\r\n\r\n\r\n1\r\n\r\r\n0\r\n\r\n",
    "pipeline": b"GET /1 HTTP/1.1\r\n"
    + HOST
    + b"\r\nPOST /2 HTTP/1.1\r\n"
    + HOST
    + b"Content-Length: 3\r\n\r\nabcPOST /3 HTTP/1.1\r\n"
    + HOST
    + b"Transfer-Encoding: chunked\r\n\r\n3\r\ndef\r\n0\r\n\r\nGET /4 HTTP/1.1\r\n"
    + HOST
    + b"Connection: close\r\n\r\nGET /never HTTP/1.1\r\n"
    + HOST
    + b"\r\n",
    "streamed by length": b"POST /p HTTP/1.1\r\n"
    + HOST
    + b"Content-Length: 2500\r\n\r\n"
    + b"abcde" * 500
    + b"GET /next HTTP/1.1\r\n"
    + HOST
    + b"\r\n",
    "streamed by chunks": b"POST /p HTTP/1.1\r\n"
    + HOST
    + b"Transfer-Encoding: chunked\r\n\r\n"
    + b"64\r\n"
    + b"0123456789" * 10
    + b"\r\n"
    + (b"3e8\r\n" + b"x" * 1000 + b"\r\n") * 2
    + b"0\r\n\r\nGET /next HTTP/1.1\r\n"
    + HOST
    + b"\r\n",
    "json is gathered": b"POST /p HTTP/1.1\r\n"
    + HOST
    + b"Content-Type: Application/JSON; charset=utf-8\r\nContent-Length: 2500\r\n\r\n"
    + b"abcde" * 500,
    "http/1.0": b"GET /old HTTP/1.0\r\n\r\n",
    "http/1.0 kept": b"GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /more HTTP/1.0\r\n\r\n",
    "absolute target": b"GET http://user@other.example:99?x=1 HTTP/1.1\r\n" + HOST + b"\r\n",
    "absolute target with path": b"GET HTTPS://other.example/a/b?x=1 HTTP/1.1\r\n" + HOST + b"\r\n",
    "options of all": b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n",
    "empty line before": b"\r\nGET /a HTTP/1.1\r\n" + HOST + b"\r\n\r\nGET /b HTTP/1.1\r\n" + HOST + b"\r\n",
    "spaces around values": b"GET /a HTTP/1.1\r\nHost: \t gw.example \t\r\nX:\r\nY: \r\nZ:a b\t\r\n\r\n",
    "bytes above ascii": b"GET /a HTTP/1.1\r\n" + HOST + b"X: caf\xc3\xa9\r\n\r\n",
    "repeated field": b"GET /a HTTP/1.1\r\n" + HOST + b"Accept: a\r\naccept: b\r\n\r\n",
    "connection twice": b"GET /a HTTP/1.1\r\n" + HOST + b"Connection: x\r\nConnection: Close\r\n\r\n",
    "upgrade that is ignored": b"POST /a HTTP/1.1\r\n"
    + HOST
    + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nhiGET /b HTTP/1.1\r\n"
    + HOST
    + b"\r\n",
    "upgrade with chunks": b"POST /a HTTP/1.1\r\n"
    + HOST
    + b"Connection: upgrade\r\nUpgrade: h2c\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
    + b"GET /b HTTP/1.1\r\n"
    + HOST
    + b"\r\n",
    "upgrade in trailers": b"POST /a HTTP/1.1\r\n"
    + HOST
    + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"
    + b"GET /b HTTP/1.1\r\n"
    + HOST
    + b"\r\n",
    "expect": b"POST /a HTTP/1.1\r\n" + HOST + b"Expect: 100-Continue\r\nContent-Length: 0\r\n\r\n",
    "expect in 1.0": b"POST /a HTTP/1.0\r\nExpect: anything\r\nContent-Length: 2\r\n\r\nhi",
    "head": b"HEAD /a HTTP/1.1\r\n" + HOST + b"\r\n",
    "websocket": b"GET /a HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "http/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "connect": b"CONNECT a.example:443 HTTP/1.1\r\n" + HOST + b"\r\n",
    "other expectation": b"POST /a HTTP/1.1\r\n" + HOST + b"Expect: wonders\r\nContent-Length: 2\r\n\r\nhi",
    "no host": b"GET /a HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /a HTTP/1.1\r\n" + HOST + HOST + b"\r\n",
    "long url": b"GET /" + b"a" * 250 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "endless url": b"GET /" + b"a" * 2500,
    "long headers": b"GET /a HTTP/1.1\r\n" + HOST + (b"X: " + b"y" * 50 + b"\r\n") * 20 + b"\r\n",
    "endless headers": b"GET /a HTTP/1.1\r\n" + HOST + (b"X: " + b"y" * 50 + b"\r\n") * 20,
    "long body": b"POST /a HTTP/1.1\r\n" + HOST + b"Content-Length: 5001\r\n\r\n",
    "long json in chunks": b"POST /a HTTP/1.1\r\n"
    + HOST
    + b"Content-Type: application/x+json\r\nTransfer-Encoding: chunked\r\n\r\n"
    + (b"3e8\r\n" + b"x" * 1000 + b"\r\n") * 6
    + b"0\r\n\r\n",
    "long chunk extensions": b"POST /a HTTP/1.1\r\n"
    + HOST
    + b"Transfer-Encoding: chunked\r\n\r\n1;"
    + b"x" * 700
    + b"\r\na\r\n0\r\n\r\n",
    "long trailers": b"POST /a HTTP/1.1\r\n"
    + HOST
    + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: "
    + b"x" * 700
    + b"\r\n\r\n",
    "not a chunk size": b"POST /a HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0x2\r\nhi\r\n0\r\n\r\n",
    "tls on a plain port": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
}

# What the handler saw (method, target, body), the statuses sent, and whether the server closed.
EXPECTED: dict[str, tuple[list[tuple[bytes, bytes, bytes]], list[int], bool]] = {
    "get": ([(b"GET", b"/a?b=c", b"")], [200], False),
    "post": ([(b"POST", b"/p", b"hello")], [200], False),
    "empty post": ([(b"POST", b"/p", b"")], [200], False),
    "chunked": ([(b"POST", b"/p", b"hello!")], [200], False),
    "chunked in capitals": ([(b"POST", b"/p", b"0123456789")], [200], False),
    "trailers": ([(b"POST", b"/p", b"hi"), (b"GET", b"/next", b"")], [200, 200], False),
    "empty lines within chunks": ([(b"POST", b"/p", b"\r\n\r\n\r\n\r\n0\r\n\r\n\r")], [200], False),
    "pipeline": (
        [(b"GET", b"/1", b""), (b"POST", b"/2", b"abc"), (b"POST", b"/3", b"def"), (b"GET", b"/4", b"")],
        [200, 200, 200, 200],
        True,
    ),
    "streamed by length": ([(b"POST", b"/p", b"abcde" * 500), (b"GET", b"/next", b"")], [200, 200], False),
    "streamed by chunks": (
        [(b"POST", b"/p", b"0123456789" * 10 + b"x" * 2000), (b"GET", b"/next", b"")],
        [200, 200],
        False,
    ),
    "json is gathered": ([(b"POST", b"/p", b"abcde" * 500)], [200], False),
    "http/1.0": ([(b"GET", b"/old", b"")], [200], True),
    "http/1.0 kept": ([(b"GET", b"/old", b""), (b"GET", b"/more", b"")], [200, 200], True),
    "absolute target": ([(b"GET", b"/?x=1", b"")], [200], False),
    "absolute target with path": ([(b"GET", b"/a/b?x=1", b"")], [200], False),
    "options of all": ([(b"OPTIONS", b"*", b"")], [200], False),
    "empty line before": ([(b"GET", b"/a", b""), (b"GET", b"/b", b"")], [200, 200], False),
    "spaces around values": ([(b"GET", b"/a", b"")], [200], False),
    "bytes above ascii": ([(b"GET", b"/a", b"")], [200], False),
    "repeated field": ([(b"GET", b"/a", b"")], [200], False),
    "connection twice": ([(b"GET", b"/a", b"")], [200], True),
    "upgrade that is ignored": ([(b"POST", b"/a", b"hi"), (b"GET", b"/b", b"")], [200, 200], False),
    "upgrade with chunks": ([(b"POST", b"/a", b"hi"), (b"GET", b"/b", b"")], [200, 200], False),
    "upgrade in trailers": ([(b"POST", b"/a", b"hi"), (b"GET", b"/b", b"")], [200, 200], False),
    "expect": ([(b"POST", b"/a", b"")], [200], False),
    "expect in 1.0": ([(b"POST", b"/a", b"hi")], [200], True),
    "head": ([(b"HEAD", b"/a", b"")], [200], False),
    "websocket": ([], [400], True),
    "http/2 preface": ([], [400], True),
    "connect": ([], [400], True),
    "other expectation": ([], [417], True),
    "no host": ([], [400], True),
    "two hosts": ([], [400], True),
    "long url": ([], [414], True),
    "endless url": ([], [414], True),
    "long headers": ([], [431], True),
    "endless headers": ([], [431], True),
    "long body": ([], [413], True),
    "long json in chunks": ([], [413], True),
    "long chunk extensions": ([], [431], True),
    "long trailers": ([], [431], True),
    "not a chunk size": ([], [400], True),
    "tls on a plain port": ([], [400], True),
}


def statuses(told: Told) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", told.answers)]


def test_every_case_has_an_expectation() -> None:
    assert CASES.keys() == EXPECTED.keys()


@pytest.mark.parametrize("name", CASES)
async def test_a_case_ends_as_expected(name: str) -> None:
    told = await converse([CASES[name]], LIMITS)
    seen = [(s.method, s.target, s.body) for s in told.seen]
    assert (seen, statuses(told), told.is_closed) == EXPECTED[name]


@pytest.mark.parametrize("name", CASES)
async def test_a_case_byte_by_byte_ends_as_whole(name: str) -> None:
    data = CASES[name]
    assert await converse([data[i : i + 1] for i in range(len(data))], LIMITS) == await converse([data], LIMITS)


@pytest.mark.parametrize("name", CASES)
async def test_a_case_at_random_cuts_ends_as_whole(name: str) -> None:
    data = CASES[name]
    whole = await converse([data], LIMITS)
    dice = random.Random(name)  # noqa: S311  # cuts, not secrets
    for _ in range(20):
        cuts = sorted(dice.sample(range(len(data) + 1), min(dice.randint(1, 8), len(data))))
        pieces = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
        assert await converse(pieces, LIMITS) == whole, cuts


async def test_header_names_are_lower_case_and_in_wire_order() -> None:
    told = await converse([CASES["spaces around values"]], LIMITS)
    assert told.seen[0].headers == [(b"host", b"gw.example"), (b"x", b""), (b"y", b""), (b"z", b"a b")]


async def test_trailers_are_dropped_and_do_not_reach_the_next_request() -> None:
    told = await converse([CASES["trailers"]], LIMITS)
    assert [s.headers for s in told.seen] == [
        [(b"host", b"gw.example")],
        [(b"host", b"gw.example")],
    ]


async def test_a_refusal_knows_the_target_where_the_request_line_was_read() -> None:
    told = await converse([CASES["two hosts"]], LIMITS)
    assert b"\r\nx-target: /a\r\n" in told.answers
    told = await converse([CASES["long headers"]], LIMITS)
    assert b"\r\nx-target: /a\r\n" in told.answers
    told = await converse([CASES["tls on a plain port"]], LIMITS)
    assert b"\r\nx-target: ?\r\n" in told.answers


async def test_a_refusal_says_that_the_connection_closes() -> None:
    told = await converse([CASES["no host"]], LIMITS)
    assert told.answers == (
        b"HTTP/1.1 400 Bad Request\r\nx-error: MalformedRequest\r\nx-target: /a\r\nconnection: close\r\n"
        b"content-length: 3\r\n\r\nno\n"
    )
