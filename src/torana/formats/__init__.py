"""LLM wire formats as pure functions: no I/O, no clock.

To add one: a module that ends in its `Format`, its name in the tuple below, its cases in `tests/golden/usage`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats import (
    anthropic_messages,
    bedrock_converse,
    bedrock_invoke,
    cohere,
    completions,
    embeddings,
    gemini,
    ollama,
    openai_chat,
    openai_responses,
    raw,
    workers_ai,
)

if TYPE_CHECKING:
    from torana.exchange import Format

_MODULES = (
    openai_chat,
    openai_responses,
    completions,
    anthropic_messages,
    gemini,
    bedrock_converse,
    bedrock_invoke,
    cohere,
    ollama,
    workers_ai,
    embeddings,
    raw,
)

FORMATS: dict[str, Format] = {module.FORMAT.name: module.FORMAT for module in _MODULES}
