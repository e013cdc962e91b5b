"""Whose key goes to the provider: one pure function, over all that a head may say."""

from __future__ import annotations

import base64

import msgspec
import pytest

from fakes import ACCOUNT, gateway, request
from torana.errors import KeyUnreadable, NoCredential, ToranaError, Unauthorized, UnknownCredential
from torana.exchange import Gateway, Opening
from torana.keys import AwsKeys, Caller, ServiceAccount, StoredKey
from torana.message import Headers
from torana.providers import PROVIDERS, custom, table
from torana.surfaces import gateway as surface
from torana.surfaces.credentials import check_secret, is_placeholder
from torana.surfaces.gateway import Door

TOKEN = b"torana_0123456789-abcdefghijklmnopqrstuvwxyz_ABCDEF"
CALLER = Caller("t1", ACCOUNT, "ann", frozenset({"run"}))
OWN: Headers = [(b"authorization", b"Bearer sk-own-0123456789")]
SHOWN: Headers = [(b"cf-aig-authorization", TOKEN)]
AWS = (
    '{"accessKeyId": "AKIDEXAMPLE", "secretAccessKey": "aws-secret-key", '
    '"region": "eu-west-1", "sessionToken": "st-12345"}'
)
GOOGLE = msgspec.json.encode(
    {"client_email": "a@b.iam", "private_key": "PEM-private", "private_key_id": "k1", "region": "us-east1"}
).decode()
VERTEX = "google-vertex-ai/v1/projects/p/locations/us-east1/publishers/google/models/m:generateContent"
RUNTIME = "aws-bedrock/bedrock-runtime/us-east-1/model/m/converse"
MANTLE = "aws-bedrock/bedrock-mantle/us-east-1/anthropic/v1/messages"


def key(secret: str, alias: str = "default", *, is_default: bool = False) -> StoredKey:
    return StoredKey(alias, is_default, lambda: secret)


def kept(**keys: tuple[StoredKey, ...]) -> Gateway:
    stored = {name.replace("_", "-"): some for name, some in keys.items()}
    return msgspec.structs.replace(gateway(), stored=stored)


def read(at: Gateway, headers: Headers, path: str = "openai/chat/completions") -> Opening:
    asked = request(f"/v1/{ACCOUNT}/default/{path}", headers=headers)
    place = surface.split(asked.target)
    assert place is not None
    return surface.read(asked, place, at, table({}), Door(lambda text: CALLER if text == TOKEN else None, 0))


OPENAI = kept(openai=(key("sk-stored-default"), key("sk-stored-team", "team-a")))


def test_the_requests_own_key_comes_first() -> None:
    opening = read(OPENAI, [*OWN, *SHOWN])
    assert (opening.credential, opening.headers) == ("request", OWN)


@pytest.mark.parametrize("headers", [SHOWN, [(b"authorization", b"Bearer " + TOKEN)]])
def test_a_stored_key_takes_the_empty_place_for_callers_with_a_token(headers: Headers) -> None:
    opening = read(OPENAI, headers)
    assert opening.credential == "stored:default"
    assert opening.headers == [(b"authorization", b"Bearer sk-stored-default")]
    assert b"sk-stored-default" in opening.secrets
    assert b"sk-stored" not in b"".join(value for _, value in opening.masked_headers)


def test_a_stored_key_is_for_nobody_else() -> None:
    opening = read(OPENAI, [(b"x-a", b"1")])
    assert (opening.refusal, opening.credential, opening.headers) == (None, "none", [(b"x-a", b"1")])
    asked = read(OPENAI, [(b"cf-aig-byok-alias", b"team-a")])
    assert isinstance(asked.refusal, Unauthorized)
    assert "team" not in str(asked.refusal)


@pytest.mark.parametrize("value", [b"Bearer undefined", b"Bearer", b"", b"Bearer dummy", b"Bearer sk-xxxxxxxx"])
def test_a_placeholder_gives_way_or_not_as_the_gateway_says(value: bytes) -> None:
    headers: Headers = [(b"authorization", value), *SHOWN]
    replaced = read(OPENAI, headers)
    assert (replaced.credential, replaced.headers) == (
        "stored:default",
        [(b"authorization", b"Bearer sk-stored-default")],
    )
    forwarded = read(msgspec.structs.replace(OPENAI, placeholders="forward"), headers)
    assert (forwarded.credential, forwarded.headers) == ("request", [(b"authorization", value)])
    refused = read(msgspec.structs.replace(OPENAI, placeholders="refuse"), headers)
    assert isinstance(refused.refusal, NoCredential)
    alone = read(gateway(), headers)
    assert (alone.refusal, alone.credential, alone.headers) == (None, "request", [(b"authorization", value)])


