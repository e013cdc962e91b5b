"""What does an event of a stream cost in processor time, beside nginx that does not buffer?"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from msgspec import Struct

from bench import gateway, machine, nginx
from bench.children import ask, free_port, listens, module, running
from bench.cost import PATH, typical
from bench.figure import Row, ratio
from bench.sse_reader import Heard

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.figure import Setup

_EVENTS = 200
_TICK_MS = 5
_STREAMS = 64


class _Turn(Struct, frozen=True):
    event_us: float
    reads_per_event: float


def _turn(url: str, pids: list[int], rounds: int) -> _Turn:
    before = machine.cpu_s(pids)
    heard = ask(Heard, "sse_reader", url, str(_STREAMS), str(rounds), str(_EVENTS))
    return _Turn((machine.cpu_s(pids) - before) * 1e6 / heard.events, heard.reads / heard.events)


def stream(setup: Setup) -> list[Row]:
    room = setup.room("stream")
    upstream, front = free_port(), free_port()
    with ExitStack() as stack:
        command = module("sse_upstream", str(upstream), str(_EVENTS), str(_TICK_MS))
        source = stack.enter_context(running(command, room / "upstream.log", setup.load_core))
        source.await_(lambda: listens(upstream), "the streaming upstream")
        servers = [nginx.proxy(front, upstream, buffering=False)]
        proxy = stack.enter_context(nginx.serving(room / "nginx", servers, front, setup.side_core))
        base = f"http://127.0.0.1:{upstream}/v1"
        served = stack.enter_context(gateway.serving(room, base, setup.side_core))
        ours, theirs = _take_turns(
            setup,
            lambda rounds: _turn(served.url, served.facts().pids.workers, rounds),
            lambda rounds: _turn(f"http://127.0.0.1:{front}{PATH}", [proxy.pid], rounds),
        )
    found = ratio([t.event_us for t in ours], [t.event_us for t in theirs])
    us, nginx_us = typical([t.event_us for t in ours]), typical([t.event_us for t in theirs])
    detail = (
        f"{found}; worker {us:.1f} µs, nginx {nginx_us:.1f} µs; "
        f"reads per event {typical([t.reads_per_event for t in ours]):.2f} and "
        f"{typical([t.reads_per_event for t in theirs]):.2f} (1 = each came by itself)"
    )
    return [Row("stream", "CPU per streamed event ÷ nginx, unbuffered", found.median, 2.0, "", detail)]


def _take_turns(
    setup: Setup, ours: Callable[[int], _Turn], theirs: Callable[[int], _Turn]
) -> tuple[list[_Turn], list[_Turn]]:
    ours(1)
    theirs(1)
    rounds = max(1, round(setup.turn_s * 1000 / (_EVENTS * _TICK_MS)))
    pairs = [(theirs(rounds), ours(rounds)) for _ in range(setup.rounds)]
    return [pair[1] for pair in pairs], [pair[0] for pair in pairs]
