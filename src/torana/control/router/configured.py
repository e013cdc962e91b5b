"""What workers are told of a workspace: its guardrails, its presets, its callers' own keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from torana.snapshot import RouterConfig
from torana.storage.tables import guardrail_assignments, guardrails, presets, router_keys, workspaces

if TYPE_CHECKING:
    from sqlalchemy import Connection

_decode = msgspec.json.Decoder(dict[str, object]).decode
Workspace = tuple[str, str]
"""Account and gateway."""


def compiled_routers(connection: Connection) -> list[RouterConfig]:
    """Of those workspaces in which anything was configured."""
    guarded, named, traits = _guardrails(connection), _presets(connection), _traits(connection)
    return [
        RouterConfig(
            "/".join(workspace),
            guardrails=guarded.get(workspace, {}),
            presets=named.get(workspace, {}),
            default_model=traits.get(workspace, _PLAIN).default_text_model or "",
            default_sort=traits.get(workspace, _PLAIN).default_provider_sort or "",
        )
        for workspace in sorted(guarded.keys() | named.keys() | traits.keys())
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
    for table in (guardrails, router_keys, presets, workspaces):
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
