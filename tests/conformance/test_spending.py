"""Limits of keys and credits through the real server: nothing is overspent, and refusals say why."""

from __future__ import annotations

import asyncio
import html
import json
import re
import shutil
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest
from openrouter import OpenRouter, errors

import spending
from running import Torana
from scripted import ScriptedUpstream
from torana.periods import period
from torana.purse import counter_of
from torana.storage.mapped_counters import COUNTERS, MappedCounters, exist

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CALLS = 200
_AT_ONCE = 50


@pytest.fixture(scope="module")
def torana(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Torana]:
    folder = tmp_path_factory.mktemp("spending")
    with ScriptedUpstream() as upstream:
        upstream.script("/v1/chat/completions", spending.answering(3))  # type: ignore[arg-type]  # a reaction
        with Torana(folder / "data", {"openai": f"{upstream.url}/v1"}, workers=2) as served:
            spending.ready(served)
            yield served


def own(torana: Torana, headers: dict[str, str]) -> dict[str, object]:
    answer = httpx.get(f"{torana.url}/api/v1/key", headers=headers, trust_env=False, timeout=60)
    data: dict[str, object] = answer.json()["data"]
    return data


def counted(torana: Torana, key_hash: str) -> int:
    """What counts against a key's limit of this month; 0 where nothing was ever counted."""
    folder = torana.data_dir / COUNTERS
    if not exist(folder):
        return 0
    counter = counter_of("key", period("monthly", time.time_ns() // 1_000_000), key_hash)
    with MappedCounters(folder) as counters:
        (standings,) = counters.standings([counter.rule])
    return next((each.used for each in standings if each.label == key_hash), 0)


@contextmanager
def sdk(torana: Torana, headers: dict[str, str]) -> Iterator[OpenRouter]:
    key = headers["authorization"].removeprefix("Bearer ")
    with httpx.Client(trust_env=False, timeout=60) as http:
        yield OpenRouter(api_key=key, server_url=f"{torana.url}/api/v1", client=http)


async def test_two_hundred_calls_at_once_never_overspend_a_key(torana: Torana) -> None:
    _, headers = spending.new_key(torana, "--limit", "0.001")
    limits = httpx.Limits(max_connections=_AT_ONCE)
    async with httpx.AsyncClient(trust_env=False, limits=limits, timeout=120) as client:
        calls = (
            spending.call(client, torana.url, spending.ask(is_stream=n % 2 == 0, max_tokens=200), headers)
            for n in range(_CALLS)
        )
        found = await asyncio.gather(*calls)
    answered = [each for each in found if each.status == 200]
    spent = sum(each.nano for each in answered)
    assert 0 < spent <= 1_000_000
    assert len(answered) < _CALLS
    assert {each.status for each in found} <= {200, 402, 403}
    assert own(torana, headers)["usage"] == spent / 10**9
    assert own(torana, headers)["limit_remaining"] == (1_000_000 - spent) / 10**9


async def test_a_key_that_has_used_its_limit_is_refused_with_the_reason(torana: Torana) -> None:
    _, headers = spending.new_key(torana, "--limit", "0", "--reset", "daily")
    answer = torana.post(spending.PATH, spending.ask(is_stream=False), headers)
    assert answer.status_code == 403
    error = answer.json()["error"]
    assert error["message"].startswith("Key limit exceeded (daily limit). Manage it using ")
    assert error["code"] == 403
    assert error["metadata"]["limit_source"] == "openrouter_key_limit"
    assert error["metadata"]["remedy_hint"]


@pytest.mark.filterwarnings("ignore:.*DEPRECATED:DeprecationWarning")  # of fields that the documented answer has
def test_the_official_client_manages_keys(torana: Torana) -> None:
    _, headers = spending.new_key(torana, "--management")
    with sdk(torana, headers) as client:
        made = client.api_keys.create(name="by sdk", limit=1.5, limit_reset="weekly", include_byok_in_limit=True)
        assert made.key.startswith("sk-or-v1-")
        assert (made.data.limit, made.data.limit_remaining, made.data.limit_reset) == (1.5, 1.5, "weekly")
        found = client.api_keys.get(hash=made.data.hash).data
        assert (found.name, found.workspace_id) == ("by sdk", "default")
        changed = client.api_keys.update(hash=made.data.hash, name="renamed", disabled=True, limit=None).data
        assert (changed.name, changed.disabled, changed.limit) == ("renamed", True, None)
        listed = client.api_keys.list(include_disabled=True).data
        assert "renamed" in {key.name for key in listed}
        assert client.api_keys.delete(hash=made.data.hash).DELETED is True
        with pytest.raises(errors.NotFoundResponseError):
            client.api_keys.get(hash=made.data.hash)
        known = client.api_keys.get_current_key_metadata().data
        assert (known.is_management_key, known.workspace_id) == (True, "default")
        assert client.credits.get_credits().data.total_usage >= 0


def test_the_official_client_meets_the_documented_errors(torana: Torana) -> None:
    _, headers = spending.new_key(torana)
    with sdk(torana, headers) as client, pytest.raises(errors.ForbiddenResponseError, match="Only management keys"):
        client.credits.get_credits()
    hash_, switched_off = spending.new_key(torana)
    torana.run("keys", "disable", hash_)
    with sdk(torana, switched_off) as client, pytest.raises(errors.UnauthorizedResponseError, match="is disabled"):
        client.api_keys.get_current_key_metadata()


def test_the_official_client_gets_a_key_by_pkce(torana: Torana) -> None:
    _, headers = spending.new_key(torana)
    with sdk(torana, headers) as client:
        made = client.o_auth.create_auth_code(
            callback_url="https://app.example/cb", code_challenge="verifier-" * 5, code_challenge_method="plain"
        )
        told = client.o_auth.exchange_auth_code_for_api_key(
            code=made.data.id, code_verifier="verifier-" * 5, code_challenge_method="plain"
        )
    torana.follow()
    assert own(torana, {"authorization": f"Bearer {told.key}"})["workspace_id"] == "default"


def test_a_browser_agrees_and_is_sent_back_with_a_code(torana: Torana) -> None:
    _, manager = spending.new_key(torana, "--management")
    credential = manager["authorization"].removeprefix("Bearer ")
    query = {"callback_url": "http://localhost:3000/cb", "code_challenge": "v" * 43, "key_label": "page"}
    with httpx.Client(base_url=torana.url, trust_env=False, timeout=60) as browser:
        page = browser.get("/auth", params=query)
        assert page.headers["content-type"].startswith("text/html")
        found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text)
        form = {html.unescape(name): html.unescape(value) for name, value in found}
        sent = browser.post("/auth", data={**form, "credential": credential, "decision": "allow"})
        assert sent.status_code == 303
        code = sent.headers["location"].removeprefix("http://localhost:3000/cb?code=")
        told = browser.post("/api/v1/auth/keys", json={"code": code, "code_verifier": "v" * 43}).json()
        again = browser.post("/api/v1/auth/keys", json={"code": code, "code_verifier": "v" * 43})
        asked = browser.options("/api/v1/chat/completions", headers={"origin": "https://app.example"})
    assert told["key"].startswith("sk-or-v1-")
    assert (again.status_code, again.json()["error"]["code"]) == (403, 403)
    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, "*")


