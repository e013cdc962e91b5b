"""The users of the dashboard: made, changed, removed; never without an owner among them once there was one."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Literal

import msgspec
import sqlalchemy as sa
from msgspec import UNSET, Struct, UnsetType

from torana.control.audit import Resource, audit
from torana.control.operations import changing, list_accounts
from torana.control.refusals import InvalidInput, NameTaken, NoSuchThing
from torana.control.signing_in.roles import Role, may
from torana.control.signing_in.run_tokens import drop_run_tokens
from torana.storage.tables import login_links, sessions, tokens, users

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from torana.control.operations import Store

OPERATOR = "operator"
"""Who comes by a link that this server printed; no user has the name."""
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._@+-]{0,62}[a-z0-9])?")
_LONGEST_SHOWN = 120
_CHANGEABLE = ("name", "role", "display_name", "email", "modified_ms")
EMAIL = re.compile(r"[^@\s]{1,128}@[^@\s]{1,190}")


class User(Struct, frozen=True, kw_only=True):
    """Without the password's hash."""

    id: str
    account_id: str
    name: str
    display_name: str
    email: str | None
    role: Role
    source: Literal["password", "oidc"]
    has_password: bool
    created_ms: int
    modified_ms: int
    used_ms: int | None
    """When they signed in last; None = never."""


class NewUser(Struct, frozen=True, kw_only=True):
    """`password_hash` None = they cannot sign in until they have one, or by a link of the operator's."""

    name: str
    role: Role
    display_name: str = ""
    email: str | None = None
    password_hash: str | None = None


class Change(Struct, frozen=True, kw_only=True):
    """What is UNSET stays."""

    name: str | UnsetType = UNSET
    role: Role | UnsetType = UNSET
    display_name: str | UnsetType = UNSET
    email: str | UnsetType | None = UNSET
    password_hash: str | UnsetType = UNSET
    kept_session: str = ""
    """A new password ends all sessions of the user but the one with this id."""


def plain_name(text: str) -> str:
    """As names are kept and compared."""
    return text.strip().lower()


def create_user(store: Store, account_id: str, wish: NewUser) -> User:
    """InvalidInput, NameTaken, or NoSuchThing where the account is not there."""
    if account_id not in {account.id for account in list_accounts(store)}:
        raise NoSuchThing(f"there is no account `{account_id}`")
    with changing(store) as connection:
        if not has_owner(connection) and wish.role != "owner":
            raise InvalidInput("there is no owner yet: the first user has to be one", "body", "role")
        now = store.now_ms()
        user = User(
            id=secrets.token_hex(16),
            account_id=account_id,
            name=plain_name(wish.name),
            display_name=wish.display_name.strip(),
            email=wish.email,
            role=wish.role,
            source="password",
            has_password=wish.password_hash is not None,
            created_ms=now,
            modified_ms=now,
            used_ms=None,
        )
        insert(connection, store, user, password=wish.password_hash)
        return user


def list_users(store: Store, account_id: str) -> list[User]:
    """Oldest first."""
    query = sa.select(users).where(users.c.account_id == account_id).order_by(users.c.created_ms, users.c.id)
    with store.database.reader.connect() as connection:
        return [user_of(row) for row in connection.execute(query)]


def find_user(connection: Connection, account_id: str, user_id: str) -> User:
    """NoSuchThing where they are not there."""
    own = (users.c.id == user_id, users.c.account_id == account_id)
    row = connection.execute(sa.select(users).where(*own)).one_or_none()
    if row is None:
        raise NoSuchThing(f"there is no user `{user_id}`")
    return user_of(row)


def named(connection: Connection, name: str) -> tuple[User, str | None] | None:
    """With the hash of their password."""
    row = connection.execute(sa.select(users).where(users.c.name == plain_name(name))).one_or_none()
    return None if row is None else (user_of(row), row.password)


def change_user(store: Store, account_id: str, user_id: str, change: Change) -> User:
    """InvalidInput, NameTaken or NoSuchThing. What a role no longer permits ends with it."""
    with changing(store) as connection:
        old = find_user(connection, account_id, user_id)
        changed = _changed(old, change)
        new = msgspec.structs.replace(changed, modified_ms=max(store.now_ms(), old.created_ms))
        _check(new)
        _check_name(connection, new)
        if new.role != "owner":
            _keep_an_owner(connection, old)
        columns: dict[str, object] = {name: getattr(new, name) for name in _CHANGEABLE}
        if change.password_hash is not UNSET:
            if old.source != "password":
                raise InvalidInput("this user signs in elsewhere, and has no password here", "body", "password")
            columns["password"] = change.password_hash
            end_sessions(connection, user_id, but=change.kept_session)
        connection.execute(sa.update(users).where(users.c.id == user_id).values(columns))
        if not may(new.role, "run"):
            drop_run_tokens(connection, sessions_of(user_id))
        if has_owner(connection):
            drop_first_links(connection)
        audit(connection, store, "update", resource(new), old=old, new=new)
        return new


