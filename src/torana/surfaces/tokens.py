"""Whose key is this? Tokens of providers, known by their shape."""

from __future__ import annotations

import re

import msgspec

from torana.errors import CallerError

_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("openrouter", re.compile(r"sk-or-[\w-]{16,}")),
    ("anthropic", re.compile(r"sk-ant-[\w-]{16,}")),
    ("openai", re.compile(r"sk-(?:proj|svcacct|None|admin)-[\w-]{16,}|sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}")),
    ("google-ai-studio", re.compile(r"AIza[\w-]{30,}")),
    ("groq", re.compile(r"gsk_\w{20,}")),
    ("grok", re.compile(r"xai-[\w-]{20,}")),
    ("perplexity-ai", re.compile(r"pplx-\w{20,}")),
    ("cerebras", re.compile(r"csk-\w{20,}")),
    ("fireworks", re.compile(r"fw_\w{16,}")),
    ("replicate", re.compile(r"r8_\w{20,}")),
    ("huggingface", re.compile(r"hf_\w{20,}")),
    ("deepseek", re.compile(r"sk-[0-9a-f]{32}")),
)
"""By the provider's segment in the gateway's URLs; as their own documentation and consoles show keys."""
_read = msgspec.json.Decoder(dict[str, str]).decode


def provider_of(token: str) -> str:
    """The provider that gives out keys of this shape; empty = none that is known."""
    return next((provider for provider, shape in _SHAPES if shape.fullmatch(token)), "")


def inline_keys(header: bytes) -> dict[str, str]:
    """`X-Provider-API-Keys`, a JSON object of keys by the provider's slug (openrouter.md 1.1). CallerError."""
    try:
        return {slug.lower(): key.strip() for slug, key in _read(header).items() if key.strip()}
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise CallerError("`X-Provider-API-Keys` must be a JSON object of keys by provider") from None
