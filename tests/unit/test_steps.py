"""The universal endpoint and `compat` on their way, with a scripted upstream and a journal in memory."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from fakes import ACCOUNT, JSON_TYPE, PREFIX, Answers, Pieces, Records, Taken, flow, request
from torana.errors import BodyTooLarge, UpstreamTimedOut, UpstreamUnreachable
from torana.exchange import Exchange, Memo, Usage
from torana.exchange import Gateway as Compiled
from torana.message import Call, Headers, Reply

UNIVERSAL = f"/v1/{ACCOUNT}/default"
KEY = "sk-step-0123456789"
USED = b'{"usage": {"prompt_tokens": 9, "completion_tokens": 3}}'


def step(provider: str, **more: object) -> dict[str, object]:
    headers = {"Authorization": f"Bearer {KEY}"}
    return {"provider": provider, "endpoint": "chat/completions", "headers": headers, "query": {"model": "m"}} | more


def body(*steps: dict[str, object]) -> bytes:
    return msgspec.json.encode(list(steps))


def by_host(**answers: Reply | Exception) -> Answers:
    """Answers by a word in the host's name; each is made anew, as replies are changed on their way."""

    def answer(call: Call) -> Reply:
        given = next(value for word, value in answers.items() if word in call.origin.host)
        if isinstance(given, Exception):
            raise given
        return Reply(given.status, list(given.headers), given.body)

    return Answers(answer)


async def test_the_first_step_that_answers_wins_and_each_has_its_row() -> None:
    records = Records()
    upstream = by_host(
        openai=Reply(500, [JSON_TYPE], b'{"error": "down"}'),
        groq=UpstreamUnreachable("refused"),
        x=Reply(200, [], USED),
    )
    sent = body(step("openai"), step("groq"), step("grok"), step("mistral"))
    reply = await flow(records, upstream).handle(request(UNIVERSAL, sent))
    assert (reply.status, reply.body) == (200, USED)
    first, second, third = records.rows
    assert [(r.provider, r.step, r.status) for r in records.rows] == [
        ("openai", 0, 500),
        ("groq", 1, 502),
        ("grok", 2, 200),
    ]
    assert (first.response_body, second.error, third.usage) == (b'{"error": "down"}', "refused", Usage(9, 3))
    assert len({r.id for r in records.rows}) == 3
    said = dict(reply.headers)
    assert (said[b"cf-aig-step"], said[b"cf-aig-log-id"]) == (b"2", third.id.encode())
    assert said[b"cf-aig-request-id"] == said[b"cf-aig-event-id"] == first.id.encode()
    assert {r.event_id for r in records.rows} == {first.id}
    assert {r.request_type for r in records.rows} == {"Universal"}
    assert {r.request_body for r in records.rows} == {b'{"model":"m"}'}


async def test_one_step_is_an_exchange_like_any_other() -> None:
    records = Records()
    reply = await flow(records, by_host(openai=Reply(200, [], USED))).handle(
        request(UNIVERSAL + "/", msgspec.json.encode(step("openai")))
    )
    (row,) = records.rows
    said = dict(reply.headers)
    assert said[b"cf-aig-request-id"] == said[b"cf-aig-event-id"] == said[b"cf-aig-log-id"] == row.id.encode()
    assert (said[b"cf-aig-step"], row.event_id) == (b"0", "")


async def test_a_callers_event_id_is_that_of_every_step() -> None:
    records = Records()
    headers: Headers = [JSON_TYPE, (b"cf-aig-event-id", b"mine")]
    upstream = by_host(openai=Reply(404, [], b""), groq=Reply(200, [], b""))
    reply = await flow(records, upstream).handle(request(UNIVERSAL, body(step("openai"), step("groq")), headers))
    assert dict(reply.headers)[b"cf-aig-event-id"] == b"mine"
    assert [r.event_id for r in records.rows] == ["mine", "mine"]


@pytest.mark.parametrize(
    ("last", "status"), [(Reply(429, [(b"retry-after", b"7")], b"last"), 429), (UpstreamTimedOut("late"), 504)]
)
async def test_where_all_fail_the_last_steps_outcome_is_the_answer(last: Reply | Exception, status: int) -> None:
    records = Records()
    upstream = by_host(openai=Reply(500, [], b"first"), groq=last)
    reply = await flow(records, upstream).handle(request(UNIVERSAL, body(step("openai"), step("groq"))))
    assert (reply.status, dict(reply.headers)[b"cf-aig-step"]) == (status, b"1")
    assert isinstance(reply.body, bytes)
    if status == 429:
        assert (reply.body, dict(reply.headers)[b"retry-after"]) == (b"last", b"7")
    else:
        assert msgspec.json.decode(reply.body)["internalCode"] == 2005


async def test_a_step_is_tried_as_often_as_it_says_before_the_next() -> None:
    records = Records()
    upstream = by_host(openai=Reply(503, [], b""), groq=Reply(200, [], b""))
    config = {"maxAttempts": 3, "retryDelay": 0, "requestTimeout": 700}
    await flow(records, upstream).handle(request(UNIVERSAL, body(step("openai", config=config), step("groq"))))
    assert [len(r.attempts) for r in records.rows] == [3, 1]
    assert [call.first_byte_timeout_s for call in upstream.calls] == [0.7, 0.7, 0.7, None]


async def test_the_answer_of_a_failed_step_is_read_for_the_log_and_not_waited_for() -> None:
    records, failing = Records(), Pieces([b"slow ", b"error"])
    upstream = by_host(openai=Reply(500, [], failing), groq=Reply(200, [], b"ok"))
    reply = await flow(records, upstream).handle(request(UNIVERSAL, body(step("openai"), step("groq"))))
    assert reply.body == b"ok"
    assert [r.response_body for r in records.rows] == [b"slow error", b"ok"]


