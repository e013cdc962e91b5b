"""What goes upstream beside the body: an opening for each endpoint that is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from torana.exchange import Opening
from torana.providers import mask_query
from torana.router.offer import Offer
from torana.surfaces import compat, gateway
from torana.surfaces.options import read_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.catalog.market import Endpoint
    from torana.exchange import Request
    from torana.providers import Provider
    from torana.router.access import Access
    from torana.surfaces.entries import Entry

_ANTHROPIC_BETA = (b"x-anthropic-beta", b"anthropic-beta")
_KEPT_FOR_ANTHROPIC = "anthropic"
REQUEST_TYPE = "Router"


def begin(request: Request, access: Access) -> Opening:
    """What the head says, whoever is asked then; credentials in it are masked for the log. Raises CallerError."""
    opening = Opening(access.gateway)
    path, secrets = mask_query(request.target[1:])
    opening.path, opening.method = path.decode("latin-1"), request.method.decode("latin-1")
    gateway.read_headers(opening, request.headers, (*access.secrets, *secrets))
    opening.options = read_options(request.headers)
    opening.caller, opening.request_type, opening.provider = access.caller, REQUEST_TYPE, "router"
    collects = opening.options.collect_log
    if not (access.gateway.collect_logs if collects is None else collects):
        # What is paid for leaves a row; what was said in it does not.
        opening.options = replace(opening.options, collect_payload=False)
    opening.headers = [(b"content-type", b"application/json"), *_betas(opening)]
    return opening


def _betas(opening: Opening) -> list[tuple[bytes, bytes]]:
    """Flags for Anthropic, by either name; others are not sent them."""
    return [(b"anthropic-beta", value) for name, value in opening.headers if name in _ANTHROPIC_BETA]


def lead(base: Opening, endpoint: Endpoint, provider: Provider, entry: Entry) -> Opening:
    """To one endpoint's answers, in a format of its own, with the key for it. Raises ToranaError."""
    return _led(base, endpoint, provider, lambda led: compat.lead_translated(led, entry, provider, endpoint.name))


def lead_on(base: Opening, endpoint: Endpoint, provider: Provider, path: str) -> Opening:
    """The same to a path of its provider."""
    return _led(base, endpoint, provider, lambda led: compat.lead_on(led, provider, path, endpoint.name))


def _led(base: Opening, endpoint: Endpoint, provider: Provider, way: Callable[[Opening], Opening]) -> Opening:
    headers = base.headers
    if provider.slug != _KEPT_FOR_ANTHROPIC:
        headers = [h for h in headers if h[0] != b"anthropic-beta"]
    if not isinstance(endpoint, Offer):
        return way(replace(base, headers=headers))
    secret = endpoint.secret.encode("utf-8", "replace")
    opening = way(replace(base, headers=[*headers, (b"authorization", b"Bearer " + secret)], caller=None))
    opening.caller = base.caller
    opening.secrets = tuple(dict.fromkeys((*opening.secrets, secret)))
    opening.credential = "byok"
    return opening
