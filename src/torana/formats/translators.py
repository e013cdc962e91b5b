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
from torana.formats.anthropic_messages import vertex

if TYPE_CHECKING:
    from torana.formats.translation import Translator

_FOLDERS = (openai_chat, anthropic_messages, openai_responses, cohere, completions, gemini, bedrock_converse, ollama)

_SEVERAL = (bedrock_invoke.claude, bedrock_invoke.nova, vertex)
"""Of models whose hosts have put something of their own around their formats."""

TRANSLATORS: dict[str, Translator] = {each.TRANSLATOR.name: each.TRANSLATOR for each in (*_FOLDERS, *_SEVERAL)}
