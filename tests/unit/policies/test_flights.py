"""Waiting for somebody else's answer, and not for ever."""

from __future__ import annotations

import asyncio

from torana.policies.flights import Flight
from unit.storage.caches import answer


async def test_a_wait_has_an_end_and_leaves_the_flight_to_the_others() -> None:
    flights: dict[bytes, Flight] = {}
    flight = Flight(flights, b"k")
    assert await flight.wait(0.01) is None
    patient = asyncio.create_task(flight.wait(5))
    await asyncio.sleep(0)
    flight.landed(answer())
    assert await patient == answer()
    assert flights == {}


async def test_what_lands_before_the_wait_has_begun_is_not_missed() -> None:
    flight = Flight({}, b"k")
    waiting = asyncio.create_task(flight.wait(5))
    await asyncio.sleep(0)  # its first step alone: it stands before the turn that makes it a task
    flight.landed(answer())
    assert await waiting == answer()


async def test_a_second_flight_of_its_name_is_not_ended_by_the_first() -> None:
    flights: dict[bytes, Flight] = {}
    first = Flight(flights, b"k")
    first.landed(None)
    second = Flight(flights, b"k")
    first.landed(answer())
    assert flights == {b"k": second}
