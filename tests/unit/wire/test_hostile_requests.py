"""Hostile requests against h11 as the plain twin: what it refuses, we refuse."""

from __future__ import annotations

import asyncio
import re

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from serving import Told, converse
from torana.errors import MalformedRequest, ToranaError
from torana.wire.server import ServerLimits
from torana.wire.server_reader import RequestReader

HEAD = b"POST / HTTP/1.1\r\nHost: a\r\n"
NEXT = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"


def head(lines: bytes) -> bytes:
    return HEAD + lines + b"\r\n"


def line(request_line: bytes) -> bytes:
    return request_line + b"\r\nHost: a\r\n\r\n"


def chunks(body: bytes) -> bytes:
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + body


REFUSED: dict[str, bytes] = {
    # Which body is it? The answers must never differ between two readers of the same bytes.
    "two lengths": head(b"Content-Length: 5\r\nContent-Length: 6\r\n") + b"hello!",
    "plus sign": head(b"Content-Length: +5\r\n") + b"hello",
    "minus sign": head(b"Content-Length: -5\r\n") + b"hello",
    "hexadecimal length": head(b"Content-Length: 0x5\r\n") + b"hello",
    "length with a comma": head(b"Content-Length: 5, 6\r\n") + b"hello!",
    "length with a space within": head(b"Content-Length: 5 6\r\n") + b"hello!",
    "length with an underscore": head(b"Content-Length: 1_0\r\n") + b"helloworld",
    "empty length": head(b"Content-Length: \r\n") + b"hello",
    "length with a vertical tab": head(b"Content-Length: 5\x0b\r\n") + b"hello",
    "unknown coding": head(b"Transfer-Encoding: gzip\r\n") + b"hello",
    "chunked not last": head(b"Transfer-Encoding: chunked, gzip\r\n") + b"0\r\n\r\n",
    "chunked twice": head(b"Transfer-Encoding: chunked, chunked\r\n") + b"0\r\n\r\n",
    "chunked on two lines": head(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n") + b"0\r\n\r\n",
    "identity and chunked lines": head(b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n") + b"0\r\n\r\n",
    "gzip, chunked": head(b"Transfer-Encoding: gzip, chunked\r\n") + b"0\r\n\r\n",
    "quoted chunked": head(b'Transfer-Encoding: "chunked"\r\n') + b"0\r\n\r\n",
    "chunked with a parameter": head(b"Transfer-Encoding: chunked;q=1\r\n") + b"0\r\n\r\n",
    "chunked behind a vertical tab": head(b"Transfer-Encoding: \x0bchunked\r\n") + b"0\r\n\r\n",
    "empty coding": head(b"Transfer-Encoding:\r\n") + b"0\r\n\r\n",
    "coding before a space and colon": head(b"Transfer-Encoding : chunked\r\n") + b"0\r\n\r\n",
    # Lines
    "space before colon": head(b"X : y\r\n"),
    "tab before colon": head(b"X\t: y\r\n"),
    "no colon": head(b"X\r\n"),
    "empty name": head(b": y\r\n"),
    "bracket in name": head(b"X[0]: y\r\n"),
    "byte above ascii in name": head(b"X\xe9: y\r\n"),
    "nul in name": head(b"X\x00: y\r\n"),
    "nul in value": head(b"X: a\x00b\r\n"),
    "bare CR in value": head(b"X: a\rb\r\n"),
    "space before the first field": b"POST / HTTP/1.1\r\n Host: a\r\nX: y\r\n\r\n",
    # Request lines
    "leading space": b" GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "two empty lines before": b"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "no version": line(b"GET /"),
    "version 1.01": line(b"GET / HTTP/1.01"),
    "version in small letters": line(b"GET / http/1.1"),
    "other protocol": line(b"GET / RTSP/1.0"),
    "two spaces": line(b"GET  / HTTP/1.1"),
    "two spaces before the version": line(b"GET /  HTTP/1.1"),
    "space in target": line(b"GET /a b HTTP/1.1"),
    "tab in target": line(b"GET /a\tb HTTP/1.1"),
    "control byte in target": line(b"GET /a\x01b HTTP/1.1"),
    "byte above ascii in target": line(b"GET /caf\xe9 HTTP/1.1"),
    "space after the version": line(b"GET / HTTP/1.1 "),
    "bare CR in the request line": b"GET / HTTP/1.1\rHost: a\r\n\r\n",
    "method with a bracket": line(b"G(T / HTTP/1.1"),
    "no host": b"GET / HTTP/1.1\r\nX: y\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    # Chunks
    "chunk size with a plus": chunks(b"+5\r\nhello\r\n0\r\n\r\n"),
    "chunk size with a minus": chunks(b"-5\r\nhello\r\n0\r\n\r\n"),
    "chunk size with 0x": chunks(b"0x5\r\nhello\r\n0\r\n\r\n"),
    "chunk size with a space before": chunks(b" 5\r\nhello\r\n0\r\n\r\n"),
    "chunk size of letters": chunks(b"xyz\r\nhello\r\n0\r\n\r\n"),
    "chunk size missing": chunks(b"\r\nhello\r\n0\r\n\r\n"),
    "chunk longer than said": chunks(b"4\r\nhello\r\n0\r\n\r\n"),
    "chunk without its CRLF": chunks(b"5\r\nhello0\r\n\r\n" + NEXT),
    "chunk with a bare CR behind": chunks(b"5\r\nhello\r0\r\n\r\n"),
    "trailer without a colon": chunks(b"0\r\nX\r\n\r\n"),
    "trailer with a nul": chunks(b"0\r\nX: a\x00\r\n\r\n"),
    "bare LF after a chunk size": chunks(b"5\nhello\r\n0\r\n\r\n"),
    "quoted line break in an extension": chunks(b'5;a="b\nc"\r\nhello\r\n0\r\n\r\n'),
}

STRICTER: dict[str, tuple[bytes, str]] = {
    "length and chunks": (
        head(b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + b"0\r\n\r\n",
        "RFC 9112, 6.3: ought to be handled as an error, being the classic way to smuggle",
    ),
    "chunks and length": (head(b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n") + b"0\r\n\r\n", "as above"),
    "length beyond 64 bits": (
        head(b"Content-Length: 18446744073709551621\r\n") + b"hello",
        "no such body exists; other parsers wrap around",
    ),
    "control byte in value": (
        head(b"X: a\x01b\r\n"),
        "RFC 9110, 5.5: invalid, and dangerous in logs and to the next parser",
    ),
    "del in value": (head(b"X: a\x7fb\r\n"), "as above"),
    "fold": (head(b"X: a\r\n b\r\n"), "RFC 9112, 5.2: a server MUST refuse it or replace it by spaces"),
    "fold by tab": (head(b"X: a\r\n\tb\r\n"), "as above"),
    "fold of nothing": (head(b"X:\r\n \r\n"), "as above"),
    "version 1.2": (line(b"GET / HTTP/1.2"), "only 1.0 and 1.1 are spoken"),
    "version 0.9": (line(b"GET / HTTP/0.9"), "as above"),
    "version 2.0": (line(b"GET / HTTP/2.0"), "as above"),
    "chunk size beyond 64 bits": (
        chunks(b"10000000000000005\r\nhello\r\n0\r\n\r\n"),
        "no such chunk exists; other parsers wrap around",
    ),
    "control byte in an extension": (chunks(b"5;a=\x01\r\nhello\r\n0\r\n\r\n"), "no ABNF allows it"),
    "bare CR in an extension": (chunks(b"5;a\rb\r\nhello\r\n0\r\n\r\n"), "as above"),
    "the same length twice": (
        head(b"Content-Length: 5\r\nContent-Length: 5\r\n") + b"hello",
        "RFC 9112, 6.3 lets a server refuse it; an intermediary before us may have read another one",
    ),
    "the same length in a list": (head(b"Content-Length: 5, 5\r\n") + b"hello", "as above"),
    "bare LF": (b"POST / HTTP/1.1\nHost: a\n\n", "RFC 9112, 2.2 says MAY; mixed line ends are how smuggling begins"),
    "bare LF in one field": (head(b"X: y\nZ: z\r\n"), "as above"),
    "bare LF after the head's last field": (HEAD + b"X: y\r\n\n", "as above"),
    "bare LF after a trailer": (chunks(b"0\r\nX: y\n\r\n"), "as above"),
    "space after a chunk size": (chunks(b"5 \r\nhello\r\n0\r\n\r\n"), "no ABNF allows it"),
    "chunks in HTTP/1.0": (
        b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "RFC 9112, 6.1: framing by an old client or proxy that cannot mean it",
    ),
    "method in small letters": (line(b"get / HTTP/1.1"), "no such method is registered; methods are case-sensitive"),
    "unknown method": (line(b"FROB / HTTP/1.1"), "llhttp knows all registered methods; no provider takes others"),
    "target without a slash": (line(b"GET a HTTP/1.1"), "neither a path nor a URL"),
    "asterisk but not OPTIONS": (line(b"GET * HTTP/1.1"), "RFC 9112, 3.2.4"),
    "CONNECT": (line(b"CONNECT a:443 HTTP/1.1"), "we are no forward proxy"),
    "host with a path": (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "RFC 9112, 3.2: an invalid Host is refused"),
    "host with a space": (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "as above"),
    "host with a user": (b"GET / HTTP/1.1\r\nHost: me@a\r\n\r\n", "as above"),
    "empty extension": (chunks(b"5;\r\nhello\r\n0\r\n\r\n"), "no ABNF allows it"),
    "websocket": (head(b"Connection: upgrade\r\nUpgrade: websocket\r\n"), "not served yet, and said so at once"),
    "other expectation": (head(b"Expect: wonders\r\n"), "RFC 9110, 10.1.1 offers 417"),
    "length of a trailer": (chunks(b"0\r\nContent-Length: 5\r\n\r\n"), "RFC 9110, 6.5.1 forbids framing in trailers"),
}

MILDER: dict[str, tuple[bytes, str]] = {
    "one empty line before": (
        b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "RFC 9112, 2.2: SHOULD be ignored, since old clients end a POST with one too many",
    ),
}


def h11_takes(data: bytes) -> bool:
    """Whether h11, as a server that answers at once, reads the first request to its end or waits for more of it."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
    connection.receive_data(data)
    try:
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA or event is h11.PAUSED or isinstance(event, h11.EndOfMessage):
                return True
    except h11.RemoteProtocolError:
        return False


def is_refused(told: Told) -> bool:
    return not told.seen and told.is_closed and re.match(rb"HTTP/1\.1 4\d\d ", told.answers) is not None


@pytest.mark.parametrize("name", REFUSED)
async def test_what_h11_refuses_is_refused_and_the_connection_closed(name: str) -> None:
    data = REFUSED[name]
    assert not h11_takes(data)
    told = await converse([data, NEXT])
    assert is_refused(told), told
    assert told.answers.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("name", [*REFUSED, *STRICTER])
async def test_a_refusal_does_not_hang_on_the_cut(name: str) -> None:
    data = REFUSED[name] if name in REFUSED else STRICTER[name][0]
    told = await converse([data[i : i + 1] for i in range(len(data))])
    assert is_refused(told), told


@pytest.mark.parametrize("name", STRICTER)
async def test_where_we_are_stricter_than_h11(name: str) -> None:
    data, reason = STRICTER[name]
    assert reason
    assert h11_takes(data)
    assert is_refused(await converse([data]))


@pytest.mark.parametrize("name", MILDER)
async def test_where_we_are_milder_than_h11(name: str) -> None:
    data, reason = MILDER[name]
    assert reason
    assert not h11_takes(data)
    told = await converse([data])
    assert len(told.seen) == 1


# Fuzzing

SEEDS = [
    b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    b"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nT: u\r\n\r\n",
    b"GET /a?b HTTP/1.0\r\nConnection: keep-alive\r\nX:  y \r\n\r\n",
]
NASTY = st.one_of(
    st.sampled_from([bytes([byte]) for byte in b'\r\n \t\x00\x0b\x7f\xff:,;0+_"']),
    st.sampled_from([b"\r\n", b"\r\n\r\n", b"0\r\n\r\n", b"chunked", b"HTTP/1.1"]),
    st.sampled_from([b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n"]),
)


class Bodies(Struct):
    """Of the requests in some bytes, one after another, until one is refused or not whole."""

    found: list[bytes]
    is_refused: bool = False


class Unforgiving(RequestReader):
    """Without the one thing that we tolerate and h11 does not (see MILDER)."""

    def _skip_line(self, data: bytes) -> bytes:
        raise MalformedRequest("an empty line")


def torana_reads(data: bytes) -> Bodies:
    reader = Unforgiving(ServerLimits(), "", is_tls=False)
    bodies = Bodies([])
    try:
        while data and reader.feed_head(data) is not None:
            if not reader.is_whole:
                break
            bodies.found.append(reader.take())
            data, reader.held = reader.held, b""
            if not reader.keep_alive:
                break
    except ToranaError:
        bodies.is_refused = True
    return bodies


def h11_reads(data: bytes) -> Bodies:
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
    connection.receive_data(data)
    bodies = Bodies([])
    body = b""
    try:
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA or event is h11.PAUSED:
                break
            if isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                bodies.found.append(body)
                body = b""
                connection.send(h11.Response(status_code=200, headers=[("Content-Length", "0")]))
                connection.send(h11.EndOfMessage())
                if connection.our_state is not h11.DONE:
                    break
                connection.start_next_cycle()
    except h11.RemoteProtocolError:
        bodies.is_refused = True
    return bodies


def edited(data: bytes, edits: list[tuple[float, bytes, int]]) -> bytes:
    for where, what, cut in edits:
        at = int(where * len(data))
        data = data[:at] + what + data[at + cut :]
    return data + b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n"


EDITS = st.lists(st.tuples(st.floats(0, 1), NASTY, st.integers(0, 2)), min_size=1, max_size=3)


@settings(max_examples=400, deadline=None)
@given(seed=st.sampled_from(SEEDS), edits=EDITS)
def test_a_request_that_both_take_is_the_same_to_both(seed: bytes, edits: list[tuple[float, bytes, int]]) -> None:
    """We may refuse more than h11 does, but what we take must be what it takes: else a request can be smuggled."""
    data = edited(seed, edits)
    ours, theirs = torana_reads(data), h11_reads(data)
    both = min(len(ours.found), len(theirs.found))
    assert ours.found[:both] == theirs.found[:both], data
    assert len(ours.found) <= both or not theirs.is_refused, data


@settings(max_examples=150, deadline=None)
@given(seed=st.sampled_from(SEEDS), edits=EDITS, cuts=st.lists(st.floats(0, 1), max_size=6))
def test_an_edited_request_ends_the_same_at_any_cut(
    seed: bytes, edits: list[tuple[float, bytes, int]], cuts: list[float]
) -> None:
    data = edited(seed, edits)
    ends = [*sorted(int(cut * len(data)) for cut in cuts), len(data)]
    pieces = [data[a:b] for a, b in zip([0, *ends], ends, strict=False)]
    with asyncio.Runner() as runner:
        whole = runner.run(converse([data]))
        assert runner.run(converse(pieces)) == whole
        assert runner.run(converse([data[i : i + 1] for i in range(len(data))])) == whole