async def test_a_stream_that_has_begun_is_the_answer() -> None:
    records, taken = Records(), Taken()
    broken = Pieces([b"data: 1\n\n"], error=UpstreamUnreachable("gone"))
    upstream = by_host(openai=Reply(200, [(b"content-type", b"text/event-stream")], broken), groq=Reply(200, [], b""))
    reply = await flow(records, upstream).handle(request(UNIVERSAL, body(step("openai"), step("groq"))))
    assert not isinstance(reply.body, bytes)
    reply.body.start(taken)
    assert (taken.data, len(upstream.calls)) == (b"data: 1\n\n", 1)
    assert [r.is_broken for r in records.rows] == [True]


async def test_what_a_policy_says_is_not_a_step_that_failed() -> None:
    records = Records()
    upstream = by_host(openai=Reply(200, [], b""))
    way = flow(records, upstream)
    seen: list[int] = []

    async def refuse(x: Exchange) -> Reply | None:
        seen.append(x.log.step)
        return Reply(429, [JSON_TYPE], b"too many")

    usual = way.directory.gateway(ACCOUNT.encode(), b"default")
    assert usual is not None
    way.directory.ready[f"{ACCOUNT}/default".encode()] = Compiled(
        ACCOUNT, "default", admit=(refuse,), settle=usual.settle
    )
    reply = await way.handle(request(UNIVERSAL, body(step("openai"), step("groq"))))
    assert (reply.status, seen, len(upstream.calls), len(records.rows)) == (429, [0], 0, 1)


async def test_a_bad_request_is_refused_before_any_step_and_its_keys_are_not_logged() -> None:
    records, upstream = Records(), by_host(openai=Reply(200, [], b""))
    sent = body(step("openai"), step("nobody"))
    reply = await flow(records, upstream).handle(request(UNIVERSAL, sent))
    assert isinstance(reply.body, bytes)
    told = msgspec.json.decode(reply.body)
    assert (reply.status, told["internalCode"]) == (400, 2008)
    assert "step 1" in told["message"]
    assert upstream.calls == []
    (row,) = records.rows
    assert (row.provider, row.status, row.request_size, row.request_type) == ("universal", 400, len(sent), "Universal")
    assert KEY.encode() not in msgspec.msgpack.encode(records.rows)


async def test_a_client_that_leaves_ends_the_steps() -> None:
    class Never:
        calls = 0

        async def send(self, call: Call) -> Reply:
            self.calls += 1
            await asyncio.Event().wait()
            raise AssertionError

    records, upstream = Records(), Never()
    way = flow(records, upstream)  # type: ignore[arg-type]  # a Sender
    waiting = asyncio.ensure_future(way.handle(request(UNIVERSAL, body(step("openai"), step("groq")))))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert (upstream.calls, [(r.step, r.status, r.cancelled) for r in records.rows]) == (1, [(0, 499, True)])


async def test_a_body_that_is_too_long_is_refused_by_the_wire_as_everywhere() -> None:
    records = Records()
    reply = flow(records, by_host()).refuse(BodyTooLarge("too long"), request(UNIVERSAL))
    assert (reply.status, [(r.provider, r.status) for r in records.rows]) == (413, [("universal", 413)])


async def test_compat_is_logged_as_the_providers_own_call() -> None:
    records, memo = Records(), Memo()
    upstream = by_host(groq=Reply(200, [JSON_TYPE], USED))
    way = flow(records, upstream)
    for _ in range(2):
        sent = request(PREFIX + "compat/chat/completions", b'{"model": "groq/llama-3.1-8b-instant", "x": 1}')
        sent.memo = memo
        reply = await way.handle(sent)
        assert (reply.status, reply.body) == (200, USED)
    first, second = upstream.calls
    assert first.body == b'{"model":"llama-3.1-8b-instant","x":1}'
    assert first.rendered is second.rendered is not None
    assert memo.opening is not None
    assert memo.opening.form == "compat"
    for row in records.rows:
        assert (row.provider, row.model, row.path, row.format) == (
            "groq",
            "llama-3.1-8b-instant",
            "chat/completions",
            "openai_chat",
        )
        assert (row.usage, row.request_type) == (Usage(9, 3), "Compat")


@pytest.mark.parametrize(
    ("sent", "code"), [(b'{"model": "gpt-4o"}', 2019), (b"{", 2019), (b'{"model": "nobody/m"}', 2008)]
)
async def test_what_compat_cannot_send_on_is_told_and_logged(sent: bytes, code: int) -> None:
    records = Records()
    reply = await flow(records, by_host()).handle(request(PREFIX + "compat/chat/completions", sent))
    assert isinstance(reply.body, bytes)
    assert (reply.status, msgspec.json.decode(reply.body)["internalCode"]) == (400, code)
    assert [(r.provider, r.status, r.request_body) for r in records.rows] == [("compat", 400, sent)]


async def test_models_that_have_a_price_are_listed() -> None:
    records = Records()
    asked = request(PREFIX + "compat/models", b"", [JSON_TYPE], b"GET")
    reply = await flow(records, by_host()).handle(asked)
    assert isinstance(reply.body, bytes)
    listed = {model["id"] for model in msgspec.json.decode(reply.body)["data"]}
    assert {"openai/gpt-4o", "anthropic/claude-haiku-4-5", "groq/llama-3.1-8b-instant"} <= listed
    assert [(r.provider, r.path, r.status, r.attempts) for r in records.rows] == [("compat", "models", 200, [])]
