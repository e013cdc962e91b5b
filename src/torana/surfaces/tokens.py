"""Whose key is this? Tokens of providers, known by their shape."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from torana.errors import CallerError
from torana.keys import is_router_key

if TYPE_CHECKING:
    from collections.abc import Container

    from torana.message import Headers

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
_ROUTERS = re.compile(rb"sk-or-v1-[0-9a-f]{64}(?![0-9a-f])")
_read = msgspec.json.Decoder(dict[str, str]).decode


OPENROUTER = "openrouter"
INLINE = b"x-provider-api-keys"
_MARK = b"sk-or-"


def token_in(headers: Headers) -> str:
    """What a client of OpenRouter shows, in either of the two places; empty = nothing."""
    found = b""
    for name, value in headers:
        if name == b"authorization":
            return _bare(value)
        if name == b"x-api-key":
            found = value
    return _bare(found)


def _bare(value: bytes) -> str:
    return value.strip().rpartition(b" ")[2].decode("latin-1")


def is_openrouters(headers: Headers) -> bool:
    """Whether the caller shows a token of OpenRouter's own, and none that was made here."""
    if not any(_MARK in value for name, value in headers if name in (b"authorization", b"x-api-key")):
        return False
    token = token_in(headers)
    return not is_router_key(token) and provider_of(token) == OPENROUTER


def names_provider(headers: Headers) -> bool:
    """Whether the caller may have brought a key of the provider that makes a model."""
    if any(name == INLINE for name, _ in headers):
        return True
    return provider_of(token_in(headers)) not in ("", OPENROUTER)


def leaks(headers: Headers, secret: Container[bytes]) -> bool:
    """Whether a key of a router such as this one is among the credentials: it is for nobody else."""
    return any(
        _MARK in value and name in secret and is_router_key(found.decode())
        for name, value in headers
        for found in _ROUTERS.findall(value)
    )


def provider_of(token: str) -> str:
    """The provider that gives out keys of this shape; empty = none that is known."""
    return next((provider for provider, shape in _SHAPES if shape.fullmatch(token)), "")


def inline_keys(header: bytes) -> dict[str, str]:
    """`X-Provider-API-Keys`, a JSON object of keys by the provider's slug (openrouter.md 1.1). CallerError."""
    try:
        return {slug.lower(): key.strip() for slug, key in _read(header).items() if key.strip()}
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise CallerError("`X-Provider-API-Keys` must be a JSON object of keys by provider") from None
