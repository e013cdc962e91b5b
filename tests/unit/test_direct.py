"""A request that goes straight to its upstream's connection and back, told by hand what the sockets would tell."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import cast

import msgspec
import pytest

from fakes import JSON_TYPE, PREFIX, Answers, Pieces, Records, flow, request
from torana.direct import Direct
from torana.errors import UpstreamBroken, UpstreamTimedOut
from torana.exchange import Asker, Exchange
from torana.flow import Flow
from torana.gathering import gather
from torana.message import Call, Headers, Reply
from torana.storage.memory_cache import MemoryCache
from torana.wire.errand import Awaiting

PATH = PREFIX + "openai/chat/completions"
CHAT = b'{"model": "gpt-4o-mini", "messages": []}'
ANSWER = b'{"id": "a", "usage": {"prompt_tokens": 3, "completion_tokens": 4}}'


@dataclass
class Kept:
    is_stale: bool = False
    is_aborted: bool = False

    def abort(self) -> None:
        self.is_aborted = True


@dataclass
class Wire(Answers):
    """An upstream with one kept connection, or none."""

    kept: Kept | None = field(default_factory=Kept)
    asked: list[tuple[Call, Awaiting]] = field(default_factory=list)
    anew: int = 0

    def ask(self, call: Call, answer: Awaiting) -> Kept | None:
        if self.kept is not None:
            self.asked.append((call, answer))
        return self.kept

    def send_anew(self, call: Call) -> Coroutine[object, None, Reply]:
        self.anew += 1
        return self.send(call)


@dataclass
class Told:
    """The errand of a client's connection."""

    said: list[object] = field(default_factory=list)
    left: list[Coroutine[object, None, Reply]] = field(default_factory=list)

    def answered(self, reply: Reply) -> None:
        self.said.append(reply)

    def failed(self, error: Exception) -> None:
        self.said.append(repr(error))

    def begin(self, coroutine: Coroutine[object, None, Reply]) -> None:
        self.left.append(coroutine)


def good(_: Call) -> Reply:
    return Reply(200, [JSON_TYPE], ANSWER)


def broken(_: Call) -> Reply:
    raise UpstreamTimedOut("no connection")


class Place:
    """A flow that has a wire, with one request begun."""

    def __init__(
        self,
        kept: Kept | None = None,
        answer: Callable[[Call], Reply] = good,
        body: bytes = CHAT,
        headers: Headers | None = None,
    ) -> None:
        self.records = Records(cache=MemoryCache(1 << 20))
        self.wire = Wire(answer, kept=kept)
        self.flow: Flow = flow(self.records, self.wire)
        self.flow.wire = self.wire
        self.begun = self.flow.handle(request(PATH, body, headers))
        self.told = Told()
        if isinstance(self.begun, Direct):
            self.begun.tell(cast("Asker", self.told))

    @property
    def reply(self) -> Reply:
        (reply,) = self.told.said
        assert isinstance(reply, Reply), reply
        return reply


async def test_it_is_answered_in_the_moment_in_which_the_upstream_answers() -> None:
    place = Place(Kept())
    ((call, answer),) = place.wire.asked
    assert (call.method, call.body, answer.done(), place.told.said) == (b"POST", CHAT, False, [])
    answer.give(good(call))
    assert answer.done()
    assert (place.reply.status, place.reply.body) == (200, ANSWER)
    (row,) = place.records.rows
    assert (row.status, row.model, row.usage and row.usage.tokens_out) == (200, "gpt-4o-mini", 4)
    (attempt,) = row.attempts
    assert (attempt.provider, attempt.status, attempt.error) == ("openai", 200, "")
    assert 0 < (attempt.first_byte_s or 0) <= (attempt.ended_s or 0) <= row.duration_s


@pytest.mark.parametrize(
    ("headers", "body", "unread"),
    [
        ([], CHAT, 1),
        ([(b"cf-aig-collect-log-payload", b"false")], CHAT, 0),
        ([(b"cf-aig-cache-ttl", b"60")], CHAT, 0),
        ([(b"content-encoding", b"gzip")], gzip.compress(CHAT), 0),
        ([(b"authorization", b"Bearer with/slash")], CHAT, 0),
        ([], CHAT.replace(b"gpt", b"\\u0067pt"), 0),
        ([], CHAT[:-1] + b', "more": "' + b"x" * (2 << 20) + b'"}', 0),
    ],
    ids=["plain", "no payload", "cached", "coded", "secret that may be escaped", "escaped", "long"],
)
async def test_its_bodies_are_read_later_if_nobody_has_to_know_and_all_is_kept(
    headers: list[tuple[bytes, bytes]], body: bytes, unread: int
) -> None:
    place = Place(Kept(), body=body, headers=headers)
    ((call, answer),) = place.wire.asked
    answer.give(good(call))
    (row,) = place.records.rows
    assert (row.model, row.usage and row.usage.tokens_out, row.attempts[0].model) == ("gpt-4o-mini", 4, "gpt-4o-mini")
    assert place.records.unread == unread


