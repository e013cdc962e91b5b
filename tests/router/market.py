"""The models of these tests, and an upstream that answers as what it is asked for would."""

from __future__ import annotations

import json

import msgspec
from msgspec import Struct

from scripted import Answer, Received
from scripted_answers import CREATED, TEXT, default_answer, sse

PARAMETERS = [
    "max_tokens",
    "temperature",
    "stop",
    "tools",
    "tool_choice",
    "response_format",
    "structured_outputs",
    "reasoning",
    "reasoning_effort",
    "include_reasoning",
]
STORED = {
    "openai": "sk-proj-stored-openai-0123456789",
    "groq": "gsk_storedgroq0123456789012345",
    "anthropic": "sk-ant-stored-anthropic-0123456789",
    "cohere": "stored-cohere-0123456789",
    "mistral": "stored-mistral-0123456789",
}
"""What the gateway keeps: the operator's keys, by provider."""
MOST = 16_384
"""Tokens that an answer may have at most."""
THOUGHT = "They ask for a company."
JSON = '{"city": "Lisbon", "population": 545000}'
SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "population": {"type": "integer"}},
    "required": ["city", "population"],
    "additionalProperties": False,
}
ARGUMENTS = '{"city": "Lisbon"}'
RETRY_AFTER_S = 7


def _at(provider: str, model: str, **price: float) -> dict[str, object]:
    return {"provider": provider, "model": model, "price": {"input": 1.0, "output": 2.0} | price}


def _model(slug: str, *endpoints: dict[str, object], **more: object) -> dict[str, object]:
    return {
        "id": f"acme/{slug}",
        "name": f"Acme: {slug.title()}",
        "context_length": 131_072,
        "supported_parameters": PARAMETERS,
        "endpoints": [{"max_completion_tokens": MOST} | endpoint for endpoint in endpoints],
        **more,
    }


OWN = {
    "models": [
        _model("oracle", _at("openai", "oracle-1"), _at("groq", "oracle-1", input=3.0, output=6.0)),
        _model("sage", _at("anthropic", "sage-1", input=3.0, output=15.0)),
        _model("thinker", _at("groq", "thinker-1")),
        _model("busy", _at("openai", "busy-1")),
        _model("fickle", _at("openai", "broken-1")),
        _model("dear", _at("openai", "oracle-1", input=1_000_000.0, output=1_000_000.0)),
        _model("spare", _at("mistral", "down-1", input=0.1, output=0.1), _at("groq", "oracle-1", input=9, output=9)),
        _model("vector", _at("openai", "vector-1"), output_modalities=["embeddings"], supported_parameters=[]),
        _model("ranker", _at("cohere", "ranker-1"), output_modalities=["rerank"], supported_parameters=[]),
    ],
    "aliases": {"tests/chat": "acme/oracle"},
    "hidden": ["x-ai/*"],
}


class _Asked(Struct):
    model: str = ""
    stream: bool = False
    messages: list[dict[str, object]] = []
    tools: list[object] = []
    response_format: dict[str, object] | None = None


def answer(received: Received) -> Answer:
    """As a provider would; models with a name that says so fail."""
    asked = msgspec.json.decode(received.body or b"{}", type=_Asked)
    if asked.model == "busy-1":
        return _json(
            {"error": {"message": "slow down", "type": "rate_limit_error", "code": "rate_limit_exceeded"}},
            status=429,
            headers=[(b"Retry-After", b"%d" % RETRY_AFTER_S)],
        )
    if asked.model == "down-1":
        return _json({"error": {"message": "out of order"}}, status=503)
    if received.path.endswith("/rerank"):
        ranked = [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.1}]
        return _json({"id": "rank-1", "results": ranked, "meta": {"billed_units": {"search_units": 1}}})
    if received.path.endswith("/responses") and asked.tools:
        return _called_in_responses(asked)
    if not received.path.endswith("/chat/completions"):
        return default_answer(received)
    if asked.model == "broken-1":
        return _broken(asked)
    has_result = any(message.get("role") == "tool" for message in asked.messages)
    if asked.tools and not has_result:
        return _called(asked)
    if asked.model == "thinker-1":
        return _said(asked, TEXT, reasoning=THOUGHT)
    if asked.response_format is not None:
        return _said(asked, JSON)
    return default_answer(received)


def _said(asked: _Asked, content: str, **more: object) -> Answer:
    return _chat(asked, {"role": "assistant", "content": content, **more}, "stop")


def _called(asked: _Asked) -> Answer:
    call = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": ARGUMENTS}}
    calls = [{"index": 0, **call}] if asked.stream else [call]
    return _chat(asked, {"role": "assistant", "content": None, "tool_calls": calls}, "tool_calls")


def _called_in_responses(asked: _Asked) -> Answer:
    call = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "weather", "arguments": ARGUMENTS}
    response = {"id": "resp_1", "object": "response", "created_at": CREATED, "status": "completed"}
    usage = {"input_tokens": 20, "output_tokens": 10, "total_tokens": 30}
    return _json({**response, "model": asked.model, "output": [{**call, "status": "completed"}], "usage": usage})


def _chat(asked: _Asked, message: dict[str, object], finish: str) -> Answer:
    base: dict[str, object] = {"id": "chatcmpl-9", "created": CREATED, "model": asked.model}
    usage = {
        "prompt_tokens": 20,
        "completion_tokens": 10,
        "total_tokens": 30,
        "completion_tokens_details": {"reasoning_tokens": 4},
    }
    if not asked.stream:
        choice = {"index": 0, "message": message, "finish_reason": finish}
        return _json({**base, "object": "chat.completion", "choices": [choice], "usage": usage})
    base["object"] = "chat.completion.chunk"
    pieces: list[dict[str, object]] = [{"index": 0, "delta": message, "finish_reason": None}]
    pieces.append({"index": 0, "delta": {}, "finish_reason": finish})
    events = [_data({**base, "choices": [piece]}) for piece in pieces]
    return sse([*events, _data({**base, "choices": [], "usage": usage}), b"data: [DONE]\n\n"])


def _broken(asked: _Asked) -> Answer:
    if not asked.stream:
        return _json({"error": {"message": "out of order"}}, status=500)
    base = {"id": "chatcmpl-9", "object": "chat.completion.chunk", "created": CREATED, "model": asked.model}
    deltas: list[dict[str, str]] = [{"role": "assistant", "content": "Cloudflare "}, {"content": "is "}]
    events = [_data({**base, "choices": [{"index": 0, "delta": each, "finish_reason": None}]}) for each in deltas]
    error = {"error": {"message": "the engine stopped", "type": "server_error", "code": "server_error"}}
    return sse([*events, _data(error)])


def _data(value: object) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def _json(value: object, status: int = 200, headers: list[tuple[bytes, bytes]] | None = None) -> Answer:
    kind = (b"Content-Type", b"application/json")
    return Answer(status=status, headers=[kind, *(headers or [])], body=json.dumps(value).encode())
