"""What Responses can say comes back the same from the hub, and thoughts come back to who thought them."""

from __future__ import annotations

import copy
from contextlib import suppress

import pytest

from golden_cases import ID, all_cases
from torana.errors import CallerError
from torana.formats.json import Json, as_list, as_object
from torana.formats.openai_responses import TRANSLATOR
from torana.formats.translation import Brief, Turn

CHAT: Json = {
    "model": "gpt-5.6",
    "messages": [
        {"role": "system", "content": "Be brief."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Look.", "cache_control": {"type": "ephemeral"}},
                {"type": "image_url", "image_url": {"url": "https://e.com/a.png", "detail": "low"}},
                {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBE"}},
                {"type": "input_audio", "input_audio": {"data": "UklG", "format": "wav"}},
            ],
        },
        {
            "role": "assistant",
            "content": "Asking.",
            "reasoning_details": [
                {
                    "type": "reasoning.summary",
                    "summary": "S",
                    "format": "openai-responses-v1",
                    "index": 0,
                    "id": "rs_1",
                },
                {
                    "type": "reasoning.encrypted",
                    "data": "gA",
                    "format": "openai-responses-v1",
                    "index": 1,
                    "id": "rs_1",
                },
            ],
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}},
                {"id": "c2", "type": "custom", "custom": {"name": "g", "input": "x"}},
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "one"},
        {
            "role": "tool",
            "tool_call_id": "c2",
            "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
        },
        {"role": "assistant", "content": None, "refusal": "No."},
    ],
    "tools": [
        {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}, "strict": True}},
        {"type": "custom", "custom": {"name": "g", "format": {"type": "grammar", "grammar": {"syntax": "regex"}}}},
    ],
    "tool_choice": {"type": "custom", "custom": {"name": "g"}},
    "parallel_tool_calls": False,
    "max_completion_tokens": 500,
    "temperature": 0.5,
    "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {}, "strict": True}},
    "verbosity": "low",
    "reasoning": {"effort": "high", "summary": "detailed"},
    "logprobs": True,
    "top_logprobs": 2,
    "web_search_options": {"search_context_size": "low"},
    "prompt_cache_key": "k",
}
SIGNED: list[Json] = [
    {"type": "reasoning.text", "text": "Hm.", "signature": "EqQB", "format": "anthropic-claude-v1", "index": 0},
    {"type": "reasoning.encrypted", "data": "blob", "format": "anthropic-claude-v1", "index": 1},
]
GEMINI: list[Json] = [
    {"type": "reasoning.encrypted", "data": "Ci", "format": "google-gemini-v1", "id": "c", "index": 0}
]
PLAIN: list[Json] = [{"type": "reasoning.text", "text": "Hm.", "format": "unknown", "index": 0}]


def test_a_request_of_the_hub_comes_back_whole() -> None:
    there = TRANSLATOR.request_from_chat(copy.deepcopy(CHAT), Brief("openai"))
    assert TRANSLATOR.request_to_chat(there, Brief()) == CHAT


@pytest.mark.parametrize("summary", [None, "auto"])
@pytest.mark.parametrize("details", [SIGNED, GEMINI, PLAIN], ids=["anthropic", "gemini", "plain"])
@pytest.mark.parametrize("is_stream", [False, True])
def test_thoughts_come_back_as_they_were(details: list[Json], summary: str | None, *, is_stream: bool) -> None:
    turn = Turn(ID, 1, "m", {"input": "Hi", "reasoning": {"summary": summary}}, {})
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    if is_stream:
        machine = TRANSLATOR.stream_from_chat(turn)
        for detail in copy.deepcopy(details):
            machine.feed([{"choices": [{"index": 0, "delta": {"reasoning_details": [detail]}}]}])
        machine.feed([{"choices": [{"index": 0, "delta": {"content": "A", "tool_calls": [{"index": 0, **call}]}}]}])
        machine.finish()
        response = as_object(machine.response)  # type: ignore[attr-defined]  # this format's own
    else:
        message = {"content": "A", "reasoning_details": copy.deepcopy(details), "tool_calls": [call]}
        response = TRANSLATOR.reply_from_chat({"choices": [{"message": message, "finish_reason": "stop"}]}, turn)
    asked: Json = {"model": "m", "input": [{"role": "user", "content": "Hi"}, *as_list(response["output"])]}
    said = as_object(as_list(TRANSLATOR.request_to_chat(asked, Brief())["messages"])[1])
    assert [_without_id(each) for each in as_list(said["reasoning_details"])] == [_without_id(each) for each in details]
    assert said["content"] == "A"
    assert said["tool_calls"] == [call]


def _without_id(detail: object) -> Json:
    """Items have ids of their own, which plain thoughts get too."""
    found = as_object(detail)
    return found if found.get("format") != "unknown" else {n: v for n, v in found.items() if n != "id"}


@pytest.mark.parametrize(
    "case",
    [c for c in all_cases() if str(c).startswith("openai_responses_to_chat/") and c.has("request.json")],
    ids=str,
)
def test_a_request_is_left_as_it_was(case: object) -> None:
    """The answer repeats it."""
    request = case.read("request.json")  # type: ignore[attr-defined]  # a Case
    kept = copy.deepcopy(request)
    with suppress(CallerError):
        TRANSLATOR.request_to_chat(request, Brief())
    assert request == kept
