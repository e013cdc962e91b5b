"""Answers over real sockets: heads, framing, order, and breaks that a client can see."""

from __future__ import annotations

import asyncio

import pytest

from serving import GET, Scripted, echo, giving, post, serving, undated
from torana.exchange import Request
from torana.message import Reply
from torana.wire.server import ServerLimits

JSON = (b"content-type", b"application/json")


# Answers


async def test_a_connection_is_kept_for_the_next_request() -> None:
    async with serving(echo) as service, service.client() as client:
        for body in (b"one", b"two"):
            client.send(post(body))
            assert await client.answer() == (200, body)
        assert service.server.connections == 1
        assert service.server.requests == 2
        assert service.server.in_flight == 0


async def test_an_answer_is_its_head_in_order_then_our_fields_then_the_body() -> None:
    async def handle(_request: Request) -> Reply:
        return Reply(200, [JSON, (b"x-a", b"1"), (b"x-a", b"2")], b"{}", reason=b"Fine")

    async with serving(handle) as service, service.client() as client:
        client.send(b"GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert undated(await client.rest()) == (
            b"HTTP/1.1 200 Fine\r\ncontent-type: application/json\r\nx-a: 1\r\nx-a: 2\r\n"
            b"connection: close\r\ncontent-length: 2\r\n\r\n{}"
        )


async def test_a_date_of_the_reply_is_left_alone() -> None:
    async def handle(_request: Request) -> Reply:
        return Reply(529, [(b"date", b"Thu, 01 Jan 1970 00:00:00 GMT")])

    async with serving(handle) as service, service.client() as client:
        client.send(GET)
        assert await client.head() == (
            b"HTTP/1.1 529 \r\ndate: Thu, 01 Jan 1970 00:00:00 GMT\r\ncontent-length: 0\r\n\r\n"
        )


