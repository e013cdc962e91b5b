"""AWS's own published test vectors (aws-sig-v4-test-suite), and what they leave out."""

from __future__ import annotations

import hashlib

import pytest

from torana.exchange import AwsKeys, Headers
from torana.providers.sigv4 import sign

KEYS = AwsKeys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
MOMENT = "20150830T123600Z"
FORM = (b"content-type", b"application/x-www-form-urlencoded")
LONG = b"-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

# Name, method, path, query, headers, body, names signed, signature.
VECTORS: list[tuple[str, bytes, bytes, bytes, Headers, bytes, bytes, str]] = [
    ("get-vanilla", b"GET", b"/", b"", [], b"", b"host;x-amz-date",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    ("get-vanilla-query-order-key-case", b"GET", b"/", b"Param2=value2&Param1=value1", [], b"", b"host;x-amz-date",
     "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
    ("get-vanilla-query-unreserved", b"GET", b"/", LONG + b"=" + LONG, [], b"", b"host;x-amz-date",
     "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"),
    ("get-utf8", b"GET", "/ሴ".encode(), b"", [], b"", b"host;x-amz-date",
     "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
    ("get-unreserved", b"GET", b"/" + LONG, b"", [], b"", b"host;x-amz-date",
     "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"),
    ("get-header-value-trim", b"GET", b"/", b"", [(b"my-header1", b" value1"), (b"my-header2", b' "a   b   c"')], b"",
     b"host;my-header1;my-header2;x-amz-date", "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"),
    ("get-relative-relative", b"GET", b"/example1/example2/../..", b"", [], b"", b"host;x-amz-date",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    ("get-slashes", b"GET", b"//example//", b"", [], b"", b"host;x-amz-date",
     "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"),
    ("post-vanilla", b"POST", b"/", b"", [], b"", b"host;x-amz-date",
     "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    ("post-x-www-form-urlencoded", b"POST", b"/", b"", [FORM], b"Param1=value1", b"content-type;host;x-amz-date",
     "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"),
]  # fmt: skip


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v[0])
def test_the_published_vectors_come_out(vector: tuple[str, bytes, bytes, bytes, Headers, bytes, bytes, str]) -> None:
    _, method, path, query, headers, body, names, signature = vector
    signed = sign(
        method=method, host=b"example.amazonaws.com", path=path, query=query, headers=headers,
        payload_hash=hashlib.sha256(body).hexdigest(), credentials=KEYS, region="us-east-1", service="service",
        moment=MOMENT,
    )  # fmt: skip
    assert dict(signed)[b"x-amz-date"] == b"20150830T123600Z"
    assert signed[-1] == (
        b"authorization",
        b"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        b"SignedHeaders=%b, Signature=%b" % (names, signature.encode()),
    )


def test_temporary_credentials_send_and_sign_their_token() -> None:
    keys = AwsKeys("AKID", "secret", "the-session-token")
    signed = sign(
        method=b"POST", host=b"h", path=b"/model/a%3A1/invoke", query=b"", headers=[], payload_hash="0" * 64,
        credentials=keys, region="eu-west-1", service="bedrock", moment=MOMENT,
    )  # fmt: skip
    assert (b"x-amz-security-token", b"the-session-token") in signed
    assert b"SignedHeaders=host;x-amz-date;x-amz-security-token," in signed[-1][1]
    assert "secret" not in repr(keys)


def test_s3_signs_the_path_once_and_names_the_bodys_hash() -> None:
    """The GET of the Amazon S3 API reference, "Transferring Payload in a Single Chunk"."""
    empty = hashlib.sha256(b"").hexdigest()
    signed = sign(
        method=b"GET", host=b"examplebucket.s3.amazonaws.com", path=b"/test.txt", query=b"",
        headers=[(b"range", b"bytes=0-9")], payload_hash=empty,
        credentials=AwsKeys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        region="us-east-1", service="s3", moment="20130524T000000Z",
    )  # fmt: skip
    assert (b"x-amz-content-sha256", empty.encode()) in signed
    assert signed[-1][1].endswith(b"Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
