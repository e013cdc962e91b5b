"""`/rerank`: documents in the order in which they answer a query (openrouter.md 1.4).

Cohere's version 2 is what others follow: texts go there, an index and a score come back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from torana.catalog.estimate import likely_in
from torana.errors import CallerError, Untranslatable, UpstreamBroken
from torana.exchange import Usage
from torana.formats.chat_usage import usage_of
from torana.formats.json import Json, as_index, as_list, as_object, as_text
from torana.surfaces.router.costs import usd
from torana.surfaces.router.operations.operation import OPENROUTER, Operation, Sent, Taken, Wanted, counted, needed

if TYPE_CHECKING:
    from torana.formats.translation import Brief
    from torana.surfaces.router.operations.operation import Billed, Upload, Whom

_DOCUMENTS_A_UNIT = 100
_BYTES_A_CHUNK = 1_000
"""A document of more than 500 tokens counts as several; 2 bytes are a token at least."""
_BYTES_A_TOKEN_AT_LEAST = 2
_MOST_DOCUMENTS = 10_000
_encode = msgspec.json.Encoder().encode


def read(request: Json, upload: Upload | None) -> Wanted:  # noqa: ARG001  # an Operation's shape
    query = len(needed(request, "query").encode("utf-8", "replace"))
    documents = as_list(request.get("documents"))
    if not documents or len(documents) > _MOST_DOCUMENTS:
        raise CallerError(f"`documents`: an array of 1 to {_MOST_DOCUMENTS} was expected")
    counted(request, "top_n", 1, 1 << 31, len(documents))
    sizes = [len(_text(each, place).encode("utf-8", "replace")) + query for place, each in enumerate(documents)]
    chunks = sum(-(-size // _BYTES_A_CHUNK) for size in sizes)
    tokens_in = sum(sizes) // _BYTES_A_TOKEN_AT_LEAST + 1
    return Wanted(
        request=request,
        tokens_in=tokens_in,
        units={"request": max(1, -(-chunks // _DOCUMENTS_A_UNIT))},
        likely=Usage(likely_in(tokens_in)),
    )


def _text(document: object, place: int) -> str:
    """Empty for a picture alone."""
    if isinstance(document, str):
        return document
    found = as_object(document)
    if not (isinstance(found.get("text"), str) or isinstance(found.get("image"), str | dict)):
        raise CallerError(f"`documents[{place}]`: a string, or an object with `text` or `image` was expected")
    return as_text(found.get("text"))


def tell(wanted: Wanted, whom: Whom, brief: Brief) -> Sent:
    request = wanted.request
    if whom.provider == OPENROUTER:
        return Sent(_encode({**request, "model": whom.model}))
    texts = []
    for place, each in enumerate(as_list(request["documents"])):
        if as_object(each).get("image") is not None:
            raise Untranslatable(f"`documents[{place}]`: `{whom.provider}` ranks texts alone")
        texts.append(_text(each, place))
    made: Json = {"model": whom.model, "query": request["query"], "documents": texts}
    if request.get("top_n") is not None:
        # More than there are is an error with some.
        made["top_n"] = min(as_index(request["top_n"]), len(texts))
    for name in request.keys() - {"model", "query", "documents", "top_n"}:
        brief.drop(name)
    return Sent(_encode(made))


def take(reply: Json, wanted: Wanted, whom: Whom) -> Taken:  # noqa: ARG001  # an Operation's shape
    found = reply.get("results")
    if not isinstance(found, list):
        raise UpstreamBroken("the provider's answer has no results")
    billed = as_object(as_object(reply.get("meta")).get("billed_units"))
    stated = as_object(reply.get("usage"))
    usage = usage_of(stated)
    if usage is None and isinstance(billed.get("input_tokens"), int | float):
        usage = usage_of({"prompt_tokens": billed["input_tokens"]})
    units = billed.get("search_units", stated.get("search_units"))
    return Taken(
        body={"results": found},
        usage=usage,
        units={"request": int(units)} if isinstance(units, int | float) and units > 0 else {},
        upstream_id=as_text(reply.get("id")),
    )


def dress(taken: Taken, billed: Billed, wanted: Wanted) -> Json:
    documents = as_list(wanted.request["documents"])
    results: list[Json] = []
    for each in map(as_object, as_list(taken.body["results"])):
        index = each.get("index")
        if isinstance(index, int) and 0 <= index < len(documents):
            document = documents[index]
            shown = {"text": document} if isinstance(document, str) else document
            results.append({"index": index, "relevance_score": each.get("relevance_score"), "document": shown})
    usage: Json = {"cost": usd(billed.cost.charged_nano)}
    if "request" in taken.units:
        usage["search_units"] = taken.units["request"]
    if taken.usage is not None:
        usage["total_tokens"] = billed.usage.tokens_in + billed.usage.tokens_out
    return {"id": billed.id, "model": billed.model, "provider": billed.provider, "results": results, "usage": usage}


RERANK = Operation(
    modality="rerank",
    api_type="rerank",
    path="rerank",
    read=read,
    tell=tell,
    take=take,
    dress=dress,
    paths={"cohere": "v2/rerank"},
)
