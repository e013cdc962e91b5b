"""What does a request cost with every policy on, beside nginx as a plain proxy?"""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from bench import cost, gateway, nginx
from bench.children import free_port
from bench.figure import Row, ratio

if TYPE_CHECKING:
    from bench.figure import Setup
    from bench.gateway import Gateway

_MANY = 1_000_000_000
_RULE = {"limitType": "cost", "limit": _MANY, "window": 86_400, "metadata": {"team": {"mode": "partition"}}}
_SETTINGS = (
    "authentication=true",
    "cache_ttl=3600",
    f"rate_limiting_limit={_MANY}",
    "rate_limiting_interval=3600",
    "rate_limiting_technique=sliding",
    "spend_limits=" + json.dumps({"enabled": True, "rules": [_RULE]}),
)
_FOLLOWED_S = 2.0
"""Workers follow a change within a second."""


def policies(setup: Setup) -> list[Row]:
    """Each request differs from all before it: the cache looks, finds nothing, and keeps the answer."""
    room = setup.room("policies")
    upstream, front = free_port(), free_port()
    with ExitStack() as stack:
        stack.enter_context(nginx.serving(room / "mock", [nginx.mock(upstream)], upstream, setup.load_core))
        proxy = nginx.serving(room / "nginx", [nginx.proxy(front, upstream)], front, setup.side_core)
        theirs = cost.Plain(stack.enter_context(proxy), f"http://127.0.0.1:{front}{cost.PATH}", varies=True)
        served = stack.enter_context(gateway.serving(room, f"http://127.0.0.1:{upstream}/v1", setup.side_core))
        ours = cost.Torana(served, _set_up(served), varies=True)
        nginx_turns, torana_turns = cost.take_turns(setup, theirs, ours)
    found = ratio([t.worker_us for t in torana_turns], [t.worker_us for t in nginx_turns])
    us, nginx_us = (cost.typical([t.worker_us for t in turns]) for turns in (torana_turns, nginx_turns))
    detail = f"{found}; worker {us:.1f} µs, nginx {nginx_us:.1f} µs"
    return [Row("policies", "CPU per request with all policies on ÷ nginx", found.median, 3.0, "", detail)]


def _set_up(served: Gateway) -> dict[str, str]:
    """Switches everything on; the headers that its caller sends."""
    served.run("gateways", "set", "default", *_SETTINGS)
    token = json.loads(served.run("tokens", "create", "--name", "bench", "--permission", "run", "--json"))["token"]
    time.sleep(_FOLLOWED_S)
    return {"cf-aig-authorization": f"Bearer {token}", "cf-aig-metadata": '{"team": "bench", "user": 7}'}
