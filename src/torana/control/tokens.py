"""API tokens: made, shown once, kept as a hash, found by it.

A token's text is a prefix and 256 random bits, so a plain SHA-256 of it is as good as a slow hash, and quick to find.
"""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from torana.control.audit import Resource, audit
from torana.control.digests import digest
from torana.control.operations import bump, changing, list_accounts
from torana.control.refusals import InvalidInput, NoSuchThing
from torana.snapshot import GATEWAY_ID
from torana.storage.tables import tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row

    from torana.control.operations import Store

PREFIX = "torana_"
_SECRET_BYTES = 32
_PREVIEW = 4
_USED_STEP_MS = 3_600_000
_LONGEST_NAME = 120

Permission: TypeAlias = Literal["run", "read", "edit", "read_metadata"]
PERMISSIONS: tuple[Permission, ...] = get_args(Permission)
_IMPLIED: dict[Permission, frozenset[Permission]] = {
    "run": frozenset(),
    "read": frozenset({"read_metadata"}),
    "edit": frozenset({"read", "read_metadata"}),
    "read_metadata": frozenset(),
}
"""Edit holds read, as in Cloudflare's permission groups, and read holds the metadata."""


def implies(held: Sequence[Permission], permission: Permission) -> bool:
    return permission in held or any(permission in _IMPLIED[one] for one in held)


class Token(Struct, frozen=True, kw_only=True):
    """A token without its secret."""

    id: str
    account_id: str
    name: str
    preview: str
    """The last four characters of the text."""
    permissions: list[Permission]
    gateways: list[str] | None
    """None = all."""
    expires_ms: int | None
    created_ms: int
    modified_ms: int
    used_ms: int | None

    def may(self, permission: Permission) -> bool:
        return implies(self.permissions, permission)

    def reaches(self, gateway_id: str) -> bool:
        return self.gateways is None or gateway_id in self.gateways

    def is_expired(self, now_ms: int) -> bool:
        return self.expires_ms is not None and self.expires_ms <= now_ms


class Wish(Struct, frozen=True, kw_only=True):
    """What a new token is to be."""

    name: str
    permissions: list[Permission]
    gateways: list[str] | None = None
    expires_ms: int | None = None


class Made(Struct, frozen=True):
    """The only moment at which the text is known."""

    token: Token
    text: str

    def __repr__(self) -> str:
        return f"Made({self.token!r}, text='…{self.token.preview}')"


def create_token(store: Store, account_id: str, wish: Wish) -> Made:
    """InvalidInput where the wish cannot be granted, NoSuchThing where the account is not there."""
    _check(wish, store.now_ms())
    if account_id not in {account.id for account in list_accounts(store)}:
        raise NoSuchThing(f"there is no account `{account_id}`")
    text = PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    now = store.now_ms()
    token = Token(
        id=secrets.token_hex(16),
        account_id=account_id,
        name=wish.name,
        preview=text[-_PREVIEW:],
        permissions=[name for name in PERMISSIONS if name in wish.permissions],
        gateways=wish.gateways,
        expires_ms=wish.expires_ms,
        created_ms=now,
        modified_ms=now,
        used_ms=None,
    )
    with changing(store) as connection:
        row = msgspec.structs.asdict(token) | {
            "hash": digest(text),
            "permissions": msgspec.json.encode(token.permissions).decode(),
            "gateways": None if token.gateways is None else msgspec.json.encode(token.gateways).decode(),
        }
        connection.execute(sa.insert(tokens).values(row))
        audit(connection, store, "create", _resource(token), new=token)
        bump(connection)
    return Made(token, text)


def list_tokens(store: Store, account_id: str | None = None) -> list[Token]:
    """Oldest first; None = of all accounts. Without those that belong to sessions of the dashboard."""
    query = sa.select(tokens).where(tokens.c.session_id.is_(None)).order_by(tokens.c.created_ms, tokens.c.id)
    if account_id is not None:
        query = query.where(tokens.c.account_id == account_id)
    with store.database.reader.connect() as connection:
        return [_token(row) for row in connection.execute(query)]


def revoke_token(store: Store, account_id: str, token_id: str) -> None:
    """NoSuchThing where it is not there."""
    one = (tokens.c.account_id == account_id, tokens.c.id == token_id, tokens.c.session_id.is_(None))
    with changing(store) as connection:
        row = connection.execute(sa.select(tokens).where(*one)).one_or_none()
        if row is None:
            raise NoSuchThing(f"there is no token `{token_id}`")
        connection.execute(sa.delete(tokens).where(*one))
        token = _token(row)
        audit(connection, store, "delete", _resource(token), old=token)
        bump(connection)


def find_token(store: Store, text: str) -> Token | None:
    """The token with this text, expired ones too; None for any other text."""
    if not text.startswith(PREFIX):
        return None
    wanted = digest(text)
    with store.database.reader.connect() as connection:
        row = connection.execute(sa.select(tokens).where(tokens.c.hash == wanted)).one_or_none()
    # The look-up compares hashes, which tell nothing of the secret; this takes the index's word for nothing.
    return _token(row) if row is not None and hmac.compare_digest(row.hash, wanted) else None


def note_use(store: Store, token: Token) -> None:
    """To the hour, so that reading does not become writing."""
    now = store.now_ms()
    if token.used_ms is None or now - token.used_ms >= _USED_STEP_MS:
        with store.database.writer.begin() as connection:
            connection.execute(sa.update(tokens).where(tokens.c.id == token.id).values(used_ms=now))


def _resource(token: Token) -> Resource:
    return Resource(token.account_id, "token", token.id)


def _check(wish: Wish, now_ms: int) -> None:
    if not 0 < len(wish.name.strip()) <= _LONGEST_NAME or not wish.name.isprintable():
        raise InvalidInput(f"a token's name has 1 to {_LONGEST_NAME} printable characters", "body", "name")
    if not wish.permissions:
        raise InvalidInput(f"a token needs a permission: {', '.join(PERMISSIONS)}", "body", "permissions")
    if wish.gateways is not None and not wish.gateways:
        raise InvalidInput("a token for no gateway opens nothing: leave `gateways` out for all", "body", "gateways")
    for gateway_id in wish.gateways or []:
        if not GATEWAY_ID.fullmatch(gateway_id):
            raise InvalidInput(f"`{gateway_id}` cannot be a gateway id", "body", "gateways")
    if wish.expires_ms is not None and wish.expires_ms <= now_ms:
        raise InvalidInput("a token that has expired already opens nothing", "body", "expires_on")


def _token(row: Row[tuple[object, ...]]) -> Token:
    return Token(
        id=row.id,
        account_id=row.account_id,
        name=row.name,
        preview=row.preview,
        permissions=msgspec.json.decode(row.permissions, type=list[Permission]),
        gateways=None if row.gateways is None else msgspec.json.decode(row.gateways, type=list[str]),
        expires_ms=row.expires_ms,
        created_ms=row.created_ms,
        modified_ms=row.modified_ms,
        used_ms=row.used_ms,
    )
