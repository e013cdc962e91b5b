"""Workspaces in the store: each is a gateway, with what only the router asks of it beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from torana.control.audit import Resource, audit
from torana.control.gateway_settings import GatewaySettings
from torana.control.operations import (
    GatewayRecord,
    bump,
    changing,
    changing_together,
    create_gateway,
    find_gateway,
    list_gateway_records,
    reading,
    update_gateway,
)
from torana.storage.tables import workspaces

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from torana.control.operations import Store

Sort = Literal["price", "throughput", "latency", "exacto"]


class Traits(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is kept of a workspace beside its gateway."""

    name: str = ""
    """For people; empty = the gateway's id."""
    description: str | None = None
    default_text_model: str | None = None
    default_image_model: str | None = None
    default_provider_sort: Sort | None = None


class WorkspaceRecord(Struct, frozen=True):
    gateway: GatewayRecord
    traits: Traits
    modified_ms: int | None
    """None = nothing was changed yet."""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Traits).decode


def list_workspaces(store: Store, account_id: str) -> list[WorkspaceRecord]:
    """Oldest first."""
    row = workspaces.c
    query = sa.select(row.gateway_id, row.content, row.modified_ms).where(row.account_id == account_id)
    with reading(store) as connection:
        kept = {one.gateway_id: one for one in connection.execute(query)}
    return [
        _record(gateway, _decode(kept[id_].content), kept[id_].modified_ms)
        if (id_ := gateway.config.id) in kept
        else _record(gateway, Traits(), None)
        for gateway in list_gateway_records(store, account_id)
    ]


def find_workspace(store: Store, account_id: str, gateway_id: str) -> WorkspaceRecord:
    """NoSuchThing."""
    gateway = find_gateway(store, account_id, gateway_id)
    row = workspaces.c
    query = sa.select(workspaces).where(row.account_id == account_id, row.gateway_id == gateway_id)
    with reading(store) as connection:
        kept = connection.execute(query).one_or_none()
    return (
        _record(gateway, Traits(), None) if kept is None else _record(gateway, _decode(kept.content), kept.modified_ms)
    )


def create_workspace(store: Store, account_id: str, id_: str, traits: Traits, *, logs_content: bool) -> WorkspaceRecord:
    """InvalidInput, GatewayExists."""
    with changing_together(store) as part:
        create_gateway(part, account_id, id_, GatewaySettings(collect_logs=logs_content))
        _keep(part, account_id, id_, traits, store.now_ms())
    return find_workspace(store, account_id, id_)


def change_workspace(
    store: Store, account_id: str, id_: str, traits: Traits, *, logs_content: bool | None
) -> WorkspaceRecord:
    """`logs_content` None = as it is. NoSuchThing."""
    with changing_together(store) as part:
        former = find_workspace(part, account_id, id_)
        settings = former.gateway.settings
        if logs_content is not None and logs_content is not settings.collect_logs:
            update_gateway(part, account_id, id_, msgspec.structs.replace(settings, collect_logs=logs_content))
        _keep(part, account_id, id_, traits, max(store.now_ms(), former.gateway.config.created_ms))
    return find_workspace(store, account_id, id_)


def _keep(store: Store, account_id: str, id_: str, traits: Traits, now_ms: int) -> None:
    row = workspaces.c
    with changing(store) as connection:
        own = row.account_id == account_id, row.gateway_id == id_
        former = _traits(connection, account_id, id_)
        connection.execute(sa.delete(workspaces).where(*own))
        content = _encode(traits).decode()
        values = {"account_id": account_id, "gateway_id": id_, "content": content, "modified_ms": now_ms}
        connection.execute(sa.insert(workspaces).values(values))
        audit(connection, store, "update", Resource(account_id, "router.workspace", id_), old=former, new=traits)
        bump(connection)


def _traits(connection: Connection, account_id: str, id_: str) -> Traits | None:
    row = workspaces.c
    query = sa.select(row.content).where(row.account_id == account_id, row.gateway_id == id_)
    found = connection.execute(query).scalar_one_or_none()
    return None if found is None else _decode(found)


def _record(gateway: GatewayRecord, traits: Traits, modified_ms: int | None) -> WorkspaceRecord:
    gateways = gateway.config.modified_ms if gateway.config.modified_ms > gateway.config.created_ms else None
    return WorkspaceRecord(gateway, traits, max(filter(None, (gateways, modified_ms)), default=None))
