"""Secrets in a query: hidden, and known for what else they may turn up in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.providers import SECRET_HEADERS, SECRET_PARAMS, mask_query


@pytest.mark.parametrize(
    ("target", "masked", "found"),
    [
        (b"/v1/x", b"/v1/x", ()),
        (b"/v1/x?", b"/v1/x?", ()),
        (b"/v1/x?alt=sse&monkey=1", b"/v1/x?alt=sse&monkey=1", ()),
        (b"/v1/x?alt=sse&key=AIza1", b"/v1/x?alt=sse&key=***", (b"AIza1",)),
        (
            b"/x?key=a%2Bb&y=1",
            b"/x?key=***&y=1",
            (
                b"a%2Bb",
                b"a+b",
            ),
        ),
        (b"/x?KEY=a1&Api_Key=b2", b"/x?KEY=***&Api_Key=***", (b"a1", b"b2")),
        (b"/x?k%65y=a1", b"/x?k%65y=***", (b"a1",)),
        (b"/x?+key=a1", b"/x?+key=***", (b"a1",)),
        (b"/x?key=a+b", b"/x?key=***", (b"a+b", b"a b")),
        (b"/x?key=", b"/x?key=", ()),
        (b"/x?key", b"/x?key", ()),
        (b"/x?key=a=b", b"/x?key=***", (b"a=b",)),
        (b"/x?a=1;key=b;c=2&d=3", b"/x?a=1;key=***&d=3", (b"b;c=2",)),
        (b"/x?X-Amz-Signature=ff&X-Amz-Date=1", b"/x?X-Amz-Signature=***&X-Amz-Date=1", (b"ff",)),
        (b"/x?token=t1&token=t1", b"/x?token=***&token=***", (b"t1",)),
        (b"/x?key=?key=2", b"/x?key=***", (b"?key=2",)),
        (b"?api_key=z9", b"?api_key=***", (b"z9",)),
    ],
)
def test_secrets_of_a_query(target: bytes, masked: bytes, found: tuple[bytes, ...]) -> None:
    assert mask_query(target) == (masked, found)


@given(st.binary(), st.sampled_from(sorted(SECRET_PARAMS)), st.binary(min_size=1), st.binary())
def test_what_stood_behind_a_secret_name_is_gone(before: bytes, name: bytes, value: bytes, after: bytes) -> None:
    value = b"<" + value.replace(b"&", b"") + b">"
    masked, found = mask_query(b"/x?" + before + b"&" + name + b"=" + value + b"&" + after)
    assert b"&" + name + b"=***&" in masked
    assert value in found


def test_names_are_in_lower_case() -> None:
    for name in SECRET_HEADERS | SECRET_PARAMS:
        assert name == name.lower()


CREDENTIALS = """
authorization proxy-authorization x-api-key api-key x-goog-api-key xi-api-key cf-aig-authorization cookie set-cookie
x-amz-security-token x-provider-api-keys ocp-apim-subscription-key
"""


@pytest.mark.parametrize("name", CREDENTIALS.split())
def test_headers_that_hold_credentials(name: str) -> None:
    assert name.encode() in SECRET_HEADERS
