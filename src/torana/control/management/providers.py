"""The operation that lists all providers that gateways can call, and the keys kept for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from torana.control.custom_providers import CustomProvider, list_providers, read_headers
from torana.control.management.operation import Asked, One, Operation, Site
from torana.control.provider_keys import list_keys
from torana.providers import PROVIDERS
from torana.providers.custom import PREFIX, holds_secret
from torana.providers.described import DESCRIPTIONS

if TYPE_CHECKING:
    from torana.control.provider_keys import ProviderKey
    from torana.providers import Provider


class ProviderObject(Struct, kw_only=True):
    """An upstream, built in or of the account's own."""

    slug: str
    """As it stands in a gateway's URLs."""
    name: str
    website: str | None
    """Where a key is to be had, or what the account says of a provider of its own."""
    key_hint: str | None
    """What a key of it looks like; null = nothing tells it from others."""
    formats: list[str]
    """Wire formats that it speaks, the preferred one first. Callers may speak any of them that is a conversation."""
    is_custom: bool
    needs_key: bool
    """False: it takes none, or its own headers have it."""
    has_key_in: list[str]
    """Gateways that keep a key for it."""
    base_path: str
    """Its place under the server's URL, with `{gateway_id}` to be filled in."""


def list_(site: Site, asked: Asked) -> One[list[ProviderObject]]:
    account_id, token = asked.path["account_id"], asked.token
    keys = [key for key in list_keys(site.store, account_id) if token.reaches(key.gateway_id)]
    with site.store.database.reader.connect() as connection:
        own = [one for one in list_providers(connection, account_id) if one.fields.enable]
    found = [_built_in(provider, account_id, keys) for provider in PROVIDERS.values()]
    return One(result=found + [_custom(one, account_id, keys) for one in own])


def _built_in(provider: Provider, account_id: str, keys: list[ProviderKey]) -> ProviderObject:
    described = DESCRIPTIONS[provider.slug]
    return ProviderObject(
        slug=provider.slug,
        name=described.name,
        website=described.website,
        key_hint=described.key_hint,
        formats=list(dict.fromkeys(speech.format for speech in provider.speaks)),
        is_custom=False,
        needs_key=described.needs_key,
        has_key_in=_gateways(keys, provider.slug),
        base_path=_path(account_id, provider.slug),
    )


def _custom(one: CustomProvider, account_id: str, keys: list[ProviderKey]) -> ProviderObject:
    """It has the formats of any path; OpenAI's is what it is asked in by who speaks another."""
    slug = PREFIX + one.fields.slug
    return ProviderObject(
        slug=slug,
        name=one.fields.name,
        website=one.fields.link,
        key_hint=None,
        formats=["openai_chat", "embeddings"],
        is_custom=True,
        needs_key=not any(map(holds_secret, read_headers(one.fields.headers))),
        has_key_in=_gateways(keys, slug),
        base_path=_path(account_id, slug),
    )


def _gateways(keys: list[ProviderKey], slug: str) -> list[str]:
    return sorted({key.gateway_id for key in keys if key.provider == slug})


def _path(account_id: str, slug: str) -> str:
    return f"/v1/{account_id}/{{gateway_id}}/{slug}"


OPERATIONS = (
    Operation(
        name="list_providers",
        method="GET",
        path="/accounts/{account_id}/ai-gateway/providers",
        summary="List all providers that gateways can call, the account's own last.",
        tag="Provider keys",
        permission="read",
        answer=list_,
        result=One[list[ProviderObject]],
    ),
)
