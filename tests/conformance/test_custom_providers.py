"""Providers of an account's own: made through the API, called through the gateway, priced by their own rules."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path

import cloudflare
import httpx
import pytest
from openai import OpenAI

from managing import REQUIRED, Api, sdk, token
from running import Torana
from scripted import Answer, ScriptedUpstream

CHAT = {"model": "m-large-1", "messages": [{"role": "user", "content": "hi"}]}
USAGE = {"prompt_tokens": 1000, "completion_tokens": 100, "prompt_tokens_details": {"cached_tokens": 400}}
REPLY = json.dumps({"id": "x", "choices": [{"message": {"role": "assistant", "content": "ok"}}], "usage": USAGE})
JSON = [(b"content-type", b"application/json")]
SECRET = "tenant-secret-0123456789"


@pytest.fixture(scope="module")
def torana(upstream: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Torana]:
    """Its operator allows this machine's own network."""
    folder = tmp_path_factory.mktemp("custom") / "data"
    with Torana(folder, allow_private_upstreams="127.0.0.0/8") as running:
        yield running


@pytest.fixture(scope="module")
def api(torana: Torana) -> Api:
    return Api(torana)


def made(api: Api, **fields: object) -> dict[str, object]:
    reply = api("POST", "/custom-providers", {"name": "P", "enable": True, **fields})
    assert reply.status_code == 200, reply.text
    result: dict[str, object] = reply.json()["result"]
    return result


def priced(api: Api, provider: object, **fields: object) -> dict[str, object]:
    reply = api("POST", "/custom-providers/costs", {"account_provider_id": provider, **fields})
    assert reply.status_code == 200, reply.text
    result: dict[str, object] = reply.json()["result"]
    return result


def told(reply: httpx.Response) -> tuple[int, int, object]:
    (problem,) = reply.json()["errors"]
    return reply.status_code, problem["code"], problem.get("path")


def test_the_sdk_makes_finds_lists_and_deletes(torana: Torana) -> None:
    account = torana.account_id
    with sdk(torana, token(torana, "edit")) as client:
        providers = client.ai_gateway.custom_providers
        one = providers.create(
            account_id=account,
            name="Zeta",
            slug="sdk-zeta",
            base_url="https://api.zeta.example",
            headers='{"x-tenant": "t1", "x-api-key": "sk-012345"}',
            position=2,
        )
        assert (one.enable, one.beta, one.description, one.position) == (False, False, None, 2)
        assert one.headers == '{"x-tenant":"t1","x-api-key":"***"}'
        assert base64.b64decode(one.logo or "").startswith(b"<svg")
        other = providers.create(account_id=account, name="Alpha", slug="sdk-alpha", base_url="https://a.example")
        first = providers.create(
            account_id=account, name="Omega", slug="sdk-omega", base_url="https://o.example", position=1, enable=True
        )
        assert providers.get(one.id, account_id=account).to_dict() == one.to_dict()
        found = providers.list(account_id=account, search="SDK-", per_page=2)
        assert [each.slug for each in found.result] == ["sdk-omega", "sdk-zeta"]
        assert [each.id for each in found] == [first.id, one.id, other.id]
        assert [each.id for each in providers.list(account_id=account, search="sdk-", enable=True)] == [first.id]
        assert not providers.list(account_id=account, search="sdk-", beta=True).result
        assert client.ai_gateway.urls.get("custom-sdk-omega", account_id=account, gateway_id="default") == torana.at(
            "custom-sdk-omega"
        )
        for each in (one, other, first):
            assert providers.delete(each.id, account_id=account).id == each.id
        with pytest.raises(cloudflare.NotFoundError) as caught:
            providers.get(one.id, account_id=account)
        assert [problem.code for problem in caught.value.errors] == [1004]


