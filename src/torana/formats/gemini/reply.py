"""Whole answers, both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.gemini.candidates import candidate_of, wants_thoughts
from torana.formats.gemini.finish import reason_to_chat
from torana.formats.gemini.logprobs import logprobs_to_chat
from torana.formats.gemini.sound import in_wanted_format
from torana.formats.gemini.sources_to_chat import annotations_of, cites
from torana.formats.gemini.turns_to_chat import TurnToChat
from torana.formats.gemini.usage import stated_to_chat, usage_from_chat
from torana.formats.json import as_list, as_object, as_text

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Turn


def reply_to_chat(reply: Json, turn: Turn) -> Json:
    candidates = [each for each in as_list(reply.get("candidates")) if isinstance(each, dict)]
    told: Json = {
        "id": as_text(reply.get("responseId")) or f"chatcmpl-{turn.id}",
        "object": "chat.completion",
        "created": turn.created,
        "model": as_text(reply.get("modelVersion")) or turn.model,
        "choices": [_choice(each, number, turn) for number, each in enumerate(candidates)] or [blocked(reply)],
    }
    usage = stated_to_chat(reply.get("usageMetadata"))
    if usage is not None:
        told["usage"] = usage
    return told


def blocked(reply: Json) -> Json:
    """The choice of a reply that has none: its prompt was refused."""
    feedback = as_object(reply.get("promptFeedback"))
    reason = as_text(feedback.get("blockReason"))
    said = as_text(feedback.get("blockReasonMessage")) or (
        f"The prompt was blocked: {reason}" if reason else "The provider gave no answer"
    )
    return {
        "index": 0,
        "message": {"role": "assistant", "content": None, "refusal": said},
        "finish_reason": "content_filter" if reason else "error",
        "native_finish_reason": reason or None,
    }


def index_of(given: Json, otherwise: int = 0) -> int:
    index = given.get("index")
    return index if isinstance(index, int) else otherwise


def _choice(candidate: Json, number: int, turn: Turn) -> Json:
    index = index_of(candidate, number)
    reader = TurnToChat(f"call_{turn.id[:24]}_{f'{index}_' if index else ''}")
    told = reader.read(as_list(as_object(candidate.get("content")).get("parts")))
    message: Json = {"role": "assistant", "content": None, **told}
    if "audio" in message:
        message["audio"] = in_wanted_format(as_object(message["audio"]), turn)
    if cites(candidate) and (sources := annotations_of(candidate, as_text(message["content"]))):
        message["annotations"] = [*as_list(message.get("annotations")), *sources]
    native = as_text(candidate.get("finishReason"))
    reason = reason_to_chat(native or "STOP", has_calls=reader.calls > 0)
    if reason in ("content_filter", "error") and (said := as_text(candidate.get("finishMessage"))):
        message["refusal"] = said
    choice: Json = {
        "index": index,
        "message": message,
        "finish_reason": reason,
        "native_finish_reason": native or None,
    }
    if isinstance(found := candidate.get("logprobsResult"), dict):
        choice["logprobs"] = logprobs_to_chat(found)
    return choice


def reply_from_chat(reply: Json, turn: Turn) -> Json:
    shows = wants_thoughts(turn)
    told: Json = {
        "candidates": [
            candidate_of(as_object(choice), number, shows_thoughts=shows, chat=turn.chat)
            for number, choice in enumerate(as_list(reply.get("choices")))
        ],
        "modelVersion": turn.model,
        "responseId": turn.id,
    }
    usage = usage_from_chat(reply.get("usage"))
    if usage is not None:
        told["usageMetadata"] = usage
    return told
