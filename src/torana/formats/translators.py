"""The translations there are, by the name of their format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats import anthropic_messages, bedrock_converse, cohere, gemini, openai_chat, openai_responses

if TYPE_CHECKING:
    from torana.formats.translation import Translator

_FOLDERS = (openai_chat, anthropic_messages, openai_responses, cohere, gemini, bedrock_converse)

TRANSLATORS: dict[str, Translator] = {folder.TRANSLATOR.name: folder.TRANSLATOR for folder in _FOLDERS}
