"""Everything below `/dashboard`: the built files, and the page of the application for every other path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from torana.control.dashboard.assets import HASHED, INDEX, Asset, Assets

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

BASE = "/dashboard"
HOME = BASE + "/"
SAFE = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob: https:; "
        "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""Its page loads what this server gave it and nothing else, and no other page holds it."""
_FOR_EVER = "public, max-age=31536000, immutable"


def dashboard_routes(assets: Assets, not_built: Callable[[], Response]) -> list[Route]:
    """`not_built` answers for the application where it was not built."""

    async def show(request: Request) -> Response:
        path = request.path_params["path"]
        asset = assets.find(path)
        if asset is None and path.startswith(HASHED):
            return Response("there is no such file\n", 404, {**SAFE, "cache-control": "no-store"}, "text/plain")
        asset = asset or assets.find(INDEX)
        return not_built() if asset is None else _sent(asset, request)

    async def enter(_request: Request) -> Response:
        return RedirectResponse(HOME, 302)

    return [Route(BASE, enter, methods=["GET"]), Route(HOME + "{path:path}", show, methods=["GET"])]


def _sent(asset: Asset, request: Request) -> Response:
    headers = {
        **SAFE,
        # A new build is met at the next visit: its page is asked for anew each time, its files have new names.
        "cache-control": _FOR_EVER if asset.is_hashed else "no-cache",
        "etag": asset.etag,
        "vary": "accept-encoding",
    }
    if asset.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    coding, body = asset.chosen(request.headers.get("accept-encoding", ""))
    if coding:
        headers["content-encoding"] = coding
    return Response(body, headers={**headers, "content-type": asset.media_type})
