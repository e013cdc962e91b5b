"""The cache in the real flow: what is answered from it, what is kept, and what never is."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from bodies import source_of
from fakes import ACCOUNT, JSON_TYPE, PREFIX, Answers, Pieces, Records, Taken, flow, request
from torana.errors import UpstreamUnreachable
from torana.exchange import Memo, Usage
from torana.flow import Flow
from torana.message import Call, Headers, Reply
from torana.policies.cache import LARGEST_REQUEST
from torana.snapshot import GatewayConfig
from torana.storage.memory_cache import MemoryCache
from unit.test_flow import ANSWER, CHAT, EVENTS, KEY

PATH = PREFIX + "openai/chat/completions"
TTL: Headers = [(b"cf-aig-cache-ttl", b"600")]
STREAMED = CHAT[:-1] + b', "stream": true}'
SSE = (b"content-type", b"text/event-stream")
STREAMS: Headers = [*TTL, (b"torana-cache-streams", b"true")]
SINGLE: Headers = [*TTL, (b"torana-cache-single-flight", b"true")]


class World:
    """A flow with a cache, its journal, and an upstream that numbers its answers."""

    def __init__(
        self, answer: Callable[[Call], Reply] | None = None, cache_bytes: int = 1 << 20, ttl_s: int = 0
    ) -> None:
        self.cache = MemoryCache(cache_bytes)
        self.records = Records(cache=self.cache)
        self.upstream = Answers(answer or (lambda _: Reply(200, [JSON_TYPE, (b"x-request-id", b"r")], self.numbered())))
        self.flow: Flow = flow(self.records, self.upstream, GatewayConfig(ACCOUNT, "default", cache_ttl=ttl_s))

    def numbered(self) -> bytes:
        return ANSWER.replace(b"c1", b"c%d" % len(self.upstream.calls))

    async def ask(self, *headers: tuple[bytes, bytes], body: bytes = CHAT, path: str = PATH) -> Reply:
        return await self.flow.handle(request(path, body, [*KEY, *headers]))

    def client(self, *headers: tuple[bytes, bytes]) -> Callable[[], Awaitable[Reply]]:
        """Asks the same again and again on one connection."""
        memo = Memo()

        async def ask() -> Reply:
            asked = request(PATH, CHAT, [*KEY, *headers])
            asked.memo = memo
            return await self.flow.handle(asked)

        return ask

    async def read(self, *headers: tuple[bytes, bytes], body: bytes = CHAT, path: str = PATH) -> tuple[bytes, str]:
        """The whole body, and what the cache said."""
        reply = await self.ask(*headers, body=body, path=path)
        return gone_through(reply).data, said(reply)


def gone_through(reply: Reply) -> Taken:
    taken = Taken()
    if isinstance(reply.body, bytes):
        taken.write(reply.body)
        taken.end()
    else:
        reply.body.start(taken)
    return taken


def said(reply: Reply) -> str:
    """`cf-aig-cache-status`, as the client reads it."""
    lines = (
        dict(line.split(b": ", 1) for line in reply.raw.split(b"\r\n") if line) if reply.raw else dict(reply.headers)
    )
    return lines.get(b"cf-aig-cache-status", b"").decode()


async def test_the_second_of_two_equal_requests_is_answered_from_the_cache() -> None:
    world = World()
    first, second = await world.ask(*TTL), await world.ask(*TTL)
    assert (said(first), said(second)) == ("MISS", "HIT")
    assert first.body == second.body == ANSWER
    assert len(world.upstream.calls) == 1


async def test_a_hit_is_logged_as_one_with_the_tokens_of_the_first_and_ids_of_its_own() -> None:
    world = World()
    await world.ask(*TTL)
    hit = await world.ask(*TTL)
    one, other = world.records.rows
    assert (one.cached, other.cached) == (False, True)
    assert other.usage == one.usage == Usage(tokens_in=9, tokens_out=3)
    assert (other.model, other.status, other.attempts) == ("gpt-4o-mini", 200, [])
    assert (other.request_body, other.response_body) == (CHAT, ANSWER)
    assert other.duration_us >= other.first_byte_us > 0
    assert one.id != other.id
    assert b"\r\ncf-aig-log-id: " + other.id.encode() in hit.raw
    assert b"\r\nage: 0" in hit.raw


async def test_from_the_third_time_on_log_and_answer_are_those_of_the_second_but_for_ids_and_times() -> None:
    world = World()
    client = world.client(*TTL)
    replies = [await client() for _ in range(4)]
    assert world.records.repeated == 2
    second, *others = world.records.rows[1:]
    assert (second.cached, second.request_body, second.response_body) == (True, CHAT, ANSWER)
    seen = {second.id}
    for other, reply in zip(others, replies[2:], strict=True):
        assert b"\r\ncf-aig-log-id: " + other.id.encode() in reply.raw
        assert (said(reply), reply.body) == ("HIT", ANSWER)
        assert 0 < other.first_byte_s <= other.duration_s
        seen.add(other.id)
        other.id, other.duration_s, other.first_byte_s = second.id, second.duration_s, second.first_byte_s
        assert other == second
    assert len(seen) == 3
    figures = world.cache.figures
    assert (figures.hits, figures.misses) == (3, 1)


async def test_a_repeated_hit_says_its_age(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    client = world.client(*TTL)
    await client()
    await client()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 100)
    reply = await client()
    assert world.records.repeated == 1
    assert b"\r\nage: 100" in reply.raw
    assert world.records.rows[-1].response_headers[-1] == (b"age", b"100")


async def test_a_hit_without_its_payload_or_its_log_is_not_repeated_with_them() -> None:
    world = World()
    full, bare = world.client(*TTL), world.client(*TTL, (b"cf-aig-collect-log-payload", b"false"))
    silent = world.client(*TTL, (b"cf-aig-collect-log", b"false"))
    for _ in range(3):
        for client in (full, bare, silent):
            await client()
    assert [bool(row.response_body) for row in world.records.rows] == [True, False] * 3
    assert len(world.upstream.calls) == 1


@pytest.mark.parametrize("secret", [b"torana_a_callers_own_token", "torana_clé_d_un_client".encode("latin-1")])
async def test_an_answer_with_a_callers_secret_in_it_is_masked_each_time(secret: bytes) -> None:
    world = World(lambda _: Reply(200, [JSON_TYPE], b'{"id": "%b"}' % secret))
    other, owner = world.client(*TTL), world.client(*TTL, (b"cf-aig-authorization", b"Bearer " + secret))
    for _ in range(3):
        assert (await other()).body == (await owner()).body
    assert [secret in row.response_body for row in world.records.rows] == [True, False] * 3


async def test_a_secret_of_other_letters_than_ascii_is_masked_in_texts_too() -> None:
    secret = "torana_clé_d_un_client"
    world = World()
    body = CHAT.replace(b"gpt-4o-mini", secret.encode())
    memo = Memo()
    for _ in range(3):
        asked = request(PATH, body, [*KEY, *TTL, (b"cf-aig-authorization", b"Bearer " + secret.encode("latin-1"))])
        asked.memo = memo
        await world.flow.handle(asked)
    assert [row.model for row in world.records.rows] == ["***"] * 3


async def test_what_makes_a_hit_quick_takes_room_of_the_cache() -> None:
    world = World()
    client, cache = world.client(*TTL), world.cache
    await client()
    before = cache.figures.bytes
    await client()
    grown = cache.figures.bytes - before
    assert grown > len(CHAT) + len(ANSWER)
    await client()
    assert cache.figures.bytes == before + grown


async def test_a_hit_tells_nothing_of_the_exchange_it_came_from() -> None:
    headers: Headers = [JSON_TYPE, (b"set-cookie", b"a=b"), (b"x-ratelimit-remaining", b"1"), (b"x-request-id", b"r")]
    world = World(lambda _: Reply(200, headers, ANSWER))
    await world.ask(*TTL)
    hit = await world.ask(*TTL)
    assert hit.headers == [JSON_TYPE, (b"cf-aig-cache-status", b"HIT"), (b"age", b"0")]
    assert b"cookie" not in hit.raw


async def test_without_a_wish_nothing_is_cached_and_nothing_said() -> None:
    world = World()
    assert [await world.read(), await world.read()] == [(ANSWER, ""), (world.numbered(), "")]
    assert world.cache is not None
    assert world.cache.figures.misses == 0


async def test_a_gateways_ttl_holds_for_all_that_do_not_say_otherwise() -> None:
    world = World(ttl_s=60)
    assert [(await world.read())[1] for _ in range(2)] == ["MISS", "HIT"]
    assert (await world.read((b"cf-aig-skip-cache", b"true")))[1] == ""
    assert (await world.read((b"cf-aig-cache-ttl", b"0")))[1] == ""
    assert len(world.upstream.calls) == 3


async def test_callers_with_different_keys_share_nothing_but_under_a_key_of_their_own() -> None:
    world = World()
    other = (b"x-api-key", b"another")
    assert [(await world.read(*TTL))[1], (await world.read(*TTL, other))[1]] == ["MISS", "MISS"]
    mine = (b"cf-aig-cache-key", b"mine")
    assert [(await world.read(mine))[1], (await world.read(mine, other, body=b"{}"))[1]] == ["MISS", "HIT"]


@pytest.mark.parametrize(
    "reply",
    [
        lambda: Reply(500, [JSON_TYPE], ANSWER),
        lambda: Reply(404, [JSON_TYPE], ANSWER),
        lambda: Reply(302, [JSON_TYPE], ANSWER),
        lambda: Reply(206, [JSON_TYPE], ANSWER),
        lambda: Reply(200, [JSON_TYPE], b'{"error": {"message": "overloaded"}}'),
        lambda: Reply(200, [JSON_TYPE], ANSWER[:-5]),
        lambda: Reply(200, [JSON_TYPE], b""),
        lambda: Reply(200, [JSON_TYPE], Pieces([ANSWER], error=UpstreamUnreachable("gone")), len(ANSWER)),
        lambda: Reply(200, [JSON_TYPE, (b"content-encoding", b"gzip")], gzip.compress(ANSWER)[:-30]),
        lambda: Reply(200, [JSON_TYPE, (b"content-encoding", b"exotic")], ANSWER),
        lambda: Reply(200, [JSON_TYPE], b'"%b"' % (b"x" * 300_000)),
        lambda: Reply(200, [JSON_TYPE], Pieces([b'"', b"x" * 300_000, b'"'])),
    ],
    ids=["500", "404", "302", "206", "error", "cut", "empty", "broken", "coding", "exotic", "large", "large-pieces"],
)
async def test_what_is_no_good_answer_is_not_kept(reply: Callable[[], Reply]) -> None:
    world = World(lambda _: reply())
    for _ in range(2):
        assert said(await world.ask(*TTL)) == "MISS"
    for number in range(2):
        gone_through(await world.ask(*TTL, (b"anthropic-beta", b"%d" % number)))
    assert len(world.upstream.calls) == 4
    assert world.cache is not None
    assert world.cache.figures.entries == 0


@pytest.mark.parametrize(
    ("kind", "is_kept"),
    [
        (b"application/json; charset=utf-8", True),
        (b"application/problem+json", True),
        (b"text/plain", True),
        (b"image/png", True),
        (b"audio/mpeg", False),
        (b"application/octet-stream", False),
        (b"video/mp4", False),
    ],
)
async def test_text_and_images_are_kept(kind: bytes, *, is_kept: bool) -> None:
    world = World(lambda _: Reply(200, [(b"content-type", kind)], ANSWER))
    found = [(await world.read(*TTL))[1] for _ in range(2)]
    assert found == (["MISS", "HIT"] if is_kept else ["", ""])


async def test_of_a_path_that_nobody_knows_a_gateway_keeps_images_alone() -> None:
    kind = JSON_TYPE
    world = World(lambda _: Reply(200, [kind], ANSWER), ttl_s=60)
    assert [(await world.read(path=PREFIX + "openai/threads"))[1] for _ in range(2)] == ["", ""]
    kind = (b"content-type", b"image/png")
    assert [(await world.read(path=PREFIX + "openai/threads"))[1] for _ in range(2)] == ["MISS", "HIT"]


async def test_a_compressed_answer_is_kept_plain_so_that_every_client_can_read_it() -> None:
    packed = gzip.compress(ANSWER)
    world = World(lambda _: Reply(200, [JSON_TYPE, (b"content-encoding", b"gzip")], packed))
    assert (await world.ask(*TTL)).body == packed
    hit = await world.ask(*TTL)
    assert hit.body == ANSWER
    assert b"content-encoding" not in hit.raw


async def test_an_answer_that_came_in_pieces_is_kept_whole() -> None:
    world = World(lambda _: Reply(200, [JSON_TYPE], Pieces([ANSWER[:50], ANSWER[50:]]), len(ANSWER)))
    assert [await world.read(*TTL) for _ in range(2)] == [(ANSWER, "MISS"), (ANSWER, "HIT")]
    assert world.records.rows[1].usage == Usage(tokens_in=9, tokens_out=3)


async def test_what_a_client_left_before_its_end_is_not_kept() -> None:
    sources = [Pieces([ANSWER[:50]], holds=True), Pieces([ANSWER])]
    world = World(lambda _: Reply(200, [JSON_TYPE], sources.pop(0)))
    reply = await world.ask(*TTL)
    assert not isinstance(reply.body, bytes)
    reply.body.start(Taken())
    reply.body.abort()
    assert world.records.rows[0].cancelled
    assert [await world.read(*TTL) for _ in range(2)] == [(ANSWER, "MISS"), (ANSWER, "HIT")]


async def test_a_body_that_is_streamed_in_is_not_looked_at() -> None:
    world = World()
    for _ in range(2):
        asked = request(PATH, headers=[*KEY, *TTL])
        asked.body = Pieces([CHAT])
        assert said(await world.flow.handle(asked)) == ""


async def test_a_body_that_is_too_large_is_neither() -> None:
    world = World()
    body = CHAT + b" " * LARGEST_REQUEST
    assert [(await world.read(*TTL, body=body))[1] for _ in range(2)] == ["", ""]


async def test_a_cache_without_room_is_no_policy() -> None:
    records, upstream = Records(), Answers(lambda _: Reply(200, [JSON_TYPE], ANSWER))
    working = flow(records, upstream)
    for _ in range(2):
        assert said(await working.handle(request(PATH, CHAT, [*KEY, *TTL]))) == ""


async def test_a_compressed_request_is_logged_plain_on_a_hit_too() -> None:
    world = World()
    coding = (b"content-encoding", b"gzip")
    packed = gzip.compress(CHAT, mtime=0)
    assert [(await world.read(*TTL, coding, body=packed))[1] for _ in range(2)] == ["MISS", "HIT"]
    assert [row.request_body for row in world.records.rows] == [CHAT, CHAT]


# --- streams ----------------------------------------------------------------------------------------------------------


def streamed(_: Call) -> Reply:
    return Reply(200, [SSE], Pieces([b"".join(EVENTS)[:31], b"".join(EVENTS)[31:]]))


async def test_streams_are_not_cached_unasked() -> None:
    world = World(streamed)
    assert [(await world.read(*TTL, body=STREAMED))[1] for _ in range(2)] == ["", ""]


async def test_a_stream_is_replayed_event_by_event_where_that_was_asked_for() -> None:
    world = World(streamed)
    assert await world.read(*STREAMS, body=STREAMED) == (b"".join(EVENTS), "MISS")
    reply = await world.ask(*STREAMS, body=STREAMED)
    written: list[bytes] = []

    class Sink(Taken):
        def write(self, chunk: bytes) -> None:
            written.append(chunk)
            super().write(chunk)

    assert not isinstance(reply.body, bytes)
    sink = Sink()
    reply.body.start(sink)
    assert (written, sink.ended, said(reply)) == (EVENTS, True, "HIT")
    row = world.records.rows[1]
    assert (row.cached, row.is_stream, row.usage) == (True, True, Usage(tokens_in=9, tokens_out=2))
    assert row.response_body == b"".join(EVENTS)


async def test_a_stream_answers_no_request_for_a_whole_answer() -> None:
    world = World(lambda call: streamed(call) if b"stream" in bytes_of(call) else Reply(200, [JSON_TYPE], ANSWER))
    name = (b"cf-aig-cache-key", b"mine")
    assert (await world.read(*STREAMS, name, body=STREAMED))[1] == "MISS"
    assert await world.read(*STREAMS, name) == (ANSWER, "MISS")
    assert await world.read(*STREAMS, name) == (ANSWER, "HIT")
    assert await world.read(*STREAMS, name, body=STREAMED) == (b"".join(EVENTS), "HIT")


def bytes_of(call: Call) -> bytes:
    assert isinstance(call.body, bytes)
    return call.body


@pytest.mark.parametrize("events", [EVENTS[:-1], [EVENTS[0], b'data: {"error": {"code": 502}}\n\n', EVENTS[-1]]])
async def test_a_stream_that_went_wrong_is_not_kept(events: list[bytes]) -> None:
    world = World(lambda _: Reply(200, [SSE], Pieces(list(events))))
    assert [(await world.read(*STREAMS, body=STREAMED))[1] for _ in range(2)] == ["MISS", "MISS"]


async def test_a_replay_waits_for_a_slow_reader_and_ends_where_it_leaves() -> None:
    world = World(streamed)
    await world.read(*STREAMS, body=STREAMED)
    reply = await world.ask(*STREAMS, body=STREAMED)
    source = source_of(reply)

    class Slow(Taken):
        def write(self, chunk: bytes) -> None:
            super().write(chunk)
            source.pause()

    slow = Slow()
    source.start(slow)
    assert slow.data == EVENTS[0]
    source.resume()
    assert slow.data == b"".join(EVENTS[:2])
    source.abort()
    source.resume()
    assert slow.data == b"".join(EVENTS[:2])
    assert world.records.rows[1].cancelled


# --- single flight ----------------------------------------------------------------------------------------------------


class Slow(World):
    """Its upstream answers when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.error: Exception | None = None
        self.upstream.send = self.send  # type: ignore[method-assign]  # the same, but later

    async def send(self, call: Call) -> Reply:
        self.upstream.calls.append(call)
        await self.gate.wait()
        if self.error is not None and len(self.upstream.calls) == 1:
            raise self.error
        return Reply(200, [JSON_TYPE], ANSWER)

    async def ask_at_once(self, count: int, *headers: tuple[bytes, bytes]) -> list[asyncio.Task[Reply]]:
        tasks = [asyncio.create_task(self.ask(*headers)) for _ in range(count)]
        for _ in range(5):
            await asyncio.sleep(0)
        return tasks