def test_lists_are_ordered_as_asked(api: Api) -> None:
    ids = [made(api, slug=f"ord-{name}", name=name, base_url="https://a.example")["id"] for name in "bca"]
    for order, wanted in (("name ASC", "abc"), ("name DESC", "cba"), ("created_at DESC", "acb"), ("slug", "abc")):
        listed = api("GET", f"/custom-providers?search=ord-&order_by={order}").json()
        assert "".join(one["name"] for one in listed["result"]) == wanted
        assert listed["result_info"] == {"count": 3, "page": 1, "per_page": 20, "total_count": 3, "total_pages": 1}
    assert told(api("GET", "/custom-providers?order_by=secret")) == (400, 7001, ["query", "order_by"])
    for one in ids:
        api("DELETE", f"/custom-providers/{one}")


@pytest.mark.parametrize(
    ("field", "value", "answer"),
    [
        ("base_url", "ftp://a.example", (400, 1002, ["body", "base_url"])),
        ("base_url", "https://", (400, 1002, ["body", "base_url"])),
        ("base_url", "https://user:pass@a.example", (400, 1002, ["body", "base_url"])),
        ("base_url", "https://a.example/?key=1", (400, 1002, ["body", "base_url"])),
        ("base_url", "https://{region}.example", (400, 1002, ["body", "base_url"])),
        ("slug", "taken", (409, 1003, ["body", "slug"])),
        ("slug", "a/b", (400, 7001, ["body", "slug"])),
        ("name", "", (400, 7001, ["body", "name"])),
        ("headers", "[]", (400, 7001, ["body", "headers"])),
        ("headers", '{"host": "b.example"}', (400, 7001, ["body", "headers"])),
        ("headers", '{"cf-aig-authorization": "x"}', (400, 7001, ["body", "headers"])),
        ("headers", '{"x-a": "1\\r\\nx-b: 2"}', (400, 7001, ["body", "headers"])),
        ("headers", '{"x-api-key": "***"}', (400, 7001, ["body", "headers"])),
        ("enable", "yes", (400, 7001, ["body", "enable"])),
        ("logo", "x", (400, 7001, ["body"])),
    ],
)
def test_what_cannot_be_is_told_with_its_code_and_place(
    api: Api, field: str, value: str, answer: tuple[int, int, object]
) -> None:
    if not api("GET", "/custom-providers?search=taken").json()["result"]:
        made(api, slug="taken", base_url="https://a.example")
    body = {"name": "N", "slug": "new", "base_url": "https://a.example", field: value}
    assert told(api("POST", "/custom-providers", body)) == answer


def test_what_is_not_there_is_told(api: Api) -> None:
    for method, path in (("GET", ""), ("DELETE", ""), ("PATCH", "")):
        assert told(api(method, f"/custom-providers/nobody{path}", {} if method == "PATCH" else None))[:2] == (
            404,
            1004,
        )
        assert told(api(method, "/custom-providers/costs/none", {} if method == "PATCH" else None))[:2] == (404, 7002)
    assert told(api("POST", "/custom-providers/costs", {"account_provider_id": "x", "model": "m", "cost_in": 1}))[
        :2
    ] == (404, 1004)


