"""Is this id token our provider's, for us, and still good? (OpenID Connect Core 3.1.3.7)."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

import jwt

from torana.control.signing_in.oidc.fetching import OidcFailed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torana.control.signing_in.oidc.fetching import Claims, Jwk

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures with a key pair alone: never `none`, and never a secret that both sides know."""
_KINDS = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
_LEEWAY_S = 60
_REQUIRED = ("aud", "exp", "iat", "iss", "nonce", "sub")


class KeyUnknown(OidcFailed):
    """None of the keys signed it; newer ones may."""


def verify(token: str, keys: Sequence[Jwk], issuer: str, client_id: str, nonce: str) -> Claims:
    """Its claims. OidcFailed where it must not be believed."""
    try:
        head = jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise OidcFailed(f"the id token cannot be read: {error}") from error
    algorithm = str(head.get("alg"))
    if algorithm not in ALGORITHMS:
        raise OidcFailed(f"the id token is signed with `{algorithm}`, which is not accepted")
    claims = _signed(token, list(_fitting(keys, algorithm, head.get("kid"))), algorithm, issuer, client_id)
    if not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
        raise OidcFailed("the id token belongs to another sign-in: its nonce is not ours")
    party = claims.get("azp")
    if (party is None and isinstance(claims["aud"], list) and len(claims["aud"]) > 1) or party not in {None, client_id}:
        raise OidcFailed("the id token was made for another client: its `azp` is not ours")
    if not isinstance(claims["sub"], str) or not claims["sub"]:
        raise OidcFailed("the id token names nobody")
    return claims


def _signed(token: str, keys: Sequence[jwt.PyJWK], algorithm: str, issuer: str, client_id: str) -> Claims:
    for key in keys:
        try:
            claims: Claims = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=client_id,
                issuer=issuer,
                leeway=_LEEWAY_S,
                options={"require": list(_REQUIRED)},
            )
        except jwt.InvalidSignatureError:
            continue
        except jwt.PyJWTError as error:
            raise OidcFailed(f"the id token is not good: {error}") from error
        return claims
    raise KeyUnknown("the id token is signed with no key of the provider's")


def _fitting(keys: Sequence[Jwk], algorithm: str, kid: object) -> Iterator[jwt.PyJWK]:
    for key in keys:
        is_wanted = kid is None or key.get("kid") in {None, kid}
        if (
            is_wanted
            and key.get("kty") == _KINDS[algorithm[:2]]
            and key.get("use", "sig") == "sig"
            and key.get("alg", algorithm) == algorithm
        ):
            try:
                yield jwt.PyJWK(key, algorithm)
            except jwt.PyJWTError:
                continue  # a kind of key that the library does not know
