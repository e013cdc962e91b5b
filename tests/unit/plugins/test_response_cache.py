"""The same request of the same key gets the same answer again, as a generation of its own that used nothing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving import Gathered
from torana.formats.json import Json
from torana.message import Headers, Source
from torana.plugins.response_cache import Answer, ResponseCache, Wish, key_of, miss, wish_of
from torana.storage.memory_cache import MemoryCache
from torana.surfaces.router.presets import Caching

ON = (b"x-openrouter-cache", b"true")
OFF = (b"x-openrouter-cache", b"false")
EVENTS = b"text/event-stream; charset=utf-8"
JSON = b"application/json"
USAGE: Json = {
    "prompt_tokens": 15,
    "cost": 0.5,
    "is_byok": False,
    "prompt_tokens_details": {"cached_tokens": 3, "audio_tokens": None},
}
CHAT: Json = {
    "id": "gen-1",
    "created": 5,
    "model": "m",
    "choices": [{"message": {"content": "Hi", "id": "gen-1"}, "finish_reason": "stop"}],
    "usage": USAGE,
    "openrouter_metadata": {"attempt": 1},
}
NOTHING: Json = {
    "prompt_tokens": 0,
    "cost": 0,
    "is_byok": False,
    "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": None},
}


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def made() -> tuple[ResponseCache, Clock]:
    clock = Clock()
    return ResponseCache(MemoryCache(1 << 20, clock), clock), clock


def answer(body: object = CHAT, kind: bytes = JSON, status: int = 200, format_: str = "openai_chat") -> Answer:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer("gen-1", format_, status, kind, data, "m")


def events(*chunks: object, end: bytes = b"data: [DONE]\n\n", name: bool = False) -> bytes:
    told = [json.dumps(chunk) for chunk in chunks]
    heads = [f"event: {chunk['type']}\n" if name and isinstance(chunk, dict) else "" for chunk in chunks]
    return b"".join(f"{head}data: {text}\n\n".encode() for head, text in zip(heads, told, strict=True)) + end


async def whole(source: bytes | Source) -> bytes:
    assert not isinstance(source, bytes)
    sink = Gathered()
    source.start(sink)
    return await sink.done


@pytest.mark.parametrize(
    ("headers", "preset", "expected"),
    [
        ([], None, None),
        ([], Caching(), None),
        ([ON], None, Wish(300)),
        ([(b"x-openrouter-cache", b"TRUE ")], None, Wish(300)),
        ([(b"x-openrouter-cache", b"yes")], None, None),
        ([OFF], Caching(enabled=True), None),
        ([ON], Caching(enabled=False), None),
        ([ON, (b"x-openrouter-cache-ttl", b"60")], Caching(enabled=False, ttl_s=9), None),
        ([], Caching(enabled=True, ttl_s=600), Wish(600)),
        ([(b"x-openrouter-cache-ttl", b"60")], Caching(enabled=True, ttl_s=600), Wish(60)),
        ([ON, (b"x-openrouter-cache-ttl", b"60abc")], None, Wish(60)),
        ([ON, (b"x-openrouter-cache-ttl", b"1.5")], None, Wish(1)),
        ([ON, (b"x-openrouter-cache-ttl", b"0")], None, Wish(1)),
        ([ON, (b"x-openrouter-cache-ttl", b"99999999")], None, Wish(86_400)),
        ([ON, (b"x-openrouter-cache-ttl", b"soon")], Caching(enabled=None, ttl_s=70), Wish(70)),
        ([ON, (b"x-openrouter-cache-ttl", b"-5")], None, Wish(300)),
        ([(b"x-openrouter-cache-ttl", b"60")], None, None),
        ([ON, (b"x-openrouter-cache-clear", b"true")], None, Wish(300, is_cleared=True)),
        ([(b"x-openrouter-cache-clear", b"true")], None, None),
    ],
)
def test_who_wants_it_is_read_as_documented(headers: Headers, preset: Caching | None, expected: Wish | None) -> None:
    assert wish_of(headers, preset) == expected


def test_a_hit_is_a_generation_of_its_own_that_used_nothing() -> None:
    cache, clock = made()
    key = key_of("k", "m", "openai_chat", b"{}", is_stream=False)
    assert cache.find(key, Wish()) is None
    assert cache.keep(key, Wish(60), "owner", answer())
    clock.now += 12.7
    hit = cache.find(key, Wish(600))
    assert hit is not None
    reply = hit.reply("gen-2", 99)
    assert reply.headers == [
        (b"content-type", JSON),
        (b"x-openrouter-cache-status", b"HIT"),
        (b"x-openrouter-cache-age", b"12"),
        (b"x-openrouter-cache-ttl", b"48"),
        (b"x-openrouter-cache-source-id", b"gen-1"),
    ]
    assert isinstance(reply.body, bytes)
    expected = {**CHAT, "id": "gen-2", "created": 99, "usage": NOTHING}
    del expected["openrouter_metadata"]
    assert json.loads(reply.body) == expected
    clock.now += 48
    assert cache.find(key, Wish(600)) is None


def test_a_miss_says_how_long_the_answer_will_be_there() -> None:
    assert miss(Wish(7)) == [(b"x-openrouter-cache-status", b"MISS"), (b"x-openrouter-cache-ttl", b"7")]


async def test_a_stream_is_replayed_as_one() -> None:
    cache, _ = made()
    first: Json = {"id": "gen-1", "created": 5, "choices": [{"index": 0, "delta": {"content": "a\n\nb"}}]}
    last: Json = {**first, "usage": USAGE, "openrouter_metadata": {}}
    stream = b": OPENROUTER PROCESSING\n\n" + events(first, last)
    assert cache.keep(b"key", Wish(), "", answer(stream, EVENTS))
    hit = cache.find(b"key", Wish())
    assert hit is not None
    reply = hit.reply("gen-2", 99)
    told = {**first, "id": "gen-2", "created": 99}
    assert await whole(reply.body) == events(told, {**told, "usage": NOTHING}).replace(b": ", b":").replace(
        b", ", b","
    ).replace(b"data:", b"data: ")


async def test_streams_of_messages_and_responses_are_told_anew_inside() -> None:
    cache, _ = made()
    begin: Json = {"type": "message_start", "message": {"id": "gen-1", "usage": {"input_tokens": 3}}}
    delta: Json = {"type": "message_delta", "usage": {"output_tokens": 4}}
    stop: Json = {"type": "message_stop", "openrouter_metadata": {}}
    stream = events(begin, delta, stop, end=b"", name=True)
    assert cache.keep(b"m", Wish(), "", answer(stream, EVENTS, format_="anthropic_messages"))
    done: Json = {"type": "response.completed", "response": {"id": "gen-1", "created_at": 5, "usage": USAGE}}
    assert cache.keep(b"r", Wish(), "", answer(events(done, end=b""), EVENTS, format_="openai_responses"))
    messages, responses = cache.find(b"m", Wish()), cache.find(b"r", Wish())
    assert messages is not None
    assert responses is not None
    told = await whole(messages.reply("gen-2", 99).body)
    assert told == (
        b'event: message_start\ndata: {"type":"message_start","message":{"id":"gen-2","usage":{"input_tokens":0}}}\n\n'
        b'event: message_delta\ndata: {"type":"message_delta","usage":{"output_tokens":0}}\n\n'
        b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
    )
    (data,) = (await whole(responses.reply("gen-2", 99).body)).splitlines()[:1]
    inner = json.loads(data[6:])["response"]
    assert (inner["id"], inner["created_at"], inner["usage"]) == ("gen-2", 99, NOTHING)


@pytest.mark.parametrize(
    "bad",
    [
        answer(status=201),
        answer(status=400),
        answer({"error": {"code": 429}}),
        answer({**CHAT, "choices": [{"finish_reason": "error", "error": {"code": 502}}]}),
        answer({"status": "failed"}, format_="openai_responses"),
        answer(b""),
        answer(b"{"),
        answer(format_="completions"),
        answer(events({"id": "gen-1"}, end=b""), EVENTS),
        answer(events({"id": "gen-1", "error": {"code": 502}}), EVENTS),
    ],
)
def test_only_what_went_well_is_kept(bad: Answer) -> None:
    cache, _ = made()
    assert not cache.keep(b"key", Wish(), "", bad)
    assert cache.find(b"key", Wish()) is None


def test_what_is_cleared_is_gone_whatever_comes_after() -> None:
    cache, _ = made()
    assert cache.keep(b"key", Wish(), "", answer())
    assert cache.find(b"key", Wish(is_cleared=True)) is None
    assert cache.find(b"key", Wish()) is None


def test_the_key_is_made_of_all_that_matters() -> None:
    body = b'{"model": "m", "messages": [{"content": "a  b\\" c"}]}'
    key = key_of("k", "m", "openai_chat", body, is_stream=False)
    same = b'{"model":"m","messages" :\n[ {"content":"a  b\\" c"} ] }\n'
    assert key_of("k", "m", "openai_chat", same, is_stream=False) == key
    others = [
        key_of("l", "m", "openai_chat", body, is_stream=False),
        key_of("k", "n", "openai_chat", body, is_stream=False),
        key_of("k", "m", "openai_responses", body, is_stream=False),
        key_of("k", "m", "openai_chat", body, is_stream=True),
        key_of("k", "m", "openai_chat", body.replace(b"a  b", b"a b"), is_stream=False),
        key_of("k", "m", "openai_chat", b'{"messages": [{"content": "a  b\\" c"}], "model": "m"}', is_stream=False),
        key_of("km", "", "openai_chat", body, is_stream=False),
    ]
    assert len({key, *others}) == 8


@given(
    st.recursive(
        st.text(max_size=9) | st.integers() | st.none(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    )
)
def test_only_blanks_between_are_nothing(value: object) -> None:
    forms = [json.dumps(value), json.dumps(value, indent=3), json.dumps(value, separators=(",", ":"))]
    keys = {key_of("k", "m", "openai_chat", form.encode(), is_stream=False) for form in forms}
    assert len(keys) == 1
    other = json.dumps([value]).encode()
    assert key_of("k", "m", "openai_chat", other, is_stream=False) not in keys
