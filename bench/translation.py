"""What does it cost to translate: a request and its answer, an event of a stream, a picture, and what grows?

All in this process, as `torana.translating` does it: bodies are decoded, told, and encoded. A pair is a client's format
and a provider's; those of one pair would pass through, and are left out.
"""

from __future__ import annotations

import gc
import time
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from bench.figure import Row
from torana.errors import CallerError
from torana.formats.translation import Brief, Turn
from torana.formats.translators import TRANSLATORS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.figure import Setup
    from torana.formats.json import Json
    from torana.formats.translation import Translator

HUB = "openai_chat"
_BATCHES = 40
_BATCH_S = 0.004
"""Short, and many: on a machine that others use too, a quiet moment is short."""
EVENTS = 400
_MB = 1 << 20
_DOUBLINGS = 4
_LEAST_ROUNDS = 50
_LINEAR = 1.5
"""1 is a straight line; what grows with the square would be at 16."""
_encode = msgspec.json.Encoder(enc_hook=str).encode
_decode = msgspec.json.Decoder(dict[str, object]).decode

_TEXT = "The rim is near its wear limit; for ninety kilograms a double wall with eyelets is the wiser choice. "
_TOOL: Json = {
    "type": "function",
    "function": {
        "name": "find_part",
        "description": "Looks for a part in the stock of the shop.",
        "parameters": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "holes": {"type": "integer"}},
            "required": ["name"],
        },
    },
}


def _asked(words: int = 4, content: object = None) -> Json:
    """Of about 2 kB, with a tool and a call of it."""
    call = {"id": "call_1", "type": "function", "function": {"name": "find_part", "arguments": '{"name":"rim"}'}}
    return {
        "model": "a-model",
        "max_completion_tokens": 256,
        "temperature": 0.7,
        "tools": [_TOOL],
        "messages": [
            {"role": "system", "content": _TEXT * 3},
            {"role": "user", "content": _TEXT * words},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call_1", "content": '{"part":"4402-36","price":119}'},
            {"role": "user", "content": content or _TEXT * words},
        ],
    }


def _answered() -> Json:
    message = {"role": "assistant", "content": _TEXT * 4}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "a-model",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 400, "completion_tokens": 90, "total_tokens": 490},
    }


def _streamed() -> list[Json]:
    said: list[Json] = [{"choices": [{"index": 0, "delta": {"content": " word"}}]} for _ in range(EVENTS)]
    end: Json = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    return [*said, end, {"choices": [], "usage": ANSWERED["usage"]}]


ASKED, ANSWERED = _asked(), _answered()


def _turn(chat: Json) -> Turn:
    return Turn("0" * 32, 1, "a-model", {}, chat)


def _pairs() -> Iterator[tuple[Translator, Translator]]:
    for client in TRANSLATORS.values():
        for provider in TRANSLATORS.values():
            if client is not provider:
                yield client, provider


def exchange(client: Translator, provider: Translator, chat: Json, reply: Json) -> Callable[[], object]:
    """One request there and its answer back; CallerError where the pair has no words for it."""
    request = _encode(client.request_from_chat(_copy(chat), Brief()))
    turn = _turn(chat)
    answer = _encode(provider.reply_from_chat(_copy(reply), turn))

    def once() -> object:
        there = client.request_to_chat(_decode(request), Brief())
        there.setdefault("model", "a-model")
        sent = _encode(provider.request_from_chat(there, Brief()))
        return sent, _encode(client.reply_from_chat(provider.reply_to_chat(_decode(answer), turn), turn))

    once()
    return once


def streaming(client: Translator, provider: Translator) -> Callable[[], object]:
    turn = _turn({"stream": True})
    source = provider.stream_from_chat(turn)
    pieces = [data for chunk in _streamed() if (data := source.feed([_copy(chunk)]))] + [source.finish()]

    def once() -> object:
        to_chat, from_chat = provider.stream_to_chat(turn), client.stream_from_chat(turn)
        return [from_chat.feed(to_chat.feed(piece)) for piece in pieces]

    return once


