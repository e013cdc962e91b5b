"""Tokens: thoughts and what tools brought are counted beside the rest in Gemini, within it in the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from torana.formats.chat_usage import usage_of, usage_to_chat
from torana.formats.gemini.passing import Stated, read_usage, spent
from torana.formats.json import UNREADABLE, as_list, as_object, dump

if TYPE_CHECKING:
    from torana.exchange import Usage
    from torana.formats.json import Json

_OTHERS_IN = {"IMAGE": "image_tokens", "VIDEO": "video_tokens"}


def stated_to_chat(stated: object) -> Json | None:
    """Of `usageMetadata`; None where it tells nothing."""
    if not isinstance(stated, dict):
        return None
    usage = _read(stated)
    if usage is None:
        return None
    told = usage_to_chat(usage)
    if "promptTokensDetails" in stated:
        _add_modalities(as_object(told["prompt_tokens_details"]), stated["promptTokensDetails"])
    if "candidatesTokensDetails" in stated:
        _add_modalities(as_object(told["completion_tokens_details"]), stated["candidatesTokensDetails"])
    return told


def _read(stated: Json) -> Usage | None:
    try:
        return spent(msgspec.convert(stated, Stated, strict=False))
    except UNREADABLE:
        return read_usage(dump({"usageMetadata": stated}) or b"")  # what can be read of it


def _add_modalities(told: Json, details: object) -> None:
    for each in as_list(details):
        detail = as_object(each)
        name, count = _OTHERS_IN.get(str(detail.get("modality"))), detail.get("tokenCount")
        if name and isinstance(count, int) and count > 0:
            told[name] = count


def usage_from_chat(stated: object) -> Json | None:
    """`usageMetadata`, of the hub's `usage`."""
    usage = usage_of(stated)
    if usage is None:
        return None
    told: Json = {
        "promptTokenCount": usage.tokens_in,
        "candidatesTokenCount": max(0, usage.tokens_out - usage.reasoning_tokens_out),
        "totalTokenCount": usage.tokens_in + usage.tokens_out,
    }
    if usage.cached_tokens_in:
        told["cachedContentTokenCount"] = usage.cached_tokens_in
    if usage.reasoning_tokens_out:
        told["thoughtsTokenCount"] = usage.reasoning_tokens_out
    told["promptTokensDetails"] = _modalities(usage.tokens_in, usage.audio_tokens_in)
    if usage.audio_tokens_out:
        rest = usage.tokens_out - usage.reasoning_tokens_out
        told["candidatesTokensDetails"] = _modalities(rest, usage.audio_tokens_out)
    return told


def _modalities(total: int, audio: int) -> list[Json]:
    told: list[Json] = [{"modality": "TEXT", "tokenCount": total - audio}] if total > audio else []
    if audio:
        told.append({"modality": "AUDIO", "tokenCount": audio})
    return told
