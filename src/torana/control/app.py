"""The control plane's HTTP face: the dashboard, the metrics, the APIs, the logs for the command line."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import msgspec
from msgspec import Struct
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from torana import __version__
from torana.control import metrics, welcome
from torana.control.dashboard.assets import Assets, is_built
from torana.control.dashboard.routes import HOME, dashboard_routes
from torana.control.envelope import UNAVAILABLE, Failure, LogDetail, LogList, Problem, invalid, not_found, read_query
from torana.control.graphql.route import graphql_route
from torana.control.management import face
from torana.control.management.analytics import AnalyticsQuery, ask
from torana.control.management.face import not_there, wrong_method
from torana.control.management.operation import Site, of
from torana.control.management.routes import management_routes
from torana.control.queries import BadFilter, Scope, find_log, find_request, find_response, list_logs
from torana.control.router.routes import router_routes
from torana.control.running import Running
from torana.control.signing_in.door import Door
from torana.control.signing_in.links import make_first_link
from torana.control.signing_in.oidc.routes import oidc_routes
from torana.control.stored_responses import Asked, delete_response, find_chain
from torana.control.welcome import About, Entrance
from torana.errors import ToranaError
from torana.remembering import MOST_LINKS
from torana.settings import Settings

if TYPE_CHECKING:
    from starlette.requests import Request

    from torana.control.metrics import Metrics
    from torana.control.operations import Store
    from torana.control.queries import Content

    FindBody: TypeAlias = Callable[..., Content | None]

log = logging.getLogger("torana.control")

_CATCH_UP_S = 2.0


class Facts(Struct, frozen=True):
    """What the page says of this server; `find_url` is asked each time, as the supervisor knows it only later."""

    account_id: str
    gateway_id: str
    find_url: Callable[[], str]
    door: Door = msgspec.field(default_factory=Door)
    settings: Settings = Settings()


class Control:
    """The endpoints. They are plain functions, so each runs in a thread and may wait for the database."""

    def __init__(self, store: Store, catch_up: Callable[[float], int], metrics_: Metrics, facts: Facts) -> None:
        self._reader = store.database.reader
        self._writer = store.database.writer
        self._now_ms = store.now_ms
        self._catch_up = catch_up
        self._metrics = metrics_
        self._facts = facts
        running = Running(metrics_.ingest, metrics_.journal, metrics_.statistics, facts.settings)
        self.site = Site(store, self._bring_in, facts.find_url, running, facts.door)

    def about(self, request: Request) -> Response:
        headers = {"vary": "accept", "cache-control": "no-store"}
        if welcome.wants_json(request.headers.get("accept", "*/*")):
            return _json(self._about(), headers=headers)
        return RedirectResponse(HOME, 302, headers)

    def not_built(self) -> Response:
        return Response(welcome.page(self._about()), 503, welcome.HEADERS, "text/html")

    def _about(self) -> About:
        facts = self._facts
        return About("torana", __version__, self.site.url, facts.account_id, facts.gateway_id)

    def show_metrics(self, request: Request) -> Response:
        # Set as a header: a media type would get a second charset.
        return Response(self._metrics.render(), headers={"content-type": metrics.CONTENT_TYPE})

    def entrance(self, _request: Request) -> Response:
        return _json(Entrance(is_built(), make_first_link(self.site.store) or ""))

    def list_logs(self, request: Request) -> Response:
        query = read_query(dict(request.query_params))
        if isinstance(query, Failure):
            return _json(query, status=400)
        self._bring_in()
        try:
            with self._reader.connect() as connection:
                found = list_logs(connection, _scope(request), query)
        except BadFilter as error:
            return _json(invalid(f"Input Validation Error: {error}", "query", error.name), status=400)
        return _json(LogList(result=found.rows, result_info=found.info))

    def find_log(self, request: Request) -> Response:
        self._bring_in()
        with self._reader.connect() as connection:
            found = find_log(connection, _scope(request), request.path_params["log_id"])
        return _json(not_found(), status=404) if found is None else _json(LogDetail(result=found))

    def find_request(self, request: Request) -> Response:
        return self._body(request, find_request)

    def find_response(self, request: Request) -> Response:
        return self._body(request, find_response)

    def kept_response(self, request: Request) -> Response:
        """What a client goes on from, with all before it (`what=chain`) or alone."""
        self._bring_in()
        most = MOST_LINKS if request.query_params.get("what") == "chain" else 1
        with self._reader.connect() as connection:
            found = find_chain(connection, _asked(request), self._now_ms(), most)
        if found is None:
            return _json(not_found(), status=404)
        return Response(b"[%b]" % b",".join(found), media_type="application/json")

    def drop_response(self, request: Request) -> Response:
        self._bring_in()
        with self._writer.begin() as connection:
            was_there = delete_response(connection, _asked(request))
        return _json({}) if was_there else _json(not_found(), status=404)

    def analytics(self, request: Request) -> Response:
        scope = _scope(request)
        gateways = None if scope.gateway_id is None else [scope.gateway_id]
        try:
            query = face.read_query(request.url.query, AnalyticsQuery)
            return _json(ask(self.site, scope.account_id, gateways, of(query, AnalyticsQuery)))
        except ToranaError as error:
            return face.refusal(error)

    def _body(self, request: Request, find: FindBody) -> Response:
        self._bring_in()
        with self._reader.connect() as connection:
            found = find(connection, _scope(request), request.path_params["log_id"])
        if found is None:
            return _json(not_found(), status=404)
        headers = {
            "content-type": found.content_type or "application/octet-stream",
            "x-content-type-options": "nosniff",
            # A recorded answer may be a stranger's HTML: it must never run as ours.
            "content-security-policy": "sandbox; default-src 'none'",
        }
        return Response(found.body, headers=headers)

    def _bring_in(self) -> None:
        """A log is to be seen right after its answer; where the store cannot take it, what it has is shown."""
        try:
            self._catch_up(_CATCH_UP_S)
        except (SQLAlchemyError, OSError) as error:
            log.warning("the newest logs wait in the journal: %s", error)


def create_app(control: Control, assets: Assets | None = None) -> Starlette:
    return Starlette(
        routes=relayed(control)
        + oidc_routes(control.site)
        + dashboard_routes(assets or Assets(), control.not_built)
        + management_routes(control.site)
        + [graphql_route(control.site)]
        + router_routes(control.site)
        + socket_only(control),
        exception_handlers={404: _no_such_path, 405: _no_such_method, SQLAlchemyError: _no_store},
    )


def relayed(control: Control) -> list[Route]:
    """For everybody: the workers pass these paths on (front.RELAYED)."""
    return [
        Route("/", control.about, methods=["GET"]),
        Route("/metrics", control.show_metrics, methods=["GET"]),
    ]


def socket_only(control: Control) -> list[Route]:
    """For who may open the socket, without a token: the workers pass none of these on."""
    account = "/internal/accounts/{account_id}"
    return (
        [
            Route(place + path, endpoint, methods=["GET"])
            for place in (account + "/gateways/{gateway_id}", account)
            for path, endpoint in (
                ("/logs", control.list_logs),
                ("/logs/{log_id}", control.find_log),
                ("/logs/{log_id}/request", control.find_request),
                ("/logs/{log_id}/response", control.find_response),
                ("/analytics", control.analytics),
            )
        ]
        + [
            Route(account + "/gateways/{gateway_id}/responses/{id}", endpoint, methods=[method])
            for method, endpoint in (("GET", control.kept_response), ("DELETE", control.drop_response))
        ]
        + [Route(account + "/entrance", control.entrance, methods=["POST"])]
    )


def _no_such_path(_request: Request, _error: Exception) -> Response:
    return not_there()


def _no_such_method(_request: Request, error: Exception) -> Response:
    allowed = getattr(error, "headers", None) or {}
    return wrong_method(", ".join(sorted(allowed.get("Allow", "").split(", "))))


def _no_store(_request: Request, error: Exception) -> Response:
    log.error("the store cannot be read: %s", error)
    return _json(Failure(errors=[Problem(UNAVAILABLE, "the store cannot be read now")]), status=503)


def _scope(request: Request) -> Scope:
    return Scope(request.path_params["account_id"], request.path_params.get("gateway_id"))


def _asked(request: Request) -> Asked:
    place = request.path_params
    return Asked(place["account_id"], place["gateway_id"], request.query_params.get("caller", ""), place["id"])


def _json(value: object, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(value), status, headers, "application/json")
