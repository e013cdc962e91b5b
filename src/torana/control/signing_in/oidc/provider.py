"""The provider, asked: where to send people, and who came back."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from msgspec import Struct

from torana.control.signing_in.oidc.fetching import Claims, Fetch, Jwk, OidcFailed
from torana.control.signing_in.outsiders import Outside
from torana.control.signing_in.users import EMAIL

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.control.signing_in.oidc.config import OidcConfig
    from torana.control.signing_in.roles import Role

_DISCOVERY = "/.well-known/openid-configuration"
_FRESH_S = 3600.0
_KEYS_AGAIN_S = 60.0
"""For keys that the provider has changed: whoever sends made-up tokens must not have it asked all the time."""
_LONGEST_SHOWN = 120


class NotAllowed(Exception):
    """The provider knows them well; this server's operator does not let them in."""


class _Discovered(Struct):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class _Keys(Struct):
    keys: list[Jwk]


class _Tokens(Struct):
    id_token: str
    access_token: str = ""


class Attempt(Struct, frozen=True):
    """One sign-in on its way: all of it is made from the secret in the browser's cookie, so nothing is kept here."""

    secret: str
    redirect_uri: str

    @property
    def state(self) -> str:
        return self._made("state")

    @property
    def nonce(self) -> str:
        return self._made("nonce")

    @property
    def verifier(self) -> str:
        return self._made("verifier")

    @property
    def challenge(self) -> str:
        return _text(hashlib.sha256(self.verifier.encode()).digest())

    def is_answer(self, state: str) -> bool:
        return hmac.compare_digest(state.encode("utf-8", "replace"), self.state.encode())

    def _made(self, purpose: str) -> str:
        return _text(hmac.digest(self.secret.encode(), purpose.encode(), "sha256"))

    def __repr__(self) -> str:
        return "Attempt(…)"


class Provider:
    """For threads: its methods wait."""

    def __init__(
        self, config: OidcConfig, fetch: Fetch | None = None, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._config = config
        self._fetch = fetch or Fetch()
        self._now = now
        self._lock = threading.Lock()
        self._discovered: tuple[float, _Discovered] | None = None
        self._keys: tuple[float, list[Jwk]] | None = None

    @property
    def name(self) -> str:
        return self._config.name

    @property
    def default_role(self) -> Role | None:
        return self._config.default_role

    def address(self, attempt: Attempt) -> str:
        """Where to send the browser. OidcFailed."""
        endpoint = self._discover().authorization_endpoint
        query = {
            "response_type": "code",
            "client_id": self._config.client_id,
            "redirect_uri": attempt.redirect_uri,
            "scope": self._config.scopes,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(query)}"

    def identify(self, attempt: Attempt, code: str) -> Outside:
        """Who came back with this code. OidcFailed or NotAllowed."""
        config, known = self._config, self._discover()
        tokens = self._exchange(known, attempt, code)
        claims = self._verified(known, tokens.id_token, attempt.nonce)
        lacks = "email" not in claims or (config.role_claim and config.role_claim not in claims)
        if lacks and known.userinfo_endpoint and tokens.access_token:
            more: Claims = self._fetch.get(known.userinfo_endpoint, dict[str, object], tokens.access_token)
            if more.get("sub") != claims["sub"]:
                raise OidcFailed("the provider's userinfo is about somebody else than its id token")
            claims = {**more, **claims}
        return outside_of(config, known.issuer, claims)

    def _exchange(self, known: _Discovered, attempt: Attempt, code: str) -> _Tokens:
        config = self._config
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": attempt.redirect_uri,
            "code_verifier": attempt.verifier,
            "client_id": config.client_id,
        }
        credentials = None
        if config.client_secret and "client_secret_basic" in known.token_endpoint_auth_methods_supported:
            credentials = (config.client_id, config.client_secret)
        elif config.client_secret:
            form["client_secret"] = config.client_secret
        return self._fetch.post(known.token_endpoint, form, credentials, _Tokens)

    def _verified(self, known: _Discovered, token: str, nonce: str) -> Claims:
        from torana.control.signing_in.oidc.id_token import KeyUnknown, verify  # noqa: PLC0415  # heavy

        expected = known.issuer, self._config.client_id, nonce
        try:
            return verify(token, self._signing_keys(known, _FRESH_S), *expected)
        except KeyUnknown:
            return verify(token, self._signing_keys(known, _KEYS_AGAIN_S), *expected)

    def _discover(self) -> _Discovered:
        with self._lock:
            if self._discovered is None or self._now() - self._discovered[0] > _FRESH_S:
                found = self._fetch.get(self._config.issuer + _DISCOVERY, _Discovered)
                _check(found, self._config.issuer)
                self._discovered = self._now(), found
            return self._discovered[1]

    def _signing_keys(self, known: _Discovered, fresh_s: float) -> list[Jwk]:
        with self._lock:
            if self._keys is None or self._now() - self._keys[0] > fresh_s:
                self._keys = self._now(), self._fetch.get(known.jwks_uri, _Keys).keys
            return self._keys[1]


def outside_of(config: OidcConfig, issuer: str, claims: Claims) -> Outside:
    """NotAllowed where the operator lets in others alone."""
    email = claims.get("email")
    email = email if isinstance(email, str) and email.isprintable() and EMAIL.fullmatch(email) else None
    if config.domains:
        # What nobody has verified could be anybody's.
        domain = email.rpartition("@")[2].lower() if email and claims.get("email_verified") is True else ""
        if domain not in config.domains:
            raise NotAllowed("their address of e-mail is of none of `oidc_allowed_domains`, or not verified")
    shown = claims.get("name")
    wished = claims.get("preferred_username")
    return Outside(
        issuer=issuer,
        subject=str(claims["sub"]),
        name=wished if isinstance(wished, str) and wished else (email or "user").partition("@")[0],
        display_name=shown[:_LONGEST_SHOWN] if isinstance(shown, str) and shown.isprintable() else "",
        email=email,
        role=config.role_of(claims.get(config.role_claim)) if config.role_claim else None,
    )


def _check(found: _Discovered, issuer: str) -> None:
    if found.issuer.rstrip("/") != issuer:
        raise OidcFailed(f"the provider says that it is `{found.issuer}`, and `oidc_issuer` is `{issuer}`")
    if issuer.startswith("https://"):
        for url in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri, found.userinfo_endpoint):
            if url and not url.startswith("https://"):
                raise OidcFailed(f"the provider names an address without TLS: `{url}`")


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
