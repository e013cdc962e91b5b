"""An answer on its way out: what is read off it, and what follows its last byte."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from torana.exchange import Entry, Exchange
from torana.formats.asking import ask
from torana.formats.coding import decode, decoder
from torana.formats.reading import is_event_stream, usage_of
from torana.ids import uuid7
from torana.relay import Relay
from torana.surfaces import gateway as surface

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.exchange import Opening, Request
    from torana.message import Reply

log = logging.getLogger("torana.delivery")

_MOST_DECODED = 1 << 30


class Delivery:
    """Gives exchanges their ends."""

    def __init__(self, payload_bytes: int) -> None:
        self._payload_bytes = payload_bytes

    def begin(self, request: Request, opening: Opening) -> Exchange:
        entry, body = Entry(uuid7()), request.body
        if type(body) is bytes:
            entry.request_size = len(body)
            entry.request_body = body[: self._payload_bytes]
        return Exchange(request, opening, opening.gateway, entry, time.perf_counter(), self._payload_bytes)

    def deliver(
        self,
        x: Exchange,
        reply: Reply,
        dress: Callable[[Exchange, Reply], None] = surface.dress,
        settle: Callable[[Exchange], None] | None = None,
    ) -> Reply:
        """The answer as the client gets it; what it consumed is known at its last byte.

        `settle` is called then, once, in place of this object's own: it is to call that.
        """
        log_, coding = x.log, x.opening.coding
        log_.status = reply.status
        if log_.cached and coding:
            # Of what an upstream was asked, that was done on the way.
            log_.request_body = decode(log_.request_body, coding, self._payload_bytes)
        dress(x, reply)
        body = reply.body
        if type(body) is bytes:
            if body:
                self._read_whole(x, body)
            (settle or self.settle)(x)
        else:
            reply.body = self._relay(x, reply, settle or self.settle)
        return reply

    def _read_whole(self, x: Exchange, body: bytes) -> None:
        log_, target = x.log, x.opening.target
        log_.response_size = len(body)
        plain = log_.response_body = self._undone(x, body) if log_.response_encoding else body
        if len(plain) > self._payload_bytes:
            log_.response_body = plain[: self._payload_bytes]
            log_.is_truncated = True
            if log_.is_unread:
                ask(x)
        # What failed consumed nothing; of what was cached or translated it is known.
        is_known = log_.is_unread or log_.cached or x.outgoing is not None
        if target is not None and log_.status < 300 and not is_known:  # noqa: PLR2004
            log_.usage = usage_of(log_, target.format, plain)

    def _undone(self, x: Exchange, body: bytes) -> bytes:
        """Without its content coding, where we know that one."""
        undo = decoder(x.log.response_encoding, self._payload_bytes + 1)
        if undo is None:
            return body
        x.log.response_encoding = b""
        return undo.feed(body)

    def _relay(self, x: Exchange, reply: Reply, settle: Callable[[Exchange], None]) -> Relay:
        log_, target = x.log, x.opening.target
        if log_.is_unread:
            ask(x)
        log_.is_stream = log_.is_stream or is_event_stream(log_)
        meter = None
        is_known = log_.cached or x.outgoing is not None
        if target is not None and reply.status < 300 and log_.is_stream and not is_known:  # noqa: PLR2004  # as above
            meter = target.format.meter()
        if meter is None and not is_known:
            settle = self._settle_whole
        relay = Relay(x, reply.body, settle, self._payload_bytes)  # type: ignore[arg-type]  # not bytes: see _deliver
        undo = decoder(log_.response_encoding, _MOST_DECODED) if log_.response_encoding else None
        if undo is not None:
            log_.response_encoding = b""
        return relay.metered_by(meter, undo)

    def _settle_whole(self, x: Exchange) -> None:
        """A whole answer that came in pieces: it is read at its end."""
        log_, target = x.log, x.opening.target
        if target is not None and log_.status < 300 and not (log_.is_truncated or log_.is_broken or log_.cancelled):  # noqa: PLR2004
            log_.usage = target.format.read_usage(b"".join(x.response_pieces or ()))
        self.settle(x)

    def settle(self, x: Exchange) -> None:
        log_ = x.log
        log_.duration_s = time.perf_counter() - x.started
        if log_.attempts and log_.attempts[-1].ended_s is None:
            log_.attempts[-1].ended_s = log_.duration_s
        if x.request_pieces:
            log_.request_body = b"".join(x.request_pieces)
        if x.response_pieces:
            log_.response_body = b"".join(x.response_pieces)
        for settle in x.gateway.settle:
            try:
                settle(x)
            except Exception:
                # One policy's bug must not cost the client its answer, nor the next policy its turn.
                log.exception("a policy could not settle")
