"""Calls through real sockets: what is sent, and what comes back."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodies import Gathered, read, source_of
from scripted import Answer, ScriptedUpstream
from torana.errors import UpstreamBroken, UpstreamTimedOut, UpstreamUnreachable
from torana.message import Call, Headers, Origin, Rendered
from torana.wire.deadlines import Deadlines
from torana.wire.upstream import Upstream, UpstreamLimits

if TYPE_CHECKING:
    from collections.abc import Callable

    MakeUpstream = Callable[..., Upstream]


def post(up: ScriptedUpstream, path: str = "/", body: bytes = b"{}", headers: Headers | None = None) -> Call:
    return Call(up.origin, b"POST", path.encode(), headers or [], body)


def get(up: ScriptedUpstream, path: str = "/", method: bytes = b"GET") -> Call:
    return Call(up.origin, method, path.encode(), [])


# --- requests ---------------------------------------------------------------------------------------------------------


async def test_a_call_arrives_as_it_was_given(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    headers = [(b"accept", b"*/*"), (b"x-b", b"2"), (b"x-b", b"3")]
    reply = await make_upstream().send(Call(up.origin, b"POST", b"/a%20b?c=d&e", headers, b'{"a": 1}'))
    assert reply.status == 200
    seen = up.requests[0]
    assert (seen.method, seen.target, seen.body) == (b"POST", b"/a%20b?c=d&e", b'{"a": 1}')
    host = (b"host", f"{up.host}:{up.port}".encode())
    assert seen.headers == [host, *headers, (b"content-length", b"8")]


async def test_calls_that_share_a_rendered_head_arrive_each_with_its_own_body(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    shared, upstream = Rendered(), make_upstream()
    for body in (b"{}", b'{"longer": 1}', b""):
        call = Call(up.origin, b"POST", b"/x", [(b"x-a", b"1"), (b"te", b"trailers")], body, rendered=shared)
        assert (await upstream.send(call)).status == 200
    assert [seen.body for seen in up.requests] == [b"{}", b'{"longer": 1}', b""]
    assert [seen.header("content-length") for seen in up.requests] == [b"2", b"13", b"0"]
    assert all([name for name, _ in seen.headers] == [b"host", b"x-a", b"content-length"] for seen in up.requests)


async def test_framing_and_hop_by_hop_fields_of_the_caller_stay_behind(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    headers = [
        (b"host", b"elsewhere"),
        (b"content-length", b"999"),
        (b"transfer-encoding", b"chunked"),
        (b"connection", b"close, X-Mine"),
        (b"keep-alive", b"timeout=1"),
        (b"proxy-authorization", b"Basic x"),
        (b"te", b"trailers"),
        (b"expect", b"100-continue"),
        (b"upgrade", b"h2c"),
        (b"x-mine", b"1"),
        (b"x-kept", b"1"),
    ]
    await make_upstream().send(post(up, headers=headers))
    assert [name for name, _ in up.requests[0].headers] == [b"host", b"x-kept", b"content-length"]
    assert up.requests[0].header("content-length") == b"2"


@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"DELETE", b"OPTIONS"])
async def test_a_call_without_a_body_says_nothing_of_a_length(
    up: ScriptedUpstream, make_upstream: MakeUpstream, method: bytes
) -> None:
    await make_upstream().send(get(up, method=method))
    assert up.requests[0].header("content-length") is None
    assert up.requests[0].header("transfer-encoding") is None


@pytest.mark.parametrize("method", [b"POST", b"PUT", b"PATCH"])
async def test_an_empty_body_of_a_method_that_has_one_is_said_to_be_empty(
    up: ScriptedUpstream, make_upstream: MakeUpstream, method: bytes
) -> None:
    await make_upstream().send(get(up, method=method))
    assert up.requests[0].header("content-length") == b"0"


async def test_a_large_body_arrives_whole(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    body = bytes(range(256)) * 20_000
    up.script("/", lambda received: Answer(body=b"%d" % len(received.body)))
    reply = await make_upstream().send(post(up, body=body))
    assert await read(reply) == b"5120000"
    assert up.requests[0].body == body


# --- answers ----------------------------------------------------------------------------------------------------------


async def test_an_answer_that_comes_at_once_is_bytes_and_frees_the_connection(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    answer = b"HTTP/1.1 429 Slow Down\r\nX-A: 1\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nlater"
    up.script("/", Answer(raw=answer, keep_raw=True))
    upstream = make_upstream()
    reply = await upstream.send(post(up))
    assert (reply.status, reply.reason, reply.headers, reply.body) == (429, b"Slow Down", [(b"x-a", b"1")], b"later")
    assert reply.length is None
    assert (upstream.open_connections, upstream.idle_connections) == (1, 1)


async def test_the_rest_of_an_answer_streams(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    up.script("/", Answer(chunks=[b"one", b"two", b"three"], framing="chunked", chunk_delay_s=0.05))
    upstream = make_upstream()
    reply = await upstream.send(post(up))
    assert reply.length is None
    assert upstream.idle_connections == 0
    sink = Gathered()
    source_of(reply).start(sink)
    assert await sink.done == b"onetwothree"
    assert sink.pieces == [b"one", b"two", b"three"]
    assert upstream.idle_connections == 1


async def test_a_length_is_passed_on(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    up.script("/", Answer(body=b"x" * 10, chunk_delay_s=0.02))
    reply = await make_upstream().send(post(up))
    assert reply.length == 10
    assert await read(reply) == b"x" * 10


async def test_an_answer_may_end_with_its_connection(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    up.script("/", Answer(chunks=[b"un", b"til"], framing="close", chunk_delay_s=0.01))
    upstream = make_upstream()
    assert await read(await upstream.send(post(up))) == b"until"
    assert upstream.open_connections == 0


async def test_head_has_a_length_and_no_body(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    up.script("/", Answer(body=b"x" * 100))
    upstream = make_upstream()
    for _ in range(2):
        reply = await upstream.send(get(up, method=b"HEAD"))
        assert (reply.length, reply.body) == (100, b"")
    assert await read(await upstream.send(get(up))) == b"x" * 100
    assert up.accepted == 1


@pytest.mark.parametrize("status", [204, 304])
async def test_some_statuses_have_no_body(up: ScriptedUpstream, make_upstream: MakeUpstream, status: int) -> None:
    up.script("/", Answer(status=status))
    upstream = make_upstream()
    for _ in range(2):
        reply = await upstream.send(get(up))
        assert (reply.status, reply.body) == (status, b"")
    assert up.accepted == 1


async def test_early_hints_are_skipped(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    up.script("/", Answer(early_hints=[(b"link", b"</x>")], delay_s=0.01, body=b"ok"))
    reply = await make_upstream().send(get(up))
    assert (reply.status, await read(reply)) == (200, b"ok")


@pytest.mark.parametrize(
    "raw",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
    ],
)
async def test_what_is_not_an_answer_breaks_the_call(
    up: ScriptedUpstream, make_upstream: MakeUpstream, raw: bytes
) -> None:
    up.script("/", Answer(raw=raw))
    upstream = make_upstream()
    with pytest.raises(UpstreamBroken, match=rf"`127.0.0.1:{up.port}` did not answer in HTTP/1.1: "):
        await upstream.send(get(up))
    assert upstream.open_connections == 0


async def test_a_stream_that_turns_to_nonsense_fails_after_what_was_good(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    headers = [(b"transfer-encoding", b"chunked")]
    pieces = [b"2\r\ngo\r\n", b"2\r\nod\r\nnonsense"]
    up.script("/", Answer(headers=headers, chunks=pieces, chunk_delay_s=0.02, framing="close"))
    reply = await make_upstream().send(get(up))
    sink = Gathered()
    source_of(reply).start(sink)
    with pytest.raises(UpstreamBroken, match=r"did not answer in HTTP/1\.1"):
        await sink.done
    assert b"".join(sink.pieces) == b"good"


async def test_nonsense_that_comes_with_the_head_breaks_the_call(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    up.script("/", Answer(raw=head + b"2\r\ngo\r\nnonsense", keep_raw=True))
    with pytest.raises(UpstreamBroken, match=r"did not answer in HTTP/1\.1"):
        await make_upstream().send(get(up))


async def test_an_answer_that_never_comes_breaks_the_call(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    up.script("/", Answer(raw=b""))
    with pytest.raises(UpstreamBroken, match="closed the connection before it answered"):
        await make_upstream().send(get(up))


@pytest.mark.parametrize("framing", ["length", "chunked"])
async def test_a_body_cut_short_fails(up: ScriptedUpstream, make_upstream: MakeUpstream, framing: str) -> None:
    up.script("/", Answer(chunks=[b"abc", b"def"], framing=framing, chunk_delay_s=0.02, cut_after_bytes=3))  # type: ignore[arg-type]  # one of the three
    upstream = make_upstream()
    reply = await upstream.send(get(up))
    sink = Gathered()
    source_of(reply).start(sink)
    with pytest.raises(UpstreamBroken, match="before its answer was whole"):
        await sink.done
    assert sink.pieces == [b"abc"]
    assert upstream.open_connections == 0


async def test_a_body_cut_short_by_a_clean_end_fails_too(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    up.script("/", Answer(raw=b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc"))
    reply = await make_upstream().send(get(up))
    with pytest.raises(UpstreamBroken, match="before its answer was whole"):
        await read(reply)


async def test_a_head_without_an_end_is_refused(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    up.script("/", Answer(raw=b"HTTP/1.1 200 OK\r\na: " + b"x" * 100_000))
    with pytest.raises(UpstreamBroken, match="a head of more than 4096 bytes"):
        await make_upstream(max_header_bytes=4096).send(get(up))


async def test_a_head_too_large_is_refused_though_it_came_at_once(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    up.script("/", Answer(headers=[(b"a", b"x" * 5000)]))
    with pytest.raises(UpstreamBroken, match="a head of more than 4096 bytes"):
        await make_upstream(max_header_bytes=4096).send(get(up))


async def test_a_large_body_beside_a_small_head_is_none_of_the_heads_business(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    up.script("/", Answer(body=b"x" * 50_000))
    assert len(await read(await make_upstream(max_header_bytes=4096).send(get(up)))) == 50_000


async def test_trailers_without_an_end_are_refused(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
    up.script("/", Answer(raw=head + b"a: " + b"y" * 1_000_000, keep_raw=True))
    reply = await make_upstream(max_header_bytes=4096).send(get(up))
    with pytest.raises(UpstreamBroken, match="trailers or chunk sizes without an end"):
        await read(reply)


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(1, 200), max_size=5), is_chunked=st.booleans())
def test_any_cut_of_an_answer_gives_the_same(cuts: list[int], is_chunked: bool) -> None:  # noqa: FBT001  # drawn
    body = bytes(range(97, 123)) * 4
    framed = b"1a\r\n" + body[:26] + b"\r\n4e\r\n" + body[26:] + b"\r\n0\r\nt: 1\r\n\r\n" if is_chunked else body
    framing = b"transfer-encoding: chunked" if is_chunked else b"content-length: 104"
    raw = b"HTTP/1.1 200 OK\r\nx: y\r\n" + framing + b"\r\n\r\n" + framed
    places = sorted({cut for cut in cuts if cut < len(raw)})
    pieces = [raw[start:end] for start, end in zip([0, *places], [*places, len(raw)], strict=True)]
    assert asyncio.run(_through_pieces(pieces)) == (200, [(b"x", b"y")], body)


async def _through_pieces(pieces: list[bytes]) -> tuple[int, Headers, bytes]:
    """Fed to a connection one read each, by a server that pauses between them."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer):  # also where the client's end comes later than that of the loop
            await reader.readuntil(b"\r\n\r\n")
            for piece in pieces:
                writer.write(piece)
                await asyncio.sleep(0.001)
            await reader.read()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        upstream = Upstream(UpstreamLimits(), Deadlines(asyncio.get_running_loop()))
        reply = await upstream.send(Call(Origin("127.0.0.1", port, is_tls=False), b"GET", b"/", []))
        body = await read(reply)
        assert upstream.idle_connections == 1
        upstream.close()
        await asyncio.sleep(0.005)
    return reply.status, reply.headers, body


