"""Users whom a provider of OpenID Connect vouches for, known by issuer and subject alone."""

from __future__ import annotations

import logging
import re
import secrets
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from torana.control.audit import audit
from torana.control.operations import changing
from torana.control.signing_in.roles import Role, may
from torana.control.signing_in.run_tokens import drop_run_tokens
from torana.control.signing_in.users import OPERATOR, User, insert, owners, plain_name, resource, sessions_of, user_of
from torana.storage.tables import users

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from torana.control.operations import Store

_NOT_IN_NAMES = re.compile(r"[^a-z0-9._@+-]+")
_LONGEST_NAME = 60
_FOLLOWED = ("role", "display_name", "email")

log = logging.getLogger("torana.control")


class Outside(Struct, frozen=True, kw_only=True):
    """Somebody as a provider knows them."""

    issuer: str
    subject: str
    name: str
    """What they would like to be called; another name is found where it is taken."""
    display_name: str
    email: str | None
    role: Role | None
    """What the provider says of it; None = nothing."""


def bring_in(store: Store, account_id: str, outside: Outside, default: Role | None) -> User | None:
    """The user this is, as the provider knows them now, or a new one; None where nobody gives them a role."""
    with store.database.reader.connect() as connection:
        known = _find(connection, outside)
    if known is not None and _told(known, outside) == known:
        return known
    with changing(store) as connection:
        known = _find(connection, outside)
        if known is not None:
            return _follow(connection, store, known, outside)
        role = outside.role or default
        return None if role is None else _add(connection, store, account_id, outside, role)


def _find(connection: Connection, outside: Outside) -> User | None:
    who = (users.c.issuer == outside.issuer, users.c.subject == outside.subject)
    row = connection.execute(sa.select(users).where(*who)).one_or_none()
    return None if row is None else user_of(row)


def _told(known: User, outside: Outside) -> User:
    return msgspec.structs.replace(
        known, display_name=outside.display_name, email=outside.email, role=outside.role or known.role
    )


def _follow(connection: Connection, store: Store, known: User, outside: Outside) -> User:
    new = _told(known, outside)
    if known.role == "owner" != new.role and owners(connection) == 1:
        log.warning("`%s` stays an owner, being the last one, whatever the provider says", known.name)
        new = msgspec.structs.replace(new, role="owner")
    if new == known:
        return known
    new = msgspec.structs.replace(new, modified_ms=max(store.now_ms(), known.created_ms))
    values = {name: getattr(new, name) for name in (*_FOLLOWED, "modified_ms")}
    connection.execute(sa.update(users).where(users.c.id == known.id).values(values))
    if not may(new.role, "run"):
        drop_run_tokens(connection, sessions_of(known.id))
    audit(connection, store, "update", resource(new), old=known, new=new)
    return new


def _add(connection: Connection, store: Store, account_id: str, outside: Outside, role: Role) -> User:
    now = store.now_ms()
    user = User(
        id=secrets.token_hex(16),
        account_id=account_id,
        name=_free_name(connection, outside.name),
        display_name=outside.display_name,
        email=outside.email,
        role=role,
        source="oidc",
        has_password=False,
        created_ms=now,
        modified_ms=now,
        used_ms=None,
    )
    insert(connection, store, user, issuer=outside.issuer, subject=outside.subject)
    return user


def _free_name(connection: Connection, wish: str) -> str:
    base = _NOT_IN_NAMES.sub("-", plain_name(wish))[:_LONGEST_NAME].strip("._@+-") or "user"
    taken = {OPERATOR, *connection.execute(sa.select(users.c.name)).scalars()}
    numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return base if base not in taken else next(name for name in numbered if name not in taken)
