"""How connections end: clients that leave, time-outs, draining; and TLS."""

from __future__ import annotations

import asyncio
import gc
import ssl

import pytest
import trustme

from serving import GET, Gathered, MemoryTransport, Scripted, body_of, echo, giving, post, refuse, serving, whole_body
from torana.errors import MalformedRequest, RequestTimedOut
from torana.exchange import Request
from torana.message import Reply, Sink
from torana.wire.deadlines import Deadlines
from torana.wire.errand import Errand, in_task
from torana.wire.server import ServerLimits
from torana.wire.server_connection import Connection
from torana.wire.server_shared import Shared

GONE = b"connection: close\r\n"


# Clients that leave


async def test_a_client_that_leaves_cancels_the_handler_at_once() -> None:
    cancelled = asyncio.Event()

    async def handle(_request: Request) -> Reply:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return Reply(200, [])

    async with serving(handle) as service:
        async with service.client() as client:
            client.send(post(b"hello"))
            await service.until(lambda: service.server.in_flight == 1)
        await asyncio.wait_for(cancelled.wait(), 1)
        await service.until(lambda: service.server.connections == 0)
        assert service.server.in_flight == 0


async def test_a_client_that_leaves_aborts_the_source_of_its_answer() -> None:
    source = Scripted(at_once=False)
    async with serving(giving(source)) as service:
        async with service.client() as client:
            client.send(GET)
            await client.head()
        await service.until(lambda: "abort" in source.calls)
        assert service.server.in_flight == 0
        source.give(b"late")  # is ignored


async def test_a_reply_that_comes_after_its_client_left_is_aborted() -> None:
    source = Scripted(at_once=False)

    async def handle(_request: Request) -> Reply:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            return Reply(200, [], source)  # a handler that will not be stopped
        return Reply(500, [])

    async with serving(handle) as service:
        async with service.client() as client:
            client.send(GET)
            await service.until(lambda: service.server.in_flight == 1)
        await service.until(lambda: source.calls == ["abort"])


async def test_a_client_that_leaves_amid_its_upload_fails_the_sink() -> None:
    sinks: list[Gathered] = []

    async def handle(request: Request) -> Reply:
        sinks.append(Gathered())
        body_of(request).start(sinks[0])
        await asyncio.sleep(30)
        return Reply(200, [])

    async with serving(handle, ServerLimits(stream_body_over_bytes=10)) as service:
        async with service.client() as client:
            client.send(post(b"x" * 100)[:-50])
            await service.until(lambda: bool(sinks and sinks[0].chunks))
        with pytest.raises(MalformedRequest):
            await asyncio.wait_for(sinks[0].done, 1)
        await service.until(lambda: service.server.connections == 0)


class Broken:
    """A source, or a sink, with a bug."""

    def start(self, sink: Sink) -> None:
        sink.write(bytes(8 << 20))

    def pause(self) -> None:
        raise ZeroDivisionError

    resume = abort = pause

    def write(self, chunk: bytes) -> None:
        raise ZeroDivisionError

    def end(self) -> None:
        raise ZeroDivisionError

    def fail(self, error: Exception) -> None:
        raise ZeroDivisionError


async def test_a_source_that_fails_ends_its_own_connection_only(caplog: pytest.LogCaptureFixture) -> None:
    async def handle(request: Request) -> Reply:
        return Reply(200, [], Broken()) if request.target == b"/a" else await echo(request)

    async with serving(handle) as service, service.client() as other, service.client() as client:
        client.send(GET)
        await client.rest()
        other.send(GET.replace(b"/a", b"/b"))
        assert await other.answer() == (200, b"")
        assert service.server.in_flight == 0
    assert "ZeroDivisionError" in caplog.text


