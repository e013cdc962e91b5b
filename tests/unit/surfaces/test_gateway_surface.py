"""How the gateway's host reads a request and renders an error."""

from __future__ import annotations

import msgspec
import pytest

from fakes import ACCOUNT, JSON_TYPE, Records, directory, request
from torana.errors import BadOption, Unauthorized, UnknownGateway, UnknownProvider
from torana.exchange import Exchange, Headers, Options
from torana.providers import table
from torana.surfaces import gateway as surface
from torana.surfaces.gateway import Place

PROVIDERS = table({})


def read(path: str, headers: Headers | None = None, *, is_stray: bool = False) -> Exchange:
    asked = request(f"/v1/{ACCOUNT}/default/{path}", headers=headers)
    place = surface.split(asked.target)
    assert place is not None
    gateway = directory(Records()).gateways[ACCOUNT.encode(), b"default"]
    x = Exchange("0190", asked, gateway, 0, 0.0, Options(), is_stray=is_stray)
    surface.read(x, place, PROVIDERS)
    return x


@pytest.mark.parametrize(
    ("target", "place"),
    [
        (b"/v1/a/g/openai/chat/completions?x=1", Place(b"a", b"g", b"openai", b"chat/completions?x=1")),
        (b"/v1/a/g/openai", Place(b"a", b"g", b"openai", b"")),
        (b"/v1/a/g/openai?x=1", Place(b"a", b"g", b"openai", b"?x=1")),
        (b"/v1/a/g", Place(b"a", b"g", b"", b"")),
        (b"/v1/a", Place(b"a", b"", b"", b"")),
        (b"/v1/", None),
        (b"/v1/a/g/p//x", Place(b"a", b"g", b"p", b"/x")),
    ],
)
def test_a_target_is_taken_apart(target: bytes, place: Place | None) -> None:
    assert surface.split(target) == place


def test_what_is_for_the_gateway_or_one_hop_does_not_go_upstream() -> None:
    sent: Headers = [
        (b"authorization", b"Bearer sk-0123456789"),
        (b"connection", b"keep-alive, X-Mine"),
        (b"x-mine", b"1"),
        (b"cf-aig-event-id", b"e1"),
        (b"cf-aig-unknown", b"1"),
        (b"content-length", b"2"),
        (b"te", b"trailers"),
        (b"x-custom", b"kept"),
        JSON_TYPE,
    ]
    x = read("openai/chat/completions", sent)
    assert x.headers == [(b"authorization", b"Bearer sk-0123456789"), (b"x-custom", b"kept"), JSON_TYPE]
    assert x.options.event_id == "e1"
    assert x.secrets == (b"sk-0123456789",)


def test_a_field_named_by_connection_goes_no_further_wherever_it_stands() -> None:
    x = read("openai/models", [(b"x-a", b"1"), (b"connection", b"x-a, x-b"), (b"x-b", b"2"), (b"x-c", b"3")])
    assert x.headers == [(b"x-c", b"3")]


def test_a_key_in_the_query_is_masked_in_the_path_and_kept_upstream() -> None:
    x = read("google-ai-studio/v1beta/models/gemini-2.5-flash:generateContent?key=AIzaSecret123&alt=sse")
    assert x.target is not None
    assert b"key=AIzaSecret123" in x.target.path
    assert "AIzaSecret123" not in x.path
    assert b"AIzaSecret123" not in x.masked_target
    assert b"AIzaSecret123" in x.secrets


def test_an_unknown_provider_is_named() -> None:
    with pytest.raises(UnknownProvider, match="nobody"):
        read("nobody/chat/completions")


def test_an_unknown_gateway_of_a_known_account_is_told() -> None:
    with pytest.raises(UnknownGateway, match="default"):
        read("openai/chat/completions", is_stray=True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"cf-aig-metadata", b"[1]"),
        (b"cf-aig-metadata", b"\xff"),
        (b"cf-aig-metadata", b'{"a": {"b": 1}}'),
        (b"cf-aig-collect-log", b"yes"),
        (b"cf-aig-collect-log-payload", b"1"),
        (b"cf-aig-custom-cost", b'{"per_token_in": -1}'),
        (b"cf-aig-custom-cost", b'{"per_token_in": "1"}'),
        (b"cf-aig-custom-cost", b"{}"),
        (b"cf-aig-event-id", b"e" * 300),
    ],
)
def test_a_bad_option_is_refused_by_name(name: bytes, value: bytes) -> None:
    with pytest.raises(BadOption, match=name.decode()):
        read("openai/models", [(name, value)])


def test_metadata_keeps_its_first_five_entries_and_none_of_the_gateways_own() -> None:
    sent = b'{"cf.user_id": "x", "a": 1, "b": "2", "c": true, "d": 1.5, "e": null, "f": 6}'
    x = read("openai/models", [(b"cf-aig-metadata", sent)])
    assert msgspec.json.decode(x.options.metadata) == {"a": 1, "b": "2", "c": True, "d": 1.5, "e": None}


def test_options_are_read() -> None:
    x = read(
        "openai/models",
        [
            (b"cf-aig-collect-log", b"false"),
            (b"cf-aig-collect-log-payload", b"FALSE"),
            (b"cf-aig-custom-cost", b'{"total_cost": 0.5}'),
        ],
    )
    assert x.options.collect_log is False
    assert x.options.collect_payload is False
    assert x.options.custom_cost == '{"total_cost": 0.5}'


def test_a_reply_is_dressed_with_the_gateways_own_headers_alone() -> None:
    x = read("openai/models", [(b"cf-aig-event-id", b"mine")])
    dressed = surface.dress(x, [(b"cf-aig-log-id", b"theirs"), (b"x-request-id", b"1")], is_logged=True)
    assert dressed == [
        (b"x-request-id", b"1"),
        (b"cf-aig-log-id", b"0190"),
        (b"cf-aig-event-id", b"mine"),
        (b"cf-aig-request-id", b"0190"),
        (b"cf-aig-step", b"0"),
    ]
    assert b"cf-aig-log-id" not in dict(surface.dress(x, [], is_logged=False))


def test_an_error_has_the_envelope_of_the_gateway_host() -> None:
    reply = surface.refuse(Unauthorized("Unauthorized"))
    assert reply.status == 401
    assert isinstance(reply.body, bytes)
    assert msgspec.json.decode(reply.body) == {
        "success": False,
        "result": [],
        "messages": [],
        "error": [{"code": 2009, "message": "Unauthorized"}],
        "name": "AiGatewayError",
        "httpCode": 401,
        "internalCode": 2009,
        "message": "Unauthorized",
        "description": "Unauthorized",
    }
