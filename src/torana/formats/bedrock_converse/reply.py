"""Whole answers: Converse's as completions, and completions as Converse's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.bedrock_converse.citations import annotation_of, cited_blocks
from torana.formats.bedrock_converse.media import answered_image, image_part
from torana.formats.bedrock_converse.models import model_of
from torana.formats.bedrock_converse.outcome import finish_from_chat, finish_to_chat, used_from_chat, used_to_chat
from torana.formats.bedrock_converse.thinking import blocks_for_client, detail_from_model, text_in
from torana.formats.json import as_list, as_object, as_text, dump, load
from torana.formats.parts import SAID
from torana.formats.reasoning import wish_of

if TYPE_CHECKING:
    from torana.formats.bedrock_converse.models import Model
    from torana.formats.json import Json
    from torana.formats.translation import Turn

SERVER_TOOL = "server_tool_use"
"""What a model called at Bedrock itself; nobody else is to answer it."""


def reply_to_chat(reply: Json, turn: Turn) -> Json:
    told = as_object(as_object(reply.get("output")).get("message"))
    message = _Message(model_of(as_text(turn.chat.get("model"))), turn.id)
    for block in as_list(told.get("content")):
        message.take(as_object(block))
    choice = {"index": 0, "message": message.whole(), **finish_to_chat(reply, has_calls=bool(message.calls))}
    made: Json = {"choices": [choice]}
    usage = used_to_chat(reply)
    if usage is not None:
        made["usage"] = usage
    if tier := as_text(as_object(reply.get("serviceTier")).get("type")):
        made["service_tier"] = tier
    return made


class _Message:
    """The hub's message, as its blocks come."""

    def __init__(self, model: Model, id_: str) -> None:
        self.calls: list[Json] = []
        self._model = model
        self._id = id_
        self._texts: list[str] = []
        self._size = 0
        self._details: list[Json] = []
        self._annotations: list[Json] = []
        self._images: list[Json] = []

    def take(self, block: Json) -> None:
        if "text" in block:
            self._text(as_text(block["text"]))
        elif "toolUse" in block:
            self._call(as_object(block["toolUse"]))
        elif "reasoningContent" in block:
            thought = as_object(block["reasoningContent"])
            self._details.append(detail_from_model(thought, len(self._details), self._model))
        elif "citationsContent" in block:
            self._cited(as_object(block["citationsContent"]))
        elif "image" in block:
            image = as_object(block["image"])
            self._images.append(image_part(image))

    def _text(self, text: str) -> None:
        self._texts.append(text)
        self._size += len(text)

    def _call(self, use: Json) -> None:
        if use.get("type") == SERVER_TOOL:
            return
        given = use.get("input")
        self.calls.append(
            {
                "id": as_text(use.get("toolUseId")) or call_id(self._id, len(self.calls)),
                "type": "function",
                "function": {
                    "name": as_text(use.get("name")),
                    "arguments": (dump({} if given is None else given) or b"{}").decode(),
                },
            }
        )

    def _cited(self, block: Json) -> None:
        start = self._size
        for each in as_list(block.get("content")):
            self._text(as_text(as_object(each).get("text")))
        for citation in as_list(block.get("citations")):
            self._annotations.append(annotation_of(as_object(citation), start, self._size))

    def whole(self) -> Json:
        text = "".join(self._texts)
        message: Json = {"role": "assistant", "content": text if text or not self.calls else None}
        if self._details:
            message["reasoning"] = "".join(map(text_in, self._details)) or None
            message["reasoning_details"] = self._details
        if self._annotations:
            message["annotations"] = self._annotations
        if self._images:
            message["images"] = self._images
        if self.calls:
            message["tool_calls"] = self.calls
        return message


def call_id(id_: str, number: int) -> str:
    return f"call_{id_[:24]}_{number}"


def reply_from_chat(reply: Json, turn: Turn) -> Json:
    choice = as_object(next(iter(as_list(reply.get("choices"))), {}))
    message = as_object(choice.get("message"))
    return {
        "output": {"message": {"role": "assistant", "content": _blocks(message, turn)}},
        **finish_from_chat(choice, turn.request),
        "usage": used_from_chat(reply.get("usage")) or {"inputTokens": 0, "outputTokens": 0, "totalTokens": 0},
        # The SDKs want it; there is no clock here.
        "metrics": {"latencyMs": 0},
        **tier_of(reply),
    }


def tier_of(told: Json) -> Json:
    tier = told.get("service_tier")
    return {"serviceTier": {"type": tier}} if tier in ("priority", "default", "flex") else {}


def _blocks(message: Json, turn: Turn) -> list[Json]:
    text = text_of_answer(message.get("content"))
    if text and "refusal" not in message and SAID.issuperset(message):
        return [{"text": text}]
    blocks = blocks_for_client(message, is_hidden=hides_thoughts(turn)) + cited_blocks(
        text, as_list(message.get("annotations"))
    )
    if refusal := as_text(message.get("refusal")):
        blocks.append({"text": refusal})
    blocks += [answered_image(as_object(image)) for image in as_list(message.get("images"))]
    audio = as_object(message.get("audio"))
    if data := as_text(audio.get("data")):
        kind = as_text(as_object(turn.chat.get("audio")).get("format")) or "wav"
        blocks.append({"audio": {"format": "pcm" if kind == "pcm16" else kind, "source": {"bytes": data}}})
    for number, call in enumerate(as_list(message.get("tool_calls"))):
        blocks.append(_use(as_object(call), call_id(turn.id, number)))
    return blocks


def hides_thoughts(turn: Turn) -> bool:
    return wish_of(turn.chat).is_hidden


def text_of_answer(content: object) -> str:
    """Also of those who answer in parts."""
    if isinstance(content, list):
        return "".join(as_text(as_object(part).get("text")) for part in content)
    return as_text(content)


def _use(call: Json, id_: str) -> Json:
    function = as_object(call.get("function"))
    written = as_text(function.get("arguments"))
    value = load(written.encode("utf-8", "surrogatepass")) if written.strip() else {}
    return {
        "toolUse": {
            "toolUseId": as_text(call.get("id")) or id_,
            "name": as_text(function.get("name")),
            "input": written if value is None else value,
        }
    }