async def test_a_sink_that_fails_ends_its_own_connection_only(caplog: pytest.LogCaptureFixture) -> None:
    async def handle(request: Request) -> Reply:
        if not isinstance(request.body, bytes):
            request.body.start(Broken())
            await asyncio.sleep(30)
        return Reply(200, [])

    limits = ServerLimits(stream_body_over_bytes=10)
    async with serving(handle, limits) as service, service.client() as other, service.client() as client:
        client.send(post(bytes(100))[:-100])
        await service.until(lambda: service.server.in_flight == 1)
        client.send(bytes(50))
        assert await client.rest() == b""
        other.send(GET)
        assert await other.answer() == (200, b"")
        assert service.server.in_flight == 0
    assert "ZeroDivisionError" in caplog.text


async def test_a_handler_that_is_cancelled_by_others_ends_its_connection() -> None:
    tasks: list[asyncio.Task[object]] = []

    async def handle(_request: Request) -> Reply:
        assert asyncio.current_task() is None
        await in_task()
        task = asyncio.current_task()
        assert task is not None
        tasks.append(task)
        await asyncio.sleep(30)
        return Reply(200, [])

    async with serving(handle) as service, service.client() as client:
        client.send(GET)
        await service.until(lambda: bool(tasks))
        tasks[0].cancel()
        assert await client.rest() == b""
        await service.until(lambda: service.server.connections == 0)
        assert service.server.in_flight == 0


# Time


async def test_a_head_that_does_not_arrive_in_time_is_refused() -> None:
    limits = ServerLimits(header_timeout_s=0.1, idle_timeout_s=30, linger_s=0.1)
    async with serving(echo, limits) as service, service.client() as client:
        client.send(b"GET / HTTP/1.1\r\nHo")
        await asyncio.sleep(0.07)
        client.send(b"st: a\r\n")  # does not win more time
        answer = await client.rest(0.5)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"x-error: RequestTimedOut" in answer


async def test_a_body_that_pauses_too_long_is_refused() -> None:
    limits = ServerLimits(body_timeout_s=0.1, linger_s=0.1)
    async with serving(echo, limits) as service, service.client() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n")
        for _ in range(4):
            await asyncio.sleep(0.05)
            client.send(b"x")  # each piece wins it
        assert (await client.rest(1)).startswith(b"HTTP/1.1 408 ")


async def test_a_streamed_body_that_pauses_too_long_fails_its_sink() -> None:
    failures: list[Exception] = []

    async def handle(request: Request) -> Reply:
        try:
            await whole_body(request)
        except RequestTimedOut as error:
            failures.append(error)
        return Reply(408, [], b"late")

    limits = ServerLimits(body_timeout_s=0.1, stream_body_over_bytes=5, linger_s=0.1)
    async with serving(handle, limits) as service, service.client() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nx")
        assert (await client.rest()).endswith(b"late")
        assert len(failures) == 1


async def test_a_handler_that_takes_its_time_with_an_upload_is_not_the_clients_fault() -> None:
    async def handle(request: Request) -> Reply:
        await asyncio.sleep(0.3)
        return Reply(200, [], await whole_body(request))

    limits = ServerLimits(body_timeout_s=0.1, stream_body_over_bytes=5)
    async with serving(handle, limits) as service, service.client() as client:
        client.send(post(b"0123456789"))
        assert await client.answer() == (200, b"0123456789")


async def test_an_idle_connection_is_just_closed() -> None:
    async with serving(echo, ServerLimits(idle_timeout_s=0.1)) as service, service.client() as client:
        client.send(post(b"hello"))
        assert await client.answer() == (200, b"hello")
        assert await client.rest() == b""
        async with service.client() as silent:
            assert await silent.rest() == b""


async def test_a_slow_answer_is_not_timed_out_by_the_wire() -> None:
    async def handle(_request: Request) -> Reply:
        await asyncio.sleep(0.3)
        return Reply(200, [], b"slow")

    limits = ServerLimits(idle_timeout_s=0.1, header_timeout_s=0.1, body_timeout_s=0.1, send_timeout_s=0.1)
    async with serving(handle, limits) as service, service.client() as client:
        client.send(GET)
        assert await client.answer() == (200, b"slow")


