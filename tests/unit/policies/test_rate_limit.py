"""Rate limits in the real flow: who is counted, who is not, and what a client is told."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from fakes import ACCOUNT, JSON_TYPE, PREFIX, Answers, Records, flow, no_books, request
from torana import sealing
from torana.catalog.prices import Prices
from torana.directory import compile_directory
from torana.errors import RateLimited
from torana.flow import Flow
from torana.message import Headers, Reply
from torana.policies.rate_limit import RateLimit
from torana.snapshot import AccountConfig, GatewayConfig, KeyConfig, KeysConfig, Snapshot, TokenConfig
from torana.storage.books import Books
from torana.storage.mapped_counters import MappedCounters
from torana.storage.memory_cache import MemoryCache
from unit.storage.test_counters import Clock

CHAT = PREFIX + "openai/chat/completions"
_ENVELOPE = msgspec.json.Decoder(dict[str, object]).decode


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def records(tmp_path: Path, clock: Clock) -> Iterator[Records]:
    books = Books(lambda: MappedCounters(tmp_path, 0, clock, slots=256), lambda: Prices(None))
    yield Records(books=books)
    books.close()


def limited(records: Records, **settings: object) -> Flow:
    answers = Answers(lambda _: Reply(200, [JSON_TYPE], b"{}"))
    return flow(records, answers, msgspec.convert({"account_id": ACCOUNT, "id": "default", **settings}, GatewayConfig))


async def ask(gateway: Flow, model: str = "m", headers: Headers | None = None) -> Reply:
    body = msgspec.json.encode({"model": model})
    return await gateway.handle(request(CHAT, body, [JSON_TYPE, *(headers or [])]))


def tagged(**metadata: object) -> Headers:
    return [(b"cf-aig-metadata", msgspec.json.encode(metadata))]


@pytest.mark.parametrize(("technique", "wait_s"), [("fixed", 45), ("sliding", 61)])
async def test_what_is_over_the_limit_is_told_when_to_come_again(
    records: Records, clock: Clock, technique: str, wait_s: int
) -> None:
    gateway = limited(records, rate_limiting_limit=2, rate_limiting_interval=60, rate_limiting_technique=technique)
    clock.wait(15)
    assert [(await ask(gateway)).status for _ in range(2)] == [200, 200]
    reply = await ask(gateway)
    assert reply.status == 429
    assert isinstance(reply.body, bytes)
    said = _ENVELOPE(reply.body)
    assert (said["internalCode"], said["message"], said["httpCode"]) == (2003, "Rate limited", 429)
    headers = dict(reply.headers)
    assert headers[b"retry-after"] == b"%d" % wait_s
    assert headers[b"ratelimit-policy"] == b'"gateway";q=2;w=60'
    assert headers[b"ratelimit"] == b'"gateway";r=0;t=%d' % wait_s
    assert [row.status for row in records.rows] == [200, 200, 429]
    assert (records.rows[2].error, records.rows[2].model, records.rows[2].attempts) == ("Rate limited", "m", [])
    clock.wait(wait_s)
    assert (await ask(gateway)).status == 200


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"rate_limiting_limit": 0, "rate_limiting_interval": 60},
        {"rate_limiting_limit": 1, "rate_limiting_interval": 0},
    ],
)
async def test_a_limit_that_is_off_is_no_policy(records: Records, settings: dict[str, object]) -> None:
    gateway = limited(records, **settings)
    assert [(await ask(gateway)).status for _ in range(3)] == [200] * 3
    assert next(iter(gateway.directory.ready.values())).admit == ()


async def test_each_model_has_the_limit_for_itself(records: Records) -> None:
    gateway = limited(records, rate_limits=[{"limit": 1, "interval": 60, "by": "model"}])
    statuses = [(await ask(gateway, model)).status for model in ("a", "b", "a", "b", "c")]
    assert statuses == [200, 200, 429, 429, 200]


async def test_each_value_of_a_metadata_key_has_it_and_those_without_one_share_theirs(records: Records) -> None:
    gateway = limited(records, rate_limits=[{"limit": 1, "interval": 60, "by": "metadata.team"}])
    asked: list[dict[str, object]] = [
        {"team": "a"},
        {"team": "b", "x": 1},
        {"team": "a", "x": 2},
        {},
        {"x": 1},
        {"team": 7},
        {"team": "7"},
    ]
    statuses = [(await ask(gateway, headers=tagged(**metadata))).status for metadata in asked]
    assert statuses == [200, 200, 429, 200, 429, 200, 429]


async def test_what_one_limit_refuses_uses_none_of_the_others(records: Records) -> None:
    gateway = limited(
        records,
        rate_limiting_limit=3,
        rate_limiting_interval=60,
        rate_limits=[{"limit": 1, "interval": 60, "by": "model"}],
    )
    replies = [await ask(gateway, model) for model in ("a", "a", "a", "b", "c", "d")]
    assert [reply.status for reply in replies] == [200, 429, 429, 200, 200, 429]
    policies = [dict(reply.headers).get(b"ratelimit-policy") for reply in replies]
    assert policies == [None, b'"model";q=1;w=60', b'"model";q=1;w=60', None, None, b'"gateway";q=3;w=60']


async def test_gateways_are_counted_apart(records: Records) -> None:
    answers = Answers(lambda _: Reply(200, [JSON_TYPE], b"{}"))
    configs = [
        GatewayConfig(ACCOUNT, name, rate_limiting_limit=1, rate_limiting_interval=60) for name in ("one", "two")
    ]
    both = flow(records, answers, *configs)
    paths = [f"/v1/{ACCOUNT}/{name}/openai/models" for name in ("one", "two", "one", "two")]
    assert [(await both.handle(request(path, method=b"GET"))).status for path in paths] == [200, 200, 429, 429]


async def test_where_counting_fails_the_request_goes_through(records: Records) -> None:
    records.books = no_books()
    gateway = limited(records, rate_limiting_limit=1, rate_limiting_interval=60)
    assert [(await ask(gateway)).status for _ in range(3)] == [200] * 3


async def test_cached_answers_do_not_count(records: Records) -> None:
    records.cache = MemoryCache(1 << 20)
    gateway = limited(records, cache_ttl=60, rate_limiting_limit=2, rate_limiting_interval=60)
    models = ("a", "a", "a", "b", "a", "b", "c")
    assert [(await ask(gateway, model)).status for model in models] == [200, 200, 200, 200, 200, 200, 429]


async def test_only_the_first_step_of_a_request_counts(records: Records) -> None:
    policy = RateLimit.made_for(
        GatewayConfig(ACCOUNT, "default", rate_limiting_limit=1, rate_limiting_interval=60), records
    )
    assert policy is not None
    gateway = limited(records)
    asked = request(CHAT, b"{}")
    opening = gateway._open(asked)
    assert opening is not None
    for step in (0, 1, 2):
        x = gateway.delivery.begin(asked, opening)
        x.log.step = step
        policy.admit(x)
    with pytest.raises(RateLimited):
        policy.admit(gateway.delivery.begin(asked, opening))


TOKEN = [(b"cf-aig-authorization", b"torana_a-token-for-calls")]
OWN = [(b"authorization", b"Bearer sk-of-the-caller-0123")]
TEAM = [(b"cf-aig-byok-alias", b"team")]


def keyed(records: Records, **settings: object) -> Flow:
    """A gateway that keeps two keys for OpenAI, `default` with a limit of 2 in a minute."""
    rule = {"provider": "openai", "alias": "default", "limit": 2, "interval": 60}
    said = {"account_id": ACCOUNT, "id": "default", "key_limits": [rule], **settings}
    masters, data_key = sealing.MasterKeys([sealing.new_key()], "a test"), sealing.new_key()
    keys = []
    for alias in ("default", "team"):
        sealed = sealing.seal(data_key, b"sk-012345678", sealing.context_of(ACCOUNT, "default", "openai", alias))
        keys.append(KeyConfig("openai", alias, is_default=alias == "default", data_key_id="d", sealed=sealed))
    found = Snapshot(
        1,
        [AccountConfig(ACCOUNT, "test", 0)],
        [msgspec.convert(said, GatewayConfig)],
        tokens=[TokenConfig(hashlib.sha256(TOKEN[0][1]).hexdigest(), "t", ACCOUNT, "t", ["run"])],
        keys=[KeysConfig(f"{ACCOUNT}/default", keys)],
        data_keys=[masters.wrap("d", data_key)],
    )
    running = flow(records, Answers(lambda call: Reply(500 if b"fail" in call.target else 200, [JSON_TYPE], b"{}")))
    running.directory = compile_directory(found, records, masters)
    return running


async def ask_with_token(gateway: Flow, headers: Headers | None = None) -> Reply:
    return await ask(gateway, headers=[*TOKEN, *(headers or [])])


async def test_a_stored_key_has_a_limit_of_its_own(records: Records, clock: Clock) -> None:
    gateway = keyed(records)
    assert [(await ask_with_token(gateway)).status for _ in range(3)] == [200, 200, 429]
    assert [(await ask_with_token(gateway, TEAM)).status for _ in range(3)] == [200, 200, 200]
    assert [(await ask_with_token(gateway, OWN)).status for _ in range(3)] == [200, 200, 200]
    reply = await ask_with_token(gateway)
    headers = dict(reply.headers)
    assert headers[b"retry-after"] == b"61"
    assert headers[b"ratelimit-policy"] == b'"key";q=2;w=60'
    assert isinstance(reply.body, bytes)
    assert _ENVELOPE(reply.body)["internalCode"] == 2003
    clock.wait(61)
    assert (await ask_with_token(gateway)).status == 200


async def test_what_a_key_or_its_gateway_refuses_counts_for_neither(records: Records) -> None:
    gateway = keyed(records, rate_limiting_limit=3, rate_limiting_interval=60)
    assert [(await ask_with_token(gateway)).status for _ in range(5)] == [200, 200, 429, 429, 429]
    assert [(await ask_with_token(gateway, TEAM)).status for _ in range(2)] == [200, 429]
    assert dict((await ask_with_token(gateway, TEAM)).headers)[b"ratelimit-policy"] == b'"gateway";q=3;w=60'


async def test_later_steps_count_for_the_key_that_they_are_made_with(records: Records) -> None:
    gateway = keyed(records, rate_limiting_limit=9, rate_limiting_interval=60)
    steps = [
        {"provider": "openai", "endpoint": "fail", "query": {}},
        {"provider": "openai", "endpoint": "x", "query": {}},
    ]
    body = msgspec.json.encode(steps)
    replies = [await gateway.handle(request(f"/v1/{ACCOUNT}/default", body, [JSON_TYPE, *TOKEN])) for _ in range(2)]
    assert [reply.status for reply in replies] == [200, 429]
