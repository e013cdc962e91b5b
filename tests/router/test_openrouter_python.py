"""OpenRouter's own SDK for Python asks models through the router: nothing is changed but the base URL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from openrouter import components, errors

from router import market
from router.stage import Router, is_a, opened
from scripted import ScriptedUpstream
from scripted_answers import TEXT

MESSAGES = [{"role": "user", "content": "What is Cloudflare?"}]
WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "How the weather is.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
CITY: dict[str, Any] = {"type": "json_schema", "json_schema": {"name": "city", "strict": True, "schema": market.SCHEMA}}


@pytest.fixture(scope="module")
def client(router: Router) -> Iterator[Any]:
    with opened(router, router.key) as client:
        yield client


def test_chat(client: Any, requests: ScriptedUpstream) -> None:
    answer = client.chat.send(model="acme/oracle", messages=MESSAGES, temperature=0.5)
    assert is_a(answer, components.ChatResult)
    assert answer.id.startswith("gen-")
    assert answer.model == "acme/oracle"
    (choice,) = answer.choices
    assert (choice.message.role, choice.message.content, choice.finish_reason) == ("assistant", TEXT, "stop")
    (got,) = requests.requests
    assert json.loads(got.body)["model"] == "oracle-1"
    assert got.header("authorization") in {f"Bearer {market.STORED[name]}".encode() for name in ("openai", "groq")}


def test_usage_tells_the_cost_to_the_last_digit(client: Any) -> None:
    answer = client.chat.send(model="acme/oracle", messages=MESSAGES, provider={"only": ["openai"]})
    usage = answer.usage
    assert usage is not None
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (12, 5, 17)
    assert usage.prompt_tokens_details.cached_tokens == 4
    assert usage.completion_tokens_details.reasoning_tokens == 2
    assert (usage.cost, usage.is_byok) == (0.000022, False)
    details = usage.cost_details
    assert (details.upstream_inference_prompt_cost, details.upstream_inference_completions_cost) == (0.000012, 0.00001)
    assert details.upstream_inference_cost == usage.cost


def test_a_stream(client: Any) -> None:
    with client.chat.send(model="acme/oracle", messages=MESSAGES, stream=True) as events:
        chunks = list(events)
    assert all(is_a(chunk, components.ChatStreamChunk) for chunk in chunks)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == TEXT
    assert {chunk.choices[0].delta.role for chunk in chunks} == {"assistant"}
    assert len({chunk.id for chunk in chunks}) == 1
    last = chunks[-1]
    assert last.choices[0].finish_reason == "stop"
    assert [chunk.usage is not None for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert last.usage.total_tokens == 17
    assert last.usage.cost


@pytest.mark.parametrize("is_stream", [False, True])
def test_tools(client: Any, *, is_stream: bool) -> None:
    asked = {"model": "acme/oracle", "tools": [WEATHER], "tool_choice": "auto"}
    if is_stream:
        chunks = list(client.chat.send(messages=MESSAGES, stream=True, **asked))
        deltas = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()]
        (id_,) = [call.id for call in deltas if call.id]
        name = "".join(call.function.name or "" for call in deltas)
        arguments = "".join(call.function.arguments or "" for call in deltas)
        assert chunks[-1].choices[0].finish_reason == "tool_calls"
    else:
        choice = client.chat.send(messages=MESSAGES, **asked).choices[0]
        (call,) = choice.message.tool_calls
        id_, name, arguments = call.id, call.function.name, call.function.arguments
        assert choice.finish_reason == "tool_calls"
    assert (name, arguments) == ("weather", market.ARGUMENTS)
    called = {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}}
    conversation = [
        *MESSAGES,
        {"role": "assistant", "content": None, "tool_calls": [called]},
        {"role": "tool", "tool_call_id": id_, "content": "It rains."},
    ]
    assert client.chat.send(messages=conversation, **asked).choices[0].message.content == TEXT


def test_a_json_schema(client: Any, requests: ScriptedUpstream) -> None:
    answer = client.chat.send(model="acme/oracle", messages=MESSAGES, response_format=CITY)
    assert json.loads(answer.choices[0].message.content) == {"city": "Lisbon", "population": 545000}
    assert json.loads(requests.requests[0].body)["response_format"]["json_schema"]["schema"] == market.SCHEMA


def test_reasoning_is_shown_and_goes_back(client: Any, requests: ScriptedUpstream) -> None:
    asked = {"model": "acme/thinker", "reasoning": {"effort": "high"}}
    message = client.chat.send(messages=MESSAGES, **asked).choices[0].message
    assert (message.content, message.reasoning) == (TEXT, market.THOUGHT)
    (detail,) = message.reasoning_details
    assert is_a(detail, components.ReasoningDetailText)
    assert detail.text == market.THOUGHT
    said = message.model_dump(by_alias=True, exclude_unset=True)
    following = client.chat.send(messages=[*MESSAGES, said, {"role": "user", "content": "Go on"}], **asked)
    assert following.choices[0].message.content == TEXT
    assert json.loads(requests.requests[-1].body)["messages"][1]["content"] == TEXT


def test_reasoning_in_a_stream(client: Any) -> None:
    chunks = list(client.chat.send(model="acme/thinker", messages=MESSAGES, reasoning={"effort": "low"}, stream=True))
    deltas = [chunk.choices[0].delta for chunk in chunks]
    assert "".join(delta.reasoning or "" for delta in deltas) == market.THOUGHT
    assert [detail.text for delta in deltas for detail in delta.reasoning_details or ()] == [market.THOUGHT]


def test_who_wants_to_know_the_way_is_told(client: Any) -> None:
    way = client.chat.send(
        model="acme/spare", messages=MESSAGES, provider={"sort": "price"}, x_open_router_metadata="enabled"
    ).openrouter_metadata
    assert is_a(way, components.OpenRouterMetadata)
    assert (way.requested, way.strategy, way.attempt, way.is_byok) == ("acme/spare", "direct", 2, False)
    assert [(one.provider, one.status) for one in way.attempts] == [("Mistral", 503), ("Groq", 200)]
    assert {one.provider: one.selected for one in way.endpoints.available} == {"Mistral": False, "Groq": True}


def test_models_stand_in_for_one_another(client: Any) -> None:
    answer = client.chat.send(models=["acme/busy", "acme/oracle"], messages=MESSAGES)
    assert answer.model == "acme/oracle"
    assert client.chat.send(model="tests/chat", messages=MESSAGES).model == "acme/oracle"
    assert client.chat.send(model="acme/oracle:floor", messages=MESSAGES).choices[0].message.content == TEXT


def test_a_model_of_another_format_answers_in_this_one(client: Any, requests: ScriptedUpstream) -> None:
    answer = client.chat.send(model="acme/sage", messages=MESSAGES)
    assert answer.choices[0].message.content == TEXT
    assert answer.usage.cost == 0.000111
    (got,) = requests.requests
    assert got.path == "/anthropic/v1/messages"
    assert got.header("x-api-key") == market.STORED["anthropic"].encode()
    chunks = list(client.chat.send(model="acme/sage", messages=MESSAGES, stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == TEXT


@pytest.mark.parametrize("model", ["acme/oracle", "acme/sage"])
def test_responses(client: Any, model: str) -> None:
    answer = client.responses.send(model=model, input="What is Cloudflare?")
    assert is_a(answer, components.OpenResponsesResult)
    assert (answer.status, answer.model, answer.object) == ("completed", model, "response")
    (item,) = answer.output
    assert item.content[0].text == TEXT
    assert answer.usage.total_tokens == 17
    assert answer.usage.cost
    assert answer.usage.cost_details.upstream_inference_cost == answer.usage.cost


def test_a_stream_of_responses(client: Any) -> None:
    events = list(client.responses.send(model="acme/oracle", input="What is Cloudflare?", stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == TEXT
    assert (events[0].type, events[-1].type) == ("response.created", "response.completed")
    assert events[-1].response.usage.cost


def test_a_tool_in_responses(client: Any) -> None:
    tool = {"type": "function", "name": "weather", "parameters": WEATHER["function"]["parameters"]}
    answer = client.responses.send(model="acme/oracle", input="How is the weather?", tools=[tool])
    (call,) = answer.output
    assert (call.type, call.name, call.arguments) == ("function_call", "weather", market.ARGUMENTS)


def test_responses_keep_nothing(client: Any) -> None:
    with pytest.raises(errors.BadRequestResponseError, match="previous_response_id"):
        client.responses.send(model="acme/oracle", input="And then?", previous_response_id="resp_1")


def test_a_key_that_is_not_there(router: Router) -> None:
    with (
        opened(router, router.stranger) as stranger,
        pytest.raises(errors.UnauthorizedResponseError) as refused,
    ):
        stranger.chat.send(model="acme/oracle", messages=MESSAGES)
    assert (refused.value.status_code, refused.value.data.error.code) == (401, 401)


def test_a_key_for_management_asks_no_models(router: Router) -> None:
    with (
        opened(router, router.manager) as manager,
        pytest.raises(errors.UnauthorizedResponseError, match="management"),
    ):
        manager.chat.send(model="acme/oracle", messages=MESSAGES)


def test_more_than_the_account_has(client: Any) -> None:
    with pytest.raises(errors.PaymentRequiredResponseError, match="more credits, or fewer max_tokens") as refused:
        client.chat.send(model="acme/dear", messages=MESSAGES, max_tokens=9_000)
    error: Any = refused.value.data.error
    assert (error.code, error.metadata["limit_source"]) == (402, "openrouter_credits")


def test_a_key_at_its_limit(router: Router) -> None:
    with (
        opened(router, router.poor) as poor,
        pytest.raises(errors.ForbiddenResponseError, match="Key limit exceeded") as refused,
    ):
        poor.chat.send(model="acme/oracle", messages=MESSAGES)
    error: Any = refused.value.data.error
    assert (error.code, error.metadata["limit_source"]) == (403, "openrouter_key_limit")


def test_what_nobody_may_serve(client: Any) -> None:
    with pytest.raises(errors.NotFoundResponseError, match="No allowed providers are available") as refused:
        client.chat.send(model="acme/oracle", messages=MESSAGES, provider={"only": ["anthropic"]})
    assert refused.value.data.error.code == 404
    with pytest.raises(errors.BadRequestResponseError, match="acme/nothing is not a valid model ID"):
        client.chat.send(model="acme/nothing", messages=MESSAGES)


def test_a_provider_that_is_busy(client: Any) -> None:
    with pytest.raises(errors.TooManyRequestsResponseError) as refused:
        client.chat.send(model="acme/busy", messages=MESSAGES)
    assert refused.value.headers["retry-after"] == str(market.RETRY_AFTER_S)
    metadata: Any = refused.value.data.error.metadata
    assert (metadata["provider_name"], metadata["error_type"]) == ("OpenAI", "rate_limit_exceeded")
    assert "rate-limited upstream" in metadata["raw"]


def test_a_provider_that_fails(client: Any) -> None:
    with pytest.raises(errors.BadGatewayResponseError, match="Provider returned error") as refused:
        client.chat.send(model="acme/fickle", messages=MESSAGES)
    error: Any = refused.value.data.error
    assert error.metadata["provider_name"] == "OpenAI"


def test_a_stream_that_breaks_says_so(client: Any) -> None:
    chunks = list(client.chat.send(model="acme/fickle", messages=MESSAGES, stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "Cloudflare is "
    broken = [chunk.error for chunk in chunks if chunk.error]
    assert len(broken) == 1
    assert "the engine stopped" in broken[0].message
    assert chunks[-1].choices[0].finish_reason == "error"
