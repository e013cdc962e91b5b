"""Signing in through a provider of OpenID Connect: who it vouches for is in, and whatever was tampered with is not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest

from browsing import Browser, made, make_link
from oidc import CLIENT_ID, CLIENT_SECRET, Claims, OidcProvider, SigningKey
from running import Torana

ADA: Claims = {
    "sub": "248289761001",
    "preferred_username": "Ada",
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "email_verified": True,
}
HOME, START = "/dashboard/", "/dashboard/oidc"


@pytest.fixture(scope="module")
def running() -> Iterator[OidcProvider]:
    with OidcProvider() as provider:
        yield provider


@pytest.fixture
def provider(running: OidcProvider) -> OidcProvider:
    """An honest one, and Ada before it."""
    running.key.kid = "one"
    running.published = [running.key.public]
    running.spoil, running.sign = dict, running.key.sign
    running.person, running.more, running.refuses = dict(ADA), {}, False
    return running


@pytest.fixture(scope="module")
def torana(running: OidcProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Torana]:
    folder = tmp_path_factory.mktemp("torana")
    (folder / "secret").write_text(CLIENT_SECRET + "\n")
    with Torana(
        folder / "data",
        oidc_issuer=running.issuer,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret_file=folder / "secret",
        oidc_name="The Office",
        oidc_allowed_domains="example.com, example.org",
        oidc_default_role="viewer",
        oidc_role_claim="groups",
        oidc_roles="admins=owner, staff=editor",
    ) as server:
        with Browser(server) as owner:
            owner.follow_link(make_link(server))
            made(owner, "root", "owner")
        yield server


@pytest.fixture
def browser(torana: Torana) -> Iterator[Browser]:
    with Browser(torana) as opened:
        yield opened


def ended(browser: Browser) -> str:
    """Where a sign-in leads to in the end."""
    with httpx.Client(trust_env=False) as elsewhere:
        there = browser.get(START).headers["location"]
        back = elsewhere.get(there).headers["location"]
    return browser.get(back).headers["location"]


def test_who_the_provider_vouches_for_is_in(torana: Torana, provider: OidcProvider, browser: Browser) -> None:
    assert browser.api("GET", "/session/options").json()["result"]["oidc"] == {"name": "The Office"}
    assert ended(browser) == HOME
    me = browser.me()
    assert (me["name"], me["display_name"], me["email"]) == ("ada", "Ada Lovelace", "ada@example.com")
    assert (me["role"], me["source"]) == ("viewer", "oidc")
    with Browser(torana) as again:
        assert ended(again) == HOME
        assert again.me()["id"] == me["id"]


def test_what_the_browser_is_told_on_the_way_is_good_for_nothing_else(provider: OidcProvider, browser: Browser) -> None:
    answer = browser.get(START)
    query = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}
    name, *flags = (part.strip() for part in answer.headers["set-cookie"].split(";"))
    secret = name.removeprefix("torana_oidc=")
    assert set(flags) == {"HttpOnly", "SameSite=Lax", f"Path={START}", "Max-Age=600"}
    assert secret not in answer.headers["location"]
    assert len({query["state"], query["nonce"], query["code_challenge"], secret}) == 4
    assert query["redirect_uri"] == f"{browser.base_url}".rstrip("/") + START + "/callback"


@pytest.mark.parametrize(
    ("groups", "role"),
    [(["staff", "others"], "editor"), (["staff", "admins"], "owner"), ("staff", "editor"), ([], "owner")],
)
def test_groups_give_roles_at_each_sign_in(provider: OidcProvider, browser: Browser, groups: object, role: str) -> None:
    provider.person |= {"sub": "in groups", "preferred_username": "grouped", "groups": ["admins"]}
    assert ended(browser) == HOME
    provider.person |= {"groups": groups}
    assert ended(browser) == HOME
    assert browser.me()["role"] == role


def test_what_the_token_lacks_is_asked_of_the_userinfo(provider: OidcProvider, browser: Browser) -> None:
    provider.person = {"sub": "brief"}
    provider.more = {"email": "brief@example.org", "email_verified": True, "groups": ["staff"]}
    assert ended(browser) == HOME
    me = browser.me()
    assert (me["name"], me["email"], me["role"]) == ("brief", "brief@example.org", "editor")
    provider.more |= {"sub": "somebody else"}
    assert ended(browser) == "/dashboard/login#error=oidc_failed"


@pytest.mark.parametrize(
    "person",
    [
        {"email": "ada@example.net"},
        {"email": "ada@example.com.evil.example"},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email": None},
    ],
)
def test_who_is_of_no_allowed_domain_stays_out(
    torana: Torana, provider: OidcProvider, browser: Browser, person: Claims
) -> None:
    provider.person |= {"sub": "outside", **person}
    assert ended(browser) == "/dashboard/login#error=oidc_not_allowed"
    assert "torana_session" not in browser.cookies
    assert "outside" not in torana.run("users", "list", "--json")


def aged(by_s: int) -> Callable[[Claims], Claims]:
    now = int(time.time())
    return lambda claims: {**claims, "iat": now - by_s - 300, "exp": now - by_s}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda claims: {**claims, "nonce": "another"},
        lambda claims: {name: value for name, value in claims.items() if name != "nonce"},
        lambda claims: {**claims, "aud": "another"},
        lambda claims: {**claims, "aud": [CLIENT_ID, "another"]},
        lambda claims: {**claims, "azp": "another"},
        lambda claims: {**claims, "iss": "https://evil.example"},
        aged(120),
        lambda claims: {name: value for name, value in claims.items() if name != "exp"},
        lambda claims: {**claims, "iat": claims["iat"] + 3600, "exp": claims["exp"] + 3600},
        lambda claims: {**claims, "sub": ""},
    ],
    ids=["nonce", "no nonce", "audience", "audiences", "party", "issuer", "expired", "for ever", "early", "nobody"],
)
def test_an_id_token_that_is_not_for_us_now_is_not_believed(
    torana: Torana, provider: OidcProvider, browser: Browser, spoil: Callable[[Claims], Claims]
) -> None:
    provider.spoil = spoil
    assert ended(browser) == "/dashboard/login#error=oidc_failed"
    assert "torana_session" not in browser.cookies


def signed_with_the_public_key(provider: OidcProvider, claims: Claims) -> str:
    """The oldest trick: what everybody knows, taken for a secret that both sides share."""
    return jwt.encode(claims, str(provider.key.public["n"]), "HS256", headers={"kid": provider.key.kid})


def with_another_end(provider: OidcProvider, claims: Claims) -> str:
    head, body, signature = provider.key.sign(claims).split(".")
    return ".".join((head, body, ("A" if signature[0] != "A" else "B") + signature[1:]))


@pytest.mark.parametrize(
    "sign",
    [
        lambda _, claims: SigningKey("one").sign(claims),
        lambda _, claims: SigningKey("other").sign(claims),
        lambda _, claims: jwt.encode(claims, "", "none"),
        signed_with_the_public_key,
        with_another_end,
        lambda *_: "not.a.token",
    ],
    ids=["another key", "unknown key", "none", "HS256", "another end", "no token"],
)
def test_an_id_token_that_the_provider_did_not_sign_is_not_believed(
    provider: OidcProvider, browser: Browser, sign: Callable[[OidcProvider, Claims], str]
) -> None:
    provider.sign = lambda claims: sign(provider, claims)
    assert ended(browser) == "/dashboard/login#error=oidc_failed"
    assert "torana_session" not in browser.cookies


def test_a_state_of_another_browser_signs_nobody_in(torana: Torana, provider: OidcProvider, browser: Browser) -> None:
    """Else somebody could be signed in as somebody else without noticing."""
    with Browser(torana) as attacker, httpx.Client(trust_env=False) as elsewhere:
        back = elsewhere.get(attacker.get(START).headers["location"]).headers["location"]
    assert browser.get(back).headers["location"] == "/dashboard/login#error=oidc_expired"
    browser.get(START)
    assert browser.get(back).headers["location"] == "/dashboard/login#error=oidc_expired"
    assert "torana_session" not in browser.cookies


def test_a_code_is_good_once(provider: OidcProvider, browser: Browser) -> None:
    with httpx.Client(trust_env=False) as elsewhere:
        back = elsewhere.get(browser.get(START).headers["location"]).headers["location"]
    kept = {"cookie": f"torana_oidc={browser.cookies['torana_oidc']}"}
    assert browser.get(back).headers["location"] == HOME
    assert "torana_oidc" not in browser.cookies
    assert browser.get(back, headers=kept).headers["location"] == "/dashboard/login#error=oidc_failed"


def test_who_says_no_at_the_provider_is_told_so(provider: OidcProvider, browser: Browser) -> None:
    provider.refuses = True
    assert ended(browser) == "/dashboard/login#error=oidc_refused"


def test_the_server_says_in_its_log_what_the_browser_is_not_told(
    torana: Torana, provider: OidcProvider, browser: Browser
) -> None:
    provider.spoil = lambda claims: {**claims, "aud": "another"}
    ended(browser)
    said = torana.output.read_text()
    assert "nobody can sign in through OpenID Connect: the id token is not good" in said
    assert CLIENT_SECRET not in said


def test_an_outsider_sets_no_password(provider: OidcProvider, browser: Browser) -> None:
    assert ended(browser) == HOME
    for wish in ({"new": "my own words"}, {"old": "my own words", "new": "my other words"}):
        assert browser.api("PUT", "/session/password", wish).status_code == 400
