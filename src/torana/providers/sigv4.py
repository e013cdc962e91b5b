"""AWS Signature Version 4, of requests whose headers carry it.

Source: AWS, "Create a signed AWS API request" (docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html).
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes

if TYPE_CHECKING:
    from torana.exchange import AwsKeys, Headers

ALGORITHM = b"AWS4-HMAC-SHA256"
_UNRESERVED = "-_.~"
_S3 = "s3"


def sign(  # noqa: PLR0913  # what a signature is of
    *,
    method: bytes,
    host: bytes,
    path: bytes,
    query: bytes,
    headers: Headers,
    payload_hash: str,
    credentials: AwsKeys,
    region: str,
    service: str,
    moment: str,
) -> Headers:
    """The fields to send with the request, `authorization` last.

    `path` and `query` are as sent, `headers` those that are to be signed beside the host, names in lower case;
    `payload_hash` is the SHA-256 of the body in hex, `moment` is UTC as `20150830T123600Z`.
    """
    stamp = moment.encode()
    added = [(b"x-amz-date", stamp)]
    if credentials.session_token:
        added.append((b"x-amz-security-token", credentials.session_token.encode()))
    if service == _S3:
        added.append((b"x-amz-content-sha256", payload_hash.encode()))
    fields = _canonical_headers([(b"host", host), *headers, *added])
    names = b";".join(name for name, _ in fields)
    request = b"\n".join(
        (
            method,
            _canonical_path(path, is_twice=service != _S3),
            _canonical_query(query),
            *(name + b":" + value for name, value in fields),
            b"",
            names,
            payload_hash.encode(),
        )
    )
    scope = b"/".join((stamp[:8], region.encode(), service.encode(), b"aws4_request"))
    to_sign = b"\n".join((ALGORITHM, stamp, scope, hashlib.sha256(request).hexdigest().encode()))
    key = b"AWS4" + credentials.secret_access_key.encode()
    for part in scope.split(b"/"):
        key = hmac.digest(key, part, "sha256")
    signature = hmac.digest(key, to_sign, "sha256").hex().encode()
    said = b"%b Credential=%b/%b, SignedHeaders=%b, Signature=%b"
    added.append((b"authorization", said % (ALGORITHM, credentials.access_key_id.encode(), scope, names, signature)))
    return added


def _canonical_path(path: bytes, *, is_twice: bool) -> bytes:
    """Every service but S3 takes the path as sent, less its dot segments, encoded once more."""
    if not is_twice:
        return quote(unquote_to_bytes(path), safe="/" + _UNRESERVED).encode() or b"/"
    kept: list[bytes] = []
    for part in path.split(b"/"):
        if part == b"..":
            kept[-1:] = []
        elif part not in (b"", b"."):
            kept.append(part)
    whole = b"/" + b"/".join(kept) + b"/" * (path.endswith(b"/") and bool(kept))
    return quote(whole, safe="/" + _UNRESERVED).encode()


def _canonical_query(query: bytes) -> bytes:
    pairs = (piece.partition(b"=") for piece in query.split(b"&") if piece)
    return b"&".join(b"=".join(pair) for pair in sorted((_encoded(name), _encoded(value)) for name, _, value in pairs))


def _encoded(text: bytes) -> bytes:
    return quote(unquote_to_bytes(text), safe=_UNRESERVED).encode()


def _canonical_headers(headers: Headers) -> Headers:
    """By name; what stands there more than once is joined, runs of spaces are one."""
    joined: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        joined.setdefault(name, []).append(b" ".join(value.split()))
    return [(name, b",".join(joined[name])) for name in sorted(joined)]
