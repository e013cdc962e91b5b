"""What workers are told of a workspace: its guardrails, its presets, its callers' own keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from torana.snapshot import ByokConfig, RouterConfig
from torana.storage.tables import (
    byok_keys,
    gateways,
    guardrail_assignments,
    guardrails,
    presets,
    router_keys,
    workspaces,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

_decode = msgspec.json.Decoder(dict[str, object]).decode
Workspace = tuple[str, str]
"""Account and gateway."""


def compiled_routers(connection: Connection) -> list[RouterConfig]:
    """Of those workspaces in which anything was configured."""
    guarded, named, traits = _guardrails(connection), _presets(connection), _traits(connection)
    owned = _byok(connection)
    return [
        RouterConfig(
            "/".join(workspace),
            guardrails=guarded.get(workspace, {}),
            presets=named.get(workspace, {}),
            byok=owned.get(workspace, []),
            default_model=traits.get(workspace, _PLAIN).default_text_model or "",
            default_sort=traits.get(workspace, _PLAIN).default_provider_sort or "",
        )
        for workspace in sorted(guarded.keys() | named.keys() | traits.keys() | owned.keys())
    ]


def forget_workspace(connection: Connection, account_id: str, gateway_id: str) -> None:
    """To be called where a gateway goes: another one of its name must find nothing of it, least of all keys."""
    row = guardrail_assignments.c
    for table, name, mine in (
        (guardrails, row.guardrail_id, guardrails.c.id),
        (router_keys, row.key_hash, router_keys.c.hash),
    ):
        gone = sa.select(mine).where(*_of(table, account_id, gateway_id))
        connection.execute(sa.delete(guardrail_assignments).where(name.in_(gone)))
    for table in (guardrails, router_keys, presets, workspaces, byok_keys):
        connection.execute(sa.delete(table).where(*_of(table, account_id, gateway_id)))


def _of(table: sa.Table, account_id: str, gateway_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return table.c.account_id == account_id, table.c.gateway_id == gateway_id


class Defaults(Struct):
    """What workers are told of `workspace_rows.Traits`."""

    default_text_model: str | None = None
    default_provider_sort: str | None = None


_PLAIN = Defaults()


def _traits(connection: Connection) -> dict[Workspace, Defaults]:
    row = workspaces.c
    found = connection.execute(sa.select(row.account_id, row.gateway_id, row.content))
    return {(one.account_id, one.gateway_id): msgspec.json.decode(one.content, type=Defaults) for one in found}


def _guardrails(connection: Connection) -> dict[Workspace, dict[str, dict[str, object]]]:
    row = guardrails.c
    query = sa.select(row.account_id, row.gateway_id, row.id, row.content).order_by(row.created_ms, row.id)
    found: dict[Workspace, dict[str, dict[str, object]]] = {}
    for one in connection.execute(query):
        found.setdefault((one.account_id, one.gateway_id), {})[one.id] = _decode(one.content)
    return found


def _presets(connection: Connection) -> dict[Workspace, dict[str, dict[str, object]]]:
    row = presets.c
    columns = (row.account_id, row.gateway_id, row.slug, row.version, row.id, row.content)
    # The last version of each comes last, and takes the place of the former ones.
    latest = {
        (one.account_id, one.gateway_id, one.slug): one
        for one in connection.execute(sa.select(*columns).order_by(row.version))
    }
    found: dict[Workspace, dict[str, dict[str, object]]] = {}
    for (account_id, gateway_id, slug), one in latest.items():
        content = {"id": one.id, "version": one.version, **_decode(one.content)}
        found.setdefault((account_id, gateway_id), {})[slug] = content
    return found


class Row(Struct):
    """One of `byok_keys`."""

    account_id: str
    gateway_id: str | None
    id: str
    provider: str
    data_key_id: str
    sealed: str
    content: str


class Kept(Struct, frozen=True, kw_only=True):
    """What workers are told of a caller's own key; lists are None where nothing is limited."""

    disabled: bool = False
    is_fallback: bool = False
    is_byok_only: bool = False
    is_required: bool = False
    sort_order: int = 0
    allowed_models: list[str] | None = None
    allowed_api_key_hashes: list[str] | None = None
    allowed_user_ids: list[str] | None = None
    declared_zdr: bool | None = None


def _byok(connection: Connection) -> dict[Workspace, list[ByokConfig]]:
    """Those that are of all workspaces of an account stand in each of them."""
    row = byok_keys.c
    columns = [row[name] for name in Row.__struct_fields__]
    rows = connection.execute(sa.select(*columns).order_by(row.created_ms, row.id)).all()
    if not rows:
        return {}
    places: dict[str, list[str]] = {}
    for account_id, gateway_id in connection.execute(sa.select(gateways.c.account_id, gateways.c.id)):
        places.setdefault(account_id, []).append(gateway_id)
    found: dict[Workspace, list[ByokConfig]] = {}
    for values in rows:
        one = Row(*values)
        kept = msgspec.json.decode(one.content, type=Kept)
        if kept.disabled:
            continue
        config = _own(connection, one, kept)
        for gateway_id in places.get(one.account_id, ()):
            if one.gateway_id in {None, gateway_id}:
                found.setdefault((one.account_id, gateway_id), []).append(config)
    for configs in found.values():
        configs.sort(key=lambda each: each.sort_order)
    return found


def _own(connection: Connection, row: Row, kept: Kept) -> ByokConfig:
    return ByokConfig(
        id=row.id,
        provider=row.provider,
        data_key_id=row.data_key_id,
        sealed=row.sealed,
        is_fallback=kept.is_fallback,
        is_byok_only=kept.is_byok_only,
        is_required=kept.is_required,
        declared_zdr=kept.declared_zdr,
        sort_order=kept.sort_order,
        allowed_models=kept.allowed_models,
        allowed_keys=_hashes(connection, row.account_id, kept),
    )


def _hashes(connection: Connection, account_id: str, kept: Kept) -> list[str] | None:
    """Users are known by the keys that were made for them."""
    if kept.allowed_user_ids is None:
        return kept.allowed_api_key_hashes
    row = router_keys.c
    query = sa.select(row.hash).where(row.account_id == account_id, row.creator_user_id.in_(kept.allowed_user_ids))
    allowed = kept.allowed_api_key_hashes
    return [hash_ for hash_ in connection.execute(query).scalars() if allowed is None or hash_ in allowed]
