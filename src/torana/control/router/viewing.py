"""Who looks at the models, and whom can they be served by?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from msgspec import Struct

from torana.control.router.configured import compiled_routers
from torana.control.router.key_rows import find_key
from torana.keys import RouterKey
from torana.providers.custom import PREFIX
from torana.router.reach import LOCAL, usable
from torana.routing.guarding import applying
from torana.routing.market.bounds import Bounds, merged, read_bounds
from torana.snapshot import RouterConfig
from torana.storage.tables import accounts, custom_providers, provider_keys
from torana.surfaces.credentials import DEFAULT

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from torana.control.operations import Store
    from torana.control.router.operation import Asked

_GATEWAY = "default"


class Viewer(Struct, frozen=True):
    account_id: str
    gateway_id: str
    key: RouterKey | None
    """None = they have shown none that is good: they see what the first account's gateway `default` reaches."""


def viewer(store: Store, connection: Connection, asked: Asked) -> Viewer:
    key = asked.sent or _shown(store, connection, asked.headers.get("authorization", ""))
    if key is not None:
        return Viewer(key.account_id, key.gateway_id, key)
    return everybody(connection)


def everybody(connection: Connection) -> Viewer:
    first = sa.select(accounts.c.id).order_by(accounts.c.created_ms, accounts.c.id).limit(1)
    return Viewer(connection.execute(first).scalar_one_or_none() or "", _GATEWAY, None)


def _shown(store: Store, connection: Connection, header: str) -> RouterKey | None:
    """Models are for everybody: a key that is not good is as none."""
    scheme, _, text = header.partition(" ")
    key = find_key(connection, text.strip()) if scheme.lower() == "bearer" else None
    if key is None or key.disabled or (key.expires_ms is not None and key.expires_ms <= store.now_ms()):
        return None
    return key


def reach(store: Store, connection: Connection, who: Viewer) -> frozenset[str]:
    """Providers, as in the gateway's URLs: those with a stored key, of one's own, and those that need none."""
    row, own = provider_keys.c, custom_providers.c
    usual = sa.or_(row.is_default, row.alias == DEFAULT)
    stored = sa.select(row.provider).where(row.account_id == who.account_id, row.gateway_id == who.gateway_id, usual)
    # One that is given headers may have its key in them.
    ready = sa.select(own.slug).where(own.account_id == who.account_id, own.enable, own.headers.is_not(None))
    found = {*connection.execute(stored).scalars(), *(PREFIX + slug for slug in connection.execute(ready).scalars())}
    if who.key is not None:
        found |= usable(_config(connection, who).byok, who.key.hash)
    return LOCAL | found | (store.stock.overridden & {"ollama"})


def bounds_of(connection: Connection, who: Viewer) -> Bounds:
    """What the workspace's guardrails leave to the key."""
    assigned = who.key.guardrails if who.key is not None else ()
    return merged(read_bounds(one) for one in applying(_config(connection, who).guardrails, assigned))


def _config(connection: Connection, who: Viewer) -> RouterConfig:
    name = f"{who.account_id}/{who.gateway_id}"
    return next((one for one in compiled_routers(connection) if one.key == name), RouterConfig(name))
