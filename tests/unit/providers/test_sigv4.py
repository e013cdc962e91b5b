"""AWS's own published vectors: the Signature Version 4 test suite, and the examples of the S3 documentation."""

from __future__ import annotations

import hashlib

import pytest

from torana.message import Headers
from torana.providers.sigv4 import EMPTY_HASH, Credentials, sign

SUITE = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
S3 = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
FORM: Headers = [(b"Content-Type", b"application/x-www-form-urlencoded")]


def authorization(headers: Headers) -> str:
    return dict(headers)[b"authorization"].decode()


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "body", "signature"),
    [
        ("GET", "/", "", [], b"", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("GET", "//", "", [], b"", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("GET", "/example/..", "", [], b"", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("GET", "/./", "", [], b"", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("GET", "/\u1234", "", [], b"", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
        ("GET", "/", "Param1=value1", [], b"", "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"),
        (
            *("GET", "/", "Param2=value2&Param1=value1", [], b""),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
        ("POST", "/", "", [], b"", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        ("POST", "/", "Param1=value1", [], b"", "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"),
        (
            *("POST", "/", "", FORM, b"Param1=value1"),
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        ),
    ],
)
def test_the_test_suite_of_aws(  # a vector
    method: str, path: str, query: str, headers: Headers, body: bytes, signature: str
) -> None:
    digest = hashlib.sha256(body).hexdigest()
    host = "example.amazonaws.com"
    signed = sign(method, host, path, query, headers, digest, SUITE, "us-east-1", "service", "20150830T123600Z")
    names = "content-type;host;x-amz-date" if headers else "host;x-amz-date"
    assert authorization(signed) == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders={names}, Signature={signature}"
    )


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "body", "signature"),
    [
        (
            *("GET", "/test.txt", "", [(b"range", b"bytes=0-9")], b""),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            *("PUT", "/test%24file.text", ""),
            [(b"date", b"Fri, 24 May 2013 00:00:00 GMT"), (b"x-amz-storage-class", b"REDUCED_REDUNDANCY")],
            b"Welcome to Amazon S3.",
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        ("GET", "/", "lifecycle", [], b"", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        (
            *("GET", "/", "max-keys=2&prefix=J", [], b""),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)
def test_the_examples_of_s3(  # a vector
    method: str, path: str, query: str, headers: Headers, body: bytes, signature: str
) -> None:
    digest, host = hashlib.sha256(body).hexdigest(), "examplebucket.s3.amazonaws.com"
    signed = sign(method, host, path, query, headers, digest, S3, "us-east-1", "s3", "20130524T000000Z")
    assert authorization(signed).endswith(f"Signature={signature}")
    assert (b"x-amz-content-sha256", digest.encode()) in signed


def test_a_session_token_is_sent_and_signed() -> None:
    credentials = Credentials("AKIDEXAMPLE", "secret", "session")
    signed = sign("GET", "h", "/", "", [], EMPTY_HASH, credentials, "us-east-1", "bedrock", "20150830T123600Z")
    assert (b"x-amz-security-token", b"session") in signed
    assert "host;x-amz-date;x-amz-security-token" in authorization(signed)


def test_credentials_do_not_print_their_secret() -> None:
    assert "wJalr" not in repr(SUITE)
