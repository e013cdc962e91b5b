"""The semantic cache in the real flow, over a model whose vectors the test makes up."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable

import pytest

from fakes import ACCOUNT, JSON_TYPE, PREFIX, Answers, Records, flow, request
from torana.flow import Flow
from torana.message import Call, Headers, Reply
from torana.policies.semantic_cache import Figures, Recall
from torana.semantic.index import Index, unit
from torana.snapshot import GatewayConfig, SemanticRule
from torana.storage.memory_cache import MemoryCache

ASKED, PARAPHRASE, OTHER = "How do I pay?", "How can I pay?", "How do I pay you?"
TTL: Headers = [(b"cf-aig-cache-ttl", b"600"), JSON_TYPE]


class Vectors:
    """By text; one that is not there is not to be had."""

    def __init__(self, **vectors: tuple[float, float]) -> None:
        self.known = vectors
        self.asked: list[str] = []

    async def embed(self, text: str) -> array[float] | None:
        self.asked.append(text)
        return unit(self.known[text]) if text in self.known else None

    def embed_later(self, text: str, then: Callable[[array[float]], None]) -> None:
        self.asked.append(f"later: {text}")
        if text in self.known and (vector := unit(self.known[text])) is not None:
            then(vector)


class Place:
    """A gateway with its upstream, whose answers are numbered."""

    def __init__(self, rule: SemanticRule | None, vectors: Vectors, cache_ttl: int = 0) -> None:
        self.vectors = vectors
        self.recall = Recall(Index(1 << 20, lambda: 0.0), vectors, Figures())
        self.records = Records(cache=MemoryCache(1 << 20), recall=self.recall)
        self.upstream = Answers(self._answer)
        self.status = 200
        gateway = GatewayConfig(ACCOUNT, "default", cache_ttl=cache_ttl, semantic_cache=rule)
        self.flow: Flow = flow(self.records, self.upstream, gateway)

    def _answer(self, _: Call) -> Reply:
        return Reply(self.status, [JSON_TYPE], b'{"answer":%d}' % len(self.upstream.calls))

    async def ask(self, text: str, headers: Headers | None = None) -> Reply:
        body = json.dumps({"model": "m", "messages": [{"role": "user", "content": text}]}).encode()
        return await self.flow.handle(request(PREFIX + "openai/v1/chat/completions", body, headers or TTL))


def alike() -> Vectors:
    return Vectors(**{ASKED: (1, 0), PARAPHRASE: (1, 0.1), OTHER: (1, 0)})


def header(reply: Reply, name: bytes) -> bytes | None:
    return dict(reply.headers).get(name)


async def test_nobody_waits_for_a_vector_before_there_is_something_to_compare_with() -> None:
    place = Place(SemanticRule(), alike())
    await place.ask(ASKED)
    assert place.vectors.asked == [f"later: {ASKED}"]
    assert (await place.ask(PARAPHRASE)).body == b'{"answer":1}'
    assert place.vectors.asked[1:] == [PARAPHRASE]
    assert place.recall.figures == Figures(lookups=1, hits=1)


async def test_the_guard_comes_before_the_model() -> None:
    place = Place(SemanticRule(), alike())
    await place.ask(ASKED)
    assert (await place.ask(OTHER)).body == b'{"answer":2}'
    assert place.recall.figures.lookups == 0


async def test_the_model_has_a_say_too() -> None:
    place = Place(SemanticRule(), Vectors(**{ASKED: (1, 0), PARAPHRASE: (1, 1)}))
    await place.ask(ASKED)
    assert (await place.ask(PARAPHRASE)).body == b'{"answer":2}'
    assert place.records.rows[-1].similarity == pytest.approx(0.7071)
    assert place.records.rows[-1].similar_to == ""


async def test_without_a_vector_the_request_goes_on() -> None:
    place = Place(SemanticRule(), Vectors(**{ASKED: (1, 0)}))
    await place.ask(ASKED)
    reply = await place.ask(PARAPHRASE)
    assert (reply.status, reply.body) == (200, b'{"answer":2}')
    assert header(reply, b"cf-aig-cache-status") == b"MISS"


async def test_what_is_not_kept_is_not_learnt() -> None:
    place = Place(SemanticRule(), alike())
    place.status = 500
    await place.ask(ASKED)
    assert place.vectors.asked == []


async def test_an_answer_that_the_cache_has_lost_is_forgotten() -> None:
    place = Place(SemanticRule(), alike())
    await place.ask(ASKED)
    cache = place.records.cache
    assert isinstance(cache, MemoryCache)
    for key, entry in list(cache._entries.items()):
        cache._drop(key, entry)
    assert (await place.ask(PARAPHRASE)).body == b'{"answer":2}'
    assert place.recall.index.entries == 1  # the one that was learnt now


async def test_where_nothing_is_cached_nothing_is_compared() -> None:
    place = Place(SemanticRule(), alike())
    assert (await place.ask(ASKED, [JSON_TYPE])).body == b'{"answer":1}'
    assert (await place.ask(ASKED, [JSON_TYPE])).body == b'{"answer":2}'
    assert place.vectors.asked == []


async def test_a_shadow_never_answers() -> None:
    place = Place(SemanticRule("shadow"), alike(), cache_ttl=600)
    await place.ask(ASKED, [JSON_TYPE])
    reply = await place.ask(PARAPHRASE, [JSON_TYPE])
    assert reply.body == b'{"answer":2}'
    assert header(reply, b"torana-cache-similarity") is None
    assert (place.records.rows[1].similar_to, place.records.rows[1].cached) == (place.records.rows[0].id, False)
    assert place.recall.figures == Figures(lookups=1, shadow_hits=1)


@pytest.mark.parametrize("wish", [b"0", b"0.5", b"0.99"])
async def test_a_caller_may_raise_the_threshold_and_not_lower_it(wish: bytes) -> None:
    vectors = Vectors(**{ASKED: (1, 0), PARAPHRASE: (1, 0.2)})  # 0.9806
    place = Place(SemanticRule(threshold=0.985), vectors)
    await place.ask(ASKED)
    reply = await place.ask(PARAPHRASE, [*TTL, (b"torana-semantic-threshold", wish)])
    assert reply.body == b'{"answer":2}'


async def test_off_there_is_no_policy_at_all() -> None:
    place = Place(None, alike())
    gateway = place.flow.directory.gateway(ACCOUNT.encode(), b"default")
    assert gateway is not None
    assert [verb.__qualname__ for verb in gateway.admit] == ["ExactCache.admit"]


@pytest.mark.parametrize("wish", [b"yes", b"1.5", b"-1", b"0.1234567", b"nan"])
async def test_a_wish_that_cannot_be_read_is_refused(wish: bytes) -> None:
    place = Place(SemanticRule(), alike())
    assert (await place.ask(ASKED, [*TTL, (b"torana-semantic-threshold", wish)])).status == 400
