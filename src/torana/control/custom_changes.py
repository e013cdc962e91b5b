"""Changes to an account's own providers and their costs: checked, stored, and told to the workers."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa

from torana.control.audit import Resource, audit
from torana.control.custom_providers import (
    HIDDEN,
    CostFields,
    CustomCost,
    CustomProvider,
    ProviderFields,
    TokenPricing,
    find_cost,
    find_provider,
    list_costs,
    list_providers,
    read_headers,
    reveal_headers,
    sealed_columns,
)
from torana.control.operations import bump, changing, list_accounts
from torana.control.refusals import BadBaseUrl, InvalidInput, NoSuchThing, SlugTaken
from torana.providers.custom import SLUG, check_headers, custom
from torana.storage.tables import custom_costs, custom_providers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from torana.control.operations import Store

UNCOUNTED = ("input_image_tokens", "input_image_count", "input_video_tokens", "output_image_count")
"""What no answer's usage is read for; a price for it would be kept and never charged."""


def create_provider(store: Store, account_id: str, fields: ProviderFields) -> CustomProvider:
    """BadBaseUrl, SlugTaken or InvalidInput where it may not be."""
    _check_account(store, account_id)
    fields = _checked(store, fields, {})
    now = store.now_ms()
    made = CustomProvider(str(uuid.uuid4()), account_id, fields, now, now)
    with changing(store) as connection:
        _check_slug_is_free(connection, account_id, fields.slug, "")
        row = _row(connection, store, made) | {"id": made.id, "account_id": account_id}
        connection.execute(sa.insert(custom_providers).values(row | {"created_ms": now, "modified_ms": now}))
        audit(connection, store, "create", _resource(made), new=_value(fields))
        bump(connection)
        return find_provider(connection, account_id, made.id)


def update_provider(store: Store, account_id: str, provider_id: str, changed: Mapping[str, object]) -> CustomProvider:
    """`changed` has names and values of ProviderFields. ProviderNotFound, and as `create_provider`."""
    with changing(store) as connection:
        found = find_provider(connection, account_id, provider_id)
        wish = msgspec.structs.replace(found.fields, **changed)
        known = reveal_headers(connection, store, found) if HIDDEN in (wish.headers or "") else {}
        fields = _checked(store, wish, known)
        _check_slug_is_free(connection, found.account_id, fields.slug, found.id)
        now = max(store.now_ms(), found.modified_ms)
        row = _row(connection, store, msgspec.structs.replace(found, fields=fields)) | {"modified_ms": now}
        connection.execute(sa.update(custom_providers).where(custom_providers.c.id == found.id).values(row))
        audit(connection, store, "update", _resource(found), _value(found.fields), _value(fields))
        bump(connection)
        return find_provider(connection, account_id, found.id)


def delete_provider(store: Store, account_id: str, provider_id: str) -> CustomProvider:
    """As it was; its cost rules go with it. ProviderNotFound where it is not there."""
    with changing(store) as connection:
        found = find_provider(connection, account_id, provider_id)
        for cost in list_costs(connection, account_id):
            if cost.provider_id == found.id:
                _drop_cost(store, connection, cost)
        connection.execute(sa.delete(custom_providers).where(custom_providers.c.id == found.id))
        audit(connection, store, "delete", _resource(found), old=_value(found.fields))
        bump(connection)
    return found


def create_cost(store: Store, account_id: str, provider_id: str, fields: CostFields) -> CustomCost:
    """ProviderNotFound or InvalidInput where it may not be."""
    _check_cost(fields)
    now = store.now_ms()
    made = CustomCost(str(uuid.uuid4()), account_id, provider_id, fields, now, now)
    row = _cost_row(fields) | {"id": made.id, "account_id": account_id, "provider_id": provider_id}
    with changing(store) as connection:
        find_provider(connection, account_id, provider_id)
        connection.execute(sa.insert(custom_costs).values(row | {"created_ms": now, "modified_ms": now}))
        audit(connection, store, "create", _resource(made), new=fields)
        bump(connection)
    return made


def update_cost(store: Store, account_id: str, cost_id: str, changed: Mapping[str, object]) -> CustomCost:
    """`changed` has names and values of CostFields. NoSuchThing or InvalidInput where it may not be."""
    with changing(store) as connection:
        found = find_cost(connection, account_id, cost_id)
        fields = msgspec.structs.replace(found.fields, **changed)
        _check_cost(fields)
        now = max(store.now_ms(), found.modified_ms)
        row = _cost_row(fields) | {"modified_ms": now}
        connection.execute(sa.update(custom_costs).where(custom_costs.c.id == found.id).values(row))
        audit(connection, store, "update", _resource(found), found.fields, fields)
        bump(connection)
    return msgspec.structs.replace(found, fields=fields, modified_ms=now)


