"""`/embeddings`: vectors of texts and what else a model embeds (openrouter.md 1.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from torana.errors import CallerError, UpstreamBroken
from torana.formats.embeddings.passing import FORMAT, read_usage
from torana.formats.embeddings.translators import EMBEDDINGS
from torana.formats.json import as_list, as_text, dump
from torana.formats.translation import Turn
from torana.surfaces.router.operations.operation import OPENROUTER, Operation, Sent, Taken, Wanted

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Brief
    from torana.surfaces.router.operations.operation import Billed, Upload, Whom

_encode = msgspec.json.Encoder().encode


def read(request: Json, upload: Upload | None) -> Wanted:  # noqa: ARG001  # an Operation's shape
    given = request.get("input")
    if not given or not isinstance(given, str | list):
        raise CallerError("`input`: a string, or an array of at least one was expected")
    return Wanted(request=request)


def tell(wanted: Wanted, whom: Whom, brief: Brief) -> Sent:
    request = {**wanted.request, "model": whom.model}
    if whom.spoken == FORMAT.name and whom.provider != OPENROUTER and request.pop("input_type", None) is not None:
        brief.drop("input_type")  # OpenAI's API has no word for it
    return Sent(_encode(EMBEDDINGS[whom.spoken].request_from_openai(request, brief)))


def take(reply: Json, wanted: Wanted, whom: Whom) -> Taken:
    asked = {**wanted.request, "model": whom.model}
    turn = Turn("", 0, whom.model, asked, asked)
    found = EMBEDDINGS[whom.spoken].reply_to_openai(reply, turn)
    if not isinstance(found.get("data"), list):
        raise UpstreamBroken("the provider's answer has no embeddings")
    slim = {name: value for name, value in reply.items() if name not in ("data", "embeddings", "embedding")}
    usage = read_usage(dump(slim if whom.spoken == FORMAT.name else {"usage": found.get("usage")}) or b"")
    return Taken(body=found, usage=usage, upstream_id=as_text(reply.get("id")))


def dress(taken: Taken, billed: Billed, wanted: Wanted) -> Json:  # noqa: ARG001  # an Operation's shape
    usage: Json = {"prompt_tokens": billed.usage.tokens_in, "total_tokens": billed.usage.tokens_in}
    return {
        "id": billed.id,
        "object": "list",
        "data": as_list(taken.body.get("data")),
        "model": billed.model,
        "provider": billed.provider,
        "usage": usage | billed.cost.told(),
    }


VECTORS = Operation(
    modality="embeddings",
    api_type="embeddings",
    path="embeddings",
    read=read,
    tell=tell,
    take=take,
    dress=dress,
)
