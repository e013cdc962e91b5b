"""The translations of embeddings there are, by the format that their provider chats in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.embeddings import bedrock, cohere, gemini

if TYPE_CHECKING:
    from torana.formats.embeddings.translation import EmbeddingsTranslator

_MODULES = (cohere, bedrock, gemini)

EMBEDDINGS: dict[str, EmbeddingsTranslator] = {module.TRANSLATOR.name: module.TRANSLATOR for module in _MODULES}
