"""The translations of embeddings there are: of providers, by the format that they chat in, and of clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.embeddings import bedrock, cohere, from_gemini, gemini
from torana.formats.embeddings.passing import FORMAT
from torana.formats.embeddings.translation import EmbeddingsClient, EmbeddingsTranslator
from torana.formats.openai_chat.errors import error_from_chat, error_to_chat

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Brief, Turn


def _as_it_is(request: Json, brief: Brief) -> Json:  # noqa: ARG001  # a translation's shape
    return request


def _reply_as_it_is(reply: Json, turn: Turn) -> Json:  # noqa: ARG001  # a translation's shape
    return reply


_MODULES = (cohere, bedrock, gemini)
_OPENAI = EmbeddingsTranslator(FORMAT.name, _as_it_is, _reply_as_it_is, error_to_chat)

EMBEDDINGS: dict[str, EmbeddingsTranslator] = {
    FORMAT.name: _OPENAI,
    **{module.TRANSLATOR.name: module.TRANSLATOR for module in _MODULES},
}
CLIENTS: dict[str, EmbeddingsClient] = {
    FORMAT.name: EmbeddingsClient(_as_it_is, _reply_as_it_is, error_from_chat),
    "gemini": from_gemini.CLIENT,
}
