"""Sessions of the dashboard: begun, found by the secret in a browser's cookie, ended.

The secret is 256 random bits, so that a plain SHA-256 of it is as good as a slow hash, and quick to find.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Literal, TypeAlias

import sqlalchemy as sa
from msgspec import Struct

from torana.control.audit import Actor, Resource, audit
from torana.control.digests import digest
from torana.control.operations import changing
from torana.control.signing_in.roles import Role, permissions_of
from torana.control.signing_in.run_tokens import drop_run_tokens
from torana.control.signing_in.users import OPERATOR, User, note_sign_in, user_of
from torana.control.tokens import Token
from torana.storage.tables import login_links, sessions, tokens, users

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from torana.control.operations import Store

Source: TypeAlias = Literal["password", "oidc", "link"]

HOUR_MS = 3_600_000
IDLE_MS = 24 * HOUR_MS
LASTS_MS = 14 * 24 * HOUR_MS
_SEEN_STEP_MS = 300_000
"""So that reading does not become writing."""
_SECRET_BYTES = 32


class Who(Struct, frozen=True, kw_only=True):
    """Who is signed in: a user, or whoever runs this server."""

    id: str
    name: str
    display_name: str
    email: str | None
    role: Role


_OPERATOR = Who(id=OPERATOR, name=OPERATOR, display_name="Operator of this server", email=None, role="owner")


class Session(Struct, frozen=True, kw_only=True):
    """As it is at this moment: a role that changed counts from the next call on."""

    id: str
    account_id: str
    who: Who
    user: User | None
    """None = the operator's, by a link."""
    source: Source
    created_ms: int
    seen_ms: int
    expires_ms: int

    @property
    def actor(self) -> Actor:
        return Actor("UI", self.who.id, self.who.name)

    def as_token(self) -> Token:
        """What the management API asks of a caller."""
        return Token(
            id=self.who.id,
            account_id=self.account_id,
            name=self.who.name,
            preview="",
            permissions=permissions_of(self.who.role),
            gateways=None,
            expires_ms=self.expires_ms,
            created_ms=self.created_ms,
            modified_ms=self.created_ms,
            used_ms=self.seen_ms,
        )


class Begun(Struct, frozen=True):
    """The only moment at which the secret is known."""

    session: Session
    secret: str

    def __repr__(self) -> str:
        return f"Begun({self.session!r}, …)"


def begin(connection: Connection, store: Store, account_id: str, user: User | None, source: Source, peer: str) -> Begun:
    """In the caller's transaction; `peer` is the address that the audit log has."""
    now, secret = store.now_ms(), secrets.token_urlsafe(_SECRET_BYTES)
    session = Session(
        id=secrets.token_hex(16),
        account_id=account_id,
        who=_who(user),
        user=user,
        source=source,
        created_ms=now,
        seen_ms=now,
        expires_ms=now + LASTS_MS,
    )
    values = {
        "hash": digest(secret),
        "id": session.id,
        "account_id": account_id,
        "user_id": None if user is None else user.id,
        "source": source,
        "created_ms": now,
        "seen_ms": now,
        "expires_ms": session.expires_ms,
    }
    connection.execute(sa.insert(sessions).values(values))
    if user is not None:
        note_sign_in(connection, user.id, now)
    by = store.acting(session.actor)
    audit(connection, by, "login", _resource(session), new={"source": source, "peer": peer})
    return Begun(session, secret)


def find(store: Store, secret: str) -> Session | None:
    """None where there is none with this secret, or it has ended by itself."""
    wanted = digest(secret)
    with store.database.reader.connect() as connection:
        row = connection.execute(sa.select(sessions).where(sessions.c.hash == wanted)).one_or_none()
        if row is None or _is_over(row, store.now_ms()):
            return None
        user = None
        if row.user_id is not None:
            user = user_of(connection.execute(sa.select(users).where(users.c.id == row.user_id)).one())
    return _session(row, user)


def note_use(store: Store, session: Session) -> None:
    now = store.now_ms()
    if now - session.seen_ms >= _SEEN_STEP_MS:
        with store.database.writer.begin() as connection:
            connection.execute(sa.update(sessions).where(sessions.c.id == session.id).values(seen_ms=now))


def end(store: Store, session: Session) -> None:
    """With what belongs to it."""
    with changing(store) as connection:
        drop_run_tokens(connection, tokens.c.session_id == session.id)
        connection.execute(sa.delete(sessions).where(sessions.c.id == session.id))
        audit(connection, store.acting(session.actor), "logout", _resource(session))


def adopt(connection: Connection, session: Session, user: User) -> None:
    """Makes the operator's session this user's own: who came by the first link has made themselves a user."""
    own = (sessions.c.id == session.id, sessions.c.user_id.is_(None))
    connection.execute(sa.update(sessions).where(*own).values(user_id=user.id))


def prune(store: Store) -> None:
    """Removes what has ended by itself."""
    now = store.now_ms()
    is_over = sa.or_(sessions.c.expires_ms <= now, sessions.c.seen_ms <= now - IDLE_MS)
    ended = sa.select(sessions.c.id).where(is_over)
    of_ended = sa.and_(
        tokens.c.session_id.is_not(None), sa.or_(tokens.c.expires_ms <= now, tokens.c.session_id.in_(ended))
    )
    with store.database.reader.connect() as connection:
        has_tokens = connection.execute(sa.select(tokens.c.id).where(of_ended).limit(1)).first() is not None
    if has_tokens:
        with changing(store) as connection:
            drop_run_tokens(connection, of_ended)
    with store.database.writer.begin() as connection:
        connection.execute(sa.delete(sessions).where(is_over))
        connection.execute(sa.delete(login_links).where(login_links.c.expires_ms <= now))


def _is_over(row: Row[tuple[object, ...]], now_ms: int) -> bool:
    return bool(row.expires_ms <= now_ms or row.seen_ms <= now_ms - IDLE_MS)


def _who(user: User | None) -> Who:
    if user is None:
        return _OPERATOR
    return Who(
        id=user.id, name=user.name, display_name=user.display_name or user.name, email=user.email, role=user.role
    )


def _session(row: Row[tuple[object, ...]], user: User | None) -> Session:
    return Session(
        id=row.id,
        account_id=row.account_id,
        who=_who(user),
        user=user,
        source=row.source,
        created_ms=row.created_ms,
        seen_ms=row.seen_ms,
        expires_ms=row.expires_ms,
    )


def _resource(session: Session) -> Resource:
    return Resource(session.account_id, "session", session.id)
