"""Inference on the API host: where it leads, what `ai/run` has in it, how its answers are wrapped."""

from __future__ import annotations

import msgspec
import pytest

from fakes import ACCOUNT, JSON_TYPE, gateway, request
from torana.errors import BadChatFormat, NoCredential, RateLimited, Unauthorized
from torana.exchange import Gateway, Opening
from torana.keys import Caller
from torana.message import Headers
from torana.providers import table
from torana.surfaces import gateway as surface
from torana.surfaces import rest
from torana.surfaces.gateway import Door, Place

TABLE = table({})
BASE = f"/client/v4/accounts/{ACCOUNT}/ai/"
TOKEN = b"torana_0123456789abcdef"
CALLER = Caller("t1", account_id=ACCOUNT, permissions=frozenset({"run"}))
DOOR = Door(lambda text: CALLER if text == TOKEN else None, 0)
SHOWN = (b"authorization", b"Bearer " + TOKEN)


def placed(path: str, headers: Headers | None = None) -> Place | None:
    return rest.place(request(BASE + path, b"", headers or []))


def opened(path: str, headers: Headers | None = None, there: Gateway | None = None) -> Opening:
    asked = request(BASE + path, b"", [JSON_TYPE, *(headers if headers is not None else [SHOWN])])
    place = rest.place(asked)
    assert place is not None
    return surface.read(asked, place, there or gateway(), TABLE, DOOR)


@pytest.mark.parametrize(
    ("path", "provider", "left", "form"),
    [
        ("v1/chat/completions", b"compat", b"v1/chat/completions", ""),
        ("v1/messages?beta=true", b"compat", b"v1/messages?beta=true", ""),
        ("run", b"compat", b"run", "run"),
        ("run/@cf/meta/llama-3.1-8b-instruct", b"workers-ai", b"run/@cf/meta/llama-3.1-8b-instruct", ""),
    ],
)
def test_a_path_leads_to_the_default_gateway_or_the_one_that_is_named(
    path: str, provider: bytes, left: bytes, form: str
) -> None:
    account = ACCOUNT.encode()
    expected = Place(account, b"default", provider, left, is_api=True, form=form)  # type: ignore[arg-type]  # a Form
    assert placed(path) == expected
    named = placed(path, [(b"cf-aig-gateway-id", b"other")])
    assert named is not None
    assert named.gateway_id == b"other"


@pytest.mark.parametrize(
    "target", ["/client/v4/accounts/a/ai-gateway/gateways", "/client/v4/accounts/a/ai/models", "/v1/a/b"]
)
def test_what_is_no_inference_is_left_to_others(target: str) -> None:
    assert not rest.is_inference(target.encode())
    assert rest.place(request(target)) is None


def test_a_token_is_needed_whatever_the_gateway_says() -> None:
    assert isinstance(opened("v1/chat/completions", []).refusal, Unauthorized)
    assert isinstance(
        opened("v1/chat/completions", [(b"authorization", b"Bearer sk-theirs-01234")]).refusal, Unauthorized
    )
    assert opened("v1/chat/completions").refusal is None


def test_providers_are_shown_stored_keys_alone() -> None:
    base = opened("run")
    body = b'{"model": "openai/gpt-5", "input": {"messages": []}}'
    with pytest.raises(NoCredential, match="no key for `openai`"):
        rest.derive(base, body, TABLE)


@pytest.mark.parametrize(
    ("model", "given", "path"),
    [
        ("local/m", {"messages": []}, b"/v1/chat/completions"),
        ("local/m", {"prompt": "x"}, b"/v1/completions"),
        ("local/m", {"input": "x"}, b"/v1/responses"),
        ("local/embed-m", {"input": "x"}, b"/v1/embeddings"),
    ],
)
def test_what_is_run_is_told_by_its_input(model: str, given: dict[str, object], path: bytes) -> None:
    opening, body = rest.derive(opened("run"), msgspec.json.encode({"model": model, "input": given}), TABLE)
    assert opening.target is not None
    assert opening.target.path == path
    assert msgspec.json.decode(body) == {"model": model.removeprefix("local/"), **given}


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"model": 1, "input": {}}', b'{"model": "local/m"}', b'{"model":"local/m","input":{}}']
)
def test_what_cannot_be_run_is_told(body: bytes) -> None:
    with pytest.raises(BadChatFormat, match="input"):
        rest.derive(opened("run"), body, TABLE)


def test_answers_are_wrapped() -> None:
    reply = rest.wrapped(200, b'{"id":"x"}', "stored:default")
    assert isinstance(reply.body, bytes)
    assert msgspec.json.decode(reply.body) == {
        "result": {"id": "x"},
        "success": True,
        "errors": [],
        "messages": [],
        "gatewayMetadata": {"keySource": "stored:default"},
    }


@pytest.mark.parametrize(
    ("status", "told", "code"), [(401, 401, 2009), (403, 401, 2009), (429, 429, 2005), (500, 500, 2005)]
)
def test_a_providers_error_is_told_in_the_hosts_envelope(status: int, told: int, code: int) -> None:
    reply = rest.wrapped(status, b'{"error": {"message": "no"}}', "stored:default")
    assert isinstance(reply.body, bytes)
    assert reply.status == told
    assert msgspec.json.decode(reply.body)["errors"] == [{"code": code, "message": "no"}]


def test_who_is_not_known_gets_the_hosts_own_code() -> None:
    for error, code in ((Unauthorized("Unauthorized"), 10000), (RateLimited("later"), 2003)):
        reply = rest.refuse(error)
        assert isinstance(reply.body, bytes)
        assert msgspec.json.decode(reply.body)["errors"] == [{"code": code, "message": error.message}]
