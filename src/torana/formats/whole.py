"""A whole completion as chunks, and back: for upstreams that do not as they were asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.json import as_list, as_object
from torana.formats.openai_chat.passing import joined

if TYPE_CHECKING:
    from torana.formats.json import Json


def to_chunks(reply: Json) -> list[Json]:
    """What a stream would have said: all at once, then why it ended, then what was used."""
    chunks: list[Json] = []
    for choice in map(as_object, as_list(reply.get("choices"))):
        message = as_object(choice.get("message"))
        delta = {name: value for name, value in message.items() if value is not None}
        calls = as_list(message.get("tool_calls"))
        if calls:
            delta["tool_calls"] = [{**as_object(call), "index": number} for number, call in enumerate(calls)]
        ends = {name: value for name, value in choice.items() if name != "message"}
        chunks.append({"choices": [{**ends, "delta": delta, "finish_reason": None}]})
        chunks.append({"choices": [{**ends, "delta": {}, "logprobs": None}]})
    if reply.get("usage"):
        chunks.append({"choices": [], "usage": reply["usage"]})
    return chunks


def from_chunks(chunks: list[Json]) -> Json:
    """The completion that they add up to."""
    return joined(chunks)
