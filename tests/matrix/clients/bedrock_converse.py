"""AWS's SDK, the Converse API of Bedrock."""

from __future__ import annotations

import json
from contextlib import closing
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, EventStreamError

from matrix.asking import MOST, PROMPT, RESULTS, SYSTEM, Ask, Call, Client, Failure, Json, Said, Verdict

_FINISH = {"end_turn": "stop", "tool_use": "tool_calls", "max_tokens": "length"}


class BedrockConverse(Client):
    name = "boto3, Converse"
    format = "bedrock_converse"
    has_urls = False

    def __init__(self, base: str) -> None:
        config = Config(retries={"total_max_attempts": 1}, read_timeout=20, proxies={})
        self.sdk = boto3.client("bedrock-runtime", region_name="eu-west-1", endpoint_url=base, config=config)
        known = self.sdk.exceptions
        self.exceptions = {
            0: EventStreamError,
            400: known.ValidationException,
            401: ClientError,
            429: known.ThrottlingException,
            500: known.InternalServerException,
        }

    def ask(self, ask: Ask) -> Said:
        asked: Json = {"modelId": ask.model, "messages": _messages(ask), "system": [{"text": SYSTEM}]}
        tuning = {"maxTokens": ask.most, "temperature": ask.temperature}
        asked["inferenceConfig"] = {name: value for name, value in tuning.items() if value is not None}
        if ask.tools:
            asked["toolConfig"] = {"tools": [{"toolSpec": _tool(tool)} for tool in ask.tools]}
        if ask.thinks:
            thinking = {"type": "enabled", "budget_tokens": MOST // 2}
            asked["additionalModelRequestFields"] = {"thinking": thinking}
        if ask.wants_verdict:
            schema = {"name": "verdict", "schema": json.dumps(Verdict.model_json_schema())}
            asked["outputConfig"] = {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": schema}}}
        if not ask.is_stream:
            answer = self.sdk.converse(**asked)
            return _said(answer["output"]["message"], answer["stopReason"], answer["usage"], ask)
        with closing(self.sdk.converse_stream(**asked)["stream"]) as stream:
            return _streamed(list(stream), ask)

    def failure(self, error: Exception) -> Failure:
        assert isinstance(error, ClientError | BotoCoreError)
        said = error.response if isinstance(error, ClientError) else {}
        status = said.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return Failure(status, said.get("Error", {}).get("Message", str(error)))


def _tool(tool: Any) -> Json:
    return {"name": tool.name, "description": tool.description, "inputSchema": {"json": tool.parameters}}


def _messages(ask: Ask) -> list[Json]:
    pictures = [{"image": {"format": "png", "source": {"bytes": image}}} for image in ask.images]
    messages: list[Json] = [{"role": "user", "content": [{"text": PROMPT}, *pictures]}]
    for said in ask.turns:
        results = [
            {"toolResult": {"toolUseId": call.id, "content": [{"text": RESULTS[call.name]}], "status": "success"}}
            for call in said.calls
        ]
        messages += [said.native, {"role": "user", "content": results}]
    return messages


def _said(message: Json, stop: str, usage: Json, ask: Ask) -> Said:
    content = message["content"]
    text = "".join(block.get("text", "") for block in content)
    uses = [block["toolUse"] for block in content if "toolUse" in block]
    thoughts = [block["reasoningContent"] for block in content if "reasoningContent" in block]
    return Said(
        text,
        [Call(use["name"], use["input"], use["toolUseId"]) for use in uses],
        "".join(thought.get("reasoningText", {}).get("text", "") for thought in thoughts),
        Verdict.model_validate_json(text) if ask.wants_verdict else None,
        usage["inputTokens"] + usage.get("cacheReadInputTokens", 0) + usage.get("cacheWriteInputTokens", 0),
        usage["outputTokens"],
        _FINISH[stop],
        message,
    )


def _streamed(events: list[Json], ask: Ask) -> Said:
    """Events put together as AWS's guides do it: the SDK leaves it to its user."""
    assert events[0]["messageStart"]["role"] == "assistant"
    blocks: dict[int, Json] = {}
    for event in events:
        if start := event.get("contentBlockStart"):
            blocks[start["contentBlockIndex"]] = {"toolUse": {**start["start"]["toolUse"], "input": ""}}
        elif delta := event.get("contentBlockDelta"):
            _grow(blocks.setdefault(delta["contentBlockIndex"], {}), delta["delta"])
    content = [blocks[index] for index in sorted(blocks)]
    for block in content:
        if "toolUse" in block:
            block["toolUse"]["input"] = json.loads(block["toolUse"]["input"] or "{}")
    (stop,) = [event["messageStop"]["stopReason"] for event in events if "messageStop" in event]
    (usage,) = [event["metadata"]["usage"] for event in events if "metadata" in event]
    return _said({"role": "assistant", "content": content}, stop, usage, ask)


def _grow(block: Json, delta: Json) -> None:
    if "text" in delta:
        block["text"] = block.get("text", "") + delta["text"]
    if "toolUse" in delta:
        block["toolUse"]["input"] += delta["toolUse"]["input"]
    thought = delta.get("reasoningContent", {})
    if "redactedContent" in thought:
        redacted = block.setdefault("reasoningContent", {}).get("redactedContent", b"")
        block["reasoningContent"]["redactedContent"] = redacted + thought["redactedContent"]
    for name in ("text", "signature"):
        if name in thought:
            told = block.setdefault("reasoningContent", {}).setdefault("reasoningText", {"text": ""})
            told[name] = told.get(name, "") + thought[name]
