"""Usage as the hub states it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from torana.formats.json import UNREADABLE
from torana.formats.openai_usage import Stated, spent

if TYPE_CHECKING:
    from torana.exchange import Usage
    from torana.formats.json import Json


def usage_to_chat(usage: Usage) -> Json:
    """As OpenAI states it, with OpenRouter's count of what was written to a prompt cache."""
    details = {"cached_tokens": usage.cached_tokens_in, "cache_write_tokens": usage.cache_write_tokens_in}
    if usage.audio_tokens_in:
        details["audio_tokens"] = usage.audio_tokens_in
    details_out = {"reasoning_tokens": usage.reasoning_tokens_out}
    if usage.audio_tokens_out:
        details_out["audio_tokens"] = usage.audio_tokens_out
    return {
        "prompt_tokens": usage.tokens_in,
        "completion_tokens": usage.tokens_out,
        "total_tokens": usage.tokens_in + usage.tokens_out,
        "prompt_tokens_details": details,
        "completion_tokens_details": details_out,
    }


def usage_of(stated: object) -> Usage | None:
    """Of the `usage` of a completion or a chunk; None where it tells nothing."""
    if not isinstance(stated, dict):
        return None
    try:
        return spent(msgspec.convert(stated, Stated, strict=False))
    except UNREADABLE:
        return None