def delete_user(store: Store, account_id: str, user_id: str) -> User:
    """With their sessions. InvalidInput for the last owner, NoSuchThing."""
    with changing(store) as connection:
        old = find_user(connection, account_id, user_id)
        _keep_an_owner(connection, old)
        end_sessions(connection, user_id)
        connection.execute(sa.delete(users).where(users.c.id == user_id))
        audit(connection, store, "delete", resource(old), old=old)
        return old


def end_sessions(connection: Connection, user_id: str, but: str = "") -> None:
    """And what belongs to them."""
    drop_run_tokens(connection, sessions_of(user_id, but))
    connection.execute(sa.delete(sessions).where(sessions.c.user_id == user_id, sessions.c.id != but))
    connection.execute(sa.delete(login_links).where(login_links.c.user_id == user_id))


def drop_first_links(connection: Connection) -> None:
    connection.execute(sa.delete(login_links).where(login_links.c.is_first))


def owners(connection: Connection) -> int:
    query = sa.select(sa.func.count()).select_from(users).where(users.c.role == "owner")
    return connection.execute(query).scalar_one()


def has_owner(connection: Connection) -> bool:
    return owners(connection) > 0


def has_users(connection: Connection) -> bool:
    return connection.execute(sa.select(users.c.id).limit(1)).first() is not None


def note_sign_in(connection: Connection, user_id: str, now_ms: int) -> None:
    connection.execute(sa.update(users).where(users.c.id == user_id).values(used_ms=now_ms))


def keep_hash(store: Store, user_id: str, former: str, fresh: str) -> None:
    """The same password under today's parameters."""
    unchanged = (users.c.id == user_id, users.c.password == former)
    with store.database.writer.begin() as connection:
        connection.execute(sa.update(users).where(*unchanged).values(password=fresh))


def user_of(row: Row[tuple[object, ...]]) -> User:
    return User(
        id=row.id,
        account_id=row.account_id,
        name=row.name,
        display_name=row.display_name,
        email=row.email,
        role=row.role,
        source=row.source,
        has_password=row.password is not None,
        created_ms=row.created_ms,
        modified_ms=row.modified_ms,
        used_ms=row.used_ms,
    )


def insert(connection: Connection, store: Store, user: User, **columns: str | None) -> None:
    """`columns` are those that a `User` does not have. InvalidInput or NameTaken."""
    _check(user)
    _check_name(connection, user)
    fields = {name: value for name, value in msgspec.structs.asdict(user).items() if name != "has_password"}
    connection.execute(sa.insert(users).values(fields | columns))
    if user.role == "owner":
        drop_first_links(connection)
    audit(connection, store, "create", resource(user), new=user)


def resource(user: User) -> Resource:
    return Resource(user.account_id, "user", user.id)


def sessions_of(user_id: str, but: str = "") -> sa.ColumnElement[bool]:
    """Which run tokens are of this user's sessions."""
    own = sa.select(sessions.c.id).where(sessions.c.user_id == user_id, sessions.c.id != but)
    return tokens.c.session_id.in_(own)


def _changed(old: User, change: Change) -> User:
    given = {
        "name": change.name if change.name is UNSET else plain_name(change.name),
        "role": change.role,
        "display_name": change.display_name if change.display_name is UNSET else change.display_name.strip(),
        "email": change.email,
        "has_password": UNSET if change.password_hash is UNSET else True,
    }
    return msgspec.structs.replace(old, **{name: value for name, value in given.items() if value is not UNSET})


def _keep_an_owner(connection: Connection, old: User) -> None:
    if old.role == "owner" and owners(connection) == 1:
        raise InvalidInput(f"`{old.name}` is the last owner: make another user one first", "body", "role")


def _check(user: User) -> None:
    if not _NAME.fullmatch(user.name) or user.name == OPERATOR:
        raise InvalidInput(
            f"`{user.name}` cannot be a name: use 1 to 64 of a-z, 0-9, `.`, `_`, `@`, `+` and `-`", "body", "name"
        )
    if len(user.display_name) > _LONGEST_SHOWN or not (user.display_name.isprintable() or not user.display_name):
        raise InvalidInput(f"`display_name` has at most {_LONGEST_SHOWN} printable characters", "body", "display_name")
    if user.email is not None and not (EMAIL.fullmatch(user.email) and user.email.isprintable()):
        raise InvalidInput(f"`{user.email}` is no address of e-mail", "body", "email")


def _check_name(connection: Connection, user: User) -> None:
    other = (users.c.name == user.name, users.c.id != user.id)
    if connection.execute(sa.select(users.c.id).where(*other)).first() is not None:
        raise NameTaken(f"there is a user `{user.name}` already")
