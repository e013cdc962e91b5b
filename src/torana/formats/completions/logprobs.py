"""Probabilities of tokens as legacy completions list them, and as chat does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.json import as_list, as_object, as_text

if TYPE_CHECKING:
    from torana.formats.json import Json


def to_chat(found: Json) -> Json:
    """Lists side by side, of which any may be missing."""
    chances, tops = as_list(found.get("token_logprobs")), as_list(found.get("top_logprobs"))
    content: list[Json] = []
    for number, token in enumerate(map(as_text, as_list(found.get("tokens")))):
        top = as_object(tops[number]) if number < len(tops) else {}
        chance = chances[number] if number < len(chances) else None
        told = [_token(name, each) for name, each in top.items()]
        content.append({**_token(token, chance), "top_logprobs": told})
    return {"content": content}


def _token(token: str, logprob: object) -> Json:
    return {"token": token, "logprob": logprob, "bytes": list(token.encode("utf-8", "replace"))}


def from_chat(found: Json, offset: int = 0) -> tuple[Json, int]:
    """`offset`: of the first token in the whole text. With it, that of the token after the last."""
    content = [as_object(each) for each in as_list(found.get("content"))]
    tokens = [as_text(each.get("token")) for each in content]
    offsets = []
    for token in tokens:
        offsets.append(offset)
        offset += len(token)
    told: Json = {
        "tokens": tokens,
        "token_logprobs": [each.get("logprob") for each in content],
        "top_logprobs": [_tops(each) for each in content],
        "text_offset": offsets,
    }
    return told, offset


def _tops(each: Json) -> Json:
    return {as_text(top.get("token")): top.get("logprob") for top in map(as_object, as_list(each.get("top_logprobs")))}
