"""Short-lived API tokens with which the dashboard's playground calls models: each belongs to a session."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa

from torana.control.digests import digest
from torana.control.operations import bump, changing
from torana.control.tokens import PREFIX, Made, Token
from torana.storage.tables import tokens

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from torana.control.operations import Store
    from torana.control.signing_in.sessions import Session

LASTS_MS = 12 * 3_600_000
_SECRET_BYTES = 32
_PREVIEW = 4


def make_run_token(store: Store, session: Session) -> Made:
    """In place of the session's former one, whose text nobody knows any more but who was given it."""
    now = store.now_ms()
    text = PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    token = Token(
        id=secrets.token_hex(16),
        account_id=session.account_id,
        name=f"dashboard: {session.who.name}",
        preview=text[-_PREVIEW:],
        permissions=["run"],
        gateways=None,
        expires_ms=min(now + LASTS_MS, session.expires_ms),
        created_ms=now,
        modified_ms=now,
        used_ms=None,
    )
    with changing(store) as connection:
        drop_run_tokens(connection, tokens.c.session_id == session.id)
        row = msgspec.structs.asdict(token) | {
            "hash": digest(text),
            "permissions": msgspec.json.encode(token.permissions).decode(),
            "session_id": session.id,
        }
        connection.execute(sa.insert(tokens).values(row))
        bump(connection)
    return Made(token, text)


def drop_run_tokens(connection: Connection, which: sa.ColumnElement[bool]) -> None:
    """Within a change of the configuration; workers refuse them from the next snapshot on."""
    if connection.execute(sa.delete(tokens).where(tokens.c.session_id.is_not(None), which)).rowcount:
        bump(connection)
