"""One HTTP/1.1 connection to an upstream: a call goes out, its answer comes in.

What the parser collected is acted upon once per read. An answer that arrived whole in one read becomes bytes, and the
connection is free before its caller even wakes. Of any other the head is delivered at once and the rest goes straight
to a sink, joined to one piece per read: no task, no future.

A connection is in one of four states, told by three fields:

    idle        `_answer` None, `_sink` None       any byte, and EOF, closes it
    asked       `_answer` the future of the head
    answering   `_sink` takes the body              first a `ReplyBody` that keeps it, then the reader's own sink
    closed      `is_open` False
"""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, cast

import httptools
from msgspec import Struct

from torana.errors import UpstreamBroken, UpstreamTimedOut
from torana.wire.deadlines import NEVER
from torana.wire.errand import Pending
from torana.wire.upstream_answer import AnswerParser, ReplyBody, reason_of
from torana.wire.upstream_known import plain_answer
from torana.wire.upstream_request import Upload

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.message import Call, Reply, Sink
    from torana.wire.errand import Awaiting

_JOIN_BYTES = 64 << 10  # below this, copying head and body together is cheaper than a second buffer


class UpstreamLimits(Struct, frozen=True):
    """Bounds of the client side, in seconds and bytes."""

    connect_timeout_s: float = 10.0
    """Waiting for a free place, DNS, TCP, proxy and TLS together."""
    first_byte_timeout_s: float = 600.0
    """From the request to the whole head of its answer; a body still being sent starts it anew with each piece."""
    stream_idle_timeout_s: float = 300.0
    idle_timeout_s: float = 30.0
    """Of a connection kept for the next call."""
    connections: int = 10_000
    """Most connections to one origin."""
    max_header_bytes: int = 64 << 10
    """An answer's head; also its trailers, and chunk sizes that bring no bytes."""
    buffer_bytes: int = 256 << 10
    """Of a body that nobody has started to read."""


