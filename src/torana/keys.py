"""Who calls, and with whose keys upstreams are called."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Literal, TypeAlias

from msgspec import Struct

from torana.message import Origin


class AwsKeys(Struct, frozen=True):
    """What requests to AWS are signed with."""

    access_key_id: str
    secret_access_key: str
    session_token: str = ""
    """Of temporary credentials; empty = they are lasting ones."""

    def __repr__(self) -> str:
        return "AwsKeys(…)"


class ServiceAccount(Struct, frozen=True):
    """A Google service account, for which access tokens are minted."""

    email: str
    private_key: str
    """PEM."""
    key_id: str
    token_url: Origin
    token_path: bytes

    def __repr__(self) -> str:
        return f"ServiceAccount({self.email!r}, …)"


class StoredKey(Struct, frozen=True):
    """A provider's key that the gateway keeps."""

    alias: str
    is_default: bool
    reveal: Callable[[], str]
    """The key itself; OwnError where it cannot be opened."""


Placeholders: TypeAlias = Literal["replace", "forward", "refuse"]
"""What becomes of a key that is none, such as `undefined`: a stored one takes its place, it is sent, or it is a 400."""


class Caller(Struct, frozen=True):
    """Whose API token a request came with."""

    id: str
    """Of the token."""
    account_id: str
    name: str = ""
    permissions: frozenset[str] = frozenset()
    """Of `control.tokens.PERMISSIONS`; inference asks for `run`."""
    gateways: frozenset[str] | None = None
    """None = all."""
    expires_ms: int | None = None
    """Unix time; None = never."""


ROUTER_KEY = re.compile(r"sk-or-v1-([0-9a-f]{56})([0-9a-f]{8})")


def router_key_text(lot: str) -> str:
    """The text of a key of the router's, from 56 hex digits drawn by lot; the last eight are check digits."""
    return f"sk-or-v1-{lot}{_check_digits(lot)}"


def is_router_key(text: str) -> bool:
    """Whether it is one that we made, be it good, revoked or of another server: such a key is sent to nobody."""
    found = ROUTER_KEY.fullmatch(text)
    return found is not None and _check_digits(found[1]) == found[2]


def _check_digits(lot: str) -> str:
    return hashlib.sha256(b"torana" + lot.encode()).hexdigest()[:8]


class RouterKey(Struct, frozen=True):
    """A key of the router's (`sk-or-v1-…`), found by the digest of its text."""

    hash: str
    """SHA-256 of the text, in hex."""
    account_id: str
    gateway_id: str
    """Its workspace: whose stored keys it reaches, and where its logs are."""
    name: str = ""
    label: str = ""
    """`sk-or-v1-au7...890`."""
    is_management: bool = False
    """It manages, and has no inference."""
    disabled: bool = False
    limit_nano: int | None = None
    """None = no limit."""
    limit_reset: Literal["daily", "weekly", "monthly"] | None = None
    """None = never."""
    include_byok: bool = False
    """What callers' own keys cost counts against the limit too."""
    expires_ms: int | None = None
    """Unix time; None = never."""
    credits_nano: int | None = None
    """What the account was ever granted, which the snapshot says of the account; None = it never was any, and nothing
    is counted against it."""
    guardrails: tuple[str, ...] = ()
    """Ids of those that were assigned to it."""

    @property
    def key(self) -> str:
        """What the snapshot's line for it is found by."""
        return self.hash
