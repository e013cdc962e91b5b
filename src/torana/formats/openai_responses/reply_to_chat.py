"""Responses of providers, as completions of the hub. Whatever is in them, nothing raises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.chat_usage import usage_of, usage_to_chat
from torana.formats.json import as_list, as_object, as_text
from torana.formats.openai_responses.content_to_chat import annotation_to_chat
from torana.formats.openai_responses.thoughts import details_in, shown

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Turn

_REASONS = {"max_output_tokens": "length", "content_filter": "content_filter"}


def reply_to_chat(reply: Json, turn: Turn) -> Json:
    message: Json = {"role": "assistant", "content": None}
    logprobs: list[object] = []
    for number, item in enumerate(map(as_object, as_list(reply.get("output")))):
        kind = item.get("type")
        if kind == "message":
            logprobs += _add_message(message, item)
        elif kind == "reasoning":
            _add_reasoning(message, item)
        elif call := call_of(item, turn, number):
            as_list(message.setdefault("tool_calls", [])).append(call)
        elif kind == "image_generation_call" and (url := image_in(item)):
            as_list(message.setdefault("images", [])).append({"type": "image_url", "image_url": {"url": url}})
    choice: Json = {"index": 0, "message": message, **finish_of(reply, has_calls="tool_calls" in message)}
    if logprobs:
        choice["logprobs"] = {"content": logprobs}
    made: Json = {"object": "chat.completion", "choices": [choice]}
    if reply.get("service_tier") is not None:
        made["service_tier"] = reply["service_tier"]
    if (usage := usage_of(reply.get("usage"))) is not None:
        made["usage"] = usage_to_chat(usage)
    return made


def finish_of(reply: Json, *, has_calls: bool) -> Json:
    """How it ended, in the hub's word and in the provider's own."""
    status = as_text(reply.get("status"))
    if status in ("failed", "cancelled"):
        return {"finish_reason": "error", "native_finish_reason": status, "error": as_object(reply.get("error"))}
    if status == "incomplete":
        native = as_text(as_object(reply.get("incomplete_details")).get("reason")) or status
        return {"finish_reason": _REASONS.get(native, "length"), "native_finish_reason": native}
    return {"finish_reason": "tool_calls" if has_calls else "stop", "native_finish_reason": status or "completed"}


def _add_message(message: Json, item: Json) -> list[object]:
    """The logprobs of it, and into the message what it says."""
    logprobs: list[object] = []
    pieces = [before, "\n\n"] if (before := as_text(message.get("content"))) else []
    length = sum(map(len, pieces))
    for part in map(as_object, as_list(item.get("content"))):
        if "refusal" in part and (refusal := as_text(part["refusal"])):
            message["refusal"] = as_text(message.get("refusal")) + refusal
        said = as_text(part.get("text"))
        if annotations := as_list(part.get("annotations")):
            cited = [annotation_to_chat(as_object(each), length) for each in annotations]
            as_list(message.setdefault("annotations", [])).extend(cited)
        logprobs += as_list(part.get("logprobs"))
        pieces.append(said)
        length += len(said)
    message["content"] = "".join(pieces) if length else None
    return logprobs


def _add_reasoning(message: Json, item: Json) -> None:
    details = as_list(message.setdefault("reasoning_details", []))
    found = details_in(item, len(details))
    details.extend(found)
    told = [text for text in map(shown, found) if text]
    if told:
        before = as_text(message.get("reasoning"))
        message["reasoning"] = "\n\n".join([before, *told] if before else told)
    if not details:
        del message["reasoning_details"]


def call_of(item: Json, turn: Turn, number: int) -> Json | None:
    """None of what is no call of a tool that the caller runs."""
    kind, name = item.get("type"), as_text(item.get("name"))
    id_ = as_text(item.get("call_id")) or as_text(item.get("id")) or f"call_{turn.id[:24]}_{number}"
    if kind == "function_call":
        return {"id": id_, "type": "function", "function": {"name": name, "arguments": as_text(item.get("arguments"))}}
    if kind == "custom_tool_call":
        return {"id": id_, "type": "custom", "custom": {"name": name, "input": as_text(item.get("input"))}}
    return None


def image_in(item: Json) -> str:
    """A data URL of an image that was made; "" where there is none."""
    data, form = as_text(item.get("result")), as_text(item.get("output_format")) or "png"
    return f"data:image/{form};base64,{data}" if data else ""
