"""Asks the provider, a few times a sign-in at most; each question waits."""

from __future__ import annotations

import base64
import ssl
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, TypeAlias, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from torana.addresses import read_reach
from torana.control.guarded import opener

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")
Claims: TypeAlias = dict[str, object]
Jwk: TypeAlias = dict[str, object]
"""A public key, as the provider publishes it."""

_TIMEOUT_S = 10.0
_MOST_BYTES = 1 << 20


class OidcFailed(Exception):
    """The provider cannot be used, or what it says cannot be believed; for the operator, without secrets."""


class Fetch:
    """Follows no redirect. The provider is the operator's own word, so it may be in any network."""

    def __init__(self, ca: str = "") -> None:
        context = ssl.create_default_context()
        if ca:
            context.load_verify_locations(ca)
        self._open = opener(read_reach("all"), context).open

    def get(self, url: str, kind: type[T], token: str = "") -> T:
        return self._ask(url, None, {"authorization": f"Bearer {token}"} if token else {}, kind)

    def post(self, url: str, form: Mapping[str, str], credentials: tuple[str, str] | None, kind: type[T]) -> T:
        """`credentials` travel as RFC 6749 2.3.1 has it."""
        headers = {"content-type": "application/x-www-form-urlencoded"}
        if credentials is not None:
            pair = ":".join(quote(part, safe="") for part in credentials)
            headers["authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        return self._ask(url, urlencode(form).encode(), headers, kind)

    def _ask(self, url: str, content: bytes | None, headers: dict[str, str], kind: type[T]) -> T:
        where = urlsplit(url)
        place = f"{where.scheme}://{where.netloc}{where.path}"
        if where.scheme not in {"http", "https"}:
            raise OidcFailed(f"`{place}` is no address that can be asked")
        asked = urllib.request.Request(url, content, {"accept": "application/json", **headers})  # noqa: S310  # looked at
        try:
            with self._open(asked, timeout=_TIMEOUT_S) as answer:
                found = answer.read(_MOST_BYTES + 1)
        except urllib.error.HTTPError as error:
            with error:
                raise OidcFailed(f"`{place}` answered with status {error.code}") from error
        except (OSError, ValueError) as error:
            raise OidcFailed(f"`{place}` cannot be reached: {getattr(error, 'reason', error)}") from error
        if len(found) > _MOST_BYTES:
            raise OidcFailed(f"`{place}` answered with more than {_MOST_BYTES} bytes")
        try:
            return msgspec.json.decode(found, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise OidcFailed(f"`{place}` did not answer as OpenID Connect says: {error}") from error
