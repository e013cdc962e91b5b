"""OpenRouter's host, `/api/v1/…`: its error envelope."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from torana.message import Reply

if TYPE_CHECKING:
    from torana.errors import ToranaError

_encode = msgspec.json.Encoder().encode


def refuse(error: ToranaError) -> Reply:
    """`{"error": {code, message}}`, the code being the HTTP status (openrouter.md 3.3)."""
    body = {"error": {"code": error.status, "message": error.message}}
    return Reply(error.status, [(b"content-type", b"application/json")], _encode(body))
