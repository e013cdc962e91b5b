"""Legacy completions: what OpenAI's own client makes of our answers, and what survives a way there and back."""

from __future__ import annotations

import json

import pytest
from openai.types import Completion

from golden_cases import ID, Case, all_cases
from torana.formats.completions import FORMAT, TRANSLATOR
from torana.formats.json import Json
from torana.formats.openai_chat.passing import joined
from torana.formats.translation import Brief, Turn

ANSWERS = [case for case in all_cases() if case.translator is TRANSLATOR and not case.is_to_chat]


def is_typed(case: Case, name: str) -> bool:
    """Probabilities without numbers are not, nor is OpenRouter's `error` for a reason."""
    return case.has(name) and "odd" not in case.folder.name and "router_broken" not in case.folder.name


@pytest.mark.parametrize("case", [c for c in ANSWERS if is_typed(c, "reply.json")], ids=str)
def test_replies_are_those_of_the_official_client(case: Case) -> None:
    Completion.model_validate(case.read("reply.expected.json"))


class Chunk(Completion):
    """Its stream is of completions, of which only the last choices have a reason."""


@pytest.mark.parametrize("case", [c for c in ANSWERS if is_typed(c, "stream.jsonl")], ids=str)
def test_chunks_are_those_of_the_official_client(case: Case) -> None:
    lines = [line for line in (case.folder / "stream.expected.sse").read_text().splitlines() if line]
    assert lines[-1] == "data: [DONE]"
    for line in lines[:-1]:
        chunk = json.loads(line.removeprefix("data: "))
        for choice in chunk["choices"]:
            choice["finish_reason"] = choice["finish_reason"] or "stop"
        Completion.model_validate(chunk)


def test_a_request_survives_the_way_to_completions_and_back() -> None:
    chat: Json = {
        "model": "m",
        "messages": [{"role": "user", "content": "Say this"}],
        "max_tokens": 5,
        "temperature": 0.5,
        "n": 2,
        "stop": ["a"],
        "logprobs": True,
        "top_logprobs": 2,
    }
    told = TRANSLATOR.request_from_chat(json.loads(json.dumps(chat)), Brief())
    assert told["prompt"] == "Say this"
    assert TRANSLATOR.request_to_chat(told, Brief()) == chat


def test_a_stream_says_what_the_same_answer_says_whole() -> None:
    turn = Turn(ID, 1_700_000_000, "m", {"prompt": "2+2=", "echo": True}, {})
    logprobs = {"content": [{"token": "4", "logprob": -0.5, "bytes": [52], "top_logprobs": []}]}
    chunks: list[Json] = [
        {"choices": [{"index": 0, "delta": {"reasoning": "Hm"}}]},
        {"choices": [{"index": 0, "delta": {"content": "4"}, "logprobs": logprobs}]},
        {"choices": [{"index": 1, "delta": {"content": "5"}}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        {"choices": [{"index": 1, "delta": {}, "finish_reason": "length"}]},
    ]
    machine = TRANSLATOR.stream_from_chat(turn)
    streamed = json.loads(FORMAT.assemble(machine.feed(chunks) + machine.finish()) or b"")
    assert streamed == TRANSLATOR.reply_from_chat(joined(chunks), turn)
    assert [choice["text"] for choice in streamed["choices"]] == ["2+2=4", "2+2=5"]
