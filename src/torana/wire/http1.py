"""What both sides of HTTP/1.1 know: phrases, hop-by-hop names, safe heads."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torana.exchange import Headers

STATUS_LINES: dict[int, bytes] = {s.value: b"HTTP/1.1 %d %b" % (s.value, s.phrase.encode()) for s in HTTPStatus}

HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""Fields between two neighbours, never passed on; nor is any that `Connection` names (RFC 9110, 7.6.1)."""

TEXT = bytes(byte for byte in range(256) if byte == 0x09 or (byte >= 0x20 and byte != 0x7F))  # noqa: PLR2004  # tab, space, DEL
"""Every byte that a line of a head may hold; `head.translate(None, TEXT)` leaves the line ends and what is wrong."""

_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


def is_token(name: bytes) -> bool:
    """Whether it can be a method or a field name (RFC 9110, 5.6.2)."""
    return _TOKEN.fullmatch(name) is not None


def is_field_value(value: bytes) -> bool:
    """Whether it can stand behind a field name without ending its line."""
    return not value.translate(None, TEXT)


def list_items(value: bytes) -> list[bytes]:
    """The members of a comma-separated field such as Connection, in lower case."""
    return [item for part in value.lower().split(b",") if (item := part.strip(b" \t"))]


def render_head(first_line: bytes, headers: Headers) -> bytes:
    """The lines joined, with no line end after the last. ValueError where one would become two (head splitting)."""
    head = b"\r\n".join([first_line, *[b": ".join(field) for field in headers]])
    # Counting ends of lines is two memory scans, an order of magnitude below looking at each value.
    if head.count(b"\n") != len(headers) or head.count(b"\r") != len(headers):
        raise ValueError("a header field holds a line break")
    return head
