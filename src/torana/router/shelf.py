"""The list of models: prepared once for all who see the same, then given out.

What needs figures of the traffic, and whatever is wrong with a request, is the control plane's to answer.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import re
import time
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from torana.catalog.listing import ListError, ModelQuery, View, choose, listed, read_query
from torana.errors import ToranaError
from torana.message import Reply
from torana.router.access import DEFAULT_GATEWAY, identify
from torana.router.reach import LOCAL, reached, usable
from torana.storage.cataloguing import CatalogueError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torana.catalog.market import Catalogue
    from torana.directory import Directory
    from torana.exchange import Request
    from torana.message import Headers
    from torana.providers import Provider
    from torana.storage.cataloguing import Shop

PATH = b"/api/v1/models"
_CREDENTIALS = frozenset({b"authorization", b"x-api-key"})
_METHODS = frozenset({b"GET", b"HEAD"})
_MOST = 32
"""Lists that are kept prepared."""
_LONGEST_QUERY = 1_024
_HOUR_MS = 3_600_000
_LEVEL = 6
_FIELDS = [
    (b"content-type", b"application/json"),
    # May be kept, and has to be asked about each time: what a caller reaches changes with the keys that are stored.
    (b"cache-control", b"private, no-cache"),
    (b"vary", b"accept-encoding, authorization"),
    (b"access-control-allow-origin", b"*"),
]
_ZERO = re.compile(rb"0(?:\.0*)?")
_encode = msgspec.json.Encoder().encode


class Prepared(Struct, frozen=True):
    body: bytes
    squeezed: bytes
    """With gzip."""
    etag: bytes


class Shelf:
    """One a worker."""

    def __init__(
        self,
        shop: Shop,
        directory: Callable[[], Directory],
        providers: Callable[[str], Mapping[bytes, Provider]],
        slugs: dict[str, str],
    ) -> None:
        """`providers` are an account's, by their segment in URLs; `slugs` such segments by OpenRouter's names."""
        self._shop = shop
        self._directory = directory
        self._providers = providers
        self._slugs = slugs
        self._prepared: dict[tuple[object, ...], Prepared] = {}
        self._preparing = asyncio.Lock()

    async def answer(self, request: Request) -> Reply | None:
        """None where the control plane has to."""
        path, _, query = request.target.partition(b"?")
        if path != PATH or request.method not in _METHODS or len(query) > _LONGEST_QUERY:
            return None
        now_ms = time.time_ns() // 1_000_000
        try:
            catalogue = self._shop.catalogue or await self._shop.load()
        except CatalogueError:
            return None
        reach = self.reach(request.headers, now_ms)
        if reach is None:
            return None
        key = (catalogue.version, reach, query, now_ms // _HOUR_MS)
        found = self._prepared.get(key) or await self._prepare(catalogue, key, now_ms)
        return None if found is None else _reply(request, found)

    def reach(self, headers: Headers, now_ms: int) -> frozenset[str] | None:
        """Providers that the caller can be served by; None where the key is none that has inference."""
        directory = self._directory()
        if any(name in _CREDENTIALS for name, _ in headers):
            try:
                access = identify(headers, directory, self._slugs, now_ms)
            except ToranaError:
                return None
            gateway, own = access.gateway, frozenset(access.own_keys)
            if access.caller is None:
                return own | LOCAL
            if access.key is not None:
                config = directory.router(f"{gateway.account_id}/{gateway.id}")
                own |= usable(config.byok, access.key.hash)
        else:
            found = directory.gateway(directory.first_account, DEFAULT_GATEWAY)
            if found is None:
                return None
            gateway, own = found, frozenset()
        return reached(gateway, self._providers(gateway.account_id)) | own

    async def _prepare(self, catalogue: Catalogue, key: tuple[object, ...], now_ms: int) -> Prepared | None:
        """In a thread, one after the other: callers choose what is asked for, and others must not wait for it."""
        _, reach, raw, _ = key
        assert isinstance(reach, frozenset)  # noqa: S101  # `answer` made it
        assert isinstance(raw, bytes)  # noqa: S101  # the same
        try:
            query = read_query(raw.decode("latin-1"))
        except ListError:
            return None
        if query.needs_figures or query.use_rss:
            return None
        async with self._preparing:
            if key in self._prepared:
                return self._prepared[key]
            found = await asyncio.to_thread(_prepared, catalogue, query, View(reach, now_ms))
            while len(self._prepared) >= _MOST:
                del self._prepared[next(iter(self._prepared))]
            self._prepared[key] = found
        return found


def _prepared(catalogue: Catalogue, query: ModelQuery, view: View) -> Prepared:
    body = _encode(listed(catalogue, choose(catalogue, query, view), view.now_ms))
    etag = b'W/"%b"' % hashlib.sha256(body).hexdigest()[:32].encode()
    return Prepared(body, gzip.compress(body, _LEVEL, mtime=0), etag)


def _reply(request: Request, found: Prepared) -> Reply:
    accepts, known = b"", b""
    for name, value in request.headers:
        if name == b"accept-encoding":
            accepts += b"," + value
        elif name == b"if-none-match":
            known += b"," + value
    fields = [*_FIELDS, (b"etag", found.etag)]
    if known and _is_known(known, found.etag):
        return Reply(304, fields[1:])
    body = found.body
    if _takes_gzip(accepts):
        body = found.squeezed
        fields.append((b"content-encoding", b"gzip"))
    return Reply(200, fields, b"", len(body)) if request.method == b"HEAD" else Reply(200, fields, body)


def _is_known(said: bytes, etag: bytes) -> bool:
    """Compared as weak ones are: who has the list in another coding has the same list."""
    return any(each.strip() in (b"*", etag, etag.removeprefix(b"W/")) for each in said.split(b","))


def _takes_gzip(accepts: bytes) -> bool:
    """What is said of gzip itself goes before what is said of all codings."""
    weights: dict[bytes, bytes] = {}
    for each in accepts.lower().split(b","):
        coding, _, weight = each.partition(b";")
        weights[coding.strip()] = weight.strip().removeprefix(b"q=")
    weight = weights.get(b"gzip", weights.get(b"*", b"0"))
    return not _ZERO.fullmatch(weight)
