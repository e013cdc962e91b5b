"""When two requests are the same, and when they are not."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import ACCOUNT, JSON_TYPE, PREFIX, gateway
from torana.caching import CachePlan
from torana.exchange import Gateway, Opening, Request
from torana.keys import AwsKeys
from torana.message import Headers
from torana.policies.cache_key import NAMED_TTL_S, credential, key_of, name_of, plan
from torana.providers import SECRET_HEADERS, table
from torana.snapshot import GatewayConfig
from torana.surfaces import gateway as surface

CHAT = PREFIX + "openai/chat/completions"
KEY = (b"authorization", b"Bearer sk-one-1234567890")
CACHING = GatewayConfig(ACCOUNT, "default", cache_ttl=600)
PROVIDERS = table({})


def read(path: str, *headers: tuple[bytes, bytes], method: bytes = b"POST") -> tuple[Opening, Request]:
    asked = Request(method, path.encode(), [(b"host", b"t"), *headers], b"")
    place = surface.split(asked.target)
    assert place is not None
    return surface.read(asked, place, gateway(CACHING), PROVIDERS), asked


def planned(*headers: tuple[bytes, bytes], config: GatewayConfig = CACHING, path: str = CHAT) -> CachePlan:
    return plan(config, *read(path, *headers))


def config(**changed: object) -> GatewayConfig:
    return msgspec.structs.replace(CACHING, **changed)


SAME: Headers = [JSON_TYPE, KEY, (b"accept", b"*/*")]


@pytest.mark.parametrize(
    "other",
    [
        planned(JSON_TYPE, (b"authorization", b"Bearer sk-two-1234567890"), (b"accept", b"*/*")),
        planned(JSON_TYPE, (b"x-api-key", KEY[1]), (b"accept", b"*/*")),
        planned(*SAME, (b"cookie", b"session=1")),
        planned(JSON_TYPE, KEY, (b"accept", b"text/plain")),
        planned(*SAME, (b"anthropic-version", b"2023-06-01")),
        planned(*SAME, (b"openai-organization", b"org-1")),
        planned(*SAME, path=CHAT + "?api-version=2"),
        planned(*SAME, path=PREFIX + "openai/responses"),
        planned(*SAME, path=PREFIX + "groq/chat/completions"),
        planned(*SAME, (b"cf-aig-cache-key", b"mine")),
        planned(*SAME, config=config(id="other")),
        planned(*SAME, config=config(account_id="f" * 32)),
        planned(*SAME, config=config(created_ms=1)),
        planned(*SAME, config=config(cache_mark=1)),
    ],
)
def test_what_changes_an_answer_or_says_whose_it_is_changes_the_key(other: CachePlan) -> None:
    assert key_of(planned(*SAME), b"body") != key_of(other, b"body")


@pytest.mark.parametrize(
    "other",
    [
        planned(*reversed(SAME)),
        planned(*SAME, (b"user-agent", b"me/2"), (b"x-request-id", b"7"), (b"accept-encoding", b"br")),
        planned(*SAME, (b"cf-aig-metadata", b'{"a":1}'), (b"cf-aig-event-id", b"e")),
        planned(*SAME, (b"cf-aig-cache-ttl", b"60")),
        planned(*SAME, (b"cf-aig-authorization", b"Bearer of-the-gateway")),
        planned(*SAME, config=config(cache_ttl=60, collect_logs=False, modified_ms=9)),
    ],
)
def test_what_does_neither_does_not(other: CachePlan) -> None:
    assert key_of(planned(*SAME), b"body") == key_of(other, b"body")


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_two_bodies_have_one_key_only_where_they_are_the_same(one: bytes, other: bytes) -> None:
    head = planned(*SAME)
    assert (key_of(head, one) == key_of(head, other)) == (one == other)


HEADERS = st.lists(
    st.tuples(
        st.sampled_from([b"accept", b"anthropic-beta", b"authorization", b"x-api-key", b"api-key"]),
        st.binary(max_size=12),
    ),
    max_size=4,
)


@given(HEADERS, HEADERS)
def test_two_heads_share_a_key_only_where_all_that_counts_is_the_same(one: Headers, other: Headers) -> None:
    def parts(headers: Headers) -> tuple[Headers, Headers]:
        secret = [h for h in headers if h[0] in SECRET_HEADERS]
        return secret, sorted(h for h in headers if h[0] not in SECRET_HEADERS)

    keys = [key_of(planned(*headers), b"{}") for headers in (one, other)]
    assert (keys[0] == keys[1]) == (parts(one) == parts(other))


@given(HEADERS, HEADERS)
def test_no_two_credentials_are_taken_for_one(one: Headers, other: Headers) -> None:
    found = [credential(Opening(Gateway(ACCOUNT, "default"), headers=headers)) for headers in (one, other)]
    secrets = [[h for h in headers if h[0] in SECRET_HEADERS] for headers in (one, other)]
    assert (found[0] == found[1]) == (secrets[0] == secrets[1])


def test_a_key_of_the_callers_own_is_shared_by_all_of_a_gateway_whatever_they_ask() -> None:
    name = (b"cf-aig-cache-key", b"mine")
    one = planned(JSON_TYPE, KEY, name)
    other = planned((b"x-api-key", b"another"), name, path=PREFIX + "anthropic/v1/messages")
    assert key_of(one, b"one") == key_of(other, b"other")
    assert key_of(one, b"") != key_of(one, b"", is_stream=True)
    assert key_of(one, b"") != key_of(planned(KEY, name, config=config(id="b")), b"")


def test_a_purge_of_one_key_changes_that_one_alone() -> None:
    purged = config(cache_key_marks={name_of(b"mine"): 7})
    mine, yours = (b"cf-aig-cache-key", b"mine"), (b"cf-aig-cache-key", b"yours")
    assert key_of(planned(mine), b"") != key_of(planned(mine, config=purged), b"")
    assert key_of(planned(yours), b"") == key_of(planned(yours, config=purged), b"")
    assert key_of(planned(KEY), b"") == key_of(planned(KEY, config=purged), b"")


@pytest.mark.parametrize(
    ("gateway_ttl", "headers", "ttl_s"),
    [
        (0, {}, 0),
        (600, {}, 600),
        (60 * 86_400, {}, 31 * 86_400),
        (0, {b"cf-aig-cache-ttl": b"60"}, 60),
        (600, {b"cf-aig-cache-ttl": b"60"}, 60),
        (600, {b"cf-aig-cache-ttl": b"0"}, 0),
        (600, {b"cf-aig-cache-ttl": b"0", b"cf-aig-cache-key": b"k"}, 0),
        (600, {b"cf-aig-skip-cache": b"true"}, 0),
        (600, {b"cf-aig-skip-cache": b"false"}, 600),
        (600, {b"cf-skip-cache": b"true"}, 0),
        (0, {b"cf-cache-ttl": b"90"}, 90),
        (0, {b"cf-aig-cache-key": b"k"}, NAMED_TTL_S),
        (600, {b"cf-aig-cache-key": b"k"}, 600),
        (0, {b"cf-aig-cache-key": b"k", b"cf-aig-cache-ttl": b"60"}, 60),
        (0, {b"cf-aig-cache-key": b"k", b"cf-aig-skip-cache": b"true"}, 0),
    ],
)
def test_how_long_an_answer_is_kept(gateway_ttl: int, headers: dict[bytes, bytes], ttl_s: int) -> None:
    assert planned(KEY, *headers.items(), config=config(cache_ttl=gateway_ttl)).ttl_s == ttl_s


def test_only_what_is_posted_is_cached() -> None:
    for method in (b"GET", b"DELETE", b"PUT", b"HEAD"):
        assert plan(CACHING, *read(PREFIX + "openai/models", KEY, method=method)).ttl_s == 0


def test_a_gateways_own_ttl_is_not_for_paths_that_nobody_knows() -> None:
    """Two callers that make a thread or a batch with the same body want two."""
    assert planned(path=PREFIX + "openai/threads").is_image_only
    for path in ("openai/images/generations", "openai/embeddings", "anthropic/v1/messages"):
        assert not planned(path=PREFIX + path).is_image_only
    assert not planned((b"cf-aig-cache-ttl", b"60"), path=PREFIX + "openai/threads").is_image_only


@pytest.mark.parametrize(("on", "said", "expected"), [(False, b"true", True), (True, b"false", False)])
def test_a_request_may_differ_from_its_gateway(on: bool, said: bytes, expected: bool) -> None:  # noqa: FBT001
    set_ = config(cache_streams=on, cache_single_flight=on)
    asked = planned((b"torana-cache-streams", said), (b"torana-cache-single-flight", said), config=set_)
    assert (asked.holds_streams, asked.is_single) == (expected, expected)
    unsaid = planned(config=set_)
    assert (unsaid.holds_streams, unsaid.is_single) == (on, on)


def test_who_signs_with_other_secrets_shares_no_answer() -> None:
    opening, _ = read(CHAT)
    found = set()
    for secret in ("one", "other"):
        opening.sign = AwsKeys("AKID", secret)
        found.add(credential(opening))
    opening.sign = None
    assert len({*found, credential(opening)}) == 3