# --- time -------------------------------------------------------------------------------------------------------------


async def test_an_upstream_that_says_nothing_is_timed_out(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    up.script("/", Answer(never=True))
    upstream = make_upstream(first_byte_timeout_s=0.05)
    with pytest.raises(UpstreamTimedOut, match=r"did not begin its answer within 0\.05 s"):
        await upstream.send(get(up))
    assert upstream.open_connections == 0


async def test_a_calls_own_time_limit_is_exact(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    up.script("/", Answer(never=True))
    upstream = make_upstream()
    call = get(up)
    call.first_byte_timeout_s = 0.1
    loop = asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(UpstreamTimedOut, match=r"did not begin its answer within 0\.1 s"):
        await upstream.send(call)
    assert 0.09 <= loop.time() - began < 0.25
    assert upstream.open_connections == 0


async def test_a_calls_own_time_limit_ends_with_the_head(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    up.script("/", Answer(chunks=[b"a", b"b", b"c"], framing="chunked", chunk_delay_s=0.1))
    call = get(up)
    call.first_byte_timeout_s = 0.2
    assert await read(await make_upstream().send(call)) == b"abc"


async def test_a_stream_that_falls_silent_fails(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    up.script("/", Answer(chunks=[b"a", b"b"], framing="chunked", chunk_delay_s=0.3))
    upstream = make_upstream(stream_idle_timeout_s=0.05)
    reply = await upstream.send(get(up))
    with pytest.raises(UpstreamTimedOut, match=r"fell silent for 0\.05 s"):
        await read(reply)
    assert upstream.open_connections == 0


async def test_a_slow_stream_that_goes_on_is_not_timed_out(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    up.script("/", Answer(chunks=[b"x"] * 10, framing="chunked", chunk_delay_s=0.25))
    assert await read(await make_upstream(stream_idle_timeout_s=2).send(get(up))) == b"x" * 10


async def test_our_own_pause_is_not_the_upstreams_silence(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    up.script("/", Answer(chunks=[b"a", b"b"], framing="chunked", chunk_delay_s=0.02))
    reply = await make_upstream(stream_idle_timeout_s=0.1).send(get(up))
    sink = Gathered()
    source = source_of(reply)
    source.start(sink)
    source.pause()
    await asyncio.sleep(0.2)
    source.resume()
    assert await sink.done == b"ab"


# --- going away -------------------------------------------------------------------------------------------------------


async def test_cancelling_a_call_closes_its_connection(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    up.script("/", Answer(never=True))
    upstream = make_upstream()
    task = asyncio.create_task(upstream.send(get(up)))
    await asyncio.to_thread(up.wait_until, lambda: bool(up.requests))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert upstream.open_connections == 0
    await asyncio.to_thread(up.wait_until, lambda: up.open == 0)


async def test_cancelling_a_call_whose_answer_is_just_there_closes_it_too(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    up.script("/", Answer(never=True))
    upstream = make_upstream()
    task = asyncio.create_task(upstream.send(get(up)))
    await asyncio.to_thread(up.wait_until, lambda: bool(up.requests))
    connection = next(iter(upstream._pools[up.origin].open))
    connection.data_received(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab")
    assert upstream.open_connections == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert upstream.open_connections == 0


async def test_aborting_a_body_closes_the_connection_and_tells_the_sink_nothing(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    up.script("/", Answer(chunks=[b"a"] * 100, framing="chunked", chunk_delay_s=0.01))
    upstream = make_upstream()
    source = source_of(await upstream.send(get(up)))
    sink = Gathered()
    source.start(sink)
    await asyncio.sleep(0.03)
    source.abort()
    assert upstream.open_connections == 0
    seen = len(sink.pieces)
    await asyncio.to_thread(up.wait_until, lambda: up.open == 0)
    assert len(sink.pieces) == seen
    assert sink.endings == 0


async def test_a_stopped_client_fails_what_is_under_way(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    up.script("/", Answer(never=True))
    upstream = make_upstream()
    task = asyncio.create_task(upstream.send(get(up)))
    await asyncio.to_thread(up.wait_until, lambda: bool(up.requests))
    upstream.close()
    with pytest.raises(UpstreamUnreachable, match="the gateway is stopping"):
        await task
    with pytest.raises(UpstreamUnreachable, match="the gateway is stopping"):
        await upstream.send(get(up))
