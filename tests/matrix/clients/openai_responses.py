"""OpenAI's SDK, responses."""

from __future__ import annotations

import json
from typing import Any

from matrix.asking import PROMPT, RESULTS, SYSTEM, Ask, Call, Client, Failure, Json, Said, Verdict
from matrix.clients.openai_chat import EXCEPTIONS, connect, failure_of
from matrix.clients.pictures import as_url


class StreamFailed(Exception):
    """What users of the SDK make of a response that failed on its way: it is an event like others to it."""


class OpenAIResponses(Client):
    name = "OpenAI SDK, responses"
    format = "openai_responses"

    def __init__(self, base: str) -> None:
        self.sdk = connect(base)
        self.exceptions = {**EXCEPTIONS, 0: StreamFailed}

    def ask(self, ask: Ask) -> Said:
        asked: Json = {"model": ask.model, "instructions": SYSTEM, "input": _input(ask), "store": False}
        if ask.most is not None:
            asked["max_output_tokens"] = ask.most
        if ask.temperature is not None:
            asked["temperature"] = ask.temperature
        if ask.tools:
            asked["tools"] = [_tool(tool) for tool in ask.tools]
        if ask.thinks:
            asked["reasoning"] = {"effort": "medium", "summary": "auto"}
            asked["include"] = ["reasoning.encrypted_content"]
        if ask.wants_verdict:
            asked["text_format"] = Verdict
        if not ask.is_stream:
            return _said(self.sdk.responses.parse(**asked))
        with self.sdk.responses.stream(**asked) as stream:
            for event in stream:
                if event.type == "response.failed":
                    raise StreamFailed(event.response.error.message)
            return _said(stream.get_final_response())

    def failure(self, error: Exception) -> Failure:
        return Failure(0, str(error)) if isinstance(error, StreamFailed) else failure_of(error)


def _tool(tool: Any) -> Json:
    wanted = {**tool.parameters, "required": list(tool.parameters["properties"]), "additionalProperties": False}
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": wanted,
        "strict": True,
    }


def _input(ask: Ask) -> Any:
    if not ask.images and not ask.turns:
        return PROMPT
    pictures = [{"type": "input_image", "image_url": as_url(image), "detail": "auto"} for image in ask.images]
    items: list[Any] = [{"role": "user", "content": [{"type": "input_text", "text": PROMPT}, *pictures]}]
    for said in ask.turns:
        items += said.native
        items += [
            {"type": "function_call_output", "call_id": call.id, "output": RESULTS[call.name]} for call in said.calls
        ]
    return items


def _said(response: Any) -> Said:
    assert response.status == "completed", response.error
    calls = [item for item in response.output if item.type == "function_call"]
    thoughts = [item for item in response.output if item.type == "reasoning"]
    shown = [part for item in thoughts for part in (item.content or item.summary)]
    return Said(
        response.output_text,
        [Call(item.name, json.loads(item.arguments), item.call_id) for item in calls],
        "".join(part.text for part in shown),
        response.output_parsed,
        response.usage.input_tokens,
        response.usage.output_tokens,
        "tool_calls" if calls else "stop",
        response.output,
    )
