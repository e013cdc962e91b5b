"""Whole messages, as Anthropic answers and as its clients expect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.anthropic_messages.citations import cited
from torana.formats.anthropic_messages.dressed import dressed_reply
from torana.formats.anthropic_messages.passing import spent
from torana.formats.anthropic_messages.texts import Texts
from torana.formats.anthropic_messages.thoughts import all_blocks, details_in
from torana.formats.anthropic_messages.words import finish_from_chat, finish_to_chat, stated_of, usage_from_chat
from torana.formats.chat_usage import usage_to_chat
from torana.formats.json import as_list, as_object, as_text, dump, load
from torana.formats.parts import SAID
from torana.formats.reasoning import details_of

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Turn


def reply_to_chat(reply: Json, turn: Turn) -> Json:
    message: Json = {"role": "assistant", "content": None}
    texts = Texts()
    calls: list[Json] = []
    details: list[Json] = []
    for number, block in enumerate(as_list(reply.get("content"))):
        block = as_object(block)  # noqa: PLW2901  # whatever it is
        kind = block.get("type")
        if kind == "text":
            message["content"] = ""
            texts.put(as_text(block.get("text")), block.get("citations"))
            continue
        texts.part()
        if kind == "tool_use":
            calls.append(_call(block, len(calls), turn))
        elif kind:
            details += details_in(block, number)
    if message["content"] is not None:
        message["content"] = str(texts)
    _add_thoughts(message, details)
    if texts.annotations:
        message["annotations"] = texts.annotations
    if calls:
        message["tool_calls"] = calls
    return _completion(reply, message, turn)


def _call(block: Json, number: int, turn: Turn) -> Json:
    return {
        "id": as_text(block.get("id")) or f"call_{turn.id[:24]}_{number}",
        "type": "function",
        "function": {"name": as_text(block.get("name")), "arguments": arguments_of(block.get("input"))},
    }


def arguments_of(given: object) -> str:
    """The input of a call as JSON text; an object whatever is given."""
    return (dump(given) or b"{}").decode() if isinstance(given, dict) else "{}"


def _add_thoughts(message: Json, details: list[Json]) -> None:
    if not details:
        return
    text = "".join(as_text(each.get("text")) for each in details)
    if text:
        message["reasoning"] = text
    message["reasoning_details"] = details


def _completion(reply: Json, message: Json, turn: Turn) -> Json:
    reason = as_text(reply.get("stop_reason"))
    choice: Json = {
        "index": 0,
        "message": message,
        "finish_reason": finish_to_chat(reason),
        "native_finish_reason": reason or None,
    }
    sequence = reply.get("stop_sequence")
    if isinstance(sequence, str):
        choice["stop_sequence"] = sequence
    if "stop_details" in reply and (refusal := refusal_in(reply["stop_details"])):
        message["refusal"] = refusal
    completion: Json = {
        "id": as_text(reply.get("id")) or f"chatcmpl-{turn.id}",
        "object": "chat.completion",
        "created": turn.created,
        "model": as_text(reply.get("model")) or turn.model,
        "choices": [choice],
    }
    usage = spent(stated_of(reply.get("usage")))
    if usage is not None:
        completion["usage"] = usage_to_chat(usage)
    return completion


def refusal_in(details: object) -> str:
    return as_text(as_object(details).get("explanation"))


def reply_from_chat(reply: Json, turn: Turn) -> Json:
    choice = as_object(next(iter(as_list(reply.get("choices"))), None))
    message = as_object(choice.get("message"))
    refusal = as_text(message.get("refusal"))
    calls = [as_object(each) for each in as_list(message.get("tool_calls"))]
    reason, sequence = finish_from_chat(choice, has_calls=bool(calls), has_refused=bool(refusal))
    told: Json = {
        "id": f"msg_{turn.id}",
        "type": "message",
        "role": "assistant",
        "model": turn.model,
        "content": _content(message, calls, turn),
        "stop_reason": reason,
        "stop_sequence": sequence,
        "usage": usage_from_chat(reply.get("usage")),
    }
    if reason == "refusal":
        told["stop_details"] = stop_details(refusal)
    return dressed_reply(told, reply, turn) if turn.generation else told


def _content(message: Json, calls: list[Json], turn: Turn) -> list[Json]:
    text = _told_text(message)
    if SAID.issuperset(message):
        return [{"type": "text", "text": text}] if text else []
    content = all_blocks(details_of(message), is_hidden=hides_thoughts(turn))
    content += cited(text, [as_object(each) for each in as_list(message.get("annotations"))])
    return content + [_tool_use(call, number, turn) for number, call in enumerate(calls)]


def hides_thoughts(turn: Turn) -> bool:
    return as_object(turn.request.get("thinking")).get("display") == "omitted"


def _told_text(message: Json) -> str:
    """All that a message says: what it refuses with, hears itself say and has drawn, too."""
    content = message.get("content")
    texts = [as_text(content)]
    if isinstance(content, list):
        texts = [as_text(as_object(part).get("text")) for part in content]
    if "refusal" in message:
        texts.append(as_text(message["refusal"]))
    if "audio" in message:
        texts.append(as_text(as_object(message["audio"]).get("transcript")))
    if "images" in message:
        texts += [drawn(image) for image in as_list(message["images"])]
    return "".join(texts)


def drawn(image: object) -> str:
    """As Markdown: Anthropic's messages have no images of the model's."""
    return f"![image]({as_text(as_object(as_object(image).get('image_url')).get('url'))})"


def stop_details(refusal: str) -> Json:
    return {"type": "refusal", "category": None, "explanation": refusal or None}


def _tool_use(call: Json, number: int, turn: Turn) -> Json:
    function = as_object(call.get("function"))
    given = load(as_text(function.get("arguments")).encode("utf-8", "surrogatepass"))
    return {
        "type": "tool_use",
        "id": as_text(call.get("id")) or tool_id(turn, number),
        "name": as_text(function.get("name")),
        "input": input_of(as_text(function.get("arguments")), given),
    }


def tool_id(turn: Turn, number: int) -> str:
    return f"toolu_{turn.id[:24]}_{number}"


def input_of(text: str, given: object) -> Json:
    """Arguments that are no JSON object are told as a text: a model may have written anything."""
    if isinstance(given, dict):
        return given
    return {"arguments": text} if text.strip() else {}
