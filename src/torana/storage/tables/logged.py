"""What was served: logs, and what finds and counts them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from torana.storage.tables.base import SEQUENCE, metadata

logs = Table(
    "logs",
    metadata,
    Column("seq", SEQUENCE, primary_key=True),  # the order in which they were stored
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

log_block_figures = Table(
    "log_block_figures",
    metadata,
    Column("name", String(16), nullable=False),  # of control.log_figures.FIGURES
    Column("block_id", BigInteger, nullable=False),  # one that is full
    Column("bits", LargeBinary, nullable=False),  # see control.log_figures
    PrimaryKeyConstraint("name", "block_id"),
)

journal_positions = Table(
    "journal_positions",
    metadata,
    Column("segment", Text, primary_key=True),
    Column("next_offset", BigInteger, nullable=False),
)
