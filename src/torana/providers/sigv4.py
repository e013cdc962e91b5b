"""AWS Signature Version 4: the headers that prove a request was made by who holds the secret.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from msgspec import Struct

if TYPE_CHECKING:
    from torana.message import Headers

ALGORITHM = "AWS4-HMAC-SHA256"
EMPTY_HASH = hashlib.sha256(b"").hexdigest()
UNSIGNED = "UNSIGNED-PAYLOAD"


class Credentials(Struct, frozen=True):
    access_key_id: str
    secret_access_key: str
    session_token: str = ""
    """Of temporary credentials."""

    def __repr__(self) -> str:
        return f"Credentials({self.access_key_id!r}, …)"


def sign(  # noqa: PLR0913, PLR0917  # all of it is signed
    method: str,
    host: str,
    path: str,
    query: str,
    headers: Headers,
    payload_hash: str,
    credentials: Credentials,
    region: str,
    service: str,
    moment: str,
) -> Headers:
    """The headers given, which are all signed, and those of the signature.

    `path` and `query` are as they go over the wire; `payload_hash` is the body's SHA-256 in hex, or UNSIGNED; `moment`
    is UTC as `20150830T123600Z`.
    """
    added = [(b"host", host.encode()), (b"x-amz-date", moment.encode())]
    if service == "s3":
        added.append((b"x-amz-content-sha256", payload_hash.encode()))
    if credentials.session_token:
        added.append((b"x-amz-security-token", credentials.session_token.encode()))
    signed = [*headers, *added]
    lines, names = _canonical_headers(signed)
    uri = path or "/" if service == "s3" else quote(_normal(path), safe="/-_.~")
    request = "\n".join((method, uri, _canonical_query(query), lines, names, payload_hash))
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    to_sign = "\n".join((ALGORITHM, moment, scope, hashlib.sha256(request.encode()).hexdigest()))
    key = _key(credentials.secret_access_key, moment[:8], region, service)
    signature = hmac.new(key, to_sign.encode(), "sha256").hexdigest()
    value = f"{ALGORITHM} Credential={credentials.access_key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    return [*signed, (b"authorization", value.encode())]


def _key(secret: str, date: str, region: str, service: str) -> bytes:
    key = b"AWS4" + secret.encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _canonical_headers(headers: Headers) -> tuple[str, str]:
    """Names in order, values without needless blanks, those of one name together; and the list of the names."""
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name.decode("latin-1").lower(), []).append(" ".join(value.decode("latin-1").split()))
    lines = [f"{name}:{','.join(values[name])}\n" for name in sorted(values)]
    return "".join(lines), ";".join(sorted(values))


def _canonical_query(query: str) -> str:
    pairs = [part.partition("=") for part in query.split("&") if part]
    encoded = sorted((_encoded(name), _encoded(value)) for name, _, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded)


def _encoded(text: str) -> str:
    return quote(unquote(text), safe="-_.~")


def _normal(path: str) -> str:
    """RFC 3986: without `.`, `..` and doubled slashes, as all services but S3 want it."""
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            kept = kept[:-1]
        elif part not in ("", "."):
            kept.append(part)
    return "/" + "/".join(kept) + ("/" if kept and path.endswith(("/", "/.", "/..")) else "")
