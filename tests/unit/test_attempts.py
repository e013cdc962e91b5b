"""Attempts of one exchange, with a scripted upstream and waits of no length."""

from __future__ import annotations

import asyncio

import pytest

from fakes import ACCOUNT, JSON_TYPE, PREFIX, Answers, Pieces, Records, flow, request
from torana.errors import UpstreamTimedOut, UpstreamUnreachable
from torana.message import Call, Headers, Reply
from torana.snapshot import GatewayConfig

CHAT = b'{"model": "gpt-4o-mini", "messages": []}'
PATH = PREFIX + "openai/chat/completions"
THRICE: Headers = [JSON_TYPE, (b"cf-aig-max-attempts", b"3"), (b"cf-aig-retry-delay", b"0")]


def scripted(*given: Reply | Exception) -> Answers:
    left = list(given)

    def answer(_: Call) -> Reply:
        following = left.pop(0)
        if isinstance(following, Exception):
            raise following
        return following

    return Answers(answer)


async def test_a_failure_that_passes_is_not_seen_by_the_client_and_stands_in_the_log() -> None:
    records = Records()
    upstream = scripted(Reply(503, [], b"busy"), UpstreamUnreachable("refused"), Reply(200, [JSON_TYPE], b"{}"))
    reply = await flow(records, upstream).handle(request(PATH, CHAT, THRICE))
    assert (reply.status, reply.body) == (200, b"{}")
    assert [call.body for call in upstream.calls] == [CHAT] * 3
    (row,) = records.rows
    assert [(a.status, a.error) for a in row.attempts] == [(503, ""), (0, "refused"), (200, "")]
    assert all(a.ended_s is not None and a.ended_s >= a.started_s for a in row.attempts)
    assert (row.status, row.error, row.response_body) == (200, "", b"{}")


async def test_without_retries_there_is_one_attempt() -> None:
    upstream = scripted(Reply(503, [], b"busy"))
    reply = await flow(Records(), upstream).handle(request(PATH, CHAT))
    assert (reply.status, len(upstream.calls)) == (503, 1)
    assert upstream.calls[0].first_byte_timeout_s is None


@pytest.mark.parametrize(
    ("last", "status", "body"), [(Reply(500, [], b"still"), 500, b"still"), (UpstreamTimedOut("late"), 504, None)]
)
async def test_what_the_last_attempt_gave_is_the_answer(
    last: Reply | Exception, status: int, body: bytes | None
) -> None:
    records = Records()
    upstream = scripted(UpstreamUnreachable("refused"), Reply(502, [], b""), last)
    reply = await flow(records, upstream).handle(request(PATH, CHAT, THRICE))
    assert reply.status == status
    assert body is None or reply.body == body
    assert len(records.rows[0].attempts) == 3


async def test_the_gateways_rule_holds_where_the_caller_wishes_nothing_else() -> None:
    gateway = GatewayConfig(ACCOUNT, "default", retry_max_attempts=2, retry_delay=0, retry_backoff="constant")
    upstream = scripted(Reply(429, [], b""), Reply(200, [], b""))
    assert (await flow(Records(), upstream, gateway).handle(request(PATH, CHAT))).status == 200
    upstream = scripted(Reply(429, [], b""))
    once: Headers = [JSON_TYPE, (b"cf-aig-max-attempts", b"1")]
    assert (await flow(Records(), upstream, gateway).handle(request(PATH, CHAT, once))).status == 429


async def test_each_attempt_but_the_last_has_the_callers_timeout() -> None:
    upstream = scripted(UpstreamTimedOut("late"), UpstreamTimedOut("late"), Reply(200, [], b""))
    headers: Headers = [*THRICE, (b"cf-aig-request-timeout", b"1500")]
    await flow(Records(), upstream).handle(request(PATH, CHAT, headers))
    assert [call.first_byte_timeout_s for call in upstream.calls] == [1.5, 1.5, None]


async def test_the_body_of_a_failed_attempt_is_read_to_its_end_so_that_its_connection_is_free() -> None:
    class Ending(Pieces):
        is_ended = False

        def start(self, sink: object) -> None:
            super().start(sink)  # type: ignore[arg-type]  # a Sink
            self.is_ended = True

    short, endless = Ending([b"x" * 100]), Ending([b"x" * 40_000, b"x" * 40_000], holds=True)
    upstream = scripted(Reply(500, [], short), Reply(500, [], endless), Reply(200, [], b""))
    assert (await flow(Records(), upstream).handle(request(PATH, CHAT, THRICE))).status == 200
    assert (short.is_ended, short.calls) == (True, [])
    assert endless.calls == ["abort"]


async def test_a_body_that_streams_is_sent_once_since_it_is_not_kept() -> None:
    upstream = scripted(Reply(500, [], b"no"))
    asked = request(PATH, b"", [(b"content-type", b"audio/mpeg"), *THRICE[1:]])
    asked.body = Pieces([b"abc"])
    reply = await flow(Records(), upstream).handle(asked)
    assert (reply.status, len(upstream.calls)) == (500, 1)


async def test_a_client_that_leaves_while_the_gateway_waits_is_logged_at_once() -> None:
    records, upstream = Records(), scripted(Reply(503, [], b""), Reply(200, [], b""))
    headers: Headers = [JSON_TYPE, (b"cf-aig-max-attempts", b"2"), (b"cf-aig-retry-delay", b"60000")]
    waiting = asyncio.ensure_future(flow(records, upstream).handle(request(PATH, CHAT, headers)))
    await asyncio.sleep(0)  # until it waits
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert len(upstream.calls) == 1
    assert [(r.status, r.cancelled, [a.status for a in r.attempts]) for r in records.rows] == [(499, True, [503])]


async def test_what_was_waited_for_before_the_first_attempt_is_no_part_of_it() -> None:
    records = Records()
    gateway = GatewayConfig(ACCOUNT, "default")
    made = flow(records, scripted(Reply(200, [JSON_TYPE], b"{}")), gateway)
    begin = made.delivery.begin

    def begun_long_ago(*given: object) -> object:
        x = begin(*given)  # type: ignore[arg-type]  # as it was called
        x.started -= 5.0
        return x

    made.delivery.begin = begun_long_ago  # type: ignore[method-assign, assignment]  # its clock is real
    await made.handle(request(PATH, CHAT))
    [attempt] = records.rows[0].attempts
    assert attempt.started_s > 5.0
    assert attempt.first_byte_s is not None
    assert attempt.first_byte_s - attempt.started_s < 5.0
