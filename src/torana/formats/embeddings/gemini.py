"""Embeddings of Google: `:batchEmbedContents` of Gemini's API, and `:predict` of Vertex."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.embeddings.passing import read_usage
from torana.formats.embeddings.translation import EmbeddingsTranslator, Parts, drop_others, inputs_of, listed
from torana.formats.fields import move, text, untranslatable
from torana.formats.gemini.errors import error_to_chat
from torana.formats.gemini.parts_from_chat import part_from_chat
from torana.formats.json import Json, as_list, as_object, dump

if TYPE_CHECKING:
    from torana.formats.translation import Brief, Turn

NAME = "gemini"
_VERTEX = "google-vertex-ai"
_OWN = frozenset({"dimensions", "input_type", "title"})
_TASKS = {
    "query": "RETRIEVAL_QUERY",
    "search_query": "RETRIEVAL_QUERY",
    "document": "RETRIEVAL_DOCUMENT",
    "passage": "RETRIEVAL_DOCUMENT",
    "search_document": "RETRIEVAL_DOCUMENT",
}
"""What other providers call Google's."""
_WITHOUT_TASKS = "gemini-embedding-2"
"""From then on the text itself says what it is for."""


def request_from_openai(body: Json, brief: Brief) -> Json:
    model = text(body.get("model"), "model").rpartition("/")[2]
    about: Json = {}
    if body.get("input_type") is not None:
        kind = text(body["input_type"], "input_type")
        if model.startswith(_WITHOUT_TASKS):
            brief.drop("input_type")
        else:
            about["taskType"] = _TASKS.get(kind, kind.upper())
    move(body, about, "title")
    drop_others(body, brief, _OWN)
    inputs = inputs_of(body, NAME)
    if brief.provider == _VERTEX:
        return _predicted(inputs, about, body)
    if body.get("dimensions") is not None:
        about["outputDimensionality"] = body["dimensions"]
    return {"requests": [{"model": f"models/{model}", "content": _content(each, brief), **about} for each in inputs]}


def _content(given: str | Parts, brief: Brief) -> Json:
    if isinstance(given, str):
        return {"parts": [{"text": given}]}
    return {"parts": [part_from_chat(part, where, brief) for where, part in given]}


def _predicted(inputs: list[str | Parts], about: Json, body: Json) -> Json:
    told = {"task_type" if name == "taskType" else name: value for name, value in about.items()}
    instances: list[Json] = []
    for number, each in enumerate(inputs):
        if not isinstance(each, str):
            raise untranslatable(("input", number), "anything but text", "Vertex's embeddings")
        instances.append({"content": each, **told})
    made: Json = {"instances": instances}
    if body.get("dimensions") is not None:
        made["parameters"] = {"outputDimensionality": body["dimensions"]}
    return made


def reply_to_openai(reply: Json, turn: Turn) -> Json:
    predicted = [as_object(as_object(each).get("embeddings")) for each in as_list(reply.get("predictions"))]
    single = [reply["embedding"]] if reply.get("embedding") else []
    found = as_list(reply.get("embeddings")) or single or predicted
    # Without the vectors: the counts alone are read once more.
    counts = [{"embeddings": {"statistics": each.get("statistics")}} for each in predicted]
    usage = read_usage(dump({"usageMetadata": reply.get("usageMetadata"), "predictions": counts}) or b"")
    return listed([as_list(as_object(each).get("values")) for each in found], usage, turn)


TRANSLATOR = EmbeddingsTranslator(NAME, request_from_openai, reply_to_openai, error_to_chat)
