"""The way of one exchange, with a scripted upstream and a journal in memory."""

from __future__ import annotations

import asyncio
import gzip

import msgspec
import pytest

from fakes import ACCOUNT, JSON_TYPE, PREFIX, Answers, Pieces, Records, Taken, directory, flow, request
from torana.errors import BodyTooLarge, UpstreamTimedOut, UpstreamUnreachable
from torana.exchange import Admit, Exchange, Gateway, Memo, Request, Usage
from torana.message import Call, Headers, Reply
from torana.snapshot import GatewayConfig

CHAT = b'{"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}'
ANSWER = (
    b'{"id": "c1", "object": "chat.completion", "model": "gpt-4o-mini", "choices": [{"index": 0, "message": '
    b'{"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}], '
    b'"usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}}'
)
EVENTS = [
    b'data: {"id": "c1", "choices": [{"index": 0, "delta": {"content": "Hel"}}]}\n\n',
    b": OPENROUTER PROCESSING\n\n",
    b'data: {"id": "c1", "choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2}}\n\n',
    b"data: [DONE]\n\n",
]
KEY: Headers = [JSON_TYPE, (b"authorization", b"Bearer sk-very-secret-1234")]


def whole(call: Call) -> Reply:
    return Reply(200, [JSON_TYPE, (b"x-request-id", b"r1")], ANSWER)


def streamed(call: Call) -> Reply:
    return Reply(200, [(b"content-type", b"text/event-stream")], Pieces(EVENTS))


async def test_a_whole_answer_passes_untouched_and_is_logged_with_its_usage() -> None:
    records, upstream = Records(), Answers(whole)
    reply = await flow(records, upstream).handle(request(PREFIX + "openai/chat/completions", CHAT, KEY))
    assert (reply.status, reply.body) == (200, ANSWER)
    call = upstream.calls[0]
    assert (call.method, call.target, call.body, call.headers) == (b"POST", b"/v1/chat/completions", CHAT, KEY)
    assert call.origin.host == "api.openai.com"
    (row,) = records.rows
    assert (row.provider, row.model, row.path, row.status) == ("openai", "gpt-4o-mini", "chat/completions", 200)
    assert row.usage == Usage(tokens_in=9, tokens_out=3)
    assert dict(reply.headers)[b"cf-aig-log-id"] == row.id.encode()
    assert (row.request_body, row.response_body) == (CHAT, ANSWER)
    assert row.duration_us >= row.first_byte_us > 0
    assert [a.status for a in row.attempts] == [200]


async def test_a_streamed_answer_passes_event_by_event_and_is_logged_at_its_end() -> None:
    records, taken = Records(), Taken()
    asked = request(PREFIX + "openrouter/v1/chat/completions", CHAT[:-1] + b', "stream": true}', KEY)
    reply = await flow(records, Answers(streamed)).handle(asked)
    assert not isinstance(reply.body, bytes)
    assert records.rows == []
    reply.body.start(taken)
    assert taken.data == b"".join(EVENTS)
    (row,) = records.rows
    assert row.is_stream
    assert row.usage == Usage(tokens_in=9, tokens_out=2)
    assert row.response_body == b"".join(EVENTS)


@pytest.mark.parametrize("is_stream", [False, True])
async def test_credentials_are_in_no_record_even_where_the_upstream_echoes_them(is_stream: bool) -> None:  # noqa: FBT001
    secrets = [b"sk-very-secret-1234", b"AIza-in-the-query", b"gateway-token-99"]

    def echo(call: Call) -> Reply:
        text = b"data: " + b" ".join(value for _, value in call.headers) + call.target + b"\n\n"
        headers: Headers = [(b"content-type", b"text/event-stream"), (b"x-echo", text.strip())]
        return Reply(200, headers, Pieces([text[:30], text[30:]]) if is_stream else text)

    records = Records()
    headers = [*KEY, (b"cf-aig-authorization", b"Bearer gateway-token-99"), (b"cookie", b"session=abcdefghij")]
    asked = request(PREFIX + "google-ai-studio/v1beta/models/m:x?key=AIza-in-the-query", CHAT + secrets[0], headers)
    reply = await flow(records, Answers(echo)).handle(asked)
    if not isinstance(reply.body, bytes):
        reply.body.start(Taken())
    stored = msgspec.msgpack.encode(records.rows)
    for secret in (*secrets, b"abcdefghij"):
        assert secret not in stored
    assert b"***" in records.rows[0].response_body


async def test_a_compressed_answer_passes_as_it_is_and_is_logged_decoded() -> None:
    packed = gzip.compress(ANSWER)
    records = Records()
    upstream = Answers(lambda _: Reply(200, [JSON_TYPE, (b"content-encoding", b"gzip")], packed))
    reply = await flow(records, upstream).handle(request(PREFIX + "openai/chat/completions", CHAT))
    assert reply.body == packed
    assert records.rows[0].response_body == ANSWER
    assert records.rows[0].usage == Usage(tokens_in=9, tokens_out=3)


