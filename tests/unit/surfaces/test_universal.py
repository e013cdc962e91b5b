"""The steps of a universal request: what each says, and what is wrong with it."""

from __future__ import annotations

import gzip

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import ACCOUNT, JSON_TYPE, Pieces, gateway, request
from torana.errors import BadChatFormat, BadOption, BodyTooLarge, CallerError, ToranaError, UnknownProvider
from torana.exchange import Opening, Request, Retries
from torana.message import Headers
from torana.providers import MASK, table
from torana.snapshot import GatewayConfig
from torana.surfaces import gateway as surface
from torana.surfaces import universal

TABLE = table({})
STEP: dict[str, object] = {
    "provider": "openai",
    "endpoint": "chat/completions",
    "headers": {"Authorization": "Bearer sk-step-0123456789", "Content-Type": "application/json"},
    "query": {"model": "m"},
}


def asked(body: bytes, headers: Headers | None = None, tail: str = "") -> Request:
    return request(f"/v1/{ACCOUNT}/default{tail}", body, headers)


def base(sent: Request) -> Opening:
    place = surface.split(sent.target)
    assert place is not None
    config = GatewayConfig(ACCOUNT, "default", retry_max_attempts=4, retry_delay=40, retry_backoff="linear")
    return surface.read(sent, place, gateway(config), TABLE)


def read(*steps: object, headers: Headers | None = None) -> list[tuple[Opening, bytes]]:
    sent = asked(msgspec.json.encode(list(steps)), headers)
    return universal.read_steps(base(sent), sent, TABLE)


def one(step: dict[str, object], headers: Headers | None = None) -> Opening:
    ((opening, _),) = read(step, headers=headers)
    return opening


@pytest.mark.parametrize("tail", ["", "/", "?x=1", "/?x=1"])
def test_post_without_a_provider_is_universal(tail: str) -> None:
    opening = base(asked(b"[]", tail=tail))
    assert (opening.form, opening.refusal, opening.provider) == ("universal", None, "universal")


def test_get_without_a_provider_is_nothing() -> None:
    sent = asked(b"")
    sent.method = b"GET"
    assert isinstance(base(sent).refusal, UnknownProvider)


def test_a_step_is_a_call_to_its_provider_with_its_own_bytes() -> None:
    query = b'{ "model" : "m",\n "x": 1.50 }'
    sent = asked(b'{"provider":"openai","endpoint":"/chat/completions?a=1","query":%b}' % query)
    ((opening, body),) = universal.read_steps(base(sent), sent, TABLE)
    assert body == query
    assert opening.target is not None
    assert (opening.target.origin.host, opening.target.path) == ("api.openai.com", b"/v1/chat/completions?a=1")
    assert (opening.provider, opening.path, opening.form) == ("openai", "chat/completions?a=1", "")
    assert opening.request_type == "Universal"


def test_steps_keep_their_order_and_know_of_those_that_follow() -> None:
    found = read(STEP, STEP | {"provider": "groq"}, STEP | {"provider": "mistral"})
    assert [opening.provider for opening, _ in found] == ["openai", "groq", "mistral"]
    assert [opening.retries.has_alternative for opening, _ in found if opening.retries] == [True, True, False]


def test_a_steps_headers_go_before_the_requests_and_credentials_of_all_go_to_none() -> None:
    outer: Headers = [
        (b"authorization", b"Bearer outer-0123456789"),
        (b"x-api-key", b"outer-key-0123456789"),
        (b"user-agent", b"me/1"),
        (b"x-a", b"outer"),
        (b"content-length", b"9"),
    ]
    opening = one(STEP | {"headers": {"X-A": "step", "Authorization": "Bearer sk-step-0123456789", "x-n": 7}}, outer)
    assert opening.headers == [
        (b"user-agent", b"me/1"),
        (b"x-a", b"step"),
        (b"authorization", b"Bearer sk-step-0123456789"),
        (b"x-n", b"7"),
        (b"content-type", b"application/json"),
    ]
    assert (b"authorization", MASK) in opening.masked_headers
    assert {b"sk-step-0123456789", b"outer-key-0123456789", b"outer-0123456789"} <= set(opening.secrets)


def test_authorization_may_be_a_field_of_the_step() -> None:
    opening = one({"provider": "openai", "endpoint": "models", "query": {}, "authorization": "Bearer old-0123456789"})
    assert (b"authorization", b"Bearer old-0123456789") in opening.headers
    both = one(STEP | {"authorization": "Bearer old-0123456789"})
    assert [value for name, value in both.headers if name == b"authorization"] == [b"Bearer sk-step-0123456789"]


def test_a_key_in_the_endpoint_is_masked_in_the_log_alone() -> None:
    opening = one(STEP | {"provider": "google-ai-studio", "endpoint": "v1/models/m:generateContent?key=AIza-0123"})
    assert opening.path == "v1/models/m:generateContent?key=***"
    assert opening.target is not None
    assert opening.target.path.endswith(b"key=AIza-0123")
    assert b"AIza-0123" in opening.secrets


@pytest.mark.parametrize(
    ("headers", "config", "outer", "retries"),
    [
        ({}, None, [], Retries(4, 40, "linear")),
        ({}, {}, [(b"cf-aig-max-attempts", b"3")], Retries(3, 40, "linear")),
        (
            {},
            {"maxAttempts": 2, "retryDelay": 1000, "backoff": "constant", "requestTimeout": 900, "other": 1},
            [(b"cf-aig-max-attempts", b"3"), (b"cf-aig-backoff", b"exponential")],
            Retries(2, 1000, "constant", 900),
        ),
        ({"cf-aig-max-attempts": "5"}, {"maxAttempts": "2", "backoff": None}, [], Retries(5, 40, "linear")),
        ({"cf-aig-max-attempts": 1}, None, [], None),
    ],
)
def test_a_step_goes_before_the_request_which_goes_before_the_gateway(
    headers: dict[str, object], config: object, outer: Headers, retries: Retries | None
) -> None:
    assert one(STEP | {"headers": headers, "config": config}, outer).retries == retries


