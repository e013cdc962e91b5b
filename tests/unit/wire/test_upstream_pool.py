"""Connections kept, counted, and found dead."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Self

import pytest

from bodies import ByHand, read
from scripted import Answer, ScriptedUpstream
from torana.errors import UpstreamBroken, UpstreamTimedOut, UpstreamUnreachable
from torana.message import Call, Origin, Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.wire.upstream import Upstream
    from torana.wire.upstream_connection import UpstreamConnection

    MakeUpstream = Callable[..., Upstream]


def call(up: ScriptedUpstream, path: bytes = b"/") -> Call:
    return Call(up.origin, b"POST", path, [], b"{}")


def connections(up: ScriptedUpstream) -> list[int]:
    return [request.connection for request in up.requests]


async def test_a_connection_is_used_again(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    upstream = make_upstream()
    for _ in range(5):
        await read(await upstream.send(call(up)))
    assert connections(up) == [1] * 5


async def test_the_connection_used_last_is_used_next(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    up.script("/slow", Answer(delay_s=0.1))
    upstream = make_upstream()
    await asyncio.gather(upstream.send(call(up, b"/slow")), upstream.send(call(up)))
    assert upstream.idle_connections == 2
    for _ in range(3):
        await upstream.send(call(up))
    slow = next(request.connection for request in up.requests if request.path == "/slow")
    assert connections(up)[2:] == [slow] * 3


@pytest.mark.parametrize("answer", [Answer(close=True), Answer(version=b"HTTP/1.0"), Answer(framing="close")])
async def test_a_connection_that_is_not_to_be_kept_is_not(
    up: ScriptedUpstream, make_upstream: MakeUpstream, answer: Answer
) -> None:
    up.script("/", answer)
    upstream = make_upstream()
    for _ in range(2):
        await read(await upstream.send(call(up)))
        assert upstream.idle_connections == 0
    assert connections(up) == [1, 2]


async def test_a_call_on_a_connection_that_was_closed_meanwhile_succeeds(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    upstream = make_upstream()
    await upstream.send(call(up))
    up.close_connections()
    await asyncio.to_thread(up.wait_until, lambda: up.open == 0)
    await asyncio.sleep(0.02)
    assert upstream.open_connections == 0
    await upstream.send(call(up))
    assert connections(up) == [1, 2]


async def test_a_kept_connection_that_dies_under_a_call_is_replaced_once(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    up.script("/", Answer(), Answer(raw=b""), Answer(body=b"third"))
    upstream = make_upstream()
    await upstream.send(call(up))
    assert await read(await upstream.send(call(up))) == b"third"
    assert connections(up) == [1, 1, 2]


async def test_it_is_replaced_no_more_than_once(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    up.script("/", Answer(), Answer(raw=b""))
    upstream = make_upstream()
    await upstream.send(call(up))
    with pytest.raises(UpstreamBroken, match="before it answered"):
        await upstream.send(call(up))
    assert connections(up) == [1, 1, 2]


async def test_a_fresh_connection_that_dies_is_not_tried_again(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    up.script("/", Answer(raw=b""))
    with pytest.raises(UpstreamBroken):
        await make_upstream().send(call(up))
    assert connections(up) == [1]


@pytest.mark.parametrize("raw", [b"H", b"HTTP/1.1 100 Continue\r\n\r\n", b"nonsense\r\n\r\n"])
async def test_a_kept_connection_that_dies_within_its_answer_is_not_tried_again(
    up: ScriptedUpstream, make_upstream: MakeUpstream, raw: bytes
) -> None:
    up.script("/", Answer(), Answer(raw=raw))
    upstream = make_upstream()
    await upstream.send(call(up))
    with pytest.raises(UpstreamBroken):
        await upstream.send(call(up))
    assert connections(up) == [1, 1]


async def test_a_call_that_times_out_is_not_tried_again(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    up.script("/", Answer(), Answer(never=True))
    upstream = make_upstream(first_byte_timeout_s=0.05)
    await upstream.send(call(up))
    with pytest.raises(UpstreamTimedOut):
        await upstream.send(call(up))
    assert connections(up) == [1, 1]


async def test_an_idle_connection_that_speaks_is_discarded(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    whole = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
    up.script("/late", Answer(raw=whole + b"HTTP/1.1 408 Late\r\n\r\n", keep_raw=True))
    upstream = make_upstream()
    assert (await upstream.send(call(up, b"/late"))).status == 200
    assert upstream.open_connections == 0
    # A length that is kept, and bytes behind it.
    no_body = [(b"content-length", b"0")]
    up.script("/later", Answer(headers=no_body, chunks=[b"", whole], chunk_delay_s=0.03, framing="close"))
    assert (await upstream.send(call(up, b"/later"))).status == 200
    assert upstream.idle_connections == 1
    await asyncio.sleep(0.1)
    assert upstream.open_connections == 0


async def test_an_idle_connection_grows_old(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    upstream = make_upstream(idle_timeout_s=0.05)
    await upstream.send(call(up))
    assert upstream.idle_connections == 1
    await asyncio.sleep(0.15)
    assert (upstream.idle_connections, upstream.open_connections) == (0, 0)
    await asyncio.to_thread(up.wait_until, lambda: up.open == 0)


async def test_no_more_connections_than_allowed_and_first_come_first_served(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    up.script(lambda _: True, Answer(delay_s=0.01))
    upstream = make_upstream(connections=2)
    order: list[int] = []

    async def one(number: int) -> None:
        await upstream.send(call(up, b"/%d" % number))
        order.append(number)

    await asyncio.gather(*(one(number) for number in range(12)))
    assert up.accepted == 2
    assert [number // 2 for number in order] == [number // 2 for number in range(12)]


async def test_a_place_that_becomes_free_without_a_connection_is_given_on(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    up.script(lambda _: True, Answer(delay_s=0.01, close=True))
    upstream = make_upstream(connections=1)
    await asyncio.gather(*(upstream.send(call(up)) for _ in range(4)))
    assert connections(up) == [1, 2, 3, 4]


async def test_waiting_for_a_place_has_the_time_of_connecting(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    up.script("/", Answer(delay_s=0.6))
    upstream = make_upstream(connections=1, connect_timeout_s=0.2)
    first = asyncio.create_task(upstream.send(call(up)))
    await asyncio.to_thread(up.wait_until, lambda: bool(up.requests))
    with pytest.raises(UpstreamTimedOut, match=rf"no connection to `127.0.0.1:{up.port}` within 0\.2 s"):
        await upstream.send(call(up))
    assert (await first).status == 200


async def test_one_who_leaves_the_queue_leaves_the_place_to_the_next(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    up.script("/", Answer(delay_s=0.05))
    upstream = make_upstream(connections=1)
    tasks = [asyncio.create_task(upstream.send(call(up))) for _ in range(4)]
    await asyncio.sleep(0.02)
    tasks[1].cancel()
    tasks[3].cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(one) for one in done] == [Reply, asyncio.CancelledError, Reply, asyncio.CancelledError]
    assert upstream.idle_connections == 1


class Queue:
    """One call under way at a limit of one, and two that wait for its place."""

    def __init__(self, up: ScriptedUpstream, upstream: Upstream) -> None:
        up.script("/", Answer(never=True), Answer())
        self._up = up
        self._upstream = upstream

    async def __aenter__(self) -> Self:
        def send() -> asyncio.Task[Reply]:
            return asyncio.create_task(self._upstream.send(call(self._up)))

        self.first = send()
        await asyncio.to_thread(self._up.wait_until, lambda: bool(self._up.requests))
        self.second, self.third = send(), send()
        await asyncio.sleep(0)
        (self.connection,) = self._upstream._pools[self._up.origin].open
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in (self.first, self.second, self.third):
            task.cancel()

    def answer_first(self) -> None:
        self.connection.data_received(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")

    def lose_first(self) -> None:
        self.connection.abort()


async def test_one_who_leaves_before_his_turn_is_passed_over(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    async with Queue(up, make_upstream(connections=1)) as queue:
        queue.second.cancel()
        queue.answer_first()
        queue.lose_first()
        assert (await queue.third).status == 200
        assert queue.second.cancelled()


async def test_one_who_leaves_just_as_he_gets_a_connection_passes_it_on(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    upstream = make_upstream(connections=1, first_byte_timeout_s=0.5)
    async with Queue(up, upstream) as queue:
        queue.answer_first()
        queue.second.cancel()
        with pytest.raises(UpstreamTimedOut):
            await queue.third  # the scripted side still holds its first answer back
        assert queue.second.cancelled()
    assert up.accepted == 1


async def test_one_who_leaves_just_as_he_gets_a_place_passes_it_on(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    async with Queue(up, make_upstream(connections=1)) as queue:
        queue.lose_first()
        queue.second.cancel()
        assert (await queue.third).status == 200
        assert queue.second.cancelled()


async def test_a_connection_lost_on_its_way_to_the_next_call_is_replaced(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    async with Queue(up, make_upstream(connections=1)) as queue:
        queue.answer_first()
        queue.lose_first()
        assert (await queue.second).status == 200
        assert (await queue.third).status == 200
    assert up.accepted == 2


async def test_a_connection_handed_to_a_streaming_call_gives_way_to_a_fresh_one(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    up.script("/", Answer(delay_s=0.03))
    upstream = make_upstream(connections=1)
    first = asyncio.create_task(upstream.send(call(up)))
    await asyncio.to_thread(up.wait_until, lambda: bool(up.requests))
    source = ByHand()
    task = asyncio.create_task(upstream.send(Call(up.origin, b"POST", b"/", [], source)))
    await first
    (await source.started).end()
    await task
    assert connections(up) == [1, 2]


async def test_a_connection_that_closes_as_it_is_made_is_unreachable(make_upstream: MakeUpstream) -> None:
    upstream = make_upstream()
    pool = upstream._open(Origin("h", 1, is_tls=False))

    async def dial(_: object, connection: UpstreamConnection) -> None:
        await upstream._dialer.dial(Origin("127.0.0.1", port, is_tls=False), connection)
        connection.eof_received()

    pool._dial = dial
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(UpstreamUnreachable, match="closed the connection as soon as it was made"):
            await upstream.send(Call(pool.origin, b"GET", b"/", []))
    assert pool.is_unused


async def test_a_streaming_body_at_the_limit_takes_the_place_of_an_idle_connection(
    up: ScriptedUpstream, make_upstream: MakeUpstream
) -> None:
    upstream = make_upstream(connections=1)
    await upstream.send(call(up))
    source = ByHand()
    task = asyncio.create_task(upstream.send(Call(up.origin, b"POST", b"/", [], source)))
    (await source.started).end()
    await task
    assert connections(up) == [1, 2]
    assert upstream.open_connections == 1


async def test_origins_have_pools_of_their_own(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    upstream = make_upstream()
    with ScriptedUpstream() as other:
        await upstream.send(call(up))
        await upstream.send(call(other))
        assert upstream.idle_connections == 2


async def test_pools_without_a_connection_do_not_pile_up(up: ScriptedUpstream, make_upstream: MakeUpstream) -> None:
    upstream = make_upstream()
    await upstream.send(call(up))
    for number in range(1100):
        upstream._open(Origin(f"h{number}", 1))
    assert len(upstream._pools) <= 1024
    assert up.origin in upstream._pools


async def test_a_refused_connection_is_unreachable(make_upstream: MakeUpstream) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    upstream = make_upstream()
    with pytest.raises(UpstreamUnreachable, match=f"no connection to `127.0.0.1:{port}`: Connection refused"):
        await upstream.send(Call(Origin("127.0.0.1", port, is_tls=False), b"GET", b"/", []))
    assert upstream.open_connections == 0


async def test_an_upstream_that_accepts_nothing_is_timed_out(make_upstream: MakeUpstream) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        fillers = [socket.socket() for _ in range(3)]
        for filler in fillers:
            filler.settimeout(0)
            filler.connect_ex(("127.0.0.1", port))
        upstream = make_upstream(connect_timeout_s=0.1)
        with pytest.raises(UpstreamTimedOut, match=rf"no connection to `127.0.0.1:{port}` within 0\.1 s"):
            await upstream.send(Call(Origin("127.0.0.1", port, is_tls=False), b"GET", b"/", []))
        for filler in fillers:
            filler.close()
