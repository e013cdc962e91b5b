"""The tables of the store; a change here needs a migration beside it.

Moments are Unix milliseconds, spans are microseconds, money is whole nano-USD (10⁻⁹ USD), booleans read as statements.
"""

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
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

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
    Column("headers", Text),  # a JSON object of text; null = none
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

_SEQUENCE = BigInteger().with_variant(Integer, "sqlite")  # which numbers its rows only where it is an INTEGER

logs = Table(
    "logs",
    metadata,
    Column("seq", _SEQUENCE, primary_key=True),  # the order in which they were stored
    Column("id", String(36), nullable=False, unique=True),  # UUIDv7: the order of ids is the order of time
    Column("account_id", String(32), nullable=False),
    Column("gateway_id", String(64), nullable=False),
    Column("event_id", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("provider", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("duration_us", BigInteger, nullable=False),
    Column("first_byte_us", BigInteger, nullable=False),  # 0 where no byte came
    Column("is_stream", Boolean, nullable=False),
    Column("cached", Boolean, nullable=False),
    Column("cancelled", Boolean, nullable=False),
    Column("is_broken", Boolean, nullable=False),
    Column("step", SmallInteger, nullable=False),
    Column("error", Text, nullable=False),
    # Tokens are null where the answer stated no usage at all.
    Column("tokens_in", BigInteger),
    Column("tokens_out", BigInteger),
    Column("cached_tokens_in", BigInteger),
    Column("cache_write_tokens_in", BigInteger),
    Column("cache_write_1h_tokens_in", BigInteger),
    Column("audio_tokens_in", BigInteger),
    Column("reasoning_tokens_out", BigInteger),
    Column("audio_tokens_out", BigInteger),
    Column("cost_nano", BigInteger),  # null = unknown, never a guess
    Column("cost_source", String(8)),  # provider, table, rule or custom; null with a null cost
    Column("price_version", Text),  # of the price table, or the id of the rule, where the cost came from it
    Column("attempts", Text, nullable=False),  # a JSON array of exchange.Attempt
    Column("metadata", Text, nullable=False),  # a JSON object as text; empty = none was sent
    Column("custom_cost", Text, nullable=False),
    Column("user_agent", Text, nullable=False),
    Column("request_type", Text, nullable=False),
    Column("request_content_type", Text, nullable=False),
    Column("response_content_type", Text, nullable=False),
    Column("response_encoding", Text, nullable=False),  # that the stored body still has: one unknown here
    Column("request_size", BigInteger, nullable=False),
    Column("response_size", BigInteger, nullable=False),
    Column("is_truncated", Boolean, nullable=False),
    Column("has_bodies", Boolean, nullable=False),
    Column("bodies_in", BigInteger),  # log_bodies.id; null where none were kept
    Column("token_id", String(32)),  # of the API token that the caller showed; null = none that was good
    Column("credential", Text),  # what the provider was shown: request, stored:ALIAS or none; null = not decided
    Column("feedback", Float),  # -1 to 1, given afterwards; null = none
    Column("score", Float),  # 0 to 100, likewise
    Column("similarity", Float),  # to the nearest question that the semantic cache knew; null = none
    Column("similar_to", String(36)),  # the log whose answer it gave, or would have given; null = none
    # What is compared most stands in the index, so a page is found without looking at rows: 84 ms for a million logs
    # of which none fits, in place of 810.
    Index(
        "ix_logs_account_id_gateway_id_id_figures",
        *("account_id", "gateway_id", "id"),
        *("cost_nano", "duration_us", "tokens_in", "tokens_out", "status", "is_broken", "cached"),
    ),
    Index(None, "account_id", "gateway_id", "provider", "id"),
    Index(None, "account_id", "gateway_id", "model", "id"),
    Index(None, "event_id"),
    Index(
        "ix_logs_account_id_gateway_id_id_rated",
        *("account_id", "gateway_id", "id"),
        sqlite_where=text("feedback IS NOT NULL"),
        postgresql_where=text("feedback IS NOT NULL"),
    ),
)

log_bodies = Table(
    "log_bodies",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),  # of several logs together: see control.logs
)

log_counts = Table(
    "log_counts",
    metadata,
    Column("account_id", String(32), nullable=False),
    Column("gateway_id", String(64), nullable=False),
    Column("count", BigInteger, nullable=False),  # of its logs; changes with them in one transaction
    PrimaryKeyConstraint("account_id", "gateway_id"),
)

log_blocks = Table(
    "log_blocks",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("account_id", String(32), nullable=False),
    Column("gateway_id", String(64), nullable=False),
    # Logs from `first_id` on, up to `end_id`, that one not included; both may be no id of a log.
    Column("first_id", String(40), nullable=False),
    Column("end_id", String(40), nullable=False),
    Column("count", BigInteger, nullable=False),  # that came in; deleted ones too
    Column("last_id", String(36), nullable=False),
    Column("is_summed", Boolean, nullable=False),  # false: nothing is known of what is in it
    *(
        Column(f"{end}_{name}", BigInteger)  # null where no log has the figure
        for name in ("cost_nano", "duration_us", "tokens_in", "tokens_out", "tokens")
        for end in ("least", "most")
    ),
    UniqueConstraint("account_id", "gateway_id", "first_id"),
)

log_terms = Table(
    "log_terms",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),  # control.log_blocks.term_id of all the rest
    Column("account_id", String(32), nullable=False),
    Column("gateway_id", String(64), nullable=False),
    Column("key", Text, nullable=False),  # of a filter
    Column("value", Text, nullable=False),
    Index(None, "account_id", "gateway_id", "key"),
)

