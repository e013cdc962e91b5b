"""Bodies on their way, in both directions: back-pressure, early answers, clients that go away."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from bodies import ByHand, Gathered, read, source_of
from scripted import Answer, ScriptedUpstream
from torana.errors import MalformedRequest, UpstreamBroken, UpstreamTimedOut
from torana.message import Call

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.wire.upstream import Upstream

    MakeUpstream = Callable[..., Upstream]


def upload(up: ScriptedUpstream, source: ByHand, length: int | None = None, path: str = "/") -> Call:
    return Call(up.origin, b"POST", path.encode(), [], source, length)


# --- the answer's body ------------------------------------------------------------------------------------------------


async def test_a_reader_that_pauses_stops_the_upstream(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    size = 64 << 20
    up.script("/", Answer(chunks=[b"x" * (256 << 10)] * 256, chunk_delay_s=0.0001))
    source = source_of(await make_upstream().send(Call(up.origin, b"GET", b"/", [])))
    sink = Gathered()
    source.start(sink)
    source.pause()
    written = -1
    while written != up.written:
        written = up.written
        await asyncio.sleep(0.1)
    assert sink.size <= 1 << 20
    assert written < size // 2
    source.resume()
    assert len(await sink.done) == size


async def test_a_body_that_nobody_reads_yet_is_kept_to_a_bound(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    size = 64 << 20
    up.script("/", Answer(chunks=[b"x" * (256 << 10)] * 256, chunk_delay_s=0.0001))
    upstream = make_upstream(buffer_bytes=100_000)
    reply = await upstream.send(Call(up.origin, b"GET", b"/", []))
    written = -1
    while written != up.written:
        written = up.written
        await asyncio.sleep(0.1)
    assert written < size // 2
    assert len(await read(reply)) == size
    assert upstream.idle_connections == 1


async def test_a_body_that_ended_before_it_was_read_is_still_there(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    up.script("/", Answer(chunks=[b"a", b"b"], framing="chunked", chunk_delay_s=0.01))
    upstream = make_upstream()
    reply = await upstream.send(Call(up.origin, b"GET", b"/", []))
    await asyncio.sleep(0.1)
    assert upstream.idle_connections == 1
    assert await read(reply) == b"ab"


async def test_a_body_that_failed_before_it_was_read_fails_then(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    up.script("/", Answer(chunks=[b"a", b"b"], chunk_delay_s=0.01, cut_after_bytes=1))
    reply = await make_upstream().send(Call(up.origin, b"GET", b"/", []))
    await asyncio.sleep(0.1)
    sink = Gathered()
    source_of(reply).start(sink)
    with pytest.raises(UpstreamBroken):
        await sink.done
    assert sink.pieces == [b"a"]


async def test_a_sink_may_abort_within_its_write(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    up.script("/", Answer(chunks=[b"a", b"b", b"c"], framing="chunked", chunk_delay_s=0.01))
    upstream = make_upstream()
    source = source_of(await upstream.send(Call(up.origin, b"GET", b"/", [])))

    class Once(Gathered):
        def write(self, chunk: bytes) -> None:
            super().write(chunk)
            source.abort()

    sink = Once()
    source.start(sink)
    await asyncio.sleep(0.1)
    assert (sink.pieces, sink.endings) == ([b"a"], 0)
    assert upstream.open_connections == 0


async def test_a_sink_may_abort_within_the_write_of_what_was_kept(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    up.script("/", Answer(raw=b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nkept", keep_raw=True))
    upstream = make_upstream()
    source = source_of(await upstream.send(Call(up.origin, b"GET", b"/", [])))

    class Once(Gathered):
        def write(self, chunk: bytes) -> None:
            super().write(chunk)
            source.abort()

    sink = Once()
    source.start(sink)
    await asyncio.sleep(0.02)
    assert (sink.pieces, sink.endings) == ([b"kept"], 0)
    assert upstream.open_connections == 0


async def test_a_reader_that_comes_late_to_a_connection_cannot_disturb_its_next_call(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    up.script("/", Answer(chunks=[b"a"], framing="chunked", chunk_delay_s=0.02))
    upstream = make_upstream()
    old = source_of(await upstream.send(Call(up.origin, b"GET", b"/", [])))
    sink = Gathered()
    old.start(sink)
    await sink.done
    reply = await upstream.send(Call(up.origin, b"GET", b"/", []))
    old.pause()
    old.abort()
    assert await read(reply) == b"a"
    assert up.accepted == 1


async def test_a_pause_in_the_last_write_does_not_outlive_the_answer(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    up.script("/", Answer(chunks=[b"a"], framing="chunked", chunk_delay_s=0.02))
    upstream = make_upstream()
    for _ in range(3):
        source = source_of(await upstream.send(Call(up.origin, b"GET", b"/", [])))

        class Full(Gathered):
            def write(self, chunk: bytes, source: object = source) -> None:
                super().write(chunk)
                source.pause()  # type: ignore[attr-defined]  # the source of this round

        sink = Full()
        source.start(sink)
        await asyncio.sleep(0.04)
        source.resume()
        assert await sink.done == b"a"
    assert up.accepted == 1


# --- the request's body -----------------------------------------------------------------------------------------------


async def test_a_body_of_unknown_length_goes_out_in_chunks(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    source = ByHand()
    task = asyncio.create_task(make_upstream().send(upload(up, source)))
    sink = await source.started
    for piece in (b"one", b"", b"two"):
        sink.write(piece)
        await asyncio.sleep(0.005)
    sink.end()
    assert (await task).status == 200
    assert up.requests[0].header("transfer-encoding") == b"chunked"
    assert up.requests[0].header("content-length") is None
    assert up.requests[0].body == b"onetwo"


async def test_a_body_of_known_length_goes_out_as_it_is(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    source = ByHand()
    upstream = make_upstream()
    task = asyncio.create_task(upstream.send(upload(up, source, length=6)))
    sink = await source.started
    sink.write(b"one")
    sink.write(b"two")
    sink.end()
    assert (await task).status == 200
    assert up.requests[0].header("content-length") == b"6"
    assert up.requests[0].body == b"onetwo"
    assert upstream.idle_connections == 1


async def test_a_body_that_streams_takes_a_fresh_connection(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    upstream = make_upstream()
    await upstream.send(Call(up.origin, b"GET", b"/", []))
    source = ByHand()
    task = asyncio.create_task(upstream.send(upload(up, source)))
    (await source.started).end()
    await task
    assert [request.connection for request in up.requests] == [1, 2]


async def test_an_upstream_that_does_not_read_pauses_the_source(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    up.script("/", Answer(unread=True, never=True))
    source = ByHand()
    task = asyncio.create_task(make_upstream().send(upload(up, source)))
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
    assert source.calls[-1] == "abort"


async def test_a_source_goes_on_when_the_upstream_reads_again(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    source = ByHand()
    task = asyncio.create_task(make_upstream().send(upload(up, source)))
    sink = await source.started
    # In one piece: many small ones might be read as fast as they are written.
    sink.write(b"x" * 20_000_000)
    assert source.calls == ["pause"]
    await source.resumed.wait()
    sink.end()
    assert (await task).status == 200
    assert len(up.requests[0].body) == 20_000_000


async def test_a_client_that_goes_away_within_its_body_closes_the_upstream(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    source = ByHand()
    upstream = make_upstream()
    task = asyncio.create_task(upstream.send(upload(up, source)))
    sink = await source.started
    sink.write(b"some")
    sink.fail(MalformedRequest("gone"))
    with pytest.raises(MalformedRequest, match="gone"):
        await task
    assert upstream.open_connections == 0
    await asyncio.to_thread(up.wait_until, lambda: up.open == 0)
    assert source.calls == []
    assert not any(request.is_whole for request in up.requests)


async def test_an_early_refusal_is_delivered_and_the_rest_of_the_body_unwanted(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    up.script("/", Answer(status=413, body=b"too much", unread=True))
    source = ByHand()
    upstream = make_upstream()
    task = asyncio.create_task(upstream.send(upload(up, source)))
    (await source.started).write(b"some")
    reply = await task
    assert (reply.status, await read(reply)) == (413, b"too much")
    assert source.calls == ["abort"]
    assert upstream.open_connections == 0


async def test_an_early_refusal_that_streams_is_delivered_too(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    up.script("/", Answer(status=429, chunks=[b"too", b"much"], chunk_delay_s=0.02, unread=True))
    source = ByHand()
    task = asyncio.create_task(make_upstream().send(upload(up, source)))
    (await source.started).write(b"some")
    reply = await task
    assert source.calls == ["abort"]
    assert (reply.status, await read(reply)) == (429, b"toomuch")


async def test_an_answer_that_begins_early_does_not_end_a_welcome_body(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    up.script("/", Answer(chunks=[b"a", b"b"], framing="chunked", chunk_delay_s=0.05, unread=True))
    source = ByHand()
    task = asyncio.create_task(make_upstream().send(upload(up, source)))
    sink = await source.started
    reply = await task
    assert source.calls == []
    sink.write(b"more")
    sink.end()
    assert await read(reply) == b"ab"
    assert source.calls == []


async def test_an_upstream_that_breaks_within_the_body_frees_the_source(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    up.script("/", Answer(raw=b"", unread=True))
    source = ByHand()
    task = asyncio.create_task(make_upstream().send(upload(up, source)))
    await source.started
    with pytest.raises(UpstreamBroken):
        await task
    assert source.calls == ["abort"]


async def test_each_piece_of_a_body_renews_the_time_for_the_answer(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    source = ByHand()
    task = asyncio.create_task(make_upstream(first_byte_timeout_s=2).send(upload(up, source)))
    sink = await source.started
    for _ in range(10):
        sink.write(b"x")
        await asyncio.sleep(0.25)
    sink.end()
    assert (await task).status == 200


async def test_a_body_that_stalls_is_timed_out(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    source = ByHand()
    task = asyncio.create_task(make_upstream(first_byte_timeout_s=0.05).send(upload(up, source)))
    await source.started
    with pytest.raises(UpstreamTimedOut):
        await task
    assert source.calls == ["abort"]
