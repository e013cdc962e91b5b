"""When is a request the same as another one? What the cache finds an answer by.

A key is a hash in two steps: what the head adds is hashed once for as long as a client repeats its head; that and the
raw bytes of each request's body are hashed again, with SHA-256, for which most processors have instructions. With a key
of the caller's own (`cf-aig-cache-key`) the body counts for nothing but whether it asks for a stream (cloudflare.md 4).
"""

from __future__ import annotations

from hashlib import blake2b, sha256
from typing import TYPE_CHECKING

import msgspec

from torana.caching import CachePlan
from torana.providers import SECRET_HEADERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torana.exchange import Opening, Options, Request
    from torana.message import Headers
    from torana.snapshot import GatewayConfig

NAMED_TTL_S = 300
LONGEST_TTL_S = 31 * 86_400
_SEED_BYTES = 32
_NAME_BYTES = 12
_TELLING = frozenset({b"accept", b"content-encoding", b"content-type", b"x-goog-user-project"})
"""Headers that change an answer and are no credentials; likewise all whose names begin as these do."""
_TELLING_STARTS = (b"anthropic-", b"openai-", b"x-amzn-bedrock-", b"x-goog-api-")
_IMAGES = (
    "images/generations",
    "images/edits",
    "images/variations",
    "text-to-image",
    "image-to-image",
)
_OFF = CachePlan()


def plan(config: GatewayConfig, opening: Opening, request: Request) -> CachePlan:
    """What the cache does with requests of this head."""
    options, target = opening.options, opening.target
    ttl_s = _ttl_s(config, options)
    if not ttl_s or options.skip_cache or request.method != b"POST" or opening.refusal is not None:
        return _OFF
    is_asked_for = bool(options.cache_ttl_s or options.cache_key)
    is_known = target is not None and target.format.name != "raw"
    is_image = opening.path.partition("?")[0].rstrip("/").endswith(_IMAGES)
    streams, single = options.cache_streams, options.cache_single_flight
    return CachePlan(
        ttl_s=ttl_s,
        seed=seed(config, opening, request),
        is_named=bool(options.cache_key),
        holds_streams=config.cache_streams if streams is None else streams,
        is_single=config.cache_single_flight if single is None else single,
        is_image_only=not (is_asked_for or is_known or is_image),
    )


def _ttl_s(config: GatewayConfig, options: Options) -> int:
    if options.cache_ttl_s is not None:
        return options.cache_ttl_s
    return min(config.cache_ttl, LONGEST_TTL_S) or (NAMED_TTL_S if options.cache_key else 0)


def seed(config: GatewayConfig, opening: Opening, request: Request) -> bytes:
    """Of all that must be the same for two requests of one gateway but the body."""
    # A gateway that was deleted and made again under its name has nothing of the former one's.
    common = [config.account_id.encode(), config.id.encode(), b"%d %d" % (config.created_ms, config.cache_mark)]
    if name := opening.options.cache_key.encode("latin-1"):
        return _hash([b"named", *common, name, b"%d" % config.cache_key_marks.get(name_of(name), 0)])
    target = opening.target
    where = [opening.provider.encode("latin-1"), request.method]
    if target is None:
        where += [request.target]
    else:
        where += [target.origin.authority, b"s" if target.origin.is_tls else b"", target.path]
    if opening.translation is not None:  # the same body may be good in two formats
        where += [opening.translation.client.encode(), opening.path.encode("latin-1")]
    return _hash([b"whole", *common, *where, credential(opening), _hash(_telling(opening.headers))])


def credential(opening: Opening) -> bytes:
    """Whose answer is it? Two callers with different keys for a provider never share one."""
    shown = [part for name, value in opening.headers if name in SECRET_HEADERS for part in (name, value)]
    if opening.sign is not None:  # what it is signed with stands in no header yet
        shown += [b"signed", *(str(field).encode() for field in msgspec.structs.astuple(opening.sign))]
    return _hash(shown)


def _telling(headers: Headers) -> Iterable[bytes]:
    return (
        part
        for name, value in sorted(headers)
        if name in _TELLING or name.startswith(_TELLING_STARTS)
        for part in (name, value)
    )


def key_of(plan: CachePlan, body: bytes, *, is_stream: bool = False) -> bytes:
    """`is_stream` counts where the caller chose the key: else the body says it itself."""
    if plan.is_named:
        body = b"stream" if is_stream else b""
    return sha256(plan.seed + body).digest()


def name_of(key: bytes) -> str:
    """A caller's own key as a purge knows it: short, and telling nothing."""
    return blake2b(key, digest_size=_NAME_BYTES).hexdigest()


def _hash(parts: Iterable[bytes]) -> bytes:
    """Each part with its length before it: no two lists of parts are the same bytes."""
    made = blake2b(digest_size=_SEED_BYTES)
    for part in parts:
        made.update(b"%d:" % len(part))
        made.update(part)
    return made.digest()
