"""A past for a server yet to start: records of many days in its journal, as workers would have left them."""

from __future__ import annotations

import json
import math
import random
import uuid
from typing import TYPE_CHECKING

from msgspec import Struct

from torana.exchange import Attempt, Usage
from torana.journal import Journal, Record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_DAY_MS = 86_400_000
_MOST_BYTES = 8 << 30
_STREAM_TYPE, _JSON_TYPE = b"text/event-stream", b"application/json"


class Model(Struct, frozen=True):
    """What is asked how often, and how it does."""

    provider: str
    name: str
    format: str
    path: str
    weight: int
    mean_s: float


MODELS = (
    Model("openai", "gpt-4o-mini", "openai_chat", "chat/completions", 40, 0.9),
    Model("openai", "gpt-4o", "openai_chat", "chat/completions", 14, 1.6),
    Model("anthropic", "claude-sonnet-4-5", "anthropic_messages", "v1/messages", 22, 2.4),
    Model("anthropic", "claude-haiku-4-5", "anthropic_messages", "v1/messages", 12, 0.8),
    Model("google-ai-studio", "gemini-2.5-flash", "openai_chat", "v1beta/openai/chat/completions", 10, 0.7),
    Model("groq", "llama-3.3-70b-versatile", "openai_chat", "chat/completions", 8, 0.4),
)
TEAMS = ("search", "support", "growth", "research")
QUESTIONS = (
    "Summarise the ticket in two sentences for the weekly report.",
    "Which of these five products fits a small kitchen, and why?",
    "Translate the release notes into French; keep the names of commands.",
    "Write a SQL query that counts orders by week and country.",
    "Is this review about delivery, quality or price? Answer with one word.",
)
ANSWERS = (
    "The customer cannot sign in since Monday's update. Support reset the session and the problem is gone.",
    "The second one: it is 45 cm wide, quiet, and its door opens to both sides.",
    "Voici les notes de version, avec les noms des commandes laissés tels quels.",
    "SELECT date_trunc('week', created_at), country, count(*) FROM orders GROUP BY 1, 2 ORDER BY 1;",
    "delivery",
)
FAILURES = (
    (429, "Rate limit reached for requests"),
    (500, "The server had an error while processing your request"),
    (529, "Overloaded"),
    (400, "max_tokens is too large"),
)


def write(folder: Path, account_id: str, records: Iterator[Record]) -> None:
    """Into a segment of the journal in `folder`; all are of this account."""
    journal = Journal(folder, "past", _MOST_BYTES)
    journal.open()
    for record in records:
        record.account_id = account_id
        journal.append(record)
    journal.close()


def past(until_ms: int, *, days: int, count: int, gateways: tuple[str, ...] = ("default",)) -> Iterator[Record]:
    """Oldest first, busier by day than by night; the same for the same arguments."""
    dice = random.Random(count)  # noqa: S311  # no secret comes from it
    moments = sorted(_moment(dice, until_ms, days) for _ in range(count))
    for moment in moments:
        yield _record(dice, moment, dice.choices(gateways, [1 / (n + 1) for n in range(len(gateways))])[0])


def _moment(dice: random.Random, until_ms: int, days: int) -> int:
    while True:
        ms = until_ms - int(dice.random() * days * _DAY_MS)
        load = 0.55 - 0.45 * math.cos(2 * math.pi * (ms % _DAY_MS) / _DAY_MS - 0.6)
        if dice.random() < load:
            return ms


