"""What an account has beside inference, through OpenRouter's own SDK and a real server."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from openrouter import OpenRouter, errors
from openrouter.utils import BackoffStrategy, RetryConfig

from running import START_S, Torana, command
from scripted import Answer, ScriptedUpstream
from scripted_answers import default_answer

MODEL = "openai/gpt-4o-mini"
TOOL: Any = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
SYSTEM: Any = {"role": "system", "content": "Be kind."}
BLOCKED: Any = {"pattern": r"acme-\d+", "action": "block"}
QUESTION = [{"role": "user", "content": "What is Cloudflare?"}]


@pytest.fixture(scope="module", autouse=True)
def operators(torana: Torana) -> None:
    """The operator's own capacity: a key at one provider."""
    keep(torana, "default")


def keep(torana: Torana, gateway: str) -> None:
    stored = ("provider-keys", "set", "openai", "--gateway", gateway, "--default")
    subprocess.run(
        [command(), *stored],
        env=torana.environ, input="sk-operators-0123456789", text=True, check=True, timeout=START_S,
        cwd=torana.data_dir.parent,
    )  # fmt: skip


def made(torana: Torana, *arguments: str) -> dict[str, str]:
    key: dict[str, str] = json.loads(torana.run("keys", "create", "--name", "test", *arguments, "--json"))
    torana.follow()
    return key


@contextmanager
def opened(torana: Torana, key: str) -> Iterator[OpenRouter]:
    """Without its own retries, which go on for an hour."""
    never = RetryConfig("none", BackoffStrategy(1, 1, 1, 1), retry_connection_errors=False)
    with httpx.Client(trust_env=False, timeout=60) as client:
        yield OpenRouter(api_key=key, server_url=f"{torana.url}/api/v1", client=client, retry_config=never)


@pytest.fixture(scope="module")
def manager(torana: Torana, operators: None) -> Iterator[OpenRouter]:
    with opened(torana, made(torana, "--management")["key"]) as client:
        yield client


def ask(torana: Torana, key: str, **changed: object) -> httpx.Response:
    body = {"model": MODEL, "messages": QUESTION} | changed
    body = {name: value for name, value in body.items() if value is not None}
    return torana.post("/api/v1/chat/completions", body, {"authorization": f"Bearer {key}"})


def test_a_generation_is_seen_right_after_its_answer(torana: Torana, manager: OpenRouter) -> None:
    key = made(torana)["key"]
    answer = ask(torana, key, user="somebody", session_id="talk")
    assert answer.status_code == 200, answer.text
    said = answer.json()
    with opened(torana, key) as client:
        data = client.generations.get_generation(id=said["id"]).data
        content = client.generations.list_generation_content(id=said["id"]).data
    assert (data.id, data.model, data.provider_name) == (said["id"], MODEL, "OpenAI")
    assert data.total_cost == pytest.approx(said["usage"]["cost"])
    assert data.tokens_prompt == said["usage"]["prompt_tokens"]
    assert data.provider_responses is not None
    assert [one.status for one in data.provider_responses] == [200]
    assert (data.external_user, data.session_id, data.streamed, data.is_byok) == ("somebody", "talk", False, False)
    assert content.input.model_dump() == {"messages": QUESTION}
    assert content.output.completion == said["choices"][0]["message"]["content"]
    assert manager.generations.submit_feedback(generation_id=said["id"], category="formatting").data.SUCCESS
    found = manager.analytics.query_analytics(metrics=["request_count"], dimensions=["generation_id", "provider"])
    assert found.data.metadata.row_count >= 1
    with opened(torana, key) as client, pytest.raises(errors.NotFoundResponseError):
        client.generations.get_generation(id="gen-0-nothing")


