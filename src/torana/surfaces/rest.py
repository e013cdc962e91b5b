"""Cloudflare's API host, `/client/v4/…`: its error envelope."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from torana.message import Reply

if TYPE_CHECKING:
    from torana.errors import ToranaError

_encode = msgspec.json.Encoder().encode


def refuse(error: ToranaError) -> Reply:
    """`errors` in the plural, unlike the gateway host (cloudflare.md 12)."""
    body = {
        "success": False,
        "result": None,
        "errors": [{"code": error.code, "message": error.message}],
        "messages": [],
    }
    return Reply(error.status, [(b"content-type", b"application/json")], _encode(body))
