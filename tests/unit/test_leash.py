"""The leash over real socket pairs, on both event loops; the test plays the supervisor."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from typing import TYPE_CHECKING

import pytest
import uvloop

from torana.errors import LocalModelMissing
from torana.leash import Leash, LocalEndpoint

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable


class Supervisor:
    """The other end, by hand."""

    def __init__(self, end: socket.socket) -> None:
        end.settimeout(0)
        self.end = end
        self._rest = b""

    async def say(self, message: object) -> None:
        await asyncio.get_running_loop().sock_sendall(self.end, json.dumps(message).encode() + b"\n")

    async def hear(self) -> object:
        while b"\n" not in self._rest:
            data = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self.end, 4096), 5)
            assert data, "the child let go of its leash"
            self._rest += data
        line, self._rest = self._rest.split(b"\n", 1)
        return json.loads(line)

    async def hears_nothing(self) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self.end, 1), 0.05)


@pytest.fixture
async def pair() -> AsyncIterator[tuple[Leash, Supervisor]]:
    ours, theirs = socket.socketpair()
    leash = await Leash.hold(theirs.detach())
    yield leash, Supervisor(ours)
    leash.close()
    ours.close()
    await turn()


async def turn() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110  # what is awaited has no event
            await asyncio.sleep(0.001)


async def test_ready_carries_the_facts(pair: tuple[Leash, Supervisor]) -> None:
    leash, supervisor = pair
    leash.ready(account_id="ab" * 16, gateway_id="default", index=0)
    assert await supervisor.hear() == {"ready": {"account_id": "ab" * 16, "gateway_id": "default", "index": 0}}


async def test_ready_without_facts_is_still_said(pair: tuple[Leash, Supervisor]) -> None:
    leash, supervisor = pair
    leash.ready()
    assert await supervisor.hear() == {"ready": {}}


async def test_concurrent_calls_share_one_question_and_the_answer_is_remembered(pair: tuple[Leash, Supervisor]) -> None:
    leash, supervisor = pair
    calls = [asyncio.create_task(leash.local.need()) for _ in range(3)]
    assert await supervisor.hear() == {"need": "local"}
    await supervisor.hears_nothing()
    await supervisor.say({"local": {"url": "http://127.0.0.1:9", "key": "k"}})
    assert await asyncio.gather(*calls) == [LocalEndpoint("http://127.0.0.1:9", "k")] * 3
    assert await leash.local.need() is leash.local.known
    await supervisor.hears_nothing()


async def test_an_error_is_raised_with_its_words_and_asked_again_next_time(pair: tuple[Leash, Supervisor]) -> None:
    leash, supervisor = pair
    calls = [asyncio.create_task(leash.local.need()) for _ in range(2)]
    await supervisor.hear()
    await supervisor.say({"local": {"error": "run `torana local pull`"}})
    for call in calls:
        with pytest.raises(LocalModelMissing, match="torana local pull"):
            await call
    again = asyncio.create_task(leash.local.need())
    assert await supervisor.hear() == {"need": "local"}
    await supervisor.say({"local": {"url": "http://x", "key": ""}})
    assert (await again).url == "http://x"


async def test_an_answer_is_forgotten_when_the_model_died(pair: tuple[Leash, Supervisor]) -> None:
    leash, supervisor = pair
    call = asyncio.create_task(leash.local.need())
    await supervisor.hear()
    await supervisor.say({"local": {"url": "http://old", "key": "a"}})
    await call
    await supervisor.say({"local": None})
    await until(lambda: leash.local.known is None)
    call = asyncio.create_task(leash.local.need())
    assert await supervisor.hear() == {"need": "local"}
    await supervisor.say({"local": {"url": "http://new", "key": "b"}})
    assert await call == LocalEndpoint("http://new", "b")


async def test_a_caller_that_leaves_does_not_take_the_answer_away(pair: tuple[Leash, Supervisor]) -> None:
    leash, supervisor = pair
    first, second = (asyncio.create_task(leash.local.need()) for _ in range(2))
    await supervisor.hear()
    first.cancel()
    await turn()
    await supervisor.say({"local": {"url": "http://x", "key": "k"}})
    assert await second == LocalEndpoint("http://x", "k")
    assert first.cancelled()


async def test_an_answer_nobody_waits_for_any_more_is_kept(pair: tuple[Leash, Supervisor]) -> None:
    leash, supervisor = pair
    call = asyncio.create_task(leash.local.need())
    await supervisor.hear()
    call.cancel()
    await supervisor.say({"local": {"url": "http://x", "key": "k"}})
    await until(lambda: leash.local.known == LocalEndpoint("http://x", "k"))


async def test_drain_is_passed_on_once(pair: tuple[Leash, Supervisor]) -> None:
    leash, supervisor = pair
    drains: list[str] = []
    leash.on_drain = lambda: drains.append("drain")
    await supervisor.say({"drain": True})
    await supervisor.say({"drain": True})
    supervisor.end.close()
    with pytest.raises(LocalModelMissing):
        await leash.local.need()
    assert drains == ["drain"]


async def test_a_drain_that_came_before_anybody_listened_is_not_lost(pair: tuple[Leash, Supervisor]) -> None:
    leash, supervisor = pair
    await supervisor.say({"drain": True})
    await supervisor.say({"local": {"url": "http://x", "key": ""}})
    await until(lambda: leash.local.known is not None)
    drains: list[str] = []
    leash.on_drain = lambda: drains.append("drain")
    assert drains == ["drain"]


async def test_the_end_of_the_leash_is_a_drain_and_answers_who_waits(pair: tuple[Leash, Supervisor]) -> None:
    leash, supervisor = pair
    drains: list[str] = []
    leash.on_drain = lambda: drains.append("drain")
    call = asyncio.create_task(leash.local.need())
    await supervisor.hear()
    supervisor.end.close()
    with pytest.raises(LocalModelMissing, match="shutting down"):
        await call
    assert drains == ["drain"]
    with pytest.raises(LocalModelMissing, match="shutting down"):
        await leash.local.need()


async def test_messages_may_arrive_in_pieces_and_together(pair: tuple[Leash, Supervisor]) -> None:
    leash, supervisor = pair
    call = asyncio.create_task(leash.local.need())
    await supervisor.hear()
    loop = asyncio.get_running_loop()
    for byte in b'{"local": {"url": "http://x", "key": "k"}}':
        await loop.sock_sendall(supervisor.end, bytes([byte]))
        await turn()
    drains: list[str] = []
    leash.on_drain = lambda: drains.append("drain")
    await loop.sock_sendall(supervisor.end, b'\n{"local": null}\n{"drain": true}\n')
    assert (await call).url == "http://x"
    await until(lambda: drains == ["drain"])
    assert leash.local.known is None


async def test_the_leash_does_not_pass_to_grandchildren() -> None:
    ours, theirs = socket.socketpair()
    fd = theirs.detach()
    os.set_inheritable(fd, True)  # noqa: FBT003  # the standard library's own signature
    leash = await Leash.hold(fd)
    assert not os.get_inheritable(fd)
    leash.close()
    ours.close()
    await turn()


@pytest.mark.parametrize("runner", [asyncio.run, uvloop.run])
def test_it_holds_on_both_event_loops(runner: Callable[[Awaitable[None]], None]) -> None:
    async def main() -> None:
        ours, theirs = socket.socketpair()
        supervisor = Supervisor(ours)
        leash = await Leash.hold(theirs.detach())
        drained = asyncio.Event()
        leash.on_drain = drained.set
        leash.ready(pid=1)
        assert await supervisor.hear() == {"ready": {"pid": 1}}
        ours.close()
        await asyncio.wait_for(drained.wait(), 5)

    runner(main())
