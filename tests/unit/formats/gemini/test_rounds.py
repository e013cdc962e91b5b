"""From the hub to Gemini and back, and the other way round: what both can say stays as it was."""

from __future__ import annotations

import copy
import json
from base64 import b64decode, b64encode, urlsafe_b64encode

from hypothesis import given
from hypothesis import strategies as st

from golden_cases import ID
from torana.formats.gemini import TRANSLATOR
from torana.formats.gemini.signatures import unwrap, wrap
from torana.formats.json import Json
from torana.formats.translation import Brief, Turn

GEMINI = "google-gemini-v1"
ANTHROPIC = "anthropic-claude-v1"


def there_and_back(chat: Json) -> Json:
    brief = Brief("google-ai-studio")
    body = TRANSLATOR.request_from_chat(copy.deepcopy(chat), brief)
    assert not brief.dropped
    made = TRANSLATOR.request_to_chat(json.loads(json.dumps(body)), brief)
    assert not brief.dropped
    return made


def test_a_conversation_of_an_agent_comes_back_as_it_was() -> None:
    call: Json = {"id": "a1", "type": "function", "function": {"name": "look", "arguments": '{"at":"Paris"}'}}
    chat: Json = {
        "messages": [
            {"role": "system", "content": "Be terse."},
            {"role": "user", "content": [{"type": "text", "text": "See"}, image("image/png")]},
            {
                "role": "assistant",
                "content": "Let me look.",
                "reasoning": "I must look.",
                "reasoning_details": [
                    {"type": "reasoning.text", "text": "I must look.", "format": GEMINI, "index": 0},
                    {"type": "reasoning.encrypted", "data": "c2ln", "format": GEMINI, "index": 1, "id": "a1"},
                ],
                "tool_calls": [call, {**call, "id": "a2"}],
            },
            {"role": "tool", "tool_call_id": "a1", "content": '{"sky":"clear"}'},
            {"role": "tool", "tool_call_id": "a2", "content": "no", "is_error": True},
            {"role": "assistant", "content": "It is clear.", "images": [image("image/webp")]},
            {"role": "user", "content": "Thanks."},
        ],
        "tools": [{"type": "function", "function": {"name": "look", "description": "Looks.", "parameters": SCHEMA}}],
        "tool_choice": {"type": "function", "function": {"name": "look"}},
        "max_completion_tokens": 9,
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 4,
        "seed": 1,
        "n": 2,
        "stop": ["END"],
        "presence_penalty": 0.5,
        "frequency_penalty": 0.25,
        "logprobs": True,
        "top_logprobs": 2,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "response", "schema": SCHEMA, "strict": True},
        },
        "reasoning": {"max_tokens": 2048, "enabled": True},
        "modalities": ["text", "image"],
        "web_search_options": {},
        "service_tier": "priority",
    }
    assert there_and_back(chat) == chat


SCHEMA: Json = {
    "type": "object",
    "properties": {"at": {"type": "string"}},
    "required": ["at"],
    "additionalProperties": False,
}


def image(kind: str) -> Json:
    return {"type": "image_url", "image_url": {"url": f"data:{kind};base64,aGk="}}


def answered(message: Json) -> Json:
    reply: Json = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    return TRANSLATOR.reply_from_chat(reply, Turn(ID, 1, "m", {"contents": []}, {}))


def given_back(reply: Json) -> Json:
    """The message that a client makes of an answer when it goes on."""
    contents = [{"role": "user", "parts": [{"text": "Hi"}]}, reply["candidates"][0]["content"]]  # type: ignore[index]
    chat = TRANSLATOR.request_to_chat({"contents": json.loads(json.dumps(contents))}, Brief())
    return chat["messages"][1]  # type: ignore[index,no-any-return]  # JSON


details = st.lists(
    st.fixed_dictionaries(
        {"type": st.just("reasoning.text"), "format": st.sampled_from([ANTHROPIC, "openai-responses-v1", "unknown"])},
        optional={"text": st.text(max_size=20), "signature": st.text(max_size=9), "id": st.text(max_size=5)},
    )
    | st.fixed_dictionaries(
        {"type": st.just("reasoning.encrypted"), "data": st.text(max_size=30), "format": st.just(ANTHROPIC)}
    ),
    min_size=1,
    max_size=4,
)


@given(details, st.booleans())
def test_details_of_other_providers_come_back_unchanged(given_details: list[Json], has_call: bool) -> None:  # noqa: FBT001  # a property's
    message: Json = {"content": "4", "reasoning_details": copy.deepcopy(given_details)}
    if has_call:
        message["tool_calls"] = [{"id": "t1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    back = given_back(answered(message))
    assert back["reasoning_details"] == given_details
    assert back["content"] == "4"
    assert "reasoning" not in back


@given(details)
def test_a_signature_that_was_written_anew_is_still_read(given_details: list[Json]) -> None:
    """SDKs decode it, and encode it in the alphabet that they like, with or without its padding."""
    wrapped = wrap(given_details)
    plain = b64decode(wrapped, altchars=b"-_")
    for written in (wrapped, b64encode(plain).decode(), urlsafe_b64encode(plain).decode().rstrip("=")):
        assert unwrap(written) == given_details


@given(st.text(max_size=40))
def test_what_was_not_sealed_here_is_googles_own(signature: str) -> None:
    assert unwrap(signature) is None
    assert unwrap("dG9yYW5hMS" + signature) in (None, [])


def test_googles_own_signatures_keep_their_parts() -> None:
    parts: list[object] = [
        {"text": "Hm.", "thought": True, "thoughtSignature": "dGg="},
        {"text": "So:", "thoughtSignature": "dHh0"},
        {"inlineData": {"mimeType": "image/png", "data": "aGk="}, "thoughtSignature": "aW1n"},
        {"functionCall": {"id": "a1", "name": "f", "args": {"x": [1, {"y": None}]}}, "thoughtSignature": "Y2Fs"},
        {"functionCall": {"id": "a2", "name": "f", "args": {}}},
    ]
    reply: Json = {
        "candidates": [{"content": {"parts": copy.deepcopy(parts), "role": "model"}, "finishReason": "STOP"}]
    }
    told = TRANSLATOR.reply_to_chat(reply, Turn(ID, 1, "m", {}, {}))
    message = told["choices"][0]["message"]  # type: ignore[index]  # JSON
    chat: Json = {"model": "gemini-3-pro-preview", "messages": [{"role": "user", "content": "Hi"}, message]}
    body = TRANSLATOR.request_from_chat(chat, Brief("google-ai-studio"))
    assert body["contents"][1]["parts"] == parts  # type: ignore[index]  # JSON


def test_a_streams_pieces_are_one_turn_when_they_come_back() -> None:
    pieces: list[list[Json]] = [
        [{"text": "Hm", "thought": True}],
        [{"text": "It "}],
        [{"text": "is 4."}],
        [{"text": "", "thoughtSignature": "c2ln"}],
    ]
    contents = [{"role": "model", "parts": parts} for parts in pieces]
    chat = TRANSLATOR.request_to_chat({"contents": [{"parts": [{"text": "Hi"}]}, *contents]}, Brief())
    assert chat["messages"] == [
        {"role": "user", "content": "Hi"},
        {
            "role": "assistant",
            "content": "It is 4.",
            "reasoning": "Hm",
            "reasoning_details": [
                {"type": "reasoning.text", "text": "Hm", "format": GEMINI, "index": 0},
                {"type": "reasoning.encrypted", "data": "c2ln", "format": GEMINI, "index": 1},
            ],
        },
    ]
