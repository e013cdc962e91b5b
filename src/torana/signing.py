"""Signs calls to providers that want more than a key: AWS, and Google with its service accounts."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import sys
import time
from itertools import compress
from typing import TYPE_CHECKING, Protocol

import msgspec
from msgspec import Struct

from torana.errors import CredentialRefused, UpstreamBroken
from torana.gathering import gather
from torana.keys import AwsKeys, ServiceAccount
from torana.message import Call
from torana.providers import sigv4

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from torana.exchange import Opening, Target
    from torana.message import Headers, Reply

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_GRANT = b"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion="
_LIFE_S = 3600
_RENEW_BEFORE_S = 300
_PATIENCE_S = 20.0
_MOST_ACCOUNTS = 1024
_MOST_ANSWER = 64 << 10
_QUICK_TO_HASH = 256 << 10
# RFC 7519 4.1.6: clocks differ.
_CLOCKS_APART_S = 10
_SIGNED_ANEW = frozenset({b"authorization", b"x-amz-date", b"x-amz-security-token", b"x-amz-content-sha256"})


class Sender(Protocol):
    def send(self, call: Call) -> Awaitable[Reply]: ...


class Minted(Struct):
    """An access token; times are Unix seconds."""

    token: str
    renew_at: float
    ends_at: float

    def __repr__(self) -> str:
        return "Minted(…)"


class _Granted(Struct):
    access_token: str
    expires_in: float = _LIFE_S


class _Refused(Struct):
    error: str = ""
    error_description: str = ""


class Signer:
    """One a worker. Access tokens are kept until shortly before they end, and are asked for once at a time."""

    def __init__(self, upstream: Sender, clock: Callable[[], float] = time.time) -> None:
        self._upstream = upstream
        self._clock = clock
        # By all of the account: who knows its name alone must not find its token.
        self._minted: dict[ServiceAccount, Minted] = {}
        self._minting: dict[ServiceAccount, asyncio.Task[Minted]] = {}

    async def sign(self, opening: Opening, call: Call, target: Target) -> None:
        """Puts the signature into the call; its body is whole then, if it is signed. UpstreamError."""
        match opening.sign:
            case AwsKeys() as keys:
                call.headers = await self._aws(keys, call, target)
            case ServiceAccount() as account:
                token = (await self._token(account)).encode()
                if token not in opening.secrets:
                    opening.secrets = (*opening.secrets, token)
                call.headers = [*call.headers, (b"authorization", b"Bearer " + token)]
        call.rendered = None

    async def _aws(self, keys: AwsKeys, call: Call, target: Target) -> Headers:
        # A request's body is bounded already, by `max_body_bytes`.
        body = call.body = await gather(call.body, sys.maxsize)
        call.length = None
        kept = [h for h in call.headers if h[0] not in _SIGNED_ANEW]
        path, _, query = call.target.partition(b"?")
        digest = _digest(body) if len(body) < _QUICK_TO_HASH else await asyncio.to_thread(_digest, body)
        service, region = target.scope
        is_signed = [h[0] == b"content-type" or h[0].startswith(b"x-amz-") for h in kept]
        signed = sigv4.sign(
            call.method.decode("latin-1"),
            call.origin.authority.decode(),
            path.decode("latin-1"),
            query.decode("latin-1"),
            [*compress(kept, is_signed)],
            digest,
            sigv4.Credentials(keys.access_key_id, keys.secret_access_key, keys.session_token),
            region,
            service,
            time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self._clock())),
        )
        # The host is signed, and said by the wire.
        rest = [h for h, is_in in zip(kept, is_signed, strict=True) if not is_in]
        return rest + [h for h in signed if h[0] != b"host"]

    async def _token(self, account: ServiceAccount) -> str:
        now, minted = self._clock(), self._minted.get(account)
        if minted is not None and now < minted.renew_at:
            return minted.token
        task = self._minting.get(account)
        if task is None:
            task = self._minting[account] = asyncio.create_task(self._mint(account))
            task.add_done_callback(lambda done: self._keep(account, done))
        if minted is not None and now < minted.ends_at:
            return minted.token
        # Who leaves does not take it from the others who wait.
        return (await asyncio.shield(task)).token

    def _keep(self, account: ServiceAccount, done: asyncio.Task[Minted]) -> None:
        self._minting.pop(account, None)
        if done.cancelled() or done.exception() is not None:
            return
        if len(self._minted) >= _MOST_ACCOUNTS:
            self._minted.clear()
        self._minted[account] = done.result()

    async def _mint(self, account: ServiceAccount) -> Minted:
        """An access token for a signed assertion: RFC 7523, as Google has it."""
        now = self._clock()
        assertion = await asyncio.to_thread(_assertion, account, now)
        headers = [(b"content-type", b"application/x-www-form-urlencoded"), (b"accept", b"application/json")]
        body = _GRANT + assertion
        call = Call(account.token_url, b"POST", account.token_path, headers, body, first_byte_timeout_s=_PATIENCE_S)
        reply = await self._upstream.send(call)
        answer = await gather(reply.body, _MOST_ANSWER)
        if reply.status != 200:  # noqa: PLR2004
            raise CredentialRefused(f"no access token for `{account.email}`: {_reason(answer, reply.status)}")
        try:
            granted = msgspec.json.decode(answer, type=_Granted)
        except msgspec.DecodeError:
            raise UpstreamBroken(f"no access token for `{account.email}`: the answer is not one") from None
        ends_at = now + granted.expires_in
        return Minted(granted.access_token, max(now, ends_at - min(_RENEW_BEFORE_S, granted.expires_in / 2)), ends_at)


def _reason(answer: bytes, status: int) -> str:
    try:
        said = msgspec.json.decode(answer, type=_Refused)
    except msgspec.DecodeError:
        return f"the token endpoint answered {status}"
    return f"the token endpoint says `{said.error or status}` {said.error_description}".strip()


def _assertion(account: ServiceAccount, now: float) -> bytes:
    """A JWT, signed RS256. Takes a millisecond, and the library's loading once."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415  # 8 MB that few need
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415  # the same
    from cryptography.hazmat.primitives.asymmetric import padding, rsa  # noqa: PLC0415  # the same

    url, path = account.token_url, account.token_path.decode()
    audience = f"{'https' if url.is_tls else 'http'}://{url.authority.decode()}{path}"
    header = {"alg": "RS256", "typ": "JWT"} | ({"kid": account.key_id} if account.key_id else {})
    issued = int(now) - _CLOCKS_APART_S
    claims = {"iss": account.email, "scope": _SCOPE, "aud": audience, "iat": issued, "exp": issued + _LIFE_S}
    signed = _base64(msgspec.json.encode(header)) + b"." + _base64(msgspec.json.encode(claims))
    try:
        # Whether the primes are prime takes half a second to check, and is for whoever gave the key out to know.
        key = serialization.load_pem_private_key(
            account.private_key.encode(), None, unsafe_skip_rsa_key_validation=True
        )
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise CredentialRefused(f"the private key of `{account.email}` cannot be read") from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise CredentialRefused(f"the private key of `{account.email}` is not RSA")
    return signed + b"." + _base64(key.sign(signed, padding.PKCS1v15(), hashes.SHA256()))


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
