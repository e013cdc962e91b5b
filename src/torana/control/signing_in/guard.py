"""Whose session a call comes with, and may that page have sent it?

A browser sends the cookie with whatever any page asks of this server. So a call that changes something has to carry the
header `torana-csrf`, which another site's page cannot add (it would be asked for first, and refused), and where the
browser says which site asks, it has to be this server's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from torana.control.refusals import NotAuthenticated, NotPermitted
from torana.control.signing_in import sessions
from torana.control.signing_in.sessions import LASTS_MS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torana.control.operations import Store
    from torana.control.signing_in.roles import Role
    from torana.control.signing_in.sessions import Session

COOKIE = "torana_session"
CSRF = "torana-csrf"
PEER = "torana-peer"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def session_of(store: Store, method: str, headers: Mapping[str, str]) -> Session | None:
    """None where there is no cookie. NotAuthenticated where its session is over, NotPermitted for others' pages."""
    secret = cookie(headers, COOKIE)
    if not secret:
        return None
    check_page(method, headers)
    found = sessions.find(store, secret)
    if found is None:
        raise NotAuthenticated("Authentication error: this session has ended; sign in again")
    try:
        sessions.note_use(store, found)
    except SQLAlchemyError:
        # The store may be read and not written: who reads shall not be kept from it.
        return found
    return found


def check_page(method: str, headers: Mapping[str, str]) -> None:
    """NotPermitted for a change that a page of another site may have sent."""
    if method in _SAFE:
        return
    if headers.get(CSRF) != "1":
        raise NotPermitted(f"send `{CSRF}: 1` with what changes something and has no `Authorization`")
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise NotPermitted("a page of another site may not ask for this")


def needs(role: Role, least: Role) -> NotPermitted:
    return NotPermitted(f"your role `{role}` may not do this: it needs the role `{least}`")


def cookie(headers: Mapping[str, str], name: str) -> str:
    """Empty where it is not there; the first, where it is there twice."""
    pairs = (part.partition("=") for part in headers.get("cookie", "").split(";"))
    return next((value.strip() for key, _, value in pairs if key.strip() == name), "")


def peer(headers: Mapping[str, str]) -> str:
    """The client's address, as the worker saw it; empty where nobody says."""
    return headers.get(PEER, "")


def set_cookie(secret: str, headers: Mapping[str, str], url: str) -> str:
    """A `set-cookie` field; with an empty secret it takes the cookie away."""
    lasts_s = LASTS_MS // 1000 if secret else 0
    return write_cookie(COOKIE, secret, "/", lasts_s, is_secure=is_https(headers, url))


def write_cookie(name: str, value: str, path: str, lasts_s: int, *, is_secure: bool) -> str:
    field = f"{name}={value}; Max-Age={lasts_s}; Path={path}; HttpOnly; SameSite=Lax"
    return field + "; Secure" if is_secure else field


def is_https(headers: Mapping[str, str], url: str) -> bool:
    """Behind a proxy that ends TLS this server does not know, but the browser says where its page is from."""
    return url.startswith("https://") or headers.get("origin", "").startswith("https://")
