"""Who changed what, when, and from where? An entry for each change of the configuration.

`audit` is called within the transaction of the change itself, so neither is ever there without the other. What an
entry says of a secret is that there is one: values are masked here, whatever the caller handed over.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from torana.ids import uuid7
from torana.storage.tables import audit_logs

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

Action: TypeAlias = Literal["create", "update", "delete", "login", "logout", "refused_login"]
"""The last is a `login` that did not succeed."""
Interface: TypeAlias = Literal["API", "CLI", "SYSTEM", "UI"]
"""`UI` is the dashboard, as in Cloudflare's own entries."""

MASK = "…"
# Ends of field names: `secret_id` and `token_pricing` name no secret, `api_key` does.
_SECRET = re.compile(
    r"(?:^|_)(?:authorization|secret|password|passphrase|credentials?|token|hash|private_?key|api_?key|access_key|headers)$"
)
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_USER = re.compile(r"(?<=://)[^/?#@\s]+@")
_QUERY = re.compile(
    r"([?&][^=&#\s]*(?:key|token|secret|signature|password|authorization)[^=&#\s]*=)[^&#\s]+", re.IGNORECASE
)


class Actor(Struct, frozen=True):
    """Who acts; `id` is an API token's or a user's of the dashboard, or the name of a user of this machine."""

    interface: Interface
    id: str
    name: str


SYSTEM = Actor("SYSTEM", "torana", "Torana")


class By(Protocol):
    """Who makes a change, and the clock: `operations.Store` is one."""

    @property
    def actor(self) -> Actor: ...
    @property
    def now_ms(self) -> _Clock: ...


class _Clock(Protocol):
    def __call__(self) -> int: ...


class Resource(Struct, frozen=True):
    """What was changed, such as `ai_gateway.gateway`."""

    account_id: str
    type: str
    id: str


class Entry(Struct, frozen=True, kw_only=True):
    id: str
    account_id: str
    when_ms: int
    actor: Actor
    action: Action
    resource: Resource
    old: msgspec.Raw | None
    new: msgspec.Raw | None


class Search(Struct, frozen=True, kw_only=True):
    """Which entries; None = any. `since_ms` and `before_ms` are inclusive and exclusive."""

    id: str | None = None
    action: str | None = None
    actor: str | None = None
    """An id or a name."""
    interface: str | None = None
    resource_type: str | None = None
    resource_id: str | None = None
    since_ms: int | None = None
    before_ms: int | None = None
    is_ascending: bool = False
    first: int = 0
    count: int = 100


class Found(Struct, frozen=True):
    entries: list[Entry]
    total: int


def audit(
    connection: Connection, by: By, action: Action, resource: Resource, old: object = None, new: object = None
) -> None:
    """Writes one entry in the caller's transaction; `old` and `new` are encoded by msgspec; None = there is none."""
    actor = by.actor
    values = {
        "id": uuid7(),
        "account_id": resource.account_id,
        "when_ms": by.now_ms(),
        "interface": actor.interface,
        "actor_id": actor.id,
        "actor_name": actor.name,
        "action": action,
        "resource_type": resource.type,
        "resource_id": resource.id,
        "old_json": _json(old),
        "new_json": _json(new),
    }
    connection.execute(sa.insert(audit_logs).values(values))


def find_entries(connection: Connection, account_id: str, search: Search) -> Found:
    """A page of entries, newest first where nothing else is said."""
    wanted = _wanted(account_id, search)
    total = connection.execute(sa.select(sa.func.count()).select_from(audit_logs).where(*wanted)).scalar_one()
    order = audit_logs.c.seq.asc() if search.is_ascending else audit_logs.c.seq.desc()
    chosen = sa.select(audit_logs).where(*wanted).order_by(order).limit(search.count).offset(search.first)
    return Found([_entry(row) for row in connection.execute(chosen)], total)


def masked(value: object) -> object:
    """The same of plain values (objects, lists, text, numbers) without what is secret in it."""
    if isinstance(value, dict):
        return {name: _hidden(held) if _is_secret(name) else masked(held) for name, held in value.items()}
    if isinstance(value, list):
        return [masked(held) for held in value]
    if isinstance(value, str) and "://" in value:
        return _QUERY.sub(rf"\1{MASK}", _USER.sub(f"{MASK}@", value))
    return value


def _is_secret(name: str) -> bool:
    return _SECRET.search(_HUMP.sub("_", name).replace("-", "_").lower()) is not None


def _hidden(value: object) -> object:
    """Text is hidden, what holds it keeps its shape: which headers there are is no secret."""
    if isinstance(value, dict):
        return {name: _hidden(held) for name, held in value.items()}
    if isinstance(value, list):
        return [_hidden(held) for held in value]
    return MASK if isinstance(value, str) and value else value


def _json(value: object) -> str | None:
    return None if value is None else msgspec.json.encode(masked(msgspec.to_builtins(value))).decode()


def _wanted(account_id: str, search: Search) -> list[sa.ColumnElement[bool]]:
    log = audit_logs.c
    equals = (
        (log.id, search.id),
        (log.interface, search.interface),
        (log.resource_type, search.resource_type),
        (log.resource_id, search.resource_id),
    )
    wanted = [log.account_id == account_id, *(column == value for column, value in equals if value is not None)]
    if search.action is not None:
        wanted.append(log.action.in_(("login", "refused_login") if search.action == "login" else (search.action,)))
    if search.actor is not None:
        wanted.append(sa.or_(log.actor_id == search.actor, log.actor_name == search.actor))
    if search.since_ms is not None:
        wanted.append(log.when_ms >= search.since_ms)
    if search.before_ms is not None:
        wanted.append(log.when_ms < search.before_ms)
    return wanted


def _entry(row: Row[tuple[object, ...]]) -> Entry:
    return Entry(
        id=row.id,
        account_id=row.account_id,
        when_ms=row.when_ms,
        actor=Actor(row.interface, row.actor_id, row.actor_name),
        action=row.action,
        resource=Resource(row.account_id, row.resource_type, row.resource_id),
        old=None if row.old_json is None else msgspec.Raw(row.old_json.encode()),
        new=None if row.new_json is None else msgspec.Raw(row.new_json.encode()),
    )
