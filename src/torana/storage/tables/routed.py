"""The router's: keys and money, generations, what its callers configured."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from torana.storage.tables.base import SEQUENCE, metadata

router_keys = Table(
    "router_keys",
    metadata,
    Column("hash", String(64), primary_key=True),  # SHA-256 of the key's text, in hex
    Column("account_id", String(32), ForeignKey("accounts.id"), nullable=False),
    Column("gateway_id", String(64), nullable=False),  # its workspace
    Column("name", Text, nullable=False),
    Column("label", Text, nullable=False),  # its text with all but its ends left out
    Column("is_management", Boolean, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("limit_nano", BigInteger),  # null = no limit
    Column("limit_reset", String(7)),  # daily, weekly or monthly; null = never
    Column("include_byok", Boolean, nullable=False),
    Column("expires_ms", BigInteger),  # null = never
    Column("creator_user_id", Text),
    Column("external_user", Text),  # whom a partner made it for; null = nobody
    Column("created_ms", BigInteger, nullable=False),
    Column("modified_ms", BigInteger),
    Column("used_ms", BigInteger),  # to the hour; null = never
    Index(None, "account_id", "created_ms"),
)

router_key_days = Table(
    "router_key_days",
    metadata,
    Column("key_hash", String(64), nullable=False),
    Column("day", Integer, nullable=False),  # since 1970-01-01, UTC
    Column("account_id", String(32), nullable=False),
    Column("cost_nano", BigInteger, nullable=False),  # charged to the account's credits
    Column("byok_nano", BigInteger, nullable=False),  # spent with callers' own keys at providers
    Column("requests", BigInteger, nullable=False),
    PrimaryKeyConstraint("key_hash", "day"),
)

ledger = Table(
    "ledger",
    metadata,
    Column("seq", SEQUENCE, primary_key=True),
    Column("id", String(64), nullable=False, unique=True),  # of the generation, or of the grant
    Column("account_id", String(32), nullable=False),
    Column("kind", String(12), nullable=False),  # grant or usage
    Column("amount_nano", BigInteger, nullable=False),  # what it adds to the balance: usage is negative
    Column("key_hash", String(64)),
    Column("created_ms", BigInteger, nullable=False),
    Column("note", Text, nullable=False),
    Index(None, "account_id", "seq"),
)
"""Appended to, never changed."""

ledger_totals = Table(
    "ledger_totals",
    metadata,
    Column("account_id", String(32), primary_key=True),
    Column("grants_nano", BigInteger, nullable=False),
    Column("usage_nano", BigInteger, nullable=False),  # positive
)
"""Sums of the ledger, which change with it in one transaction."""

generations = Table(
    "generations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("account_id", String(32), nullable=False),
    Column("gateway_id", String(64), nullable=False),
    Column("log_id", String(36), nullable=False),
    Column("key_hash", String(64), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("content", Text, nullable=False),  # JSON of a `routed.Routed`
    Index(None, "log_id"),
    Index(None, "created_ms"),
)

generation_feedback = Table(
    "generation_feedback",
    metadata,
    Column("seq", SEQUENCE, primary_key=True),
    Column("generation_id", String(64), nullable=False),
    Column("account_id", String(32), nullable=False),
    Column("category", String(20), nullable=False),
    Column("comment", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Index(None, "generation_id"),
)

activity_days = Table(
    "activity_days",
    metadata,
    Column("day", Integer, nullable=False),  # since 1970-01-01, UTC
    Column("account_id", String(32), nullable=False),
    Column("gateway_id", String(64), nullable=False),
    Column("key_hash", String(64), nullable=False),
    Column("user_id", String(128), nullable=False),  # `user` of the requests; empty = none
    Column("model", String(256), nullable=False),
    Column("permaslug", String(256), nullable=False),
    Column("endpoint_id", String(64), nullable=False),
    Column("provider_name", String(128), nullable=False),
    Column("cost_nano", BigInteger, nullable=False),
    Column("byok_nano", BigInteger, nullable=False),
    Column("requests", BigInteger, nullable=False),
    Column("tokens_in", BigInteger, nullable=False),
    Column("tokens_out", BigInteger, nullable=False),
    Column("reasoning_tokens_out", BigInteger, nullable=False),
    Column("cached_tokens_in", BigInteger, nullable=False),
    PrimaryKeyConstraint(
        "day", "account_id", "gateway_id", "key_hash", "user_id", "model", "permaslug", "endpoint_id", "provider_name"
    ),
)

endpoint_minutes = Table(
    "endpoint_minutes",
    metadata,
    Column("minute", Integer, nullable=False),  # since 1970-01-01, UTC
    Column("provider", String(64), nullable=False),  # as in the gateway's URLs
    Column("model", String(256), nullable=False),  # as the provider names it
    Column("attempts", BigInteger, nullable=False),
    Column("successes", BigInteger, nullable=False),
    Column("refusals", BigInteger, nullable=False),  # rate limits, and what was the caller's fault
    Column("latencies", Text, nullable=False),  # a JSON object: of each bucket of milliseconds to the first token
    Column("throughputs", Text, nullable=False),  # likewise, of output tokens a second
    PrimaryKeyConstraint("minute", "provider", "model"),
)

presets = Table(
    "presets",
    metadata,
    Column("account_id", String(32), nullable=False),
    Column("gateway_id", String(64), nullable=False),
    Column("slug", String(128), nullable=False),
    Column("version", Integer, nullable=False),  # from 1; the last one is in use
    Column("id", String(36), nullable=False),  # of the preset, the same in all its versions
    Column("content", Text, nullable=False),  # JSON
    Column("created_ms", BigInteger, nullable=False),
    PrimaryKeyConstraint("account_id", "gateway_id", "slug", "version"),
)

guardrails = Table(
    "guardrails",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("account_id", String(32), ForeignKey("accounts.id"), nullable=False),
    Column("gateway_id", String(64), nullable=False),
    Column("content", Text, nullable=False),  # JSON
    Column("created_ms", BigInteger, nullable=False),
    Column("modified_ms", BigInteger),
)

guardrail_assignments = Table(
    "guardrail_assignments",
    metadata,
    Column("id", String(36), nullable=False, unique=True),
    Column("guardrail_id", String(36), ForeignKey("guardrails.id", ondelete="CASCADE"), nullable=False),
    Column("key_hash", String(64), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    PrimaryKeyConstraint("guardrail_id", "key_hash"),
)

byok_keys = Table(
    "byok_keys",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("account_id", String(32), ForeignKey("accounts.id"), nullable=False),
    Column("gateway_id", String(64)),  # null = of all workspaces
    Column("provider", String(64), nullable=False),  # as in the gateway's URLs
    Column("data_key_id", String(32), ForeignKey("data_keys.id"), nullable=False),
    Column("sealed", Text, nullable=False),  # with the data key
    Column("label", Text, nullable=False),  # what may be shown of it
    Column("content", Text, nullable=False),  # JSON: name, disabled, is_fallback, sort_order, allowed_…
    Column("created_ms", BigInteger, nullable=False),
    Column("modified_ms", BigInteger),
)

auth_codes = Table(
    "auth_codes",
    metadata,
    Column("hash", String(64), primary_key=True),  # SHA-256 of the code, in hex
    Column("account_id", String(32), nullable=False),
    Column("gateway_id", String(64), nullable=False),
    Column("challenge", Text, nullable=False),  # empty = none
    Column("method", String(5), nullable=False),  # S256, plain or empty
    Column("content", Text, nullable=False),  # JSON: callback_url, key_label, limit, usage_limit_type, expires_at …
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("used_ms", BigInteger),  # null = it still waits
    Index(None, "expires_ms"),
)

workspaces = Table(
    "workspaces",
    metadata,
    Column("account_id", String(32), nullable=False),
    Column("gateway_id", String(64), nullable=False),
    Column("content", Text, nullable=False),  # JSON of what a gateway has no setting for
    Column("modified_ms", BigInteger, nullable=False),
    PrimaryKeyConstraint("account_id", "gateway_id"),
)
