"""The answers of one client connection: heads, framing, back-pressure."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, Protocol

from torana.wire.http1 import STATUS_LINES, render
from torana.wire.server_shared import log

if TYPE_CHECKING:
    import asyncio

    from torana.message import Reply, Source
    from torana.wire.server_reader import RequestReader
    from torana.wire.server_shared import Shared

# From here on a body goes out as a buffer of its own: copying it would cost more than one more entry of a writev.
_LARGE = 16 << 10
_BODILESS = frozenset({*range(100, 200), 204, 304})
_KEEP = b"\r\nconnection: keep-alive"
_CLOSE = b"\r\nconnection: close"
_RESET = struct.pack("ii", 1, 0)


class Answered(Protocol):
    """The connection, told how its answer went."""

    def finish(self) -> None: ...
    def close(self) -> None: ...


class Answer:
    """The sink of each answer's body; one a connection, since one answer is out at a time."""

    __slots__ = ("_connection", "_is_chunked", "_left", "_reader", "_shared", "_transport", "_write", "keeps", "source")

    def __init__(
        self, connection: Answered, shared: Shared, reader: RequestReader, transport: asyncio.Transport
    ) -> None:
        self._connection = connection
        self._shared = shared
        self._reader = reader
        self._transport = transport
        self._write = transport.write
        self._is_chunked = False
        self._left: int | None = None
        self.source: Source | None = None
        self.keeps = False

    def send(self, reply: Reply, *, keeps: bool, is_writable: bool) -> None:
        """Head and body, or head and the beginning of a body from a source.

        ValueError, before anything is sent, where a header would break the head.
        """
        status, body = reply.status, reply.body
        line = STATUS_LINES.get(status)
        if reply.reason or line is None:
            line = b"HTTP/1.1 %d %b" % (status, reply.reason)
        lines = reply.raw or render(reply.headers)
        if lines.find(b"\r\nDate: ") < 0 and lines.find(b"\r\ndate: ") < 0:
            lines += self._shared.date_line()
        self.keeps = keeps
        if keeps and type(body) is bytes and len(body) < _LARGE and self._reader.is_plain and status not in _BODILESS:
            self._write(b"%b%b\r\ncontent-length: %d\r\n\r\n%b" % (line, lines, len(body), body))
            self._connection.finish()
            return
        head = line + lines
        if not keeps:
            head += _CLOSE
        elif self._reader.is_old:
            head += _KEEP
        if self._reader.is_head or status in _BODILESS:
            self._send_bodiless(head, reply)
        elif not isinstance(body, bytes):
            self._send_stream(head, body, reply.length, is_writable=is_writable)
        else:
            # A large one is not copied together: one more entry of a writev costs less.
            self._transport.writelines((b"%b\r\ncontent-length: %d\r\n\r\n" % (head, len(body)), body))
            self._connection.finish()

    def _send_bodiless(self, head: bytes, reply: Reply) -> None:
        length = reply.length
        if not isinstance(reply.body, bytes):
            reply.body.abort()
        elif length is None and reply.body:
            length = len(reply.body)
        if length is not None and reply.status not in _BODILESS:
            head += b"\r\ncontent-length: %d" % length
        self._write(head + b"\r\n\r\n")
        self._connection.finish()

    def _send_stream(self, head: bytes, source: Source, length: int | None, *, is_writable: bool) -> None:
        self._left = length
        self._is_chunked = length is None and not self._reader.is_old
        if length is not None:
            head += b"\r\ncontent-length: %d" % length
        elif self._is_chunked:
            head += b"\r\ntransfer-encoding: chunked"
        elif self.keeps:
            # Without chunks, in HTTP/1.0, the end of the connection is the end of the body.
            self.keeps = False
            head = head.removesuffix(_KEEP) + _CLOSE
        self._write(head + b"\r\n\r\n")
        self.source = source
        source.start(self)
        if not is_writable and self.source is not None:
            self.source.pause()

    # The sink

    def write(self, chunk: bytes) -> None:
        if self._is_chunked and self.source is not None and 0 < len(chunk) < _LARGE:  # the way of every SSE event
            self._write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        elif self.source is not None and chunk:  # an empty chunk would be the last
            self._write_other(chunk)

    def _write_other(self, chunk: bytes) -> None:
        if self._is_chunked:
            self._transport.writelines((b"%x\r\n" % len(chunk), chunk, b"\r\n"))
            return
        if self._left is not None:
            if len(chunk) > self._left:
                log.error("an answer is longer than it said, and was cut")
                self.abort()
                self._cut()
                return
            self._left -= len(chunk)
        self._write(chunk)

    def end(self) -> None:
        if self.source is None:
            return
        if self._left:
            log.error("an answer is shorter than it said, and was cut")
            self._cut()
            return
        self.source = None
        if self._is_chunked:
            self._write(b"0\r\n\r\n")
        self._connection.finish()

    def fail(self, error: Exception) -> None:
        if self.source is not None:
            self._cut()

    def abort(self) -> None:
        """Nobody takes the rest."""
        if self.source is not None:
            source, self.source = self.source, None
            source.abort()

    def _cut(self) -> None:
        """Ends the connection before the answer's end, so that the client sees a break; what was written still goes."""
        self.source = None
        if not self._is_chunked and self._left is None:
            # Where nothing frames the body only a reset tells a break from an end.
            if (sock := self._transport.get_extra_info("socket")) is not None:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self._transport.abort()
        self._connection.close()
