"""OpenRouter's own SDK for TypeScript and its provider for the AI SDK ask models through the router."""

from __future__ import annotations

import json
from typing import Any

import pytest

from router import market
from router.stage import Router
from scripted_answers import TEXT

STATUSES = {"stranger": 401, "dear": 402, "poor": 403, "nobody": 404, "unknown": 400, "busy": 429, "down": 502}
NAMES = {
    "stranger": "UnauthorizedResponseError",
    "dear": "PaymentRequiredResponseError",
    "poor": "ForbiddenResponseError",
    "nobody": "NotFoundResponseError",
    "unknown": "BadRequestResponseError",
    "busy": "TooManyRequestsResponseError",
    "down": "BadGatewayResponseError",
}

pytestmark = pytest.mark.node


@pytest.fixture(scope="module")
def sdk(router: Router) -> Any:
    return router.node("router-sdk.mjs")


@pytest.fixture(scope="module")
def ai(router: Router) -> Any:
    return router.node("router-ai-sdk.mjs")


@pytest.mark.parametrize("name", ["whole", "other"])
def test_the_sdk_reads_answers(sdk: Any, name: str) -> None:
    answer = sdk[name]
    assert answer["id"].startswith("gen-")
    (choice,) = answer["choices"]
    assert (choice["message"]["content"], choice["finishReason"]) == (TEXT, "stop")
    assert answer["usage"]["cost"] == (0.000022 if name == "whole" else 0.000111)
    assert answer["usage"]["costDetails"]["upstreamInferenceCost"] == answer["usage"]["cost"]
    assert answer["openrouterMetadata"]["attempts"][0]["status"] == 200


def test_the_sdk_reads_schemas_tools_and_thoughts(sdk: Any) -> None:
    assert json.loads(sdk["schema"]["choices"][0]["message"]["content"])["city"] == "Lisbon"
    (call,) = sdk["tools"]["choices"][0]["message"]["toolCalls"]
    assert call["function"] == {"name": "weather", "arguments": market.ARGUMENTS}
    message = sdk["thought"]["choices"][0]["message"]
    assert (message["reasoning"], message["reasoningDetails"][0]["text"]) == (market.THOUGHT, market.THOUGHT)


def test_the_sdk_reads_streams(sdk: Any) -> None:
    assert (sdk["streamed"]["text"], sdk["streamed"]["finish"]) == (TEXT, "stop")
    assert sdk["streamed"]["usage"]["totalTokens"] == 17
    assert (sdk["streamedThought"]["reasoning"], sdk["streamedThought"]["text"]) == (market.THOUGHT, TEXT)
    (call,) = sdk["streamedTools"]["calls"]
    assert call["function"]["arguments"] == market.ARGUMENTS
    assert sdk["streamedTools"]["finish"] == "tool_calls"


def test_the_sdk_hears_of_a_stream_that_breaks(sdk: Any) -> None:
    broken = sdk["broken"]
    assert (broken["text"], broken["finish"]) == ("Cloudflare is ", "error")
    assert broken["error"]["message"] == "the engine stopped"
    assert broken["error"]["metadata"]["errorType"] == "provider_unavailable"


def test_the_sdk_reads_responses(sdk: Any) -> None:
    answer = sdk["response"]
    assert (answer["status"], answer["output"][0]["content"][0]["text"]) == ("completed", TEXT)
    assert answer["usage"]["costDetails"]["upstreamInferenceCost"] == answer["usage"]["cost"] > 0
    events = sdk["events"]
    assert "".join(each["delta"] for each in events if each["type"] == "response.output_text.delta") == TEXT
    assert events[-1]["response"]["usage"]["cost"] > 0


@pytest.mark.parametrize("name", NAMES)
def test_the_sdk_tells_errors_apart(sdk: Any, name: str) -> None:
    failure = sdk["failures"][name]
    assert (failure["name"], failure["status"]) == (NAMES[name], STATUSES[name])
    assert failure["error"]["code"] == STATUSES[name]


@pytest.mark.parametrize("name", ["whole", "sage", "streamed"])
def test_the_ai_sdk_reads_answers(ai: Any, name: str) -> None:
    answer = ai[name]
    assert answer["text"] == TEXT
    assert (answer["usage"]["inputTokens"], answer["usage"]["outputTokens"]) == (12, 5)
    told = answer["openrouter"]
    assert told["provider"] in {"OpenAI", "Groq", "Anthropic"}
    assert told["usage"]["cost"] == told["usage"]["costDetails"]["upstreamInferenceCost"] > 0


def test_the_ai_sdk_reads_thoughts(ai: Any) -> None:
    assert (ai["thought"]["reasoningText"], ai["thought"]["text"]) == (market.THOUGHT, TEXT)
    assert (ai["streamedThought"]["reasoning"], ai["streamedThought"]["text"]) == (market.THOUGHT, TEXT)
    assert ai["streamedThought"]["openrouter"]["reasoning_details"][0]["text"] == market.THOUGHT


def test_the_ai_sdk_calls_tools_and_fills_schemas(ai: Any) -> None:
    assert (ai["tools"]["text"], ai["tools"]["steps"]) == (TEXT, 2)
    assert ai["tools"]["asked"] == [{"city": "Lisbon"}]
    assert ai["object"] == json.loads(market.JSON)


def test_the_ai_sdk_hears_of_a_stream_that_breaks(ai: Any) -> None:
    assert (ai["broken"]["text"], ai["broken"]["finish"]) == ("Cloudflare is ", "error")
    assert ai["broken"]["error"] == "the engine stopped"


@pytest.mark.parametrize("name", ["stranger", "dear", "poor", "nobody", "busy", "down"])
def test_the_ai_sdk_tells_errors_apart(ai: Any, name: str) -> None:
    failure = ai["failures"][name]
    assert (failure["name"], failure["status"]) == ("AI_APICallError", STATUSES[name])
    assert failure["message"]
