"""What is read without a parser is read as the parser does, or left to it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.wire.http1 import STATUS_LINES, render
from torana.wire.upstream_answer import AnswerParser
from torana.wire.upstream_known import HOP, plain_answer
from unit.wire.test_upstream_answer import BAD, GOOD, outcome

MAX_HEAD = 64 << 10
PLAIN = b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 2\r\nX-A:  b c \r\nConnection: keep-alive\r\n\r\nok"


def same_as_parser(data: bytes) -> bool:
    """Whether it was read at all; what was read must be just what the parser finds."""
    plain = plain_answer(data, MAX_HEAD)
    if plain is None:
        return False
    seen = outcome([data])
    assert (plain.status, tuple(plain.headers), plain.body) == (seen.status, seen.headers, seen.body)
    usual = STATUS_LINES.get(plain.status, b"").partition(b" ")[2].partition(b" ")[2]
    assert (plain.reason or usual) == (seen.reason or usual)
    assert seen.is_complete
    assert seen.keeps
    return True


def test_a_plain_answer_is_read_with_its_fields_in_lower_case_and_as_they_stood() -> None:
    reply = plain_answer(PLAIN, MAX_HEAD)
    assert reply is not None
    assert (reply.status, reply.headers, reply.body) == (200, [(b"server", b"x"), (b"x-a", b"b c")], b"ok")
    assert reply.raw == b"\r\nServer: x\r\nX-A:  b c "
    assert reply.reason == b""
    assert same_as_parser(PLAIN)


@pytest.mark.parametrize("name", GOOD)
def test_each_good_answer_is_read_the_same_or_left_to_the_parser(name: str) -> None:
    same_as_parser(GOOD[name][0])


@pytest.mark.parametrize("name", BAD)
def test_each_bad_answer_is_left_to_the_parser(name: str) -> None:
    assert plain_answer(BAD[name], MAX_HEAD) is None


@pytest.mark.parametrize(
    "line",
    [
        b"Transfer-Encoding: chunked",
        b"content-length: 2",
        b"Content-Length: 3",
        b"Connection: close",
        b"Connection: x-a",
        b"Trailer: x",
        b"Upgrade: h2c",
        b"X-A : b",
        b" folded",
        b"X-A",
        b": b",
        b"X-A: b\x00",
        b"X-A: b\nX-B: c",
        b"X-A: b\rc",
        b"X\xff: b",
    ],
)
def test_what_is_odd_in_one_line_is_left_to_the_parser(line: bytes) -> None:
    assert plain_answer(PLAIN.replace(b"X-A:  b c ", line), MAX_HEAD) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"200 OK", b"204 No Content"),
        (b"200 OK", b"304 Not Modified"),
        (b"200 OK", b"100 Continue"),
        (b"HTTP/1.1", b"HTTP/1.0"),
        (b"200 OK", b"2000 OK"),
        (b"200 OK", b"200"),
        (b"\r\n\r\nok", b"\r\n\r\no"),
        (b"\r\n\r\nok", b"\r\n\r\nok!"),
        (b"\r\n\r\nok", b"\r\n"),
        (b"Content-Length: 2\r\n", b""),
    ],
)
def test_what_is_odd_in_the_rest_is_left_to_the_parser(old: bytes, new: bytes) -> None:
    assert plain_answer(PLAIN.replace(old, new), MAX_HEAD) is None


def test_a_hop_by_hop_field_stays_behind_and_the_others_are_rendered_anew() -> None:
    reply = plain_answer(PLAIN.replace(b"X-A:  b c ", b"Keep-Alive: timeout=5"), MAX_HEAD)
    assert reply is not None
    assert (reply.headers, reply.raw) == ([(b"server", b"x")], b"")


def test_a_head_over_the_limit_is_left_to_the_parser() -> None:
    assert plain_answer(PLAIN, 20) is None


NAME = st.text("abcXYZ0-!#_~", min_size=1, max_size=8).map(str.encode).filter(lambda name: name.lower() not in HOP)
VALUE = st.binary(max_size=12)
LINES = st.lists(st.one_of(st.builds(lambda n, v: n + b":" + v, NAME, VALUE), st.binary(max_size=10)), max_size=5)


@given(st.sampled_from([b"200 OK", b"200", b"429 Slow down", b"503 \xff", b"301 x"]), LINES, st.binary(max_size=20))
def test_any_answer_is_read_as_the_parser_reads_it_or_left_to_it(
    status: bytes, lines: list[bytes], body: bytes
) -> None:
    head = b"\r\n".join([b"HTTP/1.1 " + status, *lines, b"content-length: %d" % len(body)])
    same_as_parser(head + b"\r\n\r\n" + body)


@given(st.lists(st.tuples(NAME.map(bytes.lower), st.text("ab \t", max_size=6).map(str.encode)), max_size=5))
def test_what_is_passed_on_raw_is_what_the_fields_say(fields: list[tuple[bytes, bytes]]) -> None:
    data = b"HTTP/1.1 200 OK" + render(fields) + b"\r\ncontent-length: 0\r\n\r\n"
    reply = plain_answer(data, MAX_HEAD)
    assert reply is not None
    assert reply.raw == render(fields)
    parser = AnswerParser()
    parser.expect(is_head=False)
    parser.feed(data)
    assert parser.reply is not None
    assert parser.reply.headers == reply.headers
