"""All of the management API in one table, and the routes made from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from torana.control.management import (
    accounts,
    analytics,
    audit_logs,
    cache,
    custom_costs,
    custom_providers,
    datasets,
    evaluations,
    gateways,
    limits,
    log_trace,
    log_window,
    logpush,
    logs,
    models,
    provider_configs,
    providers,
    reference,
    session,
    spend,
    system,
    users,
)
from torana.control.management.face import Face
from torana.control.management.openapi import document

if TYPE_CHECKING:
    from starlette.requests import Request

    from torana.control.management.operation import Operation, Site

BASE = "/client/v4"
DOCUMENT = BASE + "/openapi.json"
PAGE = BASE + "/docs"

OPERATIONS: tuple[Operation, ...] = (
    *session.OPERATIONS,
    *users.OPERATIONS,
    *accounts.OPERATIONS,
    *system.OPERATIONS,
    *audit_logs.OPERATIONS,
    *gateways.OPERATIONS,
    *models.OPERATIONS,
    *provider_configs.OPERATIONS,
    *providers.OPERATIONS,
    *cache.OPERATIONS,
    *limits.OPERATIONS,
    *spend.OPERATIONS,
    *log_window.OPERATIONS,  # before the logs, among whose paths an id would be read in `window`
    *logs.OPERATIONS,
    *log_trace.OPERATIONS,
    *logpush.OPERATIONS,
    *analytics.OPERATIONS,
    *custom_costs.OPERATIONS,  # before the providers, among whose paths an id would be read in `costs`
    *custom_providers.OPERATIONS,
    *datasets.OPERATIONS,
    *evaluations.OPERATIONS,
)


def management_routes(site: Site) -> list[Route]:
    """For who has a token or is signed in; the description, and the way in, for everybody."""
    face = Face(site)
    described = document(OPERATIONS, BASE)
    shown = reference.page(described, DOCUMENT)

    def show_document(_request: Request) -> Response:
        return Response(described, media_type="application/json")

    def show_page(_request: Request) -> Response:
        return Response(shown, media_type="text/html", headers=reference.HEADERS)

    routes = [Route(DOCUMENT, show_document, methods=["GET"]), Route(PAGE, show_page, methods=["GET"])]
    # One route a path, so that a wrong method is told all the right ones.
    for path in dict.fromkeys(operation.path for operation in OPERATIONS):
        by_method = {one.method: one for one in OPERATIONS if one.path == path}
        routes.append(Route(BASE + path, face.endpoint(by_method), methods=list(by_method)))
    return routes
