"""Links that sign in once, for whoever runs this server: nothing has to be set up."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import sqlalchemy as sa

from torana.control.audit import Resource, audit
from torana.control.digests import digest
from torana.control.operations import ensure_default, list_accounts
from torana.control.refusals import NoSuchThing, NotAuthenticated
from torana.control.signing_in.sessions import HOUR_MS, begin
from torana.control.signing_in.users import find_user, has_owner, named
from torana.storage.tables import login_links

if TYPE_CHECKING:
    from torana.control.operations import Store
    from torana.control.signing_in.sessions import Begun

LASTS_MS = 10 * 60_000
FIRST_LASTS_MS = 24 * HOUR_MS
PATH = "/dashboard/login#once="
"""The secret stands behind the `#`: browsers send that to no server, and no log has it."""
_SECRET_BYTES = 32


def make_link(store: Store, name: str | None = None) -> str:
    """The secret of a link for this user (None = the operator), good for ten minutes. NoSuchThing."""
    account_id = ensure_default(store).id
    with store.database.writer.begin() as connection:
        user = None
        if name is not None:
            found = named(connection, name)
            if found is None:
                raise NoSuchThing(f"there is no user `{name}`")
            user = found[0]
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        now = store.now_ms()
        values = {
            "hash": digest(secret),
            "account_id": user.account_id if user else account_id,
            "user_id": user.id if user else None,
            "is_first": False,
            "created_ms": now,
            "expires_ms": now + LASTS_MS,
        }
        connection.execute(sa.insert(login_links).values(values))
        audit(connection, store, "create", Resource(account_id, "login_link", user.name if user else "operator"))
    return secret


def make_first_link(store: Store) -> str | None:
    """The secret of a link for the operator, good until it is used or there is an owner; None where there is one."""
    accounts = list_accounts(store)
    with store.database.writer.begin() as connection:
        if not accounts or has_owner(connection):
            return None
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        now = store.now_ms()
        values = {
            "hash": digest(secret),
            "account_id": accounts[0].id,
            "user_id": None,
            "is_first": True,
            "created_ms": now,
            "expires_ms": now + FIRST_LASTS_MS,
        }
        connection.execute(sa.insert(login_links).values(values))
    return secret


def sign_in_by_link(store: Store, secret: str, peer: str) -> Begun:
    """NotAuthenticated where there is no such link, or it was used, or it is too old."""
    wanted = login_links.c.hash == digest(secret)
    with store.database.writer.begin() as connection:
        row = connection.execute(sa.select(login_links).where(wanted)).one_or_none()
        # In one transaction with what it opens: of two who come at once, one finds it.
        connection.execute(sa.delete(login_links).where(wanted))
        if row is not None and row.expires_ms > store.now_ms():
            user = None if row.user_id is None else find_user(connection, row.account_id, row.user_id)
            return begin(connection, store, row.account_id, user, "link", peer)
    raise NotAuthenticated(
        "Authentication error: this link was used already, or is too old; `torana dashboard` makes another"
    )
