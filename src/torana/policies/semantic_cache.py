"""Have we answered this before, asked in other words?

A question is compared with those answered before in the same scope: gateway, caller's credentials, provider and path
(the seed of the exact cache's key), the rest of the request's body, and what the guard reads in the text. An answer
is found by vectors and given by the exact cache, which alone holds answers: what that one does not keep is not found
here either. Where a scope knows no question nobody waits for a vector; it is made after the answer, for those who
come later.
"""

from __future__ import annotations

import time
from array import array
from hashlib import blake2b
from typing import TYPE_CHECKING, Protocol, Self

import msgspec
from msgspec import Struct

from torana.formats.coding import decode
from torana.policies.base import Policy, Ports
from torana.policies.cache import LARGEST_REQUEST, land
from torana.policies.replay import replay
from torana.providers import SECRET_HEADERS
from torana.semantic.guard import read
from torana.semantic.index import Index, Known
from torana.semantic.prompt import take_apart

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from torana.caching import Miss
    from torana.exchange import Exchange, Options
    from torana.message import Reply
    from torana.semantic.index import Near
    from torana.snapshot import GatewayConfig, SemanticRule
    from torana.storage.cache import Cache

SIMILARITY = b"torana-cache-similarity"
_SCOPE_BYTES = 24
_encode = msgspec.json.Encoder().encode


class Embedding(Protocol):
    """Makes vectors of length 1, elsewhere. Fails open: None, or no call."""

    async def embed(self, text: str) -> array[float] | None: ...
    def embed_later(self, text: str, then: Callable[[array[float]], None]) -> None: ...


class Figures(Struct):
    """Since the process started."""

    lookups: int = 0
    """Questions compared with others."""
    hits: int = 0
    shadow_hits: int = 0
    """Answers that would have been given."""


class Recall(Struct):
    """What the semantic caches of all gateways share."""

    index: Index
    embedding: Embedding
    figures: Figures


class Question(Struct):
    """A plain question on its way to be known."""

    scope: bytes
    text: str
    vector: array[float] | None = None


class SemanticCache(Policy):
    """Fails open: where there is no vector in time, the request goes on as a miss."""

    def __init__(self, rule: SemanticRule, recall: Recall, cache: Cache) -> None:
        self._rule = rule
        self._recall = recall
        self._cache = cache

    @classmethod
    def made_for(cls, config: GatewayConfig, ports: Ports) -> Self | None:
        if config.semantic_cache is None or ports.cache is None or ports.recall is None:
            return None
        return cls(config.semantic_cache, ports.recall, ports.cache)

    def admit(self, x: Exchange) -> Awaitable[Reply | None] | None:
        miss = x.miss
        x.question = None  # a universal request's former step may have left one
        if miss is None or miss.plan.is_named or not self._is_wanted(x.opening.options):
            return None
        question = read_question(x, miss)
        if question is None:
            return None
        x.question = question
        if not self._recall.index.has(question.scope):
            return None
        return self._compared(x, miss, question)

    async def _compared(self, x: Exchange, miss: Miss, question: Question) -> Reply | None:
        """With those of its scope."""
        index = self._recall.index
        vector = question.vector = await self._recall.embedding.embed(question.text)
        if vector is None:
            return None
        self._recall.figures.lookups += 1
        near = index.nearest(question.scope, vector)
        return None if near is None else self._answer(x, miss, question, near)

    def _is_wanted(self, options: Options) -> bool:
        """A shadow follows the gateway alone: it costs the caller nothing."""
        if self._rule.mode == "request":
            return options.semantic_cache is True
        return options.semantic_cache is not False

    def _answer(self, x: Exchange, miss: Miss, question: Question, near: Near) -> Reply | None:
        log, rule, figures = x.log, self._rule, self._recall.figures
        log.similarity = round(near.similarity, 4)
        # A caller may ask for more likeness than the operator does, and never for less.
        if near.similarity < max(rule.threshold, x.opening.options.semantic_threshold or 0.0):
            return None
        found = self._cache.get(near.known.key)
        if found is None:
            self._recall.index.remove(question.scope, near.known.key)
            return None
        log.similar_to = near.known.log_id
        if rule.mode == "shadow":
            figures.shadow_hits += 1
            return None
        figures.hits += 1
        x.question = None
        land(miss, found)
        x.note(SIMILARITY, b"%.4f" % near.similarity)
        return replay(x, found)

    def settle(self, x: Exchange) -> None:
        question, miss = x.question, x.miss
        if not isinstance(question, Question) or miss is None or not miss.is_kept:
            return
        expires_s = time.monotonic() + miss.plan.ttl_s
        key, log_id, index = miss.key, x.log.id, self._recall.index

        def learn(vector: array[float]) -> None:
            index.add(question.scope, Known(key, log_id, vector, expires_s))

        if question.vector is not None:
            learn(question.vector)
        else:
            self._recall.embedding.embed_later(question.text, learn)


def read_question(x: Exchange, miss: Miss) -> Question | None:
    """None where what is asked is no plain question, or says nothing that could be compared."""
    opening, body = x.opening, x.request.body
    if opening.target is None or not isinstance(body, bytes):
        return None
    if opening.coding:
        body = decode(body, opening.coding, LARGEST_REQUEST)
    prompt = take_apart(opening.target.format.name, body)
    if prompt is None:
        return None
    reading = read(prompt.text)
    if not reading.parts:
        return None
    scope = blake2b(prompt.rest, digest_size=_SCOPE_BYTES, key=miss.plan.seed)
    # The exact cache may share between callers of one provider key; likeness is not stretched as far.
    for name, value in x.request.headers:
        if name in SECRET_HEADERS:
            scope.update(b"%b %d:%b" % (name, len(value), value))
    scope.update(_encode(reading))
    return Question(scope.digest(), prompt.text)
