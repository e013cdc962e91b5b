from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from torana.catalog.prices import Prices
from torana.control.metrics import Metrics
from torana.control.totals import BUCKETS_S, MOST_SERIES, Totals
from torana.exchange import Usage
from torana.journal import Journal
from torana.statistics import CONNECTIONS, DROPPED_ROWS, IN_FLIGHT, REQUESTS, Statistics
from unit.storage.records import count, make_record

if TYPE_CHECKING:
    from pathlib import Path

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@dataclass
class Counted:
    """An ingester that has done its work."""

    totals: Totals = field(default_factory=Totals)
    prices: Prices = field(default_factory=lambda: Prices(None))
    stored: int = 0
    bytes: int = 0
    lag_s: float = 0.0
    level_at: float = 0.0
    corrupt: int = 0
    torn: int = 0
    refused: int = 0
    over_limit: Counter[str] = field(default_factory=Counter)
    deleted: Counter[str] = field(default_factory=Counter)
    failures: int = 0


@pytest.fixture
def ingest() -> Counted:
    return Counted()


@pytest.fixture
def metrics(ingest: Counted, tmp_path: Path) -> Metrics:
    return Metrics(ingest, tmp_path / "journal", tmp_path / "run" / "statistics")


def read(metrics: Metrics) -> Samples:
    """By Prometheus' own parser."""
    families = text_string_to_metric_families(metrics.render().decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, tuple(sorted(labels.items()))]


def test_requests_are_told_by_provider_model_and_status(ingest: Counted, metrics: Metrics) -> None:
    for status in (200, 200, 429):
        count(ingest.totals, make_record(0, status=status), None)
    samples = read(metrics)
    assert value(samples, "torana_requests_total", provider="openai", model="gpt-4o", status="200") == 2
    assert value(samples, "torana_requests_total", provider="openai", model="gpt-4o", status="429") == 1


def test_tokens_and_cost_are_summed_over_statuses(ingest: Counted, metrics: Metrics) -> None:
    used = Usage(tokens_in=100, tokens_out=10, cached_tokens_in=40, reasoning_tokens_out=7)
    for status in (200, 206):
        count(ingest.totals, make_record(0, status=status, usage=used), 1_500_000_000)
    count(ingest.totals, make_record(0, usage=used), None)
    samples = read(metrics)
    for name, expected in (
        ("torana_tokens_in_total", 300),
        ("torana_tokens_out_total", 30),
        ("torana_cached_tokens_in_total", 120),
        ("torana_reasoning_tokens_out_total", 21),
        ("torana_cost_usd_total", 3.0),
        ("torana_unpriced_requests_total", 1),
    ):
        assert value(samples, name, provider="openai", model="gpt-4o") == pytest.approx(expected), name


def test_what_the_cache_answered_used_no_tokens_of_a_provider(ingest: Counted, metrics: Metrics) -> None:
    used = Usage(tokens_in=100, tokens_out=10)
    count(ingest.totals, make_record(0, usage=used), 1_000_000_000)
    for _ in range(2):
        count(ingest.totals, make_record(0, usage=used, cached=True), 0)
    count(ingest.totals, make_record(0, cached=True), 0)
    samples = read(metrics)
    for name, expected in (
        ("torana_tokens_in_total", 100),
        ("torana_tokens_out_total", 10),
        ("torana_cost_usd_total", 1),
        ("torana_cached_requests_total", 3),
        ("torana_saved_tokens_in_total", 200),
        ("torana_saved_tokens_out_total", 20),
        ("torana_unpriced_requests_total", 0),
    ):
        assert value(samples, name, provider="openai", model="gpt-4o") == expected


def test_durations_are_a_cumulated_histogram(ingest: Counted, metrics: Metrics) -> None:
    for seconds in (0.05, 0.3, 500):
        count(ingest.totals, make_record(0, duration_us=int(seconds * 1e6)), None)
    samples = read(metrics)
    name = "torana_request_duration_seconds"
    counts = [
        value(samples, f"{name}_bucket", provider="openai", le=le) for le in ("0.1", "0.25", "0.5", "120.0", "+Inf")
    ]
    assert counts == [1, 1, 2, 2, 3]
    assert value(samples, f"{name}_count", provider="openai") == 3
    assert value(samples, f"{name}_sum", provider="openai") == pytest.approx(500.35)
    assert sum(1 for key, _ in samples if key == f"{name}_bucket") == len(BUCKETS_S) + 1


