"""An upstream for tests that speaks real HTTP and does what its script says.

It runs on a thread with a loop of its own, so that synchronous tests and gateways in other processes can use it:

    with ScriptedUpstream() as up:
        up.script("/v1/chat/completions", Answer(status=429, body=b"later"), Answer(body=b"now"))
        ... call up.url ...
        assert up.requests[0].method == b"POST"

What has no script gets the answer of its format (`scripted_answers`).
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Self, cast

from scripted_answers import Answer, Received, default_answer
from torana.message import Origin

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from typing import TypeAlias

    Match: TypeAlias = str | Callable[[Received], bool]
    Reaction: TypeAlias = Answer | Callable[[Received], Answer]

__all__ = ["Answer", "Received", "ScriptedUpstream"]

_STEPS_OF_ACCEPTING = 3
_BUFFER_BYTES = 256 << 10


class ScriptedUpstream:
    """`requests` are those received whole, or cut short; `accepted` and `open` count connections."""

    def __init__(self, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.requests: list[Received] = []
        self.accepted = 0
        self.open = 0
        self.written = 0
        """Bytes handed to the sockets, which stops growing when a client does not read."""
        self.errors: list[Exception] = []
        """What scripts raised, and requests that could not be read; the first one is raised at the end."""
        self.host = host
        self.port = 0
        self._tls = tls
        self._scripts: list[tuple[Match, deque[Reaction]]] = []
        self._loop: asyncio.AbstractEventLoop
        self._connections: set[_Connection] = set()
        self._thread = threading.Thread(target=self._run, daemon=True, name="scripted-upstream")
        self._is_ready = threading.Event()

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}"

    @property
    def origin(self) -> Origin:
        return Origin(self.host, self.port, is_tls=self._tls is not None)

    def script(self, match: Match, *answers: Reaction) -> None:
        """For requests to that path, or for which `match` is true: each answer once, the last one for ever.

        A later script goes before an earlier one.
        """
        self._scripts.insert(0, (match, deque(answers)))

    def answer_to(self, received: Received) -> Answer:
        answers = self._matching(received)
        answer = answers.popleft() if len(answers) > 1 else answers[0]
        return answer if isinstance(answer, Answer) else answer(received)

    def is_answered_unread(self, received: Received) -> bool:
        answer = self._matching(received)[0]
        return isinstance(answer, Answer) and answer.unread

    def _matching(self, received: Received) -> deque[Reaction]:
        for match, answers in self._scripts:
            if received.path == match if isinstance(match, str) else match(received):
                return answers
        return deque([default_answer])

    def close_connections(self) -> None:
        """Closes all of them from this side, as a server does with idle ones."""
        for connection in list(self._connections):
            self._loop.call_soon_threadsafe(connection.close)

    def wait_until(self, is_so: Callable[[], bool], timeout_s: float = 5.0) -> None:
        """Blocks the calling thread until `is_so`; AssertionError after `timeout_s`."""
        until = time.monotonic() + timeout_s
        while not is_so():
            assert time.monotonic() < until, f"not within {timeout_s} s; open {self.open}, requests {self.requests}"
            time.sleep(0.002)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._is_ready.wait(10), "the scripted upstream did not start"
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        if kind is None and self.errors:
            raise self.errors[0]

    def _run(self) -> None:
        self._loop = loop = asyncio.new_event_loop()
        server = loop.run_until_complete(loop.create_server(lambda: _Connection(self), self.host, 0, ssl=self._tls))
        self.port = server.sockets[0].getsockname()[1]
        self._is_ready.set()
        loop.run_forever()
        loop.run_until_complete(self._finish(server))
        loop.close()

    async def _finish(self, server: asyncio.Server) -> None:
        """A closed server forgets who was accepted when the loop stopped: they are taken in first, and nobody else."""
        for listening in server.sockets:
            self._loop.remove_reader(listening.fileno())
        for _ in range(_STEPS_OF_ACCEPTING):
            await asyncio.sleep(0)
        server.close()
        tasks = [connection.abort() for connection in list(self._connections)]
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)

    def joined(self, connection: _Connection) -> int:
        self._connections.add(connection)
        self.accepted += 1
        self.open += 1
        return self.accepted

    def left(self, connection: _Connection) -> None:
        self._connections.discard(connection)
        self.open -= 1


class _Connection(asyncio.Protocol):
    def __init__(self, upstream: ScriptedUpstream) -> None:
        self._upstream = upstream
        self._number = 0
        self._transport: asyncio.Transport
        self._reader: asyncio.StreamReader
        self._task: asyncio.Task[None]
        self._may_write = asyncio.Event()
        self._may_write.set()
        self._unsent = b""
        self._sent_body_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._reader = asyncio.StreamReader(limit=_BUFFER_BYTES)
        self._reader.set_transport(transport)
        self._number = self._upstream.joined(self)
        self._task = asyncio.create_task(self._serve())

    def data_received(self, data: bytes) -> None:
        self._reader.feed_data(data)

    def eof_received(self) -> None:
        self._reader.feed_eof()

    def connection_lost(self, exc: Exception | None) -> None:
        self._upstream.left(self)
        self._task.cancel()

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()

    def close(self) -> None:
        self._transport.close()

    def abort(self) -> asyncio.Task[None]:
        """The task to wait for."""
        self._transport.abort()
        return self._task

    async def _serve(self) -> None:
        try:
            while await self._serve_one():
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client went away, as some tests want
        except Exception as error:  # noqa: BLE001  # whatever a script raises is for the test to see
            self._upstream.errors.append(error)
        self._transport.close()

    async def _serve_one(self) -> bool:
        """Whether the connection may go on."""
        received = await self._read_head()
        self._upstream.requests.append(received)
        self._sent_body_bytes = 0
        if received.header("expect") == b"100-continue":
            await self._send(b"HTTP/1.1 100 Continue\r\n\r\n")
        if not self._upstream.is_answered_unread(received):
            await self._read_body(received)
        answer = self._upstream.answer_to(received)
        if answer.never:
            await asyncio.Event().wait()
        await asyncio.sleep(answer.delay_s)
        return await self._answer(received, answer)

    async def _read_head(self) -> Received:
        head = await self._reader.readuntil(b"\r\n\r\n")
        first, *lines = head[:-4].split(b"\r\n")
        method, target, _ = first.split(b" ", 2)
        fields = [line.partition(b":") for line in lines]
        headers = [(name, value.strip(b" \t")) for name, _, value in fields]
        return Received(method, target, headers, is_whole=False, connection=self._number, arrived=time.monotonic())

    async def _read_body(self, received: Received) -> None:
        if (received.header("transfer-encoding") or b"").lower() == b"chunked":
            chunks = []
            while size := int((await self._reader.readuntil(b"\r\n")).partition(b";")[0], 16):
                chunks.append((await self._reader.readexactly(size + 2))[:-2])
            received.body = b"".join(chunks)
            while await self._reader.readuntil(b"\r\n") != b"\r\n":
                pass  # trailers
        else:
            received.body = await self._reader.readexactly(int(received.header("content-length") or 0))
        received.is_whole = True

    async def _answer(self, received: Received, answer: Answer) -> bool:
        if answer.raw is not None:
            await self._send_cut(answer.raw, answer)
            return answer.keep_raw
        if answer.early_hints is not None:
            await self._send(_head(b"HTTP/1.1 103 Early Hints", answer.early_hints))
        chunks = [answer.body] if answer.chunks is None else answer.chunks
        is_bare = received.method == b"HEAD" or answer.status in (204, 304)
        await self._send(_answer_head(answer, sum(map(len, chunks))), is_final=is_bare or answer.chunk_delay_s > 0)
        if not is_bare:
            await self._send_body(chunks, answer)
        ends = answer.close or answer.unread or answer.framing == "close" or answer.version == b"HTTP/1.0"
        return not ends

    async def _send_body(self, chunks: list[bytes], answer: Answer) -> None:
        for chunk in chunks:
            if answer.chunk_delay_s:
                await asyncio.sleep(answer.chunk_delay_s)
            if answer.framing != "chunked":
                await self._send_cut(chunk, answer)
            elif chunk:
                await self._send(b"%x\r\n" % len(chunk), is_final=False)
                await self._send_cut(chunk, answer)
                await self._send(b"\r\n")
        if answer.framing == "chunked":
            await self._send(_head(b"0", answer.trailers))

    async def _send_cut(self, piece: bytes, answer: Answer) -> None:
        """Sends up to where the answer is to be cut, and resets the connection there."""
        left = answer.cut_after_bytes
        if left is None:
            await self._send(piece)
            return
        self._sent_body_bytes += len(piece)
        over = self._sent_body_bytes - left
        await self._send(piece[: len(piece) - max(0, over)])
        if over >= 0:
            await asyncio.sleep(0)
            self._transport.abort()
            raise ConnectionAbortedError

    async def _send(self, data: bytes, *, is_final: bool = True) -> None:
        """Parts that are not final leave together with the next one, as most servers have it."""
        self._unsent += data
        if is_final and self._unsent:
            await self._may_write.wait()
            self._upstream.written += len(self._unsent)
            self._transport.write(self._unsent)
            self._unsent = b""


def _head(first: bytes, headers: list[tuple[bytes, bytes]]) -> bytes:
    return b"".join([first, b"\r\n", *(b"%b: %b\r\n" % field for field in headers), b"\r\n"])


def _answer_head(answer: Answer, length: int) -> bytes:
    headers = list(answer.headers)
    if answer.framing == "chunked":
        headers.append((b"Transfer-Encoding", b"chunked"))
    elif answer.framing == "length" and answer.status not in (204, 304):
        headers.append((b"Content-Length", b"%d" % length))
    if answer.close:
        headers.append((b"Connection", b"close"))
    return _head(b"%b %d %b" % (answer.version, answer.status, answer.reason), headers)
