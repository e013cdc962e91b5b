"""OpenAI's and Anthropic's SDKs, LangChain and LiteLLM ask models through the router: the base URL alone is changed."""

from __future__ import annotations

import json
from typing import Any

import anthropic
import openai
import pytest

from router import market
from router.stage import Router, asking
from scripted_answers import TEXT

MESSAGES: Any = [{"role": "user", "content": "What is Cloudflare?"}]
WEATHER: Any = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS: Any = [{"type": "function", "function": {"name": "weather", "parameters": WEATHER}}]
CITY: Any = {"type": "json_schema", "json_schema": {"name": "city", "strict": True, "schema": market.SCHEMA}}
ANTHROPIC: Any = {"only": ["anthropic"]}
FAILURES: dict[str, dict[str, Any]] = {
    "stranger": {"model": "acme/oracle"},
    "dear": {"model": "acme/dear", "max_tokens": 9_000},
    "poor": {"model": "acme/oracle"},
    "nobody": {"model": "acme/oracle", "extra_body": {"provider": ANTHROPIC}},
    "busy": {"model": "acme/busy"},
    "down": {"model": "acme/fickle"},
}
STATUSES = {"stranger": 401, "dear": 402, "poor": 403, "nobody": 404, "busy": 429, "down": 502}


def of_openai(router: Router, key: str = "") -> openai.OpenAI:
    return openai.OpenAI(api_key=key or router.key, base_url=router.url, max_retries=0)


def of_anthropic(router: Router, key: str = "") -> anthropic.Anthropic:
    base = router.url.removesuffix("/v1")
    return anthropic.Anthropic(auth_token=key or router.key, api_key=None, base_url=base, max_retries=0)


def test_openais_sdk_chats(router: Router) -> None:
    client = of_openai(router)
    answer: Any = client.chat.completions.create(
        model="acme/oracle", messages=MESSAGES, extra_body={"provider": {"only": ["openai"]}}
    )
    assert answer.choices[0].message.content == TEXT
    assert answer.id.startswith("gen-")
    assert (answer.provider, answer.usage.cost) == ("OpenAI", 0.000022)
    assert answer.usage.cost_details["upstream_inference_cost"] == 0.000022
    called: Any = client.chat.completions.create(model="acme/oracle", messages=MESSAGES, tools=TOOLS)
    assert called.choices[0].message.tool_calls[0].function.arguments == market.ARGUMENTS
    city = client.chat.completions.create(model="acme/oracle", messages=MESSAGES, response_format=CITY)
    assert city.choices[0].message.content == market.JSON
    thought: Any = client.chat.completions.create(model="acme/thinker", messages=MESSAGES, reasoning_effort="high")
    assert (thought.choices[0].message.reasoning, thought.choices[0].message.content) == (market.THOUGHT, TEXT)


def test_openais_sdk_streams(router: Router) -> None:
    text, usage = "", None
    with of_openai(router).chat.completions.create(model="acme/sage", messages=MESSAGES, stream=True) as chunks:
        for chunk in chunks:
            text += chunk.choices[0].delta.content or ""
            usage = chunk.usage or usage
    assert text == TEXT
    assert usage is not None
    assert usage.total_tokens == 17


@pytest.mark.parametrize("model", ["acme/oracle", "acme/sage"])
def test_openais_sdk_completes_and_responds(router: Router, model: str) -> None:
    client = of_openai(router)
    assert client.completions.create(model=model, prompt="What is Cloudflare?").choices[0].text == TEXT
    assert client.responses.create(model=model, input="What is Cloudflare?").output_text == TEXT
    with client.responses.stream(model=model, input="What is Cloudflare?") as events:
        assert events.get_final_response().output_text == TEXT


def test_openais_sdk_embeds_and_lists_models(router: Router) -> None:
    client = of_openai(router)
    made = client.embeddings.create(model="acme/vector", input="hi", encoding_format="float")
    assert made.data[0].embedding == [0.25, -0.5, 0.75]
    assert {"acme/oracle", "tests/chat"} <= {model.id for model in client.models.list()}


def test_openais_sdk_hears_of_a_stream_that_breaks(router: Router) -> None:
    chunks = of_openai(router).chat.completions.create(model="acme/fickle", messages=MESSAGES, stream=True)
    assert [next(chunks).choices[0].delta.content for _ in range(2)] == ["Cloudflare ", "is "]
    with pytest.raises(openai.APIError, match="the engine stopped"):
        next(chunks)


@pytest.mark.parametrize("name", FAILURES)
def test_openais_sdk_tells_errors_apart(router: Router, name: str) -> None:
    client = of_openai(router, {"stranger": router.stranger, "poor": router.poor}.get(name, ""))
    with pytest.raises(openai.APIStatusError) as refused:
        client.chat.completions.create(messages=MESSAGES, **FAILURES[name])
    assert refused.value.status_code == STATUSES[name]
    body: Any = refused.value.body
    assert body["code"] == STATUSES[name]


@pytest.mark.parametrize("model", ["acme/sage", "acme/oracle"])
def test_anthropics_sdk_chats(router: Router, model: str) -> None:
    client = of_anthropic(router)
    answer: Any = client.messages.create(model=model, max_tokens=1_000, messages=MESSAGES)
    assert (answer.content[0].text, answer.stop_reason, answer.model) == (TEXT, "end_turn", model)
    assert (answer.usage.input_tokens, answer.usage.cache_read_input_tokens) == (8, 4)
    assert answer.usage.cost > 0
    with client.messages.stream(model=model, max_tokens=1_000, messages=MESSAGES) as events:
        assert "".join(events.text_stream) == TEXT
        final: Any = events.get_final_message()
    assert final.usage.output_tokens == 5


