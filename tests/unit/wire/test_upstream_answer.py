"""Answers out of bytes: the same whole, byte by byte and at any cut, and as h11 reads them."""

from __future__ import annotations

from typing import NamedTuple

import h11
import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.errors import UpstreamBroken
from torana.wire.upstream_answer import AnswerParser, reason_of
from torana.wire.upstream_known import HOP


class Outcome(NamedTuple):
    status: int | None = None
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""
    length: int | None = None
    reason: bytes = b""
    is_complete: bool = False
    keeps: bool = False
    until_eof: bool = False
    is_refused: bool = False


def outcome(pieces: list[bytes], *, is_head: bool = False) -> Outcome:
    parser = AnswerParser()
    parser.expect(is_head=is_head)
    is_refused = False
    try:
        for piece in pieces:
            parser.feed(piece)
    except httptools.HttpParserError:
        is_refused = True
    reply = parser.reply
    if is_refused and not parser.is_complete:
        return Outcome(is_refused=True)
    if reply is None:
        return Outcome()
    body = parser.take()
    keeps = parser.keeps and parser.is_complete and not is_refused
    return Outcome(
        reply.status,
        tuple(reply.headers),
        body,
        reply.length if is_head else parser.length,
        reply.reason,
        parser.is_complete,
        keeps,
        parser.until_eof,
    )


