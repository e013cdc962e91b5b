"""A handler at work: begun at once, woken at once, and a task only where it must be."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field

import pytest

from torana.message import Reply
from torana.wire.errand import Errand, Pending, in_task

REPLY = Reply(200, [])


@dataclass
class Owner:
    told: list[object] = field(default_factory=list)

    def answered(self, reply: Reply) -> None:
        self.told.append(reply)

    def failed(self, error: Exception) -> None:
        self.told.append(repr(error))

    def cancelled(self) -> None:
        self.told.append("cancelled")


@pytest.fixture
def owner() -> Owner:
    return Owner()


def begin(owner: Owner, coroutine: Coroutine[object, None, Reply]) -> Errand:
    errand = Errand(owner, asyncio.get_running_loop())
    errand.begin(coroutine)
    return errand


def pending() -> Pending:
    made = Pending(loop=asyncio.get_running_loop())
    made.waiter = None
    return made


async def test_what_waits_for_nothing_is_answered_at_once(owner: Owner) -> None:
    async def handle() -> Reply:
        assert asyncio.current_task() is task
        return REPLY

    task = asyncio.current_task()
    begin(owner, handle())
    assert owner.told == [REPLY]


async def test_it_goes_on_in_the_moment_in_which_the_answer_is_there(owner: Owner) -> None:
    answer = pending()

    async def handle() -> Reply:
        return await answer

    begin(owner, handle())
    assert owner.told == []
    answer.give(REPLY)
    assert owner.told == [REPLY]


async def test_an_answer_that_is_there_already_is_taken(owner: Owner) -> None:
    answer = pending()
    answer.give(REPLY)

    async def handle() -> Reply:
        return await answer

    begin(owner, handle())
    assert owner.told == [REPLY]


async def test_a_failure_of_the_upstream_is_raised_where_it_is_awaited(owner: Owner) -> None:
    first, second = pending(), pending()

    async def handle() -> Reply:
        try:
            return await first
        except ConnectionError:
            return await second

    begin(owner, handle())
    first.fail(ConnectionError("gone"))
    assert owner.told == []
    second.give(REPLY)
    assert owner.told == [REPLY]


async def test_a_bug_is_told_wherever_it_is(owner: Owner) -> None:
    answer = pending()

    async def at_once() -> Reply:
        raise ZeroDivisionError

    async def later() -> Reply:
        await answer
        raise ZeroDivisionError

    async def in_a_task() -> Reply:
        await in_task()
        raise ZeroDivisionError

    begin(owner, at_once())
    begin(owner, later())
    answer.give(REPLY)
    begin(owner, in_a_task())
    await asyncio.sleep(0.01)
    assert owner.told == ["ZeroDivisionError()"] * 3


async def test_what_waits_for_anything_else_goes_on_in_a_task(owner: Owner) -> None:
    answer = pending()
    seen: list[bool] = []

    async def handle() -> Reply:
        await answer
        await in_task()
        seen.append(asyncio.current_task() is not outer)
        async with asyncio.timeout(5):
            await asyncio.sleep(0.001)
        return REPLY

    outer = asyncio.current_task()
    begin(owner, handle())
    answer.give(REPLY)
    await asyncio.sleep(0.02)
    assert owner.told == [REPLY]
    assert seen == [True]


async def test_in_a_task_an_answer_is_awaited_as_well(owner: Owner) -> None:
    answer = pending()

    async def handle() -> Reply:
        await asyncio.sleep(0)
        return await answer

    begin(owner, handle())
    await asyncio.sleep(0.001)
    answer.give(REPLY)
    await asyncio.sleep(0.001)
    assert owner.told == [REPLY]


async def test_an_error_of_what_a_task_waits_for_reaches_the_handler(owner: Owner) -> None:
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def handle() -> Reply:
        with pytest.raises(ConnectionError):
            await future
        return REPLY

    begin(owner, handle())
    future.set_exception(ConnectionError())
    await asyncio.sleep(0.001)
    assert owner.told == [REPLY]


@pytest.mark.parametrize("is_task", [False, True])
async def test_cancelling_ends_what_waits_at_once_and_lets_it_settle(owner: Owner, is_task: bool) -> None:  # noqa: FBT001  # a table
    answer, settled = pending(), []

    async def handle() -> Reply:
        try:
            if is_task:
                await asyncio.sleep(0)
            return await answer
        finally:
            settled.append("settled")

    errand = begin(owner, handle())
    await asyncio.sleep(0.001)
    errand.cancel()
    await asyncio.sleep(0.001)
    assert settled == ["settled"]
    assert REPLY not in owner.told
    errand.cancel()


async def test_what_still_waits_while_it_is_cancelled_ends_in_a_task(owner: Owner) -> None:
    answer, settled = pending(), []

    async def handle() -> Reply:
        try:
            return await answer
        finally:
            await asyncio.sleep(0.001)
            settled.append("settled")

    errand = begin(owner, handle())
    errand.cancel()
    assert settled == []
    await asyncio.sleep(0.02)
    assert settled == ["settled"]
    assert owner.told == ["cancelled"]


async def test_an_answer_after_the_cancelling_wakes_nobody(owner: Owner) -> None:
    answer = pending()

    async def handle() -> Reply:
        return await answer

    begin(owner, handle()).cancel()
    answer.give(REPLY)
    assert owner.told == []
