"""How connections come about: names, both families, proxies."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import socket
import ssl
from typing import TYPE_CHECKING, Self

import pytest
import trustme

from bodies import read
from scripted import Answer, ScriptedUpstream
from torana.addresses import read_reach
from torana.errors import UpstreamForbidden, UpstreamTimedOut, UpstreamUnreachable
from torana.message import Call, Origin
from torana.wire.dial import Names, close_late, connect_first
from torana.wire.proxies import Proxies
from torana.wire.tls import client_context

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from torana.wire.upstream import Upstream

    MakeUpstream = Callable[..., Upstream]


class Listening:
    """A socket that accepts by itself."""

    def __init__(self, host: str) -> None:
        self.sock = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.port = int(self.sock.getsockname()[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()


@contextlib.contextmanager
def silent() -> Iterator[int]:
    """A port that does not answer: more wait there than its backlog takes."""
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.socket())
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(3):
            filler = stack.enter_context(socket.socket())
            filler.settimeout(0)
            filler.connect_ex(full.getsockname())
        yield int(full.getsockname()[1])


async def test_an_address_needs_no_resolver() -> None:
    assert await Names().find("192.0.2.7", 443) == [("192.0.2.7", 443)]
    assert await Names().find("2001:db8::1", 443) == [("2001:db8::1", 443)]


async def test_a_name_is_asked_for_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names(ttl_s=0.3)
    asked = await _counted(names, monkeypatch)
    first = await asyncio.gather(*(names.find("localhost", 80) for _ in range(10)))
    assert len(asked) == 1
    assert all(one == first[0] for one in first)
    await names.find("localhost", 80)
    assert len(asked) == 1
    await asyncio.sleep(0.35)
    await names.find("localhost", 80)
    assert len(asked) == 2
    names.forget("localhost", 80)
    await names.find("localhost", 80)
    assert len(asked) == 3


async def _counted(names: Names, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    asked: list[str] = []
    ask = names._ask

    async def counting(host: str, port: int) -> list[tuple[str, int]]:
        asked.append(host)
        return await ask(host, port)

    monkeypatch.setattr(names, "_ask", counting)
    return asked


async def test_one_who_stops_waiting_for_a_name_does_not_take_it_from_the_others() -> None:
    names = Names()
    impatient = asyncio.create_task(names.find("localhost", 80))
    patient = asyncio.create_task(names.find("localhost", 80))
    await asyncio.sleep(0)
    impatient.cancel()
    assert await patient
    assert impatient.cancelled()


async def test_a_name_that_is_none_is_unreachable(make_upstream: MakeUpstream) -> None:
    with pytest.raises(UpstreamUnreachable, match=r"the name `no-such-host\.invalid` was not resolved"):
        await make_upstream().send(Call(Origin("no-such-host.invalid", 443), b"GET", b"/", []))


async def test_a_name_that_cannot_be_one_is_unreachable(make_upstream: MakeUpstream) -> None:
    host = "x" * 70 + ".example"
    with pytest.raises(UpstreamUnreachable, match=f"the name `{host}` was not resolved"):
        await make_upstream().send(Call(Origin(host, 443), b"GET", b"/", []))


async def test_the_next_address_is_tried_when_one_refuses() -> None:
    with Listening("127.0.0.1") as here:
        sock = await connect_first([("127.0.0.2", here.port), ("127.0.0.1", here.port)])
        assert sock.getpeername()[0] == "127.0.0.1"
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        sock.close()


async def test_the_next_address_is_tried_while_one_is_silent() -> None:
    loop = asyncio.get_running_loop()
    with Listening("127.0.0.1") as here, silent() as port:
        began = loop.time()
        sock = await connect_first([("127.0.0.1", port), ("127.0.0.1", here.port)])
        assert sock.getpeername()[1] == here.port
        assert 0.2 < loop.time() - began < 2
        sock.close()


async def test_when_all_refuse_the_error_is_told() -> None:
    with Listening("127.0.0.1") as here, pytest.raises(ConnectionRefusedError):
        await connect_first([("127.0.0.2", here.port), ("127.0.0.3", here.port)])


async def test_a_socket_that_connects_after_another_has_won_is_closed() -> None:
    with Listening("127.0.0.1") as here:
        late = asyncio.create_task(connect_first([("127.0.0.1", here.port)]))
        late.add_done_callback(close_late)
        sock = await late
        await asyncio.sleep(0)
        assert sock.fileno() == -1


async def test_names_do_not_pile_up() -> None:
    names = Names()
    for number in range(1024):
        names._known[f"h{number}", 1] = (float("inf"), [("192.0.2.1", 1)])
    await names.find("localhost", 80)
    assert list(names._known) == [("localhost", 80)]


async def test_an_origin_may_be_a_unix_socket(tmp_path: Path, make_upstream: MakeUpstream) -> None:
    path = str(tmp_path / "s")
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nlocal")
        await reader.read()
        writer.close()

    upstream = make_upstream()
    async with await asyncio.start_unix_server(serve, path):
        reply = await upstream.send(Call(Origin(path, 0, is_tls=False), b"GET", b"/a", []))
        assert await read(reply) == b"local"
        assert heads == [b"GET /a HTTP/1.1\r\nhost: localhost\r\n\r\n"]
        upstream.close()
        await asyncio.sleep(0.01)


async def test_a_unix_socket_that_is_not_there_is_named(tmp_path: Path, make_upstream: MakeUpstream) -> None:
    path = str(tmp_path / "none")
    with pytest.raises(UpstreamUnreachable) as caught:
        await make_upstream().send(Call(Origin(path, 0, is_tls=False), b"GET", b"/", []))
    assert str(caught.value) == f"no connection to `{path}`: No such file or directory"


async def test_both_families_are_spoken(make_upstream: MakeUpstream) -> None:
    upstream = make_upstream()
    with ScriptedUpstream(host="::1") as six:
        reply = await upstream.send(Call(six.origin, b"GET", b"/", []))
        assert reply.status == 200
        assert six.requests[0].header("host") == f"[::1]:{six.port}".encode()


async def test_localhost_is_found_in_whichever_family_listens(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    reply = await make_upstream().send(Call(Origin("localhost", up.port, is_tls=False), b"GET", b"/", []))
    assert reply.status == 200


async def test_cancelling_while_connecting_leaves_nothing_open(make_upstream: MakeUpstream) -> None:
    upstream = make_upstream(connections=1)
    with Listening("127.0.0.1") as here:
        for turns in range(8):
            call = Call(Origin("127.0.0.1", here.port, is_tls=False), b"GET", b"/", [])
            task = asyncio.create_task(upstream.send(call))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.sleep(0.01)
            assert upstream.open_connections == 0


# --- origins that a user of the API named ---------------------------------------------------------------------------


def test_the_same_place_by_another_name_giver_is_another_origin() -> None:
    """So a connection that the operator's provider made is never used for a stranger's."""
    assert Origin("a.example", 443) != Origin("a.example", 443, is_untrusted=True)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1", "0x7f000001", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("is_tls", [False, True])
async def test_a_name_that_leads_to_this_machine_is_not_connected_to(
    up: ScriptedUpstream, make_upstream: MakeUpstream, host: str, *, is_tls: bool
) -> None:
    origin = Origin(host, up.port, is_tls=is_tls, is_untrusted=True)
    with pytest.raises(UpstreamForbidden) as caught:
        await make_upstream().send(Call(origin, b"GET", b"/", []))
    assert f"`{host}` does not lead to" in str(caught.value)
    assert "`allow_private_upstreams`" in str(caught.value)
    assert up.accepted == 0


async def test_a_name_that_leads_elsewhere_later_is_not_connected_to(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    """Each connection asks anew; what the name meant when it was configured counts for nothing."""
    upstream = make_upstream(reach=read_reach("192.0.2.0/24"), connect_timeout_s=0.1)
    origin = Origin("rebound.example", up.port, is_tls=False, is_untrusted=True)
    known = upstream._dialer._names._known
    known[origin.host, origin.port] = (float("inf"), [("192.0.2.1", up.port)])
    with pytest.raises((UpstreamUnreachable, UpstreamTimedOut)):
        await upstream.send(Call(origin, b"GET", b"/", []))
    known[origin.host, origin.port] = (float("inf"), [("127.0.0.1", up.port)])
    with pytest.raises(UpstreamForbidden):
        await upstream.send(Call(origin, b"GET", b"/", []))
    assert up.accepted == 0


async def test_of_several_addresses_only_those_permitted_are_tried(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    upstream = make_upstream(reach=read_reach("127.0.0.1"))
    origin = Origin("both.example", up.port, is_tls=False, is_untrusted=True)
    upstream._dialer._names._known[origin.host, up.port] = (
        float("inf"),
        [("127.0.0.2", up.port), ("127.0.0.1", up.port)],
    )
    assert (await upstream.send(Call(origin, b"GET", b"/", []))).status == 200
    assert up.accepted == 1


async def test_a_path_of_a_socket_is_no_host(tmp_path: Path, make_upstream: MakeUpstream) -> None:
    origin = Origin(str(tmp_path / "s"), 0, is_tls=False, is_untrusted=True)
    with pytest.raises(UpstreamUnreachable, match="was not resolved"):
        await make_upstream(reach=read_reach("all")).send(Call(origin, b"GET", b"/", []))


# --- proxies ----------------------------------------------------------------------------------------------------------


class Tunnel:
    """An HTTP proxy that leads every CONNECT to one place, or answers what it is told."""

    def __init__(self, to: ScriptedUpstream | None = None, answer: bytes = b"HTTP/1.1 200 OK\r\n\r\n") -> None:
        self.heads: list[bytes] = []
        self._to = to
        self._answer = answer
        self._server: asyncio.Server
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await asyncio.sleep(0.01)

    @property
    def proxies(self) -> Proxies:
        return Proxies({"https_proxy": f"http://user:pa%20ss@127.0.0.1:{self.port}"})

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            self.heads.append(await reader.readuntil(b"\r\n\r\n"))
            for cut in (self._answer[:9], self._answer[9:]):
                writer.write(cut)
                await asyncio.sleep(0.005)
            if self._to is not None:
                away, out = await asyncio.open_connection("127.0.0.1", self._to.port)
                with contextlib.closing(out):
                    await asyncio.gather(_pump(reader, out), _pump(away, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(65536):
            writer.write(piece)
        writer.close()
    except ConnectionError:
        writer.transport.abort()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
async def secure(authority: trustme.CA) -> AsyncIterator[ScriptedUpstream]:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("api.example").configure_cert(server)
    with ScriptedUpstream(server) as upstream:
        yield upstream


@pytest.fixture
def trusting(authority: trustme.CA, tmp_path: Path) -> ssl.SSLContext:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return client_context(str(path))


async def test_an_https_origin_is_reached_through_the_proxy(
    secure: ScriptedUpstream, trusting: ssl.SSLContext, make_upstream: MakeUpstream
) -> None:
    async with Tunnel(secure) as tunnel:
        secure.script("/", Answer(body=b"through"))
        upstream = make_upstream(trusting, tunnel.proxies)
        for _ in range(2):
            reply = await upstream.send(Call(Origin("api.example", 443), b"GET", b"/", []))
            assert await read(reply) == b"through"
        assert len(tunnel.heads) == 1
        first, *fields = tunnel.heads[0].decode().split("\r\n")
        assert first == "CONNECT api.example:443 HTTP/1.1"
        secret = base64.b64encode(b"user:pa ss").decode()
        assert fields == ["host: api.example:443", f"proxy-authorization: Basic {secret}", "", ""]
        assert secure.requests[0].header("host") == b"api.example"
        assert secure.requests[0].header("proxy-authorization") is None
        upstream.close()


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "refused a tunnel to `api.example:443`: 407"),
        (b"HTTP/1.0 503 No\r\ncontent-length: 0\r\n\r\n", "refused a tunnel to `api.example:443`: 503"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "did not answer CONNECT in HTTP/1.1"),
        (b"HTTP/1.1 200 OK\r\n\r\nand more", "did not answer CONNECT in HTTP/1.1"),
        (b"HTTP/1.1 200 OK\r\n", "did not answer CONNECT in HTTP/1.1"),
        (b"HTTP/1.1 200 OK\r\na: " + b"x" * 20_000, "did not answer CONNECT in HTTP/1.1"),
    ],
)
async def test_a_proxy_that_refuses_is_named_with_its_status(
    make_upstream: MakeUpstream, answer: bytes, what: str
) -> None:
    async with Tunnel(answer=answer) as tunnel:
        upstream = make_upstream(None, tunnel.proxies)
        with pytest.raises(UpstreamUnreachable) as caught:
            await upstream.send(Call(Origin("api.example", 443), b"GET", b"/", []))
        assert str(caught.value) == f"the proxy `127.0.0.1:{tunnel.port}` {what}"
        assert upstream.open_connections == 0


async def test_a_proxy_is_asked_for_an_address_that_was_looked_at(make_upstream: MakeUpstream) -> None:
    """Asked for a name, it would find out itself what that means, and reach what we must not."""
    async with Tunnel(answer=b"HTTP/1.1 503 No\r\n\r\n") as tunnel:
        upstream = make_upstream(None, tunnel.proxies, read_reach("192.0.2.0/24"))
        names = upstream._dialer._names._known
        for host, address in (("good.example", "192.0.2.9"), ("bad.example", "10.0.0.1")):
            names[host, 443] = (float("inf"), [(address, 443)])
        with pytest.raises(UpstreamForbidden):
            await upstream.send(Call(Origin("bad.example", 443, is_untrusted=True), b"GET", b"/", []))
        assert not tunnel.heads
        with pytest.raises(UpstreamUnreachable):
            await upstream.send(Call(Origin("good.example", 443, is_untrusted=True), b"GET", b"/", []))
        assert tunnel.heads[0].startswith(b"CONNECT 192.0.2.9:443 ")


async def test_a_proxy_that_says_nothing_is_timed_out(make_upstream: MakeUpstream) -> None:
    async with Tunnel(answer=b"") as tunnel:
        with Listening("127.0.0.1") as silent:
            proxies = Proxies({"https_proxy": f"http://127.0.0.1:{silent.port}"})
            upstream = make_upstream(None, proxies, connect_timeout_s=0.1)
            with pytest.raises(UpstreamTimedOut, match=r"no connection to `api\.example:443` within 0\.1 s"):
                await upstream.send(Call(Origin("api.example", 443), b"GET", b"/", []))
        assert not tunnel.heads


async def test_a_proxy_that_breaks_off_is_named(make_upstream: MakeUpstream) -> None:
    async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        writer.close()

    async with await asyncio.start_server(reset, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        proxies = Proxies({"https_proxy": f"http://127.0.0.1:{port}"})
        with pytest.raises(UpstreamUnreachable, match=f"the proxy `127.0.0.1:{port}` broke off"):
            await make_upstream(None, proxies).send(Call(Origin("api.example", 443), b"GET", b"/", []))


async def test_a_proxy_that_is_not_there_is_named(make_upstream: MakeUpstream) -> None:
    with Listening("127.0.0.1") as gone:
        port = gone.port
    proxies = Proxies({"https_proxy": f"http://127.0.0.1:{port}"})
    with pytest.raises(UpstreamUnreachable, match=f"no connection to `127.0.0.1:{port}`: Connection refused"):
        await make_upstream(None, proxies).send(Call(Origin("api.example", 443), b"GET", b"/", []))
