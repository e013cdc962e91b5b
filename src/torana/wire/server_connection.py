"""One client connection: requests in, answers out, in order.

A connection is in one of five phases. HEAD: it waits for a request, or for the rest of its head. BODY: the body is
coming, gathered, or streamed to a handler that runs already. WHOLE: the request is complete and is being answered; what
the client sends ahead is kept for later. LINGERING: the last answer is out, and what still comes is ignored, since
closing on unread bytes would make the kernel reset the connection and take the answer with it. GONE: nothing more.
"""

from __future__ import annotations

import asyncio
from types import CoroutineType
from typing import TYPE_CHECKING, cast

from torana.errors import Internal, MalformedRequest, RequestTimedOut, ToranaError
from torana.message import Reply
from torana.wire.deadlines import NEVER
from torana.wire.errand import Errand
from torana.wire.server_answer import Answer
from torana.wire.server_body import RequestBody
from torana.wire.server_reader import RequestReader
from torana.wire.server_shared import log

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.exchange import Request
    from torana.wire.server_shared import Shared

_HEAD, _BODY, _WHOLE, _LINGERING, _GONE = range(5)
_FIRST_REQUEST_S = 1.0
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Connection(asyncio.Protocol):
    """What the event loop calls. One object a connection, and none for a request: each would be a µs of it."""

    __slots__ = (
        "_answer",
        "_body",
        "_errand",
        "_is_paused",
        "_is_writable",
        "_linger_left",
        "_phase",
        "_reader",
        "_shared",
        "_transport",
        "_unsent",
        "deadline",
        "is_answering",
    )

    _transport: asyncio.Transport
    _reader: RequestReader
    _answer: Answer

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._phase = _HEAD
        self._errand = Errand(self, shared.loop)
        self._body: RequestBody | None = None
        self.is_answering = False
        self._is_paused = False
        self._is_writable = True
        self._unsent = 0
        self._linger_left = 0
        self.deadline = NEVER

    # What the event loop tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        shared = self._shared
        self._transport = cast("asyncio.Transport", transport)
        is_tls = transport.get_extra_info("sslcontext") is not None
        peer: object = transport.get_extra_info("peername")
        remote = str(peer[0]) if isinstance(peer, tuple) and peer else ""
        self._reader = RequestReader(shared.limits, remote, is_tls=is_tls)
        self._answer = Answer(self, shared, self._reader, self._transport)
        shared.connections.add(self)
        shared.deadlines.add(self)
        self._set_deadline()

    def data_received(self, data: bytes) -> None:
        phase = self._phase
        try:
            if phase == _HEAD and (request := self._reader.repeated(data)) is not None:
                self._phase = _WHOLE
                self._begin(request)
            elif phase == _HEAD:
                is_first = not self._reader.held
                request = self._reader.feed_head(data)
                if request is not None:
                    self._go_on(request)
                elif is_first:
                    self._set_deadline()
            elif phase == _BODY:
                self._read_body(data)
            elif phase == _WHOLE:
                self._keep_for_later(data)
            elif phase == _LINGERING:
                self._ignore(data)
        except ToranaError as error:
            self._fault(error)
        except Exception:  # noqa: BLE001  # the outermost place of a connection; logged there
            self._fail_by_bug()

    def eof_received(self) -> None:
        # Half closed and closed look the same from here, and who does not read is not worth an upstream's work.
        self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()
        shared = self._shared
        shared.deadlines.discard(self)
        shared.connections.discard(self)
        # Rings of references would wait for the garbage collector.
        self._reader.close()
        del self._answer, self._errand
        if shared.is_draining and not shared.connections:
            shared.emptied.set()

    def pause_writing(self) -> None:
        self._is_writable = False
        self._unsent = self._transport.get_write_buffer_size()
        self._set_deadline()
        if self._answer.source is not None:
            self._guarded(self._answer.source.pause)

    def resume_writing(self) -> None:
        self._is_writable = True
        self._set_deadline()
        if self._answer.source is not None:
            self._guarded(self._answer.source.resume)
        elif self._phase == _WHOLE and not self.is_answering:
            self._next()

    def expire(self) -> None:
        """Called by the sweep when `deadline` is past."""
        if self._phase in (_LINGERING, _GONE) or not self._is_writable:
            self._expire_sending()
        elif self._phase == _BODY:
            self._fault(RequestTimedOut("the request's body did not arrive in time"))
        elif self._reader.held:
            self._fault(RequestTimedOut("the request's head did not arrive in time"))
        else:
            self.close()

    # What the server asks

    def drain(self) -> None:
        """Closes now if idle after a request; else the answer under way, or the first one, is the last."""
        if self._phase != _HEAD or self._reader.held:
            return
        if self._reader.request is not None:
            self.close()
        else:
            # Accepted a moment ago: its request may be on the way, and has nowhere else to go.
            self.deadline = min(self.deadline, self._shared.loop.time() + _FIRST_REQUEST_S)

    def abort(self) -> None:
        self._transport.abort()

    # Requests

    def _read_body(self, data: bytes) -> None:
        reader, body = self._reader, self._body
        is_whole = reader.feed_body(data)
        if body is None:
            if reader.request is not None:
                self._go_on(reader.request)
            return
        parts, reader.parts = reader.parts, []
        if is_whole:
            self._phase = _WHOLE
        self._set_deadline()
        self._guarded(lambda: body.feed(parts, is_last=is_whole))

    def _go_on(self, request: Request) -> None:
        """Is there enough of the request to begin?"""
        reader, shared = self._reader, self._shared
        self._phase = _WHOLE if reader.is_whole else _BODY
        if (request.length or reader.size) > shared.limits.stream_body_over_bytes and not reader.is_json():
            self._begin_stream(request)
        elif reader.is_whole:
            request.body = reader.take()
            request.length = None
            self._begin(request)
        else:
            self._set_deadline()
            self._say_continue()

    def _begin_stream(self, request: Request) -> None:
        """The handler begins while the body is coming; nothing is read until it wants more than is here."""
        parts, self._reader.parts = self._reader.parts, []
        request.body = self._body = RequestBody(self)
        self._body.feed(parts, is_last=self._reader.is_whole)
        self.hold_body()
        self._begin(request)

    def _begin(self, request: Request) -> None:
        shared = self._shared
        self.is_answering = True
        shared.requests += 1
        self.deadline = NEVER
        answering = shared.handle(request)
        if type(answering) is CoroutineType:
            self._errand.begin(answering)
        elif type(answering) is Reply:
            self.answered(answering)
        else:
            self._errand.expect(answering)  # type: ignore[arg-type]  # the others were ruled out

    def _keep_for_later(self, data: bytes) -> None:
        reader = self._reader
        reader.held += data
        if len(reader.held) > self._shared.limits.pipeline_bytes:
            self._pause_reading()

    def _say_continue(self) -> None:
        reader = self._reader
        if reader.expects_continue:
            reader.expects_continue = False
            if not reader.size:
                self._transport.write(_CONTINUE)

    # What a streamed request body asks

    def want_body(self) -> None:
        if self._phase == _BODY:
            self._say_continue()
            if self._is_paused:
                self._resume_reading()
                self._set_deadline()

    def hold_body(self) -> None:
        if self._phase == _BODY:
            self._pause_reading()
            self._set_deadline()

    # Answers

    def answered(self, reply: Reply) -> None:
        try:
            self._send(reply)
        except Exception:  # noqa: BLE001  # the outermost place of a request; logged there
            self._fail_by_bug()

    def failed(self, error: Exception) -> None:
        log.error("a request failed by a bug", exc_info=error)
        self.answered(self._shared.refusal(Internal("internal error"), self._reader.request))

    def cancelled(self) -> None:
        self._transport.abort()

    def _send(self, reply: Reply) -> None:
        if self._phase == _GONE:
            if not isinstance(reply.body, bytes):
                reply.body.abort()
            return
        reader = self._reader
        reader.expects_continue = False
        keeps = reader.keep_alive and self._phase == _WHOLE and not self._shared.is_draining
        try:
            self._answer.send(reply, keeps=keeps, is_writable=self._is_writable)
        except ValueError:
            log.exception("an answer could not be sent")
            if not isinstance(reply.body, bytes):
                reply.body.abort()
            reply = self._shared.refusal(Internal("internal error"), reader.request)
            self._answer.send(reply, keeps=False, is_writable=self._is_writable)

    def finish(self) -> None:
        """The answer is out: on to the next request, or to the end."""
        self.is_answering = False
        shared = self._shared
        if not self._answer.keeps or self._phase != _WHOLE or shared.is_draining:
            self._end()
            return
        if self._body is not None:
            self._drop_body(MalformedRequest("the answer came before the body was read"))
        if self._is_writable:
            self._next()

    def _next(self) -> None:
        if self._reader.held:
            # Not from here: a thousand requests sent ahead would be a thousand calls deep.
            self._shared.loop.call_soon(self._read_held)
            return
        self._phase = _HEAD
        self._resume_reading()
        self.deadline = self._shared.time() + self._shared.idle_timeout_s

    def _read_held(self) -> None:
        if self._phase == _WHOLE and not self.is_answering:
            self._phase = _HEAD
            self._resume_reading()
            data, self._reader.held = self._reader.held, b""
            self.data_received(data)

    # Ends

    def _fault(self, error: ToranaError) -> None:
        """The request cannot be read on: refused, or where its handler runs already, cut off from its body."""
        self._phase = _LINGERING
        self._linger_left = self._shared.limits.linger_bytes
        reader = self._reader
        reader.parts = []
        self._resume_reading()
        if self._body is not None:
            self._set_deadline()
            self._drop_body(error)
            return
        self._shared.refused += 1
        if reader.request is not None:
            reader.request.body = b""
        try:
            self._send(self._shared.refusal(error, reader.request))
        except Exception:  # noqa: BLE001  # as in data_received, whose callback this ends
            self._fail_by_bug()

    def _end(self) -> None:
        """After the last answer: closes at once where nothing more can come, else when the client had time to read."""
        if self._phase == _WHOLE and not self._reader.held:
            self.close()
            return
        self._phase = _LINGERING
        self._linger_left = self._shared.limits.linger_bytes
        self._unsent = self._transport.get_write_buffer_size()
        self._drop_body(MalformedRequest("the answer came before the body was read"))
        self._resume_reading()
        self._set_deadline()
        if self._transport.can_write_eof():
            self._transport.write_eof()

    def _ignore(self, data: bytes) -> None:
        self._linger_left -= len(data)
        if self._linger_left < 0 and not self.is_answering:
            self.close()

    def close(self) -> None:
        """Closes when all is sent; a client that does not read is dropped by the sweep."""
        self._leave()
        self._unsent = self._transport.get_write_buffer_size()
        self._set_deadline()
        self._transport.close()

    def _leave(self) -> None:
        """Nobody is there to be answered: all that is under way stops at once."""
        if self._phase == _GONE:
            return
        self._phase = _GONE
        self.is_answering = False
        self._guarded(self._errand.cancel)
        self._guarded(self._answer.abort)
        self._drop_body(MalformedRequest("the client left before its body was whole"))

    def _drop_body(self, error: ToranaError) -> None:
        if self._body is not None:
            body, self._body = self._body, None
            self._guarded(lambda: body.fail(error))

    def _expire_sending(self) -> None:
        """A slow reader is given time for as long as it reads at all."""
        left = self._transport.get_write_buffer_size()
        if 0 < left < self._unsent:
            self._unsent = left
            self.deadline = self._shared.loop.time() + self._shared.limits.send_timeout_s
        else:
            self._transport.abort()

    def _fail_by_bug(self) -> None:
        log.exception("a connection failed by a bug")
        self._leave()
        self._transport.abort()

    def _guarded(self, call: Callable[[], None]) -> None:
        """Others' code, called where the event loop must see no exception."""
        try:
            call()
        except Exception:  # noqa: BLE001  # logged there
            self._fail_by_bug()

    # Waiting

    def _set_deadline(self) -> None:
        limits, phase = self._shared.limits, self._phase
        wait_s = NEVER
        if not self._is_writable or phase == _GONE:
            wait_s = limits.send_timeout_s
        elif phase == _HEAD:
            wait_s = limits.header_timeout_s if self._reader.held else limits.idle_timeout_s
        elif phase == _BODY and not self._is_paused:
            wait_s = limits.body_timeout_s
        elif phase == _LINGERING and not self.is_answering:
            wait_s = limits.linger_s
        self.deadline = self._shared.loop.time() + wait_s

    def _pause_reading(self) -> None:
        if not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()

    def _resume_reading(self) -> None:
        if self._is_paused:
            self._is_paused = False
            self._transport.resume_reading()