def seconds(once: Callable[[], object]) -> float:
    """Processor time of one, of the quickest batch: what disturbs only adds."""
    began = time.thread_time()
    once()
    many = max(1, round(_BATCH_S / max(1e-6, time.thread_time() - began)))
    found = []
    gc.disable()
    for _ in range(_BATCHES):
        began = time.thread_time()
        for _ in range(many):
            once()
        found.append((time.thread_time() - began) / many)
    gc.enable()
    return min(found)


def translation(setup: Setup) -> list[Row]:  # noqa: ARG001  # what all figures are given
    exchanges: list[tuple[float, str]] = []
    events: list[tuple[float, str]] = []
    pictures: list[tuple[float, str]] = []
    picture = [{"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * _MB}}]
    for client, provider in _pairs():
        name = f"{client.name} → {provider.name}"
        for found, chat in ((exchanges, ASKED), (pictures, _asked(content=picture))):
            try:
                found.append((seconds(exchange(client, provider, chat, ANSWERED)), name))
            except CallerError:
                continue  # no words for it: legacy completions have neither tools nor pictures
        events.append((seconds(streaming(client, provider)) / EVENTS, name))
    return [
        _row("translate", "translation of a request of 2 kB and its answer, dearest pair", exchanges, 60.0, 1e6, "µs"),
        _row("event", "translation of a streamed event, dearest pair", events, 6.0, 1e6, "µs"),
        _row("picture", "translation of a request with a picture of 1 MB, dearest pair", pictures, 5.0, 1e3, "ms"),
        _growth(),
    ]


def _row(name: str, figure: str, found: list[tuple[float, str]], target: float, unit: float, unit_name: str) -> Row:
    found.sort()
    (least, _), (median, _), (most, dearest) = found[0], found[len(found) // 2], found[-1]
    within = sum(1 for each, _ in found if each * unit <= target)
    detail = (
        f"{dearest}; of {len(found)} pairs {within} are within, from {least * unit:.1f}, half of them to "
        f"{median * unit:.1f} {unit_name}; processor time in one process, with decoding and encoding"
    )
    return Row(name, figure, most * unit, target, unit_name, detail)


def _growth() -> Row:
    """How much dearer than sixteen times is what is sixteen times as long, of the format where it is most?

    Each format beside the hub, as what a pair takes is the sum of both. One that is past the target is measured anew,
    up to twice: with requests of this size memory comes from the system now and then, which is no curve.
    """
    worst, where = 0.0, ""
    for client, provider in _pairs():
        if HUB not in (client.name, provider.name):
            continue
        try:
            growth, steps = _grown(client, provider)
            for _ in range(2):
                if growth > _LINEAR:
                    growth, steps = min((growth, steps), _grown(client, provider))
        except CallerError:
            continue
        if growth > worst:
            worst, where = growth, f"{client.name} → {provider.name}, doubling by doubling: {steps}"
    longest = 2 * _LEAST_ROUNDS << _DOUBLINGS
    detail = f"{where}; {2 * _LEAST_ROUNDS} to {longest:,} messages"
    return Row("longer", "time for 16 times the request ÷ 16 times the time, worst format", worst, _LINEAR, "", detail)


def _grown(client: Translator, provider: Translator) -> tuple[float, str]:
    sizes = [_LEAST_ROUNDS << n for n in range(_DOUBLINGS + 1)]
    times = [seconds(exchange(client, provider, _long(size), ANSWERED)) for size in sizes]
    steps = ", ".join(f"{after / before:.2f}" for before, after in pairwise(times))
    return times[-1] / times[0] / (1 << _DOUBLINGS), steps


def _long(rounds: int) -> Json:
    said = [{"role": role, "content": _TEXT} for role in ("user", "assistant")] * rounds
    return {**ASKED, "messages": [*said, {"role": "user", "content": _TEXT}]}


def _copy(value: Json) -> Json:
    return _decode(_encode(value))
