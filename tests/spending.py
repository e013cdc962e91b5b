"""Calls of the router that cost something, for tests that count the money."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from typing import TYPE_CHECKING

import httpx

from scripted_answers import Answer

if TYPE_CHECKING:
    from running import Torana
    from scripted_answers import Received

PATH = "/api/v1/chat/completions"
MODEL = "openai/gpt-4o-mini"
_LONGEST_S = 60.0


class Told:
    """What a client knows of a call: its id and its cost, in nano-USD, where it was answered whole."""

    def __init__(self, status: int, id_: str = "", nano: int = 0) -> None:
        self.status = status
        self.id = id_
        self.nano = nano


def ready(torana: Torana) -> None:
    """A provider's key for the operator's capacity."""
    torana.environ["SPENDING_KEY"] = "sk-spending"
    torana.run("provider-keys", "set", "openai", "--from-env", "SPENDING_KEY")


def new_key(torana: Torana, *arguments: str) -> tuple[str, dict[str, str]]:
    """Its hash, and the header that shows it."""
    made = json.loads(torana.run("keys", "create", "--name", "test", *arguments, "--json"))
    torana.follow()  # a key that workers do not know is one of OpenRouter's, for all that they know
    return made["hash"], {"authorization": f"Bearer {made['key']}"}


def ask(*, is_stream: bool, max_tokens: int = 64) -> dict[str, object]:
    return {
        "model": MODEL,
        "max_tokens": max_tokens,
        "stream": is_stream,
        "messages": [{"role": "user", "content": "What does it cost?"}],
    }


def answering(seed: int) -> object:
    """An upstream's reaction: every answer uses another number of tokens, never more than was allowed."""
    dice = random.Random(seed)  # noqa: S311  # it hides nothing

    def react(received: Received) -> Answer:
        asked = json.loads(received.body)
        most = int(asked.get("max_tokens") or asked.get("max_completion_tokens"))
        usage = {"prompt_tokens": dice.randint(1, 9), "completion_tokens": dice.randint(1, most)}
        usage["total_tokens"] = sum(usage.values())
        return _stream(usage) if asked.get("stream") else _whole(usage)

    return react


def _whole(usage: dict[str, int]) -> Answer:
    message = {"role": "assistant", "content": "Money."}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    body = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
    return Answer(headers=[(b"content-type", b"application/json")], body=json.dumps(body).encode())


def _stream(usage: dict[str, int]) -> Answer:
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    first = {"index": 0, "delta": {"role": "assistant", "content": "Mo"}}
    last = {"index": 0, "delta": {"content": "ney."}, "finish_reason": "stop"}
    events = [head | {"choices": [first]}, head | {"choices": [last]}, head | {"choices": [], "usage": usage}]
    chunks = [b"data: %b\n\n" % json.dumps(event).encode() for event in events]
    return Answer(
        headers=[(b"content-type", b"text/event-stream")],
        chunks=[*chunks, b"data: [DONE]\n\n"],
        framing="chunked",
        chunk_delay_s=0.002,
    )


async def call(client: httpx.AsyncClient, url: str, body: dict[str, object], headers: dict[str, str]) -> Told:
    """httpx.HTTPError where no whole answer came."""
    answer = await client.post(url + PATH, json=body, headers=headers, timeout=_LONGEST_S)
    if answer.status_code != httpx.codes.OK:
        return Told(answer.status_code)
    if not body["stream"]:
        return _told(answer.text)
    events = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: ")]
    # What has no end was cut short, whatever the framing says.
    return _told(events[-2]) if events and events[-1] == "[DONE]" else Told(0)


def _told(text: str) -> Told:
    found = json.loads(text, parse_float=Decimal)
    if "error" in found:
        return Told(0)
    nano = Decimal(found["usage"]["cost"]) * 10**9
    assert nano == int(nano)
    return Told(200, found["id"], int(nano))
