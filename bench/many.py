"""What do thousands of gateways and tokens cost: each request, a swap of the snapshot, a change of one?"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import time
from contextlib import ExitStack
from statistics import median
from typing import TYPE_CHECKING

import sqlalchemy as sa
import uvloop

from bench import cost, gateway, nginx
from bench.children import free_port
from bench.figure import Row, ratio
from torana import snapshot
from torana.control import operations
from torana.control.gateway_settings import GatewaySettings
from torana.directory import Directory
from torana.settings import resolve
from torana.storage.tables import gateways, tokens

if TYPE_CHECKING:
    from pathlib import Path

    from bench.figure import Setup
    from torana.control.operations import Store
    from torana.policies.semantic_cache import Recall
    from torana.storage.books import Books
    from torana.storage.cache import Cache

MANY = 10_000
_ROUNDS = 9
_CHANGES = 5


def many(setup: Setup) -> list[Row]:
    room, filled, empty = (setup.room(name) for name in ("many", "many-filled", "many-empty"))
    changes = fill(filled / "data")
    blocked = [_longest_turn(filled / "data" / operations.SNAPSHOT) for _ in range(_ROUNDS)]
    upstream = free_port()
    with ExitStack() as stack:
        stack.enter_context(nginx.serving(room / "mock", [nginx.mock(upstream)], upstream, setup.load_core))
        sides = [
            cost.Torana(
                stack.enter_context(gateway.serving(folder, f"http://127.0.0.1:{upstream}/v1", setup.side_core))
            )
            for folder in (filled, empty)
        ]
        with_many, with_one = cost.take_turns(setup, *sides)
    found = ratio([t.worker_us for t in with_many], [t.worker_us for t in with_one])
    us, one_us = (cost.typical([t.worker_us for t in turns]) for turns in (with_many, with_one))
    crowd = f"{MANY:,} gateways and {MANY:,} tokens"
    return [
        Row(
            "many",
            f"CPU per request with {crowd} ÷ with one",
            found.median,
            1.05,
            "",
            f"{found}; {us:.1f} and {one_us:.1f} µs",
        ),
        Row(
            "swap",
            "a swap of that snapshot keeps the loop from requests for",
            median(blocked),
            5.0,
            "ms",
            _spread(blocked),
        ),
        Row(
            "change",
            "one more gateway among them, until workers can see it",
            median(changes),
            None,
            "ms",
            _spread(changes),
        ),
    ]


def fill(data_dir: Path) -> list[float]:
    """A store with very many gateways and tokens; the processor time of making some more, in milliseconds."""
    store = operations.open_store(resolve({"data_dir": str(data_dir)}, {}))
    try:
        account = operations.ensure_default(store).id
        _insert(store, account)
        return [_create(store, account, f"more-{number}") for number in range(_CHANGES)]
    finally:
        store.close()


def _insert(store: Store, account: str) -> None:
    settings = operations.to_json(GatewaySettings(authentication=True))
    with operations.changing(store) as connection:
        rows = [
            {
                "account_id": account,
                "id": f"gateway-{n}",
                "collect_logs": True,
                "created_ms": n,
                "modified_ms": n,
                "settings": settings,
            }
            for n in range(MANY)
        ]
        connection.execute(sa.insert(gateways), rows)
        rows = [
            {
                "id": f"{n:032x}",
                "account_id": account,
                "name": f"token number {n}",
                "hash": hashlib.sha256(str(n).encode()).hexdigest(),
                "preview": "abcd",
                "permissions": '["run"]',
                "gateways": f'["gateway-{n}"]',
                "created_ms": n,
                "modified_ms": n,
            }
            for n in range(MANY)
        ]
        connection.execute(sa.insert(tokens), rows)
        operations.bump(connection)


def _create(store: Store, account: str, name: str) -> float:
    began = time.process_time()
    operations.create_gateway(store, account, name)
    return (time.process_time() - began) * 1e3


def _longest_turn(path: Path) -> float:
    """Milliseconds of processor time: the longest of all turns of a loop while a worker takes a new snapshot.

    Not of the clock, which on a busy machine tells of others: the loop's thread waits for nobody meanwhile, as what is
    read in another thread is read without the interpreter's lock.
    """
    return uvloop.run(_watched(path))


async def _watched(path: Path) -> float:
    holder = [Directory(snapshot.read_index(path), _Nothing())]
    gc.collect()
    gc.freeze()
    longest, last = 0.0, time.thread_time()
    swapping = asyncio.create_task(_swap(holder, path))
    while not swapping.done():
        await asyncio.sleep(0)
        now = time.thread_time()
        longest, last = max(longest, now - last), now
    await swapping
    return longest * 1e3


async def _swap(holder: list[Directory], path: Path) -> None:
    await asyncio.sleep(0.02)
    holder[0] = Directory(await snapshot.load_index(path), _Nothing())
    await asyncio.sleep(0.02)


class _Nothing:
    """Ports that no policy calls here."""

    cache: Cache | None = None
    recall: Recall | None = None

    @property
    def books(self) -> Books:
        raise AssertionError

    def record(self, *_: object) -> None:
        raise AssertionError

    def record_again(self, frame: bytes) -> bool:
        raise AssertionError


def _spread(values: list[float]) -> str:
    return f"{median(values):.1f} ({min(values):.1f} to {max(values):.1f}) in {len(values)} times"