@pytest.mark.parametrize(
    ("body", "unread"),
    [(ANSWER[:-1] + b', "more": "' + b"x" * (2 << 20) + b'"}', 0), (Pieces([ANSWER[:9], ANSWER[9:]]), 0)],
    ids=["too long to be kept", "in pieces"],
)
async def test_an_answer_that_is_not_kept_whole_is_read_at_once(body: bytes | Pieces, unread: int) -> None:
    place = Place(Kept())
    ((_, answer),) = place.wire.asked
    answer.give(Reply(200, [JSON_TYPE], body))
    if isinstance(body, Pieces):
        assert await gather(place.reply.body, 1 << 20) == ANSWER
    (row,) = place.records.rows
    assert (row.model, row.usage and row.usage.tokens_out, row.attempts[0].model) == ("gpt-4o-mini", 4, "gpt-4o-mini")
    assert place.records.unread == unread


async def test_who_fails_is_logged_with_the_model_that_was_asked() -> None:
    place = Place(Kept())
    place.wire.asked[0][1].fail(UpstreamTimedOut("late"))
    (row,) = place.records.rows
    assert (row.model, row.usage, row.error) == ("gpt-4o-mini", None, "late")


async def test_without_a_kept_connection_it_is_a_coroutine_with_one_attempt() -> None:
    place = Place(None)
    assert not isinstance(place.begun, Direct)
    assert (await place.begun).body == ANSWER
    assert [a.status for a in place.records.rows[0].attempts] == [200]
    assert place.wire.anew == 0


async def test_a_connection_that_was_dead_already_is_tried_once_more_in_silence() -> None:
    place = Place(Kept(is_stale=True))
    place.wire.asked[0][1].fail(UpstreamBroken("closed"))
    assert place.told.said == []
    (rest,) = place.told.left
    assert (await rest).body == ANSWER
    assert place.wire.anew == 1
    assert [(a.status, a.error) for a in place.records.rows[0].attempts] == [(200, "")]


async def test_where_the_new_connection_fails_too_that_is_the_answer() -> None:
    place = Place(Kept(is_stale=True), broken)
    place.wire.asked[0][1].fail(UpstreamBroken("closed"))
    assert (await place.told.left[0]).status == UpstreamTimedOut.status
    assert [(a.status, a.error) for a in place.records.rows[0].attempts] == [(0, "no connection")]


@pytest.mark.parametrize("error", [UpstreamBroken("closed in its answer"), UpstreamTimedOut("silent")])
async def test_what_fails_is_told_in_the_words_of_the_gateway(error: UpstreamBroken | UpstreamTimedOut) -> None:
    place = Place(Kept())
    place.wire.asked[0][1].fail(error)
    assert place.reply.status == error.status
    assert error.message in msgspec.json.decode(cast("bytes", place.reply.body))["error"][0]["message"]
    (row,) = place.records.rows
    assert (row.status, row.error, row.attempts[0].error) == (error.status, error.message, error.message)


async def test_a_client_that_leaves_ends_the_call_and_is_logged() -> None:
    kept = Kept()
    place = Place(kept)
    assert isinstance(place.begun, Direct)
    place.begun.cancel()
    assert kept.is_aborted
    assert place.wire.asked[0][1].done()
    (row,) = place.records.rows
    assert (row.status, row.cancelled) == (499, True)
    place.begun.cancel()
    assert len(place.records.rows) == 1


def _bug(*_: object) -> Reply:
    raise ZeroDivisionError


@pytest.mark.parametrize("outcome", [None, UpstreamTimedOut("silent")])
async def test_a_bug_at_the_end_does_not_reach_the_upstreams_connection(outcome: Exception | None) -> None:
    place = Place(Kept())
    place.flow.delivered = _bug  # type: ignore[assignment]  # as broken as can be
    answer = place.wire.asked[0][1]
    answer.give(good(place.wire.asked[0][0])) if outcome is None else answer.fail(outcome)
    assert place.told.said == ["ZeroDivisionError()"]


async def test_a_bug_in_a_review_is_an_internal_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def review(self: Flow, x: Exchange, reply: Reply) -> Reply:
        raise ZeroDivisionError

    monkeypatch.setattr(Flow, "reviewed", review)
    place = Place(Kept())
    place.wire.asked[0][1].give(Reply(200, [], b""))
    assert place.reply.status == 500
    assert b"division" not in cast("bytes", place.reply.body)


@pytest.mark.parametrize("is_stale", [False, True])
async def test_who_is_no_connection_awaits_it(is_stale: bool) -> None:  # noqa: FBT001  # pytest's way
    place = Place(Kept(is_stale=is_stale))
    task = asyncio.ensure_future(_awaited(place))
    await asyncio.sleep(0)
    answer = place.wire.asked[0][1]
    answer.fail(UpstreamBroken("closed")) if is_stale else answer.give(good(place.wire.asked[0][0]))
    assert (await task).body == ANSWER
    assert len(place.records.rows) == 1


async def test_who_awaits_it_may_be_cancelled() -> None:
    kept = Kept()
    place = Place(kept)
    task = asyncio.ensure_future(_awaited(place))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert kept.is_aborted
    assert [row.status for row in place.records.rows] == [499]


async def _awaited(place: Place) -> Reply:
    return await place.begun


async def test_what_is_not_plain_goes_the_usual_way() -> None:
    place = Place(Kept())
    retried = request(PATH, CHAT, [JSON_TYPE, (b"cf-aig-max-attempts", b"2")])
    begun = place.flow.handle(retried)
    assert not isinstance(begun, Direct)
    assert (await begun).status == 200
    compat = request(PREFIX + "compat/chat/completions", b'{"model": "openai/gpt-4o-mini", "messages": []}')
    begun = place.flow.handle(compat)
    assert not isinstance(begun, Direct)
    assert (await begun).status == 200
    assert len(place.wire.asked) == 1