@pytest.mark.parametrize("status", [204, 304])
async def test_an_answer_that_has_no_body_says_no_length(status: int) -> None:
    source = Scripted(b"never")

    async def handle(request: Request) -> Reply:
        return Reply(status, [], source if request.target == b"/source" else b"never")

    async with serving(handle) as service, service.client() as client:
        client.send(GET + b"GET /source HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        answers = await client.rest()
    assert b"never" not in answers
    assert b"content-length" not in answers
    assert b"transfer-encoding" not in answers
    assert source.calls == ["abort"]


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(200, [], b"four"), b"content-length: 4\r\n"),
        (Reply(200, [], b"", 17), b"content-length: 17\r\n"),
        (Reply(200, [], b""), b""),
        (Reply(200, [], Scripted(b"never")), b""),
    ],
)
async def test_an_answer_to_head_says_the_length_that_is_known(reply: Reply, said: bytes) -> None:
    async def handle(_request: Request) -> Reply:
        return reply

    async with serving(handle) as service, service.client() as client:
        client.send(b"HEAD /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert undated(await client.rest()) == b"HTTP/1.1 200 OK\r\nconnection: close\r\n" + said + b"\r\n"


async def test_a_stream_of_unknown_length_is_chunked() -> None:
    source = Scripted(b"data: 1\n\n", b"", b"x" * 20_000)
    async with serving(giving(source)) as service, service.client() as client:
        client.send(GET + b"GET /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        one = b"9\r\ndata: 1\n\n\r\n4e20\r\n" + b"x" * 20_000 + b"\r\n0\r\n\r\n"
        head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
        last = head.replace(b"OK\r\n", b"OK\r\nconnection: close\r\n")
        assert undated(await client.rest()) == head + one + last + one


async def test_a_stream_of_known_length_is_not_chunked() -> None:
    async with serving(giving(Scripted(b"abc", b"de"), 5)) as service, service.client() as client:
        client.send(GET)
        assert undated(await client.head()) == b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"
        assert await client.exactly(5) == b"abcde"
        client.send(GET)
        await client.head()


async def test_a_stream_to_http_1_0_ends_with_the_connection() -> None:
    async with serving(giving(Scripted(b"abc", b"de"))) as service, service.client() as client:
        client.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        assert undated(await client.rest()) == b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nabcde"


async def test_an_http_1_0_client_that_asks_for_it_keeps_its_connection() -> None:
    async with serving(echo) as service, service.client() as client:
        for _ in range(2):
            client.send(b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")
            assert b"\r\nconnection: keep-alive\r\n" in await client.head()
        client.send(b"GET / HTTP/1.0\r\n\r\n")
        assert b"\r\nconnection: close\r\n" in await client.rest()


async def test_pipelined_requests_are_answered_in_order_one_at_a_time() -> None:
    running: list[bytes] = []

    async def handle(request: Request) -> Reply:
        running.append(request.target)
        assert len(running) == 1
        await asyncio.sleep(0.02 if request.target == b"/0" else 0)
        running.remove(request.target)
        return Reply(200, [], request.target)

    async with serving(handle) as service, service.client() as client:
        client.send(b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % i for i in range(50)))
        assert [await client.answer() for _ in range(50)] == [(200, b"/%d" % i) for i in range(50)]


async def test_what_is_sent_ahead_of_an_answer_is_bounded() -> None:
    free = asyncio.Event()

    async def handle(_request: Request) -> Reply:
        await free.wait()
        return Reply(200, [], b"")

    limits = ServerLimits(pipeline_bytes=1000)
    async with serving(handle, limits) as service, service.client() as client:
        count = 400_000
        client.send(GET * count)
        await service.until(lambda: service.server.in_flight == 1)
        await asyncio.sleep(0.05)
        # The kernel's buffers are full: the rest stays with the client.
        assert client.writer.transport.get_write_buffer_size() > 1 << 20
        free.set()
        await client.head()


async def test_a_field_that_would_split_the_head_is_not_sent(caplog: pytest.LogCaptureFixture) -> None:
    source = Scripted(b"never")

    async def handle(_request: Request) -> Reply:
        return Reply(200, [(b"x", b"a\r\nset-cookie: b")], source)

    async with serving(handle) as service, service.client() as client:
        client.send(GET)
        answer = await client.rest()
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b"set-cookie" not in answer
    assert source.calls == ["abort"]
    assert "could not be sent" in caplog.text


async def test_a_handler_that_fails_is_told_as_an_internal_error(caplog: pytest.LogCaptureFixture) -> None:
    async def handle(_request: Request) -> Reply:
        raise ZeroDivisionError

    async with serving(handle) as service, service.client() as client:
        client.send(b"GET /a HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer s3cret\r\n\r\n")
        assert await client.answer() == (500, b"no\n")
        client.send(GET)
        assert await client.answer() == (500, b"no\n")
    assert [r.name for r in caplog.records] == ["torana.wire", "torana.wire"]
    assert "ZeroDivisionError" in caplog.text
    assert "s3cret" not in caplog.text


async def test_a_refusal_that_fails_itself_is_still_an_answer(caplog: pytest.LogCaptureFixture) -> None:
    async with serving(echo) as service, service.client() as client:
        service.server._shared._refuse = lambda _error, _request: Reply(1 // 0, [])
        client.send(b"GET / HTTP/1.1\r\n\r\n")
        assert (await client.rest()).startswith(b"HTTP/1.1 400 ")
    assert "could not be rendered" in caplog.text


# Broken answers


async def test_a_cut_stream_has_no_last_chunk() -> None:
    source = Scripted(b"half", error=RuntimeError("upstream left"))
    async with serving(giving(source)) as service, service.client() as client:
        client.send(GET)
        assert (await client.rest()).endswith(b"\r\n\r\n4\r\nhalf\r\n")
        assert service.server.in_flight == 0


async def test_a_cut_stream_to_http_1_0_is_reset() -> None:
    source = Scripted(b"half", at_once=False)
    async with serving(giving(source)) as service, service.client() as client:
        client.send(b"GET / HTTP/1.0\r\n\r\n")
        await client.head()
        source.error = RuntimeError("upstream left")
        source.over()
        with pytest.raises(ConnectionResetError):
            await client.rest()


@pytest.mark.parametrize("chunks", [(b"ab",), (b"ab", b"cdef")])
async def test_an_answer_that_is_not_as_long_as_it_said_is_cut(
    chunks: tuple[bytes, ...], caplog: pytest.LogCaptureFixture
) -> None:
    source = Scripted(*chunks)
    async with serving(giving(source, 5)) as service, service.client() as client:
        client.send(GET)
        assert (await client.rest()).endswith(b"\r\n\r\nab")
    assert "than it said" in caplog.text
    assert source.calls == (["start"] if len(chunks) == 1 else ["start", "abort"])