def test_a_limit_outlives_the_file_that_it_is_counted_in(tmp_path: Path) -> None:
    with ScriptedUpstream() as upstream:
        upstream.script("/v1/chat/completions", spending.answering(3))  # type: ignore[arg-type]  # a reaction
        torana = Torana(tmp_path / "data", {"openai": f"{upstream.url}/v1"})
        with torana:
            spending.ready(torana)
            hash_, headers = spending.new_key(torana, "--limit", "0.00002", "--reset", "monthly")
            while torana.post(spending.PATH, spending.ask(is_stream=False, max_tokens=1), headers).status_code == 200:
                pass
            before = own(torana, headers)["limit_remaining"]
            assert own(torana, headers)["usage"]
        shutil.rmtree(torana.data_dir / COUNTERS)
        with torana:
            deadline = time.monotonic() + 60
            while not counted(torana, hash_):
                assert time.monotonic() < deadline, "the counters were not made anew"
                time.sleep(0.05)
            answer = torana.post(spending.PATH, spending.ask(is_stream=False, max_tokens=1), headers)
            assert answer.status_code in {402, 403}, answer.text
            assert own(torana, headers)["limit_remaining"] == before


def test_credits_are_a_limit_from_the_first_grant_on(torana: Torana) -> None:
    """Last in this file: from here on the account has a limit."""
    _, headers = spending.new_key(torana)
    body = spending.ask(is_stream=False)
    assert torana.post(spending.PATH, body, headers).status_code == 200
    used = json.loads(torana.run("credits", "show", "--json"))["total_usage"]
    torana.run("credits", "add", f"{used + 1e-7:.9f}")
    torana.follow()
    # What was used before there was a limit counts against it once the counters have followed.
    for _ in range(100):
        answer = torana.post(spending.PATH, body, headers)
        if answer.status_code != 200:
            break
    error = answer.json()["error"]
    assert answer.status_code == 402
    assert error["metadata"]["limit_source"] in {"openrouter_credits", "openrouter_in_flight_budget"}
    assert "credits" in error["message"]
    torana.run("credits", "add", "5")
    torana.follow()
    assert torana.post(spending.PATH, body, headers).status_code == 200
