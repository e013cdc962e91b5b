"""Google's SDK for Gemini."""

from __future__ import annotations

from typing import Any

from google import genai
from google.genai import errors, types

from matrix.asking import KEY, PROMPT, RESULTS, SYSTEM, Ask, Call, Client, Failure, Json, Said, Verdict

_FINISH = {"STOP": "stop", "MAX_TOKENS": "length", "SAFETY": "content_filter"}


class Gemini(Client):
    name = "Google Gen AI SDK"
    format = "gemini"

    def __init__(self, base: str) -> None:
        self.exceptions = {
            0: errors.APIError,
            400: errors.ClientError,
            401: errors.ClientError,
            429: errors.ClientError,
            500: errors.ServerError,
        }
        options = types.HttpOptions(base_url=base, api_version="v1beta", timeout=20_000)
        self.sdk = genai.Client(api_key=KEY, http_options=options)

    def ask(self, ask: Ask) -> Said:
        config: Json = {"system_instruction": SYSTEM, "max_output_tokens": ask.most, "temperature": ask.temperature}
        if ask.tools:
            declared = [
                types.FunctionDeclaration(
                    name=tool.name, description=tool.description, parameters_json_schema=tool.parameters
                )
                for tool in ask.tools
            ]
            config["tools"] = [types.Tool(function_declarations=declared)]
        if ask.thinks:
            config["thinking_config"] = types.ThinkingConfig(include_thoughts=True, thinking_budget=2000)
        if ask.wants_verdict:
            config |= {"response_mime_type": "application/json", "response_schema": Verdict}
        asked: Json = {"model": ask.model, "contents": _contents(ask)}
        asked["config"] = types.GenerateContentConfig(**config)
        if not ask.is_stream:
            return _said([self.sdk.models.generate_content(**asked)])
        return _said(list(self.sdk.models.generate_content_stream(**asked)))

    def failure(self, error: Exception) -> Failure:
        assert isinstance(error, errors.APIError)
        return Failure(error.code, error.message or "")


def _contents(ask: Ask) -> list[Any]:
    parts = [types.Part.from_text(text=PROMPT), *map(_picture, ask.images)]
    contents: list[Any] = [types.Content(role="user", parts=parts)]
    for said in ask.turns:
        results = [_result(call) for call in said.calls]
        contents += [said.native, types.Content(role="user", parts=results)]
    return contents


def _picture(image: bytes | str) -> types.Part:
    if isinstance(image, str):
        return types.Part.from_uri(file_uri=image, mime_type="image/png")
    return types.Part.from_bytes(data=image, mime_type="image/png")


def _result(call: Call) -> types.Part:
    said = types.FunctionResponse(id=call.id or None, name=call.name, response={"result": RESULTS[call.name]})
    return types.Part(function_response=said)


def _said(answers: list[types.GenerateContentResponse]) -> Said:
    """Of one answer, or of the pieces of a stream."""
    contents = [answer.candidates[0].content for answer in answers if answer.candidates]
    parts = [part for content in contents if content is not None for part in content.parts or ()]
    calls = [part.function_call for part in parts if part.function_call is not None]
    (finish,) = [c.finish_reason for answer in answers for c in answer.candidates or () if c.finish_reason]
    usage = answers[-1].usage_metadata
    assert usage is not None
    text = "".join(part.text or "" for part in parts if not part.thought)
    return Said(
        text,
        [Call(call.name or "", call.args or {}, call.id or "") for call in calls],
        "".join(part.text or "" for part in parts if part.thought),
        _parsed(answers, text),
        usage.prompt_token_count or 0,
        (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0),
        "tool_calls" if calls else _FINISH[finish.value],
        types.Content(role="model", parts=parts),
    )


def _parsed(answers: list[types.GenerateContentResponse], text: str) -> object:
    """The SDK parses what came as one; of a stream that is for its user."""
    if len(answers) == 1:
        return answers[0].parsed
    return Verdict.model_validate_json(text) if text.startswith("{") else None
