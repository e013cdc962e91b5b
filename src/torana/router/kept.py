"""One request's place in the response cache."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from msgspec import Struct

from torana import routed
from torana.plugins.response_cache import FORMATS, Answer, ResponseCache, Wish, key_of, miss, wish_of
from torana.routed import Routed

if TYPE_CHECKING:
    from torana.exchange import Exchange
    from torana.message import Headers, Reply
    from torana.router.access import Access
    from torana.router.reading import Read
    from torana.surfaces.entries import Entry


class Kept(Struct, frozen=True):
    """Where an answer is looked for, and kept for the next time."""

    cache: ResponseCache
    key: bytes
    wish: Wish
    owner: str
    format: str

    @classmethod
    def of(cls, x: Exchange, access: Access, entry: Entry, read: Read, cache: ResponseCache | None) -> Self | None:
        """None where the caller wants none of it, or has no key of the router's: others' keys may be shared."""
        if cache is None or access.key is None or entry.is_count or entry.format not in FORMATS:
            return None
        wish = wish_of(x.request.headers, read.caching)
        if wish is None:
            return None
        model = read.extras.models[0] if read.extras.models else ""
        key = key_of(access.key.hash, model, entry.spoken, read.plain, is_stream=x.log.is_stream)
        return cls(cache, key, wish, access.key.hash, entry.format)

    def find(self, x: Exchange, access: Access, generation_id: str) -> Reply | None:
        """An answer that was given before, free of charge; None where there is none."""
        hit = self.cache.find(self.key, self.wish)
        if hit is None:
            return None
        x.log.cached, x.log.model = True, hit.stored.model
        note = Routed(generation_id, model=hit.stored.model, source_id=hit.source_id)
        note.key_hash = access.key.hash if access.key is not None else ""
        x.log.routed = routed.encode(note)
        return hit.reply(generation_id, int(time.time()))

    @property
    def missed(self) -> Headers:
        """What an answer that was not there says of it."""
        return miss(self.wish)

    def keep(self, x: Exchange, generation_id: str) -> None:
        """A whole one, that is none of an error."""
        log = x.log
        if log.is_truncated or log.is_broken or log.cancelled:
            return
        body = b"".join(x.response_pieces) if x.response_pieces else log.response_body
        answer = Answer(generation_id, self.format, log.status, log.response_content_type, body, log.model)
        self.cache.keep(self.key, self.wish, self.owner, answer)
