"""One generation: its figures, what was said in it, and feedback."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from openrouter.components import GenerationContentResponse, GenerationResponse

from torana import routed
from torana.control.logs import Bodies
from torana.control.operations import Store
from torana.control.router.content import read
from torana.exchange import Usage
from torana.journal import Journal
from torana.routed import Answered, Routed
from torana.storage.tables import generation_feedback, generations
from unit.storage.records import make_record

if TYPE_CHECKING:
    import httpx

Bearer = Callable[..., dict[str, str]]
ID = "gen-1795000000-abc"
ASKED = {"model": "openai/gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
ANSWERED = {"choices": [{"message": {"role": "assistant", "content": "Hello", "reasoning": "Greet."}}]}


def put(store: Store, journal: Journal, account: str, said: Routed, **changed: object) -> str:
    """A log through the journal, and its generation."""
    record = make_record(len(said.id), account_id=account, **changed)
    assert journal.append(record)
    values = {
        "id": said.id,
        "account_id": account,
        "gateway_id": "default",
        "log_id": record.id,
        "key_hash": said.key_hash,
        "created_ms": 1_795_000_000_123,
        "content": routed.encode(said).decode(),
    }
    with store.database.writer.begin() as connection:
        connection.execute(sa.insert(generations).values(values))
    return record.id


FULL = Routed(
    ID,
    key_hash="k",
    model="openai/gpt-4o",
    permaslug="openai/gpt-4o-2024-08-06",
    provider_name="Azure",
    upstream_id="chatcmpl-1",
    cost_nano=1_234_567,
    upstream_nano=1_234_567,
    cache_discount_nano=1_000,
    finish_reason="stop",
    native_finish_reason="completed",
    answered=[
        Answered("OpenAI", status=503, latency_ms=5),
        Answered("Azure", endpoint_id="e", id="chatcmpl-1", status=200, latency_ms=20, service_tier="priority"),
    ],
    router="openrouter/auto",
    session_id="s",
    user="u",
    app_url="https://example.com/",
)


async def test_all_that_is_known_of_one_is_told_right_after_its_answer(
    client: httpx.AsyncClient, bearer: Bearer, store: Store, journal: Journal, account: str
) -> None:
    usage = Usage(10, 25, cached_tokens_in=3, reasoning_tokens_out=5)
    log_id = put(
        store, journal, account, FULL, usage=usage, is_stream=True, duration_us=1_250_000, first_byte_us=50_000
    )
    answer = await client.get(f"generation?id={ID}", headers=bearer())
    assert answer.status_code == 200
    found = answer.json()["data"]
    assert {
        "id": ID,
        "request_id": log_id,
        "created_at": "2026-11-18T11:06:40.123Z",
        "model": "openai/gpt-4o",
        "provider_name": "Azure",
        "router": "openrouter/auto",
        "total_cost": 0.001234567,
        "usage": 0.001234567,
        "cache_discount": 1e-06,
        "latency": 1250,
        "generation_time": 1200,
        "streamed": True,
        "cancelled": False,
        "tokens_prompt": 10,
        "native_tokens_completion": 25,
        "native_tokens_reasoning": 5,
        "native_tokens_cached": 3,
        "origin": "https://example.com/",
        "external_user": "u",
        "workspace_id": "default",
        "preset_id": None,
        "user_agent": "test",
    }.items() <= found.items()
    assert found["provider_responses"][0]["status"] == 503
    assert found["provider_responses"][1]["routed_service_tier"] == "priority"
    typed = GenerationResponse.model_validate(answer.json()).data
    assert typed.latency == 1250
    assert typed.finish_reason == "stop"


async def test_what_was_said_is_shown_where_it_was_kept(
    client: httpx.AsyncClient, bearer: Bearer, store: Store, journal: Journal, account: str
) -> None:
    put(
        store,
        journal,
        account,
        FULL,
        request_body=json.dumps(ASKED).encode(),
        response_body=json.dumps(ANSWERED).encode(),
    )
    answer = await client.get(f"generation/content?id={ID}", headers=bearer())
    assert answer.json() == {
        "data": {
            "input": {"messages": ASKED["messages"]},
            "output": {"completion": "Hello", "reasoning": "Greet."},
            "error": None,
        }
    }
    GenerationContentResponse.model_validate(answer.json())


async def test_an_error_that_was_kept_is_shown_with_those_before_it(
    client: httpx.AsyncClient, bearer: Bearer, store: Store, journal: Journal, account: str
) -> None:
    refused = b'{"error":{"code":429,"message":"slow down"}}'
    put(store, journal, account, FULL, status=429, error="slow down", request_body=b"{}", response_body=refused)
    answer = await client.get(f"generation/content?id={ID}", headers=bearer())
    data = GenerationContentResponse.model_validate(answer.json()).data
    assert data.error is not None
    assert (data.error.status, data.error.message, data.error.raw) == (429, "slow down", refused.decode())
    assert [(one.code, one.provider_name) for one in data.error.previous_errors] == [(503, "OpenAI")]
    assert data.output.completion is None


async def test_what_was_not_to_be_kept_is_not_shown(
    client: httpx.AsyncClient, bearer: Bearer, store: Store, journal: Journal, account: str
) -> None:
    put(store, journal, account, Routed(ID, is_logged_content=False), request_body=b"{}", response_body=b"{}")
    put(store, journal, account, Routed("gen-2"), has_bodies=False)
    for id_ in (ID, "gen-2"):
        answer = await client.get(f"generation/content?id={id_}", headers=bearer())
        assert answer.status_code == 404, id_
        assert (await client.get(f"generation?id={id_}", headers=bearer())).status_code == 200


async def test_a_generation_outlives_its_log(
    client: httpx.AsyncClient, bearer: Bearer, store: Store, account: str
) -> None:
    values = {"id": ID, "account_id": account, "gateway_id": "default", "log_id": "gone", "key_hash": ""}
    with store.database.writer.begin() as connection:
        content = {"created_ms": 1, "content": routed.encode(FULL).decode()}
        connection.execute(sa.insert(generations).values(values | content))
    answer = await client.get(f"generation?id={ID}", headers=bearer())
    assert answer.json()["data"]["latency"] is None
    GenerationResponse.model_validate(answer.json())


async def test_what_is_not_there_or_anothers_is_404(
    client: httpx.AsyncClient, bearer: Bearer, store: Store, journal: Journal
) -> None:
    put(store, journal, "f" * 32, FULL)
    for path in ("generation", "generation/content"):
        answer = await client.get(f"{path}?id={ID}", headers=bearer())
        assert answer.status_code == 404
        assert answer.json()["error"] == {"code": 404, "message": f"Generation {ID} not found"}
        assert (await client.get(path, headers=bearer())).status_code == 400


async def test_feedback_is_kept(
    client: httpx.AsyncClient, bearer: Bearer, store: Store, journal: Journal, account: str
) -> None:
    put(store, journal, account, FULL)
    key = bearer(is_management=True)
    body = {"generation_id": ID, "category": "formatting", "comment": "No list"}
    answer = await client.post("generation/feedback", json=body, headers=key)
    assert answer.json() == {"data": {"success": True}}
    with store.database.reader.connect() as connection:
        (row,) = connection.execute(sa.select(generation_feedback))
    assert (row.generation_id, row.category, row.comment) == (ID, "formatting", "No list")
    for bad in ({"category": "taste"}, {"comment": "x" * 1001}):
        assert (await client.post("generation/feedback", json=body | bad, headers=key)).status_code == 400
    gone = await client.post("generation/feedback", json=body | {"generation_id": "gen-9"}, headers=key)
    assert gone.status_code == 404
    assert (await client.post("generation/feedback", json=body, headers=bearer())).status_code == 403


@pytest.mark.parametrize(
    ("request_", "answer", "expected"),
    [
        ({"prompt": "Hi"}, {"choices": [{"text": "Hello"}]}, ({"prompt": "Hi"}, "Hello", None)),
        (
            {"messages": [{"role": "user", "content": "Hi"}]},
            {"content": [{"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": "Hello"}]},
            ({"messages": [{"role": "user", "content": "Hi"}]}, "Hello", "Hm"),
        ),
        (
            {"input": "Hi"},
            {
                "output": [
                    {"type": "reasoning", "summary": [{"text": "Hm"}]},
                    {"type": "message", "content": [{"type": "output_text", "text": "Hello"}]},
                ]
            },
            ({"prompt": "Hi"}, "Hello", "Hm"),
        ),
        ({"input": [{"role": "user"}]}, {}, ({"messages": [{"role": "user"}]}, None, None)),
    ],
)
def test_each_format_is_read(request_: dict[str, Any], answer: dict[str, Any], expected: tuple[object, ...]) -> None:
    said = read(Bodies(request_body=json.dumps(request_).encode(), response_body=json.dumps(answer).encode()))
    assert (said.input, said.completion, said.reasoning) == expected


def test_of_what_cannot_be_read_nothing_is_said() -> None:
    said = read(Bodies(request_body=b"\xff{", response_body=b"[1]"))
    assert (said.input, said.completion, said.reasoning) == ({"messages": []}, None, None)