async def test_many_equal_requests_at_once_are_one_call_where_that_was_asked_for() -> None:
    world = Slow()
    tasks = await world.ask_at_once(10, *SINGLE)
    assert len(world.upstream.calls) == 1
    world.gate.set()
    replies = await asyncio.gather(*tasks)
    assert sorted(map(said, replies)) == ["HIT"] * 9 + ["MISS"]
    assert {reply.body for reply in replies} == {ANSWER}
    assert sorted(row.cached for row in world.records.rows) == [False] + [True] * 9


async def test_unasked_each_goes_on_its_own() -> None:
    world = Slow()
    tasks = await world.ask_at_once(3, *TTL)
    assert len(world.upstream.calls) == 3
    world.gate.set()
    assert [said(reply) for reply in await asyncio.gather(*tasks)] == ["MISS"] * 3


async def test_where_the_first_fails_the_others_go_on_their_own() -> None:
    world = Slow()
    world.error = UpstreamUnreachable("down")
    tasks = await world.ask_at_once(3, *SINGLE)
    world.gate.set()
    assert sorted(reply.status for reply in await asyncio.gather(*tasks)) == [200, 200, 502]


async def test_where_the_first_is_cancelled_the_others_go_on_their_own() -> None:
    world = Slow()
    tasks = await world.ask_at_once(3, *SINGLE)
    tasks[0].cancel()
    await asyncio.gather(tasks[0], return_exceptions=True)
    world.gate.set()
    assert [reply.status for reply in await asyncio.gather(*tasks[1:])] == [200, 200]
    assert len(world.upstream.calls) == 3