def test_any_path_goes_to_the_base_with_its_headers_and_is_read(
    torana: Torana, api: Api, requests: ScriptedUpstream
) -> None:
    headers = json.dumps({"X-Tenant": "t1", "authorization": f"Bearer {SECRET}"})
    made(api, slug="joined", base_url=f"{requests.url}/v1/", headers=headers)
    torana.follow()
    requests.script("/v1/v1/chat/completions", Answer(headers=JSON, body=REPLY.encode()))
    requests.script("/v1/serving/any:thing", Answer(body=b"raw " + SECRET.encode()))
    with OpenAI(
        api_key="placeholder-0123456789",
        base_url=torana.at("custom-joined") + "/v1",
        max_retries=0,
    ) as client:
        assert client.chat.completions.create(**CHAT).choices[0].message.content == "ok"  # type: ignore[call-overload]  # as in the docs
    reply = torana.post(f"/v1/{torana.account_id}/default/custom-joined/serving/any:thing?a=1", {"x": 1})
    assert reply.text == f"raw {SECRET}"
    chat, other = requests.requests
    assert (chat.target, other.target) == (b"/v1/v1/chat/completions", b"/v1/serving/any:thing?a=1")
    for got in (chat, other):
        assert (got.header("x-tenant"), got.header("authorization")) == (b"t1", f"Bearer {SECRET}".encode())
    later, row = torana.logs("--limit", "2", "--provider", "custom-joined")
    assert (row["provider"], row["model"], row["path"]) == ("custom-joined", "m-large-1", "v1/chat/completions")
    assert (row["tokens_in"], row["tokens_out"], row["cost"], row["format"]) == (1000, 100, None, "openai_chat")
    assert SECRET not in json.dumps(torana.log(str(later["id"])))


def test_a_stream_in_the_format_of_another_is_read_too(torana: Torana, api: Api, requests: ScriptedUpstream) -> None:
    made(api, slug="claude", base_url=f"{requests.url}/anthropic")
    torana.follow()
    body = {"model": "claude-x", "max_tokens": 9, "stream": True, "messages": [{"role": "user", "content": "hi"}]}
    reply = torana.post(f"/v1/{torana.account_id}/default/custom-claude/v1/messages", body)
    assert "message_stop" in reply.text
    row = torana.logs("--limit", "1")[0]
    assert (row["provider"], row["streamed"], row["format"]) == ("custom-claude", True, "anthropic_messages")
    assert row["tokens_out"]


def test_a_change_and_an_end_reach_the_workers(torana: Torana, api: Api, requests: ScriptedUpstream) -> None:
    path = f"/v1/{torana.account_id}/default/custom-living/x"
    one = made(api, slug="living", base_url=f"{requests.url}/old", enable=False, headers='{"x-key": "k1", "x-a": "1"}')
    torana.follow()
    assert torana.post(path, {}).json()["error"][0]["code"] == 2008
    changed = {"enable": True, "base_url": f"{requests.url}/new", "headers": '{"x-key": "***", "x-b": "2"}'}
    after = api("PATCH", f"/custom-providers/{one['id']}", changed).json()["result"]
    assert (after["name"], after["headers"]) == ("P", '{"x-key":"***","x-b":"2"}')
    assert after["modified_at"] >= one["modified_at"]
    torana.follow()
    assert torana.post(path, {}).status_code == 200
    (got,) = requests.requests
    assert (got.target, got.header("x-key"), got.header("x-a"), got.header("x-b")) == (b"/new/x", b"k1", None, b"2")
    api("DELETE", f"/custom-providers/{one['id']}")
    torana.follow()
    assert torana.post(path, {}).json()["error"][0]["code"] == 2008


def test_each_change_stands_in_the_audit_log_without_secrets(torana: Torana, api: Api) -> None:
    one = made(api, slug="audited", base_url="https://a.example", headers=json.dumps({"x-api-key": SECRET}))
    priced(api, one["id"], model="m", cost_in=1e-6, cost_out=1e-6)
    api("PATCH", f"/custom-providers/{one['id']}", {"enable": False})
    api("DELETE", f"/custom-providers/{one['id']}")
    text = torana.run("audit", "--json")
    told = [(row["action"]["type"], row["resource"]["type"]) for row in json.loads(text)[:5]]
    provider, cost = "ai_gateway.custom_provider", "ai_gateway.custom_cost"
    assert told == [
        ("delete", provider),
        ("delete", cost),
        ("update", provider),
        ("create", cost),
        ("create", provider),
    ]
    assert SECRET not in text


