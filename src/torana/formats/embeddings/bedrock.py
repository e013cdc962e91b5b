"""Embeddings on Bedrock: Titan's, one input a call, and Cohere's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.exchange import Usage
from torana.formats.embeddings import cohere
from torana.formats.embeddings.translation import EmbeddingsTranslator, drop_others, image_url_in, inputs_of, listed
from torana.formats.fields import Place, move, text, untranslatable
from torana.formats.json import Json, as_object, as_text
from torana.formats.openai_chat.errors import error_to_chat
from torana.formats.parts import split_data_url

if TYPE_CHECKING:
    from torana.formats.translation import Brief, Turn

NAME = "bedrock_invoke"
_OF_COHERE = frozenset({"dimensions", "input_type", "truncate", "max_tokens"})
_OF_TITAN = frozenset({"dimensions", "normalize"})
_MULTIMODAL = "titan-embed-image"
_OLD = ("titan-embed-text-v1", "titan-embed-g1-text")
"""Have but one length."""
_CUTS = {"START": "LEFT", "END": "RIGHT"}
"""What Bedrock calls them since Cohere's version 4."""


def request_from_openai(body: Json, brief: Brief) -> Json:
    """The path names the model; here it says whose form the body has."""
    model = text(body.get("model"), "model")
    if "cohere." in model:
        drop_others(body, brief, _OF_COHERE)
        return _of_cohere(body, model)
    if "titan-embed" not in model:
        raise untranslatable("model", "embeddings other than Titan's and Cohere's", "Bedrock")
    drop_others(body, brief, _OF_TITAN)
    return _of_titan(body, model)


def _of_cohere(body: Json, model: str) -> Json:
    made = cohere.told(body, bedrock=True)
    if "v3" not in model:
        cut = as_text(made["truncate"])
        made["truncate"] = _CUTS.get(cut, cut)
        move(body, made, "max_tokens")
    return made


def _of_titan(body: Json, model: str) -> Json:
    inputs = inputs_of(body, "Titan")
    if len(inputs) > 1:
        raise untranslatable("input", "more than one input in a call", "Titan")
    made: Json = {}
    if isinstance(inputs[0], str):
        made["inputText"] = inputs[0]
    else:
        _add_parts(made, inputs[0], model)
    length = body.get("dimensions")
    if length is not None and any(old in model for old in _OLD):
        raise untranslatable("dimensions", "another length than its own", model)
    if _MULTIMODAL in model:
        if length is not None:
            made["embeddingConfig"] = {"outputEmbeddingLength": length}
        return made
    move(body, made, "dimensions", "normalize")
    return made


def _add_parts(made: Json, parts: list[tuple[Place, Json]], model: str) -> None:
    """One text and one image at most, which the multimodal model takes together."""
    for where, part in parts:
        kind = part.get("type")
        name = {"text": "inputText", "image_url": "inputImage"}.get(as_text(kind))
        if name is None or name in made or (name == "inputImage" and _MULTIMODAL not in model):
            raise untranslatable(where, f"`{kind}`", model)
        if name == "inputText":
            made[name] = text(part.get("text"), (where, "text"))
            continue
        split = split_data_url(image_url_in(part, where))
        if split is None:
            raise untranslatable((where, "image_url.url"), "an image that is not in the request itself", model)
        made[name] = split[1]


def reply_to_openai(reply: Json, turn: Turn) -> Json:
    if "embeddings" in reply:
        return cohere.reply_to_openai(reply, turn)
    vector = reply.get("embedding")
    if not isinstance(vector, list):
        vector = as_object(reply.get("embeddingsByType")).get("float")
    tokens = reply.get("inputTextTokenCount")
    usage = Usage(tokens) if isinstance(tokens, int) and not isinstance(tokens, bool) else None
    return listed([vector] if isinstance(vector, list) else [], usage, turn)


TRANSLATOR = EmbeddingsTranslator(NAME, request_from_openai, reply_to_openai, error_to_chat)
