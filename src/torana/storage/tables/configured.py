"""What was configured, and by whom."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from torana.storage.tables.base import SEQUENCE, metadata

configuration = Table(
    "configuration",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # always 1: there is one row
    Column("version", BigInteger, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
)

gateways = Table(
    "gateways",
    metadata,
    Column("account_id", String(32), ForeignKey("accounts.id"), nullable=False),
    Column("id", String(64), nullable=False),
    Column("collect_logs", Boolean, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("modified_ms", BigInteger, nullable=False),
    # The rest of control.gateway_settings as a JSON object; what it lacks is at its default.
    Column("settings", Text, nullable=False, server_default="{}"),
    PrimaryKeyConstraint("account_id", "id"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account_id", String(32), ForeignKey("accounts.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("hash", String(64), nullable=False, unique=True),  # SHA-256 of the token's text, in hex
    Column("preview", String(4), nullable=False),  # its last characters
    Column("permissions", Text, nullable=False),  # a JSON array
    Column("gateways", Text),  # a JSON array of ids; null = all
    Column("expires_ms", BigInteger),  # null = never
    Column("created_ms", BigInteger, nullable=False),
    Column("modified_ms", BigInteger, nullable=False),
    Column("used_ms", BigInteger),  # to the hour; null = never
    # Of the dashboard's playground, which ends with that session and is in no list; null = an operator's own.
    Column("session_id", String(32), index=True),
)

data_keys = Table(
    "data_keys",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("master_id", String(16), nullable=False),
    Column("sealed", Text, nullable=False),  # with the master key: see torana.sealing
    Column("created_ms", BigInteger, nullable=False),
)

provider_keys = Table(
    "provider_keys",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account_id", String(32), ForeignKey("accounts.id"), nullable=False),
    Column("gateway_id", String(64), nullable=False),
    Column("provider", Text, nullable=False),
    Column("alias", Text, nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("data_key_id", String(32), ForeignKey("data_keys.id"), nullable=False),
    Column("sealed", Text, nullable=False),  # with the data key
    Column("preview", Text, nullable=False),  # what may be shown of it
    Column("rate_limit", BigInteger),  # requests in `rate_limit_period` seconds; null = no limit
    Column("rate_limit_period", BigInteger),
    Column("created_ms", BigInteger, nullable=False),
    Column("modified_ms", BigInteger, nullable=False),
    UniqueConstraint("account_id", "gateway_id", "provider", "alias"),
)

cache_purges = Table(
    "cache_purges",
    metadata,
    Column("account_id", String(32), nullable=False),
    Column("gateway_id", String(64), nullable=False),
    Column("key_name", String(24), nullable=False),  # of policies.cache_key.name_of; empty = the whole cache
    Column("mark_ms", BigInteger, nullable=False),  # when; grows with each purge of a gateway
    PrimaryKeyConstraint("account_id", "gateway_id", "key_name"),
)

custom_providers = Table(
    "custom_providers",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("account_id", String(32), ForeignKey("accounts.id"), nullable=False),
    Column("slug", String(64), nullable=False),  # `custom-{slug}` in the gateway's URLs
    Column("name", Text, nullable=False),
    Column("base_url", Text, nullable=False),
    Column("description", Text),
    Column("link", Text),
    Column("enable", Boolean, nullable=False),
    Column("beta", Boolean, nullable=False),
    Column("headers", Text),  # a JSON object of text, where secrets are sealed with `***` for them; null = none
    Column("data_key_id", String(32)),  # with which the secret ones are sealed; null = there are none
    Column("sealed_headers", Text),  # a JSON object of text
    Column("curl_example", Text),
    Column("js_example", Text),
    Column("position", Integer),  # in lists; null = after those that have one
    Column("created_ms", BigInteger, nullable=False),
    Column("modified_ms", BigInteger, nullable=False),
    UniqueConstraint("account_id", "slug"),
)

custom_costs = Table(
    "custom_costs",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("account_id", String(32), ForeignKey("accounts.id"), nullable=False),
    Column("provider_id", String(36), ForeignKey("custom_providers.id", ondelete="CASCADE"), nullable=False),
    Column("model", Text, nullable=False),
    Column("model_rule", String(11), nullable=False),  # equals, starts-with or contains
    Column("cost_type", Text, nullable=False),
    Column("cost_in", Float),  # USD a token
    Column("cost_out", Float),
    Column("enable", Boolean, nullable=False),
    Column("token_pricing", Text),  # a JSON object of USD a token by kind; null = none
    Column("created_ms", BigInteger, nullable=False),
    Column("modified_ms", BigInteger, nullable=False),
)

datasets = Table(
    "datasets",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("account_id", String(32), nullable=False),
    Column("gateway_id", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("enable", Boolean, nullable=False),
    Column("filters", Text, nullable=False),  # a JSON array
    Column("created_ms", BigInteger, nullable=False),
    Column("modified_ms", BigInteger, nullable=False),
    ForeignKeyConstraint(["account_id", "gateway_id"], ["gateways.account_id", "gateways.id"], ondelete="CASCADE"),
)

evaluations = Table(
    "evaluations",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("account_id", String(32), nullable=False),
    Column("gateway_id", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("datasets", Text, nullable=False),  # a JSON array of what they were then
    Column("processed", Boolean, nullable=False),
    Column("total_logs", BigInteger, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("modified_ms", BigInteger, nullable=False),
    ForeignKeyConstraint(["account_id", "gateway_id"], ["gateways.account_id", "gateways.id"], ondelete="CASCADE"),
)

evaluation_results = Table(
    "evaluation_results",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("evaluation_id", String(36), ForeignKey("evaluations.id", ondelete="CASCADE"), nullable=False),
    Column("evaluation_type_id", Text, nullable=False),
    Column("result", Text, nullable=False),  # a number as text; empty = none
    Column("status", SmallInteger, nullable=False),  # of control.evaluations.Status
    Column("status_description", Text, nullable=False),
    Column("total_logs", BigInteger, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("modified_ms", BigInteger, nullable=False),
)

logpush_jobs = Table(
    "logpush_jobs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account_id", String(32), ForeignKey("accounts.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("destination", LargeBinary, nullable=False),  # sealed: see control.logpush.vault
    Column("data_key_id", String(32)),  # null = with the key of its own that former versions had
    Column("gateways", Text),  # a JSON array of ids; null = all
    Column("enabled", Boolean, nullable=False),
    Column("interval_s", Integer, nullable=False),
    Column("most_logs", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),  # logs.seq that it has passed
    Column("created_ms", BigInteger, nullable=False),
    Column("modified_ms", BigInteger, nullable=False),
    Column("pushed", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False),  # in a row
    Column("last_success_ms", BigInteger),
    Column("last_error_ms", BigInteger),
    Column("last_error", Text, nullable=False),
)

audit_logs = Table(
    "audit_logs",
    metadata,
    Column("seq", SEQUENCE, primary_key=True),
    Column("id", String(36), nullable=False, unique=True),  # UUIDv7
    Column("account_id", String(32), nullable=False),
    Column("when_ms", BigInteger, nullable=False),
    Column("interface", String(8), nullable=False),  # API, CLI or SYSTEM
    Column("actor_id", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("action", String(16), nullable=False),
    Column("resource_type", Text, nullable=False),
    Column("resource_id", Text, nullable=False),
    Column("old_json", Text),  # without secrets; null = there was nothing before
    Column("new_json", Text),
    Index(None, "account_id", "seq"),
)
