"""Other gateways that happen to be installed, measured the same way; named in a file."""

from __future__ import annotations

import shlex
import tomllib
from contextlib import ExitStack
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from bench import nginx
from bench.children import free_port, listens, running
from bench.cost import PATH, Plain, take_turns, typical
from bench.figure import Row, ratio
from bench.messages import address

if TYPE_CHECKING:
    from pathlib import Path

    from bench.figure import Setup


class Peer(Struct, frozen=True, forbid_unknown_fields=True):
    """`{upstream}` in the command stands for the mock's base URL, with `/v1`."""

    command: str
    url: str
    headers: dict[str, str] = {}


def read(path: Path) -> dict[str, Peer]:
    return msgspec.convert(tomllib.loads(path.read_text("utf-8")), dict[str, Peer])


def measure(setup: Setup, name: str, peer: Peer) -> list[Row]:
    """CPU per plain request of one peer, all its processes counted."""
    room = setup.room(f"peer-{name}")
    upstream, front = free_port(), free_port()
    with ExitStack() as stack:
        stack.enter_context(nginx.serving(room / "mock", [nginx.mock(upstream)], upstream, setup.load_core))
        proxy = nginx.serving(room / "nginx", [nginx.proxy(front, upstream)], front, setup.side_core)
        theirs = Plain(stack.enter_context(proxy), f"http://127.0.0.1:{front}{PATH}")
        command = shlex.split(peer.command.replace("{upstream}", f"http://127.0.0.1:{upstream}/v1"))
        child = stack.enter_context(running(command, room / "output.log", setup.side_core))
        child.await_(lambda: listens(address(peer.url)[1]), name, timeout_s=90)
        peer_turns, nginx_turns = take_turns(setup, Plain(child, peer.url, peer.headers), theirs)
    found = ratio([t.worker_us for t in peer_turns], [t.worker_us for t in nginx_turns])
    us, rate = typical([t.worker_us for t in peer_turns]), typical([t.rate for t in peer_turns])
    detail = f"{found}; {us:,.1f} µs at {rate:,.0f} requests/s"
    return [Row(f"peer-{name}", f"peer {name}: CPU per request ÷ nginx", found.median, None, "", detail)]
