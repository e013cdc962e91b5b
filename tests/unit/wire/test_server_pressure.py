"""Back-pressure over real sockets: slow readers and slow sinks cost time, not memory."""

from __future__ import annotations

import asyncio

from serving import GET, Gathered, body_of, giving, post, serving, whole_body
from torana.exchange import Request
from torana.message import Reply, Sink, Source
from torana.wire.server import ServerLimits


class Flood:
    """A source without end that stops when it is told to."""

    def __init__(self) -> None:
        self.given = 0
        self.is_paused = False
        self.is_aborted = False

    def start(self, sink: Sink) -> None:
        self.sink = sink
        self.flow()

    def flow(self) -> None:
        while not self.is_paused and not self.is_aborted and self.given < 64 << 20:
            self.sink.write(b"x" * 65_536)
            self.given += 65_536
            if self.given % (1 << 20) == 0:  # as a real one: what the socket gave in one turn of the loop
                asyncio.get_running_loop().call_soon(self.flow)
                return

    def pause(self) -> None:
        self.is_paused = True

    def resume(self) -> None:
        self.is_paused = False
        self.flow()

    def abort(self) -> None:
        self.is_aborted = True


async def test_a_slow_reader_pauses_the_source_and_memory_stays_bounded() -> None:
    flood = Flood()
    async with serving(giving(flood)) as service, service.client() as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        client.send(GET)
        await service.until(lambda: flood.is_paused)
        await asyncio.sleep(0.05)
        stopped_at = flood.given
        assert stopped_at < 16 << 20
        client.writer.transport.resume_reading()  # type: ignore[attr-defined]
        await service.until(lambda: flood.given > stopped_at)
    await service.until(lambda: flood.is_aborted)


async def test_a_client_that_never_reads_is_dropped() -> None:
    flood = Flood()
    limits = ServerLimits(send_timeout_s=0.1)
    async with serving(giving(flood), limits) as service, service.client() as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        client.send(GET)
        await service.until(lambda: service.server.connections == 0)
        assert flood.is_aborted


async def test_a_client_that_reads_slowly_is_not_dropped() -> None:
    size = 24 << 20

    async def handle(_request: Request) -> Reply:
        return Reply(200, [], bytes(size))

    limits = ServerLimits(send_timeout_s=0.15)
    async with serving(handle, limits) as service, service.client() as client:
        client.send(GET)
        await client.head()
        left = size
        while left:
            await asyncio.sleep(0.03)
            piece = await client.reader.read(1 << 20)
            assert piece, "the client was dropped"
            left -= len(piece)
        client.send(GET)
        await client.head()


async def test_pipelined_answers_wait_for_a_client_that_does_not_read() -> None:
    async def handle(_request: Request) -> Reply:
        return Reply(200, [], bytes(1 << 20))

    async with serving(handle) as service, service.client() as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        client.send(GET * 100)
        await service.until(lambda: service.server.requests > 0)
        await asyncio.sleep(0.1)
        assert service.server.requests < 30
        client.writer.transport.resume_reading()  # type: ignore[attr-defined]
        for _ in range(100):
            assert (await client.answer())[0] == 200


async def test_an_upload_waits_for_its_sink() -> None:
    sink_paused = asyncio.Event()
    free = asyncio.Event()
    counts: list[int] = []

    class Slow(Gathered):
        def __init__(self, source: Source) -> None:
            super().__init__()
            self.source = source

        def write(self, chunk: bytes) -> None:
            super().write(chunk)
            counts.append(len(chunk))
            if not sink_paused.is_set():
                sink_paused.set()
                self.source.pause()

    async def handle(request: Request) -> Reply:
        source = body_of(request)
        sink = Slow(source)
        source.start(sink)
        await free.wait()
        source.resume()
        return Reply(200, [], b"%d" % len(await sink.done))

    size = 32 << 20
    async with serving(handle) as service, service.client() as client:
        client.send(post(bytes(size)))
        await asyncio.wait_for(sink_paused.wait(), 2)
        await asyncio.sleep(0.05)
        assert sum(counts) < 1 << 20
        assert client.writer.transport.get_write_buffer_size() > 1 << 20
        free.set()
        assert await client.answer() == (200, b"%d" % size)
        client.send(GET)
        await client.head()


async def test_an_upload_is_not_read_before_its_handler_wants_it() -> None:
    free = asyncio.Event()

    async def handle(request: Request) -> Reply:
        assert request.length == 32 << 20
        await free.wait()
        return Reply(200, [], b"%d" % len(await whole_body(request)))

    async with serving(handle) as service, service.client() as client:
        client.send(post(bytes(32 << 20)))
        await service.until(lambda: service.server.in_flight == 1)
        await asyncio.sleep(0.05)
        assert client.writer.transport.get_write_buffer_size() > 1 << 20
        free.set()
        assert await client.answer() == (200, b"%d" % (32 << 20))
