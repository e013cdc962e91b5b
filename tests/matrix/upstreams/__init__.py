"""The providers that the tests play, one for each format and for each manner of speaking it."""

from __future__ import annotations

from collections.abc import Mapping

from matrix.hearing import Upstream
from matrix.upstreams.anthropic_messages import ANTHROPIC
from matrix.upstreams.bedrock_converse import BEDROCK
from matrix.upstreams.cohere import COHERE
from matrix.upstreams.completions import COMPLETIONS
from matrix.upstreams.followers import DEEPSEEK, GROQ, MISTRAL, OPENROUTER, also
from matrix.upstreams.gemini import GEMINI
from matrix.upstreams.ollama import OLLAMA
from matrix.upstreams.openai_chat import OPENAI
from matrix.upstreams.openai_responses import RESPONSES

__all__ = [
    "ANTHROPIC",
    "BEDROCK",
    "COHERE",
    "DEEPSEEK",
    "GEMINI",
    "GROQ",
    "MISTRAL",
    "OLLAMA",
    "OPENAI",
    "OPENROUTER",
    "RESPONSES",
    "UPSTREAMS",
    "played",
]

UPSTREAMS = (
    OPENAI,
    RESPONSES,
    ANTHROPIC,
    GEMINI,
    BEDROCK,
    COHERE,
    OLLAMA,
    OPENROUTER,
    GROQ,
    MISTRAL,
    DEEPSEEK,
)

_NATIVE: Mapping[tuple[str, str], Upstream] = {
    ("OpenAI", "openai_responses"): also(OPENAI, RESPONSES, "/responses"),
    ("OpenRouter", "openai_responses"): also(OPENROUTER, RESPONSES, "/v1/responses"),
    ("OpenRouter", "anthropic_messages"): also(OPENROUTER, ANTHROPIC, "/v1/messages"),
    ("OpenRouter", "completions"): also(OPENROUTER, COMPLETIONS, "/v1/completions"),
    ("Groq", "openai_responses"): also(GROQ, RESPONSES, "/responses"),
    ("DeepSeek", "anthropic_messages"): also(DEEPSEEK, ANTHROPIC, "/anthropic/v1/messages"),
}


def played(upstream: Upstream, client: str) -> Upstream:
    """As this provider is met by a client of that format, which it may speak beside its own."""
    return _NATIVE.get((upstream.name, client), upstream)
