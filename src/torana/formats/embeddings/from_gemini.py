"""What Google's clients ask of embeddings, `:embedContent` and `:batchEmbedContents`, in OpenAI's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.chat_usage import usage_of
from torana.formats.embeddings.translation import EmbeddingsClient
from torana.formats.fields import Place, malformed, text, untranslatable
from torana.formats.gemini.contents_to_chat import part_to_chat
from torana.formats.gemini.errors import error_from_chat
from torana.formats.gemini.names import camel, each_of
from torana.formats.json import as_list, as_object, as_text

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Brief, Turn

_OTHERS = "a provider of another format"
_KINDS = {
    "RETRIEVAL_QUERY": "search_query",
    "QUESTION_ANSWERING": "search_query",
    "FACT_VERIFICATION": "search_query",
    "CODE_RETRIEVAL_QUERY": "search_query",
    "RETRIEVAL_DOCUMENT": "search_document",
    "CLASSIFICATION": "classification",
    "CLUSTERING": "clustering",
}
_READ = frozenset({"content", "embedContentConfig", "model", "outputDimensionality", "taskType"})


def request_to_openai(body: Json, brief: Brief) -> Json:
    given = camel(body, "")
    if "requests" not in given:
        return _asked([("", given)], brief, is_batch=False)
    return _asked(each_of(given["requests"], "requests"), brief, is_batch=True)


def _asked(requests: list[tuple[Place, Json]], brief: Brief, *, is_batch: bool) -> Json:
    if not requests:
        raise malformed("requests", "an array of at least one")
    inputs = []
    wishes: list[Json] = []
    for where, request in requests:
        at = (where, "content")
        inputs.append(_input(camel(request.get("content"), at), at, brief))
        wishes.append(_wish(request, where, brief))
    for (where, _), wish in zip(requests, wishes, strict=True):
        if wish != wishes[0]:
            raise untranslatable(where, "another model, length or task than the first's", _OTHERS)
    return {**wishes[0], "input": inputs if is_batch else inputs[0] if isinstance(inputs[0], str) else inputs}


def _input(content: Json, where: Place, brief: Brief) -> str | Json:
    parts = [part_to_chat(part, at, brief) for at, part in each_of(content.get("parts"), (where, "parts"))]
    if not parts:
        raise malformed((where, "parts"), "an array of at least one")
    if all(part["type"] == "text" for part in parts):
        return "".join([as_text(part["text"]) for part in parts])
    return {"content": parts}


def _wish(request: Json, where: Place, brief: Brief) -> Json:
    """All but the content."""
    made: Json = {}
    if "model" in request:
        made["model"] = text(request["model"], (where, "model")).removeprefix("models/")
    told = {**request, **camel(request.get("embedContentConfig") or {}, (where, "embedContentConfig"))}
    if "outputDimensionality" in told:
        made["dimensions"] = told["outputDimensionality"]
    kind = _KINDS.get(text(told.get("taskType") or "", (where, "taskType")))
    if kind:
        made["input_type"] = kind
    elif told.get("taskType"):
        brief.drop("taskType")
    for name in told:
        if name not in _READ:
            brief.drop(name)
    return made


def reply_from_openai(reply: Json, turn: Turn) -> Json:
    """One embedding, or as many as a batch has, in the order of what was asked."""
    data = sorted(map(as_object, as_list(reply.get("data"))), key=_index)
    vectors: list[Json] = [{"values": as_list(each.get("embedding"))} for each in data]
    told: Json = (
        {"embeddings": vectors} if "requests" in turn.request else {"embedding": (vectors or [{"values": []}])[0]}
    )
    usage = usage_of(reply.get("usage"))
    if usage is not None:
        told["usageMetadata"] = {"promptTokenCount": usage.tokens_in, "totalTokenCount": usage.tokens_in}
    return told


def _index(each: Json) -> int:
    index = each.get("index")
    return index if isinstance(index, int) else 0


CLIENT = EmbeddingsClient(request_to_openai, reply_from_openai, error_from_chat)
