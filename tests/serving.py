"""Ways to drive the wire's server: in memory with exact cuts, and over real sockets."""

from __future__ import annotations

import asyncio
import re
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from msgspec import Struct, field

from torana.exchange import Request
from torana.message import Reply, Sink, Source
from torana.wire.deadlines import Deadlines
from torana.wire.server import Server, ServerLimits
from torana.wire.server_connection import Connection
from torana.wire.server_shared import Shared

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable, Iterable

    from torana.errors import ToranaError
    from torana.wire.server import Handle

_DATE = re.compile(rb"date: [A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\r\n")


def undated(answer: bytes) -> bytes:
    """Answers without their Date lines, which must be there and well formed."""
    stripped, count = _DATE.subn(b"", answer)
    finals = answer.count(b"HTTP/1.1 ") - answer.count(b"HTTP/1.1 100 ")
    assert count == finals, answer
    return stripped


def refuse(error: ToranaError, request: Request | None) -> Reply:
    target = request.target if request is not None else b"?"
    return Reply(error.status, [(b"x-error", type(error).__name__.encode()), (b"x-target", target)], b"no\n")


class Gathered:
    """A sink that keeps what it is given; `done` gives it all, or raises what it failed with."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.done: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def write(self, chunk: bytes) -> None:
        assert chunk
        self.chunks.append(chunk)

    def end(self) -> None:
        self.done.set_result(b"".join(self.chunks))

    def fail(self, error: Exception) -> None:
        if not self.done.cancelled():
            self.done.set_exception(error)


async def whole_body(request: Request) -> bytes:
    if isinstance(request.body, bytes):
        return request.body
    sink = Gathered()
    request.body.start(sink)
    return await sink.done


GET = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n"


def post(body: bytes, fields: bytes = b"") -> bytes:
    return b"POST /a HTTP/1.1\r\nHost: a\r\n%bContent-Length: %d\r\n\r\n%b" % (fields, len(body), body)


async def echo(request: Request) -> Reply:
    return Reply(200, [], await whole_body(request))


def giving(source: Source, length: int | None = None) -> Handle:
    """A handler that answers with this body."""

    async def handle(_request: Request) -> Reply:
        return Reply(200, [], source, length)

    return handle


def body_of(request: Request) -> Source:
    """The body of a request that is streamed."""
    assert not isinstance(request.body, bytes)
    return request.body


class Scripted:
    """A source that gives its chunks at once, or one at a time by `give`."""

    def __init__(self, *chunks: bytes, at_once: bool = True, error: Exception | None = None) -> None:
        self.chunks = list(chunks)
        self.at_once = at_once
        self.error = error
        self.calls: list[str] = []
        self.sink: Sink | None = None

    def start(self, sink: Sink) -> None:
        self.calls.append("start")
        self.sink = sink
        if self.at_once:
            for chunk in self.chunks:
                sink.write(chunk)
            self.over()

    def over(self) -> None:
        assert self.sink is not None
        if self.error is not None:
            self.sink.fail(self.error)
        else:
            self.sink.end()

    def give(self, chunk: bytes) -> None:
        assert self.sink is not None
        self.sink.write(chunk)

    def pause(self) -> None:
        self.calls.append("pause")

    def resume(self) -> None:
        self.calls.append("resume")

    def abort(self) -> None:
        self.calls.append("abort")


class Seen(Struct):
    """One request as the handler got it."""

    method: bytes
    target: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Told(Struct):
    """What came of a conversation."""

    seen: list[Seen] = field(default_factory=list)
    answers: bytes = b""
    is_closed: bool = False


class MemoryTransport(asyncio.Transport):
    """A socket that takes everything at once, and gives what it is fed while reading is not paused."""

    def __init__(self, protocol: asyncio.Protocol) -> None:
        super().__init__()
        self.protocol = protocol
        self.sent = bytearray()
        self.waiting: list[bytes] = []
        self.is_paused = False
        self.is_ended = False
        self.is_closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.is_ended, "written after the end"
        self.sent += data

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        for data in list_of_data:
            self.write(data)

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.is_ended = True

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False

    def close(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)

    def abort(self) -> None:
        self.close()

    def deliver(self) -> bool:
        """One read, if one is due."""
        if self.is_paused or self.is_closed or not self.waiting:
            return False
        self.protocol.data_received(self.waiting.pop(0))
        return True


async def converse(pieces: Iterable[bytes], limits: ServerLimits | None = None, handle: Handle | None = None) -> Told:
    """Feeds the pieces as one read each, and tells what the handler saw and the client got."""
    told = Told()

    async def echo(request: Request) -> Reply:
        body = await whole_body(request)
        told.seen.append(Seen(request.method, request.target, list(request.headers), body))
        return Reply(200, [(b"x-seen", request.target)], body)

    shared = Shared(handle or echo, refuse, limits or ServerLimits(), Deadlines(asyncio.get_running_loop()))
    connection = Connection(shared)
    transport = MemoryTransport(connection)
    connection.connection_made(transport)
    transport.waiting.extend(piece for piece in pieces if piece)
    idle = 0
    while idle < 6:  # turns of the loop that a request takes at most from its last byte to its answer
        idle = 0 if transport.deliver() else idle + 1
        await asyncio.sleep(0)
    told.answers = undated(bytes(transport.sent))
    told.is_closed = transport.is_closed or transport.is_ended
    if not transport.is_closed:
        transport.close()
        await asyncio.sleep(0)
    assert shared.in_flight == 0
    assert not shared.connections
    return told


class Service:
    """A server on a real socket."""

    def __init__(self, server: Server, port: int) -> None:
        self.server = server
        self.port = port

    @asynccontextmanager
    async def client(self, tls: ssl.SSLContext | None = None) -> AsyncIterator[Client]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=tls, limit=1 << 22)
        try:
            yield Client(reader, writer)
        finally:
            writer.transport.abort()

    async def until(self, condition: Callable[[], bool], within_s: float = 3.0) -> None:
        async with asyncio.timeout(within_s):
            while not condition():  # noqa: ASYNC110  # what is waited for is the state of the code under test
                await asyncio.sleep(0.005)


class Client:
    """The client's end of a socket, in bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def head(self) -> bytes:
        async with asyncio.timeout(3):
            return await self.reader.readuntil(b"\r\n\r\n")

    async def exactly(self, count: int) -> bytes:
        async with asyncio.timeout(3):
            return await self.reader.readexactly(count)

    async def answer(self) -> tuple[int, bytes]:
        """Status and body of an answer that says its length."""
        head = await self.head()
        match = re.search(rb"\r\ncontent-length: (\d+)\r\n", head)
        assert match is not None, head
        return int(head[9:12]), await self.exactly(int(match[1]))

    async def rest(self, within_s: float = 3.0) -> bytes:
        """All until the server closes."""
        async with asyncio.timeout(within_s):
            return await self.reader.read()


@asynccontextmanager
async def serving(
    handle: Handle, limits: ServerLimits | None = None, tls: ssl.SSLContext | None = None, sweep_s: float = 0.02
) -> AsyncIterator[Service]:
    loop = asyncio.get_running_loop()
    deadlines = Deadlines(loop, sweep_s)
    deadlines.start()
    server = Server(handle, refuse, limits or ServerLimits(), deadlines)
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    sock.listen()
    port: int = sock.getsockname()[1]
    await server.start(sock, tls)
    try:
        yield Service(server, port)
    finally:
        await server.drain(0)
        deadlines.stop()
