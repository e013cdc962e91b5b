"""Answers of legacy completions, whole, to and from the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.errors import CallerError
from torana.formats.completions import logprobs
from torana.formats.completions.request import prompt_of
from torana.formats.fields import move
from torana.formats.json import as_index, as_list, as_object, as_text

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Turn

_OUTSIDE = frozenset({"system_fingerprint", "service_tier", "provider"})
"""Fields that both have."""
_THOUGHTS = ("reasoning", "reasoning_content", "reasoning_details")
_ANY_THOUGHTS = frozenset(_THOUGHTS)
_TO_CHAT = {"length": "length", "max_tokens": "length", "content_filter": "content_filter", "error": "error"}
_REASONS = ("stop", "length", "content_filter")


def reply_to_chat(reply: Json, turn: Turn) -> Json:  # noqa: ARG001  # a Translator's shape
    chat: Json = {"choices": [choice_to_chat(as_object(each), "message") for each in as_list(reply.get("choices"))]}
    move_outside(reply, chat)
    return chat


def choice_to_chat(choice: Json, name: str) -> Json:
    """`name`: `message` or `delta`."""
    said = choice.get("text")
    told: Json = {"content": as_text(said)} if said or name == "message" else {}
    if not _ANY_THOUGHTS.isdisjoint(choice):
        move(choice, told, *_THOUGHTS)
    if name == "message":
        told = {"role": "assistant", **told}
    made: Json = {"index": as_index(choice.get("index")), name: told, "logprobs": None}
    if isinstance(found := choice.get("logprobs"), dict):
        made["logprobs"] = logprobs.to_chat(found)
    word = choice.get("finish_reason")
    if word is None and name == "delta":
        made["finish_reason"] = None
        return made
    made["finish_reason"] = _TO_CHAT.get(as_text(word), "stop")
    if native := as_text(choice.get("native_finish_reason")) or as_text(word):
        made["native_finish_reason"] = native
    return made


def move_outside(source: Json, target: Json) -> None:
    if isinstance(usage := source.get("usage"), dict):
        target["usage"] = usage
    if not _OUTSIDE.isdisjoint(source):
        target.update({name: value for name, value in source.items() if name in _OUTSIDE})


def reply_from_chat(reply: Json, turn: Turn) -> Json:
    echo = echoed(turn)
    if turn.generation:
        found = [as_object(each) for each in as_list(reply.get("choices"))]
        choices = [{**_choice(each, echo), "finish_reason": each.get("finish_reason")} for each in found]
        return {**reply, "object": "text_completion", "choices": choices}
    made: Json = {
        "id": f"cmpl-{turn.id}",
        "object": "text_completion",
        "created": turn.created,
        "model": turn.model,
        "choices": [_choice(as_object(each), echo) for each in as_list(reply.get("choices"))],
    }
    move_outside(reply, made)
    return made


def _choice(choice: Json, echo: str) -> Json:
    message = as_object(choice.get("message"))
    told: Json = {"index": as_index(choice.get("index")), "text": echo + said_in(message), "logprobs": None}
    if isinstance(found := choice.get("logprobs"), dict):
        told["logprobs"], _ = logprobs.from_chat(found, len(echo))
    told["finish_reason"] = reason_from_chat(choice.get("finish_reason")) or "stop"
    move(choice, told, "native_finish_reason")
    move(message, told, *_THOUGHTS)
    return told


def echoed(turn: Turn) -> str:
    """What comes before the answer: the prompt, where a client wants it back."""
    if turn.request.get("echo") is not True:
        return ""
    try:
        return prompt_of(turn.request)
    except CallerError:
        return ""


def said_in(message: Json) -> str:
    """The text of an answer; where it refused, why."""
    content = message.get("content")
    if isinstance(content, list):
        content = "".join(as_text(as_object(part).get("text")) for part in content)
    return as_text(content) + as_text(message.get("refusal"))


def reason_from_chat(reason: object) -> str | None:
    return None if reason is None else reason if isinstance(reason, str) and reason in _REASONS else "stop"
