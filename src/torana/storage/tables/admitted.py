"""Who may use the dashboard, and who is using it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, String, Table, Text, UniqueConstraint

from torana.storage.tables.base import metadata

users = Table(
    "users",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account_id", String(32), ForeignKey("accounts.id"), nullable=False),
    Column("name", String(64), nullable=False, unique=True),  # what is typed to sign in, in lower case
    Column("display_name", Text, nullable=False),  # empty = the name
    Column("email", Text),
    Column("role", String(8), nullable=False),  # viewer, editor or owner
    Column("source", String(8), nullable=False),  # password or oidc
    Column("password", Text),  # its Argon2 hash, with salt and parameters; null = there is none
    Column("issuer", Text),  # of OpenID Connect; null = the user is of this server alone
    Column("subject", Text),  # who it is there
    Column("created_ms", BigInteger, nullable=False),
    Column("modified_ms", BigInteger, nullable=False),
    Column("used_ms", BigInteger),  # when they signed in last; null = never
    UniqueConstraint("issuer", "subject"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("hash", String(64), primary_key=True),  # SHA-256 of the cookie's secret, in hex
    Column("id", String(32), nullable=False, unique=True),
    Column("account_id", String(32), ForeignKey("accounts.id"), nullable=False),
    # Null = whoever runs this server, by a link that it printed.
    Column("user_id", String(32), ForeignKey("users.id", ondelete="CASCADE")),
    Column("source", String(8), nullable=False),  # password, oidc or link
    Column("created_ms", BigInteger, nullable=False),
    Column("seen_ms", BigInteger, nullable=False),  # to a few minutes
    Column("expires_ms", BigInteger, nullable=False),  # however busy it is
    Index(None, "user_id"),
    Index(None, "expires_ms"),
)

login_links = Table(
    "login_links",
    metadata,
    Column("hash", String(64), primary_key=True),  # SHA-256 of the link's secret, in hex
    Column("account_id", String(32), ForeignKey("accounts.id"), nullable=False),
    Column("user_id", String(32), ForeignKey("users.id", ondelete="CASCADE")),  # null = as in sessions
    Column("is_first", Boolean, nullable=False),  # printed because there was no owner: void as soon as there is one
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Index(None, "expires_ms"),
)