def test_a_redirect_is_handed_on_and_not_followed(torana: Torana, api: Api, requests: ScriptedUpstream) -> None:
    made(api, slug="away", base_url=requests.url)
    torana.follow()
    elsewhere = f"{requests.url}/latest/meta-data".encode()
    requests.script("/go", Answer(status=302, headers=[(b"location", elsewhere)]))
    reply = torana.post(f"/v1/{torana.account_id}/default/custom-away/go", {})
    assert (reply.status_code, reply.headers["location"]) == (302, elsewhere.decode())
    assert [got.path for got in requests.requests] == ["/go"]


def test_costs_are_by_the_rule_that_fits_best(torana: Torana, api: Api, requests: ScriptedUpstream) -> None:
    provider = made(api, slug="priced", base_url=requests.url)["id"]
    rules = {
        "contains": priced(api, provider, model="LARGE", model_rule="contains", cost_in=9e-6, cost_out=9e-6),
        "starts-with": priced(api, provider, model="m-l", model_rule="starts-with", cost_in=2e-6, cost_out=1e-5),
        "equals": priced(
            api,
            provider,
            model="m-large-1",
            token_pricing={"input_tokens": 1e-6, "input_cached_tokens": 1e-7, "output_tokens": 4e-6},
        ),
    }
    assert rules["equals"]["token_pricing"] == '{"input_tokens":1e-6,"output_tokens":4e-6,"input_cached_tokens":1e-7}'
    requests.script("/v1/chat/completions", Answer(headers=JSON, body=REPLY.encode()))
    torana.follow()

    def cost() -> tuple[object, object, object]:
        torana.post(f"/v1/{torana.account_id}/default/custom-priced/v1/chat/completions", CHAT)
        row = torana.logs("--limit", "1")[0]
        return row["cost"], row["cost_source"], row["price_version"]

    # 600 plain at 1, 400 cached at 0.1, 100 out at 4
    assert cost() == (0.00104, "rule", rules["equals"]["id"])
    api("PATCH", f"/custom-providers/costs/{rules['equals']['id']}", {"enable": False})
    assert cost() == (0.003, "rule", rules["starts-with"]["id"])
    api("DELETE", f"/custom-providers/costs/{rules['starts-with']['id']}")
    assert cost() == (0.0099, "rule", rules["contains"]["id"])
    listed = api("GET", f"/custom-providers/costs?account_provider_id={provider}").json()["result"]
    assert [(one["model_rule"], one["enable"]) for one in listed] == [("contains", True), ("equals", False)]
    assert api("GET", "/custom-providers/costs?search=larg&enable=true").json()["result"][0]["model"] == "LARGE"
    api("DELETE", f"/custom-providers/{provider}")
    assert not api("GET", f"/custom-providers/costs?account_provider_id={provider}").json()["result"]


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"cost_in": -1}, ["body", "cost_in"]),
        ({}, ["body"]),
        ({"cost_in": 1, "model": ""}, ["body", "model"]),
        ({"cost_in": 1, "model_rule": "regex"}, ["body", "model_rule"]),
        ({"cost_in": 1, "cost_type": "images"}, ["body", "cost_type"]),
        ({"token_pricing": {"input_image_count": 1}}, ["body", "token_pricing", "input_image_count"]),
        ({"token_pricing": {"smells": 1}}, ["body", "token_pricing"]),
    ],
)
def test_a_price_that_cannot_be_charged_is_refused(api: Api, fields: dict[str, object], path: list[str]) -> None:
    found = api("GET", "/custom-providers?search=joined").json()["result"]
    provider = found[0]["id"] if found else made(api, slug="joined", base_url="https://a.example")["id"]
    body = {"account_provider_id": provider, "model": "m", **fields}
    assert told(api("POST", "/custom-providers/costs", body)) == (400, 7001, path)


