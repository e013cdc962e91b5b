"""The translations there are, by the name of their format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats import (
    anthropic_messages,
    bedrock_converse,
    cohere,
    completions,
    gemini,
    ollama,
    openai_chat,
    openai_responses,
)

if TYPE_CHECKING:
    from torana.formats.translation import Translator

_FOLDERS = (
    openai_chat,
    anthropic_messages,
    openai_responses,
    cohere,
    completions,
    gemini,
    bedrock_converse,
    ollama,
)

TRANSLATORS: dict[str, Translator] = {folder.TRANSLATOR.name: folder.TRANSLATOR for folder in _FOLDERS}