async def test_a_whole_answer_that_came_in_pieces_is_read_at_its_end() -> None:
    records = Records()
    upstream = Answers(lambda _: Reply(200, [JSON_TYPE], Pieces([ANSWER[:50], ANSWER[50:]]), length=len(ANSWER)))
    reply = await flow(records, upstream).handle(request(PREFIX + "openai/chat/completions", CHAT))
    assert not isinstance(reply.body, bytes)
    reply.body.start(Taken())
    assert records.rows[0].usage == Usage(tokens_in=9, tokens_out=3)
    assert not records.rows[0].is_stream


async def test_an_upstreams_error_passes_unchanged_and_consumes_nothing() -> None:
    records = Records()
    body = b'{"error": {"message": "Rate limit reached"}, "usage": {"prompt_tokens": 5}}'
    upstream = Answers(lambda _: Reply(429, [JSON_TYPE, (b"retry-after", b"3")], body))
    reply = await flow(records, upstream).handle(request(PREFIX + "openai/chat/completions", CHAT))
    assert (reply.status, reply.body) == (429, body)
    assert (b"retry-after", b"3") in reply.headers
    assert records.rows[0].status == 429
    assert records.rows[0].usage is None


@pytest.mark.parametrize(
    ("error", "status"), [(UpstreamUnreachable("refused"), 502), (UpstreamTimedOut("too slow"), 504)]
)
async def test_an_upstream_that_does_not_answer_is_an_error_of_the_gateway(error: Exception, status: int) -> None:
    def fail(call: Call) -> Reply:
        raise error

    records = Records()
    reply = await flow(records, Answers(fail)).handle(request(PREFIX + "openai/chat/completions", CHAT))
    assert isinstance(reply.body, bytes)
    assert reply.status == status
    assert msgspec.json.decode(reply.body)["internalCode"] == 2005
    assert records.rows[0].attempts[0].error == str(error)
    assert records.rows[0].error == str(error)


async def test_a_client_that_leaves_before_the_answer_is_logged_as_cancelled() -> None:
    class Never:
        async def send(self, call: Call) -> Reply:
            await asyncio.Event().wait()
            raise AssertionError

    records = Records()
    waiting = asyncio.create_task(
        flow(records, Never()).handle(request(PREFIX + "openai/chat/completions", CHAT))  # type: ignore[arg-type]  # a Sender
    )
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert [(r.status, r.cancelled) for r in records.rows] == [(499, True)]


async def test_a_bug_is_an_error_of_ours_without_its_traceback() -> None:
    def broken(call: Call) -> Reply:
        raise ZeroDivisionError("secret detail")

    records = Records()
    reply = await flow(records, Answers(broken)).handle(request(PREFIX + "openai/chat/completions", CHAT))
    assert reply.status == 500
    assert isinstance(reply.body, bytes)
    assert b"secret detail" not in reply.body
    assert records.rows[0].status == 500


@pytest.mark.parametrize(
    ("path", "status", "code", "rows"),
    [
        ("/v1/ffffffffffffffffffffffffffffffff/default/openai/x", 400, 2001, 0),
        (f"/v1/{ACCOUNT}/nobody/openai/chat/completions", 400, 2001, 1),
        (f"/v1/{ACCOUNT}/default/nobody/chat/completions", 400, 2008, 1),
        (f"/v1/{ACCOUNT}/default", 400, 2008, 1),
        ("/v1/", 400, 2001, 0),
    ],
)
async def test_what_cannot_be_found_is_told_and_logged_where_the_account_is_known(
    path: str, status: int, code: int, rows: int
) -> None:
    records = Records()
    reply = await flow(records, Answers(whole)).handle(request(path, CHAT))
    assert isinstance(reply.body, bytes)
    assert (reply.status, msgspec.json.decode(reply.body)["internalCode"]) == (status, code)
    assert len(records.rows) == rows


def test_what_the_wire_refuses_is_logged_where_the_account_is_known() -> None:
    records = Records()
    made = flow(records, Answers(whole))
    reply = made.refuse(BodyTooLarge("too large"), request(PREFIX + "openai/chat/completions"))
    assert reply.status == 413
    assert [(r.status, r.provider, r.error) for r in records.rows] == [(413, "openai", "too large")]
    assert made.refuse(BodyTooLarge("too large"), None).status == 413
    assert len(records.rows) == 1


async def test_a_gateway_that_keeps_no_logs_keeps_one_that_is_asked_for() -> None:
    records = Records()
    made = flow(records, Answers(whole), GatewayConfig(ACCOUNT, "default", collect_logs=False))
    reply = await made.handle(request(PREFIX + "openai/chat/completions", CHAT))
    assert b"cf-aig-log-id" not in dict(reply.headers)
    assert records.rows == []
    wish: Headers = [JSON_TYPE, (b"cf-aig-collect-log", b"true"), (b"cf-aig-collect-log-payload", b"false")]
    await made.handle(request(PREFIX + "openai/chat/completions", CHAT, wish))
    assert [(r.request_body, r.has_bodies) for r in records.rows] == [(b"", False)]


