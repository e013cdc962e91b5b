"""Fixtures of the wire's client side; its tests run on both event loops."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uvloop

from scripted import ScriptedUpstream
from torana.wire.deadlines import Deadlines
from torana.wire.upstream import Proxies, Upstream, UpstreamLimits

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

    from torana.addresses import Reach

    MakeUpstream = Callable[..., Upstream]

_BOTH = ("test_upstream", "test_tls", "test_dial")


def pytest_asyncio_loop_factories(
    item: pytest.Item,
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """uvloop is what runs in production; asyncio's own is the plain twin."""
    factories: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"uvloop": uvloop.new_event_loop}
    if Path(item.fspath).name.startswith(_BOTH):
        factories["asyncio"] = asyncio.new_event_loop
    return factories


@pytest.fixture
def up() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as upstream:
        yield upstream


@pytest.fixture
async def make_upstream() -> AsyncIterator[MakeUpstream]:
    """Makes the client under test, with limits as given and a sweep every 10 ms."""
    made: list[Upstream] = []
    deadlines = Deadlines(asyncio.get_running_loop(), 0.01)
    deadlines.start()

    def make(
        tls: ssl.SSLContext | None = None, proxies: Proxies | None = None, reach: Reach | None = None, **limits: float
    ) -> Upstream:
        upstream = Upstream(UpstreamLimits(**limits), deadlines, tls, proxies, reach)  # type: ignore[arg-type]  # ints
        made.append(upstream)
        return upstream

    yield make
    for upstream in made:
        upstream.close()
    deadlines.stop()
    await asyncio.sleep(0.01)
    assert all(upstream.open_connections == 0 for upstream in made)
