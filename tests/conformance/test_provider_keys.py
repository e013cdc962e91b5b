"""Keys that a gateway keeps: set by the SDK or in the shell, used for callers with a token, readable nowhere."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import cloudflare
import httpx
import msgspec
import openai
import pytest
from cloudflare import Cloudflare
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from running import Torana, command
from scripted import Answer, Received, ScriptedUpstream
from torana.providers import sigv4

CHAT = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
AWS = sigv4.Credentials("AKIAIOSFODNN7EXAMPLE", "SECRETaws/key+0123456789", "SECRETsession")
RSA = rsa.generate_private_key(65537, 2048)
PEM = RSA.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()


@pytest.fixture(scope="module")
def runner(admin: httpx.Client) -> str:
    """A token for calls."""
    return str(admin.post("/tokens", json={"name": "runner", "permissions": ["run"]}).json()["result"]["value"])


@pytest.fixture(scope="module")
def client(torana: Torana, admin: httpx.Client) -> Iterator[Cloudflare]:
    api_token = admin.headers["authorization"].removeprefix("Bearer ")
    plain = httpx.Client(trust_env=False, timeout=30)
    base = f"{torana.url}/client/v4"
    with Cloudflare(api_token=api_token, base_url=base, max_retries=0, http_client=plain) as opened:
        yield opened


def keep(
    torana: Torana, admin: httpx.Client, provider: str, secret: str, alias: str = "default", **more: object
) -> str:
    """Its id; workers know it."""
    body = {"provider_slug": provider, "alias": alias, "default_config": alias == "default", "secret": secret, **more}
    made = admin.post("/ai-gateway/gateways/default/provider_configs", json=body)
    assert made.status_code == 200, made.text
    torana.follow()
    return str(made.json()["result"]["id"])


def test_the_sdk_makes_and_lists_them_without_their_secrets(
    torana: Torana, client: Cloudflare, admin: httpx.Client
) -> None:
    configs, account = client.ai_gateway.provider_configs, torana.account_id
    made = configs.create(
        "default",
        account_id=account,
        provider_slug="mistral",
        alias="team",
        default_config=False,
        secret="SECRET-mistral-0123",
    )
    assert (made.provider_slug, made.alias, made.default_config, made.secret_preview) == (
        "mistral",
        "team",
        False,
        "…0123",
    )
    listed = [one for one in configs.list("default", account_id=account) if one.id == made.id]
    assert [one.to_dict() for one in listed] == [made.to_dict()]
    path = f"/ai-gateway/gateways/default/provider_configs/{made.id}"
    assert admin.put(path, json={"secret": "SECRET-mistral-4567"}).json()["result"]["secret_preview"] == "…4567"
    with pytest.raises(cloudflare.BadRequestError, match="rate_limit"):
        configs.create(
            "default",
            account_id=account,
            provider_slug="groq",
            alias="a",
            default_config=False,
            secret="x" * 20,
            rate_limit=-1,
        )
    with pytest.raises(cloudflare.BadRequestError, match="secret"):
        configs.create(
            "default", account_id=account, provider_slug="groq", alias="a", default_config=False, secret_id="elsewhere"
        )
    assert admin.delete(path).json()["result"]["id"] == made.id
    assert admin.delete(path).status_code == 404


def test_another_key_is_made_the_default_and_keeps_its_secret(
    torana: Torana, admin: httpx.Client, runner: str, requests: ScriptedUpstream
) -> None:
    keep(torana, admin, "deepseek", "SECRET-deepseek-default")
    team = keep(torana, admin, "deepseek", "SECRET-deepseek-team", "team")
    configs = "/ai-gateway/gateways/default/provider_configs"
    assert admin.put(f"{configs}/{team}", json={"default_config": True}).json()["result"]["secret_preview"] == "…team"
    defaults = {
        one["alias"]: one["default_config"]
        for one in admin.get(configs).json()["result"]
        if one["provider_slug"] == "deepseek"
    }
    assert defaults == {"default": False, "team": True}
    torana.follow()
    path, headers = f"/v1/{torana.account_id}/default/deepseek/chat/completions", {"cf-aig-authorization": runner}
    assert torana.post(path, CHAT, headers).headers["torana-credential"] == "stored:team"
    assert requests.requests[-1].header("authorization") == b"Bearer SECRET-deepseek-team"


def test_stored_keys_are_used_on_compat_and_in_universal_steps(
    torana: Torana, admin: httpx.Client, runner: str, requests: ScriptedUpstream
) -> None:
    keep(torana, admin, "groq", "SECRET-groq-default")
    gateway = f"/v1/{torana.account_id}/default"
    step = {"provider": "groq", "endpoint": "chat/completions", "query": CHAT}
    replies = [
        torana.post(
            f"{gateway}/compat/chat/completions", CHAT | {"model": "groq/m"}, {"authorization": f"Bearer {runner}"}
        ),
        torana.post(gateway, [step], {"cf-aig-authorization": f"Bearer {runner}"}),
        torana.post(gateway, [step | {"headers": {"authorization": f"Bearer {runner}"}}]),
        torana.post(gateway, [step | {"headers": {"authorization": "Bearer SECRET-of-the-caller"}}]),
    ]
    assert [reply.status_code for reply in replies] == [200] * 4
    assert [reply.headers["torana-credential"] for reply in replies][:2] == ["stored:default"] * 2
    sent = [request.header("authorization") for request in requests.requests]
    assert sent[:2] == [b"Bearer SECRET-groq-default"] * 2
    assert sent[3] == b"Bearer SECRET-of-the-caller"
    assert runner.encode() not in b"".join(value for request in requests.requests for _, value in request.headers)


def test_a_stored_key_is_used_as_often_as_its_limit_says(
    torana: Torana, client: Cloudflare, admin: httpx.Client, runner: str, requests: ScriptedUpstream
) -> None:
    made = client.ai_gateway.provider_configs.create(
        "default",
        account_id=torana.account_id,
        provider_slug="cerebras",
        alias="default",
        default_config=True,
        secret="SECRET-cerebras-0123",
        rate_limit=2,
        rate_limit_period=3600,
    )
    assert (made.rate_limit, made.rate_limit_period) == (2, 3600)
    torana.follow()
    path, headers = f"/v1/{torana.account_id}/default/cerebras/chat/completions", {"cf-aig-authorization": runner}
    replies = [torana.post(path, CHAT, headers) for _ in range(3)]
    assert [reply.status_code for reply in replies] == [200, 200, 429]
    assert (replies[2].json()["internalCode"], replies[2].headers["ratelimit-policy"]) == (2003, '"key";q=2;w=3600')
    assert torana.post(path, CHAT, {**headers, "authorization": "Bearer sk-own-0123456789"}).status_code == 200
    assert len(requests.requests) == 3
    (state,) = [
        one
        for one in admin.get("/ai-gateway/gateways/default/limits").json()["result"]
        if one["id"] == "key cerebras/default"
    ]
    assert (state["used"], state["remaining"], state["window"], state["technique"]) == (2, 0, 3600, "sliding")
    body = {"secret": "SECRET-cerebras-4567", "rate_limit": 3}
    changed = admin.put(f"/ai-gateway/gateways/default/provider_configs/{made.id}", json=body).json()["result"]
    assert (changed["rate_limit"], changed["rate_limit_period"]) == (3, 3600)
    torana.follow()
    assert [torana.post(path, CHAT, headers).status_code for _ in range(2)] == [200, 429]
    torana.run("provider-keys", "remove", "cerebras")


def test_a_stored_key_is_used_for_callers_with_a_token_alone(
    torana: Torana, admin: httpx.Client, runner: str, requests: ScriptedUpstream
) -> None:
    keep(torana, admin, "openai", "SECRET-openai-default")
    keep(torana, admin, "openai", "SECRET-openai-team", "team")
    sdk = openai.OpenAI(api_key=runner, base_url=torana.at("openai"), max_retries=0)
    raw = sdk.chat.completions.with_raw_response.create(**CHAT)  # type: ignore[call-overload]  # a dict of both
    assert raw.headers["torana-credential"] == "stored:default"
    path = f"/v1/{torana.account_id}/default/openai/chat/completions"
    own = {"cf-aig-authorization": f"Bearer {runner}"}
    replies = [
        torana.post(path, CHAT, own | {"cf-aig-byok-alias": "team"}),
        torana.post(path, CHAT, own | {"authorization": "Bearer undefined"}),
        torana.post(path, CHAT, own | {"authorization": "Bearer sk-of-the-caller"}),
        torana.post(path, CHAT),
    ]
    assert [reply.headers["torana-credential"] for reply in replies] == [
        "stored:team",
        "stored:default",
        "request",
        "none",
    ]
    assert [got.header("authorization") for got in requests.requests] == [
        b"Bearer SECRET-openai-default",
        b"Bearer SECRET-openai-team",
        b"Bearer SECRET-openai-default",
        b"Bearer sk-of-the-caller",
        None,
    ]
    row = torana.log(replies[0].headers["cf-aig-log-id"])
    assert (row["byok"], row["credential"]) == (True, "stored:team")
    missing = torana.post(path, CHAT, own | {"cf-aig-byok-alias": "nobody"})
    assert (missing.status_code, missing.json()["internalCode"]) == (400, 2040)
    assert missing.json()["message"] == (
        "Provider 'openai' has no BYOK credential named 'nobody'. Configured aliases: default, team"
    )
    refused = torana.post(path, CHAT, {"cf-aig-byok-alias": "team"})
    assert (refused.status_code, refused.json()["internalCode"]) == (401, 2009)
    bare = torana.post(path, CHAT, {"cf-aig-no-wholesale": "true"})
    assert bare.status_code == 400


def is_signed(got: Received) -> Answer:
    """As AWS checks it: made again from what came."""
    headers = dict(got.headers)
    date, said = headers[b"x-amz-date"], headers[b"authorization"]
    path, _, query = got.target.partition(b"?")
    wanted = sigv4.sign(
        method=got.method.decode(),
        host=headers[b"host"].decode(),
        path=path.decode(),
        query=query.decode(),
        headers=[(b"content-type", headers[b"content-type"])],
        payload_hash=hashlib.sha256(got.body).hexdigest(),
        credentials=AWS,
        region="eu-west-1",
        service="bedrock",
        moment=date.decode(),
    )
    is_good = said == wanted[-1][1] and headers[b"x-amz-security-token"] == b"SECRETsession"
    echo = b"\n".join(value for _, value in got.headers)
    return Answer(status=200 if is_good else 403, body=echo, headers=[(b"content-type", b"text/plain")])


def test_calls_to_bedrock_are_signed_with_stored_keys(
    torana: Torana, admin: httpx.Client, runner: str, requests: ScriptedUpstream
) -> None:
    requests.script(lambda got: got.target.startswith(b"/aws-bedrock/"), is_signed)
    secret = {
        "accessKeyId": AWS.access_key_id,
        "secretAccessKey": AWS.secret_access_key,
        "sessionToken": AWS.session_token,
        "region": "eu-west-1",
    }
    keep(torana, admin, "aws-bedrock", json.dumps(secret))
    url = torana.at("aws-bedrock") + "/bedrock-runtime/eu-west-1/model/anthropic.claude-v2%3A1/converse?x=1"
    headers = {"cf-aig-authorization": runner, "authorization": "Bearer undefined"}
    for body in (b'{"messages": []}', b'{"messages": [], "more": "' + b"x" * 3_000_000 + b'"}'):
        reply = httpx.post(url, content=body, headers=headers | {"content-type": "application/json"}, trust_env=False)
        assert (reply.status_code, reply.headers["torana-credential"]) == (200, "stored:default")
        assert "SECRETsession" in reply.text
        assert "SECRETsession" not in json.dumps(torana.log(reply.headers["cf-aig-log-id"]))


def test_service_accounts_get_access_tokens_minted_once(
    torana: Torana, admin: httpx.Client, upstream: ScriptedUpstream, runner: str, requests: ScriptedUpstream
) -> None:
    def grant(got: Received) -> Answer:
        assertion = got.body.partition(b"&assertion=")[2]
        signed, _, signature = assertion.rpartition(b".")
        claims = msgspec.json.decode(base64.urlsafe_b64decode(signed.split(b".")[1] + b"=="))
        RSA.public_key().verify(
            base64.urlsafe_b64decode(signature + b"=="), signed, padding.PKCS1v15(), hashes.SHA256()
        )
        assert claims["aud"] == f"{upstream.url}/token"
        granted = {"access_token": f"ya29.SECRET-{claims['iss']}", "expires_in": 3600}
        return Answer(body=json.dumps(granted).encode())

    requests.script("/token", grant)
    account = {
        "type": "service_account",
        "client_email": "stored@p.iam",
        "private_key": PEM,
        "private_key_id": "SECRET",
        "token_uri": f"{upstream.url}/token",
    }
    keep(torana, admin, "google-vertex-ai", json.dumps(account | {"region": "us-east1"}))
    place = "/v1/projects/p/locations/us-east1/publishers/google/models/gemini-2.5-flash:generateContent"
    sent = base64.b64encode(json.dumps(account | {"client_email": "sent@p.iam", "region": "us-east1"}).encode())
    asked = {"contents": [{"parts": [{"text": "hi"}]}]}
    for headers in ({"cf-aig-authorization": runner}, {"authorization": f"Bearer {sent.decode()}"}):
        for _ in range(3):
            reply = httpx.post(torana.at("google-vertex-ai") + place, json=asked, headers=headers, trust_env=False)
            assert reply.status_code == 200
    paths = [got.target.decode() for got in requests.requests]
    assert paths.count("/token") == 2
    used = [got.header("authorization") for got in requests.requests if got.target != b"/token"]
    assert used == [b"Bearer ya29.SECRET-stored@p.iam"] * 3 + [b"Bearer ya29.SECRET-sent@p.iam"] * 3


def test_the_shell_keeps_keys_and_changes_the_master_key_while_all_runs(
    torana: Torana, runner: str, requests: ScriptedUpstream
) -> None:
    given = subprocess.run(
        [command(), "provider-keys", "set", "cohere", "--alias", "main", "--json"],
        input="SECRET-cohere-01234567\n",
        env=torana.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(given.stdout)["preview"] == "…4567"
    torana.environ["COHERE_KEY"] = "SECRET-cohere-89abcdef"
    torana.run("provider-keys", "set", "cohere", "--alias", "main", "--from-env", "COHERE_KEY")
    assert "SECRET-" not in torana.run("provider-keys", "list")
    path, headers = f"/v1/{torana.account_id}/default/cohere/v1/chat", {"cf-aig-authorization": runner}
    torana.follow()
    assert torana.post(path, CHAT, headers).headers["torana-credential"] == "stored:main"
    former = (torana.data_dir / "master.key").read_text()
    torana.run("provider-keys", "rotate")
    assert (torana.data_dir / "master.key").read_text() != former
    torana.follow()
    reply = torana.post(path, CHAT, headers)
    assert (reply.status_code, reply.headers["torana-credential"]) == (200, "stored:main")
    assert [got.header("authorization") for got in requests.requests] == [b"Bearer SECRET-cohere-89abcdef"] * 2
    torana.run("provider-keys", "remove", "cohere", "--alias", "main")
    torana.follow()
    assert torana.post(path, CHAT, headers).headers["torana-credential"] == "none"


def test_no_secret_is_in_any_file(torana: Torana, tmp_path: Path) -> None:
    """Of all that this file's tests stored and had minted. Runs last."""
    assert (torana.data_dir / "master.key").stat().st_mode & 0o777 == 0o600
    files = [path for path in [*torana.data_dir.rglob("*"), torana.output] if path.is_file()]
    assert len(files) > 3
    for file in files:
        content = file.read_bytes()
        assert b"SECRET" not in content, file
        assert b"PRIVATE KEY" not in content, file
