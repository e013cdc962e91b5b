"""A caller's key goes where the provider looks for it, and nowhere else."""

from __future__ import annotations

import pytest

from torana.message import Headers
from torana.providers import PROVIDERS
from torana.surfaces.carrying import carry, without_dialect

BEARER = (b"authorization", b"Bearer sk-0123456789")
API_KEY = (b"x-api-key", b"sk-0123456789")
GOOGLE = (b"x-goog-api-key", b"sk-0123456789")
AZURE = (b"api-key", b"sk-0123456789")
OTHER = (b"x-mine", b"1")


@pytest.mark.parametrize("given", [BEARER, API_KEY, GOOGLE, AZURE])
@pytest.mark.parametrize(
    ("slug", "slot", "there"),
    [
        ("openai", b"", BEARER),
        ("anthropic", b"x-api-key", API_KEY),
        ("google-ai-studio", b"x-goog-api-key", GOOGLE),
        ("google-ai-studio", b"authorization", BEARER),
        ("mistral", b"", BEARER),
    ],
)
def test_a_key_is_moved_to_the_field_of_its_provider(
    given: tuple[bytes, bytes], slug: str, slot: bytes, there: tuple[bytes, bytes]
) -> None:
    assert sorted(carry([given, OTHER], PROVIDERS[slug], slot)) == sorted([there, OTHER])


def test_a_key_in_any_field_of_the_provider_stays_where_it_is() -> None:
    assert carry([BEARER, OTHER], PROVIDERS["azure-openai"], b"") == [BEARER, OTHER]


def test_a_key_in_its_field_goes_before_others_which_are_left_behind() -> None:
    real = (b"x-api-key", b"sk-ant-real-0123")
    assert carry([BEARER, real], PROVIDERS["anthropic"], b"x-api-key") == [real]


@pytest.mark.parametrize("token", [b"sk-ant-oat01-0123456789", b"ya29.0123456789", b"eyJ0eXAi0123456789"])
def test_an_oauth_token_is_shown_in_authorization_alone(token: bytes) -> None:
    shown = carry([(b"authorization", b"Bearer " + token)], PROVIDERS["anthropic"], b"x-api-key")
    assert shown == [(b"authorization", b"Bearer " + token)]


@pytest.mark.parametrize("void", [b"AWS4-HMAC-SHA256 Credential=A/b", b"Bearer undefined", b""])
def test_what_is_no_key_is_not_carried_where_a_key_is(void: bytes) -> None:
    assert carry([(b"authorization", void), GOOGLE], PROVIDERS["anthropic"], b"x-api-key") == [API_KEY]


def test_a_placeholder_stays_where_there_is_no_key_for_it_decides_what_is_done() -> None:
    given = [(b"authorization", b"Bearer undefined")]
    assert carry(given, PROVIDERS["openai"], b"") == given
    assert carry([(b"authorization", b"AWS4-HMAC-SHA256 x")], PROVIDERS["openai"], b"") == []


def test_the_dialect_of_the_clients_api_is_left_behind() -> None:
    given: Headers = [
        (b"accept", b"text/event-stream"),
        (b"accept-encoding", b"br"),
        (b"content-type", b"application/json; charset=utf-8"),
        (b"anthropic-version", b"2023-06-01"),
        (b"anthropic-beta", b"x"),
        (b"x-stainless-os", b"Linux"),
        (b"x-goog-api-client", b"x"),
        (b"openai-organization", b"o"),
        (b"x-fern-sdk-name", b"cohere"),
        (b"x-client-name", b"mine"),
        (b"user-agent", b"me/1"),
        GOOGLE,
        OTHER,
    ]
    kept = without_dialect(given)
    assert kept == [(b"user-agent", b"me/1"), GOOGLE, OTHER, (b"content-type", b"application/json")]
