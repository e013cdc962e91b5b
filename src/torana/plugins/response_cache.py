"""Answers to the same requests, given again where callers ask for that (openrouter.md 4.9).

They lie in the worker's cache and are found by the caller's key, so nobody gets an answer to somebody else. Two who ask
at once are both answered by a provider.
"""

from __future__ import annotations

import re
import time
from hashlib import sha256
from typing import TYPE_CHECKING

from msgspec import Struct

from torana.formats.json import as_list, as_object, load
from torana.formats.outcome import stream_went_well, went_well
from torana.message import Reply
from torana.plugins.renewing import renewed, renewed_events
from torana.policies.replay import Replay
from torana.storage.cache import Stored

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.message import Headers
    from torana.storage.cache import Cache
    from torana.surfaces.router.presets import Caching

USUAL_TTL_S = 300
LONGEST_TTL_S = 86_400
FORMATS = frozenset({"openai_chat", "openai_responses", "anthropic_messages", "embeddings"})
"""Of clients whose answers are kept."""
_SWITCH, _TTL, _CLEAR = b"x-openrouter-cache", b"x-openrouter-cache-ttl", b"x-openrouter-cache-clear"
_STATUS, _AGE, _SOURCE = b"x-openrouter-cache-status", b"x-openrouter-cache-age", b"x-openrouter-cache-source-id"
_ID, _TYPE = b"x-generation-id", b"content-type"
_NUMBER = re.compile(rb"\s*(\d{1,18})")
_BLANK = re.compile(rb'("(?:[^"\\]++|\\.)*+")|\s++', re.DOTALL)
_EVENTS = b"text/event-stream"
_NOTHING = Stored([], b"", b"", b"", 0.0)


class Wish(Struct, frozen=True):
    """That a request is cached, and how."""

    ttl_s: int = USUAL_TTL_S
    is_cleared: bool = False
    """What is there is dropped, and asked for anew."""


class Hit(Struct, frozen=True):
    """An answer that was given before."""

    source_id: str
    """The generation that it was."""
    age_s: int
    left_s: int
    """For so long it is still there."""
    stored: Stored

    @property
    def headers(self) -> Headers:
        return [
            (_STATUS, b"HIT"),
            (_AGE, b"%d" % self.age_s),
            (_TTL, b"%d" % self.left_s),
            (_SOURCE, self.source_id.encode()),
        ]

    def reply(self, generation_id: str, created: int) -> Reply:
        """The answer as one of its own: a new id, nothing used, no metadata. Without `X-Generation-Id`.

        A stream comes as one, as fast as the client reads. `created` is in Unix seconds.
        """
        stored = self.stored
        headers = [*(field for field in stored.headers if field[0] == _TYPE), *self.headers]
        if stored.is_stream:
            return Reply(200, headers, Replay(renewed_events(stored.body, self.source_id, generation_id, created)))
        return Reply(200, headers, renewed(stored.body, self.source_id, generation_id, created))


def wish_of(headers: Headers, preset: Caching | None = None) -> Wish | None:
    """What the head of a request and its preset say; None = it is not cached."""
    given = dict(headers)
    switch = given.get(_SWITCH, b"").strip().lower()
    enabled = preset.enabled if preset is not None else None
    if enabled is False or switch == b"false" or not (enabled or switch == b"true"):
        return None
    found = _NUMBER.match(given.get(_TTL, b""))
    ttl_s = int(found[1]) if found is not None else None
    if ttl_s is None and preset is not None:
        ttl_s = preset.ttl_s
    ttl_s = USUAL_TTL_S if ttl_s is None else max(1, min(ttl_s, LONGEST_TTL_S))
    return Wish(ttl_s, given.get(_CLEAR, b"").strip().lower() == b"true")


def key_of(caller: str, model: str, format_: str, body: bytes, *, is_stream: bool) -> bytes:
    """`caller` is the hash of the key that came with it. `body` is as it was sent; the order of its fields counts."""
    parts = [caller.encode(), model.encode(errors="replace"), format_.encode(), b"s" if is_stream else b""]
    made = sha256(b"".join(b"%d:%b" % (len(part), part) for part in parts))
    made.update(_BLANK.sub(rb"\1", body))
    return made.digest()


def miss(wish: Wish) -> Headers:
    """What an answer that was not there says of the cache."""
    return [(_STATUS, b"MISS"), (_TTL, b"%d" % wish.ttl_s)]


class ResponseCache:
    """Fails open, as the cache below it does."""

    def __init__(self, cache: Cache, now: Callable[[], float] = time.time) -> None:
        """`now` gives Unix time."""
        self.largest = cache.largest
        self._cache = cache
        self._now = now

    def find(self, key: bytes, wish: Wish) -> Hit | None:
        """None where it is not there any more, or is to be cleared: then it is gone, whatever comes of the request."""
        if wish.is_cleared:
            self._cache.put(key, _NOTHING, 0.0, "")
            return None
        stored = self._cache.get(key)
        if stored is None:
            return None
        told = dict(stored.headers)
        age_s = max(0, int(self._now() - stored.stored_s))
        left_s = max(0, int(told[_TTL]) - age_s)
        return Hit(told[_ID].decode(), age_s, left_s, stored)

    def keep(self, key: bytes, wish: Wish, owner: str, answer: Answer) -> bool:
        """Whether it was one to keep: whole, and no error in disguise. `owner` shares the cache's room with others."""
        if answer.status != 200 or not answer.body or not _is_good(answer):  # noqa: PLR2004  # HTTP's
            return False
        headers = [(_TYPE, answer.kind), (_ID, answer.id.encode()), (_TTL, b"%d" % wish.ttl_s)]
        stored = Stored(headers, b"", answer.kind, answer.body, self._now(), answer.model, answer.is_stream)
        self._cache.put(key, stored, float(wish.ttl_s), owner)
        return True


class Answer(Struct, frozen=True):
    """One that was given to a client, without content coding."""

    id: str
    """Of the generation."""
    format: str
    """The client's, one of `FORMATS`."""
    status: int
    kind: bytes
    """Its Content-Type."""
    body: bytes
    model: str = ""

    @property
    def is_stream(self) -> bool:
        return self.kind.lower().startswith(_EVENTS)


def _is_good(answer: Answer) -> bool:
    if answer.format not in FORMATS:
        return False
    if answer.is_stream:
        return stream_went_well(answer.format, answer.kind.lower(), answer.body)
    return went_well(answer.body) and not _has_failed(answer.body)


def _has_failed(body: bytes) -> bool:
    """An answer whose generation failed on its way has status 200 as well (openrouter.md 3.2)."""
    if b'"error"' not in body and b'"failed"' not in body:
        return False
    whole = as_object(load(body))
    reasons = [as_object(choice).get("finish_reason") for choice in as_list(whole.get("choices"))]
    return "error" in reasons or whole.get("status") == "failed"
