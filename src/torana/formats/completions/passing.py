"""Legacy text completions of OpenAI and those who followed."""

from __future__ import annotations

from torana.exchange import Format
from torana.formats.joining import child, grow, in_order, objects, overlay, slot
from torana.formats.json import Json, as_list, dump, read_request
from torana.formats.openai_chat.passing import meter, read_usage

_GROWS = ("text", "reasoning", "reasoning_content", "reasoning_details")


def assemble(stream: bytes) -> bytes | None:
    chunks = objects(stream)
    if not chunks:
        return None
    whole: Json = {}
    choices: dict[int, Json] = {}
    for chunk in chunks:
        overlay(whole, chunk, skip=("choices",))
        for choice in as_list(chunk.get("choices")):
            if isinstance(choice, dict):
                _join_choice(slot(choices, choice.get("index", 0)), choice)
    if choices:
        whole["choices"] = in_order(choices)
    return dump(whole)


def _join_choice(choice: Json, piece: Json) -> None:
    for name, value in piece.items():
        if name in _GROWS:
            grow(choice, name, value)
        elif name == "logprobs" and isinstance(value, dict):
            for each, tokens in value.items():
                grow(child(choice, name), each, tokens)
        else:
            overlay(choice, {name: value})


FORMAT = Format("completions", read_request, read_usage, meter, assemble)
