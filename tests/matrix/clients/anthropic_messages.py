"""Anthropic's SDK."""

from __future__ import annotations

from typing import Any

import anthropic

from matrix.asking import KEY, MOST, PROMPT, RESULTS, SYSTEM, Ask, Call, Client, Failure, Json, Said, Verdict
from matrix.clients.pictures import coded

_FINISH = {"end_turn": "stop", "tool_use": "tool_calls", "max_tokens": "length", "refusal": "content_filter"}


class AnthropicMessages(Client):
    name = "Anthropic SDK"
    format = "anthropic_messages"

    def __init__(self, base: str) -> None:
        self.exceptions = {
            0: anthropic.APIError,
            400: anthropic.BadRequestError,
            401: anthropic.AuthenticationError,
            429: anthropic.RateLimitError,
            500: anthropic.InternalServerError,
        }
        self.sdk = anthropic.Anthropic(api_key=KEY, base_url=base, max_retries=0, timeout=20)

    def ask(self, ask: Ask) -> Said:
        asked: Json = {"model": ask.model, "messages": _messages(ask), "max_tokens": ask.most or MOST}
        asked["system"] = SYSTEM
        if ask.temperature is not None:
            asked["extra_body"] = {"temperature": ask.temperature}  # of models before those that the SDK is for
        if ask.tools:
            asked["tools"] = [
                {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}
                for tool in ask.tools
            ]
        if ask.thinks:
            asked["thinking"] = {"type": "enabled", "budget_tokens": 2000}
        if ask.wants_verdict:
            asked["output_format"] = Verdict
        if not ask.is_stream:
            return _said(self.sdk.messages.parse(**asked))
        with self.sdk.messages.stream(**asked) as stream:
            return _said(stream.get_final_message())

    def failure(self, error: Exception) -> Failure:
        assert isinstance(error, anthropic.APIError)
        body = error.body if isinstance(error.body, dict) else {}
        said = body.get("error", {}).get("message", error.message)
        return Failure(getattr(error, "status_code", 0), str(said))


def _messages(ask: Ask) -> list[Any]:
    content: Any = PROMPT
    if ask.images:
        content = [*({"type": "image", "source": _source(image)} for image in ask.images)]
        content.append({"type": "text", "text": PROMPT})
    messages: list[Any] = [{"role": "user", "content": content}]
    for said in ask.turns:
        results = [
            {"type": "tool_result", "tool_use_id": call.id, "content": RESULTS[call.name]} for call in said.calls
        ]
        messages += [{"role": "assistant", "content": said.native}, {"role": "user", "content": results}]
    return messages


def _source(image: bytes | str) -> Json:
    if isinstance(image, str):
        return {"type": "url", "url": image}
    return {"type": "base64", "media_type": "image/png", "data": coded(image)}


def _said(message: Any) -> Said:
    usage = message.usage
    cached = (usage.cache_read_input_tokens or 0) + (usage.cache_creation_input_tokens or 0)
    blocks = message.content
    return Said(
        "".join(block.text for block in blocks if block.type == "text"),
        [Call(block.name, block.input, block.id) for block in blocks if block.type == "tool_use"],
        "".join(block.thinking for block in blocks if block.type == "thinking"),
        message.parsed_output,
        usage.input_tokens + cached,
        usage.output_tokens,
        _FINISH[message.stop_reason],
        blocks,
    )
