"""Is every answered exchange in the log, once, whatever is killed meanwhile?

Callers send requests with an event id of their own as fast as they are answered, and write down which ids got their
whole answer. Meanwhile worker, control plane or both are killed with SIGKILL, at random moments. At the end the log
must hold each of those ids exactly once.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from typing import TYPE_CHECKING

from msgspec import Struct

from bench import gateway, messages, nginx
from bench.children import NotStarted, free_port, listens, module, running
from bench.figure import Row

if TYPE_CHECKING:
    from bench.figure import Setup
    from bench.gateway import Gateway

_KILLS_PER_GATEWAY = 9
"""The supervisor waits longer from death to death; a new gateway keeps a hundred kills within minutes."""


class Outcome(Struct):
    """Of one experiment. `unanswered` requests were cut by a kill: they may stand in the log or not."""

    kills: int = 0
    answered: set[str] = set()
    streams: int = 0
    """How many of those were streams."""
    unanswered: int = 0
    missing: list[str] = []
    doubled: list[str] = []


class _Caller:
    """One client: a request at a time, each with a new id, and a new connection after each loss."""

    def __init__(self, url: str, name: str, body: bytes, outcome: Outcome) -> None:
        self._url = url
        self._name = name
        self._body = body
        self._outcome = outcome
        self.is_stopped = False

    async def run(self) -> None:
        number = 0
        while not self.is_stopped:
            try:
                reader, writer = await asyncio.open_connection(*messages.address(self._url))
            except OSError:
                await asyncio.sleep(0.01)
                continue
            try:
                while not self.is_stopped:
                    number += 1
                    await self._call(reader, writer, f"{self._name}-{number}")
            except (OSError, EOFError):
                self._outcome.unanswered += 1
            finally:
                writer.close()

    async def _call(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, event_id: str) -> None:
        writer.write(messages.post(self._url, self._body, {"cf-aig-event-id": event_id}))
        head = await reader.readuntil(b"\r\n\r\n")
        await _read_body(reader, head)
        if head.startswith(b"HTTP/1.1 200 "):
            self._outcome.answered.add(event_id)
            self._outcome.streams += b"text/event-stream" in head
        else:
            self._outcome.unanswered += 1


async def _read_body(reader: asyncio.StreamReader, head: bytes) -> None:
    """To its very end: what is cut short raises EOFError."""
    if b"transfer-encoding: chunked" not in head.lower():
        await reader.readexactly((messages.whole_length(head) or 0) - len(head))
        return
    size = -1
    while size:
        size = int((await reader.readuntil(b"\r\n")).split(b";")[0], 16)
        await reader.readexactly(size + 2)


async def experiment(served: Gateway, kills: int, *, seed: int = 1, callers: int = 8) -> Outcome:
    """Kills worker, control plane and both in turn, under load, then waits for the log and compares.

    Every other caller asks for a stream.
    """
    outcome = Outcome()
    bodies = (messages.REQUEST, messages.STREAM_REQUEST)
    working = [_Caller(served.url, f"kill{seed}-{n}", bodies[n % 2], outcome) for n in range(callers)]
    async with asyncio.TaskGroup() as group:
        for caller in working:
            group.create_task(caller.run())
        try:
            await _kill_often(served, kills, random.Random(seed), outcome)
        finally:
            for caller in working:
                caller.is_stopped = True
    await asyncio.to_thread(_compare, served, outcome)
    return outcome


async def _kill_often(served: Gateway, kills: int, dice: random.Random, outcome: Outcome) -> None:
    killed: set[int] = set()
    while outcome.kills < kills:
        answered = len(outcome.answered)
        await _until_answered(outcome, answered + 20)
        await asyncio.sleep(dice.uniform(0.0, 0.3))
        victims = _victims(served, outcome.kills % 3)
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        killed.update(victims)
        outcome.kills += 1
        await _until_whole(served, killed)


def _victims(served: Gateway, turn: int) -> list[int]:
    pids = served.facts().pids
    return [[served.worker], [served.control], [*pids.workers, served.control]][turn]


async def _until_answered(outcome: Outcome, count: int, timeout_s: float = 30.0) -> None:
    """A kill is only worth something under load: answers must come again first."""
    deadline = time.monotonic() + timeout_s
    while len(outcome.answered) < count:
        if time.monotonic() > deadline:
            raise NotStarted(f"no answers any more after {outcome.kills} kills")
        await asyncio.sleep(0.01)


async def _until_whole(served: Gateway, killed: set[int], timeout_s: float = 30.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not served.is_whole(killed):
        if time.monotonic() > deadline:
            raise NotStarted("what was killed was not started again")
        await asyncio.sleep(0.02)


def _compare(served: Gateway, outcome: Outcome, patience_s: float = 10.0) -> None:
    """Waits until all are there, or as long as the log still grows."""
    events = served.stored_events()
    grown = time.monotonic()
    while not outcome.answered <= events.keys() and time.monotonic() < grown + patience_s:
        time.sleep(0.2)
        now = served.stored_events()
        if len(now) != len(events):
            grown = time.monotonic()
        events = now
    outcome.missing = sorted(outcome.answered - events.keys())
    outcome.doubled = sorted(event for event, times in events.items() if times > 1)


def kill(setup: Setup) -> list[Row]:
    """A hundred kills; every other gateway gets streams from its upstream."""
    room = setup.room("kill")
    upstream, streaming = free_port(), free_port()
    wanted = 2 * _KILLS_PER_GATEWAY if setup.quick else 100
    found: list[Outcome] = []
    with (
        nginx.serving(room / "mock", [nginx.mock(upstream)], upstream, setup.load_core),
        running(module("sse_upstream", str(streaming), "5", "2"), room / "upstream.log", setup.load_core) as source,
    ):
        source.await_(lambda: listens(streaming), "the streaming upstream")
        while (left := wanted - sum(outcome.kills for outcome in found)) > 0:
            number = len(found)
            folder = room / str(number)
            folder.mkdir()
            port = (upstream, streaming)[number % 2]
            with gateway.serving(folder, f"http://127.0.0.1:{port}/v1", setup.side_core) as served:
                trial = experiment(served, min(left, _KILLS_PER_GATEWAY), seed=number)
                found.append(asyncio.run(trial))
    kills, answered = sum(o.kills for o in found), sum(len(o.answered) for o in found)
    streams, cut = sum(o.streams for o in found), sum(o.unanswered for o in found)
    victims = "worker, control plane and both in turn"
    detail = f"{answered:,} answered ({streams:,} streams), {cut:,} cut short; kills of {victims}"
    missing, doubled = sum(len(o.missing) for o in found), sum(len(o.doubled) for o in found)
    return [
        Row("missing", f"answered exchanges missing from the log after {kills} kills", missing, 0.0, "", detail),
        Row("doubled", "exchanges that stand there twice", doubled, 0.0, "", detail),
    ]