async def test_who_waits_may_leave_and_hurts_nobody() -> None:
    world = Slow()
    tasks = await world.ask_at_once(3, *SINGLE)
    tasks[1].cancel()
    await asyncio.gather(tasks[1], return_exceptions=True)
    world.gate.set()
    assert [said(await tasks[0]), said(await tasks[2])] == ["MISS", "HIT"]


async def test_nobody_waits_for_a_body_that_will_not_be_kept() -> None:
    held = Pieces([EVENTS[0]], holds=True)
    world = World(lambda _: Reply(200, [SSE], held))
    for _ in range(2):
        async with asyncio.timeout(1):
            await world.ask(*SINGLE)
    assert len(world.upstream.calls) == 2


# --- other forms of a request -----------------------------------------------------------------------------------------


async def test_a_step_of_the_universal_endpoint_is_cached_by_its_own_headers() -> None:
    world = World()

    async def steps(*keys: str) -> str:
        made = [
            {
                "provider": "openai",
                "endpoint": "chat/completions",
                "headers": {"authorization": f"Bearer {key}", "cf-aig-cache-ttl": "600"},
                "query": {"model": "m", "messages": []},
            }
            for key in keys
        ]
        asked = request(PREFIX.rstrip("/"), msgspec.json.encode(made), [JSON_TYPE])
        return said(await world.flow.handle(asked))

    assert [await steps("sk-one-123456"), await steps("sk-one-123456", "sk-two-123456")] == ["MISS", "HIT"]
    assert await steps("sk-two-123456") == "MISS"
    assert len(world.upstream.calls) == 2


async def test_compat_is_cached_by_the_model_that_its_body_names() -> None:
    world = World()

    async def ask(model: str) -> str:
        body = CHAT.replace(b"gpt-4o-mini", model.encode())
        return (await world.read(*TTL, body=body, path=PREFIX + "compat/chat/completions"))[1]

    assert [await ask("openai/gpt-4o"), await ask("openai/gpt-4o")] == ["MISS", "HIT"]
    assert [await ask("openai/gpt-4o-mini"), await ask("groq/gpt-4o")] == ["MISS", "MISS"]
