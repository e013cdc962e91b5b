"""Answers of Cohere, whole, to and from the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.cohere.citations import Said, from_annotations, to_annotations
from torana.formats.cohere.messages_from_chat import PLAN
from torana.formats.cohere.words import (
    counts_from_chat,
    counts_to_chat,
    logprobs_from_chat,
    logprobs_to_chat,
    reason_from_chat,
    reason_to_chat,
)
from torana.formats.json import as_index, as_list, as_object, as_text
from torana.formats.kept_reasoning import is_signed, thought_in
from torana.formats.reasoning import details_of, seal

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Turn


def reply_to_chat(reply: Json, turn: Turn) -> Json:
    message = as_object(reply.get("message"))
    word = as_text(reply.get("finish_reason"))
    choice: Json = {"index": 0, "message": _message_to_chat(message, turn), "logprobs": None}
    if logprobs := as_list(reply.get("logprobs")):
        choice["logprobs"] = logprobs_to_chat(logprobs)
    choice["finish_reason"] = reason_to_chat(word)
    if word:
        choice["native_finish_reason"] = word
    chat: Json = {"choices": [choice]}
    if (usage := counts_to_chat(reply.get("usage"))) is not None:
        chat["usage"] = usage
    return chat


def _message_to_chat(message: Json, turn: Turn) -> Json:
    texts: list[str] = []
    offsets: dict[int, int] = {}
    details: list[Json] = []
    if plan := as_text(message.get("tool_plan")):
        details.append({"type": "reasoning.text", "text": plan, "format": "unknown", "index": 0, "id": PLAN})
    size = 0
    for number, part in enumerate(map(as_object, _items(message.get("content")))):
        offsets[number] = size
        if thought := as_text(part.get("thinking")):
            details.append({"type": "reasoning.text", "text": thought, "format": "unknown", "index": len(details)})
        if said := as_text(part.get("text")):
            texts.append(said)
            size += len(said)
    told: Json = {"role": "assistant", "content": "".join(texts) or None}
    if details:
        told["reasoning"] = "".join(as_text(each["text"]) for each in details)
        told["reasoning_details"] = details
    calls = [call_to_chat(as_object(call), n, turn) for n, call in enumerate(as_list(message.get("tool_calls")))]
    if calls:
        told["tool_calls"] = calls
    annotations: list[Json] = []
    for citation in map(as_object, as_list(message.get("citations"))):
        annotations += to_annotations(citation, offsets.get(as_index(citation.get("content_index")), 0))
    if annotations:
        told["annotations"] = annotations
    return told


def _items(content: object) -> list[object]:
    return [{"text": content}] if isinstance(content, str) else as_list(content)


def call_to_chat(call: Json, number: int, turn: Turn) -> Json:
    function = as_object(call.get("function"))
    return {
        "id": as_text(call.get("id")) or f"call_{turn.id[:24]}_{number}",
        "type": "function",
        "function": {"name": as_text(function.get("name")), "arguments": as_text(function.get("arguments")) or "{}"},
    }


def id_of(id_: str) -> str:
    """Of 32 hex digits, as Cohere writes them."""
    return f"{id_[:8]}-{id_[8:12]}-{id_[12:16]}-{id_[16:20]}-{id_[20:]}"


def reply_from_chat(reply: Json, turn: Turn) -> Json:
    choice = as_object((as_list(reply.get("choices")) or [{}])[0])
    told: Json = {
        "id": id_of(turn.id),
        "finish_reason": reason_from_chat(choice),
        "message": _message_from_chat(as_object(choice.get("message"))),
    }
    if (usage := counts_from_chat(reply.get("usage"))) is not None:
        told["usage"] = usage
    if logprobs := logprobs_from_chat(choice.get("logprobs")):
        told["logprobs"] = logprobs
    return told


def _message_from_chat(message: Json) -> Json:
    told: Json = {"role": "assistant"}
    content = _thoughts(message)
    said = said_in(message)
    place = len(content)
    if said:
        content.append({"type": "text", "text": said})
    content += [{"type": "image_url", "image_url": as_object(each).get("image_url")} for each in _images(message)]
    calls = [call_from_chat(as_object(call), "{}") for call in as_list(message.get("tool_calls"))]
    if content or not calls:
        told["content"] = content
    if calls:
        told["tool_calls"] = calls
    if citations := from_annotations(message.get("annotations"), Said(said, place=place)):
        told["citations"] = citations
    return told


def _images(message: Json) -> list[object]:
    return as_list(message.get("images"))


def said_in(message: Json) -> str:
    """The text of an answer; where it refused, why."""
    content = message.get("content")
    if isinstance(content, list):
        content = "".join(as_text(as_object(part).get("text")) for part in content)
    return as_text(content) + as_text(message.get("refusal"))


def _thoughts(message: Json) -> list[Json]:
    """One block; where there is more to it than text, all of it is sealed beside."""
    details = details_of(message)
    if not details:
        return []
    told: Json = {"type": "thinking", "thinking": thought_in(details)}
    if any(is_signed(each) for each in details):
        told["signature"] = seal(details)
    return [told]


def call_from_chat(call: Json, none: str = "") -> Json:
    """`none`: the arguments of a call that has none."""
    function = as_object(call.get("function")) or as_object(call.get("custom"))
    arguments = as_text(function.get("arguments")) or as_text(function.get("input")) or none
    return {
        "id": as_text(call.get("id")),
        "type": "function",
        "function": {"name": as_text(function.get("name")), "arguments": arguments},
    }
