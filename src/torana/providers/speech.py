"""The formats that an upstream speaks, and where in it."""

from __future__ import annotations

import re

from msgspec import Struct

CHATS = (
    "openai_chat",
    "openai_responses",
    "anthropic_messages",
    "gemini",
    "bedrock_converse",
    "bedrock_invoke",
    "cohere",
    "ollama",
    "completions",
)
"""Formats of a conversation: any of them can be told in any other."""


class Speech(Struct, frozen=True):
    """One format at one provider. Paths are what follows the provider's segment in a gateway's URL.

    `{model}` in them is the model's name. Other names in braces are what the provider's key says of where it is for
    (`{region}`, `{project}`), or else the segments that the caller's name of the model begins with (`{resource}`).
    """

    format: str
    path: str
    stream_path: str = ""
    """Where a stream is to be had; empty = on the same path."""
    translator: str = ""
    """Where several translations share a format; empty = the format's own."""
    models: re.Pattern[str] | None = None
    """The models that have it; None = all."""
    is_only: bool = False
    """Those models have nothing else."""
    slot: bytes = b""
    """The header field that a key travels in there; empty = the provider's usual one."""
    count_path: str = ""
    """Where tokens are counted before a request is made; empty = nowhere."""

    def has(self, model: str) -> bool:
        return self.models is None or self.models.match(model) is not None

    @property
    def spoken(self) -> str:
        """The name of its translation."""
        return self.translator or self.format


def openai(prefix: str = "", *others: str) -> tuple[Speech, ...]:
    """Chat completions under `prefix`, and what else of OpenAI's there is."""
    return tuple(Speech(name, prefix + _ENDS[name]) for name in ("openai_chat", *others))


_ENDS = {
    "openai_chat": "chat/completions",
    "openai_responses": "responses",
    "completions": "completions",
    "embeddings": "embeddings",
    "anthropic_messages": "messages",
}
RESPONSES, COMPLETIONS, EMBEDDINGS, MESSAGES = "openai_responses", "completions", "embeddings", "anthropic_messages"
