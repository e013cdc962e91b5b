"""Keys that are kept for providers: sealed on the way in, shown as a preview ever after.

Cloudflare calls them provider configs (cloudflare.md 6.4, 12.5).
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, TypeAlias

import msgspec
import sqlalchemy as sa
from msgspec import UNSET, Struct, UnsetType

from torana import sealing
from torana.control.audit import Resource, audit
from torana.control.operations import bump, changing, find_gateway, reading
from torana.control.refusals import InvalidInput, NoSuchThing
from torana.errors import CallerError
from torana.providers import PROVIDERS
from torana.storage.tables import provider_keys
from torana.surfaces.credentials import check_secret

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from torana.control.operations import Store

USUAL_PERIOD_S = 60
"""Of a limit without one (cloudflare.md 6.4)."""
_ALIAS = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_CUSTOM = re.compile(r"custom-[A-Za-z0-9_-]{1,64}")
_PRINTABLE = re.compile(r"[\x21-\x7e]+")
_LONGEST = 16 << 10
_SHOWN = 4
_LONG_ENOUGH = 16


Scope: TypeAlias = tuple[str, str, str, str]
"""Account, gateway, provider and alias."""


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
    rate_limit: int | None
    """Requests in `rate_limit_period` seconds; None = no limit."""
    rate_limit_period: int | None
    created_ms: int
    modified_ms: int


class NewKey(Struct, frozen=True, kw_only=True):
    """What is to be kept; a default one takes the place of the one that was."""

    provider: str
    secret: str
    alias: str = "default"
    is_default: bool = False
    rate_limit: int | None = None
    rate_limit_period: int = USUAL_PERIOD_S

    def __repr__(self) -> str:
        return f"NewKey({self.provider!r}, {self.alias!r}, …)"


class KeyChange(Struct, frozen=True, kw_only=True):
    """What becomes of a key that is kept; UNSET = it stays."""

    secret: str | UnsetType = UNSET
    is_default: bool | UnsetType = UNSET
    rate_limit: int | UnsetType | None = UNSET
    rate_limit_period: int | UnsetType = UNSET

    def __repr__(self) -> str:
        return "KeyChange(…)"


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
            preview=preview_of(wish.secret),
            **_limit(wish.rate_limit, wish.rate_limit_period),
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


def keep_key(store: Store, scope: Scope, change: KeyChange) -> ProviderKey:
    """Makes it, or changes the one that is there. As `create_key` and `change_key`."""
    account_id, gateway_id, provider, alias = scope
    former = find_key(store, *scope)
    if former is not None:
        return change_key(store, account_id, gateway_id, former.id, change)
    wish = NewKey(
        provider=provider,
        alias=alias,
        secret=change.secret or "",
        is_default=change.is_default or False,
        rate_limit=change.rate_limit or None,
        rate_limit_period=change.rate_limit_period or USUAL_PERIOD_S,
    )
    return create_key(store, account_id, gateway_id, wish)


def change_key(store: Store, account_id: str, gateway_id: str, key_id: str, change: KeyChange) -> ProviderKey:
    """InvalidInput, NoSuchThing; MasterKeyError."""
    with changing(store) as connection:
        key = _own(connection, account_id, gateway_id, key_id)
        scope = (account_id, gateway_id, key.provider, key.alias)
        changed = _changed(key, change, max(store.now_ms(), key.modified_ms))
        if changed.is_default and not key.is_default:
            _undefault(connection, *scope[:3])
        values = msgspec.structs.asdict(changed)
        if change.secret is not UNSET:
            _check(key.provider, key.alias, change.secret)
            values |= _sealed(connection, store, change.secret, scope)
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
    with reading(store) as connection:
        return [_key(found) for found in connection.execute(query)]


def find_key(store: Store, account_id: str, gateway_id: str, provider: str, alias: str) -> ProviderKey | None:
    with reading(store) as connection:
        return _find(connection, *_is(account_id, gateway_id, provider, alias))


def reveal_secret(store: Store, key: ProviderKey) -> str:
    """As it was given. MasterKeyError, KeyUnreadable."""
    row = provider_keys.c
    with reading(store) as connection:
        data_key_id, sealed = connection.execute(sa.select(row.data_key_id, row.sealed).where(row.id == key.id)).one()
        vault = store.masters.vault(connection)
    return vault.reveal(
        data_key_id, sealed, sealing.context_of(key.account_id, key.gateway_id, key.provider, key.alias)
    )


def _sealed(connection: Connection, store: Store, secret: str, scope: Scope) -> dict[str, str]:
    """The columns that hold it."""
    found = store.masters.seal(connection, store.now_ms(), secret.strip(), sealing.context_of(*scope))
    return msgspec.structs.asdict(found)


def _changed(key: ProviderKey, change: KeyChange, now_ms: int) -> ProviderKey:
    limit = key.rate_limit if change.rate_limit is UNSET else change.rate_limit
    former = key.rate_limit_period or USUAL_PERIOD_S
    period = former if change.rate_limit_period is UNSET else change.rate_limit_period
    return msgspec.structs.replace(
        key,
        preview=key.preview if change.secret is UNSET else preview_of(change.secret),
        is_default=key.is_default if change.is_default is UNSET else change.is_default,
        **_limit(limit, period),
        modified_ms=now_ms,
    )


def _limit(requests: int | None, period_s: int) -> dict[str, int | None]:
    """As it is kept: 0 is no limit either."""
    return {"rate_limit": requests or None, "rate_limit_period": period_s if requests else None}


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
    check_key(provider, secret)


def check_key(provider: str, secret: str) -> None:
    """InvalidInput where the provider could not be shown this."""
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


def preview_of(secret: str) -> str:
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
