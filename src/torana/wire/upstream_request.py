"""A call as bytes: its head, and its body framed on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from torana.wire.upstream_known import HOP, tokens

if TYPE_CHECKING:
    from torana.message import Call, Source

_NOT_SENT = HOP | {b"expect", b"host", b"http2-settings"}
_WITH_LENGTH = frozenset({b"POST", b"PUT", b"PATCH"})


def request_head(call: Call, authority: bytes) -> bytes:
    """Request line and fields with our own Host and framing, up to and with the blank line."""
    rendered = call.rendered
    if rendered is None:
        lines = _lines(call, authority)
    else:
        lines = rendered.head
        if not lines:
            lines = rendered.head = _lines(call, authority)
    body, length = call.body, call.length
    if type(body) is bytes:
        if body or call.method in _WITH_LENGTH:
            return b"%bcontent-length: %d\r\n\r\n" % (lines, len(body))
        return lines + b"\r\n"
    if length is None:
        return lines + b"transfer-encoding: chunked\r\n\r\n"
    return b"%bcontent-length: %d\r\n\r\n" % (lines, length)


def _lines(call: Call, authority: bytes) -> bytes:
    """All but the framing."""
    headers = [field for field in call.headers if field[0] not in _NOT_SENT]
    if len(headers) != len(call.headers):
        named = {name for field in call.headers if field[0] == b"connection" for name in tokens(field[1])}
        headers = [field for field in headers if field[0] not in named]
    lines = b"".join([b"%b: %b\r\n" % field for field in headers])
    return b"%b %b HTTP/1.1\r\nhost: %b\r\n%b" % (call.method, call.target, authority, lines)


class Sender(Protocol):
    """What an upload needs of its connection."""

    def send_piece(self, piece: bytes) -> None: ...
    def upload_ended(self) -> None: ...
    def upload_failed(self, error: Exception) -> None: ...


class Upload:
    """A request's body on its way: the sink that frames it."""

    __slots__ = ("_is_chunked", "_sender", "source")

    def __init__(self, sender: Sender, source: Source, *, is_chunked: bool) -> None:
        self.source = source
        self._sender = sender
        self._is_chunked = is_chunked

    def write(self, chunk: bytes) -> None:
        if not self._is_chunked:
            self._sender.send_piece(chunk)
        elif chunk:  # an empty chunk would end the body
            self._sender.send_piece(b"%x\r\n%b\r\n" % (len(chunk), chunk))

    def end(self) -> None:
        if self._is_chunked:
            self._sender.send_piece(b"0\r\n\r\n")
        self._sender.upload_ended()

    def fail(self, error: Exception) -> None:
        self._sender.upload_failed(error)
