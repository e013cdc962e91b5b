"""What both sides of HTTP/1.1 know: status lines, lists, heads that cannot be split."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torana.message import Headers

STATUS_LINES: dict[int, bytes] = {s.value: b"HTTP/1.1 %d %b" % (s.value, s.phrase.encode()) for s in HTTPStatus}

_TEXT = bytes(byte for byte in range(256) if byte == 0x09 or (byte >= 0x20 and byte != 0x7F))  # noqa: PLR2004  # tab, space, DEL


def is_field_value(value: bytes) -> bool:
    """Whether it can stand behind a field name without ending its line."""
    return not value.translate(None, _TEXT)


def list_items(value: bytes) -> list[bytes]:
    """The members of a comma-separated field such as Connection, in lower case."""
    return [item for part in value.lower().split(b",") if (item := part.strip(b" \t"))]


def render(headers: Headers) -> bytes:
    """The lines, each with a line end before it. ValueError where one would become two (head splitting)."""
    lines = b"".join([b"\r\n%b: %b" % field for field in headers])
    # Counting line ends scans the memory twice, which costs far less than a look at each value.
    if lines.count(b"\n") != len(headers) or lines.count(b"\r") != len(headers):
        raise ValueError("a header field holds a line break")
    return lines
