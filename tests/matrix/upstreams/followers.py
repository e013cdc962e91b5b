"""Providers that follow OpenAI's chat completions, each with thoughts in a manner of its own."""

from __future__ import annotations

from msgspec.structs import replace

from matrix.asking import THOUGHT_PIECES, Json
from matrix.hearing import Scene, Upstream
from matrix.upstreams import anthropic_messages, openai_chat
from matrix.upstreams.openai_chat import OPENAI
from matrix.upstreams.wire import whole
from scripted_answers import Answer

_OPENROUTER = ("reasoning", "reasoning_details", "cache_control", "top_k", "include_reasoning")
_SIGNATURE = anthropic_messages.SIGNATURE


def _of_groq(scene: Scene, is_stream: bool) -> Answer:  # noqa: FBT001  # Upstream's shape
    return openai_chat.say(scene, is_stream, tuple({"reasoning": piece} for piece in THOUGHT_PIECES))


def _of_deepseek(scene: Scene, is_stream: bool) -> Answer:  # noqa: FBT001
    return openai_chat.say(scene, is_stream, tuple({"reasoning_content": piece} for piece in THOUGHT_PIECES))


def _of_mistral(scene: Scene, is_stream: bool) -> Answer:  # noqa: FBT001
    """Its thoughts are parts of the content."""
    texts = [{"type": "text", "text": piece} for piece in THOUGHT_PIECES]
    parts = [{"type": "thinking", "thinking": [text]} for text in texts]
    if not is_stream:
        parts = [{"type": "thinking", "thinking": texts}]
    return openai_chat.say(scene, is_stream, tuple({"content": [part]} for part in parts))


def _of_openrouter(scene: Scene, is_stream: bool) -> Answer:  # noqa: FBT001
    about: Json = {"type": "reasoning.text", "format": "anthropic-claude-v1", "index": 0}
    pieces = [{"reasoning": text, "reasoning_details": [{**about, "text": text}]} for text in THOUGHT_PIECES]
    end = {"reasoning": "", "reasoning_details": [{**about, "signature": _SIGNATURE}]}
    return openai_chat.say(scene, is_stream, (*pieces, end))


def _fail_as_mistral(status: int, message: str) -> Answer:
    kind = {400: "invalid_request_error", 401: "authentication_error", 429: "rate_limited", 500: "server_error"}
    said = {"object": "error", "message": message, "type": kind[status], "param": None, "code": "1000"}
    return whole(said, status)


def _fail_as_openrouter(status: int, message: str) -> Answer:
    return whole({"error": {"code": status, "message": message}, "user_id": "user_1"}, status)


GROQ = replace(
    OPENAI,
    name="Groq",
    slug="groq",
    model="openai/gpt-oss-120b",
    hear=openai_chat.hearing("reasoning"),
    say=_of_groq,
    has_thoughts=True,
)
DEEPSEEK = replace(
    OPENAI,
    name="DeepSeek",
    slug="deepseek",
    model="deepseek-reasoner",
    hear=openai_chat.hearing("reasoning_content"),
    say=_of_deepseek,
    has_thoughts=True,
    wants_thoughts=True,
)
MISTRAL = replace(
    OPENAI,
    name="Mistral",
    slug="mistral",
    model="magistral-medium-2509",
    paths=("/v1/chat/completions", "/v1/chat/completions"),
    say=_of_mistral,
    fail=_fail_as_mistral,
    has_thoughts=True,
)
OPENROUTER = replace(
    OPENAI,
    name="OpenRouter",
    slug="openrouter",
    model="anthropic/claude-sonnet-4.5",
    paths=("/v1/chat/completions", "/v1/chat/completions"),
    hear=openai_chat.hearing(*_OPENROUTER),
    say=_of_openrouter,
    fail=_fail_as_openrouter,
    signatures=(_SIGNATURE,),
    has_thoughts=True,
    wants_thoughts=True,
)


def also(provider: Upstream, other: Upstream, path: str, **fields: object) -> Upstream:
    """A format that a provider speaks beside its own, as `other` does."""
    return replace(other, name=provider.name, slug=provider.slug, model=provider.model, paths=(path, path), **fields)
