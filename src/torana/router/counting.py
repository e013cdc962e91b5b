"""`/messages/count_tokens`: how many tokens a question has, without an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from torana.errors import CallerError
from torana.exchange import Outgoing
from torana.formats.counting import COUNTS
from torana.formats.translation import Brief, Failure
from torana.formats.translators import TRANSLATORS
from torana.message import Reply
from torana.router.attempting import Attempting, Tried, object_in, outcome, whole
from torana.router.openings import lead
from torana.translating import ESTIMATED

if TYPE_CHECKING:
    from torana.catalog.market import Endpoint
    from torana.exchange import Exchange, Opening, Target, Translation
    from torana.formats.json import Json
    from torana.providers import Provider
    from torana.router.asking import Asking

_JSON = (b"content-type", b"application/json")
_encode = msgspec.json.Encoder(enc_hook=str).encode


class Counting(Attempting):
    """One a worker. It costs nothing, and leaves no generation behind."""

    def lead(self, asking: Asking, endpoint: Endpoint, provider: Provider) -> Opening:
        return lead(asking.base, endpoint, provider, asking.entry)

    async def _told(
        self, x: Exchange, asking: Asking, endpoint: Endpoint, provider: Provider, chat: Json
    ) -> Target | Reply:
        opening = self.lead(asking, endpoint, provider)
        x.opening, x.log.model, x.notes = opening, endpoint.name, None
        translation, target = opening.translation, opening.target
        if translation is None or target is None:  # never: see `lead_translated`
            raise CallerError(f"`{provider.slug}` has nothing for this")
        if not translation.has_count:
            x.note(ESTIMATED, b"true")
            return Reply(200, [_JSON], _encode(COUNTS[translation.client].reply(asking.tokens_in)))
        chat["model"] = endpoint.name
        x.outgoing = Outgoing(
            _encode(COUNTS[translation.spoken].request_from_chat(chat, Brief(provider.slug))), opening.headers
        )
        return target

    def _failure(self, x: Exchange, status: int, raw: bytes) -> Failure:
        return TRANSLATORS[_translation(x).spoken].error_to_chat(status, raw)

    async def _answered(self, x: Exchange, asking: Asking, reply: Reply) -> Tried:
        translation = _translation(x)
        tokens = COUNTS[translation.spoken].tokens_in(object_in(await whole(reply)))
        counted = COUNTS[translation.client].reply(tokens if isinstance(tokens, int) else 0)
        return Tried(outcome(reply.status), Reply(200, [_JSON], _encode(counted)))


def _translation(x: Exchange) -> Translation:
    if x.opening.translation is None:  # never: see `_told`
        raise CallerError("nobody was asked")
    return x.opening.translation
