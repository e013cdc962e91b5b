"""What does a request's body ask for? Read once, by whoever needs it first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from torana.exchange import Asked
from torana.formats.coding import decode

if TYPE_CHECKING:
    from torana.exchange import Exchange

_NOTHING = Asked()


def ask(x: Exchange) -> Asked:
    """Notes model and streaming in the log. Nothing is read of a body that is streamed on, or leads nowhere."""
    if x.asked is not None:
        return x.asked
    x.asked = asked = _NOTHING
    body, opening, log = x.request.body, x.opening, x.log
    target = opening.target
    if target is None:
        return asked
    if body and type(body) is bytes:
        if opening.coding:
            body = log.request_body = decode(body, opening.coding, x.payload_bytes)
        asked = target.format.read_request(body)
        if opening.translation is not None:
            asked = replace(asked, model=opening.translation.model)
        x.asked = asked
        log.model = asked.model or target.model
        log.is_stream = asked.is_stream or target.is_stream
        if log.is_unread:
            log.is_unread = False
            for attempt in log.attempts:
                attempt.model = log.model
    else:
        log.model, log.is_stream = target.model, target.is_stream
    return asked
