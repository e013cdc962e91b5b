"""What may be configured: written whole, read whole, swapped whole."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec import Struct

from torana.exchange import Backoff
from torana.limits import RateRule, SpendLimits, Technique
from torana.providers.custom import SLUG, custom

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNT_ID = re.compile(r"[0-9a-f]{32}")
GATEWAY_ID = re.compile(r"(?=.{1,64}\Z)[a-z0-9_]+(?:-[a-z0-9_]+)*")


class SnapshotError(Exception):
    """The file is not a snapshot that can be used; the one in use stays."""


class AccountConfig(Struct, frozen=True):
    id: str
    """32 lower-case hex digits."""
    name: str
    created_ms: int


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
    spend_limits: SpendLimits | None = None
    semantic_cache: SemanticRule | None = None
    """None = no semantic cache."""


class CustomProviderConfig(Struct, frozen=True):
    """A provider of an account's own, `custom-{slug}` in its URLs; only those that are switched on are here."""

    account_id: str
    slug: str
    base_url: str
    headers: list[tuple[str, str]] = []
    """What goes with each request, in place of the caller's fields of the same name."""


class Snapshot(Struct, frozen=True):
    """All configuration at one moment; `version` grows with every change."""

    version: int
    accounts: list[AccountConfig]
    gateways: list[GatewayConfig]
    custom_providers: list[CustomProviderConfig] = []


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


def write(path: Path, snapshot: Snapshot) -> None:
    """Replaces the file at once, for its owner's eyes only; a reader sees the old one or the new one, whole."""
    check(snapshot)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(msgspec.json.encode(snapshot))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read(path: Path) -> Snapshot:
    """SnapshotError where it is missing or cannot be used."""
    try:
        snapshot = msgspec.json.decode(path.read_bytes(), type=Snapshot)
    except OSError as error:
        raise SnapshotError(f"`{path}` cannot be read: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise SnapshotError(f"`{path}` is not a snapshot: {error}") from error
    check(snapshot)
    return snapshot


class Watch:
    """Tells when the file was replaced; one `stat` a look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None

    def changed(self) -> Snapshot | None:
        """The new snapshot, the first time it is seen; None while nothing is new or no file is there.

        SnapshotError, once, for a file that cannot be used.
        """
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return None
        mark = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        if mark == self._seen:
            return None
        self._seen = mark
        return read(self._path)