@pytest.mark.parametrize(
    "text",
    ["", " ", "undefined", "NULL", "none", "sk-placeholder", "xxx", "sk-xxxx", "XXXXXXXX", "your-api-key",
     "YOUR_API_KEY",
     "YOUR_OPENAI_API_KEY", "<your key>", "${OPENAI_API_KEY}", "$OPENAI_API_KEY", "{{key}}", "no-key-required", "EMPTY",
     "dummy-key".removesuffix("-key"), "'undefined'", "changeme", "...", "***", "sk-1234567890", "not-needed"],
)  # fmt: skip
def test_what_people_write_where_no_key_is(text: str) -> None:
    assert is_placeholder(text.encode())


@pytest.mark.parametrize(
    "text", ["sk-proj-Ab3", "gsk_abcdef", "AIzaSyA", "torana", "nullable-7f3", "a" * 65, "key-3ax", "1", "xx", "\xe9"]
)
def test_what_may_be_a_key_is_no_placeholder(text: str) -> None:
    assert not is_placeholder(text.encode("latin-1"))


def test_an_alias_is_used_or_told_to_be_missing() -> None:
    assert read(OPENAI, [*SHOWN, (b"cf-aig-byok-alias", b"team-a")]).credential == "stored:team-a"
    refused = read(OPENAI, [*SHOWN, (b"cf-aig-byok-alias", b"team-b")]).refusal
    assert isinstance(refused, UnknownCredential)
    assert (refused.status, refused.code) == (400, 2040)
    assert str(refused) == (
        "Provider 'openai' has no BYOK credential named 'team-b'. Configured aliases: default, team-a"
    )


def test_the_key_that_is_marked_is_the_default_one() -> None:
    marked = kept(openai=(key("one-12345678"), key("two-12345678", "b", is_default=True)))
    assert read(marked, SHOWN).credential == "stored:b"
    assert read(kept(openai=(key("one-12345678", "b"),)), SHOWN).credential == "none"


@pytest.mark.parametrize("is_strict", [True, False])
def test_byok_only_asks_for_a_key_of_some_kind(*, is_strict: bool) -> None:
    at = msgspec.structs.replace(gateway(), byok_only=is_strict)
    more: Headers = [] if is_strict else [(b"cf-aig-no-wholesale", b"true")]
    refused = read(at, more).refusal
    assert isinstance(refused, NoCredential)
    assert refused.status == 400
    assert isinstance(read(at, [*more, (b"authorization", b"Bearer undefined")]).refusal, NoCredential)
    assert read(at, [*more, *OWN]).refusal is None
    assert read(at, more, "local/chat/completions").refusal is None
    stored = msgspec.structs.replace(OPENAI, byok_only=is_strict)
    assert read(stored, [*more, *SHOWN]).refusal is None
    assert "callers with a token" in str(read(stored, more).refusal)


@pytest.mark.parametrize("slug", sorted(PROVIDERS.keys() - {"local"}))
def test_a_stored_key_goes_where_the_provider_wants_it(slug: str) -> None:
    paths = {"google-vertex-ai": VERTEX, "aws-bedrock": RUNTIME, "azure-openai": "azure-openai/r/d/chat/completions"}
    placeholders: Headers = [(name, b"undefined") for name in PROVIDERS[slug].credentials]
    at = kept(**{slug.replace("-", "_"): (key("plain-secret-1"),)})
    opening = read(at, [*SHOWN, *placeholders], paths.get(slug, f"{slug}/v1/x") + "?key=undefined&a=b")
    assert opening.credential == "stored:default"
    [(name, value)] = opening.headers
    assert name == PROVIDERS[slug].credentials[0]
    scheme = {"fal": b"Key ", "deepgram": b"Token "}.get(slug, b"Bearer ") if name == b"authorization" else b""
    assert value == scheme + b"plain-secret-1"
    assert opening.target is not None
    assert opening.target.path.endswith(b"?a=b")


