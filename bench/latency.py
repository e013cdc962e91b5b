"""How much later does an answer come than without a gateway?"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from bench import gateway, nginx
from bench.children import ask, free_port
from bench.cost import PATH, typical
from bench.figure import Row
from bench.paced import Latency

if TYPE_CHECKING:
    from bench.figure import Setup


def latency(setup: Setup) -> list[Row]:
    """At half of the rate the worker can do, measured first; the call past the gateway comes at the same pace."""
    room = setup.room("latency")
    upstream = free_port()
    with ExitStack() as stack:
        stack.enter_context(nginx.serving(room / "mock", [nginx.mock(upstream)], upstream, setup.load_core))
        base = f"http://127.0.0.1:{upstream}/v1"
        served = stack.enter_context(gateway.serving(room, base, setup.side_core))
        setup.load.run(served.url, 1.0, setup.folder)
        full = setup.load.run(served.url, setup.turn_s, setup.folder)
        served.await_stored(full.requests)
        direct = f"http://127.0.0.1:{upstream}{PATH}"
        rate = full.rate / 2
        pairs = [(_paced(direct, rate, setup), _paced(served.url, rate, setup)) for _ in range(setup.rounds)]
    return [
        _row("p50", "added latency at half load, p50", 0.3, [(a.p50_ms, b.p50_ms) for a, b in pairs], rate),
        _row("p99", "added latency at half load, p99", 2.0, [(a.p99_ms, b.p99_ms) for a, b in pairs], rate),
    ]


def _paced(url: str, rate: float, setup: Setup) -> Latency:
    return ask(Latency, "paced", url, str(rate), str(setup.turn_s))


def _row(name: str, figure: str, target: float, pairs: list[tuple[float, float]], rate: float) -> Row:
    added = [ours - direct for direct, ours in pairs]
    direct_ms, ours_ms = typical([pair[0] for pair in pairs]), typical([pair[1] for pair in pairs])
    detail = (
        f"{typical(added):.2f} ({min(added):.2f} to {max(added):.2f}); direct {direct_ms:.2f} ms, "
        f"through Torana {ours_ms:.2f} ms, at {rate:,.0f} requests/s"
    )
    return Row(name, figure, typical(added), target, "ms", detail)
