"""Codes of the PKCE flow: what a user agreed to, for an application to fetch.

A code is good once and for ten minutes; it is kept as a digest. Where the application gave a challenge, the code is
worth nothing without the verifier that the challenge was made of (RFC 7636).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import urllib.parse
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from torana.control.audit import Actor
from torana.control.digests import digest
from torana.control.refusals import NoSuchThing
from torana.control.router.keychain import KeyMade, KeyWish, create_key
from torana.control.router.refusals import BadRequest, Forbidden
from torana.periods import Reset
from torana.storage.tables import auth_codes

if TYPE_CHECKING:
    from torana.control.operations import Store

Method: TypeAlias = Literal["S256", "plain"]

LASTS_MS = 600_000
_KEPT_MS = 86_400_000
_SECRET_BYTES = 32
_LONGEST_CHALLENGE = 256
_LONGEST_URL = 2_000
_PLAIN_URL = re.compile(r"[!-~]+")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|::1")
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_NEVER = frozenset(
    {"javascript", "data", "vbscript", "file", "blob", "about", "filesystem", "view-source", "ws", "wss"}
)
"""Schemes that a browser would run or read, rather than hand over to an application."""


class Agreed(Struct, frozen=True, kw_only=True):
    """What key the application gets. It is kept with the code as JSON."""

    callback_url: str = ""
    """Empty = the code was shown to the user."""
    key_name: str
    limit_nano: int | None = None
    limit_reset: Reset | None = None
    expires_ms: int | None = None
    by: tuple[str, str]
    """Id and name of the credential that agreed."""


class Challenge(Struct, frozen=True):
    """Empty = none was given."""

    text: str = ""
    method: Method | Literal[""] = ""


class CodeMade(Struct, frozen=True):
    """The only moment at which the code is known."""

    code: str
    created_ms: int

    def __repr__(self) -> str:
        return "CodeMade(…)"


def challenge_of(text: str | None, method: str | None) -> Challenge:
    """Plain where no method is named (RFC 7636 4.3). BadRequest where it is no challenge."""
    if not text:
        if method:
            raise BadRequest("Invalid code_challenge_method: there is no code_challenge")
        return Challenge()
    if len(text) > _LONGEST_CHALLENGE or not _PLAIN_URL.fullmatch(text):
        raise BadRequest("Invalid code_challenge")
    if method not in {None, "", "S256", "plain"}:
        raise BadRequest("Invalid code_challenge_method: use S256 or plain")
    return Challenge(text, "S256" if method == "S256" else "plain")


def check_callback(url: str) -> str:
    """What people know it by: its host, or its scheme. BadRequest where no code may be sent there.

    That is `https` everywhere, `http` on the user's own machine, and the schemes of applications, such as `vscode`.
    """
    try:
        parts = urllib.parse.urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise BadRequest("Invalid callback_url: it is no URL") from error
    if len(url) > _LONGEST_URL or not _PLAIN_URL.fullmatch(url) or not _SCHEME.fullmatch(parts.scheme):
        raise BadRequest("Invalid callback_url: it is no URL")
    if parts.scheme in _NEVER or (parts.scheme == "http" and host not in _LOCAL):
        raise BadRequest("Invalid callback_url: use https, or http on localhost")
    if parts.scheme in {"http", "https"}:
        # A backslash is a slash to browsers and none to us; what is before an @ is there to mislead people.
        if not _HOST.fullmatch(host) or "@" in parts.netloc or "\\" in url:
            raise BadRequest("Invalid callback_url: it needs a host, and no user")
        return host if port is None else f"{host}:{port}"
    return f"{parts.scheme}://{host}" if host else f"{parts.scheme}:"


def answer_url(callback_url: str, **fields: str) -> str:
    """The callback with these in its query."""
    parts = urllib.parse.urlsplit(callback_url)
    query = "&".join(part for part in (parts.query, urllib.parse.urlencode(fields)) if part)
    return urllib.parse.urlunsplit(parts._replace(query=query))


def make_code(store: Store, workspace: tuple[str, str], agreed: Agreed, challenge: Challenge) -> CodeMade:
    """`workspace` is account and gateway. Codes that nobody can use any more go."""
    code, now = secrets.token_urlsafe(_SECRET_BYTES), store.now_ms()
    values = {
        "hash": digest(code),
        "account_id": workspace[0],
        "gateway_id": workspace[1],
        "challenge": challenge.text,
        "method": challenge.method,
        "content": msgspec.json.encode(agreed).decode(),
        "created_ms": now,
        "expires_ms": now + LASTS_MS,
    }
    with store.database.writer.begin() as connection:
        connection.execute(sa.delete(auth_codes).where(auth_codes.c.expires_ms < now - _KEPT_MS))
        connection.execute(sa.insert(auth_codes).values(values))
    return CodeMade(code, now)


def redeem(store: Store, code: str, verifier: str | None, method: str | None) -> KeyMade:
    """The key that was agreed to. BadRequest or Forbidden; whoever comes with a wrong verifier has used up the code."""
    row, now = auth_codes.c, store.now_ms()
    mine = row.hash == digest(code)
    with store.database.writer.begin() as connection:
        # Taken and looked at in one: of two who come at once, one has it.
        was_there = connection.execute(sa.update(auth_codes).where(mine, row.used_ms.is_(None)).values(used_ms=now))
        found = connection.execute(sa.select(auth_codes).where(mine)).one_or_none()
    if found is None or not was_there.rowcount:
        raise Forbidden("Invalid code or code_verifier")
    if found.expires_ms <= now:
        raise Forbidden("Authorization code expired")
    if method and method != found.method:
        raise BadRequest("Invalid code_challenge_method")
    if found.challenge and not _is_verified(found.challenge, found.method, verifier or ""):
        raise Forbidden("Invalid code or code_verifier")
    agreed = msgspec.json.decode(found.content, type=Agreed)
    wish = KeyWish(
        name=agreed.key_name,
        limit_nano=agreed.limit_nano,
        limit_reset=agreed.limit_reset,
        expires_ms=agreed.expires_ms,
    )
    try:
        return create_key(store.acting(Actor("API", *agreed.by)), found.account_id, found.gateway_id, wish)
    except NoSuchThing as error:
        raise Forbidden("Invalid code or code_verifier: the workspace is gone") from error


def _is_verified(challenge: str, method: str, verifier: str) -> bool:
    if method == "plain":
        return hmac.compare_digest(challenge.encode(), verifier.encode("utf-8", "surrogatepass"))
    hashed = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode("utf-8", "surrogatepass")).digest())
    # Some libraries write base64 of the other alphabet, or pad it.
    given = challenge.translate(str.maketrans("+/", "-_")).rstrip("=")
    return hmac.compare_digest(given, hashed.decode().rstrip("="))
