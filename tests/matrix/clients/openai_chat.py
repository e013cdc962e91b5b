"""OpenAI's SDK, chat completions."""

from __future__ import annotations

import json
from typing import Any

import openai

from matrix.asking import KEY, PROMPT, RESULTS, SYSTEM, Ask, Call, Client, Failure, Json, Said, Verdict
from matrix.clients.pictures import as_url

EXCEPTIONS: dict[int, type[Exception]] = {
    0: openai.APIError,
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    429: openai.RateLimitError,
    500: openai.InternalServerError,
}


def connect(base: str) -> openai.OpenAI:
    return openai.OpenAI(api_key=KEY, base_url=base, max_retries=0, timeout=20)


def failure_of(error: Exception) -> Failure:
    assert isinstance(error, openai.APIError)
    said = error.body.get("message") if isinstance(error.body, dict) else error.message
    return Failure(getattr(error, "status_code", 0), str(said))


class OpenAIChat(Client):
    name = "OpenAI SDK, chat completions"
    format = "openai_chat"

    def __init__(self, base: str) -> None:
        self.sdk = connect(base)
        self.exceptions = EXCEPTIONS

    def ask(self, ask: Ask) -> Said:
        asked: Json = {"model": ask.model, "messages": _messages(ask)}
        if ask.most is not None:
            asked["max_completion_tokens"] = ask.most
        if ask.temperature is not None:
            asked["temperature"] = ask.temperature
        if ask.tools:
            asked["tools"] = [{"type": "function", "function": _function(tool)} for tool in ask.tools]
        if ask.thinks:
            asked["reasoning_effort"] = "medium"
        if ask.wants_verdict:
            asked["response_format"] = Verdict
        if not ask.is_stream:
            return said_of(self.sdk.chat.completions.parse(**asked))
        with self.sdk.chat.completions.stream(**asked, stream_options={"include_usage": True}) as stream:
            for _ in stream:
                pass
            return said_of(stream.get_final_completion())

    def failure(self, error: Exception) -> Failure:
        return failure_of(error)


def _messages(ask: Ask) -> list[Any]:
    content: Any = PROMPT
    if ask.images:
        pictures = [{"type": "image_url", "image_url": {"url": as_url(image)}} for image in ask.images]
        content = [{"type": "text", "text": PROMPT}, *pictures]
    messages: list[Any] = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": content}]
    for said in ask.turns:
        messages.append(said.native)
        messages += [{"role": "tool", "tool_call_id": call.id, "content": RESULTS[call.name]} for call in said.calls]
    return messages


def _function(tool: Any) -> Json:
    # `parse` wants tools to be strict, and those that are must not have optional parameters.
    wanted = {**tool.parameters, "required": list(tool.parameters["properties"]), "additionalProperties": False}
    return {"name": tool.name, "description": tool.description, "parameters": wanted, "strict": True}


def said_of(completion: Any) -> Said:
    (choice,) = completion.choices
    message = choice.message
    return Said(
        message.content or "",
        [Call(call.function.name, json.loads(call.function.arguments), call.id) for call in message.tool_calls or ()],
        getattr(message, "reasoning", None) or getattr(message, "reasoning_content", None) or "",
        message.parsed,
        completion.usage.prompt_tokens,
        completion.usage.completion_tokens,
        choice.finish_reason,
        message,
    )
