"""How the gateway's host reads a request and renders an error."""

from __future__ import annotations

import msgspec
import pytest

from fakes import ACCOUNT, JSON_TYPE, gateway, request
from torana.errors import BadOption, Unauthorized, UnknownGateway, UnknownProvider
from torana.exchange import Entry, Exchange, Opening
from torana.message import Headers, Reply
from torana.providers import MASK, SECRET_HEADERS, table
from torana.snapshot import GatewayConfig
from torana.surfaces import gateway as surface
from torana.surfaces.gateway import Door, Place

PROVIDERS = table({})
SECRET = b"sk-or-v1-0123456789abcdef"


def read(path: str, headers: Headers | None = None, *, is_stray: bool = False, collect_logs: bool = True) -> Opening:
    asked = request(f"/v1/{ACCOUNT}/default/{path}", headers=headers)
    place = surface.split(asked.target)
    assert place is not None
    config = GatewayConfig(ACCOUNT, "default", collect_logs=collect_logs)
    door = Door(lambda _: None, 0)
    return surface.read(asked, place, gateway(config), PROVIDERS, door, is_stray=is_stray)


def refused(opening: Opening, kind: type[Exception], words: str) -> None:
    """Kept and not raised: what is known until then is logged."""
    assert type(opening.refusal) is kind
    assert words in str(opening.refusal)


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
    assert b"AIzaSecret123" in x.secrets


def test_an_unknown_provider_is_named() -> None:
    x = read("nobody/chat/completions")
    refused(x, UnknownProvider, "nobody")
    assert (x.provider, x.path, x.target) == ("nobody", "chat/completions", None)


def test_an_unknown_gateway_of_a_known_account_is_told() -> None:
    refused(read("openai/chat/completions", is_stray=True), UnknownGateway, "default")


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
    refused(read("openai/models", [(name, value)]), BadOption, name.decode())


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


def test_a_head_is_kept_with_its_credentials_named_but_not_told() -> None:
    x = read("openai/models", [(b"authorization", b"Bearer " + SECRET), JSON_TYPE, (b"user-agent", b"me/1")])
    assert x.masked_headers == [(b"host", b"t"), (b"authorization", MASK), JSON_TYPE, (b"user-agent", b"me/1")]
    assert (x.type, x.user_agent, x.method) == ("application/json", "me/1", "POST")


@pytest.mark.parametrize("name", sorted(SECRET_HEADERS))
def test_each_credential_header_is_masked_and_others_are_not(name: bytes) -> None:
    assert surface.masked([JSON_TYPE, (name, SECRET)]) == [JSON_TYPE, (name, MASK)]


@pytest.mark.parametrize(
    ("gateway", "wish", "logged"),
    [
        (True, None, True),
        (True, b"false", False),
        (True, b"true", True),
        (False, None, False),
        (False, b"true", True),
        (False, b"false", False),
    ],
)
def test_a_callers_wish_goes_before_the_gateways_rule(gateway: bool, wish: bytes | None, logged: bool) -> None:  # noqa: FBT001  # a table
    sent: Headers = [(b"cf-aig-collect-log", wish)] if wish else []
    assert read("openai/models", sent, collect_logs=gateway).is_logged is logged


@pytest.mark.parametrize("raw", [b"", b"\r\nX-Request-Id: 1"])
def test_a_reply_is_dressed_with_the_gateways_own_headers(raw: bytes) -> None:
    reply, x = Reply(200, [(b"x-request-id", b"1")], raw=raw), begun(b"mine")
    x.opening.credential = "stored:team-a"
    surface.dress(x, reply)
    own: Headers = [
        (b"cf-aig-event-id", b"mine"),
        (b"cf-aig-request-id", b"0190"),
        (b"cf-aig-step", b"0"),
        (b"cf-aig-log-id", b"0190"),
        (b"torana-credential", b"stored:team-a"),
    ]
    if raw:
        assert reply.raw == raw + b"".join(b"\r\n%b: %b" % field for field in own)
    else:
        assert (reply.headers, reply.raw) == ([(b"x-request-id", b"1"), *own], b"")
    assert x.log.response_headers == [(b"x-request-id", b"1")]


@pytest.mark.parametrize("is_logged", [True, False])
@pytest.mark.parametrize("credential", ["", "request"])
@pytest.mark.parametrize(("event_id", "request_id"), [(b"", ""), (b"mine", ""), (b"", "r1"), (b"mine", "r1")])
def test_lines_that_are_kept_for_a_head_say_what_its_headers_would(
    event_id: bytes, request_id: str, credential: str, *, is_logged: bool
) -> None:
    x = begun(event_id) if event_id else begun()
    opening, x.log.step = x.opening, 2
    opening.request_id, opening.credential, opening.is_logged = request_id, credential, is_logged
    for x.log.id in ("0190-a", "0190-b"):  # the second answer finds what was kept for the first one
        plain, quick = Reply(200, [(b"x-a", b"1")]), Reply(200, [(b"x-a", b"1")], raw=b"\r\nX-A: 1")
        surface.dress(x, plain)
        surface.dress(x, quick)
        assert quick.raw == b"\r\nX-A: 1" + b"".join(b"\r\n%b: %b" % field for field in plain.headers[1:])


@pytest.mark.parametrize("raw", [b"", b"\r\nCF-AIG-Log-Id: theirs\r\nx-a: 1"])
def test_an_upstreams_headers_of_the_same_name_give_way(raw: bytes) -> None:
    reply = Reply(200, [(b"cf-aig-log-id", b"theirs"), (b"torana-credential", b"x"), (b"x-a", b"1")], raw=raw)
    surface.dress(begun(), reply)
    assert reply.raw == b""
    assert [value for name, value in reply.headers if name == b"cf-aig-log-id"] == [b"0190"]
    assert [value for name, value in reply.headers if name == b"torana-credential"] == [b"none"]


@pytest.mark.parametrize("raw", [b"", b"\r\nx-a: 1"])
def test_what_policies_say_to_the_caller_stands_in_the_head(raw: bytes) -> None:
    x = begun()
    x.notes = [(b"cf-aig-cache-status", b"MISS"), (b"x-b", b"2")]
    reply = Reply(200, [(b"x-a", b"1")], raw=raw)
    surface.dress(x, reply)
    assert (b"\r\ncf-aig-cache-status: MISS\r\nx-b: 2" in reply.raw) == bool(raw)
    assert raw or reply.headers[-2:] == x.notes


@pytest.mark.parametrize("raw", [b"", b"\r\nx-a: 1"])
def test_what_is_not_logged_has_no_log_id(raw: bytes) -> None:
    x = begun()
    x.opening.is_logged = False
    reply = Reply(200, [(b"x-a", b"1")], raw=raw)
    surface.dress(x, reply)
    assert b"cf-aig-log-id" not in reply.raw
    assert b"cf-aig-log-id" not in dict(reply.headers)
    assert raw == b"" or b"cf-aig-event-id: 0190" in reply.raw


def test_what_the_log_must_know_of_an_answers_head_is_noted() -> None:
    x = begun()
    surface.dress(
        x, Reply(200, [(b"content-type", b"text/plain"), (b"content-encoding", b"br"), (b"set-cookie", b"a=b")])
    )
    assert (x.log.response_content_type, x.log.response_encoding) == (b"text/plain", b"br")
    assert (b"set-cookie", MASK) in x.log.response_headers


def begun(event_id: bytes = b"") -> Exchange:
    opening = read("openai/models", [(b"cf-aig-event-id", event_id)] if event_id else [])
    return Exchange(request("/v1/"), opening, opening.gateway, Entry("0190"), 0.0)


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
