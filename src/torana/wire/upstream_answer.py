"""An upstream's answers out of bytes: heads, and bodies given on piece by piece."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol

import httptools

from torana.errors import ToranaError, UpstreamBroken
from torana.message import Headers, Reply
from torana.wire.upstream_known import HOP, tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.message import Sink

_NOWHERE: deque[tuple[bytes, bytes]] = deque(maxlen=0)  # takes trailer fields and forgets them


class AnswerParser:
    """Bytes of one connection in; of one answer at a time, its head and the pieces of its body out.

    `feed` raises `httptools.HttpParserError` on what is not HTTP; what was parsed before that stands. Interim answers
    (1xx) are skipped, trailers dropped. No clock and no I/O: any cut of the same bytes has the same outcome.
    """

    __slots__ = (
        "_add",
        "_framing",
        "_headers",
        "_is_head",
        "_is_interim",
        "_parser",
        "_reason",
        "feed",
        "is_complete",
        "keeps",
        "length",
        "on_body",
        "on_status",
        "pieces",
        "reply",
        "until_eof",
    )

    def __init__(self) -> None:
        self.reply: Reply | None = None
        """The final head, once it is whole; its body is still to be filled in."""
        self.length: int | None = None
        self.pieces: list[bytes] = []
        """Body bytes that nobody has taken yet; who takes them clears it."""
        self.is_complete = True
        self.keeps = False
        """After the answer, the connection may be used again."""
        self.until_eof = False
        """The body ends where the connection does."""
        self._headers: Headers = []
        self._add: Callable[[tuple[bytes, bytes]], None] = self._headers.append
        self._framing: Headers = []
        self._reason: list[bytes] = []
        self._is_head = self._is_interim = False
        # Called by the parser without a Python frame in between.
        self.on_body = self.pieces.append
        self.on_status = self._reason.append
        self._renew()

    def _renew(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self.feed = self._parser.feed_data

    def expect(self, *, is_head: bool) -> None:
        """One answer is due. Before the first call, and after an answer, any byte is an error."""
        if self._is_head:
            # After a HEAD the parser waits for the body that the head announced and no HEAD answer has.
            self._renew()
        self._is_head = is_head
        self.reply = None
        self.is_complete = self.until_eof = False
        self.pieces.clear()

    def take(self) -> bytes:
        """The pieces of a body that is whole, joined."""
        if not self.pieces:
            return b""
        if self._is_head:
            self.keeps = False  # it sent a body where none can be
            return b""
        return b"".join(self.pieces)

    # --- what llhttp calls --------------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        if self.is_complete:
            raise UpstreamBroken("an answer to nothing")
        self._headers = []
        self._add = self._headers.append
        self._framing.clear()
        self._reason.clear()

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name in HOP:
            self._framing.append((name, value))
        else:
            self._add((name, value.rstrip(b" \t")))  # which llhttp leaves

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:  # noqa: PLR2004  # the class of interim answers
            if status < 100 or status == 101:  # noqa: PLR2004  # no status at all; a protocol we did not ask for
                raise UpstreamBroken(f"status {status:03d}")
            self._is_interim = True
            return
        self._add = _NOWHERE.append  # what follows are trailers
        is_chunked = self._read_framing()
        self.reply = Reply(status, self._headers, b"", None, b"".join(self._reason))
        self.until_eof = self.length is None and not is_chunked
        if self._is_head:
            self.reply.length = self.length
            self.until_eof = False
            self.is_complete = True
            # Without a length llhttp believes in a body up to EOF; such a connection is closed, which is always right.
            self.keeps = self._parser.should_keep_alive()

    def _read_framing(self) -> bool:
        """Whether it is chunked; sets the length; takes out of the headers what Connection names."""
        self.length = None
        is_chunked = False
        for name, value in self._framing:
            if name == b"content-length":
                self.length = int(value)
            elif name == b"transfer-encoding":
                if is_chunked or value.strip().lower() != b"chunked":
                    raise UpstreamBroken("a transfer coding other than chunked")
                is_chunked = True
            elif name == b"connection" and value.lower() not in (b"keep-alive", b"close"):
                named = tokens(value)
                self._headers = [field for field in self._headers if field[0] not in named]
        return is_chunked

    def on_message_complete(self) -> None:
        if self._is_interim:
            self._is_interim = False
            if self.pieces:
                raise UpstreamBroken("an interim answer with a body")
        elif not self._is_head:
            self.is_complete = True
            self.keeps = self._parser.should_keep_alive()


def reason_of(error: httptools.HttpParserError) -> str:
    """Why `feed` raised: what a callback said, else what llhttp says."""
    context = error.__context__
    return context.message if isinstance(context, ToranaError) else str(error)


class Answering(Protocol):
    """What the body of an answer needs of its connection."""

    def deliver_to(self, sink: Sink) -> None: ...
    def pause_answer(self) -> None: ...
    def resume_answer(self) -> None: ...
    def abort(self) -> None: ...


class ReplyBody:
    """The rest of an answer's body, as a Source. Until it is started it keeps what comes, up to a bound.

    It stands between reader and connection because the connection outlives it: after the end, a late `pause` or
    `abort` must not reach somebody else's answer.
    """

    __slots__ = ("_connection", "_error", "_is_ended", "_is_full", "_is_held", "_is_void", "_limit", "_pieces", "_size")

    def __init__(self, connection: Answering, limit: int) -> None:
        self._connection: Answering | None = connection
        self._limit = limit
        self._pieces: list[bytes] = []
        self._size = 0
        self._is_full = self._is_held = self._is_ended = self._is_void = False
        self._error: Exception | None = None

    def start(self, sink: Sink) -> None:
        if self._connection is not None:
            self._connection.deliver_to(sink)
        if self._pieces:
            kept = b"".join(self._pieces)
            self._pieces.clear()
            sink.write(kept)
        if self._is_void:
            return  # the sink wanted no more of it
        if self._error is not None:
            sink.fail(self._error)
        elif self._is_ended:
            sink.end()
        elif self._is_full and not self._is_held:
            self.resume()

    def pause(self) -> None:
        self._is_held = True
        if self._connection is not None:
            self._connection.pause_answer()

    def resume(self) -> None:
        self._is_held = False
        if self._connection is not None:
            self._connection.resume_answer()

    def abort(self) -> None:
        self._is_void = True
        self._pieces.clear()
        if self._connection is not None:
            self._connection.abort()

    def part(self) -> None:
        """The connection is done with this answer."""
        self._connection = None

    # --- until it is started it is the connection's sink --------------------------------------------------------------

    def write(self, chunk: bytes) -> None:
        self._pieces.append(chunk)
        self._size += len(chunk)
        if self._size >= self._limit and self._connection is not None:
            self._is_full = True
            self._connection.pause_answer()

    def end(self) -> None:
        self._is_ended = True

    def fail(self, error: Exception) -> None:
        self._error = error
