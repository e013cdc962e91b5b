"""Bedrock's Converse."""

from __future__ import annotations

import base64
import itertools
import json
import struct
import zlib
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import unquote

import botocore.session
from botocore.validate import ParamValidator

from matrix.asking import (
    CACHED,
    CALLS,
    PIECES,
    THOUGHT,
    THOUGHT_PIECES,
    TOKENS_IN,
    TOKENS_OUT,
    VERDICT_PIECES,
    Json,
)
from matrix.hearing import Heard, Scene, Upstream, properties
from matrix.upstreams.wire import body_of, pieces_of, whole
from scripted_answers import Answer, Received

IDS = ("tooluse_q9Zr4WcT6mKxYb2n", "tooluse_e3Hj8PdVs5LfUa1o")
SIGNATURE = base64.b64encode(b"\x12\xa7 signed by Bedrock's model \xfe\xff").decode()
REDACTED = b"\x00\xff what nobody may read \x10\x80"
_USAGE = {
    "inputTokens": TOKENS_IN - CACHED,
    "outputTokens": TOKENS_OUT,
    "totalTokens": TOKENS_IN + TOKENS_OUT,
    "cacheReadInputTokens": CACHED,
    "cacheWriteInputTokens": 0,
}
_CALLS: list[Json] = [
    {"toolUse": {"toolUseId": id_, "name": call.name, "input": call.arguments}}
    for id_, call in zip(IDS, CALLS, strict=True)
]
_THOUGHTS: list[Json] = [
    {"reasoningContent": {"reasoningText": {"text": THOUGHT, "signature": SIGNATURE}}},
    {"reasoningContent": {"redactedContent": base64.b64encode(REDACTED).decode()}},
]


def _blocks(scene: Scene) -> list[Json]:
    if scene == "calls":
        return _CALLS
    if scene == "thoughts":
        return [*_THOUGHTS, *_CALLS]
    return [{"text": "".join(_pieces(scene))}]


def _pieces(scene: Scene) -> tuple[str, ...]:
    return VERDICT_PIECES if scene == "verdict" else PIECES


def _stop(scene: Scene) -> str:
    return "tool_use" if scene in ("calls", "thoughts") else "end_turn"


def say(scene: Scene, is_stream: bool) -> Answer:  # noqa: FBT001  # Upstream's shape
    if not is_stream:
        message = {"role": "assistant", "content": _blocks(scene)}
        return whole(
            {
                "metrics": {"latencyMs": 551},
                "output": {"message": message},
                "stopReason": _stop(scene),
                "usage": _USAGE,
            }
        )
    headers = [(b"Content-Type", b"application/vnd.amazon.eventstream")]
    return Answer(headers=headers, chunks=[event(*each) for each in _events(scene)], framing="chunked")


def _events(scene: Scene) -> Iterator[tuple[str, Json]]:
    yield "messageStart", {"role": "assistant"}
    for index, block in enumerate(_blocks(scene)):
        if "toolUse" in block:
            start = {name: block["toolUse"][name] for name in ("toolUseId", "name")}
            yield "contentBlockStart", {"contentBlockIndex": index, "start": {"toolUse": start}}
        for delta in _deltas(block, scene):
            yield "contentBlockDelta", {"contentBlockIndex": index, "delta": delta}
        yield "contentBlockStop", {"contentBlockIndex": index}
    yield "messageStop", {"stopReason": _stop(scene)}
    yield "metadata", {"metrics": {"latencyMs": 551}, "usage": _USAGE}


def _deltas(block: Json, scene: Scene) -> Iterator[Json]:
    if "text" in block:
        yield from ({"text": piece} for piece in _pieces(scene))
    elif "toolUse" in block:
        yield from ({"toolUse": {"input": piece}} for piece in pieces_of(json.dumps(block["toolUse"]["input"])))
    elif "redactedContent" in block["reasoningContent"]:
        yield block
    else:
        yield from ({"reasoningContent": {"text": piece}} for piece in THOUGHT_PIECES)
        yield {"reasoningContent": {"signature": SIGNATURE}}


def event(name: str, payload: Json, kind: str = "event") -> bytes:
    """One message of `application/vnd.amazon.eventstream`; each payload is filled up, as AWS does it."""
    fields = {f":{kind}-type": name, ":content-type": "application/json", ":message-type": kind}
    headers = b"".join(
        struct.pack(">B", len(k)) + k.encode() + b"\x07" + struct.pack(">H", len(v)) + v.encode()
        for k, v in fields.items()
    )
    body = json.dumps({**payload, "p": "abcdefgh"}).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(body), len(headers))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + body
    return message + struct.pack(">I", zlib.crc32(message))


