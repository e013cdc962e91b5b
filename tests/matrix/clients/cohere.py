"""Cohere's SDK, the second version of its chat."""

from __future__ import annotations

import json
from typing import Any

import cohere
import httpx
from cohere.core.api_error import ApiError

from matrix.asking import KEY, PROMPT, RESULTS, SYSTEM, Ask, Call, Client, Failure, Json, Said, Verdict
from matrix.clients.pictures import as_url

_FINISH = {"COMPLETE": "stop", "TOOL_CALL": "tool_calls", "MAX_TOKENS": "length"}


class Cohere(Client):
    name = "Cohere SDK"
    format = "cohere"

    def __init__(self, base: str) -> None:
        self.exceptions = {
            0: ApiError,
            400: cohere.BadRequestError,
            401: cohere.UnauthorizedError,
            429: cohere.TooManyRequestsError,
            500: cohere.InternalServerError,
        }
        self.wire = httpx.Client(timeout=20)
        self.sdk = cohere.ClientV2(KEY, base_url=base, httpx_client=self.wire, max_retries=0)

    def ask(self, ask: Ask) -> Said:
        asked: Json = {"model": ask.model, "messages": _messages(ask)}
        if ask.most is not None:
            asked["max_tokens"] = ask.most
        if ask.temperature is not None:
            asked["temperature"] = ask.temperature
        if ask.tools:
            asked["tools"] = [
                {
                    "type": "function",
                    "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
                }
                for tool in ask.tools
            ]
        if ask.thinks:
            asked["thinking"] = cohere.Thinking(type="enabled", token_budget=2000)
        if ask.wants_verdict:
            schema = Verdict.model_json_schema()
            asked["response_format"] = {"type": "json_object", "json_schema": schema}
        if not ask.is_stream:
            answer = self.sdk.chat(**asked)
            return _said(answer.message, answer.finish_reason, answer.usage, ask)
        return _streamed(list(self.sdk.chat_stream(**asked)), ask)

    def close(self) -> None:
        self.wire.close()

    def failure(self, error: Exception) -> Failure:
        assert isinstance(error, ApiError)
        said = error.body.get("message") if isinstance(error.body, dict) else error.body
        return Failure(error.status_code or 0, str(said))


def _messages(ask: Ask) -> list[Any]:
    content: Any = PROMPT
    if ask.images:
        pictures = [{"type": "image_url", "image_url": {"url": as_url(image)}} for image in ask.images]
        content = [{"type": "text", "text": PROMPT}, *pictures]
    messages: list[Any] = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": content}]
    for said in ask.turns:
        messages.append(said.native)
        for call in said.calls:
            document = {"type": "document", "document": {"data": {"result": RESULTS[call.name]}}}
            messages.append({"role": "tool", "tool_call_id": call.id, "content": [document]})
    return messages


def _said(message: Any, finish: str, usage: Any, ask: Ask) -> Said:
    parts = message.content or []
    text = "".join(part.text for part in parts if part.type == "text")
    return Said(
        text,
        [Call(c.function.name, json.loads(c.function.arguments), c.id) for c in message.tool_calls or ()],
        "".join(part.thinking for part in parts if part.type == "thinking"),
        Verdict.model_validate_json(text) if ask.wants_verdict else None,
        int(usage.tokens.input_tokens),
        int(usage.tokens.output_tokens),
        _FINISH[finish],
        message,
    )


def _streamed(events: list[Any], ask: Ask) -> Said:
    """Events put together as Cohere's guides do it: the SDK leaves it to its user."""
    content: dict[int, Json] = {}
    calls: dict[int, Json] = {}
    for event in events:
        if event.type == "content-start":
            content[event.index] = event.delta.message.content.dict(exclude_none=True)
        elif event.type == "content-delta":
            part = content[event.index]
            for name, piece in event.delta.message.content.dict(exclude_none=True).items():
                part[name] = part.get(name, "") + piece
        elif event.type == "tool-call-start":
            calls[event.index] = event.delta.message.tool_calls.dict()
        elif event.type == "tool-call-delta":
            calls[event.index]["function"]["arguments"] += event.delta.message.tool_calls.function.arguments
    assert events[0].type == "message-start"
    end = events[-1]
    assert end.type == "message-end"
    if end.delta.error:
        raise ApiError(body=end.delta.error)
    parts = [content[index] for index in sorted(content)] or None
    message = cohere.AssistantMessageResponse.model_validate(
        {"role": "assistant", "content": parts, "tool_calls": [calls[index] for index in sorted(calls)] or None}
    )
    return _said(message, end.delta.finish_reason, end.delta.usage, ask)
