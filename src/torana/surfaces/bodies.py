"""A request's body, where what it says decides what is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.errors import BodyTooLarge, CallerError
from torana.formats.coding import decode

if TYPE_CHECKING:
    from torana.exchange import Opening

_MOST_DECODED = 64 << 20


def plain_body(opening: Opening, body: object) -> bytes:
    """The body without its content coding; CallerError where it streams, and so is not there to be read."""
    if not isinstance(body, bytes):
        raise CallerError("a body of this size must be JSON: say `content-type: application/json`")
    if not opening.coding:
        return body
    plain = decode(body, opening.coding, _MOST_DECODED)
    if len(plain) == _MOST_DECODED:
        raise BodyTooLarge(f"the body is larger than {_MOST_DECODED} bytes once it is decoded")
    return plain
