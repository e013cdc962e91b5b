"""A choice of the hub as a candidate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.gemini.finish import reason_from_chat
from torana.formats.gemini.logprobs import logprobs_from_chat
from torana.formats.gemini.names import camel
from torana.formats.gemini.signatures import wrap
from torana.formats.gemini.sound import sound_part
from torana.formats.gemini.sources_from_chat import grounding_from_chat
from torana.formats.gemini.turns_from_chat import Thoughts, call_part, image_parts, signed, thoughts_of
from torana.formats.json import as_list, as_object, as_text
from torana.formats.parts import SAID

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Turn


def wants_thoughts(turn: Turn) -> bool:
    """Google shows thoughts to those alone who ask for them."""
    config = _field(turn.request, "generationConfig", "generation_config")
    if not config:
        return False
    return camel(_field(config, "thinkingConfig", "thinking_config"), "").get("includeThoughts") is True


def _field(given: Json, name: str, other: str) -> Json:
    """In either spelling."""
    return as_object(given.get(name)) or as_object(given.get(other))


def candidate_of(choice: Json, number: int, *, shows_thoughts: bool, chat: Json, said: str = "") -> Json:
    """`said` is what was told before, of a stream."""
    message = as_object(choice.get("message"))
    texts = texts_of(message)
    parts = texts if SAID.issuperset(message) else _parts(message, texts, shows_thoughts=shows_thoughts, chat=chat)
    made: Json = {
        "content": {"parts": parts or [{"text": ""}], "role": "model"},
        "finishReason": reason_from_chat(choice.get("finish_reason"), choice.get("native_finish_reason")),
        "index": choice.get("index", number),
    }
    if annotations := as_list(message.get("annotations")):
        said += "".join([as_text(part["text"]) for part in texts])
        if (grounding := grounding_from_chat(annotations, said)) is not None:
            made["groundingMetadata"] = grounding
    if choice.get("logprobs") and (logprobs := logprobs_from_chat(choice["logprobs"])) is not None:
        made["logprobsResult"] = logprobs
    return made


def _parts(message: Json, texts: list[Json], *, shows_thoughts: bool, chat: Json) -> list[Json]:
    audio = sound_part(as_object(message.get("audio")), chat)
    calls = [_call(as_object(call)) for call in as_list(message.get("tool_calls"))]
    thoughts = shown(thoughts_of(message), calls, shows_thoughts=shows_thoughts)
    return signed([*texts, audio] if audio else texts, image_parts(message), calls, thoughts)


def _call(call: Json) -> tuple[str, Json]:
    id_ = call.get("id")
    return as_text(id_), call_part(as_object(call.get("function") or call.get("custom")), id_)


def shown(thoughts: Thoughts, calls: list[tuple[str, Json]], *, shows_thoughts: bool) -> Thoughts:
    """What a client is told of them: other providers' details in one signature, on the first call if there is one."""
    if thoughts.others:
        key = calls[0][0] if calls else ""
        sealed = wrap(thoughts.others)
        if key and key not in thoughts.signatures:
            thoughts.signatures[key] = sealed
        else:
            thoughts.loose.append(sealed)
        thoughts.parts += [
            {"text": text, "thought": True}
            for detail in thoughts.others
            if (text := as_text(detail.get("text")) or as_text(detail.get("summary")))
        ]
    if not shows_thoughts:
        thoughts.parts = [{**part, "text": ""} for part in thoughts.parts if "thoughtSignature" in part]
    return thoughts


def texts_of(message: Json) -> list[Json]:
    """What is said: a text, or parts; a refusal is said too, and what a recording says."""
    content = message.get("content")
    pieces: list[object] = [as_object(part).get("text") for part in content] if isinstance(content, list) else [content]
    if "refusal" in message:
        pieces.append(message["refusal"])
    if "audio" in message:
        pieces.append(as_object(message["audio"]).get("transcript"))
    return [{"text": text} for piece in pieces if (text := as_text(piece))]
