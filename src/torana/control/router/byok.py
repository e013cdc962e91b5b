"""Callers' own keys at providers, as the router's API manages them (openrouter.md 4.6)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from torana.catalog.hosts import HOSTS
from torana.control.operations import reading
from torana.control.provider_keys import check_key
from torana.control.router.asking import Deleted, InWorkspace, Listed, moment, page, workspace
from torana.control.router.byok_rows import (
    OwnKey,
    OwnKeyRecord,
    Region,
    change_own_key,
    create_own_key,
    delete_own_key,
    find_own_key,
    list_own_keys,
)
from torana.control.router.key_rows import find_record
from torana.control.router.operation import Asked, Data, Operation, of
from torana.control.router.refusals import BadRequest

if TYPE_CHECKING:
    from torana.control.management.operation import Site

_HOSTS = {host.slug: provider for provider, host in HOSTS.items()}
Names = Annotated[list[Annotated[str, Meta(min_length=1, max_length=256)]], Meta(min_length=1, max_length=100)]
Text = Annotated[str, Meta(min_length=1, max_length=200)]
Secret = Annotated[str, Meta(min_length=1, max_length=16 << 10)]


class ByokQuery(InWorkspace):
    provider: str | None = None


class ByokFields(Struct, kw_only=True):
    """UNSET = it stays."""

    name: Text | UnsetType | None = UNSET
    disabled: bool | UnsetType = UNSET
    is_fallback: bool | UnsetType = UNSET
    is_byok_only: bool | UnsetType = UNSET
    is_required: bool | UnsetType = UNSET
    sort_order: Annotated[int, Meta(ge=0, le=1_000_000)] | UnsetType = UNSET
    allowed_models: Names | UnsetType | None = UNSET
    allowed_api_key_hashes: Names | UnsetType | None = UNSET
    allowed_user_ids: Names | UnsetType | None = UNSET
    declared_region: Region | UnsetType | None = UNSET
    declared_zdr: bool | UnsetType | None = UNSET


class NewByok(ByokFields, kw_only=True):
    provider: str
    key: Secret
    workspace_id: str | UnsetType | None = UNSET
    """None = all workspaces."""

    def __repr__(self) -> str:
        return f"NewByok({self.provider!r}, …)"


class ByokChange(ByokFields, kw_only=True):
    key: Secret | UnsetType = UNSET

    def __repr__(self) -> str:
        return "ByokChange(…)"


def enumerate_(site: Site, asked: Asked) -> Listed:
    query = of(asked.query, ByokQuery)
    gateway_id = workspace(site, asked, query.workspace_id)
    found = list_own_keys(site.store, asked.key.account_id, gateway_id)
    chosen = [one for one in found if query.provider in {None, one.content.host}]
    return page(chosen, query, _shown)


def create(site: Site, asked: Asked) -> Data:
    """BadRequest."""
    wish = of(asked.body, NewByok)
    gateway_id = None if wish.workspace_id is None else workspace(site, asked, wish.workspace_id)
    provider = _provider(wish.provider)
    check_key(provider, wish.key)
    before = list_own_keys(site.store, asked.key.account_id, gateway_id or asked.key.gateway_id)
    orders = [one.content.sort_order for one in before if one.content.host == wish.provider]
    content = _applied(site, asked, OwnKey(host=wish.provider, sort_order=max(orders, default=-1) + 1), wish)
    return Data(_shown(create_own_key(site.store, asked.key.account_id, gateway_id, provider, wish.key, content)))


def show(site: Site, asked: Asked) -> Data:
    return Data(_shown(find_own_key(site.store, asked.key.account_id, asked.path["id"])))


def change(site: Site, asked: Asked) -> Data:
    """BadRequest."""
    wish = of(asked.body, ByokChange)
    old = find_own_key(site.store, asked.key.account_id, asked.path["id"])
    if isinstance(wish.key, str):
        check_key(old.provider, wish.key)
    content = _applied(site, asked, old.content, wish)
    return Data(_shown(change_own_key(site.store, old, content, wish.key if isinstance(wish.key, str) else None)))


def remove(site: Site, asked: Asked) -> Deleted:
    delete_own_key(site.store, asked.key.account_id, asked.path["id"])
    return Deleted()


def _provider(slug: str) -> str:
    """As in the gateway's URLs."""
    found = _HOSTS.get(slug)
    if found is None:
        raise BadRequest(f"`provider`: `{slug[:64]}` is none of {', '.join(sorted(_HOSTS))}")
    return found


def _applied(site: Site, asked: Asked, former: OwnKey, wish: ByokFields) -> OwnKey:
    said = {name: getattr(wish, name) for name in ByokFields.__struct_fields__}
    new = msgspec.structs.replace(former, **{name: value for name, value in said.items() if value is not UNSET})
    if new.is_fallback and (new.is_byok_only or new.is_required):
        raise BadRequest("`is_fallback` cannot be combined with `is_byok_only` or `is_required`")
    with reading(site.store) as connection:
        for hash_ in new.allowed_api_key_hashes or ():
            key = find_record(connection, hash_)
            if key is None or key.account_id != asked.key.account_id:
                raise BadRequest(f"`allowed_api_key_hashes`: there is no API key with the hash `{hash_[:64]}`")
    return new


def _shown(record: OwnKeyRecord) -> dict[str, object]:
    content = msgspec.structs.asdict(record.content)
    host = content.pop("host")
    return {
        "id": record.id,
        "provider": host,
        "label": record.label,
        "workspace_id": record.gateway_id,
        **content,
        "created_at": moment(record.created_ms),
    }


_row = partial(Operation, access="management")

OPERATIONS = (
    _row(name="list_byok_keys", method="GET", path="/byok", answer=enumerate_, query=ByokQuery),
    _row(name="create_byok_key", method="POST", path="/byok", answer=create, body=NewByok, status=201),
    _row(name="get_byok_key", method="GET", path="/byok/{id}", answer=show),
    _row(name="update_byok_key", method="PATCH", path="/byok/{id}", answer=change, body=ByokChange),
    _row(name="delete_byok_key", method="DELETE", path="/byok/{id}", answer=remove),
)
