"""The operation that shows all that is known of one log."""

from __future__ import annotations

import msgspec

from torana.control import queries
from torana.control.cost_details import CostPart, Missing, details_of
from torana.control.envelope import Detail
from torana.control.log_filters import LogFilter
from torana.control.log_pages import Cut, find_page
from torana.control.management.log_selection import place_of
from torana.control.management.operation import Asked, One, Operation, Site
from torana.control.refusals import NoSuchThing
from torana.storage.tables import logs

_BODIES = ("request_headers", "response_headers", "request_head", "response_head", "assembled")


class Trace(Detail, kw_only=True):
    """A log whole: the beginnings of its bodies, its attempts, what its cost is made of.

    Heads and bodies are empty where the token lacks the permission `read`.
    """

    feedback: float | None
    """-1 to 1, given afterwards."""
    score: float | None
    """0 to 100, likewise."""
    cost_details: list[CostPart]
    cost_details_missing: Missing | None
    """Why there are no `cost_details`: the answer is from the cache, the cost is unknown, the provider named it, or the
    prices of now come to another sum than those it was priced by. null = they are there."""


def get_trace(site: Site, asked: Asked) -> One[Trace]:
    place, log_id = place_of(site, asked), asked.path["log_id"]
    one = Cut([logs.c.id == log_id], [LogFilter("id", "eq", [log_id])], count=1)
    site.bring_in()
    with site.store.database.reader.connect() as connection:
        rows = find_page(connection, place, one)
        found = queries.find_log(connection, queries.Scope(place.account_id, place.gateway_id), log_id)
        if not rows or found is None:
            raise NoSuchThing(f"there is no log `{log_id}` in this gateway")
        details = details_of(connection, site.store, rows[0], site.running.ingest.prices)
    known = msgspec.structs.asdict(found)
    if not asked.token.may("read"):
        known |= dict.fromkeys(_BODIES, "") | {"request_head_complete": False, "response_head_complete": False}
    trace = Trace(
        **known,
        feedback=rows[0].feedback,
        score=rows[0].score,
        cost_details=details.parts,
        cost_details_missing=details.missing,
    )
    return One(result=trace)


OPERATIONS = (
    Operation(
        name="get_log_trace",
        method="GET",
        path="/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/logs/{log_id}/trace",
        summary="Show all that is known of one log: attempts, timings, what its cost is made of, bodies' beginnings.",
        tag="Logs",
        permission="read_metadata",
        answer=get_trace,
        result=One[Trace],
        refusals=(404,),
    ),
)
