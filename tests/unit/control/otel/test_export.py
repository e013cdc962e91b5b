"""The queues: bounded, patient with collectors that are away, and never in the ingester's way."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from scripted import Answer, ScriptedUpstream
from torana.control.otel import export
from torana.control.otel.export import Exporter, Targets
from torana.control.otel.targets import Target
from unit.storage.records import ACCOUNT, make_record

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

HERE = (ACCOUNT, "default")


@pytest.fixture
def collector() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as up:
        yield up


def exporter_of(*targets: Target, environ: dict[str, str] | None = None) -> Exporter:
    configured = Targets(None, {HERE: list(targets)})
    made = Exporter(lambda: configured, environ=environ or {})
    made.refresh()
    return made


def put(exporter: Exporter, *numbers: int) -> None:
    for number in numbers:
        exporter.note(make_record(number), None, None)
    exporter.release()


@asynccontextmanager
async def running(exporter: Exporter) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(exporter.run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110  # what it waits for has no event
            await asyncio.sleep(0.01)


async def test_spans_arrive_once_they_are_stored_and_not_before(collector: ScriptedUpstream) -> None:
    collector.script("/t", Answer())
    exporter = exporter_of(Target(collector.url + "/t"))
    exporter.note(make_record(1), None, None)
    exporter.forget()
    async with running(exporter):
        put(exporter, 2)
        await until(lambda: exporter.counts.exported == 2)
    assert len(collector.requests) == 1
    assert make_record(2).id.encode() in collector.requests[0].body
    assert make_record(1).id.encode() not in collector.requests[0].body


async def test_other_gateways_spans_are_not_even_made() -> None:
    exporter = exporter_of(Target("http://127.0.0.1:1"))
    exporter.note(make_record(1, gateway_id="other"), None, None)
    exporter.release()
    assert (exporter.queued, exporter.counts.dropped) == (0, 0)


async def test_a_collector_that_comes_back_gets_what_waited(
    collector: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "_FIRST_WAIT_S", 0.01)
    collector.script("/t", Answer(status=503), Answer(status=429), Answer())
    exporter = exporter_of(Target(collector.url + "/t"))
    put(exporter, 1, 2)
    async with running(exporter):
        await until(lambda: exporter.counts.exported == 4)
    assert (exporter.counts.failed, exporter.counts.dropped, len(collector.requests)) == (2, 0, 3)


async def test_a_refusal_loses_the_spans_and_is_told_once(
    collector: ScriptedUpstream, caplog: pytest.LogCaptureFixture
) -> None:
    collector.script("/secret-path", Answer(status=401))
    exporter = exporter_of(Target(collector.url + "/secret-path"))
    with caplog.at_level(logging.WARNING):
        async with running(exporter):
            put(exporter, 1)
            await until(lambda: exporter.counts.dropped == 2)
            put(exporter, 2)
            await until(lambda: exporter.counts.dropped == 4)
            await asyncio.sleep(2 * export._TICK_S)
    assert len([line for line in caplog.messages if "spans were lost" in line]) == 1
    assert "status 401" in caplog.text
    assert "secret-path" not in caplog.text


async def test_a_full_queue_drops_what_comes_and_keeps_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MOST_QUEUED", 3)
    exporter = exporter_of(Target("http://127.0.0.1:1"))
    put(exporter, *range(5))
    assert (exporter.queued, exporter.counts.dropped) == (3, 4)
    monkeypatch.setattr(export, "MOST_BYTES", 0)
    put(exporter, 6)
    assert exporter.counts.dropped == 6


async def test_a_collector_that_hangs_holds_nobody_up(collector: ScriptedUpstream) -> None:
    collector.script("/slow", Answer(delay_s=30))
    collector.script("/quick", Answer())
    exporter = exporter_of(Target(collector.url + "/slow", timeout_s=0.2), Target(collector.url + "/quick"))
    async with asyncio.timeout(8), running(exporter):
        put(exporter, 1)
        await until(lambda: exporter.counts.exported == 2)
        await until(lambda: exporter.counts.failed >= 1)
    assert exporter.counts.dropped == 0
    assert exporter.queued == 1


async def test_a_redirect_is_not_followed(collector: ScriptedUpstream) -> None:
    collector.script("/t", Answer(status=307, headers=[(b"location", collector.url.encode() + b"/other")]))
    exporter = exporter_of(
        Target(collector.url + "/t", (("authorization", "${secret:K}"),)), environ={"TORANA_SECRET_K": "k"}
    )
    put(exporter, 1)
    async with running(exporter):
        await until(lambda: exporter.counts.dropped == 2)
    assert [one.target for one in collector.requests] == [b"/t"]


async def test_a_missing_secret_waits_and_says_which() -> None:
    exporter = exporter_of(Target("http://127.0.0.1:1", (("authorization", "${secret:K}"),)))
    put(exporter, 1)
    async with running(exporter):
        await until(lambda: exporter.counts.failed == 1)
    assert "`TORANA_SECRET_K` is not set" in exporter.counts.reason
    assert exporter.queued == 1


async def test_what_waits_for_a_collector_that_is_taken_out_goes() -> None:
    now = Targets(None, {HERE: [Target("http://127.0.0.1:1")]})
    exporter = Exporter(lambda: now, environ={})
    exporter.refresh()
    put(exporter, 1)
    now = Targets()
    exporter.refresh()
    assert (exporter.queued, exporter.counts.dropped) == (0, 2)


async def test_large_queues_go_in_several_requests(
    collector: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "AT_ONCE", 2)
    collector.script("/t", *[Answer() for _ in range(3)])
    exporter = exporter_of(Target(collector.url + "/t"))
    put(exporter, *range(5))
    async with running(exporter):
        await until(lambda: exporter.counts.exported == 10)
    assert len(collector.requests) == 3


async def test_what_is_left_at_the_end_is_sent(collector: ScriptedUpstream) -> None:
    collector.script("/t", Answer())
    exporter = exporter_of(Target(collector.url + "/t"))
    stop = asyncio.Event()
    stop.set()
    put(exporter, 1)
    await exporter.run(stop)
    assert exporter.counts.exported == 2


def test_a_bug_in_a_span_stops_no_log(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def broken(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(export, "spans_of", broken)
    exporter = exporter_of(Target("http://127.0.0.1:1"))
    put(exporter, 1)
    assert exporter.queued == 0
    assert "has no spans" in caplog.text
