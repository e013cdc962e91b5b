"""`:countTokens`: what is asked for, and how it is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.gemini.names import camel
from torana.formats.gemini.request_to_chat import request_to_chat

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Brief


def count_request_to_chat(body: Json, brief: Brief) -> Json:
    """Of contents alone, or of a whole request in `generateContentRequest`."""
    given = camel(body, "")
    whole = given.get("generateContentRequest")
    return request_to_chat(given if whole is None else camel(whole, "generateContentRequest"), brief)


def count_reply(tokens: int) -> Json:
    return {"totalTokens": tokens, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": tokens}]}
