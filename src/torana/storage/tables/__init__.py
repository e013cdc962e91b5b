"""The tables of the store; a change here needs a migration beside it.

Moments are Unix milliseconds, spans are microseconds, money is whole nano-USD (10⁻⁹ USD), booleans read as statements.
"""

from __future__ import annotations

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
from torana.storage.tables.summed import HISTOGRAM, metadata_hours, metadata_minutes, request_hours, request_minutes

__all__ = [
    "HISTOGRAM",
    "accounts",
    "audit_logs",
    "cache_purges",
    "configuration",
    "custom_costs",
    "custom_providers",
    "data_keys",
    "datasets",
    "evaluation_results",
    "evaluations",
    "gateways",
    "journal_positions",
    "log_block_figures",
    "log_block_terms",
    "log_blocks",
    "log_bodies",
    "log_counts",
    "log_terms",
    "logpush_jobs",
    "logs",
    "metadata",
    "metadata_hours",
    "metadata_minutes",
    "provider_keys",
    "request_hours",
    "request_minutes",
    "responses",
    "tokens",
]
