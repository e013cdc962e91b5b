"""Signatures and access tokens, against an upstream that checks them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from typing import TYPE_CHECKING

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from fakes import Answers, Pieces, gateway
from torana.errors import CredentialRefused, UpstreamBroken, UpstreamUnreachable
from torana.exchange import Opening, Target
from torana.formats import FORMATS
from torana.keys import AwsKeys, ServiceAccount
from torana.message import Call, Origin, Reply
from torana.providers import sigv4
from torana.signing import Signer

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = rsa.generate_private_key(65537, 2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
GOOGLE = Origin("oauth2.googleapis.com", 443)
ACCOUNT = ServiceAccount("a@b.iam", PEM, "k1", GOOGLE, b"/token")
AWS = AwsKeys("AKIDEXAMPLE", "secret")
TARGET = Target("aws-bedrock", Origin("h", 443), b"/model/a%3A1/invoke", FORMATS["raw"], scope=("bedrock", "eu-west-1"))
NOW = 1_440_938_160.0  # 2015-08-30T12:36:00Z


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def call(body: bytes | Pieces = b"{}") -> Call:
    headers = [(b"content-type", b"application/json"), (b"x-amz-date", b"old"), (b"accept", b"*/*")]
    return Call(TARGET.origin, b"POST", TARGET.path + b"?x=1", headers, body)


def grants(text: str = "ya29.one", expires_in: int = 3600) -> Callable[[Call], Reply]:
    def answer(asked: Call) -> Reply:
        assert (asked.origin, asked.method, asked.target) == (GOOGLE, b"POST", b"/token")
        check_assertion(bytes(asked.body).partition(b"&assertion=")[2])  # type: ignore[arg-type]  # it is whole
        return Reply(200, [], msgspec.json.encode({"access_token": text, "expires_in": expires_in}))

    return answer


def check_assertion(jwt: bytes) -> None:
    """As Google does it."""
    signed, _, signature = jwt.rpartition(b".")
    header, claims = (msgspec.json.decode(base64.urlsafe_b64decode(part + b"==")) for part in signed.split(b"."))
    KEY.public_key().verify(base64.urlsafe_b64decode(signature + b"=="), signed, padding.PKCS1v15(), hashes.SHA256())
    assert header == {"alg": "RS256", "typ": "JWT", "kid": "k1"}
    assert (claims["iss"], claims["aud"]) == ("a@b.iam", "https://oauth2.googleapis.com/token")
    assert claims["exp"] - claims["iat"] == 3600


async def authorized(signer: Signer, account: ServiceAccount = ACCOUNT) -> bytes:
    opening, sent = Opening(gateway(), sign=account), call()
    await signer.sign(opening, sent, TARGET)
    value = dict(sent.headers)[b"authorization"]
    assert value.removeprefix(b"Bearer ") in opening.secrets
    return value


@pytest.mark.parametrize("body", [b"{}", b"x" * 300_000, Pieces([b"{", b"}"])])
async def test_a_call_to_aws_is_signed_with_its_body_and_its_headers(body: bytes | Pieces) -> None:
    sent = call(body)
    await Signer(Answers(grants()), Clock()).sign(Opening(gateway(), sign=AWS), sent, TARGET)
    whole = body if isinstance(body, bytes) else b"{}"
    assert sent.body == whole
    wanted = sigv4.sign(
        method="POST",
        host="h",
        path=TARGET.path.decode(),
        query="x=1",
        headers=[(b"content-type", b"application/json")],
        payload_hash=hashlib.sha256(whole).hexdigest(),
        credentials=sigv4.Credentials("AKIDEXAMPLE", "secret"),
        region="eu-west-1",
        service="bedrock",
        moment="20150830T123600Z",
    )
    assert sent.headers == [(b"accept", b"*/*"), *(h for h in wanted if h[0] != b"host")]


async def test_a_body_that_breaks_off_is_not_signed() -> None:
    sent = call(Pieces([b"{"], error=ConnectionError("cut")))
    with pytest.raises(ConnectionError):
        await Signer(Answers(grants()), Clock()).sign(Opening(gateway(), sign=AWS), sent, TARGET)


async def test_one_token_is_minted_for_all_who_ask_at_once_and_kept() -> None:
    google, clock = Answers(grants()), Clock()
    signer = Signer(google, clock)
    assert await asyncio.gather(*(authorized(signer) for _ in range(20))) == [b"Bearer ya29.one"] * 20
    clock.now += 3_000
    assert await authorized(signer) == b"Bearer ya29.one"
    assert len(google.calls) == 1


async def test_a_token_is_renewed_beside_the_requests_before_it_ends() -> None:
    google, clock = Answers(grants()), Clock()
    signer = Signer(google, clock)
    await authorized(signer)
    google.answer = grants("ya29.two")
    clock.now += 3_400
    assert await authorized(signer) == b"Bearer ya29.one"
    for _ in range(200):
        await asyncio.sleep(0.005)
        if await authorized(signer) != b"Bearer ya29.one":
            break
    assert await authorized(signer) == b"Bearer ya29.two"
    assert len(google.calls) == 2
    clock.now += 4_000
    google.answer = grants("ya29.three")
    assert await authorized(signer) == b"Bearer ya29.three"


async def test_who_knows_an_accounts_name_alone_gets_nobody_elses_token() -> None:
    google = Answers(grants())
    signer = Signer(google, Clock())
    await authorized(signer)
    with pytest.raises(CredentialRefused, match="cannot be read"):
        await authorized(signer, msgspec.structs.replace(ACCOUNT, private_key="guess"))
    assert len(google.calls) == 1


async def test_who_leaves_does_not_take_the_token_from_the_others() -> None:
    gate = asyncio.Event()

    class Slow(Answers):
        async def send(self, asked: Call) -> Reply:
            await gate.wait()
            return await super().send(asked)

    signer = Signer(Slow(grants()), Clock())
    first, second = asyncio.create_task(authorized(signer)), asyncio.create_task(authorized(signer))
    await asyncio.sleep(0.05)
    first.cancel()
    await asyncio.sleep(0)
    gate.set()
    assert await second == b"Bearer ya29.one"


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (
            Reply(400, [], b'{"error":"invalid_grant","error_description":"no such account"}'),
            CredentialRefused,
            "no such",
        ),
        (Reply(500, [], b"oops"), CredentialRefused, "answered 500"),
        (Reply(200, [], b"{}"), UpstreamBroken, "is not one"),
        (Reply(200, [], Pieces([b"x" * 50_000] * 2)), UpstreamBroken, "too long"),
    ],
)
async def test_a_token_that_is_not_granted_is_told_and_asked_for_anew(
    answer: Reply, kind: type[Exception], words: str
) -> None:
    google = Answers(lambda _: answer)
    signer = Signer(google, Clock())
    with pytest.raises(kind, match=words) as refused:
        await authorized(signer)
    assert PEM not in str(refused.value)
    google.answer = grants()
    assert await authorized(signer) == b"Bearer ya29.one"


async def test_an_endpoint_that_is_away_is_an_upstream_that_failed() -> None:
    def away(_: Call) -> Reply:
        raise UpstreamUnreachable("nobody there")

    with pytest.raises(UpstreamUnreachable):
        await authorized(Signer(Answers(away), Clock()))


async def test_a_key_of_another_kind_is_refused() -> None:
    pem = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(CredentialRefused, match="not RSA"):
        await authorized(Signer(Answers(grants()), Clock()), msgspec.structs.replace(ACCOUNT, private_key=pem.decode()))
