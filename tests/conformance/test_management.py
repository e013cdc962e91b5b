"""The management API as Cloudflare's own Python SDK uses it, against the running server."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator

import cloudflare
import httpx
import pyarrow.parquet as pq
import pytest
from cloudflare import Cloudflare
from cloudflare.types.ai_gateway.log_list_params import Filter

from managing import REQUIRED, sdk, token
from receiver import CREDENTIALS, Receiver
from running import Torana
from scripted import ScriptedUpstream

CHAT = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}


@pytest.fixture(scope="module")
def client(torana: Torana) -> Iterator[Cloudflare]:
    with sdk(torana, token(torana, "edit")) as opened:
        yield opened


def chat(torana: Torana, gateway: str, headers: dict[str, str] | None = None, **changed: object) -> httpx.Response:
    return torana.post(f"/v1/{torana.account_id}/{gateway}/openai/chat/completions", CHAT | changed, headers)


def logs_of(torana: Torana, client: Cloudflare, gateway: str, *filters: Filter, **asked: object) -> list[str]:
    extra = {"extra_query": asked} if asked else {}
    page = client.ai_gateway.logs.list(gateway, account_id=torana.account_id, filters=filters, **extra)  # type: ignore[arg-type]  # each test names its own
    return [row.id for row in page]


def test_a_gateway_lives_from_its_making_to_its_end(torana: Torana, client: Cloudflare) -> None:
    account, gateways = torana.account_id, client.ai_gateway
    made = gateways.create(account_id=account, id="life", collect_logs=True, **REQUIRED)  # type: ignore[arg-type]  # a dict of all kinds
    assert (made.id, made.cache_invalidate_on_update, made.cache_ttl, made.is_default) == ("life", True, 0, False)
    assert (made.rate_limiting_technique, made.workers_ai_billing_mode, made.otel) == ("fixed", "postpaid", None)
    assert gateways.get("life", account_id=account).to_dict() == made.to_dict()
    assert {one.id for one in gateways.list(account_id=account)} >= {"default", "life"}
    assert [one.id for one in gateways.list(account_id=account, search="lif")] == ["life"]
    changed = gateways.update("life", account_id=account, collect_logs=False, **REQUIRED)  # type: ignore[arg-type]  # the same
    assert (changed.collect_logs, changed.created_at) == (False, made.created_at)
    assert changed.modified_at >= made.modified_at
    gone = gateways.delete("life", account_id=account)
    assert gone.to_dict() == changed.to_dict()
    with pytest.raises(cloudflare.NotFoundError) as caught:
        gateways.get("life", account_id=account)
    assert [problem.code for problem in caught.value.errors] == [7002]


def test_the_audit_log_says_which_token_changed_what(torana: Torana) -> None:
    account = torana.account_id
    with sdk(torana, token(torana, "edit")) as client:
        made = client.ai_gateway.create(account_id=account, id="audited", collect_logs=True, **REQUIRED)  # type: ignore[arg-type]  # a dict of all kinds
        client.ai_gateway.update("audited", account_id=account, collect_logs=False, **REQUIRED)  # type: ignore[arg-type]  # the same
        client.ai_gateway.delete("audited", account_id=account)
        found = [
            one for one in client.audit_logs.list(account_id=account) if one.resource and one.resource.id == made.id
        ]
        assert [one.action.type for one in found if one.action] == ["delete", "update", "create"]
        values = found[1].to_dict()
        assert (values["oldValueJson"]["collect_logs"], values["newValueJson"]["collect_logs"]) == (True, False)  # type: ignore[index]  # an object
        [told] = client.audit_logs.list(account_id=account, action={"type": "update"}, per_page=1).result
        assert (told.interface, told.actor.type if told.actor else "") == ("API", "user")
        assert client.audit_logs.list(account_id=account, since="2099-01-01").result == []


def test_lists_go_on_page_by_page(torana: Torana, client: Cloudflare) -> None:
    for number in range(3):
        client.ai_gateway.create(account_id=torana.account_id, id=f"page_{number}", collect_logs=True, **REQUIRED)  # type: ignore[arg-type]  # the same
    found = client.ai_gateway.list(account_id=torana.account_id, search="page_", per_page=2)
    assert [one.id for one in found.result] == ["page_0", "page_1"]
    assert [one.id for one in found] == ["page_0", "page_1", "page_2"]


def test_a_change_reaches_the_workers_within_a_second(
    torana: Torana, client: Cloudflare, requests: ScriptedUpstream
) -> None:
    account, gateways = torana.account_id, client.ai_gateway
    assert chat(torana, "quick").status_code == 400
    gateways.create(account_id=account, id="quick", collect_logs=True, **REQUIRED)  # type: ignore[arg-type]  # the same
    torana.follow()
    assert "cf-aig-log-id" in chat(torana, "quick").headers
    gateways.update("quick", account_id=account, collect_logs=False, **REQUIRED)  # type: ignore[arg-type]  # the same
    torana.follow()
    assert "cf-aig-log-id" not in chat(torana, "quick").headers
    gateways.delete("quick", account_id=account)
    torana.follow()
    assert chat(torana, "quick").status_code == 400


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("guardrails", {"prompt": {"S1": "BLOCK"}, "response": {}}),
        ("dlp", {"enabled": True, "action": "BLOCK", "profiles": []}),
    ],
)
def test_what_would_not_be_enforced_is_refused_by_name(
    torana: Torana, client: Cloudflare, field: str, value: object
) -> None:
    wish = {"collect_logs": True, **REQUIRED, field: value}
    with pytest.raises(cloudflare.BadRequestError) as caught:
        client.ai_gateway.create(account_id=torana.account_id, id="never", **wish)  # type: ignore[arg-type]  # the same
    assert [problem.code for problem in caught.value.errors] == [7001]
    assert f"`{field}` cannot be switched on" in str(caught.value)
    with pytest.raises(cloudflare.NotFoundError):
        client.ai_gateway.get("never", account_id=torana.account_id)


def test_logs_are_listed_read_rated_and_deleted(torana: Torana, client: Cloudflare, requests: ScriptedUpstream) -> None:
    account, logs = torana.account_id, client.ai_gateway.logs
    client.ai_gateway.create(account_id=account, id="logged", collect_logs=True, **REQUIRED)  # type: ignore[arg-type]  # the same
    torana.follow()
    answer = chat(torana, "logged", {"cf-aig-metadata": '{"user": "ann", "paid": true}'})
    first = answer.headers["cf-aig-log-id"]
    second = chat(torana, "logged", {"cf-aig-event-id": "mine"}, model="other").headers["cf-aig-log-id"]
    assert logs_of(torana, client, "logged") == [second, first]
    assert logs_of(torana, client, "logged", {"key": "model", "operator": "eq", "value": ["other"]}) == [second]
    named: Filter = {"key": "metadata.key", "operator": "eq", "value": ["user"]}
    assert logs_of(torana, client, "logged", named, {"key": "metadata.value", "operator": "eq", "value": ["ann"]}) == [
        first
    ]
    assert logs_of(torana, client, "logged", {"key": "event_id", "operator": "eq", "value": ["mine", "no"]}) == [second]
    assert logs_of(torana, client, "logged", {"key": "success", "operator": "eq", "value": [False]}) == []
    assert [row.id for row in logs.list("logged", account_id=account, search="ann", meta_info=True)] == [first]

    assert logs.edit(first, account_id=account, gateway_id="logged", feedback=1, score=90, metadata={"k": 1.5}) == {}
    detail = logs.get(first, account_id=account, gateway_id="logged")
    assert (detail.metadata, detail.success, detail.provider, detail.model) == (
        '{"k":1.5}',
        True,
        "openai",
        CHAT["model"],
    )
    assert json.loads(str(detail.request_head)) == CHAT
    rated: Filter = {"key": "feedback", "operator": "eq", "value": [1]}
    assert logs_of(torana, client, "logged", rated) == [first]
    assert logs.request(first, account_id=account, gateway_id="logged") == CHAT
    assert logs.response(first, account_id=account, gateway_id="logged") == answer.json()

    assert logs.delete("logged", account_id=account, filters=[rated]).success is True
    assert logs_of(torana, client, "logged") == [second]
    assert logs.request(second, account_id=account, gateway_id="logged") == CHAT | {"model": "other"}
    with pytest.raises(cloudflare.NotFoundError):
        logs.get(first, account_id=account, gateway_id="logged")


def test_logs_are_exported_through_the_port(torana: Torana, client: Cloudflare, requests: ScriptedUpstream) -> None:
    account = torana.account_id
    client.ai_gateway.create(account_id=account, id="out", collect_logs=True, **REQUIRED)  # type: ignore[arg-type]  # the same
    torana.follow()
    ids = [chat(torana, "out", {"cf-aig-metadata": json.dumps({"n": n})}).headers["cf-aig-log-id"] for n in range(3)]
    url = f"{torana.url}/client/v4/accounts/{account}/ai-gateway/gateways/out/logs/export"
    headers = {"authorization": f"Bearer {client.api_token}"}
    with httpx.Client(trust_env=False, headers=headers) as asking:
        lines = asking.get(url, params={"bodies": True}).text.splitlines()
        assert [json.loads(line)["id"] for line in lines] == ids
        assert json.loads(json.loads(lines[0])["request"]) == CHAT
        some = json.dumps([{"key": "metadata.value", "operator": "eq", "value": ["1"]}])
        answer = asking.get(url, params={"format": "parquet", "filters": some})
        assert answer.headers["content-disposition"] == 'attachment; filename="logs-out.parquet"'
        assert pq.read_table(io.BytesIO(answer.content)).column("id").to_pylist() == [ids[1]]
        assert asking.head(url).content == b""
        assert asking.get(url, params={"format": "csv"}).status_code == 400
    narrow = {"authorization": f"Bearer {token(torana, 'read_metadata')}"}
    with httpx.Client(trust_env=False, headers=narrow) as asking:
        assert len(asking.get(url).text.splitlines()) == 3
        assert asking.get(url, params={"bodies": True}).status_code == 403


def test_logs_are_pushed_as_they_come(torana: Torana, client: Cloudflare, requests: ScriptedUpstream) -> None:
    account = torana.account_id
    client.ai_gateway.create(account_id=account, id="push", collect_logs=True, logpush=True, **REQUIRED)  # type: ignore[arg-type]  # the same
    jobs = f"{torana.url}/client/v4/accounts/{account}/ai-gateway/logpush/jobs"
    headers = {"authorization": f"Bearer {client.api_token}"}
    bucket = {"type": "s3", "bucket": "b", "region": "eu-central-1", "access_key_id": CREDENTIALS.access_key_id}
    with Receiver() as receiver, httpx.Client(trust_env=False, headers=headers) as asking:
        bucket |= {"secret_access_key": CREDENTIALS.secret_access_key, "endpoint": receiver.url}
        wish = {"name": "out", "destination": bucket, "max_upload_interval_seconds": 1, "gateways": ["push"]}
        made = asking.post(jobs, json=wish).json()["result"]
        assert made["destination"]["secret_access_key"] == "…"
        time.sleep(1)
        log_id = chat(torana, "push").headers["cf-aig-log-id"]
        deadline = time.monotonic() + 20
        while not receiver.taken and time.monotonic() < deadline:
            time.sleep(0.05)
        [line] = receiver.lines()
        assert (line["ID"], line["Gateway"], line["StatusCode"]) == (log_id, "push", 200)
        assert json.loads(str(line["RequestBody"])) == CHAT
        state = asking.get(f"{jobs}/{made['id']}").json()["result"]
        while not state["pushed"] and time.monotonic() < deadline:
            state = asking.get(f"{jobs}/{made['id']}").json()["result"]
        assert (state["pushed"], state["failures"], state["lag_seconds"], state["error_message"]) == (1, 0, 0.0, None)
        assert state["last_success"]
        assert f'torana_logpush_logs_total{{job="{made["id"]}"}} 1.0' in asking.get(torana.url + "/metrics").text
        assert [one["id"] for one in asking.get(jobs).json()["result"]] == [made["id"]]
        changed = asking.put(
            f"{jobs}/{made['id']}", json=wish | {"enabled": False, "destination": state["destination"]}
        )
        assert changed.json()["result"]["enabled"] is False
        assert asking.delete(f"{jobs}/{made['id']}").json()["result"] == {"id": made["id"]}
        assert asking.get(f"{jobs}/{made['id']}").status_code == 404


def test_the_url_helper_leads_to_the_provider(torana: Torana, client: Cloudflare) -> None:
    found = client.ai_gateway.urls.get("openai", account_id=torana.account_id, gateway_id="default")
    assert found == torana.at("openai")


def test_the_sdk_takes_the_errors_of_tokens_for_what_they_are(torana: Torana) -> None:
    account = torana.account_id
    with sdk(torana, "torana_wrong") as stranger, pytest.raises(cloudflare.AuthenticationError) as refused:
        stranger.ai_gateway.list(account_id=account)
    assert [problem.code for problem in refused.value.errors] == [10000]
    with sdk(torana, token(torana, "run")) as runner, pytest.raises(cloudflare.PermissionDeniedError):
        runner.ai_gateway.list(account_id=account)
    with sdk(torana, token(torana, "read")) as reader:
        assert [one.id for one in reader.ai_gateway.list(account_id=account, search="default")] == ["default"]
        with pytest.raises(cloudflare.PermissionDeniedError):
            reader.ai_gateway.delete("default", account_id=account)
    with sdk(torana, token(torana, "edit", gateway="default")) as limited:
        assert [one.id for one in limited.ai_gateway.list(account_id=account)] == ["default"]
        with pytest.raises(cloudflare.PermissionDeniedError):
            limited.ai_gateway.get("other", account_id=account)


def test_the_metadata_permission_shows_rows_and_no_bodies(torana: Torana, requests: ScriptedUpstream) -> None:
    log_id = chat(torana, "default").headers["cf-aig-log-id"]
    with sdk(torana, token(torana, "read_metadata")) as observer:
        assert log_id in logs_of(torana, observer, "default")
        logs, account = observer.ai_gateway.logs, torana.account_id
        detail = logs.get(log_id, account_id=account, gateway_id="default")
        assert (detail.request_head, detail.response_head, detail.request_head_complete) == ("", "", False)
        for read in (logs.request, logs.response):
            with pytest.raises(cloudflare.PermissionDeniedError):
                read(log_id, account_id=account, gateway_id="default")
        with pytest.raises(cloudflare.PermissionDeniedError):
            logs.edit(log_id, account_id=account, gateway_id="default", feedback=1)


def test_a_revoked_token_opens_nothing_from_then_on(torana: Torana) -> None:
    made = json.loads(torana.run("tokens", "create", "--name", "short", "--permission", "read", "--json"))
    with sdk(torana, made["token"]) as client:
        assert client.accounts.tokens.verify(account_id=torana.account_id).id == made["id"]  # type: ignore[union-attr]  # it answers
        torana.run("tokens", "revoke", made["id"])
        with pytest.raises(cloudflare.AuthenticationError):
            client.ai_gateway.list(account_id=torana.account_id)


def test_a_token_is_nowhere_on_the_disk_and_in_no_output(torana: Torana) -> None:
    text = token(torana, "read")
    with sdk(torana, text) as client:
        assert client.ai_gateway.list(account_id=torana.account_id).result
    kept = [path for path in torana.data_dir.rglob("*") if path.is_file()]
    assert kept
    secret = text.removeprefix("torana_").encode()
    assert not [path for path in [*kept, torana.output] if secret in path.read_bytes()]


@pytest.mark.parametrize(
    ("call", "body", "status", "word"),
    [
        ("POST /gateways", b"{", 400, "not JSON"),
        ("POST /gateways", b'{"id": "a", "more": 1}', 400, "unknown field `more`"),
        ("POST /gateways", b"[" * 100_000, 400, "Input Validation Error"),
        ("POST /gateways", b'{"id": "\xff"}', 400, "Input Validation Error"),
        ("POST /gateways", b" " * (1 << 20) + b"{}", 413, "at most"),
        ("GET /gateways?per_page=101", b"", 400, "<= 100"),
        ("GET /gateways?page=x", b"", 400, "Expected `int`"),
        ("GET /gateways?nothing=1", b"", 400, "nothing"),
        ("GET /gateways/default/logs?per_page=51", b"", 400, "<= 50"),
        ("GET /gateways/default/logs?filters=nonsense", b"", 400, "not JSON"),
        ("GET /gateways/nobody/logs", b"", 404, "`nobody`"),
        ("GET /gateways/default/url/nobody", b"", 404, "`nobody`"),
        ("PATCH /gateways/default", b"{}", 405, "DELETE, GET"),
        ("GET /nothing", b"", 404, "Not Found"),
    ],
)
def test_bad_calls_are_told_in_the_envelope(
    torana: Torana, client: Cloudflare, call: str, body: bytes, status: int, word: str
) -> None:
    method, _, path = call.partition(" ")
    url = f"{torana.url}/client/v4/accounts/{torana.account_id}/ai-gateway{path}"
    headers = {"authorization": f"Bearer {client.api_token}"}
    with httpx.Client(trust_env=False) as plain:
        reply = plain.request(method, url, content=body, headers=headers)
    told = reply.json()
    assert (reply.status_code, told["success"], told["messages"]) == (status, False, [])
    assert word in told["errors"][0]["message"]
    assert "Traceback" not in reply.text


def test_billing_is_not_there_and_says_so(torana: Torana, client: Cloudflare) -> None:
    billing, account = client.ai_gateway.billing, torana.account_id
    calls: list[Callable[..., object]] = [billing.credit_balance, billing.invoice_preview, billing.topup.config.get]
    for call in [*calls, billing.spending_limit.get, billing.spending_limit.delete]:
        with pytest.raises(cloudflare.NotFoundError) as caught:
            call(account_id=account)
        assert [problem.code for problem in caught.value.errors] == [7002]


def test_the_page_and_the_document_are_for_everybody(torana: Torana) -> None:
    document = httpx.get(f"{torana.url}/client/v4/openapi.json", trust_env=False)
    page = httpx.get(f"{torana.url}/client/v4/docs", trust_env=False)
    assert document.json()["openapi"] == "3.1.0"
    assert page.headers["content-type"].startswith("text/html")
    for path in document.json()["paths"]:
        assert path in page.text
