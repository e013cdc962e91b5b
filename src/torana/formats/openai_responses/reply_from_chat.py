"""Completions of the hub, as responses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.json import as_list, as_object, as_text
from torana.formats.openai_responses.dressed import dressed_end, dressed_failure
from torana.formats.openai_responses.response import (
    call_item,
    envelope,
    image_item,
    message_item,
    outcome,
    text_part,
    usage_from_chat,
)
from torana.formats.openai_responses.thoughts import reasoning_item
from torana.formats.openai_responses.tools_to_chat import Names
from torana.formats.parts import SAID
from torana.formats.reasoning import details_of

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Turn


def reply_from_chat(reply: Json, turn: Turn) -> Json:
    choice = as_object(next(iter(as_list(reply.get("choices"))), None))
    error = as_object(choice.get("error")) or as_object(reply.get("error")) or None
    if error is not None and turn.generation:
        ended = dressed_failure(error)
    else:
        ended = outcome(as_text(choice.get("finish_reason")), error)
    made = envelope(turn)
    made["output"] = _output(as_object(choice.get("message")), choice, turn, str(ended["status"]))
    made["usage"] = usage_from_chat(reply.get("usage"))
    if reply.get("service_tier") is not None:
        made["service_tier"] = reply["service_tier"]
    whole = {**made, **ended}
    return dressed_end(whole, reply, turn) if turn.generation else whole


def wants_summary(turn: Turn) -> bool:
    asked = as_object(turn.request.get("reasoning"))
    return (asked.get("summary") or asked.get("generate_summary") or "none") != "none"


def text_in(content: object) -> tuple[str, str]:
    """What a content says, and what it thinks: Mistral has both in parts of it."""
    if not isinstance(content, list):
        return as_text(content), ""
    said, thought = [], []
    for part in map(as_object, content):
        said.append(as_text(part.get("text")))
        inner = part.get("thinking")
        thought += [as_text(inner), *(as_text(as_object(each).get("text")) for each in as_list(inner))]
    return "".join(said), "".join(thought)


def _output(message: Json, choice: Json, turn: Turn, status: str) -> list[Json]:
    made: list[Json] = []
    said, thought = text_in(message.get("content"))
    if details := details_of(message) or (details_of({"reasoning": thought}) if thought else []):
        made.append(reasoning_item(f"rs_{turn.id}_0", details, wants_summary=wants_summary(turn)))
    if content := _content(message, said, choice):
        made.append(message_item(f"msg_{turn.id}_{len(made)}", content, _ended(status)))
    if not SAID.issuperset(message):
        _add_items(made, message, turn)
    return made


def _add_items(made: list[Json], message: Json, turn: Turn) -> None:
    """Those of images and calls."""
    for image in map(as_object, as_list(message.get("images"))):
        url = as_text(as_object(image.get("image_url")).get("url"))
        made.append(image_item(f"ig_{turn.id}_{len(made)}", url))
    names = Names(turn.request)
    for number, call in enumerate(map(as_object, as_list(message.get("tool_calls")))):
        is_custom = call.get("type") == "custom"
        inner = as_object(call.get("custom" if is_custom else "function"))
        id_ = as_text(call.get("id")) or f"call_{turn.id[:24]}_{number}"
        given = as_text(inner.get("input" if is_custom else "arguments"))
        at, name = f"{turn.id}_{len(made)}", as_text(inner.get("name"))
        made.append(call_item(at, id_, name, given, names, is_custom=is_custom))


def _ended(status: str) -> str:
    return "completed" if status == "completed" else "incomplete"


def _content(message: Json, said: str, choice: Json) -> list[Json]:
    if not said and "audio" in message:
        said = as_text(as_object(message["audio"]).get("transcript"))
    content: list[Json] = []
    if said:
        logprobs = as_list(as_object(choice.get("logprobs")).get("content"))
        content.append(text_part(said, as_list(message.get("annotations")), logprobs))
    if "refusal" in message and (refusal := as_text(message["refusal"])):
        content.append({"type": "refusal", "refusal": refusal})
    return content
