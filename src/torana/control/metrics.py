"""What `/metrics` tells: the ingester's sums, the workers' figures, the journal on the disk."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import accumulate
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, InfoMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from torana import __version__
from torana.control import aside
from torana.control.totals import BUCKETS_S, Sums
from torana.journal import segments
from torana.statistics import Statistics

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from prometheus_client import Metric

    from torana.catalog.prices import Prices
    from torana.control.otel.export import Counts
    from torana.control.totals import Totals
    from torana.statistics import Block

CONTENT_TYPE = CONTENT_TYPE_LATEST

_WORKER_GAUGES = {
    "connections": "Client connections open now.",
    "in_flight": "Requests being answered now.",
    "upstream_open": "Connections to providers open now, idle ones included.",
    "upstream_idle": "Connections to providers kept for the next request.",
    "cache_entries": "Answers in the worker's cache.",
    "cache_bytes": "Memory that the cached answers take.",
    "semantic_entries": "Questions that the worker's semantic cache knows.",
    "snapshot_version": "Version of the configuration that the worker serves.",
    "started_at": "Unix time at which the worker started.",
}
_WORKER_COUNTERS = {
    "requests": "Requests answered.",
    "refused": "Requests refused on the wire: malformed, too large or too slow.",
    "upstream_opened": "Connections made to providers.",
    "dropped_rows": "Log records lost because the journal could not take them.",
    "dropped_bodies": "Log records that lost their heads and bodies because the journal was nearly full.",
    "cache_hits": "Look-ups in the cache that found an answer.",
    "cache_misses": "Look-ups in the cache that found none.",
    "cache_evictions": "Cached answers that had to go before their time, for want of room.",
    "semantic_lookups": "Questions that the semantic cache compared with others.",
    "semantic_hits": "Answers given to the same question in other words.",
    "semantic_shadow_hits": "Answers that a semantic cache in shadow mode would have given.",
    "semantic_failures": "Texts for which the semantic cache got no vector.",
    "journal_bytes": "Bytes appended to the journal.",
}


class Ingest(Protocol):
    """The counters of control.ingest.Ingester."""

    totals: Totals
    prices: Prices
    stored: int
    bytes: int
    lag_s: float
    level_at: float
    corrupt: int
    torn: int
    refused: int
    over_limit: Counter[str]
    deleted: Counter[str]
    failures: int


class Pushes(Protocol):
    """The counters of control.logpush.pusher.Pusher, by job."""

    pushed: Counter[str]
    failed: Counter[str]


class _Shape(Struct, frozen=True):
    """One family of the ingester's sums."""

    name: str
    help: str
    field: str
    factor: float = 1


_BY_MODEL = (
    _Shape("torana_tokens_in", "Input tokens, cached ones included.", "tokens_in"),
    _Shape("torana_tokens_out", "Output tokens, reasoning included.", "tokens_out"),
    _Shape("torana_cached_tokens_in", "Input tokens read from a provider's prompt cache.", "cached_tokens_in"),
    _Shape("torana_reasoning_tokens_out", "Output tokens spent on reasoning.", "reasoning_tokens_out"),
    _Shape("torana_cost_usd", "Cost of what was answered, in USD.", "cost_nano", 1e-9),
    _Shape("torana_cached_requests", "Requests answered from the cache.", "cached"),
    _Shape(
        "torana_saved_tokens_in",
        "Input tokens of answers from the cache, which no provider counted.",
        "saved_tokens_in",
    ),
    _Shape("torana_saved_tokens_out", "Output tokens likewise.", "saved_tokens_out"),
    _Shape("torana_unpriced_requests", "Requests that used tokens and whose cost is unknown.", "unpriced"),
)


class Exported(Protocol):
    """What control.otel.export.Exporter counts."""

    @property
    def counts(self) -> Counts: ...
    @property
    def queued(self) -> int: ...


