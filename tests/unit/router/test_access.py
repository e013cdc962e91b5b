"""Who asks the router: its keys, tokens of ours, providers' own keys, and everybody else."""

from __future__ import annotations

import hashlib

import pytest

from fakes import ACCOUNT, Records
from torana.directory import Directory, compile_directory
from torana.errors import CallerError, Unauthorized
from torana.keys import RouterKey, is_router_key, router_key_text
from torana.message import Headers
from torana.router.access import Access, identify, own_of
from torana.snapshot import AccountConfig, GatewayConfig, Snapshot, TokenConfig
from torana.surfaces.tokens import is_openrouters

NOW_MS = 1_800_000_000_000
KEY, MANAGER, DISABLED, OLD, STRAY = (router_key_text(f"{number:056x}") for number in range(1, 6))
TOKEN, READER = "torana_" + "a" * 40, "torana_" + "b" * 40
ANTHROPIC = "sk-ant-api03-" + "x" * 40
SLUGS = {"amazon-bedrock": "aws-bedrock", "xai": "grok"}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def directory(*, authentication: bool = False) -> Directory:
    keys = [
        RouterKey(digest(KEY), ACCOUNT, "default", limit_nano=5),
        RouterKey(digest(MANAGER), ACCOUNT, "default", is_management=True),
        RouterKey(digest(DISABLED), ACCOUNT, "default", disabled=True),
        RouterKey(digest(OLD), ACCOUNT, "default", expires_ms=NOW_MS),
        RouterKey(digest(STRAY), ACCOUNT, "gone"),
    ]
    tokens = [
        TokenConfig(digest(TOKEN), "t1", ACCOUNT, "run", ["run"]),
        TokenConfig(digest(READER), "t2", ACCOUNT, "read", ["read"]),
    ]
    gateways = [GatewayConfig(ACCOUNT, "default", authentication=authentication), GatewayConfig(ACCOUNT, "other")]
    accounts = [AccountConfig(ACCOUNT, "test", 0, credits_nano=7)]
    return compile_directory(Snapshot(1, accounts, gateways, tokens, router_keys=keys), Records())


def access(text: str, more: Headers | None = None, *, authentication: bool = False) -> Access:
    headers = [(b"authorization", f"Bearer {text}".encode()), *(more or [])]
    return identify(headers, directory(authentication=authentication), SLUGS, NOW_MS)


def test_a_key_opens_its_own_workspace_with_its_limits() -> None:
    found = access(KEY)
    assert found.key is not None
    assert (found.gateway.id, found.key.limit_nano, found.key.credits_nano) == ("default", 5, 7)
    assert found.caller is not None
    assert KEY.encode() in found.secrets


def test_anthropics_sdk_shows_its_key_in_a_field_of_its_own() -> None:
    assert identify([(b"x-api-key", KEY.encode())], directory(), SLUGS, NOW_MS).key is not None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (MANAGER, "management key"),
        (DISABLED, "disabled"),
        (OLD, "expired"),
        (STRAY, "is gone"),
        (router_key_text("f" * 56), "User not found."),
        ("whatever", "User not found."),
        (READER, "may not run inference"),
        ("torana_" + "c" * 40, "User not found."),
    ],
)
def test_what_opens_nothing_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(Unauthorized, match=reason):
        access(text)


def test_nothing_at_all_is_refused_in_openrouters_words() -> None:
    with pytest.raises(Unauthorized, match="No auth credentials found"):
        identify([(b"user-agent", b"x")], directory(), SLUGS, NOW_MS)


def test_a_token_with_permission_to_run_may_choose_its_gateway() -> None:
    assert access(TOKEN).gateway.id == "default"
    assert access(TOKEN, [(b"cf-aig-gateway-id", b"other")]).gateway.id == "other"


def test_a_providers_own_key_is_used_for_that_provider_alone() -> None:
    found = access(ANTHROPIC)
    assert (found.own_keys, found.key, found.caller) == ({"anthropic": ANTHROPIC}, None, None)


def test_keys_in_the_header_stand_by_the_gateways_names_of_providers() -> None:
    found = access(KEY, [(b"x-provider-api-keys", b'{"amazon-bedrock": "AKIA", "openai": "sk", "xai": " "}')])
    assert found.own_keys == {"aws-bedrock": "AKIA", "openai": "sk"}
    with pytest.raises(CallerError, match="X-Provider-API-Keys"):
        access(KEY, [(b"x-provider-api-keys", b"[1]")])


def test_a_gateway_that_asks_for_tokens_asks_strangers_for_one_too() -> None:
    with pytest.raises(Unauthorized, match="cf-aig-authorization"):
        access(ANTHROPIC, authentication=True)
    found = access(ANTHROPIC, [(b"cf-aig-authorization", f"Bearer {TOKEN}".encode())], authentication=True)
    assert found.caller is not None
    assert found.own_keys == {"anthropic": ANTHROPIC}


def test_openrouters_own_token_is_known_by_its_shape_and_ours_never_taken_for_one() -> None:
    theirs = "sk-or-v1-" + "0" * 64
    assert not is_router_key(theirs)
    assert is_openrouters([(b"authorization", f"Bearer {theirs}".encode())])
    assert is_router_key(KEY)
    assert not is_openrouters([(b"authorization", f"Bearer {KEY}".encode())])
    with pytest.raises(Unauthorized, match="User not found"):
        access(theirs)


def test_who_asks_through_a_gateway_has_own_keys_alone() -> None:
    gateway = access(TOKEN).gateway
    found = own_of([(b"authorization", b"Bearer " + ANTHROPIC.encode())], gateway, None, SLUGS)
    assert (found.gateway, found.own_keys, found.is_own_only) == (gateway, {"anthropic": ANTHROPIC}, True)
    beside = own_of(
        [(b"authorization", b"Bearer x"), (b"x-provider-api-keys", b'{"openai": "sk"}')], gateway, None, SLUGS
    )
    assert beside.own_keys == {"openai": "sk"}
