"""Whose key is it, and may it leave?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.errors import CallerError
from torana.keys import router_key_text
from torana.message import Headers
from torana.providers import SECRET_HEADERS
from torana.surfaces import tokens

OURS = router_key_text("0" * 56)
THEIRS = "sk-or-v1-" + "0123456789abcdef" * 4
OPENAI = "sk-proj-0123456789abcdef0123456789"


def bearer(token: str, name: bytes = b"authorization") -> Headers:
    return [(b"host", b"h"), (name, b"Bearer " + token.encode())]


@pytest.mark.parametrize(
    ("token", "provider"),
    [
        (OURS, "openrouter"),
        (THEIRS, "openrouter"),
        (OPENAI, "openai"),
        ("sk-ant-api03-0123456789abcdef", "anthropic"),
        ("AIza" + "0" * 35, "google-ai-studio"),
        ("gsk_" + "0" * 40, "groq"),
        ("xai-" + "0" * 40, "grok"),
        ("", ""),
        ("sk-", ""),
        ("torana_0123456789abcdef0123456789abcdef", ""),
    ],
)
def test_a_key_is_known_by_its_shape(token: str, provider: str) -> None:
    assert tokens.provider_of(token) == provider


@pytest.mark.parametrize("name", [b"authorization", b"x-api-key"])
def test_a_token_of_openrouters_is_told_from_one_that_was_made_here(name: bytes) -> None:
    assert tokens.is_openrouters(bearer(THEIRS, name))
    assert not tokens.is_openrouters(bearer(OURS, name))
    assert not tokens.is_openrouters(bearer(OPENAI, name))
    assert not tokens.is_openrouters([])


def test_authorization_goes_before_another_field() -> None:
    assert tokens.token_in([*bearer(THEIRS, b"x-api-key"), *bearer(OPENAI)]) == OPENAI


def test_a_provider_is_named_by_a_key_or_beside_one() -> None:
    assert tokens.names_provider(bearer(OPENAI))
    assert tokens.names_provider([*bearer(THEIRS), (tokens.INLINE, b"{}")])
    assert not tokens.names_provider(bearer(THEIRS))
    assert not tokens.names_provider(bearer("whatever"))
    assert not tokens.names_provider([])


@pytest.mark.parametrize("value", [OURS, f"Bearer {OURS}", f'{{"a": "{OURS}"}}', f"a=b; c={OURS}"])
def test_a_key_of_a_router_leaks_wherever_a_credential_is(value: str) -> None:
    assert tokens.leaks([(b"authorization", value.encode())], SECRET_HEADERS)
    assert tokens.leaks([(b"cookie", value.encode())], SECRET_HEADERS)
    assert not tokens.leaks([(b"x-note", value.encode())], SECRET_HEADERS)
    assert not tokens.leaks([(b"authorization", value.replace(OURS, THEIRS).encode())], SECRET_HEADERS)


@given(st.binary(max_size=300))
def test_no_header_breaks_the_look_at_it(value: bytes) -> None:
    headers = [(b"authorization", value), (b"x-api-key", value)]
    assert tokens.is_openrouters(headers) in (True, False)
    assert tokens.names_provider(headers) in (True, False)
    assert tokens.leaks(headers, SECRET_HEADERS) in (True, False)


@given(st.binary(max_size=100))
def test_keys_beside_a_token_are_an_object_of_texts_or_refused(value: bytes) -> None:
    try:
        found = tokens.inline_keys(value)
    except CallerError:
        return
    assert all(slug == slug.lower() and key for slug, key in found.items())
