"""Answers of Ollama, whole, to and from the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.json import as_list, as_object, as_text, dump, load
from torana.formats.kept_reasoning import is_signed, thought_in
from torana.formats.ollama.images import data_in, url_of
from torana.formats.ollama.words import counts_from_chat, counts_to_chat, date_of
from torana.formats.parts import SAID
from torana.formats.reasoning import details_of, seal

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Turn


def reply_to_chat(reply: Json, turn: Turn) -> Json:
    message = as_object(reply.get("message"))
    told: Json = {"role": "assistant", "content": as_text(message.get("content")) or None}
    if thought := as_text(message.get("thinking")):
        told["reasoning"] = thought
        told["reasoning_details"] = [thought_of(thought)]
    calls = [call_to_chat(as_object(call), n, turn) for n, call in enumerate(as_list(message.get("tool_calls")))]
    if calls:
        told["tool_calls"] = calls
    if images := images_to_chat(message):
        told["images"] = images
    choice: Json = {"index": 0, "message": told, "logprobs": None}
    if logprobs := as_list(reply.get("logprobs")):
        choice["logprobs"] = {"content": logprobs}
    choice.update(reason_to_chat(reply, has_calls=bool(calls)))
    chat: Json = {"choices": [choice]}
    if (usage := counts_to_chat(reply)) is not None:
        chat["usage"] = usage
    return chat


def thought_of(thought: str) -> Json:
    return {"type": "reasoning.text", "text": thought, "format": "unknown", "index": 0}


def images_to_chat(message: Json) -> list[object]:
    return [
        {"type": "image_url", "image_url": {"url": url_of(each)}}
        for each in as_list(message.get("images"))
        if isinstance(each, str)
    ]


def reason_to_chat(line: Json, *, has_calls: bool) -> Json:
    word = as_text(line.get("done_reason"))
    reason = "tool_calls" if has_calls else "length" if word == "length" else "stop"
    return {"finish_reason": reason, "native_finish_reason": word} if word else {"finish_reason": reason}


def call_to_chat(call: Json, number: int, turn: Turn) -> Json:
    function = as_object(call.get("function"))
    arguments = function.get("arguments")
    written = arguments if isinstance(arguments, str) else (dump(as_object(arguments)) or b"{}").decode()
    return {
        "id": as_text(call.get("id")) or f"call_{turn.id[:24]}_{number}",
        "type": "function",
        "function": {"name": as_text(function.get("name")), "arguments": written},
    }


def reply_from_chat(reply: Json, turn: Turn) -> Json:
    choice = as_object((as_list(reply.get("choices")) or [{}])[0])
    message = as_object(choice.get("message"))
    told: Json = {"role": "assistant", "content": said_in(message)}
    if not SAID.issuperset(message):
        _add_rest(message, told)
    made: Json = {"model": turn.model, "created_at": date_of(turn.created), "message": told}
    if logprobs := as_list(as_object(choice.get("logprobs")).get("content")):
        made["logprobs"] = logprobs
    return {**made, **end_of(choice.get("finish_reason")), **counts_from_chat(reply.get("usage"))}


def _add_rest(message: Json, told: Json) -> None:
    """Of what it thought, called and made."""
    details = details_of(message)
    if thought := thought_in(details):
        told["thinking"] = thought
    if any(is_signed(each) for each in details):
        told["signature"] = seal(details)
    calls = [call_from_chat(as_object(call), n) for n, call in enumerate(as_list(message.get("tool_calls")))]
    if calls:
        told["tool_calls"] = calls
    if images := images_from_chat(message):
        told["images"] = images


def end_of(reason: object) -> Json:
    return {"done_reason": "length" if reason == "length" else "stop", "done": True}


def said_in(message: Json) -> str:
    """The text of an answer; where it refused, why."""
    content = message.get("content")
    if isinstance(content, list):
        content = "".join(as_text(as_object(part).get("text")) for part in content)
    return as_text(content) + as_text(message["refusal"]) if "refusal" in message else as_text(content)


def images_from_chat(message: Json) -> list[object]:
    urls = [as_text(as_object(as_object(each).get("image_url")).get("url")) for each in as_list(message.get("images"))]
    return [data_in(url) for url in urls if url]


def call_from_chat(call: Json, number: int) -> Json:
    """Arguments that are no object stand in one, under the name `input`."""
    function = as_object(call.get("function")) or as_object(call.get("custom"))
    written = as_text(function.get("arguments")) or as_text(function.get("input"))
    arguments = load(written.encode("utf-8", "replace")) if written else {}
    if not isinstance(arguments, dict):
        arguments = {"input": written}
    told: Json = {"index": number, "name": as_text(function.get("name")), "arguments": arguments}
    return {"id": as_text(call.get("id")), "function": told}
