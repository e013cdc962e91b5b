"""What those who speak the hub's format take, where they refuse what they do not know."""

from __future__ import annotations

import re

_OPENAIS = re.compile(r"(?:^|[/-])(?:o\d|gpt-(?:[5-9]|\d\d)|gpt-oss|codex)(?!.*-chat)")
_EFFORTS = {
    "openai": _OPENAIS,
    "azure-openai": _OPENAIS,
    "groq": re.compile(r".*(?:gpt-oss|qwen-?3)"),
    "cerebras": re.compile(r".*(?:gpt-oss|zai-glm|qwen-?3)"),
    "grok": re.compile(r"grok-(?:3-mini|4\.|[5-9])"),
    "mistral": re.compile(r"magistral"),
    "perplexity-ai": re.compile(r"sonar-(?:reasoning|deep)"),
}
"""Models that take `reasoning_effort`, at providers that answer 400 where others are asked for it."""

_ALSO = {
    "local": frozenset({"top_k", "min_p"}),
    "fireworks": frozenset({"top_k", "min_p", "repetition_penalty"}),
    "baseten": frozenset({"top_k", "min_p", "repetition_penalty"}),
}
"""Knobs of the hub that OpenAI does not have."""
_NOTHING: frozenset[str] = frozenset()

_LESS = {
    "mistral": frozenset(
        {
            "audio",
            "function_call",
            "functions",
            "logit_bias",
            "logprobs",
            "modalities",
            "prompt_cache_key",
            "safety_identifier",
            "service_tier",
            "store",
            "stream_options",
            "top_logprobs",
            "user",
            "verbosity",
            "web_search_options",
        }
    ),
    "groq": frozenset({"logit_bias", "logprobs", "top_logprobs"}),
}
"""Knobs of OpenAI's that are refused elsewhere; Mistral states its usage whether or not it is asked."""
_UNSAID = frozenset({"stream_options"})
"""Of these, what nobody misses."""


def takes_effort(provider: str, model: str) -> bool:
    """Also of who is not known: most leave alone what they have no use for."""
    known = _EFFORTS.get(provider)
    return known is None or known.search(model) is not None


def also_takes(provider: str) -> frozenset[str]:
    return _ALSO.get(provider, _NOTHING)


def takes_not(provider: str) -> frozenset[str]:
    return _LESS.get(provider, _NOTHING)


def is_missed(name: str) -> bool:
    """Whether a caller has to be told that it was left out."""
    return name not in _UNSAID