def test_without_the_operators_word_nothing_private_is_reached(tmp_path: Path) -> None:
    with ScriptedUpstream() as inside, Torana(tmp_path / "data") as torana:
        api = Api(torana)
        plain = {"name": "P", "slug": "plain", "base_url": inside.url}
        assert told(api("POST", "/custom-providers", plain)) == (400, 1002, ["body", "base_url"])
        for slug, host in (
            ("named", "localhost"),
            ("numbered", "127.0.0.1"),
            ("odd", "2130706433"),
            ("cloud", "[::1]"),
        ):
            made(api, slug=slug, base_url=f"https://{host}:{inside.port}")
        torana.follow()
        for slug in ("named", "numbered", "odd", "cloud"):
            reply = torana.post(f"/v1/{torana.account_id}/default/custom-{slug}/latest/meta-data", {})
            assert (reply.status_code, reply.json()["internalCode"]) == (400, 2005)
            assert "does not lead to a public address" in reply.json()["message"]
        assert inside.accepted == 0
        rows = torana.logs("--limit", "9")
        assert [row["provider"] for row in rows] == ["custom-cloud", "custom-odd", "custom-numbered", "custom-named"]
        assert all("does not lead to a public address" in str(row["error"]) for row in rows)


def test_a_token_for_some_gateways_has_no_say_in_what_is_the_accounts(torana: Torana) -> None:
    with (
        sdk(torana, token(torana, "edit", gateway="default")) as client,
        pytest.raises(cloudflare.PermissionDeniedError),
    ):
        client.ai_gateway.custom_providers.list(account_id=torana.account_id)


def test_a_file_in_git_is_applied_to_the_running_server(
    torana: Torana, requests: ScriptedUpstream, tmp_path: Path
) -> None:
    path = tmp_path / "gateways.yaml"
    text = "gateways:\n  from-git:\n    collect_logs: false\ncustom_providers:\n  from-git:\n    base_url: URL\n"
    path.write_text(text.replace("URL", requests.url))
    assert "+ gateway from-git" in torana.run("apply", "-f", str(path), "--dry-run")
    assert [one["action"] for one in json.loads(torana.run("apply", "-f", str(path), "--json"))] == ["create", "create"]
    assert torana.run("apply", "-f", str(path)) == ""
    torana.follow()
    url = f"/v1/{torana.account_id}/from-git/custom-from-git/x"
    assert "cf-aig-log-id" not in torana.post(url, {}).headers
    assert torana.run("gateways", "set", "from-git", "collect_logs=true") == "collect_logs = true\n"
    torana.follow()
    assert "cf-aig-log-id" in torana.post(url, {}).headers
    path.write_text("gateways:\n  from-git:\n    collect_logs: perhaps\n")
    assert f"{path}:3: gateways.from-git.collect_logs: Expected `bool`" in torana.run("apply", "-f", str(path), code=1)


def test_spend_limits_reckon_with_the_accounts_own_prices(torana: Torana, api: Api, requests: ScriptedUpstream) -> None:
    provider = made(api, slug="spent", base_url=requests.url)["id"]
    limits = {"enabled": True, "rules": [{"limit": 0.002, "limitType": "cost", "window": 3600}]}
    fields = {"collect_logs": True, **REQUIRED}
    assert api("POST", "/gateways", {"id": "spent", **fields}).status_code == 200
    assert api("PUT", "/gateways/spent", {**fields, "spend_limits": limits}).status_code == 200
    requests.script("/v1/chat/completions", Answer(headers=JSON, body=REPLY.encode()))

    def asked() -> tuple[int, object]:
        time.sleep(0.6)
        path = f"/v1/{torana.account_id}/spent/custom-spent/v1/chat/completions"
        reply = torana.post(path, CHAT | {"max_tokens": 100})
        return reply.status_code, reply.json().get("internalCode")

    assert asked() == (403, 2040), "nobody knows what it costs"
    priced(api, provider, model="m-", model_rule="starts-with", cost_in=1e-6, cost_out=6e-6)
    assert asked() == (200, None)  # 1,000 in and 100 out: 0.0016 USD
    assert asked() == (429, 2041)
    assert torana.logs("--limit", "2")[1]["cost"] == 0.0016
