"""A log as a line of Cloudflare's dataset `ai_gateway_events`, its bodies encrypted where a gateway has a key.

Each log has an AES-256-GCM key of its own, which the gateway's RSA key wraps (OAEP with SHA-256): whoever has the
private key reads a line alone, without any other.
"""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from msgspec import Struct

from torana.control.queries import to_rfc3339

if TYPE_CHECKING:
    from sqlalchemy import Row

    from torana.control.logs import Bodies

_FIRST_FAILURE = 400
_TOO_MANY = 429
_LEAST_BITS = 2048
_OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


class Encrypted(Struct, frozen=True):
    """All three in Base64; the tag of GCM stands at the end of `data`."""

    key: str
    iv: str
    data: str


class Line(Struct, frozen=True, kw_only=True, rename="pascal"):
    """Cloudflare's names where there are some."""

    id: str = msgspec.field(name="ID")
    timestamp: str
    account_id: str = msgspec.field(name="AccountID")
    gateway: str
    event_id: str = msgspec.field(name="EventID")
    provider: str
    model: str
    endpoint: str
    status_code: int
    success: bool
    cached: bool
    rate_limited: bool
    duration_ms: float
    tokens_in: int | None
    tokens_out: int | None
    cost: float | None
    """USD."""
    step: int
    metadata: Encrypted | str
    request_body: Encrypted | str
    response_body: Encrypted | str


def read_key(pem: str) -> RSAPublicKey:
    """ValueError, with what is wrong, for what is no RSA key of a safe length."""
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError("this is no public key in PEM (SPKI)") from error
    if not isinstance(key, RSAPublicKey) or key.key_size < _LEAST_BITS:
        raise ValueError(f"this must be an RSA key of at least {_LEAST_BITS} bits")
    return key


def line(row: Row[tuple[object, ...]], bodies: Bodies | None, key: RSAPublicKey | None) -> bytes:
    """One line of JSON with its end."""
    request = bodies.request_body if bodies is not None else b""
    response = bodies.response_body if bodies is not None else b""
    metadata, request_body, response_body = _seal(key, row.metadata.encode(), request, response)
    made = Line(
        id=row.id,
        timestamp=to_rfc3339(row.created_ms),
        account_id=row.account_id,
        gateway=row.gateway_id,
        event_id=row.event_id,
        provider=row.provider,
        model=row.model,
        endpoint=row.path,
        status_code=row.status,
        success=row.status < _FIRST_FAILURE and not row.is_broken,
        cached=row.cached,
        rate_limited=row.status == _TOO_MANY and row.attempts == "[]",
        duration_ms=row.duration_us / 1000,
        tokens_in=row.tokens_in,
        tokens_out=row.tokens_out,
        cost=None if row.cost_nano is None else row.cost_nano / 1e9,
        step=row.step,
        metadata=metadata,
        request_body=request_body,
        response_body=response_body,
    )
    return msgspec.json.encode(made) + b"\n"


def _seal(key: RSAPublicKey | None, *plain: bytes) -> list[Encrypted | str]:
    if key is None:
        return [text.decode("utf-8", "replace") for text in plain]
    secret = AESGCM.generate_key(256)
    cipher, wrapped = AESGCM(secret), _base64(key.encrypt(secret, _OAEP))
    sealed: list[Encrypted | str] = []
    for text in plain:
        iv = os.urandom(12)
        sealed.append(Encrypted(wrapped, _base64(iv), _base64(cipher.encrypt(iv, text, None))))
    return sealed


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