def _record(dice: random.Random, now_ms: int, gateway_id: str) -> Record:
    model = dice.choices(MODELS, [each.weight for each in MODELS])[0]
    number = dice.randrange(len(QUESTIONS))
    usage = Usage(tokens_in=dice.randrange(80, 2_400), tokens_out=dice.randrange(10, 600))
    is_cached, is_stream = dice.random() < 0.09, dice.random() < 0.45
    seconds = model.mean_s * dice.lognormvariate(0, 0.6)
    first_s = seconds * (0.25 if is_stream else 0.98)
    status, error = (200, "") if is_cached or dice.random() > 0.025 else dice.choice(FAILURES)
    attempts = [Attempt(model.provider, model.name, status, 0.0002, first_s, seconds)]
    if status == 200 and dice.random() < 0.04:
        attempts = [
            Attempt(model.provider, model.name, 503, 0.0002, 0.21, 0.212),
            Attempt(model.provider, model.name, 200, 0.46, 0.46 + first_s, 0.46 + seconds),
        ]
        seconds, first_s = 0.46 + seconds, 0.46 + first_s
    if is_cached:
        seconds, first_s, attempts = 0.0009, 0.0008, []
    return Record(
        id=str(uuid.UUID(int=(now_ms << 80) | (7 << 76) | (2 << 62) | dice.getrandbits(62))),
        gateway_id=gateway_id,
        provider=model.provider,
        model=model.name,
        format=model.format,
        method="POST",
        path=model.path,
        status=status,
        duration_s=seconds,
        first_byte_s=first_s,
        is_stream=is_stream and status == 200,
        cached=is_cached,
        cancelled=False,
        is_broken=False,
        step=0,
        error=error,
        usage=usage if status == 200 else None,
        attempts=attempts,
        metadata=json.dumps({"team": dice.choice(TEAMS), "user": f"user-{dice.randrange(60)}"}),
        user_agent=dice.choice(("OpenAI/Python 3.1.0", "AsyncAnthropic/Python 2.0.0", "ai-sdk/7.0.173")),
        request_type="",
        request_content_type="application/json",
        response_content_type=_STREAM_TYPE if is_stream and status == 200 else _JSON_TYPE,
        response_encoding=b"",
        request_size=812,
        response_size=905,
        is_truncated=False,
        request_headers=[(b"content-type", b"application/json"), (b"authorization", b"***")],
        request_body=_question(model, QUESTIONS[number], is_stream=is_stream),
        response_headers=[(b"content-type", b"application/json")],
        response_body=_failure(error) if error else _answer(model, ANSWERS[number], usage, is_stream=is_stream),
        credential="stored:default",
    )


def _question(model: Model, text: str, *, is_stream: bool) -> bytes:
    system = "You help the team of a small shop. Be brief."
    messages: list[dict[str, object]] = [{"role": "user", "content": text}]
    asked: dict[str, object] = {"model": model.name, "max_tokens": 600, "temperature": 0.2, "stream": is_stream}
    if model.format == "anthropic_messages":
        return json.dumps({**asked, "system": system, "messages": messages}).encode()
    return json.dumps({**asked, "messages": [{"role": "system", "content": system}, *messages]}).encode()


def _failure(message: str) -> bytes:
    return json.dumps({"error": {"message": message, "type": "error"}}).encode()


def _answer(model: Model, text: str, usage: Usage, *, is_stream: bool) -> bytes:
    if model.format == "anthropic_messages":
        return _message(model, text, usage, is_stream=is_stream)
    counts = {"prompt_tokens": usage.tokens_in, "completion_tokens": usage.tokens_out}
    counts["total_tokens"] = usage.tokens_in + usage.tokens_out
    base: dict[str, object] = {"id": "chatcmpl-past", "model": model.name, "created": 1}
    if not is_stream:
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        return json.dumps({**base, "object": "chat.completion", "choices": [choice], "usage": counts}).encode()
    base["object"] = "chat.completion.chunk"
    events: list[dict[str, object]] = [
        {**base, "choices": [{"index": 0, "delta": {"content": word + " "}, "finish_reason": None}]}
        for word in text.split()
    ]
    events.append({**base, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    events.append({**base, "choices": [], "usage": counts})
    return b"".join(b"data: %b\n\n" % json.dumps(event).encode() for event in events) + b"data: [DONE]\n\n"


def _message(model: Model, text: str, usage: Usage, *, is_stream: bool) -> bytes:
    counts = {"input_tokens": usage.tokens_in, "output_tokens": usage.tokens_out}
    message: dict[str, object] = {"id": "msg_past", "type": "message", "role": "assistant", "model": model.name}
    if not is_stream:
        content = [{"type": "text", "text": text}]
        return json.dumps({**message, "content": content, "stop_reason": "end_turn", "usage": counts}).encode()
    begun = {**message, "content": [], "stop_reason": None, "usage": {**counts, "output_tokens": 1}}
    events: list[dict[str, object]] = [
        {"type": "message_start", "message": begun},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *(
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word + " "}}
            for word in text.split()
        ),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": usage.tokens_out}},
        {"type": "message_stop"},
    ]
    return b"".join(
        b"event: %b\ndata: %b\n\n" % (str(event["type"]).encode(), json.dumps(event).encode()) for event in events
    )
