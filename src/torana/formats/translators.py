"""The translations there are, by the name of their format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats import (
    anthropic_messages,
    bedrock_converse,
    bedrock_invoke,
    cohere,
    completions,
    gemini,
    ollama,
    openai_chat,
    openai_responses,
)

if TYPE_CHECKING:
    from torana.formats.translation import Translator

_FOLDERS = (openai_chat, anthropic_messages, openai_responses, cohere, completions, gemini, bedrock_converse, ollama)

_SEVERAL = (bedrock_invoke.claude, bedrock_invoke.nova)
"""Of formats whose bodies are those of the model."""

TRANSLATORS: dict[str, Translator] = {each.TRANSLATOR.name: each.TRANSLATOR for each in (*_FOLDERS, *_SEVERAL)}
