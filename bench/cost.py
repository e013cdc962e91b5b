"""What does a request cost in processor time, beside nginx?"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from bench import gateway, machine, nginx
from bench.children import free_port
from bench.figure import Row, ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.children import Child
    from bench.figure import Setup
    from bench.gateway import Gateway

PATH = "/v1/chat/completions"


class Turn(Struct, frozen=True):
    """One side's turn: microseconds of processor time a request."""

    rate: float
    worker_us: float
    rest_us: float = 0.0
    """Of ingester, store and supervisor."""

    @property
    def whole_us(self) -> float:
        return self.worker_us + self.rest_us


class Side(Protocol):
    def turn(self, setup: Setup, seconds: float) -> Turn: ...


class Plain:
    """A proxy whose processes all work on the request: nginx, or a peer."""

    def __init__(self, child: Child, url: str, headers: dict[str, str] | None = None, *, varies: bool = False) -> None:
        """`varies`: no two requests are the same."""
        self._child = child
        self._url = url
        self._headers = headers
        self._varies = varies

    def turn(self, setup: Setup, seconds: float) -> Turn:
        pids = machine.family(self._child.pid)
        before = machine.cpu_s(pids)
        load = setup.load.run(self._url, seconds, setup.folder, self._headers, varies=self._varies)
        return Turn(load.rate, (machine.cpu_s(pids) - before) * 1e6 / load.requests)


class Torana:
    """The worker alone, and the rest once it has caught up with what the worker wrote down."""

    def __init__(self, served: Gateway, headers: dict[str, str] | None = None, *, varies: bool = False) -> None:
        self._gateway = served
        self._headers = headers
        self._varies = varies

    def turn(self, setup: Setup, seconds: float) -> Turn:
        pids = self._gateway.facts().pids
        rest = [pids.supervisor, self._gateway.control]
        stored = self._gateway.stored()
        before, rest_before = machine.cpu_s(pids.workers), machine.cpu_s(rest)
        load = setup.load.run(self._gateway.url, seconds, setup.folder, self._headers, varies=self._varies)
        worker_us = (machine.cpu_s(pids.workers) - before) * 1e6 / load.requests
        self._gateway.await_stored(stored + load.requests)
        return Turn(load.rate, worker_us, (machine.cpu_s(rest) - rest_before) * 1e6 / load.requests)


def take_turns(setup: Setup, *sides: Side) -> list[list[Turn]]:
    """Every side's turns, one after the other, after a turn each that does not count."""
    for side in sides:
        side.turn(setup, 1.0)
    turns: list[list[Turn]] = [[] for _ in sides]
    for _ in range(setup.rounds):
        for side, taken in zip(sides, turns, strict=True):
            taken.append(side.turn(setup, setup.turn_s))
    return turns


def plain(setup: Setup) -> list[Row]:
    """Plain HTTP to the upstream: the worker, and the whole gateway."""
    room = setup.room("plain")
    upstream, front = free_port(), free_port()
    with ExitStack() as stack:
        stack.enter_context(nginx.serving(room / "mock", [nginx.mock(upstream)], upstream, setup.load_core))
        proxy = nginx.serving(room / "nginx", [nginx.proxy(front, upstream)], front, setup.side_core)
        theirs = Plain(stack.enter_context(proxy), f"http://127.0.0.1:{front}{PATH}")
        served = gateway.serving(room, f"http://127.0.0.1:{upstream}/v1", setup.side_core)
        ours = Torana(stack.enter_context(served))
        nginx_turns, torana_turns = take_turns(setup, theirs, ours)
    return [
        _worker_row("plain", "CPU per request ÷ nginx", torana_turns, nginx_turns),
        _whole_row(torana_turns, nginx_turns),
    ]


def tls(setup: Setup) -> list[Row]:
    """TLS to the upstream, verified."""
    room = setup.room("tls")
    upstream, front = free_port(), free_port()
    authority = nginx.make_authority(room)
    with ExitStack() as stack:
        mock = nginx.mock(upstream, authority)
        stack.enter_context(nginx.serving(room / "mock", [mock], upstream, setup.load_core))
        proxy = nginx.serving(room / "nginx", [nginx.proxy(front, upstream, authority)], front, setup.side_core)
        theirs = Plain(stack.enter_context(proxy), f"http://127.0.0.1:{front}{PATH}")
        settings = {"TORANA_UPSTREAM_CA": authority.ca}
        served = gateway.serving(room, f"https://localhost:{upstream}/v1", setup.side_core, settings)
        ours = Torana(stack.enter_context(served))
        nginx_turns, torana_turns = take_turns(setup, theirs, ours)
    return [_worker_row("tls", "CPU per request, TLS to the upstream ÷ nginx, the same", torana_turns, nginx_turns)]


def cached(setup: Setup) -> list[Row]:
    """A cache hit, beside an nginx that has the same body in its memory and asks nobody."""
    room = setup.room("cached")
    upstream, front = free_port(), free_port()
    with ExitStack() as stack:
        stack.enter_context(nginx.serving(room / "mock", [nginx.mock(upstream)], upstream, setup.load_core))
        server = nginx.serving(room / "nginx", [nginx.mock(front)], front, setup.side_core)
        theirs = Plain(stack.enter_context(server), f"http://127.0.0.1:{front}{PATH}")
        served = gateway.serving(room, f"http://127.0.0.1:{upstream}/v1", setup.side_core)
        ours = Torana(stack.enter_context(served), {"cf-aig-cache-ttl": "3600"})
        nginx_turns, torana_turns = take_turns(setup, theirs, ours)
    return [_worker_row("cached", "CPU per cache hit ÷ nginx serving the body", torana_turns, nginx_turns)]


def method(setup: Setup) -> list[Row]:
    """nginx beside another nginx: what the method itself adds or hides."""
    room = setup.room("method")
    upstream, *fronts = free_port(), free_port(), free_port()
    with ExitStack() as stack:
        stack.enter_context(nginx.serving(room / "mock", [nginx.mock(upstream)], upstream, setup.load_core))
        sides = []
        for front in fronts:
            proxy = nginx.serving(room / str(front), [nginx.proxy(front, upstream)], front, setup.side_core)
            sides.append(Plain(stack.enter_context(proxy), f"http://127.0.0.1:{front}{PATH}"))
        one, other = take_turns(setup, *sides)
    found = ratio([t.worker_us for t in one], [t.worker_us for t in other])
    detail = f"{found}; the same program on both sides, so what differs from 1 is noise"
    return [Row("method", "the method itself: nginx ÷ nginx", found.median, None, "", detail)]


def typical(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]


def _worker_row(name: str, figure: str, ours: list[Turn], theirs: list[Turn]) -> Row:
    found = ratio([t.worker_us for t in ours], [t.worker_us for t in theirs])
    us, nginx_us = typical([t.worker_us for t in ours]), typical([t.worker_us for t in theirs])
    rate = typical([t.rate for t in ours])
    detail = f"{found}; worker {us:.1f} µs at {rate:,.0f} requests/s, nginx {nginx_us:.1f} µs"
    return Row(name, figure, found.median, 2.5, "", detail)


def _whole_row(ours: list[Turn], theirs: list[Turn]) -> Row:
    found = ratio([t.whole_us for t in ours], [t.worker_us for t in theirs])
    rest, whole = typical([t.rest_us for t in ours]), typical([t.whole_us for t in ours])
    detail = f"{found}; ingester and store {rest:.1f} µs, together {whole:.1f} µs"
    return Row("whole", "CPU per request, ingester and store counted in ÷ nginx", found.median, 4.0, "", detail)
