"""All of the router's API but for inference, in one table, and the routes made from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from torana.control.router import (
    activity,
    analytics,
    auth,
    byok,
    catalogue,
    generations,
    guardrails,
    keys,
    presets,
    workspaces,
)
from torana.control.router import credits as credits_
from torana.control.router.consent import PATH, Consent
from torana.control.router.face import Face, not_there, preflight

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from torana.control.management.operation import Site
    from torana.control.router.operation import Operation

BASE = "/api/v1"
_EVERY = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

OPERATIONS: tuple[Operation, ...] = (
    *keys.OPERATIONS,
    *credits_.OPERATIONS,
    *auth.OPERATIONS,
    *generations.OPERATIONS,
    *activity.OPERATIONS,
    *analytics.OPERATIONS,
    *guardrails.OPERATIONS,
    *presets.OPERATIONS,
    *catalogue.OPERATIONS,
    *byok.OPERATIONS,
    *workspaces.OPERATIONS,
)


def router_routes(site: Site) -> list[Route]:
    """One route a path, so that a wrong method is told all the right ones; the last two are of all other paths."""
    face = Face(site)
    routes = []
    for path in dict.fromkeys(operation.path for operation in OPERATIONS):
        by_method = {one.method: one for one in OPERATIONS if one.path == path}
        routes.append(Route(BASE + path, face.endpoint(by_method), methods=_EVERY))

    def nothing(request: Request) -> Response:
        # Pages ask so for inference too, which the workers answer themselves.
        return preflight() if request.method == "OPTIONS" else not_there()

    consent = Consent(site)
    routes += [Route(PATH, consent.show, methods=["GET"]), Route(PATH, consent.decide, methods=["POST"])]
    return [*routes, Route(BASE, nothing, methods=_EVERY), Route(BASE + "/{rest:path}", nothing, methods=_EVERY)]
