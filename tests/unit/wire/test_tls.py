"""TLS to an upstream on the socket itself: trust, records, ends."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from typing import TYPE_CHECKING, cast

import pytest
import trustme

from bodies import ByHand, Gathered, read, source_of
from scripted import Answer, ScriptedUpstream
from torana.errors import UpstreamBroken, UpstreamTimedOut, UpstreamUnreachable
from torana.message import Call, Origin
from torana.wire.tls import TlsTransport, client_context, shake_hands

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from torana.wire.upstream import Upstream

    MakeUpstream = Callable[..., Upstream]

AUTHORITY = trustme.CA()


def server_context(*names: str, authority: trustme.CA = AUTHORITY) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


@pytest.fixture
def ca_file(tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    AUTHORITY.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
def secure() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream(server_context("127.0.0.1", "localhost")) as upstream:
        yield upstream


def get(up: ScriptedUpstream, path: bytes = b"/") -> Call:
    return Call(up.origin, b"GET", path, [])


# --- trust ------------------------------------------------------------------------------------------------------------


async def test_a_private_authority_is_trusted_when_named(
    secure: ScriptedUpstream, ca_file: str, make_upstream: MakeUpstream
) -> None:
    secure.script("/", Answer(body=b"private"))
    upstream = make_upstream(client_context(ca_file))
    for _ in range(3):
        assert await read(await upstream.send(get(secure))) == b"private"
    assert secure.accepted == 1
    by_name = Call(Origin("localhost", secure.port), b"GET", b"/", [])
    assert await read(await upstream.send(by_name)) == b"private"


async def test_an_authority_that_is_not_known_is_not_trusted(
    secure: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    upstream = make_upstream()
    with pytest.raises(UpstreamUnreachable, match="certificate verify failed: unable to get local issuer") as caught:
        await upstream.send(get(secure))
    assert f"`127.0.0.1:{secure.port}`" in str(caught.value)
    assert upstream.open_connections == 0


@pytest.mark.parametrize("names", [("elsewhere.example",), ("127.0.0.2",)])
async def test_a_certificate_for_another_host_is_not_trusted(
    names: tuple[str], ca_file: str, make_upstream: MakeUpstream
) -> None:
    with ScriptedUpstream(server_context(*names)) as other:
        with pytest.raises(UpstreamUnreachable, match="certificate verify failed: IP address mismatch"):
            await make_upstream(client_context(ca_file)).send(get(other))
        by_name = Call(Origin("localhost", other.port), b"GET", b"/", [])
        with pytest.raises(UpstreamUnreachable, match="certificate verify failed: Hostname mismatch"):
            await make_upstream(client_context(ca_file)).send(by_name)


async def test_a_server_without_tls_is_told(make_upstream: MakeUpstream) -> None:
    with socket.create_server(("127.0.0.1", 0)) as plain:
        port = plain.getsockname()[1]

        def serve() -> None:
            sock, _ = plain.accept()
            with sock:
                sock.recv(65536)
                sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(UpstreamUnreachable, match=f"no TLS with `127.0.0.1:{port}`: wrong version number"):
            await make_upstream().send(Call(Origin("127.0.0.1", port), b"GET", b"/", []))
        thread.join(5)


async def test_a_handshake_that_is_cut_off_is_told(make_upstream: MakeUpstream) -> None:
    with socket.create_server(("127.0.0.1", 0)) as rude:
        port = rude.getsockname()[1]

        def serve() -> None:
            sock, _ = rude.accept()
            sock.recv(100)  # the rest, unread, makes the end a reset
            sock.close()

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(UpstreamUnreachable, match=f"no TLS with `127.0.0.1:{port}`: Connection reset by peer"):
            await make_upstream().send(Call(Origin("127.0.0.1", port), b"GET", b"/", []))
        thread.join(5)


async def test_an_old_version_is_refused(ca_file: str, make_upstream: MakeUpstream) -> None:
    context = server_context("127.0.0.1")
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1 is deprecated"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSv1_1 is deprecated"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with ScriptedUpstream(context) as old, pytest.raises(UpstreamUnreachable, match="no TLS with"):
        await make_upstream(client_context(ca_file)).send(get(old))


async def test_a_host_name_that_cannot_be_one_closes_the_socket() -> None:
    ours, theirs = socket.socketpair()
    with theirs, pytest.raises(ValueError, match="server_hostname"):
        await shake_hands(ours, client_context(), "")
    assert ours.fileno() == -1


async def test_a_handshake_that_stalls_is_timed_out(make_upstream: MakeUpstream) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        upstream = make_upstream(connect_timeout_s=0.1)
        with pytest.raises(UpstreamTimedOut):
            await upstream.send(Call(Origin("127.0.0.1", port), b"GET", b"/", []))
        peer, _ = silent.accept()
        with peer:
            peer.settimeout(2)
            while peer.recv(4096):
                pass  # the hello, and then the end


def test_a_file_without_certificates_is_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")
    with pytest.raises(ValueError, match=r"`.*empty\.pem` cannot be used as a file of PEM certificates"):
        client_context(str(empty))
    with pytest.raises(ValueError, match=r"`.*none\.pem` cannot be used"):
        client_context(str(tmp_path / "none.pem"))


def test_the_context_verifies_and_speaks_http11() -> None:
    context = client_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_the_next_connection_resumes_the_session(
    ca_file: str, make_upstream: MakeUpstream, version: ssl.TLSVersion
) -> None:
    context = server_context("127.0.0.1")
    context.maximum_version = version
    with ScriptedUpstream(context) as secure:
        secure.script("/", Answer(close=True))
        secure.script("/kept", Answer())
        upstream = make_upstream(client_context(ca_file))
        await upstream.send(get(secure, b"/kept"))
        await read(await upstream.send(get(secure)))
        await upstream.send(get(secure, b"/kept"))
        assert secure.accepted == 2
        (connection,) = upstream._pools[secure.origin].open
        tls = connection._transport.get_extra_info("ssl_object")
        assert tls.version() == {"TLSv1_2": "TLSv1.2", "TLSv1_3": "TLSv1.3"}[version.name]
        assert tls.session_reused
    assert context.session_stats()["hits"] == 1


# --- bodies -----------------------------------------------------------------------------------------------------------


async def test_large_bodies_go_both_ways(secure: ScriptedUpstream, ca_file: str, make_upstream: MakeUpstream) -> None:
    body = bytes(range(256)) * 40_000
    secure.script("/", lambda received: Answer(body=received.body[::-1]))
    reply = await make_upstream(client_context(ca_file)).send(Call(secure.origin, b"POST", b"/", [], body))
    assert await read(reply) == body[::-1]


async def test_events_arrive_as_they_are_sent(
    secure: ScriptedUpstream, ca_file: str, make_upstream: MakeUpstream
) -> None:
    events = [b"data: %d\n\n" % number for number in range(5)]
    secure.script("/", Answer(chunks=events, framing="chunked", chunk_delay_s=0.05))
    sink = Gathered()
    source_of(await make_upstream(client_context(ca_file)).send(get(secure))).start(sink)
    await sink.done
    assert sink.pieces == events


async def test_a_pause_stops_the_upstream(secure: ScriptedUpstream, ca_file: str, make_upstream: MakeUpstream) -> None:
    size = 32 << 20
    secure.script("/", Answer(chunks=[b"x" * (256 << 10)] * 128, chunk_delay_s=0.0001))
    source = source_of(await make_upstream(client_context(ca_file)).send(get(secure)))
    sink = Gathered()
    source.start(sink)
    source.pause()
    written = -1
    while written != secure.written:
        written = secure.written
        await asyncio.sleep(0.1)
    assert sink.size <= 1 << 20
    assert written < size // 2
    source.resume()
    assert len(await sink.done) == size


async def test_a_reader_that_pauses_at_every_piece_gets_everything(
    secure: ScriptedUpstream, ca_file: str, make_upstream: MakeUpstream
) -> None:
    body = bytes(range(256)) * 4_000
    secure.script("/", Answer(body=body, chunk_delay_s=0.02))
    source = source_of(await make_upstream(client_context(ca_file)).send(get(secure)))
    loop = asyncio.get_running_loop()

    class Slow(Gathered):
        def write(self, chunk: bytes) -> None:
            super().write(chunk)
            source.pause()
            loop.call_soon(source.resume)

    sink = Slow()
    source.start(sink)
    assert await sink.done == body


async def test_an_upstream_that_does_not_read_pauses_the_source(
    secure: ScriptedUpstream, ca_file: str, make_upstream: MakeUpstream
) -> None:
    secure.script("/", Answer(unread=True, never=True))
    source = ByHand()
    upstream = make_upstream(client_context(ca_file))
    task = asyncio.create_task(upstream.send(Call(secure.origin, b"POST", b"/", [], source)))
    sink = await source.started
    sent = 0
    while "pause" not in source.calls:
        sink.write(b"x" * 100_000)
        sent += 100_000
        await asyncio.sleep(0.001)
    assert sent < 64 << 20
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert upstream.open_connections == 0


async def test_a_source_goes_on_when_the_upstream_reads_again(
    secure: ScriptedUpstream, ca_file: str, make_upstream: MakeUpstream
) -> None:
    source = ByHand()
    upstream = make_upstream(client_context(ca_file))
    task = asyncio.create_task(upstream.send(Call(secure.origin, b"POST", b"/", [], source)))
    sink = await source.started
    piece = bytes(range(250)) * 400
    sent = 0
    while not source.calls:
        sink.write(piece)
        sent += 1
    assert source.calls == ["pause"]
    await source.resumed.wait()
    sink.end()
    assert (await task).status == 200
    assert secure.requests[0].body == piece * sent


# --- ends -------------------------------------------------------------------------------------------------------------


async def test_cancelling_closes_the_connection(
    secure: ScriptedUpstream, ca_file: str, make_upstream: MakeUpstream
) -> None:
    secure.script("/", Answer(never=True))
    upstream = make_upstream(client_context(ca_file))
    task = asyncio.create_task(upstream.send(get(secure)))
    await asyncio.to_thread(secure.wait_until, lambda: bool(secure.requests))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.to_thread(secure.wait_until, lambda: secure.open == 0)


async def test_a_body_cut_short_fails(secure: ScriptedUpstream, ca_file: str, make_upstream: MakeUpstream) -> None:
    secure.script("/", Answer(chunks=[b"abc", b"def"], framing="chunked", chunk_delay_s=0.02, cut_after_bytes=3))
    reply = await make_upstream(client_context(ca_file)).send(get(secure))
    with pytest.raises(UpstreamBroken, match="before its answer was whole"):
        await read(reply)


async def test_an_idle_connection_is_found_closed(
    secure: ScriptedUpstream, ca_file: str, make_upstream: MakeUpstream
) -> None:
    upstream = make_upstream(client_context(ca_file))
    await upstream.send(get(secure))
    secure.close_connections()
    await asyncio.to_thread(secure.wait_until, lambda: secure.open == 0)
    await asyncio.sleep(0.02)
    assert upstream.open_connections == 0
    assert (await upstream.send(get(secure))).status == 200


@contextlib.contextmanager
def answering_until_eof(*, says_goodbye: bool) -> Iterator[int]:
    """A server whose answer ends with its connection: cleanly, or as if someone had cut it."""
    context = server_context("127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            sock, _ = listening.accept()
            tls = context.wrap_socket(sock, server_side=True)
            tls.recv(65536)
            tls.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            tls.sendall(b"the whole")
            if says_goodbye:
                tls.unwrap().close()
            else:
                tls.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield int(listening.getsockname()[1])
        thread.join(5)


async def test_an_answer_may_end_with_a_clean_goodbye(ca_file: str, make_upstream: MakeUpstream) -> None:
    with answering_until_eof(says_goodbye=True) as port:
        upstream = make_upstream(client_context(ca_file))
        reply = await upstream.send(Call(Origin("127.0.0.1", port), b"GET", b"/", []))
        assert await read(reply) == b"the whole"


async def test_an_answer_cut_where_it_might_have_ended_fails(ca_file: str, make_upstream: MakeUpstream) -> None:
    with answering_until_eof(says_goodbye=False) as port:
        upstream = make_upstream(client_context(ca_file))
        reply = await upstream.send(Call(Origin("127.0.0.1", port), b"GET", b"/", []))
        with pytest.raises(UpstreamBroken, match="before its answer was whole"):
            await read(reply)


# --- the transport alone ----------------------------------------------------------------------------------------------


class Heard(asyncio.Protocol):
    def __init__(self) -> None:
        self.data = b""
        self.is_ended = False
        self.heard = asyncio.Event()
        self.lost: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        self.data += data
        self.heard.set()

    def eof_received(self) -> None:
        self.is_ended = True

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set_result(exc)


@contextlib.asynccontextmanager
async def transport_to(
    serve: Callable[[ssl.SSLSocket], None], ca_file: str
) -> AsyncIterator[tuple[TlsTransport, Heard]]:
    context = server_context("127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def run() -> None:
            sock, _ = listening.accept()
            with context.wrap_socket(sock, server_side=True) as tls:
                serve(tls)

        thread = threading.Thread(target=run)
        thread.start()
        sock = socket.create_connection(listening.getsockname())
        sock.settimeout(0)
        protocol = Heard()
        transport = TlsTransport(await shake_hands(sock, client_context(ca_file), "127.0.0.1"), protocol)
        yield transport, protocol
        transport.abort()
        await protocol.lost
        await asyncio.to_thread(thread.join, 5)
        assert not thread.is_alive()


async def test_closing_sends_what_is_queued_and_says_goodbye(ca_file: str) -> None:
    received = bytearray()
    wait = threading.Event()

    def serve(tls: ssl.SSLSocket) -> None:
        wait.wait(5)
        while piece := tls.recv(65536):
            received.extend(piece)

    async with transport_to(serve, ca_file) as (transport, protocol):
        data = bytes(range(256)) * 40_000
        transport.write(bytearray(data))
        assert transport.get_write_buffer_size() > 0
        transport.close()
        assert transport.is_closing()
        assert not transport.is_reading()
        transport.write(b"too late")
        wait.set()
        assert await protocol.lost is None
    assert bytes(received) == data


async def test_the_other_sides_goodbye_ends_it(ca_file: str) -> None:
    def serve(tls: ssl.SSLSocket) -> None:
        tls.sendall(b"bye")
        with contextlib.suppress(OSError):
            tls.unwrap()

    async with transport_to(serve, ca_file) as (_, protocol):
        assert await protocol.lost is None
        assert protocol.data == b"bye"
        assert protocol.is_ended


async def test_a_cut_is_an_error(ca_file: str) -> None:
    async with transport_to(lambda tls: tls.sendall(b"x"), ca_file) as (_, protocol):
        assert isinstance(await protocol.lost, OSError)
        assert not protocol.is_ended


async def test_a_write_to_one_who_left_is_an_error(ca_file: str) -> None:
    def serve(tls: ssl.SSLSocket) -> None:
        tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")

    async with transport_to(serve, ca_file) as (transport, protocol):
        transport.pause_reading()
        transport.pause_reading()
        assert not transport.is_reading()
        for _ in range(50):
            transport.write(b"x" * 10_000)
            await asyncio.sleep(0.01)
            if transport.is_closing():
                break
        assert isinstance(await protocol.lost, OSError)
        transport.resume_reading()
        transport.close()


class Contrary:
    """A TLS socket that wants the other direction first, as in a renegotiation or a change of keys."""

    def __init__(self, sock: socket.socket, wants: list[str]) -> None:
        self._sock = sock
        self._wants = wants
        self.fileno = sock.fileno
        self.close = sock.close

    def _next(self, name: str) -> None:
        if self._wants and self._wants[0].startswith(name):
            raise {"write": ssl.SSLWantWriteError, "read": ssl.SSLWantReadError}[self._wants.pop(0).split()[-1]]

    def read(self, size: int) -> bytes:
        self._next("recv")
        try:
            return self._sock.recv(size)
        except BlockingIOError as error:
            raise ssl.SSLWantReadError from error

    def write(self, data: bytes) -> int:
        self._next("send")
        return self._sock.send(data)

    def unwrap(self) -> None: ...


@pytest.mark.parametrize(
    "wants", [["recv wants write"], ["send wants read"], ["send wants write"], ["send wants write", "recv wants write"]]
)
async def test_each_direction_may_have_to_wait_for_the_other(wants: list[str]) -> None:
    ours, theirs = socket.socketpair()
    ours.settimeout(0)
    theirs.settimeout(2)
    protocol = Heard()
    transport = TlsTransport(cast("ssl.SSLSocket", Contrary(ours, wants)), protocol)
    theirs.sendall(b"question")
    transport.write(b"one ")
    transport.write(b"two")
    await protocol.heard.wait()
    assert protocol.data == b"question"
    received = b""
    while len(received) < 7:
        received += await asyncio.to_thread(theirs.recv, 100)
    assert received == b"one two"
    assert wants == []
    transport.set_write_buffer_limits(high=10)
    transport.close()
    assert await protocol.lost is None
    theirs.close()
