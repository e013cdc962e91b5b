"""Thinking blocks, and blocks of Anthropic's own tools, as `reasoning_details` and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.joining import grow
from torana.formats.json import Text, as_object, as_text
from torana.formats.reasoning import ANTHROPIC, seal, unseal

if TYPE_CHECKING:
    from torana.formats.json import Json

WHOLE = "reasoning.server_tool_call"
"""The type of a detail that has in its `data` a block of Anthropic's, as it was."""
_TEXTS = {"reasoning.text": "text", "reasoning.summary": "summary"}


def details_in(block: Json, index: int) -> list[Json]:
    """Of a block that is neither text nor a call, which is Anthropic's own unless it was sealed here."""
    kind = block.get("type")
    if kind == "thinking":
        text, signature = as_text(block.get("thinking")), as_text(block.get("signature"))
        sealed = unseal(signature)
        if sealed is not None:
            return sealed
        if signature:
            return [text_detail(index, text, signature)]
        return [{"type": "reasoning.text", "text": text, "format": "unknown", "index": index}] if text else []
    if kind == "redacted_thinking":
        data = as_text(block.get("data"))
        sealed = unseal(data)
        if sealed is not None:
            return sealed
        return [{"type": "reasoning.encrypted", "data": data, "format": ANTHROPIC, "index": index}]
    return [{"type": WHOLE, "data": block, "format": ANTHROPIC, "index": index}]


def text_detail(index: int, text: str, signature: str) -> Json:
    return {
        "type": "reasoning.text",
        "text": text,
        "signature": signature,
        "format": ANTHROPIC,
        "index": index,
    }


def own_blocks(details: list[Json]) -> list[Json]:
    """What Anthropic is given back. It checks what it is given: thoughts of others are not shown to it."""
    return [block for detail in merged(details) if (block := own_block(detail)) is not None]


def own_block(detail: Json) -> Json | None:
    """None where it was not Anthropic that wrote it."""
    if detail.get("format", ANTHROPIC) != ANTHROPIC:
        return None
    kind = detail.get("type")
    if kind == "reasoning.text" and detail.get("signature"):
        text, signature = as_text(detail.get("text")), as_text(detail.get("signature"))
        return {"type": "thinking", "thinking": text, "signature": signature}
    if kind == "reasoning.encrypted" and detail.get("data"):
        return {"type": "redacted_thinking", "data": as_text(detail.get("data"))}
    if kind == WHOLE:
        return as_object(detail.get("data")) or None
    return None


def all_blocks(details: list[Json], *, is_hidden: bool = False) -> list[Json]:
    """What a client is given: details of others, as many as stand together, in one block that is sealed."""
    blocks: list[Json] = []
    foreign: list[Json] = []
    for detail in merged(details):
        own = own_block(detail)
        if own is None:
            foreign.append(detail)
            continue
        blocks += sealed_block(foreign, is_hidden=is_hidden)
        foreign = []
        if is_hidden and "thinking" in own:
            own["thinking"] = ""
        blocks.append(own)
    return blocks + sealed_block(foreign, is_hidden=is_hidden)


def sealed_block(details: list[Json], *, is_hidden: bool = False) -> list[Json]:
    """At most one, of merged details."""
    if not details:
        return []
    text = "" if is_hidden else "\n".join(told for each in details if (told := shown(each)))
    if text:
        return [{"type": "thinking", "thinking": text, "signature": signature_of(details)}]
    return [{"type": "redacted_thinking", "data": seal(details)}]


def signature_of(details: list[Json]) -> str:
    """Empty for a lone text that nobody signed: the block says all of it."""
    lone = details[0] if len(details) == 1 else {}
    if (
        lone.get("type") == "reasoning.text"
        and lone.get("format", "unknown") == "unknown"
        and not lone.get("signature")
    ):
        return ""
    return seal(details)


def shown(detail: Json) -> str:
    return as_text(detail.get(_TEXTS.get(as_text(detail.get("type")), "")))


def merged(details: list[Json]) -> list[Json]:
    """The pieces of a stream put together, as clients may give them back as they came."""
    whole: list[Json] = []
    last: Json = {}
    for detail in details:
        key = _TEXTS.get(as_text(detail.get("type")))
        if key is not None and whole and _continues(last, detail):
            if detail.get(key):
                grow(last, key, detail[key])
            last.update({name: value for name, value in detail.items() if name != key and value is not None})
        else:
            last = dict(detail)
            whole.append(last)
    for detail in whole:
        for key in _TEXTS.values():
            if isinstance(detail.get(key), Text):
                detail[key] = str(detail[key])
    return whole


def _continues(last: Json, detail: Json) -> bool:
    is_same = all(last.get(name) == detail.get(name) for name in ("type", "index", "format"))
    return is_same and not last.get("signature")
