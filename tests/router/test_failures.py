"""What callers of each format are told when a request fails, over real sockets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from router import market
from router.stage import Router
from scripted import Answer, ScriptedUpstream
from scripted_answers import sse

HI = [{"role": "user", "content": "What is Cloudflare?"}]
BODIES: dict[str, dict[str, object]] = {
    "chat/completions": {"messages": HI},
    "messages": {"messages": HI, "max_tokens": 9},
    "responses": {"input": "What is Cloudflare?"},
}
BUSY = {
    "error_type": "rate_limit_exceeded",
    "limit_source": "upstream_provider_shared_pool",
    "provider_error_code": "upstream_429",
    "provider_name": "OpenAI",
    "is_byok": False,
}


@pytest.fixture(scope="module")
def http(router: Router) -> Iterator[httpx.Client]:
    headers = {"authorization": f"Bearer {router.key}"}
    with httpx.Client(base_url=router.url, headers=headers, trust_env=False, timeout=60) as client:
        yield client


def events(answer: httpx.Response) -> list[Any]:
    lines = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def asked(http: httpx.Client, path: str, model: str, **more: object) -> httpx.Response:
    return http.post(path, json={**BODIES[path], "model": model, **more})


@pytest.mark.parametrize("is_stream", [False, True])
@pytest.mark.parametrize("path", list(BODIES))
def test_a_provider_that_is_busy(http: httpx.Client, path: str, *, is_stream: bool) -> None:
    """Before anything was said, a stream's caller gets a status too."""
    answer = asked(http, path, "acme/busy", stream=is_stream)
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == str(market.RETRY_AFTER_S)
    assert answer.headers["x-generation-id"].startswith("gen-")
    error = answer.json()["error"]
    assert BUSY.items() <= error["metadata"].items()
    assert error["availability"]["code"] == "capacity_exhausted"
    assert error["availability"]["retryable"] is True
    assert error["availability"]["retry_after"] == market.RETRY_AFTER_S
    if path == "messages":
        assert answer.json()["type"] == "error"
        assert (error["type"], error["error_type"]) == ("rate_limit_error", "rate_limit_exceeded")
        assert answer.json()["request_id"] == answer.headers["x-generation-id"]
    else:
        assert error["code"] == 429


def test_a_stream_that_breaks_is_an_error_in_each_format(http: httpx.Client, upstream: ScriptedUpstream) -> None:
    begun = {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "Cloudflare "}
    failed = {"type": "error", "code": "server_error", "message": "the engine stopped", "sequence_number": 2}
    pieces = [b"data: " + json.dumps(each).encode() + b"\n\n" for each in (begun, failed)]
    upstream.script(lambda got: got.path.endswith("/responses") and b"broken-1" in got.body, sse(pieces))
    last: dict[str, Any] = {}
    for path in BODIES:
        answer = asked(http, path, "acme/fickle", stream=True)
        assert answer.status_code == 200, path
        last[path] = events(answer)[-1]
        assert answer.headers["x-generation-id"] in answer.text
    chat = last["chat/completions"]
    assert chat["choices"][0]["finish_reason"] == "error"
    assert (chat["error"]["code"], chat["error"]["metadata"]["error_type"]) == (502, "provider_unavailable")
    assert (last["messages"]["type"], last["messages"]["error"]["error_type"]) == ("error", "provider_unavailable")
    assert (last["responses"]["type"], last["responses"]["error_type"]) == ("response.failed", "provider_unavailable")
    assert last["responses"]["response"]["error"]["code"] == "server_error"


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("path", list(BODIES))
def test_a_bad_key_of_the_operators_is_no_fault_of_the_callers(
    http: httpx.Client, upstream: ScriptedUpstream, path: str, status: int
) -> None:
    said = {"error": {"message": "Incorrect API key provided: sk-proj-st*****89", "code": "invalid_api_key"}}
    refusal = Answer(status=status, headers=[(b"Content-Type", b"application/json")], body=json.dumps(said).encode())
    upstream.script(lambda got: b"thinker-1" in got.body and b"refuse me" in got.body, refusal)
    body = {**BODIES[path], "model": "acme/thinker"}
    question: Any = json.loads(json.dumps(body).replace("What is Cloudflare?", "refuse me"))
    answer = http.post(path, json=question)
    assert answer.status_code == 502
    assert "sk-proj" not in answer.text
    assert "invalid_api_key" not in answer.text
    assert answer.json()["error"]["metadata"]["provider_error_code"] == f"upstream_{status}"


@pytest.mark.parametrize("path", list(BODIES))
def test_a_model_that_there_is_not(http: httpx.Client, path: str) -> None:
    answer = asked(http, path, "acme/nothing")
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["message"] == "acme/nothing is not a valid model ID"
    assert error["availability"]["code"] == "model_not_found"


@pytest.mark.parametrize("path", list(BODIES))
def test_a_policy_that_leaves_nobody_is_no_missing_model(http: httpx.Client, path: str) -> None:
    answer = asked(http, path, "acme/oracle", provider={"zdr": True})
    assert answer.status_code == 404
    availability = answer.json()["error"]["availability"]
    assert availability["code"] == "privacy_restricted"
    assert availability["excluded_by"] == ["data_policy:zdr"]


@pytest.mark.parametrize("path", list(BODIES))
@pytest.mark.parametrize(
    ("more", "about"),
    [({"session_id": "x" * 300}, "session_id"), ({"plugins": "web"}, "plugins"), ({"temperature": 9}, "temperature")],
)
def test_what_is_wrong_with_a_request_is_named(
    http: httpx.Client, requests: ScriptedUpstream, path: str, more: dict[str, object], about: str
) -> None:
    answer = asked(http, path, "acme/oracle", **more)
    assert answer.status_code == 400
    assert about in answer.json()["error"]["message"]
    assert not requests.requests


def test_what_is_the_routers_never_goes_upstream(http: httpx.Client, requests: ScriptedUpstream) -> None:
    more = {
        "provider": {"only": ["groq"]},
        "session_id": "s-1",
        "trace": {"trace_id": "t"},
        "user": "me@example.com",
        "route": "fallback",
        "usage": {"include": True},
    }
    for path in BODIES:
        answer = asked(http, path, "acme/oracle", **more)
        assert answer.status_code == 200, path
        assert answer.json().get("user") == ("me@example.com" if path == "responses" else None)
    for got in requests.requests:
        sent = json.loads(got.body)
        assert not {"provider", "session_id", "trace", "route", "usage", "models", "plugins"} & sent.keys()
        assert b"me@example.com" not in got.body
        assert sent["user"]
