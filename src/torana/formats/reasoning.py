"""Reasoning in the hub: `reasoning`, `reasoning_details`, and how much of it is wanted (openrouter.md 2.6).

A provider checks what it is given back, signatures and encrypted blocks included. Where a client's format has one
opaque field for that, the details of another format travel in it as one text, sealed here, and come back whole.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING

from msgspec import Struct

from torana.formats.json import as_list, as_object, as_text, dump, load

if TYPE_CHECKING:
    from torana.formats.json import Json

ANTHROPIC = "anthropic-claude-v1"
GEMINI = "google-gemini-v1"
RESPONSES = "openai-responses-v1"

_THOUGHTS = frozenset({"reasoning_details", "reasoning", "reasoning_content"})
"""Fields of a message that may have any."""
_FORMATS = (ANTHROPIC, GEMINI, RESPONSES, "unknown")
_SEAL = "torana1."
_SHARES = {"max": 0.95, "xhigh": 0.95, "high": 0.8, "medium": 0.5, "low": 0.2, "minimal": 0.1}
"""Of the most tokens that an answer may have, by effort."""
_LEAST_BUDGET, _MOST_BUDGET = 1024, 128_000


def seal(details: list[Json]) -> str:
    """Letters, digits, `-`, `_`, `=` and a dot. What it has in it is no secret, and is not signed."""
    return _SEAL + urlsafe_b64encode(dump(details) or b"[]").decode()


def unseal(text: str) -> list[Json] | None:
    """None where it was not sealed here, and so is a provider's own."""
    if not text.startswith(_SEAL):
        return None
    try:
        found = load(urlsafe_b64decode(text.removeprefix(_SEAL)))
    except (binascii.Error, ValueError):
        return None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else None


def details_of(message: Json) -> list[Json]:
    """A message's `reasoning_details`; where it has its text alone (`reasoning`, `reasoning_content`), that as one."""
    if _THOUGHTS.isdisjoint(message):
        return []
    given = message.get("reasoning_details")
    if given and (details := [_mended(each) for each in as_list(given) if isinstance(each, dict)]):
        return details
    plain = as_text(message.get("reasoning")) or as_text(message.get("reasoning_content"))
    return [{"type": "reasoning.text", "text": plain, "format": "unknown", "index": 0}] if plain else []


def _mended(detail: Json) -> Json:
    """OpenAI's SDK joins all texts of a stream's pieces: the name of their format too, and the id."""
    name = detail.get("format")
    if not isinstance(name, str) or name in _FORMATS:
        return detail
    for known in _FORMATS:
        count = name.count(known)
        if count and name == known * count:
            told = {**detail, "format": known}
            id_ = as_text(detail.get("id"))
            first = id_[: len(id_) // count]
            return {**told, "id": first} if first and id_ == first * count else told
    return detail


WISHES = frozenset({"reasoning", "reasoning_effort", "include_reasoning"})
"""Fields of a request that may say how much its model is to think."""


class Wish(Struct):
    """How much a request wants its model to think. None = it does not say."""

    effort: str | None = None
    """`none`, `minimal`, `low`, `medium`, `high`, `xhigh` or `max`."""
    max_tokens: int | None = None
    is_on: bool | None = None
    is_hidden: bool = False
    """The thoughts are not to be shown."""


def wish_of(chat: Json) -> Wish:
    wish = Wish()
    if WISHES.isdisjoint(chat):
        return wish
    asked = as_object(chat.get("reasoning"))
    effort = asked.get("effort") or chat.get("reasoning_effort")
    if isinstance(effort, str):
        wish.effort = effort
        wish.is_on = effort != "none"
    most = asked.get("max_tokens")
    if isinstance(most, int) and not isinstance(most, bool):
        wish.max_tokens, wish.is_on = most, most > 0
    if isinstance(asked.get("enabled"), bool):
        wish.is_on = asked["enabled"] is True
    wish.is_hidden = asked.get("exclude") is True or chat.get("include_reasoning") is False
    return wish


def budget_of(wish: Wish, most_tokens: int) -> int:
    """Tokens to think with, where a format counts them."""
    if wish.max_tokens is not None:
        return wish.max_tokens
    share = _SHARES.get(wish.effort or "medium", 0.5)
    return max(_LEAST_BUDGET, min(int(most_tokens * share), _MOST_BUDGET))


def effort_of(wish: Wish, most_tokens: int = 0) -> str:
    """The word for it, where a format has words."""
    if wish.effort is not None:
        return wish.effort
    if wish.max_tokens is None or most_tokens <= 0:
        return "medium"
    share = wish.max_tokens / most_tokens
    return "high" if share >= 0.65 else "medium" if share >= 0.35 else "low"  # noqa: PLR2004  # halves of the shares above
