"""Traces of a real server at a real collector: a gateway's own in JSON, the whole process's in protobuf."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from cloudflare import Cloudflare
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from running import Torana
from scripted import Answer, ScriptedUpstream

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
OTHER_TRACE, OTHER_SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}
WAIT_S = 20.0


@pytest.fixture(scope="module")
def collector() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as up:
        yield up


@pytest.fixture(scope="module")
def torana(
    collector: ScriptedUpstream, upstream: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Torana]:
    """With a collector for all gateways, and another one for `default`, which takes a key."""
    data_dir = tmp_path_factory.mktemp("otel") / "data"
    allowed = {"secret_collector": "Bearer hush-hush", "allow_private_upstreams": "127.0.0.0/8"}
    made = Torana(data_dir, {"openai": f"{upstream.url}/openai"}, **allowed)
    made.environ |= {"OTEL_EXPORTER_OTLP_ENDPOINT": f"{collector.url}/all", "OTEL_SERVICE_NAME": "mine"}
    with made as running:
        asked = ("tokens", "create", "--name", "otel", "--permission", "edit", "--json")
        otel = [
            {"url": f"{collector.url}/own?key=secret-in-url", "headers": {"X-Team": "t"}, "authorization": "COLLECTOR"}
        ]
        with Cloudflare(
            api_token=json.loads(running.run(*asked))["token"], base_url=f"{running.url}/client/v4"
        ) as client:
            changed = client.ai_gateway.update(
                "default",
                account_id=running.account_id,
                cache_invalidate_on_update=False,
                cache_ttl=0,
                collect_logs=True,
                rate_limiting_interval=0,
                rate_limiting_limit=0,
                otel=otel,  # type: ignore[arg-type]  # a dict, as clients send it
            )
        assert changed.otel is not None
        assert changed.otel[0].to_dict() == {**otel[0], "content_type": "json"}
        yield running


def chat(torana: Torana, **headers: str) -> str:
    """The log id."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    url = torana.at("openai") + "/v1/chat/completions"
    reply = httpx.post(url, json=CHAT, headers=named, timeout=30, trust_env=False)
    assert reply.status_code == 200, reply.text
    return reply.headers["cf-aig-log-id"]