class Metrics(Collector):
    """Reads everything anew at each scrape; nothing is counted on the request's way."""

    def __init__(
        self,
        ingest: Ingest,
        journal: Path,
        statistics: Path,
        pushes: Pushes | None = None,
        exported: Exported | None = None,
    ) -> None:
        self._exported = exported
        self.ingest = ingest
        self.journal = journal
        self.statistics = statistics
        self._pushes = pushes
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def render(self) -> bytes:
        return generate_latest(self._registry)

    def describe(self) -> list[Metric]:
        """Nothing: the registry would scrape to learn the names."""
        return []

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("torana", "The running version.", value={"version": __version__})
        totals = self.ingest.totals.copy()
        yield from _requests(totals)
        yield _durations(totals)
        yield from self._stored()
        yield from self._pushed()
        yield from self._spans()
        yield from self._workers()

    def _spans(self) -> Iterator[Metric]:
        if self._exported is None:
            return
        counts = self._exported.counts
        yield GaugeMetricFamily(
            "torana_otel_queued", "Exchanges whose spans wait for their collectors.", self._exported.queued
        )
        for name, text, value in (
            ("torana_otel_spans_exported", "Spans that a collector took.", counts.exported),
            ("torana_otel_spans_dropped", "Spans lost: a queue was full, or a collector refused them.", counts.dropped),
            ("torana_otel_failures", "Attempts to send spans that failed.", counts.failed),
        ):
            yield CounterMetricFamily(name, text, value)

    def _stored(self) -> Iterator[Metric]:
        ingest = self.ingest
        sizes, kept = list(_sizes(self.journal)), aside.look(self.journal)
        yield GaugeMetricFamily("torana_journal_disk_bytes", "Size of the journal on the disk.", sum(sizes))
        yield GaugeMetricFamily("torana_journal_segments", "Files of the journal.", len(sizes))
        yield GaugeMetricFamily("torana_journal_corrupt_segments", "Segments set aside, as `.corrupt`.", kept.segments)
        yield GaugeMetricFamily("torana_journal_corrupt_bytes", "Size of the segments set aside.", kept.bytes)
        yield GaugeMetricFamily(
            "torana_ingest_lag_seconds", "Age of the newest record when it was stored.", ingest.lag_s
        )
        yield GaugeMetricFamily("torana_ingest_failing", "Passes in a row that could not store.", ingest.failures)
        for name, text, value in (
            ("torana_logs_stored", "Log rows stored.", ingest.stored),
            ("torana_log_bytes_stored", "Bytes of log bodies stored, compressed.", ingest.bytes),
            ("torana_journal_corrupt_frames", "Frames of the journal that were no records.", ingest.corrupt),
            ("torana_journal_torn_frames", "Last frames cut short by the death of their worker.", ingest.torn),
            ("torana_logs_refused", "Records that the database could not take.", ingest.refused),
        ):
            yield CounterMetricFamily(name, text, value)
        yield _counted(
            "torana_logs_over_limit", "Requests not logged: their gateway is full.", "gateway", ingest.over_limit
        )
        yield _counted("torana_logs_deleted", "Logs deleted for new ones, or for their age.", "reason", ingest.deleted)

    def _pushed(self) -> Iterator[Metric]:
        if self._pushes is not None:
            yield _counted("torana_logpush_logs", "Logs pushed elsewhere, by job.", "job", self._pushes.pushed)
            yield _counted("torana_logpush_failures", "Attempts to push that failed.", "job", self._pushes.failed)

    def _workers(self) -> Iterator[Metric]:
        try:
            page = Statistics.open(self.statistics, writable=False)
        except (OSError, ValueError):
            return  # no worker has started yet: there is nothing to tell
        with page:
            blocks = [block for block in page.all() if block.read()["started_at"]]
            figures = [(str(block.index), block.read()) for block in blocks]
            for name, text in _WORKER_GAUGES.items():
                gauge = GaugeMetricFamily(f"torana_worker_{name}", text, labels=["worker"])
                for index, values in figures:
                    gauge.add_metric([index], values[name])
                yield gauge
            for name, text in _WORKER_COUNTERS.items():
                counter = CounterMetricFamily(f"torana_worker_{name}", text, labels=["worker"])
                for index, values in figures:
                    counter.add_metric([index], values[name])
                yield counter
            yield _reasons(blocks)


def _requests(totals: Totals) -> Iterator[Metric]:
    requests = CounterMetricFamily(
        "torana_requests", "Requests logged, by the status sent.", labels=["provider", "model", "status"]
    )
    by_model: dict[tuple[str, str], Sums] = defaultdict(Sums)
    for (provider, model, status), sums in totals.sums.items():
        requests.add_metric([provider, model, str(status)], sums.requests)
        by_model[provider, model].add(sums)
    yield requests
    for shape in _BY_MODEL:
        family = CounterMetricFamily(shape.name, shape.help, labels=["provider", "model"])
        for (provider, model), sums in by_model.items():
            family.add_metric([provider, model], getattr(sums, shape.field) * shape.factor)
        yield family


def _durations(totals: Totals) -> Metric:
    """From the request's first byte to the answer's last."""
    seconds: dict[str, float] = defaultdict(float)
    for (provider, _, _), sums in totals.sums.items():
        seconds[provider] += sums.duration_us / 1e6
    family = HistogramMetricFamily(
        "torana_request_duration_seconds", "From a request's arrival to its answer's last byte.", labels=["provider"]
    )
    bounds = [*map(str, BUCKETS_S), "+Inf"]
    for provider, counts in totals.durations.items():
        buckets = list(zip(bounds, accumulate(map(float, counts)), strict=True))
        family.add_metric([provider], buckets, sum_value=seconds[provider])
    return family


def _counted(name: str, text: str, label: str, counts: Counter[str]) -> Metric:
    family = CounterMetricFamily(name, text, labels=[label])
    for value, count in counts.copy().items():
        family.add_metric([value], count)
    return family


def _reasons(blocks: list[Block]) -> Metric:
    family = GaugeMetricFamily(
        "torana_worker_drop_reason", "Why the last log record or body was lost.", labels=["worker", "reason"]
    )
    for block in blocks:
        if block.drop_reason:
            family.add_metric([str(block.index), block.drop_reason], 1)
    return family


def _sizes(folder: Path) -> Iterator[int]:
    for path in segments(folder):
        try:
            yield path.stat().st_size
        except FileNotFoundError:
            continue  # the ingester was done with it
