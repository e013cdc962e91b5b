"""Ollama's SDK."""

from __future__ import annotations

from typing import Any

import ollama

from matrix.asking import KEY, PROMPT, RESULTS, SYSTEM, Ask, Call, Client, Failure, Json, Said, Verdict


class Ollama(Client):
    name = "Ollama SDK"
    format = "ollama"
    has_urls = False
    has_ids = False
    gives_back = False

    def __init__(self, base: str) -> None:
        self.exceptions = dict.fromkeys((0, 400, 401, 429, 500), ollama.ResponseError)
        self.sdk = ollama.Client(host=base, headers={"Authorization": f"Bearer {KEY}"}, timeout=20)

    def ask(self, ask: Ask) -> Said:
        tuning = {"num_predict": ask.most, "temperature": ask.temperature}
        asked: Json = {"model": ask.model, "messages": _messages(ask)}
        asked["options"] = {name: value for name, value in tuning.items() if value is not None}
        if ask.tools:
            asked["tools"] = [
                {
                    "type": "function",
                    "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
                }
                for tool in ask.tools
            ]
        if ask.thinks:
            asked["think"] = True
        if ask.wants_verdict:
            asked["format"] = Verdict.model_json_schema()
        if not ask.is_stream:
            return _said([self.sdk.chat(**asked)], ask)
        return _said(list(self.sdk.chat(**asked, stream=True)), ask)

    def failure(self, error: Exception) -> Failure:
        assert isinstance(error, ollama.ResponseError)
        return Failure(max(error.status_code, 0), error.error)


def _messages(ask: Ask) -> list[Any]:
    user: Json = {"role": "user", "content": PROMPT}
    if ask.images:
        user["images"] = list(ask.images)
    messages: list[Any] = [{"role": "system", "content": SYSTEM}, user]
    for said in ask.turns:
        messages.append(said.native)
        messages += [{"role": "tool", "tool_name": call.name, "content": RESULTS[call.name]} for call in said.calls]
    return messages


def _said(parts: list[ollama.ChatResponse], ask: Ask) -> Said:
    """Of one answer, or of the pieces of a stream."""
    last = parts[-1]
    assert last.done
    assert not any(part.done for part in parts[:-1])
    text = "".join(part.message.content or "" for part in parts)
    thoughts = "".join(part.message.thinking or "" for part in parts)
    calls = [call for part in parts for call in part.message.tool_calls or ()]
    return Said(
        text,
        [Call(call.function.name, dict(call.function.arguments)) for call in calls],
        thoughts,
        Verdict.model_validate_json(text) if ask.wants_verdict else None,
        last.prompt_eval_count or 0,
        last.eval_count or 0,
        "tool_calls" if calls else last.done_reason or "",
        ollama.Message(role="assistant", content=text, thinking=thoughts or None, tool_calls=calls or None),
    )
