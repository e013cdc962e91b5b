"""Keys that are kept for providers: sealed on the way in, shown as a preview ever after.

Cloudflare calls them provider configs (cloudflare.md 6.4, 12.5).
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from torana import sealing
from torana.control.audit import Resource, audit
from torana.control.operations import bump, changing, find_gateway
from torana.control.refusals import InvalidInput, NoSuchThing
from torana.errors import CallerError
from torana.providers import PROVIDERS
from torana.storage.tables import provider_keys
from torana.surfaces.credentials import check_secret

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from torana.control.operations import Store

_ALIAS = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_CUSTOM = re.compile(r"custom-[A-Za-z0-9_-]{1,64}")
_PRINTABLE = re.compile(r"[\x21-\x7e]+")
_LONGEST = 16 << 10
_SHOWN = 4
_LONG_ENOUGH = 16


class KeyExists(CallerError):
    status = 409
    code = 7001


class ProviderKey(Struct, frozen=True, kw_only=True):
    """A key without its secret."""

    id: str
    account_id: str
    gateway_id: str
    provider: str
    alias: str
    is_default: bool
    preview: str
    created_ms: int
    modified_ms: int


class NewKey(Struct, frozen=True, kw_only=True):
    """What is to be kept; a default one takes the place of the one that was."""

    provider: str
    secret: str
    alias: str = "default"
    is_default: bool = False

    def __repr__(self) -> str:
        return f"NewKey({self.provider!r}, {self.alias!r}, …)"


def create_key(store: Store, account_id: str, gateway_id: str, wish: NewKey) -> ProviderKey:
    """InvalidInput, KeyExists, or NoSuchThing where the gateway is not there; MasterKeyError."""
    _check(wish.provider, wish.alias, wish.secret)
    find_gateway(store, account_id, gateway_id)
    scope = (account_id, gateway_id, wish.provider, wish.alias)
    with changing(store) as connection:
        if _find(connection, *_is(*scope)) is not None:
            raise KeyExists(f"`{wish.provider}` has a key with the alias `{wish.alias}` already")
        now = store.now_ms()
        key = ProviderKey(
            id=secrets.token_hex(16),
            account_id=account_id,
            gateway_id=gateway_id,
            provider=wish.provider,
            alias=wish.alias,
            is_default=wish.is_default,
            preview=_preview(wish.secret),
            created_ms=now,
            modified_ms=now,
        )
        if wish.is_default:
            _undefault(connection, *scope[:3])
        sealed = _sealed(connection, store, wish.secret, scope)
        connection.execute(sa.insert(provider_keys).values(msgspec.structs.asdict(key) | sealed))
        audit(connection, store, "create", _resource(key), new=key)
        bump(connection)
        return key


def replace_secret(
    store: Store, account_id: str, gateway_id: str, key_id: str, secret: str, *, is_default: bool | None = None
) -> ProviderKey:
    """InvalidInput, NoSuchThing; MasterKeyError. `is_default` None = as it was."""
    with changing(store) as connection:
        key = _own(connection, account_id, gateway_id, key_id)
        _check(key.provider, key.alias, secret)
        scope = (account_id, gateway_id, key.provider, key.alias)
        becomes = key.is_default if is_default is None else is_default
        if becomes and not key.is_default:
            _undefault(connection, *scope[:3])
        changed = msgspec.structs.replace(
            key,
            preview=_preview(secret),
            modified_ms=max(store.now_ms(), key.modified_ms),
            is_default=becomes,
        )
        values = msgspec.structs.asdict(changed) | _sealed(connection, store, secret, scope)
        connection.execute(sa.update(provider_keys).where(provider_keys.c.id == key_id).values(values))
        audit(connection, store, "update", _resource(key), old=key, new=changed)
        bump(connection)
        return changed


def delete_key(store: Store, account_id: str, gateway_id: str, key_id: str) -> ProviderKey:
    """The key as it was; NoSuchThing where it is not there."""
    with changing(store) as connection:
        key = _own(connection, account_id, gateway_id, key_id)
        connection.execute(sa.delete(provider_keys).where(provider_keys.c.id == key_id))
        audit(connection, store, "delete", _resource(key), old=key)
        bump(connection)
        return key


def list_keys(store: Store, account_id: str, gateway_id: str | None = None) -> list[ProviderKey]:
    """Oldest first; None = of all gateways."""
    row = provider_keys.c
    query = sa.select(provider_keys).where(row.account_id == account_id).order_by(row.created_ms, row.id)
    if gateway_id is not None:
        query = query.where(row.gateway_id == gateway_id)
    with store.database.reader.connect() as connection:
        return [_key(found) for found in connection.execute(query)]


def find_key(store: Store, account_id: str, gateway_id: str, provider: str, alias: str) -> ProviderKey | None:
    with store.database.reader.connect() as connection:
        return _find(connection, *_is(account_id, gateway_id, provider, alias))


def _sealed(connection: Connection, store: Store, secret: str, scope: tuple[str, str, str, str]) -> dict[str, str]:
    """The columns that hold it."""
    found = store.masters.seal(connection, store.now_ms(), secret.strip(), sealing.context_of(*scope))
    return msgspec.structs.asdict(found)


def _resource(key: ProviderKey) -> Resource:
    return Resource(key.account_id, "ai_gateway.provider_config", key.id)


def _undefault(connection: Connection, account_id: str, gateway_id: str, provider: str) -> None:
    row = provider_keys.c
    others = (row.account_id == account_id, row.gateway_id == gateway_id, row.provider == provider)
    connection.execute(sa.update(provider_keys).where(*others).values(is_default=False))


def _check(provider: str, alias: str, secret: str) -> None:
    if provider not in PROVIDERS and not _CUSTOM.fullmatch(provider):
        raise InvalidInput(f"`{provider}` is not a provider", "body", "provider_slug")
    if not _ALIAS.fullmatch(alias):
        raise InvalidInput("an alias has 1 to 64 of letters, digits, `_`, `.` and `-`", "body", "alias")
    plain = secret.strip()
    if not 0 < len(plain) <= _LONGEST:
        raise InvalidInput(f"a secret has 1 to {_LONGEST} characters", "body", "secret")
    known = PROVIDERS.get(provider)
    if known is not None and known.signing and plain.startswith("{"):
        try:
            check_secret(plain, known)
        except ValueError as error:
            raise InvalidInput(str(error), "body", "secret") from None
    elif not _PRINTABLE.fullmatch(plain):
        raise InvalidInput("a key is one word of printable ASCII, as it goes into a header", "body", "secret")


def _preview(secret: str) -> str:
    """The end of a key; of structured ones what names them."""
    plain = secret.strip()
    if plain.startswith("{"):
        try:
            named = msgspec.json.decode(plain, type=dict[str, object])
        except msgspec.DecodeError:
            return "…"
        if "client_email" in named:
            return str(named["client_email"])
        plain = str(named.get("accessKeyId", ""))
    return "…" + (plain[-_SHOWN:] if len(plain) >= _LONG_ENOUGH else "")


def _is(account_id: str, gateway_id: str, provider: str, alias: str) -> tuple[sa.ColumnElement[bool], ...]:
    row = provider_keys.c
    return (
        row.account_id == account_id,
        row.gateway_id == gateway_id,
        row.provider == provider,
        row.alias == alias,
    )


def _own(connection: Connection, account_id: str, gateway_id: str, key_id: str) -> ProviderKey:
    row = provider_keys.c
    found = _find(connection, row.account_id == account_id, row.gateway_id == gateway_id, row.id == key_id)
    if found is None:
        raise NoSuchThing(f"there is no provider config `{key_id}`")
    return found


def _find(connection: Connection, *wanted: sa.ColumnElement[bool]) -> ProviderKey | None:
    row = connection.execute(sa.select(provider_keys).where(*wanted)).one_or_none()
    return None if row is None else _key(row)


def _key(row: Row[tuple[object, ...]]) -> ProviderKey:
    return ProviderKey(**{name: getattr(row, name) for name in ProviderKey.__struct_fields__})
