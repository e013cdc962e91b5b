"""Thoughts that stand among the parts of an answer's content, as Mistral has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.json import as_list, as_object, as_text

if TYPE_CHECKING:
    from torana.formats.json import Json


def untangled(message: Json) -> Json:
    """A message or a delta as the hub has it: its content is a text, and its thoughts are `reasoning`."""
    content = message.get("content")
    if not isinstance(content, list):
        return message
    parts = [as_object(part) for part in content]
    told = {**message, "content": "".join([as_text(part.get("text")) for part in parts])}
    thoughts = "".join([_thought(part.get("thinking")) for part in parts])
    return {**told, "reasoning": thoughts} if thoughts else told


def _thought(value: object) -> str:
    if isinstance(value, str):
        return value
    return "".join([as_text(as_object(part).get("text")) for part in as_list(value)])
