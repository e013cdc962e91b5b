"""Request bodies over real sockets: gathered or streamed, limited, announced."""

from __future__ import annotations

import asyncio

import pytest

from serving import Gathered, body_of, echo, post, serving, whole_body
from torana.errors import BodyTooLarge, MalformedRequest
from torana.exchange import Request
from torana.message import Reply
from torana.wire.server import ServerLimits


@pytest.mark.parametrize(
    ("fields", "is_streamed"),
    [
        (b"", True),
        (b"Content-Type: multipart/form-data; boundary=x\r\n", True),
        (b"Content-Type: application/json\r\n", False),
        (b"Content-Type: application/vnd.a+json;charset=utf-8\r\n", False),
    ],
)
async def test_json_is_gathered_and_other_long_bodies_are_streamed(fields: bytes, *, is_streamed: bool) -> None:
    async def handle(request: Request) -> Reply:
        assert isinstance(request.body, bytes) is not is_streamed
        assert request.length == (5000 if is_streamed else None)
        return Reply(200, [], await whole_body(request))

    async with serving(handle, ServerLimits(stream_body_over_bytes=1000)) as service, service.client() as client:
        client.send(post(b"abcde" * 1000, fields))
        assert await client.answer() == (200, b"abcde" * 1000)


async def test_100_continue_is_said_when_the_body_is_wanted() -> None:
    start = asyncio.Event()

    async def handle(request: Request) -> Reply:
        await start.wait()
        return Reply(200, [], await whole_body(request))

    async with serving(handle, ServerLimits(stream_body_over_bytes=10)) as service, service.client() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
        assert await client.head() == b"HTTP/1.1 100 Continue\r\n\r\n"  # to be gathered: wanted at once
        client.send(b"hello")
        start.set()
        assert await client.answer() == (200, b"hello")
        start.clear()
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 50\r\n\r\n")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.reader.readexactly(1), 0.05)
        start.set()
        assert await client.head() == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.send(b"x" * 50)
        assert await client.answer() == (200, b"x" * 50)


async def test_a_body_that_came_unasked_needs_no_100_continue() -> None:
    async with serving(echo) as service, service.client() as client:
        client.send(post(b"hello", b"Expect: 100-continue\r\n"))
        assert await client.answer() == (200, b"hello")


async def test_too_long_a_body_is_refused_before_it_is_read() -> None:
    async with serving(echo, ServerLimits(max_body_bytes=10)) as service, service.client() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n")
        assert (await client.rest()).startswith(b"HTTP/1.1 413 ")
        assert service.server.refused == 1
        assert service.server.requests == 0


async def test_a_streamed_body_that_grows_too_long_fails_its_sink() -> None:
    failures: list[Exception] = []

    async def handle(request: Request) -> Reply:
        try:
            await whole_body(request)
        except BodyTooLarge as error:
            failures.append(error)
            return Reply(413, [], b"too long")
        return Reply(200, [])

    limits = ServerLimits(max_body_bytes=50_000, stream_body_over_bytes=10_000)
    chunk = b"2710\r\n" + b"x" * 10_000 + b"\r\n"
    async with serving(handle, limits) as service, service.client() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        client.send(chunk * 2)
        await service.until(lambda: service.server.in_flight == 1)
        client.send(chunk * 4)
        assert (await client.rest()).endswith(b"\r\n\r\ntoo long")
        assert len(failures) == 1


async def test_an_answer_before_the_end_of_the_upload_is_the_last_and_arrives() -> None:
    async def handle(request: Request) -> Reply:
        body_of(request).abort()
        return Reply(403, [], b"no thanks")

    async with serving(handle) as service, service.client() as client:
        client.send(post(bytes(8 << 20)))
        head = await client.head()
        assert head.startswith(b"HTTP/1.1 403 ")
        assert b"connection: close" in head
        assert await client.exactly(9) == b"no thanks"
        await service.until(lambda: service.server.connections == 0)


async def test_a_sink_whose_upload_is_answered_early_is_told_that_no_more_comes() -> None:
    sinks: list[Gathered] = []

    async def handle(request: Request) -> Reply:
        sinks.append(Gathered())
        body_of(request).start(sinks[0])
        return Reply(200, [], b"enough")

    async with serving(handle, ServerLimits(stream_body_over_bytes=10, linger_s=0.1)) as service:
        async with service.client() as client:
            client.send(post(bytes(100))[:-10])
            assert (await client.rest()).endswith(b"enough")
        with pytest.raises(MalformedRequest):
            await sinks[0].done


async def test_a_refused_client_that_is_still_sending_gets_its_answer() -> None:
    async with serving(echo, ServerLimits(max_body_bytes=1000)) as service, service.client() as client:
        client.send(post(bytes(2 << 20)))
        assert (await client.head()).startswith(b"HTTP/1.1 413 ")
        assert await client.exactly(3) == b"no\n"
