"""OpenRouter's own SDK for Python reads the catalogue and manages keys, money, guardrails and the rest."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Iterator
from typing import Any

import pytest
from openrouter import components, errors

from router import market
from router.stage import Router, is_a, opened
from scripted_answers import TEXT

MESSAGES = [{"role": "user", "content": "What is Cloudflare?"}]
WAIT_S = 60.0

# Of a field that the SDK reads in each answer about a key.
pytestmark = pytest.mark.filterwarnings("ignore:.*DEPRECATED:DeprecationWarning")


@pytest.fixture(scope="module")
def client(router: Router) -> Iterator[Any]:
    with opened(router, router.key) as found:
        yield found


@pytest.fixture(scope="module")
def manager(router: Router) -> Iterator[Any]:
    with opened(router, router.manager) as found:
        yield found


def test_models_are_listed_counted_and_found(client: Any) -> None:
    models = {model.id: model for model in client.models.list().result.data}
    oracle = models["acme/oracle"]
    assert is_a(oracle, components.Model)
    assert (oracle.name, oracle.context_length, oracle.pricing.prompt) == ("Acme: Oracle", 131_072, "0.000001")
    assert models["tests/chat"].name
    assert not [id_ for id_ in models if id_.startswith("x-ai/")]
    assert client.models.count().data.count == len(models)
    found = client.models.list(q="oracle", supported_parameters="tools").result.data
    assert "acme/oracle" in {model.id for model in found}
    assert client.models.get(author="acme", slug="oracle").data.id == "acme/oracle"
    assert client.models.get(author="tests", slug="chat").data.id in {"tests/chat", "acme/oracle"}
    with pytest.raises(errors.NotFoundResponseError):
        client.models.get(author="acme", slug="nothing")


def test_endpoints_are_listed(client: Any, router: Router) -> None:
    told = client.endpoints.list(author="acme", slug="oracle").data
    assert [(one.provider_name, one.tag, one.pricing.prompt) for one in told.endpoints] == [
        ("OpenAI", "openai", "0.000001"),
        ("Groq", "groq", "0.000003"),
    ]
    assert all(is_a(one, components.PublicEndpoint) for one in client.endpoints.list_zdr_endpoints().data)
    assert {"OpenAI", "Groq", "Anthropic"} <= {one.name for one in client.providers.list().data}
    mine = client.models.list_for_user(security={"bearer": router.key}).result.data
    assert "acme/oracle" in {model.id for model in mine}


def test_catalogues_of_other_kinds_are_listed(client: Any) -> None:
    assert "acme/vector" in {model.id for model in client.embeddings.list_models().result.data}
    images = {model.id for model in client.images.list_models().data}
    assert "openai/gpt-image-2" in images
    assert client.images.list_model_endpoints(author="openai", slug="gpt-image-2").endpoints
    assert client.video_generation.list_videos_models().data == []


def test_embeddings_and_rerank(client: Any) -> None:
    made = client.embeddings.generate(model="acme/vector", input="hi")
    assert (made.data[0].embedding, made.usage.cost) == ([0.25, -0.5, 0.75], 0.000012)
    ranked = client.rerank.rerank(model="acme/ranker", query="q", documents=["a", "b"])
    assert [(one.index, one.document.text) for one in ranked.results] == [(1, "b"), (0, "a")]
    assert ranked.provider == "Cohere"


def test_a_generation_is_found_again(client: Any, manager: Any) -> None:
    answer = client.chat.send(model="acme/oracle", messages=MESSAGES, session_id="one", provider={"only": ["openai"]})
    told = client.generations.get_generation(id=answer.id).data
    assert is_a(told, components.GenerationResponseData)
    assert (told.model, told.provider_name, told.total_cost) == ("acme/oracle", "OpenAI", 0.000022)
    assert (told.session_id, told.streamed, told.finish_reason) == ("one", False, "stop")
    assert (told.native_tokens_prompt, told.native_tokens_completion) == (12, 5)
    content = client.generations.list_generation_content(id=answer.id).data
    assert content.output.completion == TEXT
    assert manager.generations.submit_feedback(generation_id=answer.id, category="latency").data.SUCCESS
    with pytest.raises(errors.NotFoundResponseError):
        client.generations.get_generation(id="gen-1-nothing")


def test_the_key_tells_of_itself_and_the_account_of_its_credits(client: Any, manager: Any) -> None:
    before = client.api_keys.get_current_key_metadata().data
    assert (before.is_management_key, before.limit) == (False, None)
    client.chat.send(model="acme/oracle", messages=MESSAGES)
    deadline = time.monotonic() + WAIT_S
    while client.api_keys.get_current_key_metadata().data.usage <= before.usage:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    credits_ = manager.credits.get_credits().data
    assert credits_.total_credits == 100
    assert 0 < credits_.total_usage < 1
    with pytest.raises((errors.ForbiddenResponseError, errors.UnauthorizedResponseError)):
        client.credits.get_credits()


def test_keys_are_made_changed_and_removed(manager: Any, router: Router) -> None:
    made = manager.api_keys.create(name="team", limit=3, limit_reset="daily")
    assert (made.data.limit, made.data.limit_reset, made.data.disabled) == (3, "daily", False)
    router.torana.follow()
    with opened(router, made.key) as client:
        assert client.chat.send(model="acme/oracle", messages=MESSAGES).choices[0].message.content == TEXT
        changed = manager.api_keys.update(hash=made.data.hash, name="other", disabled=True)
        assert (changed.data.name, changed.data.disabled) == ("other", True)
        router.torana.follow()
        with pytest.raises(errors.UnauthorizedResponseError, match="disabled"):
            client.chat.send(model="acme/oracle", messages=MESSAGES)
    assert made.data.hash in {one.hash for one in manager.api_keys.list(include_disabled=True).data}
    assert manager.api_keys.get(hash=made.data.hash).data.name == "other"
    assert manager.api_keys.delete(hash=made.data.hash).DELETED
    with pytest.raises(errors.NotFoundResponseError):
        manager.api_keys.get(hash=made.data.hash)


def test_presets_are_made_and_used(client: Any, manager: Any, router: Router) -> None:
    system = [{"role": "system", "content": "Be short."}]
    made = client.presets.create_presets_chat_completions(
        slug="short", model="acme/oracle", messages=system, temperature=0.1
    )
    assert (made.data.slug, made.data.designated_version.system_prompt) == ("short", "Be short.")
    client.presets.create_presets_responses(slug="short", model="acme/sage", input="hi")
    client.presets.create_presets_messages(slug="other", model="acme/oracle", max_tokens=100, messages=MESSAGES)
    assert {one.slug for one in manager.presets.list().result.data} == {"short", "other"}
    assert len(manager.presets.list_versions(slug="short").result.data) == 2
    assert manager.presets.get_version(slug="short", version="1").data.config["temperature"] == 0.1
    assert manager.presets.get(slug="short").data.designated_version.version == 2
    router.torana.follow()
    assert client.chat.send(model="@preset/other", messages=MESSAGES).model == "acme/oracle"


def test_guardrails_are_made_assigned_and_kept(manager: Any, router: Router) -> None:
    made = manager.guardrails.create(name="Groq alone", allowed_providers=["groq"])
    assert manager.guardrails.get(id=made.data.id).data.allowed_providers == ["groq"]
    assert manager.guardrails.update(id=made.data.id, name="Groq").data.name == "Groq"
    key = manager.api_keys.create(name="guarded")
    assigned = manager.guardrails.bulk_assign_keys(id=made.data.id, key_hashes=[key.data.hash])
    assert assigned.assigned_count == 1
    router.torana.follow()
    with opened(router, key.key) as guarded:
        for _ in range(5):
            way = guarded.chat.send(
                model="acme/oracle", messages=MESSAGES, x_open_router_metadata="enabled"
            ).openrouter_metadata
            assert [one.provider for one in way.attempts] == ["Groq"]
        with pytest.raises(errors.NotFoundResponseError, match="guardrail"):
            guarded.chat.send(model="acme/sage", messages=MESSAGES)
    of_one = manager.guardrails.list_guardrail_key_assignments(id=made.data.id).result.data
    assert [one.key_hash for one in of_one] == [key.data.hash]
    assert len(manager.guardrails.list_key_assignments().result.data) == 1
    assert manager.guardrails.list_member_assignments().result.data == []
    unassigned = manager.guardrails.bulk_unassign_keys(id=made.data.id, key_hashes=[key.data.hash])
    assert unassigned.unassigned_count == 1
    assert manager.guardrails.delete(id=made.data.id).DELETED
    assert made.data.id not in {one.id for one in manager.guardrails.list().result.data}


def test_a_key_of_ones_own_goes_first_and_costs_nothing(client: Any, manager: Any, router: Router) -> None:
    mine = "gsk_mineandnobodyelses0123456789"
    made = manager.byok.create(provider="groq", key=mine, name="mine", workspace_id="default")
    router.torana.follow()
    usage = client.chat.send(model="acme/oracle", messages=MESSAGES).usage
    assert (usage.is_byok, usage.cost, usage.cost_details.upstream_inference_cost) == (True, 0, 0.000066)
    assert manager.byok.update(id=made.data.id, disabled=True).data.disabled
    assert manager.byok.get(id=made.data.id).data.disabled
    assert [one.id for one in manager.byok.list().result.data] == [made.data.id]
    assert manager.byok.delete(id=made.data.id).DELETED
    router.torana.follow()
    assert client.chat.send(model="acme/oracle", messages=MESSAGES).usage.is_byok is False


def test_workspaces_are_made_changed_and_removed(manager: Any) -> None:
    made = manager.workspaces.create(name="Team", slug="team").data
    assert manager.workspaces.get(id=made.id).data.name == "Team"
    assert manager.workspaces.update(id=made.id, name="The team").data.name == "The team"
    assert {one.slug for one in manager.workspaces.list().result.data} == {"default", "team"}
    assert manager.workspaces.list_members(id=made.id).result.data == []
    assert manager.workspaces.delete(id=made.id).DELETED
    assert manager.organization.list_members().result.data == []


def test_a_code_becomes_a_key(client: Any, router: Router) -> None:
    verifier = "a" * 43
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    code = client.o_auth.create_auth_code(
        callback_url="https://example.com/back", code_challenge=digest, code_challenge_method="S256", limit=1
    ).data.id
    made = client.o_auth.exchange_auth_code_for_api_key(code=code, code_verifier=verifier, code_challenge_method="S256")
    router.torana.follow()
    with opened(router, made.key) as application:
        assert application.chat.send(model="acme/oracle", messages=MESSAGES).choices[0].message.content == TEXT
        assert application.api_keys.get_current_key_metadata().data.limit == 1
    with pytest.raises(errors.ForbiddenResponseError):
        client.o_auth.exchange_auth_code_for_api_key(code=code, code_verifier=verifier, code_challenge_method="S256")


def test_what_was_used_is_told(manager: Any) -> None:
    assert manager.analytics.get_user_activity().data == []  # of days that are over
    meta = manager.analytics.get_analytics_meta().data
    assert "request_count" in {one.name for one in meta.metrics}
    told = manager.analytics.query_analytics(metrics=["request_count"], dimensions=["model"]).data
    assert told.metadata.row_count == len(told.data)


@pytest.mark.parametrize("name", ["benchmarks", "files", "observability", "batch", "scim"])
def test_what_is_left_out_is_not_found(manager: Any, name: str) -> None:
    calls = {
        "benchmarks": manager.benchmarks.get_benchmarks,
        "files": manager.files.list,
        "observability": manager.observability.list,
        "batch": manager.batch.list,
        "scim": manager.scim.list_groups,
    }
    with pytest.raises(errors.OpenRouterError) as refused:
        calls[name]()
    assert refused.value.status_code == 404


def test_the_stored_keys_are_told_to_nobody(router: Router, client: Any) -> None:
    answer = client.chat.send(model="acme/oracle", messages=MESSAGES)
    content = client.generations.list_generation_content(id=answer.id).model_dump_json()
    assert not [secret for secret in market.STORED.values() if secret in content]
    assert not [secret for secret in market.STORED.values() if secret in router.torana.output.read_text()]