def bytewise(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


GOOD = {
    "a length": (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello",
        Outcome(200, ((b"content-type", b"text/plain"),), b"hello", 5, b"OK", is_complete=True, keeps=True),
    ),
    "chunks with extensions and trailers": (
        b"HTTP/1.1 200 Y\r\nTransfer-Encoding: Chunked\r\nx: 1\r\n\r\n3;e\r\nabc\r\n6\r\n012345\r\n0\r\nx: 2\r\n\r\n",
        Outcome(200, ((b"x", b"1"),), b"abc012345", None, b"Y", is_complete=True, keeps=True),
    ),
    "until the end of the connection": (
        b"HTTP/1.1 200 OK\r\n\r\nwhatever comes",
        Outcome(200, (), b"whatever comes", None, b"OK", until_eof=True),
    ),
    "no body by status": (
        b"HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\n",
        Outcome(204, (), b"", 5, b"No Content", is_complete=True, keeps=True),
    ),
    "not modified": (
        b"HTTP/1.1 304 Not Modified\r\netag: x\r\n\r\n",
        Outcome(304, ((b"etag", b"x"),), b"", None, b"Not Modified", is_complete=True, keeps=True, until_eof=True),
    ),
    "interim answers first": (
        b"HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 103 Hint\r\n\r\nHTTP/1.1 201 Made\r\nContent-Length: 2\r\n\r\nok",
        Outcome(201, (), b"ok", 2, b"Made", is_complete=True, keeps=True),
    ),
    "no reason": (
        b"HTTP/1.1 200 \r\ncontent-length: 0\r\n\r\n",
        Outcome(200, (), b"", 0, b"", is_complete=True, keeps=True),
    ),
    "hop-by-hop fields": (
        b"\r\n".join(
            [
                b"HTTP/1.1 200 OK",
                b"Connection: keep-alive, X-Mine",
                b"Keep-Alive: timeout=5",
                b"X-Mine: 1",
                b"Upgrade: h2c",
                b"Proxy-Authenticate: Basic",
                b"TE: x",
                b"Trailer: y",
                b"Via: z",
                b"Set-Cookie: a",
                b"Set-Cookie: b",
                b"content-length: 1",
                b"",
                b".",
            ]
        ),
        Outcome(
            200,
            ((b"via", b"z"), (b"set-cookie", b"a"), (b"set-cookie", b"b")),
            b".",
            1,
            b"OK",
            is_complete=True,
            keeps=True,
        ),
    ),
    "a connection that closes": (
        b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 1\r\n\r\n.",
        Outcome(200, (), b".", 1, b"OK", is_complete=True),
    ),
    "the version before": (
        b"HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\n.",
        Outcome(200, (), b".", 1, b"OK", is_complete=True),
    ),
    "the version before, kept": (
        b"HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 1\r\n\r\n.",
        Outcome(200, (), b".", 1, b"OK", is_complete=True, keeps=True),
    ),
    "values of odd bytes": (
        b"HTTP/1.1 200 OK\r\na:\r\nb: \t x \xe9 y\r\ncontent-length: 0\r\n\r\n",
        Outcome(200, ((b"a", b""), (b"b", b"x \xe9 y")), b"", 0, b"OK", is_complete=True, keeps=True),
    ),
    "cut within its body": (
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n0123",
        Outcome(200, (), b"0123", 10, b"OK"),
    ),
    "cut within its head": (b"HTTP/1.1 200 OK\r\ncontent-le", Outcome()),
}

BAD = {
    "two lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nabc",
    "a length and chunks": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n0\r\n\r\n",
    "chunks and a length": b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "a negative length": b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
    "a length with a sign": b"HTTP/1.1 200 OK\r\ncontent-length: +1\r\n\r\na",
    "an endless length": b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\n",
    "another coding": b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked twice": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "bare line feeds": b"HTTP/1.1 200 OK\ncontent-length: 0\n\n",
    "a folded field": b"HTTP/1.1 200 OK\r\na: b\r\n c\r\ncontent-length: 0\r\n\r\n",
    "a blank in a name": b"HTTP/1.1 200 OK\r\ncontent-length : 0\r\n\r\n",
    "a null in a value": b"HTTP/1.1 200 OK\r\na: b\0c\r\ncontent-length: 0\r\n\r\n",
    "a chunk size that is none": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
    "an endless chunk": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
    "a chunk without its end": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n",
    "the next version": b"HTTP/2 200 OK\r\n\r\n",
    "a switch of protocols": b"HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
    "a switch without a word": b"HTTP/1.1 101 Switching\r\n\r\n",
    "no status": b"HTTP/1.1 OK\r\n\r\n",
    "status zero": b"HTTP/1.1 000 No\r\ncontent-length: 0\r\n\r\n",
    "an interim answer with a body": b"HTTP/1.1 104 X\r\ncontent-length: 2\r\n\r\nabHTTP/1.1 200 OK\r\n\r\n",
}


@pytest.mark.parametrize("name", GOOD)
def test_an_answer_is_read_whole_and_byte_by_byte(name: str) -> None:
    data, expected = GOOD[name]
    assert outcome([data]) == expected
    assert outcome(bytewise(data)) == expected


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_an_answer_is_refused_whole_and_byte_by_byte(name: str) -> None:
    assert outcome([BAD[name]]) == Outcome(is_refused=True)
    assert outcome(bytewise(BAD[name])) == Outcome(is_refused=True)


@given(st.sampled_from([*(data for data, _ in GOOD.values()), *BAD.values()]), st.data())
def test_cuts_make_no_difference(data: bytes, draw: st.DataObject) -> None:
    places = sorted(draw.draw(st.sets(st.integers(1, len(data) - 1), max_size=12)))
    pieces = [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]
    assert outcome(pieces) == outcome([data])


@pytest.mark.parametrize("name", GOOD)
def test_another_answer_behind_the_one_asked_for_ends_the_connection(name: str) -> None:
    data, expected = GOOD[name]
    if not expected.is_complete:
        return
    assert outcome([data + data]) == expected._replace(keeps=False)
    assert outcome([data, data]) == expected._replace(keeps=False)


def test_one_parser_reads_answer_after_answer() -> None:
    parser = AnswerParser()
    for name in ("a length", "chunks with extensions and trailers", "interim answers first", "no body by status"):
        data, expected = GOOD[name]
        parser.expect(is_head=False)
        parser.feed(data)
        assert parser.reply is not None
        assert (parser.reply.status, tuple(parser.reply.headers)) == (expected.status, expected.headers)
        assert parser.take() == expected.body


def test_bytes_that_nobody_asked_for_are_refused() -> None:
    with pytest.raises(httptools.HttpParserError) as caught:
        AnswerParser().feed(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
    assert reason_of(caught.value) == "an answer to nothing"


@pytest.mark.parametrize("framing", [b"content-length: 5\r\n", b"transfer-encoding: chunked\r\n"])
def test_an_answer_to_head_ends_with_its_head(framing: bytes) -> None:
    parser = AnswerParser()
    for _ in range(2):
        parser.expect(is_head=True)
        parser.feed(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n")
        assert parser.reply is not None
        assert parser.is_complete
        assert parser.keeps
        assert parser.take() == b""
        assert parser.reply.length == (5 if b"length" in framing else None)
    parser.expect(is_head=False)
    parser.feed(GOOD["a length"][0])
    assert parser.take() == b"hello"


def test_a_body_sent_to_head_is_dropped_and_ends_the_connection() -> None:
    seen = outcome([b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"], is_head=True)
    assert (seen.body, seen.is_complete, seen.keeps) == (b"", True, False)


def test_trailers_do_not_reach_the_headers() -> None:
    assert outcome([GOOD["chunks with extensions and trailers"][0]]).headers == ((b"x", b"1"),)


def test_endless_trailers_are_not_kept() -> None:
    parser = AnswerParser()
    parser.expect(is_head=False)
    parser.feed(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n")
    for number in range(1000):
        parser.feed(b"x-%d: y\r\n" % number)
    assert parser.reply is not None
    assert parser.reply.headers == []


def test_the_reason_of_a_refusal_is_told() -> None:
    parser = AnswerParser()
    parser.expect(is_head=False)
    with pytest.raises(httptools.HttpParserError) as caught:
        parser.feed(BAD["another coding"])
    assert reason_of(caught.value) == "a transfer coding other than chunked"
    assert isinstance(caught.value.__context__, UpstreamBroken)


# --- the plain twin ---------------------------------------------------------------------------------------------------

TOKEN = st.text("abcdefghijklmnopqrstuvwxyz0123456789-!#$%&'*+.^_`|~", min_size=1, max_size=12).map(str.encode)
VALUE = st.text("".join(map(chr, range(33, 127))), max_size=20).map(str.encode)
FIELDS = st.lists(st.tuples(TOKEN.filter(lambda name: name not in HOP), VALUE), max_size=6)


def twin(data: bytes, *, is_eof: bool) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """What h11 makes of it."""
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="POST", target="/", headers=[("host", "x"), ("content-length", "0")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(data)
    if is_eof:
        connection.receive_data(b"")
    status, headers, body = 0, [], b""
    while not isinstance(event := connection.next_event(), h11.EndOfMessage):
        if isinstance(event, h11.Response):
            status, headers = event.status_code, list(event.headers)
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        else:
            assert isinstance(event, h11.InformationalResponse)
    return status, [field for field in headers if field[0] not in HOP], body


@given(
    st.integers(200, 599).filter(lambda status: status not in (204, 304)),
    FIELDS,
    st.lists(st.binary(min_size=1, max_size=40), max_size=5),
    st.sampled_from(["length", "chunked", "close"]),
)
def test_h11_reads_the_same(status: int, fields: list[tuple[bytes, bytes]], chunks: list[bytes], framing: str) -> None:
    head = b"HTTP/1.1 %d Said\r\n" % status + b"".join(b"%b: %b\r\n" % field for field in fields)
    if framing == "chunked":
        data = head + b"transfer-encoding: chunked\r\n\r\n"
        data += b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    else:
        length = b"content-length: %d\r\n" % sum(map(len, chunks)) if framing == "length" else b""
        data = head + length + b"\r\n" + b"".join(chunks)
    seen = outcome([data])
    assert (seen.status, list(seen.headers), seen.body) == twin(data, is_eof=framing == "close")
    assert seen.is_complete is (framing != "close")


@pytest.mark.parametrize("name", BAD)
def test_nothing_is_refused_that_h11_would_take_but_by_choice(name: str) -> None:
    stricter = {"bare line feeds", "a folded field", "a length with a sign", "a switch of protocols"}
    stricter |= {"a switch without a word", "status zero", "a length and chunks", "chunks and a length"}
    try:
        twin(BAD[name], is_eof=True)
    except (h11.RemoteProtocolError, AssertionError):
        return
    assert name in stricter