def test_all_wishes_of_a_step_are_its_own() -> None:
    outer: Headers = [(b"cf-aig-cache-ttl", b"3600"), (b"cf-aig-metadata", b'{"a":1}'), (b"cf-aig-event-id", b"e")]
    opening = one(STEP | {"headers": {"cf-cache-ttl": "60", "cf-aig-collect-log": False}}, outer)
    options = opening.options
    assert (options.cache_ttl_s, options.metadata, options.event_id) == (60, '{"a":1}', "e")
    assert opening.is_logged is False
    assert all(not name.startswith(b"cf-") for name, _ in opening.headers)


def test_a_step_may_go_through_compat() -> None:
    step = STEP | {"provider": "compat", "query": {"model": "groq/llama", "n": 1}}
    ((opening, body),) = read(step)
    assert (opening.provider, opening.request_type, opening.path) == ("groq", "Universal", "chat/completions")
    assert msgspec.json.decode(body) == {"model": "llama", "n": 1}


def test_a_compressed_request_is_read() -> None:
    sent = asked(gzip.compress(msgspec.json.encode([STEP])), [JSON_TYPE, (b"content-encoding", b"gzip")])
    ((opening, body),) = universal.read_steps(base(sent), sent, TABLE)
    assert body == b'{"model":"m"}'
    assert (opening.coding, b"content-encoding" in dict(opening.headers)) == (b"", False)


def test_a_request_that_decodes_to_more_than_can_be_read_is_too_large() -> None:
    sent = asked(gzip.compress(b" " * (65 << 20)), [JSON_TYPE, (b"content-encoding", b"gzip")])
    with pytest.raises(BodyTooLarge):
        universal.read_steps(base(sent), sent, TABLE)


def test_a_body_that_streams_cannot_be_read() -> None:
    sent = asked(b"")
    sent.body = Pieces([b"[]"])
    with pytest.raises(CallerError, match="content-type: application/json"):
        universal.read_steps(base(sent), sent, TABLE)


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        ({"provider": "nobody"}, UnknownProvider, "step 1: Invalid provider: `nobody`"),
        ({"provider": 1}, CallerError, "step 1: `provider`"),
        ({"endpoint": None}, CallerError, "step 1: `endpoint`"),
        ({"endpoint": "a\u00e9"}, CallerError, "step 1: `endpoint`"),
        ({"endpoint": "a/../b"}, CallerError, "step 1: the path"),
        ({"endpoint": "a b"}, CallerError, "step 1: the path"),
        ({"headers": {"a b": "c"}}, CallerError, "step 1: `headers`"),
        ({"headers": {"a": "c\r\nd: e"}}, CallerError, "step 1: `headers.a`"),
        ({"headers": {"a": "\u20ac"}}, CallerError, "step 1: `headers.a`"),
        ({"headers": {"a": []}}, CallerError, "step 1: `headers"),
        ({"headers": {"cf-aig-cache-ttl": "1"}}, BadOption, "step 1: `cf-aig-cache-ttl`"),
        ({"headers": [], "authorization": "x"}, CallerError, "step 1: `headers`"),
        ({"headers": None, "authorization": "a\nb"}, CallerError, "step 1: `authorization`"),
        ({"config": {"maxAttempts": 9}}, BadOption, "step 1: `config.maxAttempts`"),
        ({"config": {"requestTimeout": True}}, BadOption, "step 1: `config.requestTimeout`"),
        ({"config": {"backoff": "x"}}, BadOption, "step 1: `config.backoff`"),
        ({"config": 1}, CallerError, "step 1: `config`"),
        ({"provider": "compat", "query": {"model": "x"}}, BadChatFormat, "step 1: Chat completion bad format"),
        ({"provider": "compat", "query": []}, BadChatFormat, "step 1: Chat completion bad format"),
        ({"provider": "azure-openai", "endpoint": "x"}, CallerError, "step 1: a path of `azure-openai`"),
    ],
)
def test_what_is_wrong_is_named_by_step_and_field(
    change: dict[str, object], kind: type[ToranaError], words: str
) -> None:
    with pytest.raises(kind) as refused:
        read(STEP, STEP | change)
    assert words in refused.value.message
    assert refused.value.status == 400


@pytest.mark.parametrize("missing", ["provider", "endpoint", "query"])
def test_what_is_missing_is_named(missing: str) -> None:
    with pytest.raises(CallerError) as refused:
        read({name: value for name, value in STEP.items() if name != missing})
    assert "step 0: " in refused.value.message
    assert f"`{missing}`" in refused.value.message
    assert isinstance(refused.value, UnknownProvider) == (missing == "provider")


@pytest.mark.parametrize("body", [b"", b"[", b"[]", b'"x"', b"1", b"[1]", b"\xff", b"[" * 2000])
def test_what_is_no_list_of_steps_is_refused(body: bytes) -> None:
    sent = asked(body)
    with pytest.raises(CallerError):
        universal.read_steps(base(sent), sent, TABLE)


def test_there_is_an_end_to_the_steps() -> None:
    with pytest.raises(CallerError, match="1 to 100 steps, not 101"):
        read(*[STEP] * 101)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*STEP, "config"]), inner),
        max_leaves=12,
    )
)
def test_any_json_is_read_or_refused(value: object) -> None:
    sent = asked(msgspec.json.encode(value))
    try:
        universal.read_steps(base(sent), sent, TABLE)
    except ToranaError as error:
        assert error.status == 400  # noqa: PT017  # either of the two is right
