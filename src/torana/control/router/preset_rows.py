"""Presets in the store: each version of one stays, and the last one is in use."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from torana.control.audit import Resource, audit
from torana.control.operations import bump, changing, reading
from torana.control.router.refusals import NotThere
from torana.storage.tables import presets
from torana.surfaces.router.presets import Captured

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from torana.control.operations import Store

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Captured).decode


class PresetVersion(Struct, frozen=True, kw_only=True):
    account_id: str
    gateway_id: str
    slug: str
    version: int
    """From 1."""
    id: str
    """Of the preset, the same in all its versions."""
    content: Captured
    created_ms: int


class Preset(Struct, frozen=True):
    """One with all that is known of it but its former versions."""

    latest: PresetVersion
    created_ms: int


def keep_version(store: Store, account_id: str, gateway_id: str, slug: str, content: Captured) -> Preset:
    """A new preset, or a new version of the one that is there."""
    with changing(store) as connection:
        former = _presets(connection, account_id, gateway_id, slug)
        last = former[0].latest if former else None
        new = PresetVersion(
            account_id=account_id,
            gateway_id=gateway_id,
            slug=slug,
            version=last.version + 1 if last else 1,
            id=last.id if last else str(uuid.uuid4()),
            content=content,
            created_ms=store.now_ms(),
        )
        values = {name: getattr(new, name) for name in PresetVersion.__struct_fields__}
        connection.execute(sa.insert(presets).values(values | {"content": _encode(content).decode()}))
        resource = Resource(account_id, "router.preset", new.id)
        audit(connection, store, "update" if last else "create", resource, old=last and last.content, new=content)
        bump(connection)
    return Preset(new, former[0].created_ms if former else new.created_ms)


def list_presets(store: Store, account_id: str, gateway_id: str) -> list[Preset]:
    """What changed last comes first."""
    with reading(store) as connection:
        found = _presets(connection, account_id, gateway_id)
    return sorted(found, key=lambda one: (-one.latest.created_ms, one.latest.slug))


def find_preset(store: Store, account_id: str, gateway_id: str, slug: str) -> Preset:
    """NotThere."""
    with reading(store) as connection:
        found = _presets(connection, account_id, gateway_id, slug)
    if not found:
        raise NotThere(f"There is no preset `{slug[:128]}`")
    return found[0]


def list_versions(store: Store, preset: Preset) -> list[PresetVersion]:
    """Newest first."""
    row, of = presets.c, preset.latest
    query = sa.select(presets).where(
        row.account_id == of.account_id, row.gateway_id == of.gateway_id, row.slug == of.slug
    )
    with reading(store) as connection:
        return [_version(one) for one in connection.execute(query.order_by(row.version.desc()))]


def _presets(connection: Connection, account_id: str, gateway_id: str, slug: str | None = None) -> list[Preset]:
    row = presets.c
    wanted = [row.account_id == account_id, row.gateway_id == gateway_id]
    if slug is not None:
        wanted.append(row.slug == slug)
    latest = sa.select(row.slug, sa.func.max(row.version).label("version"), sa.func.min(row.created_ms).label("first"))
    newest = latest.where(*wanted).group_by(row.slug).subquery()
    query = sa.select(presets, newest.c.first).where(*wanted)
    query = query.join(newest, sa.and_(row.slug == newest.c.slug, row.version == newest.c.version))
    return [Preset(_version(one), one.first) for one in connection.execute(query)]


def _version(row: Row[tuple[object, ...]]) -> PresetVersion:
    values = {name: getattr(row, name) for name in PresetVersion.__struct_fields__}
    return PresetVersion(**(values | {"content": _decode(row.content)}))
