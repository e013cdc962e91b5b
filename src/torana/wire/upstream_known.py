"""Answers that come whole, in one read, with nothing odd about them: read without a parser.

An upstream says most of its lines again in each answer, so a line is looked up; only a new one is taken apart. What is
not plain in every respect is left to llhttp, whose judgement of the plain ones is the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from torana.message import Reply
from torana.wire.http1 import STATUS_LINES, is_field_value

if TYPE_CHECKING:
    from torana.message import Headers

HOP = frozenset(
    {
        b"connection",
        b"content-length",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authentication-info",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""What belongs to one connection and never travels further (RFC 9110 7.6.1), and the framing, which is made anew."""

_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_STATUS_LINE = re.compile(rb"HTTP/1\.1 ([2-5][0-9][0-9]) ([\t\x20-\x7e\x80-\xff]*)")
_FRAMING = frozenset({b"content-length", b"transfer-encoding", b"trailer", b"upgrade"})
_WITHOUT_BODY = frozenset({204, 304})
_KEEP_ALIVE = b"Connection: keep-alive"
_MOST_LINES = 4096
_LONGEST_LINE = 256


def tokens(value: bytes) -> list[bytes]:
    return [token.strip().lower() for token in value.split(b",")]


class _Lines(dict[bytes, tuple[bytes, bytes] | tuple[()]]):
    """Fields by the lines that they came in, empty where the line goes no further; ValueError where it is not plain.

    Emptied when it is full.
    """

    def __missing__(self, line: bytes) -> tuple[bytes, bytes] | tuple[()]:
        name, _, value = line.partition(b":")
        value = value.strip(b" \t")
        if _NAME.fullmatch(name) is None or len(line) == len(name) or not is_field_value(value):
            raise ValueError("not a plain field line")
        name = name.lower()
        if name in _FRAMING or (name == b"connection" and value.lower() != b"keep-alive"):
            raise ValueError("a field that changes how the rest is read")
        field = () if name in HOP else (name, value)
        if len(line) <= _LONGEST_LINE:
            if len(self) >= _MOST_LINES:
                self.clear()
            self[line] = field
        return field


class _Statuses(dict[bytes, tuple[int, bytes]]):
    """Status and reason by status line; likewise."""

    def __missing__(self, line: bytes) -> tuple[int, bytes]:
        match = _STATUS_LINE.fullmatch(line)
        if match is None or int(match[1]) in _WITHOUT_BODY:
            raise ValueError("not a plain status line")
        status, reason = int(match[1]), match[2]
        if STATUS_LINES.get(status) == line:
            reason = b""  # the usual one needs not be told
        if len(self) < _MOST_LINES and len(line) <= _LONGEST_LINE:
            self[line] = (status, reason)
        return status, reason


_field = _Lines().__getitem__
_statuses = _Statuses()


def plain_answer(data: bytes, max_head: int) -> Reply | None:
    """The answer to anything but HEAD, where `data` is all of it, its length is stated and the connection is kept."""
    end = data.find(b"\r\n\r\n", 0, max_head)
    if end < 0:
        return None
    lines = data[:end].split(b"\r\n")
    body = data[end + 4 :]
    try:
        status, reason = _statuses[lines.pop(0)]
        try:
            lines.remove(b"Content-Length: %d" % len(body))
        except ValueError:
            lines.remove(b"content-length: %d" % len(body))
        if _KEEP_ALIVE in lines:
            lines.remove(_KEEP_ALIVE)
        headers = [*map(_field, lines)]
    except ValueError:
        return None
    if not all(headers):
        return Reply(status, [field for field in headers if field], body, None, reason)
    lines.insert(0, b"")
    return Reply(status, cast("Headers", headers), body, None, reason, b"\r\n".join(lines))
