"""OpenID Connect without a network: what is read from settings, claims and tokens."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

import msgspec
import pytest

from oidc import Claims, SigningKey
from torana.control.signing_in.oidc.config import OidcConfig, read_config
from torana.control.signing_in.oidc.fetching import Fetch, OidcFailed
from torana.control.signing_in.oidc.id_token import KeyUnknown, verify
from torana.control.signing_in.oidc.provider import Attempt, NotAllowed, Provider, outside_of
from torana.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torana.control.signing_in.roles import Role

T = TypeVar("T")

ISSUER = "https://id.example/realm"
CLIENT = "torana"
CONFIG = OidcConfig(issuer=ISSUER, client_id=CLIENT, default_role="viewer")
ATTEMPT = Attempt("secret", "https://ai.example/dashboard/oidc/callback")
RSA, EC = SigningKey("rsa"), SigningKey("ec", "ES256")


def claims(**changed: object) -> Claims:
    now = int(time.time())
    return {"iss": ISSUER, "aud": CLIENT, "sub": "1", "iat": now, "exp": now + 60, "nonce": "n", **changed}


def test_settings_become_what_is_meant(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(" s3 \n")
    found = read_config(
        Settings(
            oidc_issuer="https://id.example/",
            oidc_client_id="me",
            oidc_client_secret_file=str(tmp_path / "secret"),
            oidc_allowed_domains="Example.com, example.org",
            oidc_role_claim="groups",
            oidc_roles="cn=admins=owner, staff = editor",
        )
    )
    assert found is not None
    assert (found.issuer, found.client_secret, found.name) == ("https://id.example", "s3", "id.example")
    assert found.domains == {"example.com", "example.org"}
    assert found.default_role is None
    assert found.roles == {"cn=admins": "owner", "staff": "editor"}
    assert "s3" not in repr(found)
    assert read_config(Settings()) is None


@pytest.mark.parametrize(
    ("values", "role"),
    [
        ("owner", "owner"),
        (["viewer", "editor", "nothing"], "editor"),
        ([], None),
        (None, None),
        ({"owner": True}, None),
        ([["owner"], 1, None], None),
        ("Owner", None),
    ],
)
def test_a_claim_names_roles_or_groups_that_have_some(values: object, role: Role | None) -> None:
    assert CONFIG.role_of(values) == role
    grouped = msgspec.structs.replace(CONFIG, roles={"admins": "owner"})
    assert (grouped.role_of(["admins", "viewer"]), grouped.role_of("viewer")) == ("owner", None)


@pytest.mark.parametrize("key", [RSA, EC, SigningKey("ps", "PS256")], ids=lambda key: str(key.algorithm))
def test_a_good_token_is_believed(key: SigningKey) -> None:
    published = [SigningKey("other").public, key.public]
    assert verify(key.sign(claims()), published, ISSUER, CLIENT, "n")["sub"] == "1"
    assert verify(key.sign(claims(aud=[CLIENT])), published, ISSUER, CLIENT, "n")["sub"] == "1"
    assert verify(key.sign(claims(aud=[CLIENT, "x"], azp=CLIENT)), published, ISSUER, CLIENT, "n")["sub"] == "1"


def test_a_token_that_names_no_key_is_tried_with_all() -> None:
    key = SigningKey("")
    unnamed = {name: value for name, value in key.public.items() if name != "kid"}
    assert verify(key.sign(claims()), [EC.public, RSA.public, unnamed], ISSUER, CLIENT, "n")["sub"] == "1"


@pytest.mark.parametrize(
    "changed",
    [{"use": "enc"}, {"kty": "EC"}, {"kty": "oct", "k": "c2VjcmV0"}, {"alg": "RS512"}, {"n": "!"}, {"kid": "x"}],
)
def test_a_key_that_is_for_something_else_signs_nothing(changed: Claims) -> None:
    with pytest.raises(KeyUnknown):
        verify(RSA.sign(claims()), [{**RSA.public, **changed}], ISSUER, CLIENT, "n")


@pytest.mark.parametrize(
    ("given", "is_in"), [("ada@example.com", True), ("ada@EXAMPLE.com", True), ("a@b@example.com", False)]
)
def test_a_domain_is_the_address_behind_the_one_sign(given: str, *, is_in: bool) -> None:
    config = msgspec.structs.replace(CONFIG, domains=frozenset({"example.com"}))
    told = claims(email=given, email_verified=True)
    if is_in:
        assert outside_of(config, ISSUER, told).email == given
    else:
        with pytest.raises(NotAllowed):
            outside_of(config, ISSUER, told)


@pytest.mark.parametrize(
    ("told", "name", "shown"),
    [
        ({"preferred_username": "ada", "name": "Ada L."}, "ada", "Ada L."),
        ({"email": "ada@example.com"}, "ada", ""),
        ({"email": "no address", "name": "x\n<script>"}, "user", ""),
        ({"preferred_username": 7, "email": 7, "name": 7}, "user", ""),
        ({"name": "x" * 500}, "user", "x" * 120),
    ],
)
def test_claims_of_any_kind_are_made_the_best_of(told: Claims, name: str, shown: str) -> None:
    found = outside_of(CONFIG, ISSUER, claims(**told))
    assert (found.name, found.display_name, found.subject, found.issuer) == (name, shown, "1", ISSUER)


def test_all_of_an_attempt_is_made_from_its_secret_and_tells_nothing_of_it() -> None:
    values = {ATTEMPT.state, ATTEMPT.nonce, ATTEMPT.verifier, ATTEMPT.challenge, ATTEMPT.secret}
    assert len(values) == 5
    assert Attempt("secret", "elsewhere").state == ATTEMPT.state
    assert Attempt("secres", ATTEMPT.redirect_uri).state != ATTEMPT.state
    assert (ATTEMPT.is_answer(ATTEMPT.state), ATTEMPT.is_answer(""), ATTEMPT.is_answer("é\udcff")) == (
        True,
        False,
        False,
    )
    assert len(ATTEMPT.verifier) == 43
    assert "secret" not in repr(ATTEMPT)


class Told(Fetch):
    """Answers by the end of the address."""

    def __init__(self, **answers: Claims) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def get(self, url: str, kind: type[T], token: str = "") -> T:
        return self._answered(url, kind)

    def post(self, url: str, form: Mapping[str, str], credentials: tuple[str, str] | None, kind: type[T]) -> T:
        return self._answered(url, kind)

    def _answered(self, url: str, kind: type[T]) -> T:
        self.asked.append(url.rpartition("/")[2])
        return msgspec.convert(self.answers[url.rpartition("/")[2].replace("-", "_")], kind)


class Watch:
    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


def discovery(**changed: object) -> Claims:
    return {
        "issuer": ISSUER,
        "authorization_endpoint": f"{ISSUER}/authorize?tenant=1",
        "token_endpoint": f"{ISSUER}/token",
        "jwks_uri": f"{ISSUER}/keys",
        **changed,
    }


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"issuer": "https://evil.example"}, "says that it is"),
        ({"token_endpoint": "http://id.example/token"}, "without TLS"),
        ({"jwks_uri": "http://id.example/keys"}, "without TLS"),
        ({"userinfo_endpoint": "ftp://id.example"}, "without TLS"),
    ],
)
def test_a_provider_that_is_another_or_leads_away_is_not_used(changed: Claims, words: str) -> None:
    with pytest.raises(OidcFailed, match=words):
        Provider(CONFIG, Told(openid_configuration=discovery(**changed))).address(ATTEMPT)


def test_an_address_keeps_the_query_that_it_has() -> None:
    address = Provider(CONFIG, Told(openid_configuration=discovery(issuer=ISSUER + "/"))).address(ATTEMPT)
    assert address.startswith(f"{ISSUER}/authorize?tenant=1&response_type=code&client_id=torana&")


def test_new_keys_of_the_provider_are_asked_for_and_made_up_ones_not_each_time() -> None:
    watch, first, second = Watch(), SigningKey("first"), SigningKey("second")
    fetch = Told(openid_configuration=discovery(), keys={"keys": [first.public]}, token={})
    provider = Provider(CONFIG, fetch, watch)

    def identified(key: SigningKey) -> str:
        signed = key.sign(claims(nonce=ATTEMPT.nonce, email="a@example.com"))
        fetch.answers["token"] = {"id_token": signed}
        return provider.identify(ATTEMPT, "code").subject

    assert identified(first) == "1"
    for _ in range(5):
        with pytest.raises(KeyUnknown):
            identified(second)
    assert fetch.asked.count("keys") == 1
    watch.s += 61
    fetch.answers["keys"] = {"keys": [second.public]}
    assert identified(second) == "1"
    assert fetch.asked.count("keys") == 2
    assert fetch.asked.count("openid-configuration") == 1
    watch.s += 3601
    assert identified(second) == "1"
    assert (fetch.asked.count("keys"), fetch.asked.count("openid-configuration")) == (3, 2)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "https:///x", "nothing"])
def test_what_is_no_address_is_not_asked(url: str) -> None:
    with pytest.raises(OidcFailed):
        Fetch().get(url, dict)