class UpstreamConnection(asyncio.Protocol):
    """Carries one call at a time. `on_idle` hears that it may be used again, `on_lost`, once, that it never will."""

    __slots__ = (
        "_answer",
        "_barren_bytes",
        "_body",
        "_first_byte_s",
        "_has_heard",
        "_is_head",
        "_is_paused",
        "_limits",
        "_loop",
        "_on_idle",
        "_on_lost",
        "_parser",
        "_sink",
        "_time",
        "_transport",
        "_upload",
        "deadline",
        "is_open",
        "label",
        "served",
    )

    def __init__(
        self,
        label: str,
        limits: UpstreamLimits,
        on_idle: Callable[[UpstreamConnection], None],
        on_lost: Callable[[UpstreamConnection], None],
    ) -> None:
        self.label = label
        self.is_open = False
        self.served = 0
        """Answers received whole; more than none = it was kept and used again."""
        self.deadline = NEVER
        self._limits = limits
        self._first_byte_s = limits.first_byte_timeout_s
        self._on_idle = on_idle
        self._on_lost = on_lost
        self._loop = loop = asyncio.get_running_loop()
        self._time = loop.time
        self._transport: asyncio.Transport
        self._parser = AnswerParser()
        self._answer: Awaiting | None = None
        self._sink: Sink | None = None
        self._body: ReplyBody | None = None
        self._upload: Upload | None = None
        self._barren_bytes = 0
        self._is_paused = self._has_heard = self._is_head = False

    # --- the call -----------------------------------------------------------------------------------------------------

    def ask(self, call: Call, head: bytes) -> Pending:
        """Sends `call` on the idle connection; what is returned gives its Reply or an UpstreamError."""
        answer = Pending(loop=self._loop)
        answer.waiter = None
        self.ask_for(answer, call, head)
        return answer

    def ask_for(self, answer: Awaiting, call: Call, head: bytes) -> None:
        """As `ask`: `answer` is given the Reply or an UpstreamError, never before this ends."""
        self._answer = answer
        self._is_head = call.method == b"HEAD"
        self._has_heard = False
        self.deadline = self._time() + self._first_byte_s
        body = call.body
        if type(body) is not bytes:
            self._transport.write(head)
            self._upload = Upload(self, body, is_chunked=call.length is None)  # type: ignore[arg-type]  # not bytes
            body.start(self._upload)  # type: ignore[union-attr]  # the same
        elif len(body) < _JOIN_BYTES:
            self._transport.write(head + body)
        else:
            self._transport.write(head)
            self._transport.write(body)

    @property
    def is_stale(self) -> bool:
        """It was kept from an earlier call and died before a byte of this answer came: the call may be tried again."""
        return self.served > 0 and not self._has_heard

    @property
    def tls_session(self) -> ssl.SSLSession | None:
        tls = self._transport.get_extra_info("ssl_object")
        return tls.session if isinstance(tls, ssl.SSLSocket) else None

    def forsake(self, answer: Pending) -> None:
        """The caller of `ask` is gone; whatever is under way for it ends here."""
        if self._answer is answer:
            self.abort()
        elif not answer.cancelled() and answer.exception() is None:
            body = answer.result().body
            if not isinstance(body, bytes):
                body.abort()

    # --- what asyncio calls -------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        parser = self._parser
        if self._answer is not None and not self._has_heard:
            self._has_heard = True
            reply = None if self._is_head else plain_answer(data, self._limits.max_header_bytes)
            if reply is not None:
                self._deliver_at_once(self._answer, reply)
                return
            parser.expect(is_head=self._is_head)
            self._barren_bytes = 0
        error = None
        try:
            parser.feed(data)
        except httptools.HttpParserError as raised:
            error = raised
            parser.keeps = False
        sink = self._sink
        if sink is None:
            self._read_head(len(data), error)
            return
        pieces = parser.pieces
        if pieces:
            chunk = pieces[0] if len(pieces) == 1 else b"".join(pieces)
            pieces.clear()
            self._barren_bytes = 0
            self.deadline = self._time() + self._limits.stream_idle_timeout_s
            sink.write(chunk)
            if self._sink is None:
                return  # the sink wanted no more of it
        else:
            self._barren_bytes += len(data)
        if parser.is_complete:
            self._end_body()
        elif error is not None:
            self.fail(self._malformed(error))
        elif self._barren_bytes > self._limits.max_header_bytes:
            self.fail(UpstreamBroken(f"`{self.label}` sent trailers or chunk sizes without an end"))

    def eof_received(self) -> None:
        self._lose(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._lose(exc)

    def pause_writing(self) -> None:
        if self._upload is not None:
            self._upload.source.pause()

    def resume_writing(self) -> None:
        if self._upload is not None:
            self._upload.source.resume()

    # --- the answer ---------------------------------------------------------------------------------------------------

    def _read_head(self, size: int, error: httptools.HttpParserError | None) -> None:
        """What follows a read of `size` bytes while the answer's head is, or was until now, awaited."""
        answer, parser = self._answer, self._parser
        if answer is None or answer.done():
            self.abort()  # nobody asked, or nobody asks any more
            return
        self._has_heard = True
        self._barren_bytes += size
        if error is not None and not parser.is_complete:
            self.fail(self._malformed(error))
            return
        limit = self._limits.max_header_bytes
        if self._barren_bytes > limit and self._head_bytes() > limit:
            self.fail(UpstreamBroken(f"`{self.label}` sent a head of more than {limit} bytes"))
            return
        reply = parser.reply
        if reply is None:
            return
        self._answer = None
        if parser.is_complete:
            reply.body = parser.take()
            self._release()
        else:
            self._begin_body(reply)
        answer.give(reply)

    def _deliver_at_once(self, answer: Awaiting, reply: Reply) -> None:
        """A whole answer that the parser did not see; as `_read_head`, less its questions."""
        if answer.done() or self._upload is not None:
            self.abort()  # nobody asks any more, or the upstream did not wait for the question
        else:
            self._answer = None
            self.served += 1
            self._on_idle(self)
        if not answer.done():
            answer.give(reply)

    def _head_bytes(self) -> int:
        reply = self._parser.reply
        if reply is None:
            return self._barren_bytes
        return sum(len(name) + len(value) + 4 for name, value in reply.headers)

    def _begin_body(self, reply: Reply) -> None:
        if reply.status >= 300:  # noqa: PLR2004  # refused: the rest of the request is unwanted
            self._end_upload()
        self._body = self._sink = body = ReplyBody(self, self._limits.buffer_bytes)
        reply.body = body
        reply.length = self._parser.length
        self._barren_bytes = 0
        self.deadline = self._time() + self._limits.stream_idle_timeout_s
        for piece in self._parser.pieces:
            body.write(piece)
        self._parser.pieces.clear()

    def _end_body(self) -> None:
        sink = self._let_go()
        self._release()
        if sink is not None:
            sink.end()

    def _let_go(self) -> Sink | None:
        """Parts from the reader of the body, so that nothing it does later reaches the next answer."""
        sink, self._sink = self._sink, None
        if self._body is not None:
            self._body.part()
            self._body = None
        return sink

    def _release(self) -> None:
        """The answer is whole: to the pool with the connection, or away."""
        if self._upload is not None:
            self._shut(is_graceful=False)
        elif not self._parser.keeps or not self.is_open:
            self.close()
        else:
            self.served += 1
            self._on_idle(self)

    # --- what the two bodies call -------------------------------------------------------------------------------------

    def send_piece(self, piece: bytes) -> None:
        if self.is_open:
            self.deadline = self._time() + self._limits.first_byte_timeout_s
            self._transport.write(piece)

    def upload_ended(self) -> None:
        self._upload = None

    def upload_failed(self, error: Exception) -> None:
        self._upload = None
        self.fail(error)

    def deliver_to(self, sink: Sink) -> None:
        self._sink = sink

    def pause_answer(self) -> None:
        if self.is_open and not self._is_paused and not self._parser.is_complete:
            self._is_paused = True
            self.deadline = NEVER  # our own slowness is not the upstream's
            self._transport.pause_reading()

    def resume_answer(self) -> None:
        if self.is_open and self._is_paused:
            self._is_paused = False
            self.deadline = self._time() + self._limits.stream_idle_timeout_s
            self._transport.resume_reading()

    # --- ends ---------------------------------------------------------------------------------------------------------

    def expire(self) -> None:
        """The sweep found `deadline` past."""
        if self._answer is not None:
            limit = self._limits.first_byte_timeout_s
            self.fail(UpstreamTimedOut(f"`{self.label}` did not begin its answer within {limit:g} s"))
        elif self._sink is not None:
            limit = self._limits.stream_idle_timeout_s
            self.fail(UpstreamTimedOut(f"`{self.label}` fell silent for {limit:g} s within its answer"))
        else:
            self.close()

    def close(self) -> None:
        """Closes an idle connection, with the farewell that TLS wants."""
        self._shut(is_graceful=True)

    def abort(self) -> None:
        """Closes at once and tells nobody but the pool."""
        self._answer = None
        self._let_go()
        self._shut(is_graceful=False)

    def fail(self, error: Exception) -> None:
        """Ends whatever is under way with `error`."""
        answer, self._answer = self._answer, None
        sink = self._let_go()
        self._shut(is_graceful=False)
        if answer is not None and not answer.done():
            answer.fail(error)
        if sink is not None:
            sink.fail(error)

    def _lose(self, exc: Exception | None) -> None:
        """The other side is gone: cleanly where `exc` is None."""
        if self._answer is not None:
            self.fail(UpstreamBroken(f"`{self.label}` closed the connection before it answered"))
        elif self._sink is None:
            self._shut(is_graceful=False)
        elif self._parser.until_eof and exc is None:
            self._parser.keeps = False
            self._end_body()
        else:
            self.fail(UpstreamBroken(f"`{self.label}` closed the connection before its answer was whole"))

    def _shut(self, *, is_graceful: bool) -> None:
        if not self.is_open:
            return
        self.is_open = False
        self.deadline = NEVER
        self._end_upload()
        if is_graceful:
            self._transport.close()
        else:
            self._transport.abort()
        self._on_lost(self)

    def _end_upload(self) -> None:
        upload, self._upload = self._upload, None
        if upload is not None:
            self._parser.keeps = False  # the upstream waits for the rest of it
            upload.source.abort()

    def _malformed(self, error: httptools.HttpParserError) -> UpstreamBroken:
        return UpstreamBroken(f"`{self.label}` did not answer in HTTP/1.1: {reason_of(error)}")
