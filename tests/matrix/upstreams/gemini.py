"""Google's Gemini."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pydantic
from google.genai import types

from matrix.asking import (
    CACHED,
    CALLS,
    PIECES,
    THOUGHT,
    THOUGHT_PIECES,
    THOUGHT_TOKENS,
    TOKENS_IN,
    TOKENS_OUT,
    VERDICT_PIECES,
    Json,
)
from matrix.hearing import Heard, Scene, Upstream, properties
from matrix.upstreams.wire import body_of, data, events, whole
from scripted_answers import Answer, Received

SIGNATURE = base64.b64encode(b"\x0a\xf9 what Gemini thought, for Gemini alone \xff\xfe\x00").decode()
_USAGE = {
    "promptTokenCount": TOKENS_IN,
    "cachedContentTokenCount": CACHED,
    "candidatesTokenCount": TOKENS_OUT - THOUGHT_TOKENS,
    "thoughtsTokenCount": THOUGHT_TOKENS,
    "totalTokenCount": TOKENS_IN + TOKENS_OUT,
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": TOKENS_IN}],
}
_CALLS: list[Json] = [{"functionCall": {"name": call.name, "args": call.arguments}} for call in CALLS]
_SIGNED = [{**_CALLS[0], "thoughtSignature": SIGNATURE}, *_CALLS[1:]]
"""Of parallel calls the first one has it."""


def _parts(scene: Scene, *, in_pieces: bool) -> list[Json]:
    if scene == "calls":
        return _CALLS
    if scene == "thoughts":
        thoughts = THOUGHT_PIECES if in_pieces else (THOUGHT,)
        return [*({"text": text, "thought": True} for text in thoughts), *_SIGNED]
    pieces = VERDICT_PIECES if scene == "verdict" else PIECES
    return [{"text": text} for text in (pieces if in_pieces else ("".join(pieces),))]


def _answer(parts: list[Json], finish: str | None) -> Json:
    candidate: Json = {"content": {"parts": parts, "role": "model"}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "usageMetadata": _USAGE, "modelVersion": "gemini-a", "responseId": "C0ffee"}


def say(scene: Scene, is_stream: bool) -> Answer:  # noqa: FBT001  # Upstream's shape
    return events(_pieces(scene)) if is_stream else whole(_answer(_parts(scene, in_pieces=False), "STOP"))


def _pieces(scene: Scene) -> Iterator[Json]:
    parts = _parts(scene, in_pieces=True)
    for part in parts:
        yield _answer([part], "STOP" if part is parts[-1] else None)


_KINDS: Json = {
    "contents": list[types.Content],
    "systemInstruction": types.Content,
    "tools": list[types.Tool],
    "toolConfig": types.ToolConfig,
    "generationConfig": types.GenerationConfig,
    "safetySettings": list[types.SafetySetting],
}


def _checked(body: Json) -> Json:
    """As the SDK's models have it, which have nothing beside what is known. Google takes names in either case."""
    assert body.keys() <= _KINDS.keys(), body.keys()
    adapted: dict[str, pydantic.TypeAdapter[Any]] = {name: pydantic.TypeAdapter(_KINDS[name]) for name in body}
    models = {name: adapter.validate_python(body[name]) for name, adapter in adapted.items()}
    roles = [content["role"] for content in body["contents"]]
    assert all(role in ("user", "model") for role in roles)
    return {
        name: adapted[name].dump_python(model, mode="json", by_alias=True, exclude_none=True)
        for name, model in models.items()
    }


def hear(received: Received) -> Heard:
    body = _checked(body_of(received))
    path = received.path
    config = body.get("generationConfig", {})
    schema = config.get("responseSchema") or config.get("responseJsonSchema")
    if schema:
        assert config["responseMimeType"] == "application/json"
    thinking = config.get("thinkingConfig", {})
    declared = [each for tool in body.get("tools", ()) for each in tool["functionDeclarations"]]
    heard = Heard(
        model=path.rpartition("/")[2].partition(":")[0],
        is_stream=path.endswith(":streamGenerateContent"),
        system="".join(part["text"] for part in body.get("systemInstruction", {}).get("parts", ())),
        tools={d["name"]: properties(d.get("parametersJsonSchema") or d["parameters"]) for d in declared},
        verdict=properties(schema) if schema else [],
        thinks=thinking.get("includeThoughts") is True,
        most=config.get("maxOutputTokens"),
        temperature=config.get("temperature"),
    )
    for content in body["contents"]:
        for part in content["parts"]:
            _read_part(heard, content["role"], part)
    return heard


def _read_part(heard: Heard, role: str, part: Json) -> None:
    if signature := part.get("thoughtSignature"):
        # Gemini refuses a signature that stands elsewhere than it put it.
        assert part.get("functionCall", {}).get("name") == CALLS[0].name
        heard.signatures.append(signature.replace("-", "+").replace("_", "/"))
    if part.get("thought"):
        heard.thoughts += part["text"]
    elif "text" in part and role == "user":
        heard.prompts.append(part["text"])
    elif "inlineData" in part:
        inline = part["inlineData"]
        assert inline["mimeType"] == "image/png"
        heard.images.append(base64.urlsafe_b64decode(inline["data"]))
    elif "fileData" in part:
        heard.images.append(part["fileData"]["fileUri"])
    elif "functionCall" in part:
        call = part["functionCall"]
        heard.calls.append((call.get("id", ""), call["name"], call.get("args", {})))
    elif "functionResponse" in part:
        response = part["functionResponse"]
        heard.results.append((response["name"], json.dumps(response["response"])))


_STATES = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL"}


def fail(status: int, message: str) -> Answer:
    return whole({"error": {"code": status, "message": message, "status": _STATES[status]}}, status)


def breaks(message: str) -> bytes:
    return data({"error": {"code": 500, "message": message, "status": "INTERNAL"}})


GEMINI = Upstream(
    name="Gemini",
    slug="google-ai-studio",
    model="gemini-2.5-flash",
    format="gemini",
    paths=("/v1beta/models/{model}:generateContent", "/v1beta/models/{model}:streamGenerateContent?alt=sse"),
    key_header="x-goog-api-key",
    key_prefix="",
    own_headers=frozenset({"x-goog-api-client"}),
    hear=hear,
    say=say,
    fail=fail,
    breaks=breaks,
    signatures=(SIGNATURE,),
    wants_thoughts=False,
    has_ids=False,
)
