"""Fits a conversation into a model's window by leaving out its middle (openrouter.md 2.4).

What the system says and the last message stay. Calls of tools and what they gave go or stay together. Where whole
messages do not suffice, the longest texts lose their middle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from torana.catalog.estimate import weigh
from torana.formats.json import Json, as_list, as_object, dump

if TYPE_CHECKING:
    from collections.abc import Callable

SMALL_WINDOW = 8_192
"""Of endpoints that compress unless they are told not to."""
MOST_MESSAGES = {"anthropic": 1_000}
"""By the author of a model: messages that it takes at most."""
_BYTES_A_TOKEN = 4
_OF_A_MESSAGE = 4
"""Tokens that its role and its ends take."""
_PINNED = frozenset({"system", "developer"})
_GAP = "\n[…]\n"
_LEAST_CHARACTERS = 64
"""A text is cut no shorter than that."""
_ROUNDS = 4


class Summary(Struct, frozen=True):
    """What was left out."""

    original_count: int
    compressed_count: int
    """Messages; characters of a bare prompt."""
    input_type: str = "messages"
    is_cut: bool = False
    """Texts lost their middle, too."""

    @property
    def stage(self) -> Json:
        """As `pipeline` tells of it (openrouter.md 3.4)."""
        data: Json = {
            "engine": "middle-out",
            "input_type": self.input_type,
            "original_count": self.original_count,
            "compressed_count": self.compressed_count,
        }
        return {"type": "context_compression", "name": "context-compression", "data": data}


class _Unit(Struct):
    """Messages that only make sense together."""

    messages: list[Json]
    tokens: int
    is_pinned: bool = False


def tokens_of(value: object) -> int:
    """An estimate: one for four bytes of its JSON; of pictures and files within it, only as many as count."""
    return -(-weigh(dump(value) or b"") // _BYTES_A_TOKEN)


def compress(
    chat: Json, limit: int, count: Callable[[object], int] = tokens_of, most_messages: int = 0
) -> tuple[Json, Summary | None]:
    """A request of the hub that has at most `limit` tokens, by `count`, as far as that can be had; None = the same one.

    `chat` stays as it is. `most_messages` 0 = any number.
    """
    if isinstance(prompt := chat.get("prompt"), str):
        return _shorter_prompt(chat, prompt, limit, count)
    messages = [each for each in as_list(chat.get("messages")) if isinstance(each, dict)]
    others = count({name: chat[name] for name in ("tools", "functions", "response_format") if name in chat})
    units = _units(messages, count)
    kept = _without_middle_units(units, limit - others, most_messages)
    over = others + sum(unit.tokens for unit in kept) - limit
    cut = _cut(kept, over, count) if over > 0 else None
    told = [message for unit in cut or kept for message in unit.messages]
    if cut is None and len(told) == len(messages):
        return chat, None
    return {**chat, "messages": told}, Summary(len(messages), len(told), is_cut=cut is not None)


def _shorter_prompt(chat: Json, prompt: str, limit: int, count: Callable[[object], int]) -> tuple[Json, Summary | None]:
    over = count(prompt) - limit
    if over <= 0:
        return chat, None
    shorter = _without_middle(prompt, len(prompt) - over * _BYTES_A_TOKEN)
    return {**chat, "prompt": shorter}, Summary(len(prompt), len(shorter), "prompt", is_cut=True)


def _units(messages: list[Json], count: Callable[[object], int]) -> list[_Unit]:
    """Answers of tools belong to the message that called them."""
    units: list[_Unit] = []
    for message in messages:
        tokens = count(message) + _OF_A_MESSAGE
        if message.get("role") == "tool" and units and not units[-1].is_pinned:
            units[-1].messages.append(message)
            units[-1].tokens += tokens
        else:
            units.append(_Unit([message], tokens, message.get("role") in _PINNED))
    if units:
        units[-1].is_pinned = True
        # What tools gave answers a question, which would be lost without it.
        if units[-1].messages[0].get("role") == "assistant":
            asked = next((unit for unit in reversed(units) if unit.messages[0].get("role") == "user"), units[-1])
            asked.is_pinned = True
    return units


def _without_middle_units(units: list[_Unit], limit: int, most_messages: int) -> list[_Unit]:
    """Those nearest to the middle go first, until the others are few and short enough; pinned ones stay."""
    tokens, messages = sum(unit.tokens for unit in units), sum(len(unit.messages) for unit in units)
    middle = (len(units) - 1) / 2
    free = [place for place, unit in enumerate(units) if not unit.is_pinned]
    dropped: set[int] = set()
    for place in sorted(free, key=lambda each: abs(each - middle)):
        if tokens <= limit and (not most_messages or messages <= most_messages):
            break
        tokens -= units[place].tokens
        messages -= len(units[place].messages)
        dropped.add(place)
    return [unit for place, unit in enumerate(units) if place not in dropped]


def _cut(units: list[_Unit], over: int, count: Callable[[object], int]) -> list[_Unit] | None:
    """The same with shorter texts, the longest first, instructions last; None where there is nothing to shorten."""
    made = list(units)
    has_changed = False
    for _ in range(_ROUNDS):
        if over <= 0:
            break
        for place in sorted(range(len(made)), key=lambda each: (_is_instruction(made[each]), -made[each].tokens)):
            if over <= 0:
                break
            unit = made[place]
            shorter = [_shortened(message, over * _BYTES_A_TOKEN) for message in unit.messages]
            if shorter == unit.messages:
                continue
            tokens = sum(count(message) + _OF_A_MESSAGE for message in shorter)
            over -= unit.tokens - tokens
            made[place] = replace(unit, messages=shorter, tokens=tokens)
            has_changed = True
    return made if has_changed else None


def _is_instruction(unit: _Unit) -> bool:
    return unit.messages[0].get("role") in _PINNED


def _shortened(message: Json, over: int) -> Json:
    """With as many characters less, as far as its longest text has them."""
    content = message.get("content")
    if isinstance(content, str):
        return {**message, "content": _without_middle(content, len(content) - over)}
    parts = as_list(content)
    texts = [
        (len(text), place) for place, part in enumerate(parts) if isinstance(text := as_object(part).get("text"), str)
    ]
    if not texts:
        return message
    length, place = max(texts)
    part = as_object(parts[place])
    told = {**part, "text": _without_middle(str(part["text"]), length - over)}
    return {**message, "content": [*parts[:place], told, *parts[place + 1 :]]}


def _without_middle(text: str, most: int) -> str:
    most = max(most, _LEAST_CHARACTERS)
    if len(text) <= most:
        return text
    half = (most - len(_GAP.encode())) // 2
    return text[:half] + _GAP + text[len(text) - half :]
