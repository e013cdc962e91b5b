"""Embeddings of Cohere, on its own API (`v2/embed`) and on Bedrock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from torana.formats.cohere import passing
from torana.formats.embeddings.translation import (
    EmbeddingsTranslator,
    Parts,
    drop_others,
    image_url_in,
    inputs_of,
    listed,
)
from torana.formats.fields import Place, move, text, untranslatable
from torana.formats.json import UNREADABLE, Json, as_list, as_object, as_text
from torana.formats.openai_chat.errors import error_to_chat
from torana.formats.parts import split_data_url

if TYPE_CHECKING:
    from torana.formats.translation import Brief, Turn

NAME = "cohere"
_OWN = frozenset({"dimensions", "input_type", "truncate", "max_tokens", "priority"})
_INPUT_TYPES = {"query": "search_query", "document": "search_document", "passage": "search_document"}
"""What other providers call Cohere's."""


def request_from_openai(body: Json, brief: Brief) -> Json:
    made: Json = {"model": text(body.get("model"), "model"), **told(body, bedrock=False)}
    move(body, made, "max_tokens", "priority")
    drop_others(body, brief, _OWN)
    return made


def told(body: Json, *, bedrock: bool) -> Json:
    """What both places take."""
    kind = text(body.get("input_type") or "search_document", "input_type")
    made: Json = {"input_type": _INPUT_TYPES.get(kind, kind)}
    inputs = inputs_of(body, NAME)
    if all(isinstance(each, str) for each in inputs):
        made["texts"] = inputs
    elif "v3" in as_text(body.get("model")):
        made["images"] = [_only_image(each, ("input", number)) for number, each in enumerate(inputs)]
        made["input_type"] = "image"
    else:
        made["inputs"] = [{"content": _content(each, bedrock=bedrock)} for each in inputs]
    made["embedding_types"] = ["float"]
    if body.get("dimensions") is not None:
        made["output_dimension"] = body["dimensions"]
    # Without it Cohere cuts what is too long, of which OpenAI's clients would hear an error.
    made["truncate"] = text(body.get("truncate") or "NONE", "truncate")
    return made


def _only_image(given: str | Parts, where: Place) -> str:
    """Version 3 embeds one image at a time, and nothing with it."""
    if isinstance(given, str) or len(given) != 1 or given[0][1].get("type") != "image_url":
        raise untranslatable(where, "images together with texts", NAME)
    return _data_url(given[0][1], given[0][0])


def _content(given: str | Parts, *, bedrock: bool) -> list[Json]:
    if isinstance(given, str):
        return [{"type": "text", "text": given}]
    content: list[Json] = []
    for where, part in given:
        kind = part.get("type")
        if kind == "text":
            content.append({"type": "text", "text": text(part.get("text"), (where, "text"))})
        elif kind == "image_url":
            url = _data_url(part, where)
            content.append({"type": "image_url", "image_url": url if bedrock else {"url": url}})
        else:
            raise untranslatable(where, f"`{kind}`", NAME)
    return content


def _data_url(part: Json, where: Place) -> str:
    url = image_url_in(part, where)
    if split_data_url(url) is None:
        raise untranslatable((where, "image_url.url"), "an image that is not in the request itself", NAME)
    return url


def reply_to_openai(reply: Json, turn: Turn) -> Json:
    """Vectors by their type, or on Bedrock as a list where there is but one."""
    found = reply.get("embeddings")
    vectors = found if isinstance(found, list) else as_list(as_object(found).get("float"))
    try:
        stated = msgspec.convert(reply.get("meta"), passing.Stated | None, strict=False)
    except UNREADABLE:
        stated = None
    return listed(vectors, passing.spent(stated), turn)


TRANSLATOR = EmbeddingsTranslator(NAME, request_from_openai, reply_to_openai, error_to_chat)