async def test_a_body_over_the_payload_limit_is_logged_in_part() -> None:
    records = Records()
    await flow(records, Answers(whole), payload_bytes=20).handle(request(PREFIX + "openai/chat/completions", CHAT))
    (row,) = records.rows
    assert row.request_body == CHAT[:20]
    assert row.response_body == ANSWER[:20]
    assert row.is_truncated
    assert row.response_size == len(ANSWER)
    assert row.usage == Usage(tokens_in=9, tokens_out=3)


# --- what a repeated head saves ---------------------------------------------------------------------------------------


def repeated(memo: Memo, body: bytes = CHAT, path: str = "openai/chat/completions") -> Request:
    """One of a connection's requests whose heads are the same."""
    asked = request(PREFIX + path, body, KEY)
    asked.memo = memo
    return asked


async def test_a_head_that_comes_again_is_not_read_again_and_leads_to_the_same() -> None:
    records, upstream, memo = Records(), Answers(whole), Memo()
    way = flow(records, upstream)
    for number in range(3):
        body = CHAT[:-1] + b', "n": %d}' % number
        reply = await way.handle(repeated(memo, body))
        assert reply.status == 200
    first, second, third = upstream.calls
    assert first.headers is second.headers is third.headers
    assert first.rendered is second.rendered is third.rendered is not None
    assert [row.request_body for row in records.rows] == [call.body for call in upstream.calls]
    assert len({row.id for row in records.rows}) == 3
    assert {(row.provider, row.path, row.model) for row in records.rows} == {
        ("openai", "chat/completions", "gpt-4o-mini")
    }


async def test_a_new_configuration_reads_a_known_head_anew() -> None:
    records, memo = Records(), Memo()
    way = flow(records, Answers(whole))
    await way.handle(repeated(memo))
    way.directory = directory(records, GatewayConfig(ACCOUNT, "default", collect_logs=False))
    reply = await way.handle(repeated(memo))
    assert b"cf-aig-log-id" not in dict(reply.headers)
    way.directory = directory(records, GatewayConfig(ACCOUNT, "other"))
    assert (await way.handle(repeated(memo))).status == 400
    assert [row.status for row in records.rows] == [200, 400]


async def test_a_refused_head_is_not_remembered() -> None:
    records, memo = Records(), Memo()
    way = flow(records, Answers(whole))
    for _ in range(2):
        reply = await way.handle(repeated(memo, path="nobody/chat/completions"))
        assert reply.status == 400
    assert memo.opening is None
    assert len(records.rows) == 2


async def test_what_is_refused_is_logged_with_the_body_that_was_sent() -> None:
    records = Records()
    way = flow(records, Answers(whole), payload_bytes=10)
    await way.handle(request(PREFIX + "nobody/chat/completions", CHAT, KEY))
    way.refuse(BodyTooLarge("too long"), request(PREFIX + "openai/chat/completions", CHAT, KEY))
    assert [(row.request_size, row.request_body) for row in records.rows] == [(len(CHAT), CHAT[:10])] * 2


@pytest.mark.parametrize("waits", [False, True])
async def test_what_a_policy_says_at_once_goes_the_way_of_what_it_says_later(*, waits: bool) -> None:
    records, upstream, seen = Records(), Answers(whole), list[str]()
    way = flow(records, upstream)

    async def later(x: Exchange) -> Reply | None:
        return say(x)

    def say(x: Exchange) -> Reply | None:
        seen.append(x.log.id)
        if x.request.body == b"refuse":
            raise BodyTooLarge("too long")
        if x.request.body == b"fail":
            raise RuntimeError("a bug")
        return Reply(201, [JSON_TYPE], b"{}") if x.request.body == b"answer" else None

    usual = way.directory.gateway(ACCOUNT.encode(), b"default")
    assert usual is not None
    admit: tuple[Admit, ...] = (later, say) if waits else (say, say)
    way.directory.ready[f"{ACCOUNT}/default".encode()] = Gateway(ACCOUNT, "default", admit=admit, settle=usual.settle)
    sent = [b"answer", b"refuse", b"fail", CHAT]
    replies = [await way.handle(request(PREFIX + "openai/chat/completions", body, KEY)) for body in sent]
    assert [reply.status for reply in replies] == [201, 413, 500, 200]
    assert [row.status for row in records.rows] == [201, 413, 500, 200]
    assert [row.error for row in records.rows] == ["", "too long", "internal error", ""]
    assert [row.id for row in records.rows] == list(dict.fromkeys(seen))
    assert (len(seen), len(upstream.calls)) == (5, 1)
