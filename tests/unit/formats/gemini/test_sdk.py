"""Google's own SDK reads what is made here, and what it writes is understood."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest
from google import genai
from google.genai import errors, types

from golden_cases import ID, ROOT, Case, all_cases
from torana.formats.gemini import TRANSLATOR
from torana.formats.gemini.counting import count_reply, count_request_to_chat
from torana.formats.json import Json
from torana.formats.translation import Brief, Turn

CASES = [case for case in all_cases() if case.translator is TRANSLATOR]
ANSWERS = [case for case in CASES if not case.is_to_chat]
REQUESTS_OUT = [case for case in ANSWERS if case.has("request.expected.json")]
BROKEN = "reply_of_the_wrong_types"
"""Of a provider that makes no sense: the SDK may refuse that."""
DETAILS: list[object] = [
    {"type": "reasoning.text", "text": "I add.", "signature": "EqQBCkYI/+", "format": "anthropic-claude-v1", "index": 0}
]


def turn(request: Json, chat: Json) -> Turn:
    return Turn(ID, 1_700_000_000, "claude", request, chat)


@pytest.mark.parametrize("case", [c for c in ANSWERS if c.has("reply.expected.json") and BROKEN not in str(c)], ids=str)
def test_a_reply_is_one_of_the_sdks(case: Case) -> None:
    reply = types.GenerateContentResponse.model_validate(case.read("reply.expected.json"))
    assert reply.candidates
    assert all(candidate.finish_reason for candidate in reply.candidates)


@pytest.mark.parametrize("case", [c for c in ANSWERS if (c.folder / "stream.expected.sse").exists()], ids=str)
def test_each_event_is_a_reply_of_the_sdks(case: Case) -> None:
    lines = (case.folder / "stream.expected.sse").read_text().splitlines()
    events = [json.loads(line.removeprefix("data: ")) for line in lines if line]
    check_events(events)


@pytest.mark.parametrize("case", [c for c in ANSWERS if (c.folder / "stream.expected.json").exists()], ids=str)
def test_each_element_of_an_array_is_a_reply_of_the_sdks(case: Case) -> None:
    check_events(json.loads((case.folder / "stream.expected.json").read_text()))


def check_events(events: list[Json]) -> None:
    replies = [types.GenerateContentResponse.model_validate(each) for each in events if "error" not in each]
    assert len(replies) >= len(events) - 1
    for error in events:
        if "error" in error:
            assert errors.APIError(503, error).message


@pytest.mark.parametrize("case", REQUESTS_OUT, ids=str)
def test_a_request_is_made_of_the_sdks_types(case: Case) -> None:
    expected = case.read("request.expected.json")
    assert isinstance(expected, dict)
    body = expected.get("body", {"contents": []})
    for content in body["contents"]:
        types.Content.model_validate(content)
    types.Content.model_validate(body.get("systemInstruction", {}))
    for tool in body.get("tools", []):
        types.Tool.model_validate(tool)
    types.ToolConfig.model_validate(body.get("toolConfig", {}))
    config = body.get("generationConfig", {})
    types.ImageConfig.model_validate(config.pop("imageConfig", {}))
    types.GenerationConfig.model_validate(config)


class Gateway:
    """What the SDK talks to: each request goes to the hub, and `answer` says what comes back from there."""

    def __init__(self, answer: Callable[[Json], Json | list[Json]]) -> None:
        self.chats: list[Json] = []
        self._answer = answer

    def handle(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        if request.url.path.endswith(":countTokens"):
            self.chats.append(count_request_to_chat(body, Brief()))
            return httpx.Response(200, json=count_reply(7))
        chat = TRANSLATOR.request_to_chat(body, Brief())
        self.chats.append(json.loads(json.dumps(chat)))
        answer = self._answer(chat)
        if isinstance(answer, dict):
            return httpx.Response(200, json=TRANSLATOR.reply_from_chat(answer, turn(body, chat)))
        machine = TRANSLATOR.stream_from_chat(turn(body, chat))
        return httpx.Response(200, content=machine.feed(answer) + machine.finish())

    def client(self) -> genai.Client:
        transport = httpx.MockTransport(self.handle)
        options = types.HttpOptions(base_url="http://gateway", httpx_client=httpx.Client(transport=transport))
        return genai.Client(api_key="AIza0123456789", http_options=options)


def completion(message: Json, reason: str = "stop") -> Json:
    return {"choices": [{"index": 0, "message": message, "finish_reason": reason}], "usage": {"prompt_tokens": 3}}


CALL: Json = {"id": "toolu_1", "type": "function", "function": {"name": "add", "arguments": '{"a":2,"b":2}'}}
ADD = types.Tool(
    function_declarations=[
        types.FunctionDeclaration(
            name="add",
            parameters=types.Schema(
                type=types.Type.OBJECT,
                properties={"a": types.Schema(type=types.Type.INTEGER), "b": types.Schema(type=types.Type.INTEGER)},
            ),
        )
    ]
)


def test_a_conversation_of_the_sdk_gives_other_providers_their_details_back() -> None:
    def answer(chat: Json) -> Json:
        if len(chat["messages"]) == 1:  # type: ignore[arg-type]  # JSON
            return completion({"content": None, "tool_calls": [CALL], "reasoning_details": DETAILS}, "tool_calls")
        return completion({"content": "4"})

    gateway = Gateway(answer)
    talk = gateway.client().chats.create(model="claude", config=types.GenerateContentConfig(tools=[ADD]))
    first = talk.send_message("2+2?")
    assert first.function_calls is not None
    call = first.function_calls[0]
    assert (call.id, call.name, call.args) == ("toolu_1", "add", {"a": 2, "b": 2})
    second = talk.send_message(
        types.Part(function_response=types.FunctionResponse(id=call.id, name="add", response={"output": "4"}))
    )
    assert second.text == "4"
    assert gateway.chats[1]["messages"] == [
        {"role": "user", "content": "2+2?"},
        {"role": "assistant", "content": None, "tool_calls": [CALL], "reasoning_details": DETAILS},
        {"role": "tool", "tool_call_id": "toolu_1", "content": "4"},
    ]


def test_a_streamed_conversation_gives_them_back_too() -> None:
    def answer(chat: Json) -> list[Json]:
        deltas: list[Json] = [{"reasoning_details": DETAILS}, {"content": "It "}, {"content": "is 4."}]
        chunks: list[Json] = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
        return [*chunks, {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}]

    gateway = Gateway(answer)
    talk = gateway.client().chats.create(model="claude")
    assert "".join(each.text or "" for each in talk.send_message_stream("2+2?")) == "It is 4."
    list(talk.send_message_stream("Sure?"))
    assert gateway.chats[1]["messages"] == [
        {"role": "user", "content": "2+2?"},
        {"role": "assistant", "content": "It is 4.", "reasoning_details": DETAILS},
        {"role": "user", "content": "Sure?"},
    ]


def test_the_sdk_raises_what_went_wrong_within_a_stream() -> None:
    error: Json = {"error": {"message": "cut", "type": "server_error", "code": "stream_cut"}, "choices": []}
    client = Gateway(lambda _: [{"choices": [{"index": 0, "delta": {"content": "Half"}}]}, error]).client()
    with pytest.raises(errors.APIError, match="cut"):
        list(client.models.generate_content_stream(model="claude", contents="Hi"))


def test_what_the_sdk_asks_for_is_understood() -> None:
    gateway = Gateway(lambda _: completion({"content": '{"a": 1}'}))
    config = types.GenerateContentConfig(
        system_instruction="Be terse.",
        temperature=0.5,
        stop_sequences=["END"],
        response_mime_type="application/json",
        response_schema={"type": "OBJECT", "properties": {"a": {"type": "INTEGER"}}, "required": ["a"]},
        thinking_config=types.ThinkingConfig(thinking_level=types.ThinkingLevel.LOW, include_thoughts=True),
        tool_config=types.ToolConfig(
            function_calling_config=types.FunctionCallingConfig(mode=types.FunctionCallingConfigMode.ANY)
        ),
        tools=[ADD],
    )
    image = types.Part.from_bytes(data=b"\xff\xfe\xfd", mime_type="image/png")
    gateway.client().models.generate_content(model="claude", contents=["What is this?", image], config=config)
    schema: Json = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    numbers: Json = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}}
    # The SDK writes base64 with `-` and `_`, which others do not read.
    url = "data:image/png;base64,//79"
    assert gateway.chats == [
        {
            "messages": [
                {"role": "system", "content": "Be terse."},
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "What is this?"},
                        {"type": "image_url", "image_url": {"url": url}},
                    ],
                },
            ],
            "tools": [{"type": "function", "function": {"name": "add", "parameters": numbers}}],
            "tool_choice": "required",
            "temperature": 0.5,
            "stop": ["END"],
            "response_format": {"type": "json_schema", "json_schema": {"name": "response", "schema": schema}},
            "reasoning": {"effort": "low", "enabled": True},
        }
    ]


def test_the_sdk_counts() -> None:
    gateway = Gateway(lambda _: [])
    assert gateway.client().models.count_tokens(model="claude", contents="Hi").total_tokens == 7
    assert gateway.chats == [{"messages": [{"role": "user", "content": "Hi"}]}]


def test_there_are_cases_to_check() -> None:
    assert ROOT.exists()
    assert len(REQUESTS_OUT) > 20
