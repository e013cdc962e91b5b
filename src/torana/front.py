"""Which family of URLs does a request belong to?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec
from msgspec.structs import replace

from torana.errors import ToranaError, UpstreamError
from torana.message import Call, Origin, Reply
from torana.router import operations
from torana.router.access import DEFAULT_GATEWAY, GATEWAY
from torana.router.shelf import PATH as MODELS
from torana.surfaces import gateway, rest, router
from torana.surfaces.tokens import is_openrouters

if TYPE_CHECKING:
    from torana.attempts import Sender
    from torana.exchange import Answering, Request
    from torana.flow import Flow
    from torana.router.flow import Flow as Router
    from torana.router.shelf import Shelf

_encode = msgspec.json.Encoder().encode
_JSON = (b"content-type", b"application/json")
_ROUTER = b"/api/"
_ROUTED = b"/api/v1/"
_REST = b"/client/v4/"
# Of the control plane these are for everybody, and `/client/v4/` for who has a token (see control/app.py).
RELAYED = frozenset({b"/", b"/metrics"})
_CONSENT = b"/auth"
_DASHBOARD = b"/dashboard"
_FOR_PAGES = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"x-generation-id, retry-after"),
)
"""Pages of any origin may ask models, as they may at OpenRouter: what lets them is a key that they have to know."""
_PASSED = (b"accept", b"accept-encoding", b"user-agent")
# Who is signed in, and what the browser says of the page that asks (see control/signing_in).
_PASSED_OF_SESSIONS = (*_PASSED, b"content-type", b"cookie", b"origin", b"sec-fetch-site", b"torana-csrf")
_PASSED_TO_DASHBOARD = (*_PASSED_OF_SESSIONS, b"if-none-match")
_PASSED_TO_REST = (*_PASSED_OF_SESSIONS, b"authorization")
_PASSED_TO_ROUTER = (*_PASSED_TO_REST, b"if-none-match")
_PEER = b"torana-peer"
"""The client's address, for the control plane: what a client sends of that name is passed on nowhere."""


class NotFound(ToranaError):
    status = 404
    code = 7002


class ControlAway(ToranaError):
    status = 503


class Health(Protocol):
    """What the worker knows of itself."""

    def ready(self) -> tuple[bool, dict[str, object]]: ...


class Front:
    """The first look at each request of a worker: inference at once, the few others after it."""

    def __init__(
        self, flow: Flow, routing: Router, shelf: Shelf, upstream: Sender, health: Health, control_socket: str
    ) -> None:
        self._flow = flow
        self._router = routing
        self._shelf = shelf
        self._upstream = upstream
        self._health = health
        self._control = Origin(control_socket, 0, is_tls=False)

    def handle(self, request: Request) -> Answering:
        """Not itself a coroutine: one more to resume through would cost each request a microsecond."""
        if request.target[:4] == b"/v1/":
            return self._flow.handle(request)
        return self._other(request)

    async def _other(self, request: Request) -> Reply:
        path = request.target.partition(b"?")[0]
        if path == b"/healthz":
            return Reply(200, [_JSON], b'{"status":"ok"}')
        if path == b"/readyz":
            is_ready, facts = self._health.ready()
            return Reply(200 if is_ready else 503, [_JSON, (b"cache-control", b"no-store")], _encode(facts))
        if path in RELAYED:
            return await self._relay(request, _PASSED)
        if rest.is_inference(request.target):
            return await self._flow.handle(request)
        if path.startswith(_ROUTER):
            return await self._routed(request, path)
        if path.startswith(_REST):
            return await self._relay(request, _PASSED_TO_REST)
        if path == _CONSENT:
            return await self._relay(request, _PASSED_OF_SESSIONS)
        if path == _DASHBOARD or path.startswith(_DASHBOARD + b"/"):
            return await self._relay(request, _PASSED_TO_DASHBOARD)
        return self.refuse(NotFound(f"there is nothing at `{path.decode('latin-1')}`"), request)

    async def _routed(self, request: Request, path: bytes) -> Reply:
        """Inference and the list of models are answered here, all else of the router's API elsewhere."""
        if is_openrouters(request.headers):
            return await self._flow.handle(self._passed(request))
        if request.method == b"POST" and path.startswith(_ROUTED):
            entry = operations.read(request.target[len(_ROUTED) :])
            if entry is not None:
                reply = await self._router.handle(request, entry)
                reply.headers = [*reply.headers, *_FOR_PAGES]
                return reply
        if path == MODELS and (shown := await self._shelf.answer(request)) is not None:
            return shown
        return await self._relay(request, _PASSED_TO_ROUTER)

    def _passed(self, request: Request) -> Request:
        """What was asked with a token of OpenRouter's own, as a gateway is asked for it."""
        given = (value for name, value in request.headers if name == GATEWAY)
        place = (b"", b"v1", self._flow.directory.first_account, next(given, DEFAULT_GATEWAY), b"openrouter")
        return replace(request, target=b"/".join(place) + request.target[len(_ROUTER) - 1 :])

    def refuse(self, error: ToranaError, request: Request | None) -> Reply:
        """In the shape of the family that the path belongs to; the gateway's where that is not known."""
        target = request.target if request else b""
        if target.startswith(b"/v1/") or rest.is_inference(target):
            return self._flow.refuse(error, request)
        if target.startswith(_ROUTER):
            return router.refuse(error)
        if target.startswith(_REST):
            return rest.refuse(error)
        return gateway.refuse(error)

    async def _relay(self, request: Request, passed: tuple[bytes, ...]) -> Reply:
        """Asks the control plane over its socket; says so where it is not there."""
        headers = [*(h for h in request.headers if h[0] in passed), (b"host", b"torana")]
        if request.remote:
            headers.append((_PEER, request.remote.encode("latin-1", "replace")))
        call = Call(self._control, request.method, request.target, headers, request.body, request.length)
        try:
            return await self._upstream.send(call)
        except UpstreamError:
            return self.refuse(ControlAway("the control plane is not there now; inference goes on"), request)