def exported(collector: ScriptedUpstream, path: str, log_id: str) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """The request that brought this log's spans."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        for one in list(collector.requests):
            if one.path == path and log_id.encode() in one.body:
                return one.headers, one.body
        time.sleep(0.05)
    raise AssertionError(f"no spans of {log_id} at {path}: {[one.path for one in collector.requests]}")


def of_json(value: dict[str, Any]) -> object:
    ((kind, held),) = value.items()
    return int(held) if kind == "intValue" else held


def test_a_gateways_collector_gets_json_with_cloudflares_names(torana: Torana, collector: ScriptedUpstream) -> None:
    log_id = chat(
        torana,
        cf_aig_otel_trace_id=TRACE,
        cf_aig_otel_parent_span_id=SPAN,
        cf_aig_metadata='{"user": "ann", "gen_ai.system": "no"}',
        authorization="Bearer sk-provider-key",
    )
    headers, body = exported(collector, "/own", log_id)
    sent = {name.lower(): value for name, value in headers}
    assert sent[b"content-type"] == b"application/json"
    assert (sent[b"x-team"], sent[b"authorization"]) == (b"t", b"Bearer hush-hush")
    assert b"sk-provider-key" not in body
    (resource,) = json.loads(body)["resourceSpans"]
    assert {one["key"]: of_json(one["value"]) for one in resource["resource"]["attributes"]}[
        "service.name"
    ] == "ai-gateway"
    spans = resource["scopeSpans"][0]["spans"]
    root = next(span for span in spans if log_id in json.dumps(span))
    (attempt,) = [span for span in spans if span.get("parentSpanId") == root["spanId"]]
    assert (root["traceId"], root["parentSpanId"], root["name"]) == (TRACE, SPAN, "cf.aig.request")
    assert (attempt["traceId"], attempt["name"]) == (TRACE, "chat gpt-4o")
    assert int(root["startTimeUnixNano"]) <= int(attempt["startTimeUnixNano"]) < int(attempt["endTimeUnixNano"])
    told = {one["key"]: of_json(one["value"]) for one in root["attributes"]}
    assert (told["gen_ai.request.model"], told["gen_ai.model.provider"], told["gen_ai.provider.name"]) == (
        "gpt-4o",
        "openai",
        "openai",
    )
    assert (told["gen_ai.usage.input_tokens"], told["gen_ai.usage.output_tokens"]) == (12, 5)
    assert float(str(told["gen_ai.usage.cost"])) > 0
    assert json.loads(str(told["gen_ai.prompt_json"])) == CHAT
    assert "Cloudflare is a network." in str(told["gen_ai.completion_json"])
    assert json.loads(str(told["gen_ai.input.messages"]))[0]["parts"] == [{"type": "text", "content": "hi"}]
    assert told["user"] == "ann"
    assert "gen_ai.system" not in told


def test_the_processs_collector_gets_protobuf_of_every_gateway(torana: Torana, collector: ScriptedUpstream) -> None:
    log_id = chat(torana, traceparent=f"00-{OTHER_TRACE}-{OTHER_SPAN}-01")
    headers, body = exported(collector, "/all/v1/traces", log_id)
    assert {name.lower(): value for name, value in headers}[b"content-type"] == b"application/x-protobuf"
    request = ExportTraceServiceRequest.FromString(body)
    (resource,) = request.resource_spans
    assert {one.key: one.value.string_value for one in resource.resource.attributes}["service.name"] == "mine"
    spans = resource.scope_spans[0].spans
    root = next(one for one in spans if any(pair.value.string_value == log_id for pair in one.attributes))
    assert (root.trace_id.hex(), root.parent_span_id.hex()) == (OTHER_TRACE, OTHER_SPAN)
    assert root.name == "chat gpt-4o"
    told = {pair.key: pair.value for pair in root.attributes}
    assert told["gen_ai.usage.input_tokens"].int_value == 12
    assert told["http.response.status_code"].int_value == 200
    assert told["gen_ai.usage.cost"].double_value > 0
    assert not told["torana.cached"].bool_value


def test_a_request_without_kept_bodies_tells_none_of_them(torana: Torana, collector: ScriptedUpstream) -> None:
    log_id = chat(torana, cf_aig_collect_log_payload="false")
    _, body = exported(collector, "/own", log_id)
    spans = json.loads(body)["resourceSpans"][0]["scopeSpans"][0]["spans"]
    told = {one["key"] for span in spans if log_id in json.dumps(span) for one in span["attributes"]}
    assert "gen_ai.request.model" in told
    assert not told & {"gen_ai.prompt_json", "gen_ai.completion_json", "gen_ai.input.messages"}


def test_lost_collectors_lose_spans_and_nothing_else(torana: Torana, collector: ScriptedUpstream) -> None:
    collector.script("/own", *[Answer(status=400) for _ in range(3)], Answer())
    before = len(torana.logs("--limit", "100"))
    for _ in range(3):
        log_id = chat(torana)
        exported(collector, "/own", log_id)
    assert len(torana.logs("--limit", "100")) == before + 3
    deadline = time.monotonic() + WAIT_S
    dropped = 0.0
    while dropped < 6 and time.monotonic() < deadline:
        metrics = httpx.get(f"{torana.url}/metrics", trust_env=False).text
        lines = [line.split() for line in metrics.splitlines() if line.startswith("torana_otel_")]
        figures = {name: float(value) for name, value in lines}
        dropped = figures["torana_otel_spans_dropped_total"]
        time.sleep(0.05)
    assert dropped == 6
    assert figures["torana_otel_spans_exported_total"] > 0
    assert "spans were lost" in torana.output.read_text()


def test_no_secret_of_a_collector_is_told_or_kept(torana: Torana) -> None:
    assert "hush-hush" not in torana.output.read_text()
    assert "secret-in-url" not in torana.output.read_text()
    files = [path for path in torana.data_dir.rglob("*") if path.is_file() and os.access(path, os.R_OK)]
    assert files
    assert not [path for path in files if b"hush-hush" in path.read_bytes()]


@pytest.mark.parametrize(
    ("otel", "path"),
    [
        ({"url": "ftp://c", "headers": {}}, ["body", "otel", "0", "url"]),
        ({"url": "http://c", "headers": {}, "authorization": "Bearer sk"}, ["body", "otel", "0", "authorization"]),
        ({"url": "http://c", "headers": {"a": "b\nc"}}, ["body", "otel", "0", "headers"]),
    ],
)
def test_a_collector_that_cannot_be_is_refused(torana: Torana, otel: dict[str, object], path: list[str]) -> None:
    made = json.loads(torana.run("tokens", "create", "--name", "bad", "--permission", "edit", "--json"))
    required = {"cache_invalidate_on_update": False, "cache_ttl": 0, "collect_logs": True}
    body = {**required, "rate_limiting_interval": 0, "rate_limiting_limit": 0, "otel": [otel]}
    answer = httpx.put(
        f"{torana.url}/client/v4/accounts/{torana.account_id}/ai-gateway/gateways/default",
        json=body,
        headers={"authorization": f"Bearer {made['token']}"},
        trust_env=False,
    )
    assert answer.status_code == 400
    assert [(one["code"], one["path"]) for one in answer.json()["errors"]] == [(7001, path)]
