"""Which endpoint has a conversation's prompt in its cache (4.5)?"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from torana.routing.market.offers import price_now

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torana.catalog.market import Endpoint

IDLE_S = 600
_MOST = 65_536
_encode = msgspec.json.Encoder(enc_hook=str).encode


class Conversation(Struct, frozen=True):
    key: bytes
    """16 bytes: of the account, the model as it was asked for, and the conversation."""
    is_named: bool
    """The caller gave it an id; else it is known by how it begins."""


def conversation_key(account: str, model: str, chat: Mapping[str, object], session_id: str = "") -> Conversation | None:
    """`model` with its suffixes: others are another conversation. None where nothing tells what it is.

    A conversation is its `session_id` (`session_id` of the body before that of the header, which is the argument), its
    `prompt_cache_key`, or its first system or developer message and its first other one.
    """
    named = chat.get("session_id") or session_id or chat.get("prompt_cache_key")
    what: object = named if isinstance(named, str) else _beginning(chat.get("messages"))
    if not what:
        return None
    digest = blake2b(_encode([account, model, what]), digest_size=16).digest()
    return Conversation(digest, isinstance(named, str))


def _beginning(messages: object) -> list[object]:
    found: dict[bool, object] = {}
    for message in messages if isinstance(messages, list) else ():
        if isinstance(message, dict):
            found.setdefault(message.get("role") in ("system", "developer"), message.get("content"))
        if len(found) == 2:  # noqa: PLR2004  # both
            break
    return [found.get(True), found[False]] if False in found else []


def is_worth(endpoint: Endpoint, conversation: Conversation, cached_tokens: int, now_s: float) -> bool:
    """Whether going back there after this success may save anything.

    Its cache has to be cheaper than reading anew; and a conversation that only its beginning tells has to have used a
    cache, read or written: `cached_tokens`.
    """
    price = price_now(endpoint, now_s)
    is_cheaper = price.cache_read is not None and price.cache_read < (price.input or 0)
    return is_cheaper and (conversation.is_named or cached_tokens > 0)


class Sticky:
    """One worker's memory of conversations; of at most 65,536, the least recently used go first."""

    def __init__(self) -> None:
        self._found: dict[bytes, tuple[str, float]] = {}
        """Endpoint, and when it answered last; the one that did so last stands last."""

    def find(self, conversation: Conversation | None, now_s: float) -> str | None:
        """The id of the endpoint that it should go back to."""
        found = None if conversation is None else self._found.get(conversation.key)
        return found[0] if found is not None and now_s < found[1] + IDLE_S else None

    def keep(self, conversation: Conversation, endpoint_id: str, now_s: float) -> None:
        """After a success that `is_worth` it."""
        self._found.pop(conversation.key, None)
        if len(self._found) >= _MOST:
            del self._found[next(iter(self._found))]
        self._found[conversation.key] = (endpoint_id, now_s)
