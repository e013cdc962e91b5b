"""The tables of the store; a change here needs a migration beside it.

Moments are Unix milliseconds, spans are microseconds, money is whole nano-USD (10⁻⁹ USD), booleans read as statements.
"""

from __future__ import annotations

from torana.storage.tables.admitted import login_links, sessions, users
from torana.storage.tables.base import metadata
from torana.storage.tables.configured import (
    accounts,
    audit_logs,
    cache_purges,
    configuration,
    custom_costs,
    custom_providers,
    data_keys,
    datasets,
    evaluation_results,
    evaluations,
    gateways,
    logpush_jobs,
    provider_keys,
    tokens,
)
from torana.storage.tables.kept import responses
from torana.storage.tables.logged import (
    journal_positions,
    log_block_figures,
    log_block_terms,
    log_blocks,
    log_bodies,
    log_counts,
    log_terms,
    logs,
)
from torana.storage.tables.routed import (
    activity_days,
    auth_codes,
    byok_keys,
    endpoint_minutes,
    generation_feedback,
    generations,
    guardrail_assignments,
    guardrails,
    ledger,
    ledger_totals,
    presets,
    router_key_days,
    router_keys,
    workspaces,
)
from torana.storage.tables.summed import HISTOGRAM, metadata_hours, metadata_minutes, request_hours, request_minutes

__all__ = [
    "HISTOGRAM",
    "accounts",
    "activity_days",
    "audit_logs",
    "auth_codes",
    "byok_keys",
    "cache_purges",
    "configuration",
    "custom_costs",
    "custom_providers",
    "data_keys",
    "datasets",
    "endpoint_minutes",
    "evaluation_results",
    "evaluations",
    "gateways",
    "generation_feedback",
    "generations",
    "guardrail_assignments",
    "guardrails",
    "journal_positions",
    "ledger",
    "ledger_totals",
    "log_block_figures",
    "log_block_terms",
    "log_blocks",
    "log_bodies",
    "log_counts",
    "log_terms",
    "login_links",
    "logpush_jobs",
    "logs",
    "metadata",
    "metadata_hours",
    "metadata_minutes",
    "presets",
    "provider_keys",
    "request_hours",
    "request_minutes",
    "responses",
    "router_key_days",
    "router_keys",
    "sessions",
    "tokens",
    "users",
    "workspaces",
]
