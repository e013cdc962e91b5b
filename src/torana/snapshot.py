"""What may be configured: written whole, read whole, swapped whole."""

from __future__ import annotations

import asyncio
import io
import os
import re
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec import Struct

from torana.catalog.own import ModelRule
from torana.exchange import Backoff
from torana.keys import Placeholders, RouterKey
from torana.limits import KeyLimit, RateRule, SpendLimits, Technique
from torana.providers.custom import SLUG, custom

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNT_ID = re.compile(r"[0-9a-f]{32}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_LISTS = ("gateways", "tokens", "keys", "router_keys", "routers")
_END = b"end %d"
_SLICE_BYTES = 32 << 10
_encode = msgspec.json.Encoder().encode
GATEWAY_ID = re.compile(r"(?=.{1,64}\Z)[a-z0-9_]+(?:-[a-z0-9_]+)*")


class SnapshotError(Exception):
    """The file is not a snapshot that can be used; the one in use stays."""


class AccountConfig(Struct, frozen=True):
    id: str
    """32 lower-case hex digits."""
    name: str
    created_ms: int
    credits_nano: int | None = None
    """Ever granted to it; None = never any, and then nothing is counted against it."""


class SemanticRule(Struct, frozen=True):
    """How a gateway answers what was asked before in other words."""

    mode: Literal["on", "request", "shadow"] = "on"
    """`request`: only who asks for it; `shadow`: never, but logs what it would have answered."""
    threshold: float = 0.92
    """The least cosine."""


class GatewayConfig(Struct, frozen=True):
    account_id: str
    id: str
    collect_logs: bool = True
    retry_max_attempts: int | None = None
    """None = one attempt."""
    retry_delay: int | None = None
    """Milliseconds."""
    retry_backoff: Backoff | None = None
    created_ms: int = 0
    modified_ms: int = 0
    authentication: bool = False
    byok_only: bool = False
    placeholder_keys: Placeholders = "replace"
    cache_ttl: int = 0
    """Seconds; 0 = only where a request asks for it."""
    cache_streams: bool = False
    cache_single_flight: bool = False
    cache_mark: int = 0
    """Names what is cached now: what was put under another one is not found any more."""
    cache_key_marks: dict[str, int] = {}
    """The same for single keys of callers, by `policies.cache_key.name_of`."""
    rate_limiting_limit: int = 0
    """Requests an interval; 0 = no limit."""
    rate_limiting_interval: int = 0
    """Seconds; 0 = no limit."""
    rate_limiting_technique: Technique = "fixed"
    rate_limits: list[RateRule] = []
    key_limits: list[KeyLimit] = []
    spend_limits: SpendLimits | None = None
    semantic_cache: SemanticRule | None = None
    """None = no semantic cache."""

    @property
    def key(self) -> str:
        return f"{self.account_id}/{self.id}"


class TokenConfig(Struct, frozen=True):
    """An API token as workers know it: never its text."""

    key: str
    """The SHA-256 of the text, in hex."""
    id: str
    account_id: str
    name: str
    permissions: list[str]
    gateways: list[str] | None = None
    """None = all."""
    expires_ms: int | None = None
    """Unix time; None = never."""


class DataKeyConfig(Struct, frozen=True):
    """A key that secrets are sealed with, itself sealed with a master key: see `torana.sealing`."""

    id: str
    master_id: str
    sealed: str


class KeyConfig(Struct, frozen=True):
    """A provider's key that is kept, sealed with a data key."""

    provider: str
    alias: str
    is_default: bool
    data_key_id: str
    sealed: str


class KeysConfig(Struct, frozen=True):
    """All keys that are kept for one gateway; `key` is the gateway's."""

    key: str
    keys: list[KeyConfig]


class ByokConfig(Struct, frozen=True):
    """A caller's own key at a provider, sealed with a data key."""

    id: str
    provider: str
    """As in the gateway's URLs."""
    data_key_id: str
    sealed: str
    is_fallback: bool = False
    """Asked after what the operator's keys reach, not before."""
    is_byok_only: bool = False
    """For this provider the operator's keys are not used."""
    is_required: bool = False
    """The same for `allowed_models` alone."""
    declared_zdr: bool | None = None
    """Whether the provider retains what comes with this key; None = what it does otherwise."""
    sort_order: int = 0
    allowed_models: list[str] | None = None
    allowed_keys: list[str] | None = None
    """Hashes of the router's keys that may use it; None = all."""


class RouterConfig(Struct, frozen=True):
    """What the router's callers configured in one workspace; `key` is the gateway's."""

    key: str
    guardrails: dict[str, dict[str, object]] = {}
    """By id: `routing.guarding.Guardrail`s."""
    presets: dict[str, dict[str, object]] = {}
    """By slug, the version in use: `id` of the preset, `version`, `config` and `system_prompt`."""
    byok: list[ByokConfig] = []
    default_model: str = ""
    """Of requests that name none; empty = those are refused."""
    default_sort: str = ""
    """`provider.sort` of requests without preferences of their own; empty = none."""


class CustomProviderConfig(Struct, frozen=True):
    """A provider of an account's own, `custom-{slug}` in its URLs; only those that are switched on are here."""

    account_id: str
    slug: str
    base_url: str
    headers: list[tuple[str, str]] = []
    """What goes with each request, in place of the caller's fields of the same name."""
    prices: list[ModelRule] = []
    """What its models cost, in the order in which the rules are asked."""
    id: str = ""
    data_key_id: str = ""
    sealed_headers: str = ""
    """Those that hold secrets: a JSON object of text, sealed with the data key; empty = there are none."""


class Snapshot(Struct, frozen=True):
    """All configuration at one moment; `version` grows with every change."""

    version: int
    accounts: list[AccountConfig]
    gateways: list[GatewayConfig]
    tokens: list[TokenConfig] = []
    keys: list[KeysConfig] = []
    data_keys: list[DataKeyConfig] = []
    custom_providers: list[CustomProviderConfig] = []
    router_keys: list[RouterKey] = []
    routers: list[RouterConfig] = []


class Indexed(Struct, frozen=True):
    """A snapshot of which nothing is decoded that may be long: JSON by `key`."""

    head: Snapshot
    """Without what is below."""
    gateways: dict[bytes, bytes] = {}
    tokens: dict[bytes, bytes] = {}
    keys: dict[bytes, bytes] = {}
    router_keys: dict[bytes, bytes] = {}
    routers: dict[bytes, bytes] = {}


def check(snapshot: Snapshot) -> None:
    """SnapshotError where ids are malformed, doubled or refer to nothing."""
    accounts: set[str] = set()
    for account in snapshot.accounts:
        if not ACCOUNT_ID.fullmatch(account.id) or account.id in accounts:
            raise SnapshotError(f"account id `{account.id}` is malformed or stands there twice")
        accounts.add(account.id)
    seen: set[tuple[str, str]] = set()
    for gateway in snapshot.gateways:
        key = (gateway.account_id, gateway.id)
        if not GATEWAY_ID.fullmatch(gateway.id) or key in seen:
            raise SnapshotError(f"gateway id `{gateway.id}` is malformed or stands there twice")
        if gateway.account_id not in accounts:
            raise SnapshotError(f"gateway `{gateway.id}` belongs to an unknown account `{gateway.account_id}`")
        seen.add(key)
    _check_providers(snapshot, accounts)


def _check_providers(snapshot: Snapshot, accounts: set[str]) -> None:
    seen: set[tuple[str, str]] = set()
    for one in snapshot.custom_providers:
        if not SLUG.fullmatch(one.slug) or (one.account_id, one.slug) in seen:
            raise SnapshotError(f"custom provider `{one.slug}` is malformed or stands there twice")
        if one.account_id not in accounts:
            raise SnapshotError(f"custom provider `{one.slug}` belongs to an unknown account `{one.account_id}`")
        try:
            custom(one.slug, one.base_url, one.headers)
        except ValueError as error:
            raise SnapshotError(str(error)) from error
        seen.add((one.account_id, one.slug))
    digests: set[str] = set()
    for token in snapshot.tokens:
        if not _DIGEST.fullmatch(token.key) or token.key in digests:
            raise SnapshotError(f"the digest of the token `{token.id}` is malformed or stands there twice")
        digests.add(token.key)
    for router_key in snapshot.router_keys:
        if not _DIGEST.fullmatch(router_key.key) or router_key.key in digests:
            raise SnapshotError(f"the key of the router `{router_key.label}` is malformed or stands there twice")
        digests.add(router_key.key)


def encode(snapshot: Snapshot) -> bytes:
    """The file: a line with the head, one for each of what there may be thousands of, and one that ends it.

    Such a line is the name of its list, its key and its JSON, so that a reader finds it without decoding it.
    SnapshotError where ids are not as they have to be.
    """
    check(snapshot)
    head = msgspec.structs.replace(snapshot, **{name: [] for name in _LISTS})
    lines = [_encode(head)]
    for name in _LISTS:
        lines += [b"%b %b %b" % (name.encode(), one.key.encode(), _encode(one)) for one in getattr(snapshot, name)]
    lines.append(_END % (len(lines) - 1))
    return b"\n".join(lines)


def write(path: Path, snapshot: Snapshot) -> None:
    """SnapshotError, with the file left as it was, where it would be a bad one."""
    replace(path, encode(snapshot))


def replace(path: Path, data: bytes) -> None:
    """Replaces the file at once, for its owner's eyes only; a reader sees the old one or the new one, whole."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class Reading:
    """A file's content on its way into an index, a slice at a time: none of them keeps the loop from its requests.

    SnapshotError where it is not a whole snapshot.
    """

    def __init__(self, data: bytes) -> None:
        self._lines = io.BytesIO(data)
        self._count = 0
        self._unknown: dict[bytes, bytes] = {}
        """Of lists that a later version has."""
        self._is_whole = False
        try:
            head = msgspec.json.decode(self._lines.readline(), type=Snapshot)
        except msgspec.DecodeError as error:
            raise SnapshotError(f"this is not a snapshot: {error}") from error
        self.found = Indexed(head, *({} for _ in _LISTS))
        self._lists = {name.encode(): getattr(self.found, name) for name in _LISTS}

    def step(self) -> bool:
        """Reads on; False once all is read."""
        lines = self._lines.readlines(_SLICE_BYTES)
        try:
            for line in lines:
                name, key, text = line.split(b" ", 2)
                self._lists.get(name, self._unknown)[key] = text
                self._count += 1
        except ValueError:
            self._is_whole = line == _END % self._count
        if not lines and not self._is_whole:
            raise SnapshotError("this is not a snapshot: it does not end as one does")
        return not self._is_whole


def index(data: bytes) -> Indexed:
    """SnapshotError where it is not a whole snapshot."""
    reading = Reading(data)
    while reading.step():
        pass
    return reading.found


def read(path: Path) -> Snapshot:
    """All of it, checked; SnapshotError where it is missing or cannot be used."""
    found = read_index(path)
    try:
        gateways = [msgspec.json.decode(text, type=GatewayConfig) for text in found.gateways.values()]
        tokens = [msgspec.json.decode(text, type=TokenConfig) for text in found.tokens.values()]
        keys = [msgspec.json.decode(text, type=KeysConfig) for text in found.keys.values()]
        router_keys = [msgspec.json.decode(text, type=RouterKey) for text in found.router_keys.values()]
        routers = [msgspec.json.decode(text, type=RouterConfig) for text in found.routers.values()]
    except msgspec.DecodeError as error:
        raise SnapshotError(f"`{path}` is not a snapshot: {error}") from error
    snapshot = msgspec.structs.replace(
        found.head, gateways=gateways, tokens=tokens, keys=keys, router_keys=router_keys, routers=routers
    )
    check(snapshot)
    return snapshot


def read_index(path: Path) -> Indexed:
    """SnapshotError where it is missing or cannot be used."""
    try:
        return index(path.read_bytes())
    except OSError as error:
        raise _unreadable(path, error) from error


async def load_index(path: Path) -> Indexed:
    """The same without keeping the loop from other work for more than a moment."""
    try:
        reading = Reading(await asyncio.to_thread(path.read_bytes))
    except OSError as error:
        raise _unreadable(path, error) from error
    while reading.step():  # noqa: ASYNC110  # it lets others go first, and waits for nothing
        await asyncio.sleep(0)
    return reading.found


def _unreadable(path: Path, error: OSError) -> SnapshotError:
    return SnapshotError(f"`{path}` cannot be read: {error.strerror}")


class Watch:
    """Tells when the file was replaced; one `stat` a look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None

    def changed(self) -> bool:
        """Whether there is a file that was not there at the last look."""
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return False
        mark = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        is_new = mark != self._seen
        self._seen = mark
        return is_new
