"""Providers of an account's own and what their models cost, as the store has them (cloudflare.md 12.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import msgspec
import sqlalchemy as sa
from msgspec import Meta, Struct

from torana.catalog.own import Rule
from torana.control.refusals import NoSuchThing, ProviderNotFound
from torana.control.safe import Sealed
from torana.providers.custom import holds_secret
from torana.sealing import headers_context_of
from torana.snapshot import CustomProviderConfig
from torana.storage.tables import custom_costs, custom_providers

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from torana.control.operations import Store

    AnyRow: TypeAlias = Row[tuple[object, ...]]

Rate: TypeAlias = Annotated[float, Meta(ge=0, le=1_000_000)]
"""USD a token."""

HIDDEN = "***"
"""Stands for a header's value that is shown to nobody; sent back, it changes nothing."""


class ProviderFields(Struct, kw_only=True):
    """What can be set of a provider."""

    name: str
    slug: str
    base_url: str
    description: str | None = None
    link: str | None = None
    enable: bool = False
    beta: bool = False
    headers: str | None = None
    """A JSON object of text."""
    curl_example: str | None = None
    js_example: str | None = None
    position: int | None = None


class CustomProvider(Struct, frozen=True):
    id: str
    account_id: str
    fields: ProviderFields
    """Its headers with HIDDEN for what is sealed."""
    created_ms: int
    modified_ms: int
    sealed: Sealed | None = None
    """Headers that hold secrets; None = there are none, or they were kept by a version that did not seal."""


class TokenPricing(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """USD a token, by kind; a kind without a rate costs what the whole that it is part of does."""

    input_tokens: Rate | None = None
    output_tokens: Rate | None = None
    total_tokens: Rate | None = None
    """Besides what each kind costs."""
    input_text_tokens: Rate | None = None
    input_cached_tokens: Rate | None = None
    input_cache_creation_tokens: Rate | None = None
    input_audio_tokens: Rate | None = None
    input_image_tokens: Rate | None = None
    input_image_count: Rate | None = None
    input_video_tokens: Rate | None = None
    output_reasoning_tokens: Rate | None = None
    output_image_count: Rate | None = None


class CostFields(Struct, kw_only=True):
    """What can be set of a cost rule, but for the provider that it is of."""

    model: str
    model_rule: Rule = "equals"
    cost_type: Literal["tokens"] = "tokens"
    cost_in: float | None = None
    cost_out: float | None = None
    enable: bool = True
    token_pricing: TokenPricing | None = None


class CustomCost(Struct, frozen=True):
    id: str
    account_id: str
    provider_id: str
    fields: CostFields
    created_ms: int
    modified_ms: int


def read_headers(text: str | None) -> dict[str, str]:
    """ValueError for what is no JSON object of text."""
    if not text or not text.strip():
        return {}
    try:
        return msgspec.json.decode(text, type=dict[str, str])
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"it is a JSON object of text, as text: {error}") from error


def shown_headers(text: str | None) -> str | None:
    """Without the values of those that hold secrets."""
    headers = read_headers(text)
    if not headers:
        return text
    shown = {name: HIDDEN if holds_secret(name) else value for name, value in headers.items()}
    return msgspec.json.encode(shown).decode()


def reveal_headers(connection: Connection, store: Store, one: CustomProvider) -> dict[str, str]:
    """As they are sent. MasterKeyError, KeyUnreadable."""
    headers = read_headers(one.fields.headers)
    if one.sealed is None:
        return headers
    context = headers_context_of(one.account_id, one.id)
    text = store.masters.vault(connection).reveal(one.sealed.data_key_id, one.sealed.sealed, context)
    return headers | read_headers(text)


def sealed_columns(connection: Connection, store: Store, one: CustomProvider) -> dict[str, str | None]:
    """How the store keeps the headers of a provider, given as they are sent: what holds a secret is sealed.

    MasterKeyError, KeyUnreadable.
    """
    headers = read_headers(one.fields.headers)
    hidden = {name: value for name, value in headers.items() if holds_secret(name)}
    values: dict[str, str | None] = {"headers": shown_headers(one.fields.headers)}
    if not hidden:
        return values | {"data_key_id": None, "sealed_headers": None}
    text, context = msgspec.json.encode(hidden).decode(), headers_context_of(one.account_id, one.id)
    sealed = store.masters.seal(connection, store.now_ms(), text, context)
    return values | {"data_key_id": sealed.data_key_id, "sealed_headers": sealed.sealed}


def list_providers(connection: Connection, account_id: str | None = None) -> list[CustomProvider]:
    """By position, then name; None = of all accounts."""
    query = sa.select(custom_providers).order_by(
        custom_providers.c.position.is_(None), custom_providers.c.position, custom_providers.c.name
    )
    if account_id is not None:
        query = query.where(custom_providers.c.account_id == account_id)
    return [_provider(row) for row in connection.execute(query)]


def find_provider(connection: Connection, account_id: str, provider_id: str) -> CustomProvider:
    """ProviderNotFound where it is not there."""
    wanted = custom_providers.c.account_id == account_id, custom_providers.c.id == provider_id
    row = connection.execute(sa.select(custom_providers).where(*wanted)).one_or_none()
    if row is None:
        raise ProviderNotFound("Custom Provider not found")
    return _provider(row)


def list_costs(connection: Connection, account_id: str | None = None) -> list[CustomCost]:
    """Oldest first; None = of all accounts."""
    query = sa.select(custom_costs).order_by(custom_costs.c.created_ms, custom_costs.c.id)
    if account_id is not None:
        query = query.where(custom_costs.c.account_id == account_id)
    return [_cost(row) for row in connection.execute(query)]


def find_cost(connection: Connection, account_id: str, cost_id: str) -> CustomCost:
    """NoSuchThing where it is not there."""
    wanted = custom_costs.c.account_id == account_id, custom_costs.c.id == cost_id
    row = connection.execute(sa.select(custom_costs).where(*wanted)).one_or_none()
    if row is None:
        raise NoSuchThing(f"there is no cost rule `{cost_id}`")
    return _cost(row)


def compiled_providers(connection: Connection) -> list[CustomProviderConfig]:
    """What workers are told: those that are switched on."""
    return [_compiled(one) for one in list_providers(connection) if one.fields.enable]


def _compiled(one: CustomProvider) -> CustomProviderConfig:
    config = CustomProviderConfig(one.account_id, one.fields.slug, one.fields.base_url, id=one.id)
    headers = read_headers(one.fields.headers).items()
    if one.sealed is None:
        return msgspec.structs.replace(config, headers=[*headers])
    return msgspec.structs.replace(
        config,
        headers=[(name, value) for name, value in headers if value != HIDDEN],
        data_key_id=one.sealed.data_key_id,
        sealed_headers=one.sealed.sealed,
    )


def _provider(row: AnyRow) -> CustomProvider:
    fields = ProviderFields(**{name: getattr(row, name) for name in ProviderFields.__struct_fields__})
    sealed = None if row.data_key_id is None else Sealed(row.data_key_id, row.sealed_headers)
    return CustomProvider(row.id, row.account_id, fields, row.created_ms, row.modified_ms, sealed)


def _cost(row: AnyRow) -> CustomCost:
    fields = {name: getattr(row, name) for name in CostFields.__struct_fields__}
    if row.token_pricing is not None:
        fields["token_pricing"] = msgspec.json.decode(row.token_pricing, type=TokenPricing)
    return CustomCost(row.id, row.account_id, row.provider_id, CostFields(**fields), row.created_ms, row.modified_ms)