def test_anthropics_sdk_calls_tools_and_reads_thoughts(router: Router) -> None:
    client = of_anthropic(router)
    tool: Any = {"name": "weather", "input_schema": WEATHER}
    called: Any = client.messages.create(model="acme/oracle", max_tokens=1_000, messages=MESSAGES, tools=[tool])
    assert (called.stop_reason, called.content[0].name, called.content[0].input) == (
        "tool_use",
        "weather",
        {"city": "Lisbon"},
    )
    asked: Any = {"type": "enabled", "budget_tokens": 1_024}
    thought: Any = client.messages.create(model="acme/thinker", max_tokens=3_000, messages=MESSAGES, thinking=asked)
    assert [(block.type, getattr(block, block.type)) for block in thought.content] == [
        ("thinking", market.THOUGHT),
        ("text", TEXT),
    ]


def test_anthropics_sdk_hears_of_a_stream_that_breaks(router: Router) -> None:
    with of_anthropic(router).messages.stream(model="acme/fickle", max_tokens=1_000, messages=MESSAGES) as events:
        assert [next(events.text_stream) for _ in range(2)] == ["Cloudflare ", "is "]
        with pytest.raises(anthropic.APIStatusError, match="the engine stopped"):
            next(events.text_stream)


@pytest.mark.parametrize("name", FAILURES)
def test_anthropics_sdk_tells_errors_apart(router: Router, name: str) -> None:
    client = of_anthropic(router, {"stranger": router.stranger, "poor": router.poor}.get(name, ""))
    with pytest.raises(anthropic.APIStatusError) as refused:
        client.messages.create(messages=MESSAGES, **({"max_tokens": 1_000} | FAILURES[name]))
    assert refused.value.status_code == STATUSES[name]
    body: Any = refused.value.body
    assert (body["type"], bool(body["error"]["message"])) == ("error", True)


@pytest.fixture(scope="module")
def js(router: Router) -> Any:
    return router.node("router-others.mjs")


@pytest.mark.node
def test_openais_sdk_for_javascript_works(js: Any) -> None:
    told = js["openai"]
    assert told["whole"]["choices"][0]["message"]["content"] == told["text"] == told["response"] == TEXT
    assert told["whole"]["usage"]["cost"] == 0.000022
    assert (told["streamed"]["text"], told["streamed"]["usage"]["total_tokens"]) == (TEXT, 17)
    assert (told["schema"], told["thought"]) == (market.JSON, market.THOUGHT)
    assert told["tools"][0]["function"]["arguments"] == market.ARGUMENTS
    assert (told["broken"]["text"], told["broken"]["error"]) == ("Cloudflare is ", "the engine stopped")


@pytest.mark.node
def test_anthropics_sdk_for_javascript_works(js: Any) -> None:
    told = js["anthropic"]
    assert told["whole"]["content"][0]["text"] == told["other"]["content"][0]["text"] == TEXT
    assert told["streamed"]["text"] == told["streamedOther"]["text"] == TEXT
    assert told["streamed"]["error"] is None
    assert told["streamed"]["usage"]["output_tokens"] == 5
    assert told["tools"][0]["input"] == {"city": "Lisbon"}
    assert [block["type"] for block in told["thought"]] == ["thinking", "text"]
    assert told["broken"]["text"] == "Cloudflare is "
    assert "the engine stopped" in told["broken"]["error"]


@pytest.mark.node
@pytest.mark.parametrize("client", ["openai", "anthropic"])
def test_javascript_tells_errors_apart(js: Any, client: str) -> None:
    assert {name: failure["status"] for name, failure in js[client]["failures"].items()} == STATUSES


@pytest.fixture(scope="module")
def langchain(router: Router) -> Any:
    return asking(router, "langchain")


def test_langchains_class_for_openrouter_works(langchain: Any) -> None:
    for name in ("whole", "streamed"):
        told = langchain[name]
        assert (told["text"], told["usage"]["total_tokens"]) == (TEXT, 17)
        assert told["told"]["cost"] > 0
    assert langchain["whole"]["usage"]["input_token_details"]["cache_read"] == 4
    assert langchain["tools"]["calls"][0]["args"] == {"city": "Lisbon"}
    assert langchain["object"] == json.loads(market.JSON)
    assert langchain["thought"]["more"]["reasoning_content"] == market.THOUGHT


def test_langchain_hears_of_failures(langchain: Any) -> None:
    """Of a stream that breaks by its finish reason: it looks for errors only in chunks without choices."""
    assert (langchain["broken"]["text"], langchain["broken"]["told"]["finish_reason"]) == ("Cloudflare is ", "error")
    found = {name: failure["status"] for name, failure in langchain["failures"].items()}
    assert found == {name: status for name, status in STATUSES.items() if name != "down"}


@pytest.fixture(scope="module")
def litellm(router: Router) -> Any:
    return asking(router, "litellm")


def test_litellm_works(litellm: Any) -> None:
    whole = litellm["whole"]
    assert whole["choices"][0]["message"]["content"] == litellm["streamed"]["text"] == TEXT
    assert (whole["usage"]["cost"], whole["provider"]) == (0.000022, "OpenAI")
    assert litellm["streamed"]["usage"]["cost"] > 0
    assert litellm["tools"]["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"] == market.ARGUMENTS
    assert litellm["object"] == json.loads(market.JSON)
    assert litellm["thought"]["choices"][0]["message"]["reasoning_content"] == market.THOUGHT


def test_litellm_hears_of_failures(litellm: Any) -> None:
    assert "the engine stopped" in litellm["broken"]["message"]
    assert {name: failure["status"] for name, failure in litellm["failures"].items()} == STATUSES