def delete_cost(store: Store, account_id: str, cost_id: str) -> CustomCost:
    """As it was. NoSuchThing where it is not there."""
    with changing(store) as connection:
        found = find_cost(connection, account_id, cost_id)
        _drop_cost(store, connection, found)
        return found


def _drop_cost(store: Store, connection: Connection, found: CustomCost) -> None:
    connection.execute(sa.delete(custom_costs).where(custom_costs.c.id == found.id))
    audit(connection, store, "delete", _resource(found), old=found.fields)
    bump(connection)


def _row(connection: Connection, store: Store, one: CustomProvider) -> dict[str, object]:
    """What can be set of it, as columns; its headers given as they are sent."""
    return msgspec.structs.asdict(one.fields) | sealed_columns(connection, store, one)


def _resource(one: CustomProvider | CustomCost) -> Resource:
    kind = "custom_provider" if isinstance(one, CustomProvider) else "custom_cost"
    return Resource(one.account_id, f"ai_gateway.{kind}", one.id)


def _value(fields: ProviderFields) -> dict[str, object]:
    """A provider as the audit log has it: its headers as an object, whose secrets are hidden there."""
    return msgspec.structs.asdict(fields) | {"headers": read_headers(fields.headers)}


def _check_account(store: Store, account_id: str) -> None:
    if account_id not in {account.id for account in list_accounts(store)}:
        raise NoSuchThing(f"there is no account `{account_id}`")


def _checked(store: Store, fields: ProviderFields, known: Mapping[str, str]) -> ProviderFields:
    """With the values that stood behind HIDDEN."""
    if not fields.name.strip():
        raise InvalidInput("a provider needs a name", "body", "name")
    if not SLUG.fullmatch(fields.slug):
        raise InvalidInput(
            f"`{fields.slug}` cannot be a slug: use 1 to 64 letters, digits and `_`, with single `-` between",
            "body",
            "slug",
        )
    _check_base_url(store, fields)
    try:
        headers = {name: _revealed(name, value, known) for name, value in read_headers(fields.headers).items()}
        check_headers([*headers.items()])
    except ValueError as error:
        raise InvalidInput(str(error), "body", "headers") from error
    text = msgspec.json.encode(headers).decode() if headers else fields.headers
    return msgspec.structs.replace(fields, headers=text)


def _check_base_url(store: Store, fields: ProviderFields) -> None:
    url = fields.base_url
    is_plain = url.startswith("http://") and store.reach.has_private
    if not url.startswith("https://") and not is_plain:
        raise BadBaseUrl(
            "base_url must be a valid HTTPS URL starting with https://; http:// is for networks "
            "that the operator allows with `allow_private_upstreams`"
        )
    try:
        custom(fields.slug, url)
    except ValueError as error:
        raise BadBaseUrl(f"base_url must be a valid HTTPS URL starting with https://: {error}") from error


def _revealed(name: str, value: str, known: Mapping[str, str]) -> str:
    if value != HIDDEN:
        return value
    if name not in known:
        raise ValueError(f"`{HIDDEN}` stands for a value of `{name}` that is not shown, and there is none yet")
    return known[name]


def _check_slug_is_free(connection: Connection, account_id: str, slug: str, own_id: str) -> None:
    if any(one.fields.slug == slug and one.id != own_id for one in list_providers(connection, account_id)):
        raise SlugTaken("A custom provider with this slug already exists")


def _check_cost(fields: CostFields) -> None:
    if not fields.model:
        raise InvalidInput("a cost rule names a model, or a part of its name", "body", "model")
    pricing = fields.token_pricing or TokenPricing()
    for name in UNCOUNTED:
        if getattr(pricing, name):
            raise InvalidInput(
                f"`{name}` cannot have a price: Torana does not count it yet; leave it out, or send 0",
                *("body", "token_pricing", name),
            )
    rates = [fields.cost_in, fields.cost_out, *msgspec.structs.astuple(pricing)]
    if all(rate is None for rate in rates):
        raise InvalidInput("a cost rule without a price prices nothing: send `cost_in` and `cost_out`", "body")


def _cost_row(fields: CostFields) -> dict[str, object]:
    pricing = fields.token_pricing
    text = None if pricing is None else msgspec.json.encode(pricing).decode()
    return msgspec.structs.asdict(fields) | {"token_pricing": text}
