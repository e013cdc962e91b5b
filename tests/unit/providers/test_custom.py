"""Providers that an account brings along: where they lead, what they send, what they cannot be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.errors import CallerError
from torana.message import Origin
from torana.providers import custom
from torana.providers.custom import SLUG, check_headers, holds_secret


@pytest.mark.parametrize(
    ("base", "path", "target", "format_", "model"),
    [
        ("https://a.example", b"v1/chat/completions?x=1", b"/v1/chat/completions?x=1", "openai_chat", ""),
        ("https://a.example/v1", b"v1/chat/completions", b"/v1/v1/chat/completions", "openai_chat", ""),
        ("https://a.example/v1/", b"chat/completions", b"/v1/chat/completions", "openai_chat", ""),
        ("https://a.example", b"v1/messages", b"/v1/messages", "anthropic_messages", ""),
        ("https://a.example", b"v1/responses", b"/v1/responses", "openai_responses", ""),
        ("https://a.example", b"v2/chat", b"/v2/chat", "cohere", ""),
        ("https://a.example", b"v1/models/g:generateContent", b"/v1/models/g:generateContent", "gemini", "g"),
        ("https://a.example", b"model/c/converse", b"/model/c/converse", "bedrock_converse", "c"),
        ("https://a.example", b"openai/deployments/d/embed", b"/openai/deployments/d/embed", "embeddings", "d"),
        ("https://a.example", b"api/chat", b"/api/chat", "ollama", ""),
        ("https://a.example", b"serving/x:predict", b"/serving/x:predict", "raw", ""),
        ("https://a.example", b"", b"/", "raw", ""),
    ],
)  # fmt: skip
def test_the_path_goes_to_the_base_as_it_came(base: str, path: bytes, target: bytes, format_: str, model: str) -> None:
    found = custom("mine", base).locate(path, [])
    assert (found.provider, found.origin) == ("custom-mine", Origin("a.example", 443, is_untrusted=True))
    assert (found.path, found.format.name, found.model) == (target, format_, model)


def test_a_path_cannot_leave_the_base() -> None:
    for path in (b"../x", b"a/%2e%2e/b", b"a\\b"):
        with pytest.raises(CallerError):
            custom("mine", "https://a.example/base").locate(path, [])


def test_its_headers_go_along() -> None:
    found = custom("mine", "http://a.example:81", [("X-Tenant", "t"), ("X-Empty", "")]).locate(b"x", [])
    assert found.adds == ((b"x-tenant", b"t"), (b"x-empty", b""))
    assert found.origin == Origin("a.example", 81, is_tls=False, is_untrusted=True)


@pytest.mark.parametrize(
    "base",
    ["", "a.example", "ftp://a.example", "https://", "https://u@a.example", "https://a.example/?q", "https://{x}"],
)
def test_what_is_no_base_is_refused(base: str) -> None:
    with pytest.raises(ValueError, match=r"base URL of `(custom-)?mine`"):
        custom("mine", base)


@given(st.text(max_size=20), st.text(max_size=20))
def test_headers_that_pass_are_one_line_each(name: str, value: str) -> None:
    try:
        check_headers([(name, value)])
    except ValueError:
        return
    line = f"{name}: {value}".encode("ascii")
    assert not set(line) & {0, 10, 13}
    assert b":" not in name.encode()


@pytest.mark.parametrize("name", ["Host", "content-length", "Transfer-Encoding", "cf-aig-x", "a b", "", "x:y"])
def test_headers_of_the_gateways_own_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        check_headers([(name, "x")])


def test_a_header_is_there_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        check_headers([("x-a", "1"), ("X-A", "2")])


def test_what_may_hold_a_secret_is_known_by_its_name() -> None:
    assert all(map(holds_secret, ("Authorization", "x-api-key", "X-Auth", "my-token", "Cookie", "x-secret-1")))
    assert not any(map(holds_secret, ("x-tenant", "anthropic-version", "accept")))


def test_a_slug_is_one_segment_of_a_path() -> None:
    assert all(map(SLUG.fullmatch, ("a", "My_1-x", "x" * 64)))
    assert not any(map(SLUG.fullmatch, ("a--b", "-a", "a-", "a/b", "", "x" * 65, "a.b")))