@cache
def _shape() -> Any:
    service = botocore.session.get_session().get_service_model("bedrock-runtime")
    return service.operation_model("Converse").input_shape


def _with_bytes(value: Any, shape: Any) -> Any:
    """What stands for bytes in JSON, as the SDK's user would have given it."""
    if shape.type_name == "blob":
        return base64.b64decode(value, validate=True)
    if shape.type_name == "list":
        return [_with_bytes(each, shape.member) for each in value]
    if shape.type_name == "structure" and not getattr(shape, "is_document_type", False):
        return {k: _with_bytes(v, shape.members[k]) if k in shape.members else v for k, v in value.items()}
    return value


def hear(received: Received) -> Heard:
    _, _, rest = received.path.partition("/model/")
    model, _, method = rest.partition("/")
    body = _with_bytes({"modelId": unquote(model), **body_of(received)}, _shape())
    wrong = ParamValidator().validate(body, _shape())
    assert not wrong.has_errors(), wrong.generate_report()
    assert body.keys() <= _shape().members.keys()
    tuning, more = body.get("inferenceConfig", {}), body.get("additionalModelRequestFields", {})
    specs = [tool["toolSpec"] for tool in body.get("toolConfig", {}).get("tools", ())]
    wanted = body.get("outputConfig", {}).get("textFormat")
    heard = Heard(
        model=body["modelId"],
        is_stream=method == "converse-stream",
        system="".join(block["text"] for block in body.get("system", ())),
        tools={spec["name"]: properties(spec["inputSchema"]["json"]) for spec in specs},
        verdict=properties(json.loads(wanted["structure"]["jsonSchema"]["schema"])) if wanted else [],
        thinks=more.get("thinking", {}).get("type") in ("enabled", "adaptive"),
        most=tuning.get("maxTokens"),
        temperature=tuning.get("temperature"),
    )
    roles = [message["role"] for message in body["messages"]]
    assert all(one != other for one, other in itertools.pairwise(roles)), "two messages of one role"
    for message in body["messages"]:
        for block in message["content"]:
            _read_block(heard, message["role"], block)
    return heard


def _read_block(heard: Heard, role: str, block: Json) -> None:
    (kind,) = block
    inner = block[kind]
    match kind:
        case "text" if role == "user":
            heard.prompts.append(inner)
        case "image":
            assert inner["format"] == "png"
            heard.images.append(inner["source"]["bytes"])
        case "reasoningContent" if "redactedContent" in inner:
            heard.signatures.append(base64.b64encode(inner["redactedContent"]).decode())
        case "reasoningContent":
            heard.thoughts += inner["reasoningText"]["text"]
            heard.signatures.append(inner["reasoningText"]["signature"])
        case "toolUse":
            heard.calls.append((inner["toolUseId"], inner["name"], inner["input"]))
        case "toolResult":
            texts = [part["text"] if "text" in part else json.dumps(part["json"]) for part in inner["content"]]
            heard.results.append((inner["toolUseId"], "".join(texts)))


_TYPES = {
    400: b"ValidationException",
    401: b"UnrecognizedClientException",
    429: b"ThrottlingException",
    500: b"InternalServerException",
}


def fail(status: int, message: str) -> Answer:
    answer = whole({"message": message}, status)
    answer.headers.append((b"x-amzn-ErrorType", _TYPES[status] + b":http://internal.amazon.com/coral/com.amazon/"))
    return answer


def breaks(message: str) -> bytes:
    return event("modelStreamErrorException", {"message": message, "originalStatusCode": 500}, "exception")


BEDROCK = Upstream(
    name="Bedrock Converse",
    slug="aws-bedrock",
    model="eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
    format="bedrock_converse",
    paths=("/model/{model}/converse", "/model/{model}/converse-stream"),
    own_headers=frozenset({"x-amz-user-agent", "amz-sdk-invocation-id", "amz-sdk-request"}),
    hear=hear,
    say=say,
    fail=fail,
    breaks=breaks,
    signatures=(SIGNATURE, base64.b64encode(REDACTED).decode()),
    has_urls=False,
)
