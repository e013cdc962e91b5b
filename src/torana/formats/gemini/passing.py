"""Google's generateContent, of Gemini and Vertex; streamed as events, or as one JSON array."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from torana.exchange import Format, Usage
from torana.formats import json
from torana.formats.counts import Count, within
from torana.formats.joining import in_order, join_texts, objects, overlay, slot
from torana.formats.json import Json, Reader, as_list, as_object, dump
from torana.formats.meter import EventMeter

if TYPE_CHECKING:
    from torana.exchange import Asked, Meter

_MARKER = b'"usageMetadata"'


class _Modality(Struct):
    modality: str | None = None
    tokenCount: Count | None = None  # noqa: N815  # the wire's own names, here and below


class Stated(Struct, rename="camel"):
    prompt_token_count: Count | None = None
    candidates_token_count: Count | None = None
    response_token_count: Count | None = None
    """The Live API's name for the one above."""
    total_token_count: Count | None = None
    cached_content_token_count: Count | None = None
    thoughts_token_count: Count | None = None
    tool_use_prompt_token_count: Count | None = None
    prompt_tokens_details: list[_Modality] | None = None
    candidates_tokens_details: list[_Modality] | None = None


class _Reply(Struct, rename="camel"):
    usage_metadata: Stated | None = None


_replies = Reader(_Reply)


def read_request(body: bytes) -> Asked:
    """Embedding requests repeat the model, with its collection before it."""
    asked = json.read_request(body)
    return replace(asked, model=asked.model.removeprefix("models/")) if asked.model else asked


def spent(stated: Stated | None) -> Usage | None:
    """Thoughts and the results of tools are counted beside candidates and prompt; what was cached, within it."""
    if stated is None or (stated.prompt_token_count is None and stated.total_token_count is None):
        return None
    thoughts = stated.thoughts_token_count or 0
    return within(
        Usage(
            tokens_in=(stated.prompt_token_count or 0) + (stated.tool_use_prompt_token_count or 0),
            tokens_out=(stated.candidates_token_count or stated.response_token_count or 0) + thoughts,
            cached_tokens_in=stated.cached_content_token_count or 0,
            audio_tokens_in=_audio(stated.prompt_tokens_details),
            reasoning_tokens_out=thoughts,
            audio_tokens_out=_audio(stated.candidates_tokens_details),
        )
    )


def _audio(details: list[_Modality] | None) -> int:
    return sum([each.tokenCount or 0 for each in details if each.modality == "AUDIO"]) if details else 0


def read_usage(body: bytes) -> Usage | None:
    reply = _replies.read(body)
    return spent(reply.usage_metadata) if reply is not None else None


def meter() -> Meter:
    return EventMeter(_MARKER, read_usage)


def assemble(stream: bytes) -> bytes | None:
    chunks = objects(stream)
    if not chunks:
        return None
    whole: Json = {}
    candidates: dict[int, Json] = {}
    for chunk in chunks:
        overlay(whole, chunk, skip=("candidates",))
        for candidate in as_list(chunk.get("candidates")):
            if isinstance(candidate, dict):
                _join(slot(candidates, candidate.get("index", 0)), candidate)
    if candidates:
        whole["candidates"] = [_finish(candidate) for candidate in in_order(candidates)]
    return dump(whole)


def _join(candidate: Json, piece: Json) -> None:
    overlay(candidate, piece, skip=("content",))
    given = as_object(piece.get("content"))
    if given:
        content = candidate.setdefault("content", {"parts": []})
        overlay(as_object(content), given, skip=("parts",))
        as_list(as_object(content).get("parts")).extend(as_list(given.get("parts")))


def _finish(candidate: object) -> Json:
    """Texts of one kind become one; a part with a signature stays as it is, since it is sent back unmodified."""
    whole = as_object(candidate)
    content = as_object(whole.get("content"))
    if content:
        parts = [part for part in as_list(content.get("parts")) if part != {"text": ""}]
        content["parts"] = join_texts(parts, same=("thought",))
    return whole


FORMAT = Format("gemini", read_request, read_usage, meter, assemble)
