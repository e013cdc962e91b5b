"""Claude on Vertex AI: Anthropic's messages, but for the model's name, which the path has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from torana.formats import anthropic_messages

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Brief

_VERSION = "vertex-2023-10-16"
_MESSAGES = anthropic_messages.TRANSLATOR


def request_from_chat(chat: Json, brief: Brief) -> Json:
    """The version stands in the body, and not in a header."""
    told = _MESSAGES.request_from_chat(chat, brief)
    brief.headers = [field for field in brief.headers if field[0] != b"anthropic-version"]
    told.pop("model", None)
    return {"anthropic_version": _VERSION} | told


TRANSLATOR = replace(
    _MESSAGES,
    name="vertex_claude",
    format=_MESSAGES.name,
    request_from_chat=request_from_chat,
    inlines=("image_url", "file"),
)
