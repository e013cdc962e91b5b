"""Operations on what a gateway has cached; Torana's own, in the manner of the others."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from torana.control.management.operation import Asked, One, Operation, Site, of
from torana.control.operations import purge_cache
from torana.control.queries import to_rfc3339


class PurgeQuery(Struct, kw_only=True, forbid_unknown_fields=True):
    key: Annotated[str, Meta(min_length=1, max_length=1024)] | None = None
    """Only what was cached under this `cf-aig-cache-key`; without it, everything."""


class Purged(Struct, kw_only=True):
    gateway_id: str
    key: str | None
    """null = everything."""
    purged_at: str


def purge(site: Site, asked: Asked) -> One[Purged]:
    query, gateway_id = of(asked.query, PurgeQuery), asked.path["gateway_id"]
    purged_ms = purge_cache(site.store, asked.path["account_id"], gateway_id, query.key)
    return One(result=Purged(gateway_id=gateway_id, key=query.key, purged_at=to_rfc3339(purged_ms)))


OPERATIONS = (
    Operation(
        name="purge_gateway_cache",
        method="DELETE",
        path="/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/cache",
        summary="Purge a gateway's cache, or one key of it; no worker gives it any more within a second.",
        tag="Gateways",
        permission="edit",
        answer=purge,
        query=PurgeQuery,
        result=One[Purged],
        refusals=(404,),
    ),
)
