"""The operation that shows where a gateway's limits stand; Torana's own."""

from __future__ import annotations

from torana.control.limits import LimitState, limits_of
from torana.control.management.operation import Asked, One, Operation, Site
from torana.control.operations import find_gateway


def list_(site: Site, asked: Asked) -> One[list[LimitState]]:
    config = find_gateway(site.store, asked.path["account_id"], asked.path["gateway_id"]).config
    return One(result=limits_of(site.store.folder, config))


OPERATIONS = (
    Operation(
        name="list_limits",
        method="GET",
        path="/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/limits",
        summary="Show what of a gateway's rate and spend limits is used now.",
        tag="Gateways",
        permission="read",
        answer=list_,
        result=One[list[LimitState]],
        refusals=(404,),
    ),
)