def test_models_that_callers_invent_cannot_grow_the_page_without_bound(ingest: Counted, metrics: Metrics) -> None:
    for number in range(MOST_SERIES + 500):
        count(ingest.totals, make_record(0, model=f"made-up-{number}"), None)
    samples = read(metrics)
    assert sum(1 for name, _ in samples if name == "torana_requests_total") <= MOST_SERIES + 10
    assert sum(v for (name, _), v in samples.items() if name == "torana_requests_total") == MOST_SERIES + 500


def test_hostile_names_leave_the_page_readable(ingest: Counted, metrics: Metrics) -> None:
    model = 'a"b\\c\nd{}=,\x1b é'
    count(ingest.totals, make_record(0, model=model), None)
    assert value(read(metrics), "torana_requests_total", provider="openai", model=model, status="200") == 1


def test_workers_show_their_figures_and_their_losses(metrics: Metrics, tmp_path: Path) -> None:
    with Statistics.create(tmp_path / "run" / "statistics", 4) as page:
        for index in (0, 2):
            page.block(index).begin(100 + index, 1_700_000_000)
        block = page.block(2)
        for slot, figure in ((CONNECTIONS, 7), (IN_FLIGHT, 3), (REQUESTS, 1000), (DROPPED_ROWS, 5)):
            block.cells[slot] = figure
        block.drop_reason = "No space left on device"
        samples = read(metrics)
    assert value(samples, "torana_worker_connections", worker="2") == 7
    assert value(samples, "torana_worker_in_flight", worker="2") == 3
    assert value(samples, "torana_worker_requests_total", worker="2") == 1000
    assert value(samples, "torana_worker_dropped_rows_total", worker="2") == 5
    assert value(samples, "torana_worker_drop_reason", worker="2", reason="No space left on device") == 1
    assert value(samples, "torana_worker_requests_total", worker="0") == 0
    assert ("torana_worker_requests_total", (("worker", "1"),)) not in samples


@pytest.mark.parametrize("content", [None, b"not one of ours"])
def test_without_statistics_the_rest_is_still_told(metrics: Metrics, tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / "statistics").write_bytes(content)
    samples = read(metrics)
    assert value(samples, "torana_journal_segments") == 0
    assert not [name for name, _ in samples if name.startswith("torana_worker_")]


def test_the_journal_and_the_ingester_are_told(ingest: Counted, metrics: Metrics, tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal", "w", 1 << 30)
    journal.open()
    journal.append(make_record(0))
    journal.close()
    (tmp_path / "journal" / "w-9.corrupt").write_bytes(bytes(1000))
    ingest.stored, ingest.lag_s, ingest.failures, ingest.torn = 12, 0.25, 3, 1
    samples = read(metrics)
    size = sum(path.stat().st_size for path in (tmp_path / "journal").glob("*.journal"))
    assert value(samples, "torana_journal_disk_bytes") == size > 0
    assert value(samples, "torana_journal_segments") == 1
    assert value(samples, "torana_journal_corrupt_segments") == 1
    assert value(samples, "torana_journal_corrupt_bytes") == 1000
    assert value(samples, "torana_logs_stored_total") == 12
    assert value(samples, "torana_ingest_lag_seconds") == 0.25
    assert value(samples, "torana_ingest_failing") == 3
    assert value(samples, "torana_journal_torn_frames_total") == 1


def test_what_grew_meanwhile_is_in_the_next_scrape(ingest: Counted, metrics: Metrics) -> None:
    read(metrics)
    count(ingest.totals, make_record(0), None)
    assert value(read(metrics), "torana_requests_total", provider="openai", model="gpt-4o", status="200") == 1


def test_logs_that_were_left_out_and_deleted_are_told(ingest: Counted, metrics: Metrics) -> None:
    ingest.over_limit["small"] = 3
    ingest.deleted["age"] = 4
    samples = read(metrics)
    assert value(samples, "torana_logs_over_limit_total", gateway="small") == 3
    assert value(samples, "torana_logs_deleted_total", reason="age") == 4