def test_keys_of_aws_are_signed_with_and_never_sent() -> None:
    at = kept(aws_bedrock=(key(AWS),))
    opening = read(at, [*SHOWN, (b"authorization", b"Bearer undefined")], RUNTIME)
    assert opening.sign == AwsKeys("AKIDEXAMPLE", "aws-secret-key", "st-12345")
    assert opening.headers == []
    assert {b"aws-secret-key", b"st-12345"} <= set(opening.secrets)
    assert opening.target is not None
    assert opening.target.scope == ("bedrock", "us-east-1")


@pytest.mark.parametrize("headers", [[(b"authorization", b"Bearer bedrock-api-key-1")], SHOWN])
def test_bedrocks_anthropic_paths_take_the_key_as_anthropic_does(headers: Headers) -> None:
    at = kept(aws_bedrock=(key("bedrock-api-key-1"),))
    assert read(at, headers, MANTLE).headers == [(b"x-api-key", b"bedrock-api-key-1")]
    other = MANTLE.replace("anthropic/v1/messages", "v1/chat/completions")
    assert read(at, headers, other).headers == [(b"authorization", b"Bearer bedrock-api-key-1")]


def test_service_accounts_are_signed_with_stored_or_sent() -> None:
    account = ServiceAccount("a@b.iam", "PEM-private", "k1", msgspec.UNSET, b"/token")  # type: ignore[arg-type]  # see below
    sent = base64.b64encode(GOOGLE.encode())
    for opening, credential in (
        (read(kept(google_vertex_ai=(key(GOOGLE),)), SHOWN, VERTEX), "stored:default"),
        (read(gateway(), [(b"authorization", b"Bearer " + sent)], VERTEX), "request"),
    ):
        assert opening.credential == credential
        assert isinstance(opening.sign, ServiceAccount)
        assert opening.sign.token_url.host == "oauth2.googleapis.com"
        assert msgspec.structs.replace(opening.sign, token_url=msgspec.UNSET) == account
        assert opening.headers == []
        assert b"PEM-private" in opening.secrets
        assert "PEM" not in repr(opening.sign)
    plain = read(gateway(), [(b"authorization", b"Bearer ya29.access-token")], VERTEX)
    assert (plain.sign, plain.credential) == (None, "request")


@pytest.mark.parametrize(
    "url", ["https://evil.example/token", "http://oauth2.googleapis.com/", "https://googleapis.com.evil.example"]
)
def test_a_caller_does_not_choose_where_assertions_go(url: str) -> None:
    given = msgspec.json.encode(msgspec.json.decode(GOOGLE) | {"token_uri": url})
    opening = read(gateway(), [(b"authorization", b"Bearer " + base64.b64encode(given))], VERTEX)
    assert isinstance(opening.refusal, ToranaError)
    assert opening.refusal.status == 400
    assert opening.sign is None


@pytest.mark.parametrize("secret", ["{", "{}", '{"accessKeyId": "a"}', '{"accessKeyId": "a", "secretAccessKey": 5}'])
def test_a_structured_key_that_lacks_something_is_no_key(secret: str) -> None:
    with pytest.raises(ValueError, match="structured key"):
        check_secret(secret, PROVIDERS["aws-bedrock"])
    check_secret("{", PROVIDERS["openai"])
    opening = read(kept(aws_bedrock=(key(secret),)), SHOWN, RUNTIME)
    assert isinstance(opening.refusal, KeyUnreadable)


def test_a_custom_providers_own_key_is_nobody_elses_business() -> None:
    provider = custom("mine", "https://llm.example/v1", [("Authorization", "Bearer sk-of-the-owner"), ("x-team", "a")])
    at = msgspec.structs.replace(kept(custom_mine=(key("sk-stored-1234"),)), byok_only=True)
    opening = Opening(at, caller=CALLER, headers=[(b"authorization", b"Bearer sk-of-the-caller"), (b"x-a", b"1")])
    surface.aim(opening, provider, b"chat/completions", [])
    assert opening.credential == "provider"
    assert opening.headers == [(b"x-a", b"1"), (b"authorization", b"Bearer sk-of-the-owner"), (b"x-team", b"a")]
    bare = Opening(at, caller=CALLER)
    surface.aim(bare, custom("mine", "https://llm.example/v1", [("x-team", "a")]), b"chat/completions", [])
    assert bare.credential == "stored:default"
    assert bare.headers == [(b"x-team", b"a"), (b"authorization", b"Bearer sk-stored-1234")]