log_block_terms = Table(
    "log_block_terms",
    metadata,
    Column("term_id", BigInteger, nullable=False),
    Column("block_id", BigInteger, nullable=False),  # in which it occurs
    PrimaryKeyConstraint("term_id", "block_id"),
    Index(None, "block_id"),
    sqlite_with_rowid=False,
)

logpush_jobs = Table(
    "logpush_jobs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account_id", String(32), ForeignKey("accounts.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("destination", LargeBinary, nullable=False),  # sealed: see control.logpush.vault
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
    Column("seq", _SEQUENCE, primary_key=True),
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

journal_positions = Table(
    "journal_positions",
    metadata,
    Column("segment", Text, primary_key=True),
    Column("next_offset", BigInteger, nullable=False),
)

HISTOGRAM = 36
"""Buckets of a histogram of spans: control.analytics.histogram says which."""


def _buckets(name: str) -> list[Column[int]]:
    return [Column(f"{name}_{number}", Integer, nullable=False, server_default="0") for number in range(HISTOGRAM)]


def _of_requests(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("account_id", String(32), nullable=False),
        Column("start_ms", BigInteger, nullable=False),
        Column("gateway_id", String(64), nullable=False),
        Column("provider", Text, nullable=False),
        Column("model", Text, nullable=False),
        Column("status", SmallInteger, nullable=False),
        Column("is_stream", Boolean, nullable=False),
        Column("cached", Boolean, nullable=False),
        Column("is_error", Boolean, nullable=False),
        Column("is_rate_limited", Boolean, nullable=False),
        Column("requests", BigInteger, nullable=False),
        Column("cancelled", BigInteger, nullable=False),
        Column("tokens_in", BigInteger, nullable=False),
        Column("tokens_out", BigInteger, nullable=False),
        Column("cached_tokens_in", BigInteger, nullable=False),
        Column("reasoning_tokens_out", BigInteger, nullable=False),
        Column("cost_nano", BigInteger, nullable=False),
        Column("unpriced", BigInteger, nullable=False),  # used tokens, at an unknown cost
        Column("duration_us", BigInteger, nullable=False),
        Column("first_byte_us", BigInteger, nullable=False),
        Column("first_bytes", BigInteger, nullable=False),  # requests of which one came
        *_buckets("duration"),
        *_buckets("first_byte"),
        PrimaryKeyConstraint(
            *("account_id", "start_ms", "gateway_id", "provider", "model"),
            *("status", "is_stream", "cached", "is_error", "is_rate_limited"),
        ),
        sqlite_with_rowid=False,
    )


def _of_metadata(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("account_id", String(32), nullable=False),
        Column("start_ms", BigInteger, nullable=False),
        Column("gateway_id", String(64), nullable=False),
        Column("key", Text, nullable=False),
        Column("value", Text, nullable=False),  # as text, cut
        Column("requests", BigInteger, nullable=False),
        Column("errors", BigInteger, nullable=False),
        Column("cached", BigInteger, nullable=False),
        Column("tokens_in", BigInteger, nullable=False),
        Column("tokens_out", BigInteger, nullable=False),
        Column("cost_nano", BigInteger, nullable=False),
        Column("duration_us", BigInteger, nullable=False),
        PrimaryKeyConstraint("account_id", "start_ms", "gateway_id", "key", "value"),
        sqlite_with_rowid=False,
    )


# What was served, summed by the minute and by the hour. It outlives the logs that it was made from. Rows lie in the
# order of the key, so a span of time is read in one go, whichever gateways are asked for.
request_minutes = _of_requests("request_minutes")
request_hours = _of_requests("request_hours")
metadata_minutes = _of_metadata("metadata_minutes")
metadata_hours = _of_metadata("metadata_hours")