@pytest.mark.parametrize("is_stream", [False, True])
def test_a_preset_completes_requests_of_every_format(
    torana: Torana,
    requests: ScriptedUpstream,
    is_stream: bool,  # noqa: FBT001  # a parameter
) -> None:
    key = made(torana)["key"]
    with opened(torana, key) as client:
        kept = client.presets.create_presets_chat_completions(
            slug="kind", model=MODEL, messages=[SYSTEM], temperature=0.25,
            provider={"only": ["openai"]}, tools=[TOOL],
        ).data  # fmt: skip
        assert kept.designated_version is not None
        assert kept.designated_version.system_prompt == "Be kind."
        assert client.presets.get(slug="kind").data.slug == "kind"
    torana.follow()
    headers = {"authorization": f"Bearer {key}"}
    for path, body in (
        ("chat/completions", {"model": "@preset/kind", "messages": QUESTION}),
        ("messages", {"model": "@preset/kind", "max_tokens": 50, "messages": QUESTION}),
        ("responses", {"model": "@preset/kind", "input": "What is Cloudflare?"}),
    ):
        requests.requests.clear()
        answer = torana.post(f"/api/v1/{path}", body | {"stream": is_stream}, headers)
        assert answer.status_code == 200, answer.text
        (sent,) = requests.requests
        told = json.loads(sent.body)
        assert told["model"] == "gpt-4o-mini", path
        assert told["temperature"] == 0.25, path
        # The provider speaks the client's format where it can, or chat.
        instructions = told["input" if "input" in told else "messages"][0]
        assert instructions["role"] == "system", path
        assert "Be kind." in json.dumps(instructions), path
        assert told["tools"][0].get("function", told["tools"][0])["name"] == "look", path


def test_a_workspaces_default_guardrail_holds_for_each_request(torana: Torana, manager: OpenRouter) -> None:
    manager.workspaces.create(name="Guarded", slug="guarded")
    keep(torana, "guarded")
    key = made(torana, "--gateway", "guarded")
    assert ask(torana, key["key"]).status_code == 200
    listed = manager.guardrails.list(workspace_id="guarded")
    assert listed is not None
    (default,) = listed.result.data
    changed = manager.guardrails.update(id=default.id, allowed_models=["anthropic/claude-sonnet-4"])
    assert changed.data.allowed_models == ["anthropic/claude-sonnet-4"]
    torana.follow()
    assert ask(torana, key["key"]).status_code == 404
    manager.guardrails.update(id=default.id, allowed_models=None, content_filters=[BLOCKED])
    torana.follow()
    blocked = ask(torana, key["key"], messages=[{"role": "user", "content": "About acme-7"}])
    assert blocked.status_code == 403
    assert ask(torana, key["key"]).status_code == 200

    assigned = manager.guardrails.create(name="Poor", workspace_id="guarded", limit_usd=1e-9, reset_interval="daily")
    manager.guardrails.bulk_assign_keys(id=assigned.data.id, key_hashes=[key["hash"]])
    torana.follow()
    poor = ask(torana, key["key"])
    # 403 once what was spent before is counted, 402 as long as only this request would be too much.
    assert poor.status_code in {402, 403}, poor.text
    assert poor.json()["error"]["metadata"]["limit_source"] == "openrouter_guardrail_budget"


def test_a_callers_own_key_goes_first(torana: Torana, manager: OpenRouter, requests: ScriptedUpstream) -> None:
    key = made(torana)["key"]
    kept = manager.byok.create(provider="openai", key="sk-proj-callers-own-0123456789").data
    assert kept.label.endswith("6789")
    torana.follow()
    requests.requests.clear()
    requests.script(
        "/openai/chat/completions", Answer(status=429, body=b'{"error":{"message":"later"}}'), default_answer
    )
    answer = ask(torana, key)
    assert answer.status_code == 200, answer.text
    assert [one.header("authorization") for one in requests.requests] == [
        b"Bearer sk-proj-callers-own-0123456789",
        b"Bearer sk-operators-0123456789",
    ]
    own = ask(torana, key).json()
    assert own["usage"]["is_byok"] is True
    with opened(torana, key) as client:
        assert client.generations.get_generation(id=own["id"]).data.is_byok
    manager.byok.delete(id=kept.id)
    torana.follow()
    assert ask(torana, key).json()["usage"]["is_byok"] is False


def test_a_workspace_has_a_default_model(torana: Torana, manager: OpenRouter) -> None:
    key = made(torana)["key"]
    manager.workspaces.update(id="default", default_text_model=MODEL)
    torana.follow()
    answer = ask(torana, key, model=None)
    assert answer.status_code == 200, answer.text
    assert answer.json()["model"] == MODEL


def test_lists_of_nobody_and_of_activity_are_read(manager: OpenRouter) -> None:
    assert manager.analytics.get_user_activity().data == []
    members = manager.organization.list_members()
    assert members is not None
    assert members.result.data == []
    workspaces = manager.workspaces.list()
    assert workspaces is not None
    assert "default" in {one.slug for one in workspaces.result.data}
