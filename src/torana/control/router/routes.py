"""All of the router's API but for inference, in one table, and the routes made from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from torana.control.router import activity, byok, catalogue, generations, guardrails, keys, presets, workspaces
from torana.control.router import credits as credits_
from torana.control.router.face import Face, not_there

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
    *generations.OPERATIONS,
    *activity.OPERATIONS,
    *guardrails.OPERATIONS,
    *presets.OPERATIONS,
    *catalogue.OPERATIONS,
    *byok.OPERATIONS,
    *workspaces.OPERATIONS,
)


def router_routes(site: Site) -> list[Route]:
    """One route a path, so that a wrong method is told all the right ones; the last one is of all other paths."""
    face = Face(site)
    routes = []
    for path in dict.fromkeys(operation.path for operation in OPERATIONS):
        by_method = {one.method: one for one in OPERATIONS if one.path == path}
        routes.append(Route(BASE + path, face.endpoint(by_method), methods=_EVERY))

    def nothing(_request: Request) -> Response:
        return not_there()

    return [*routes, Route(BASE, nothing, methods=_EVERY), Route(BASE + "/{rest:path}", nothing, methods=_EVERY)]