async def test_a_refused_client_that_stays_is_closed_after_a_while() -> None:
    async with serving(echo, ServerLimits(linger_s=0.1)) as service, service.client() as client:
        client.send(b"nonsense\r\n\r\n")
        await client.rest()
        client.send(b"more")
        await service.until(lambda: service.server.connections == 0)


# TLS


async def test_requests_over_tls_are_marked_as_such() -> None:
    authority = trustme.CA()
    server_tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(server_tls)
    client_tls = ssl.create_default_context()
    authority.configure_trust(client_tls)

    async def handle(request: Request) -> Reply:
        return Reply(200, [], b"%d %b %d" % (request.is_tls, request.remote.encode(), len(await whole_body(request))))

    async with serving(handle, tls=server_tls) as service, service.client(client_tls) as client:
        for size in (5, 3 << 20):
            client.send(post(bytes(size)))
            assert await client.answer() == (200, b"1 127.0.0.1 %d" % size)
        client.send(b"nonsense\r\n\r\n")
        assert (await client.head()).startswith(b"HTTP/1.1 400 ")


async def test_requests_over_plain_tcp_are_not_marked_as_tls() -> None:
    async def handle(request: Request) -> Reply:
        return Reply(200, [], b"%d %b" % (request.is_tls, request.remote.encode()))

    async with serving(handle) as service, service.client() as client:
        client.send(GET)
        assert await client.answer() == (200, b"0 127.0.0.1")


# Draining


async def test_draining_closes_idle_connections_and_finishes_answers() -> None:
    free = asyncio.Event()

    async def handle(_request: Request) -> Reply:
        await free.wait()
        return Reply(200, [], b"done")

    async with serving(handle) as service, service.client() as idle, service.client() as busy:
        busy.send(GET)
        await service.until(lambda: service.server.in_flight == 1 and service.server.connections == 2)
        draining = asyncio.ensure_future(service.server.drain(5))
        assert await idle.rest() == b""
        with pytest.raises(OSError, match=r"refused|failed|reset"):
            await asyncio.open_connection("127.0.0.1", service.port)
        assert not draining.done()
        free.set()
        answer = await busy.rest()
        assert GONE in answer
        assert answer.endswith(b"done")
        await asyncio.wait_for(draining, 1)


async def test_draining_gives_up_after_its_time() -> None:
    cancelled: list[bytes] = []

    async def handle(request: Request) -> Reply:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled.append(request.target)
            raise
        return Reply(200, [])

    async with serving(handle) as service, service.client() as client:
        client.send(GET)
        await service.until(lambda: service.server.in_flight == 1)
        await asyncio.wait_for(service.server.drain(0.05), 1)
        assert cancelled == [b"/a"]
        assert service.server.connections == 0


async def test_draining_ends_a_stream_that_ends_by_itself() -> None:
    source = Scripted(at_once=False)
    async with serving(giving(source)) as service, service.client() as client:
        client.send(GET)
        await client.head()
        draining = asyncio.ensure_future(service.server.drain(5))
        await asyncio.sleep(0)
        source.give(b"last words")
        source.over()
        assert (await client.rest()).endswith(b"a\r\nlast words\r\n0\r\n\r\n")
        await asyncio.wait_for(draining, 1)


async def test_a_connection_that_is_gone_leaves_nothing_to_the_garbage_collector() -> None:
    def left() -> int:
        # Not the connection itself, which the transport of this test holds, and is held by.
        return sum(type(each) is Errand for each in gc.get_objects())

    shared = Shared(echo, refuse, ServerLimits(), Deadlines(asyncio.get_running_loop()))
    gc.collect()
    gc.disable()
    try:
        before = left()
        connection = Connection(shared)
        transport = MemoryTransport(connection)
        connection.connection_made(transport)
        connection.data_received(GET)
        assert left() == before + 1
        connection.connection_lost(None)
        del connection, transport
        assert left() == before
    finally:
        gc.enable()
