"""`…/compat/…`: OpenAI's API for many providers, of which the prefix of `model` names one (cloudflare.md 1.3).

The provider's own OpenAI-compatible endpoint answers. Of the body the model's name alone is changed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from torana.errors import BadChatFormat, UnknownProvider
from torana.formats.json import UNREADABLE
from torana.message import Reply
from torana.surfaces.bodies import plain_body
from torana.surfaces.gateway import aim

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from torana.exchange import Opening
    from torana.providers import Provider

ALIASES = {
    b"google": b"google-ai-studio",
    b"perplexity": b"perplexity-ai",
    b"x-ai": b"grok",
    b"xai": b"grok",
}
"""Prefixes that are not the provider's segment in a URL: Cloudflare's own, and its catalog's names of authors."""

_LATER = {b"dynamic": "dynamic routes are", b"cloudflare": "Cloudflare's router is"}
_MOST_DERIVED = 64
_LONGEST_DERIVED = 256
_PLACEHOLDER = re.compile(r"\{[a-z]+\}")
_FORM = "`model` is {provider}/{model}, such as openai/gpt-5-mini"
_UNLISTED = frozenset({"aws-bedrock", "azure-openai"})
"""Their names of models say nothing of what OpenAI's API takes there."""
_read = msgspec.json.Decoder(dict[str, Raw]).decode
_read_text = msgspec.json.Decoder(str).decode
_encode = msgspec.json.Encoder().encode


def derive(base: Opening, body: object, providers: Mapping[bytes, Provider]) -> tuple[Opening, bytes]:
    """The opening of one call, and its body with the model's name as the provider has it. Raises CallerError."""
    plain = plain_body(base, body)
    try:
        fields = _read(plain)
    except UNREADABLE:
        raise BadChatFormat(f"Chat completion bad format: the body is not a JSON object, in which {_FORM}") from None
    asked = bytes(fields.get("model", b""))
    if base.derived is None:
        base.derived = {}
    found = base.derived.get(asked)
    if found is None:
        found = _lead(base, asked, providers)
        if len(base.derived) >= _MOST_DERIVED:
            base.derived.clear()
        if len(asked) <= _LONGEST_DERIVED:
            base.derived[asked] = found
    opening, model = found
    if model is None:
        return opening, plain
    fields["model"] = model
    return opening, _encode(fields)


def _lead(base: Opening, asked: bytes, providers: Mapping[bytes, Provider]) -> tuple[Opening, Raw | None]:
    try:
        text = _read_text(asked)
    except UNREADABLE:
        raise BadChatFormat(f"Chat completion bad format: {_FORM}") from None
    provider, model = _split(text, providers)
    pieces = _PLACEHOLDER.split(provider.openai or "")
    *names, model = model.split("/", len(pieces) - 1)
    if len(names) != len(pieces) - 1 or not model:
        form = "/".join([provider.slug, *_PLACEHOLDER.findall(provider.openai or ""), "{model}"])
        raise BadChatFormat(f"Chat completion bad format: `{text}` is not of the form {form}")
    before = "".join(part for pair in zip(pieces, [*names, ""], strict=True) for part in pair)
    opening = replace(base, form="", derived=None, own_lines=None, packed=None)
    if base.coding:
        opening.coding = b""
        opening.headers = [h for h in base.headers if h[0] != b"content-encoding"]
    aim(opening, provider, before.encode() + base.rest.lstrip(b"/").removeprefix(b"v1/"), opening.headers)
    return opening, None if model == text else Raw(_encode(model))


def _split(text: str, providers: Mapping[bytes, Provider]) -> tuple[Provider, str]:
    """The provider, and the rest of the model's name."""
    prefix, slash, model = text.partition("/")
    if prefix == "@cf":
        prefix, slash, model = "workers-ai", "/", text
    if not (prefix and slash and model):
        raise BadChatFormat(f"Chat completion bad format: `{text}` names no provider; {_FORM}")
    slug = prefix.encode("utf-8", "replace")
    if slug in _LATER:
        raise UnknownProvider(f"Invalid provider: {_LATER[slug]} not there yet, so `{text}` leads nowhere; {_FORM}")
    provider = providers.get(ALIASES.get(slug, slug))
    if provider is None:
        raise UnknownProvider(f"Invalid provider: `{prefix}` of the model `{text}` is not one; {_FORM}")
    if provider.openai is None:
        raise UnknownProvider(
            f"Invalid provider: `{prefix}` has no OpenAI-compatible API; use its own path, …/{provider.slug}/…"
        )
    return provider, model


def list_models(known: Iterable[tuple[str, str]], providers: Mapping[bytes, Provider]) -> Reply:
    """Providers and models that are known by name, as OpenAI lists models, named as `derive` takes them."""
    data = [
        {"id": f"{slug}/{model}", "object": "model", "created": 0, "owned_by": slug}
        for slug, model in sorted(set(known))
        if (provider := providers.get(slug.encode())) is not None
        and provider.openai is not None
        and slug not in _UNLISTED
    ]
    return Reply(200, [(b"content-type", b"application/json")], _encode({"object": "list", "data": data}))
