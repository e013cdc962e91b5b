"""Reasoning as Converse's blocks and back, sealed where its clients cannot hold it otherwise."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

from torana.formats.anthropic_messages.thoughts import merged
from torana.formats.json import as_object, as_text
from torana.formats.reasoning import ANTHROPIC, details_of, seal, unseal

if TYPE_CHECKING:
    from torana.formats.bedrock_converse.models import Model
    from torana.formats.json import Json

UNKNOWN = "unknown"
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
TEXTS = {"reasoning.text": "text", "reasoning.summary": "summary"}
_REFUSE_THOUGHTS = frozenset({"deepseek"})
"""Whose models want none of their own back."""


def blocks_for_model(message: Json, model: Model) -> list[Json]:
    """What it signed, or what nobody signed where it does not sign; another provider's thoughts mean nothing to it."""
    if model.family in _REFUSE_THOUGHTS:
        return []
    is_signing = _is_signing(model)
    blocks: list[Json] = []
    for detail in merged(details_of(message)):
        owner, signature = as_text(detail.get("format")) or UNKNOWN, as_text(detail.get("signature"))
        if owner != (ANTHROPIC if is_signing else UNKNOWN):
            continue
        if detail.get("type") == "reasoning.encrypted":
            blocks.append({"reasoningContent": {"redactedContent": as_text(detail.get("data"))}})
        elif detail.get("type") == "reasoning.text" and (signature or not is_signing):
            blocks.append(_text_block(as_text(detail.get("text")), signature))
    return blocks


def blocks_for_client(message: Json, *, is_hidden: bool) -> list[Json]:
    """All of it; what is not Anthropic's is sealed where a signature or encrypted thoughts would stand."""
    blocks: list[Json] = []
    for detail in merged(details_of(message)):
        if as_text(detail.get("type")) not in TEXTS:
            blocks.append({"reasoningContent": {"redactedContent": redacted(detail)}})
        else:
            blocks.append(_text_block("" if is_hidden else text_in(detail), signature_of(detail, is_hidden=is_hidden)))
    return blocks


def _text_block(text: str, signature: str) -> Json:
    told: Json = {"text": text}
    if signature:
        told["signature"] = signature
    return {"reasoningContent": {"reasoningText": told}}


def text_in(detail: Json) -> str:
    return as_text(detail.get("text")) or as_text(detail.get("summary"))


def signature_of(detail: Json, *, is_hidden: bool = False) -> str:
    """Its own where it is Anthropic's; else the rest of it, sealed. Empty where there is nothing to keep."""
    is_own = detail.get("format") == ANTHROPIC and detail.get("type") == "reasoning.text"
    if is_own and not (is_hidden and text_in(detail)):
        return as_text(detail.get("signature"))
    rest = detail if is_hidden else {name: value for name, value in detail.items() if name not in TEXTS.values()}
    is_plain = rest.get("format") in (UNKNOWN, None) and not rest.keys() - {"type", "format", "index"}
    return "" if is_plain and rest.get("type") == "reasoning.text" else seal([rest])


def redacted(detail: Json) -> str:
    """As base64, which SDKs decode."""
    data = as_text(detail.get("data"))
    if data and detail.get("format") == ANTHROPIC and _BASE64.fullmatch(data):
        return data
    return b64encode(seal([detail]).encode()).decode()


def detail_from_model(block: Json, index: int, model: Model) -> Json:
    """Of a provider's block."""
    told = as_object(block.get("reasoningText"))
    detail: Json
    if "redactedContent" in block:
        detail = {"type": "reasoning.encrypted", "data": as_text(block.get("redactedContent"))}
        signed = True
    else:
        detail = {"type": "reasoning.text", "text": as_text(told.get("text"))}
        signed = bool(as_text(told.get("signature")))
        if signed:
            detail["signature"] = as_text(told.get("signature"))
    return {**detail, "format": owner_of(model, is_signed=signed), "index": index}


def owner_of(model: Model, *, is_signed: bool) -> str:
    return ANTHROPIC if model.claude is not None or (not model.family and is_signed) else UNKNOWN


def _is_signing(model: Model) -> bool:
    return model.claude is not None or not model.family


def detail_from_client(block: Json, index: int) -> Json:
    """Of what a client gives back: unsealed where it was sealed, else as its provider made it."""
    if "redactedContent" in block:
        data = as_text(block.get("redactedContent"))
        for detail in unseal(_decoded(data)) or ():
            return detail
        return {"type": "reasoning.encrypted", "data": data, "format": ANTHROPIC, "index": index}
    told = as_object(block.get("reasoningText"))
    text, signature = as_text(told.get("text")), as_text(told.get("signature"))
    if not signature:
        return {"type": "reasoning.text", "text": text, "format": UNKNOWN, "index": index}
    for detail in unseal(signature) or ():
        # Whoever sealed it left the text out where it stands beside the signature.
        return {**detail, TEXTS.get(as_text(detail.get("type")), "text"): text} if text else detail
    return {"type": "reasoning.text", "text": text, "signature": signature, "format": ANTHROPIC, "index": index}


def _decoded(data: str) -> str:
    try:
        return b64decode(data).decode("ascii")
    except (binascii.Error, ValueError):
        return ""
