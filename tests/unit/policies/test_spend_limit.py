"""Spend limits in the real flow: what is held, what is charged, and what a client is told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from fakes import ACCOUNT, JSON_TYPE, PREFIX, Answers, Pieces, Records, Taken, flow, no_books, request
from torana.catalog.prices import Prices, PricesError, parse_override
from torana.errors import UpstreamUnreachable
from torana.flow import Flow
from torana.message import Call, Headers, Reply
from torana.policies.spend_limit import spend_limits
from torana.snapshot import GatewayConfig
from torana.storage.books import Books
from torana.storage.counters import Standing
from torana.storage.mapped_counters import MappedCounters
from torana.storage.memory_cache import MemoryCache
from unit.storage.test_counters import Clock

CHAT = PREFIX + "openai/chat/completions"
SSE = (b"content-type", b"text/event-stream")
PRICES = Prices(
    parse_override(
        b'{"openai": {"m": {"input": 1, "output": 10}, "n": {"input": 1, "output": 10}, "e": {"input": 1}},'
        b'"anthropic": {"m": {"input": 1, "output": 10}}}',
        "test",
    )
)
"""A token in is 1,000 nano-USD, a token out 10,000."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def records(tmp_path: Path, clock: Clock) -> Iterator[Records]:
    books = Books(lambda: MappedCounters(tmp_path, 0, clock, slots=256), lambda: PRICES)
    yield Records(books=books)
    books.close()


def rule(limit: float, **given: object) -> dict[str, object]:
    return {"limit": limit, "limitType": "cost", "window": 3600, **given}


def config(*rules: dict[str, object]) -> GatewayConfig:
    given = {"account_id": ACCOUNT, "id": "default", "spend_limits": {"enabled": True, "rules": rules}}
    return msgspec.convert(given, GatewayConfig)


def limited(records: Records, answers: Answers, *rules: dict[str, object]) -> Flow:
    return flow(records, answers, config(*rules))


def answer(tokens_in: int = 10, tokens_out: int = 20, **more: object) -> Answers:
    usage = {"prompt_tokens": tokens_in, "completion_tokens": tokens_out, **more}
    return Answers(lambda _: Reply(200, [JSON_TYPE], msgspec.json.encode({"choices": [], "usage": usage})))


async def ask(gateway: Flow, path: str = CHAT, headers: Headers | None = None, **body: object) -> Reply:
    sent = msgspec.json.encode({"model": "m", "max_tokens": 100, **body})
    return await gateway.handle(request(path, sent, [JSON_TYPE, *(headers or [])]))


def error(reply: Reply) -> tuple[int, object, object]:
    assert isinstance(reply.body, bytes)
    said = msgspec.json.decode(reply.body, type=dict[str, object])
    return reply.status, said["internalCode"], said["message"]


def standing(records: Records, gateway: GatewayConfig, at: int = 0) -> list[Standing]:
    return records.books.counters.standings([spend_limits(gateway)[at].rule.id])[0]


def figures(records: Records, gateway: GatewayConfig) -> tuple[int, int]:
    """Nano-USD used and held of its first rule."""
    found = standing(records, gateway)
    return (found[0].used, found[0].held) if found else (0, 0)


async def test_the_real_cost_is_charged_and_the_rest_of_what_was_held_is_free_again(records: Records) -> None:
    seen: list[tuple[int, int]] = []
    limits = config(rule(1))

    def look(_: Call) -> Reply:
        seen.append(figures(records, limits))
        return Reply(200, [JSON_TYPE], b'{"usage":{"prompt_tokens":10,"completion_tokens":20}}')

    reply = await ask(flow(records, Answers(look), limits), messages=["x" * 167])
    assert reply.status == 200
    size = len(msgspec.json.encode({"model": "m", "max_tokens": 100, "messages": ["x" * 167]}))
    assert seen == [(0, (size // 2 + 1) * 1_000 + 100 * 10_000)], "a token for two bytes, and max_tokens"
    assert figures(records, limits) == (10 * 1_000 + 20 * 10_000, 0)


async def test_over_the_limit_is_told_in_cloudflares_words(records: Records) -> None:
    answers = answer(0, 100)
    gateway = limited(records, answers, rule(0.002, id="5e7f1b6b", technique="fixed", window=86_400))
    assert [(await ask(gateway)).status for _ in range(2)] == [200, 429]
    reply = await ask(gateway)
    status, code, message = error(reply)
    assert (status, code) == (429, 2041)
    assert str(message).startswith(
        "Spend limit exceeded: rule '5e7f1b6b' (cost limit 0.002 per 86400s, fixed) for openai m; 0.001 USD spent"
    )
    assert 0 < int(dict(reply.headers)[b"retry-after"]) <= 86_400
    assert len(answers.calls) == 1
    assert [(row.status, row.model) for row in records.rows] == [(200, "m"), (429, "m"), (429, "m")]


async def test_a_window_that_has_passed_lets_them_spend_again(records: Records, clock: Clock) -> None:
    gateway = limited(records, answer(0, 100), rule(0.0011))
    assert [(await ask(gateway)).status for _ in range(2)] == [200, 429]
    clock.wait(3600 + 60)
    assert (await ask(gateway)).status == 200


async def test_calls_at_once_hold_what_they_may_cost(records: Records) -> None:
    """Each may cost 1,019,000 nano-USD, of which ten fit; when they are known to cost 110,000, the rest does."""
    limits, going = config(rule(0.0103)), asyncio.Event()

    class Slow(Answers):
        async def send(self, call: Call) -> Reply:
            await going.wait()
            return await super().send(call)

    upstream = Slow(answer(10, 10).answer)
    gateway = flow(records, upstream, limits)
    await records.books.load()
    first = [asyncio.ensure_future(ask(gateway)) for _ in range(30)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    refused = [each.result() for each in first if each.done()]
    assert len(refused) == 20
    assert {reply.status for reply in refused} == {429}
    assert {dict(reply.headers)[b"retry-after"] for reply in refused} == {b"1"}, "what is held may be free at any time"
    going.set()
    assert sorted(reply.status for reply in await asyncio.gather(*first)) == [200] * 10 + [429] * 20
    assert figures(records, limits) == (10 * 110_000, 0)
    assert (await ask(gateway)).status == 200


async def test_without_max_tokens_a_usual_answer_is_held(records: Records) -> None:
    gateway = limited(records, answer(), rule(0.04))
    assert error(await ask(gateway, max_tokens=None))[1] == 2041
    assert (await ask(gateway, max_tokens=3_000)).status == 200
    assert error(await ask(gateway, max_tokens=3_000, n=2))[1] == 2041


async def test_what_cannot_be_priced_is_refused(records: Records) -> None:
    answers = answer()
    gateway = limited(records, answers, rule(1))
    expected = (403, 2040, "Model or provider could not be resolved for spend-limit enforcement")
    assert error(await ask(gateway, model="unknown")) == expected
    assert error(await ask(gateway, PREFIX + "groq/chat/completions")) == expected
    assert error(await gateway.handle(request(CHAT, b"not json"))) == expected
    assert answers.calls == []
    assert [row.status for row in records.rows] == [403] * 3


async def test_the_callers_own_cost_prices_what_has_no_price(records: Records) -> None:
    limits = config(rule(1))
    gateway = flow(records, answer(10, 20), limits)
    total = [(b"cf-aig-custom-cost", b'{"total_cost": 0.25}')]
    assert (await ask(gateway, headers=total, model="unknown")).status == 200
    rates = [(b"cf-aig-custom-cost", b'{"per_token_in": 0.001, "per_token_out": 0.002}')]
    assert (await ask(gateway, headers=rates)).status == 200
    assert figures(records, limits) == (250_000_000 + 50_000_000, 0)
    assert error(await ask(gateway, model="unknown"))[1] == 2040


async def test_a_cached_answer_costs_nothing_and_is_given_where_nothing_may_be_spent(records: Records) -> None:
    records.cache = MemoryCache(1 << 20)
    limits = config(rule(0.0012))
    gateway = flow(records, answer(0, 100), msgspec.structs.replace(limits, cache_ttl=60))
    replies = [await ask(gateway) for _ in range(3)]
    assert [dict(reply.headers)[b"cf-aig-cache-status"] for reply in replies] == [b"MISS", b"HIT", b"HIT"]
    assert figures(records, limits) == (1_000_000, 0)
    assert error(await ask(gateway, n=1))[1] == 2041


async def test_lists_and_other_reads_are_free(records: Records) -> None:
    gateway = limited(records, Answers(lambda _: Reply(200, [JSON_TYPE], b"{}")), rule(1e-9))
    for method in (b"GET", b"DELETE"):
        assert (await gateway.handle(request(PREFIX + "openai/models", method=method))).status == 200
    assert (await ask(gateway)).status == 429


async def test_embeddings_hold_no_answer(records: Records) -> None:
    limits = config(rule(0.0001))
    answers = Answers(lambda _: Reply(200, [JSON_TYPE], b'{"data":[],"usage":{"prompt_tokens":9,"total_tokens":9}}'))
    gateway = flow(records, answers, limits)
    assert (await ask(gateway, PREFIX + "openai/embeddings", model="e", input="hi", max_tokens=None)).status == 200
    assert figures(records, limits) == (9_000, 0)


async def test_what_the_provider_says_it_charged_is_what_counts(records: Records) -> None:
    prices = Prices(parse_override(b'{"openrouter": {"m": {"input": 1, "output": 10}}}', "test"))
    records.books.prices = prices
    limits = config(rule(1))
    gateway = flow(records, answer(10, 20, cost=0.5), limits)
    assert (await ask(gateway, PREFIX + "openrouter/v1/chat/completions")).status == 200
    assert figures(records, limits) == (500_000_000, 0)


@pytest.mark.parametrize("status", [302, 400, 429, 500, 503])
async def test_what_failed_costs_nothing(records: Records, status: int) -> None:
    limits = config(rule(1))
    usage = b'{"error":"no","usage":{"prompt_tokens":10,"completion_tokens":20}}'
    gateway = flow(records, Answers(lambda _: Reply(status, [JSON_TYPE], usage)), limits)
    assert (await ask(gateway)).status == status
    assert figures(records, limits) == (0, 0)


async def test_what_reached_nobody_costs_nothing(records: Records) -> None:
    def fail(_: Call) -> Reply:
        raise UpstreamUnreachable("no way")

    limits = config(rule(1))
    assert (await ask(flow(records, Answers(fail), limits))).status == 502
    assert figures(records, limits) == (0, 0)


async def test_an_answer_that_states_no_usage_costs_what_it_produced(records: Records) -> None:
    limits = config(rule(1))
    body = msgspec.json.encode({"choices": [{"message": {"content": "four" * 12}}]})
    gateway = flow(records, Answers(lambda _: Reply(200, [JSON_TYPE], body)), limits)
    sent = len(msgspec.json.encode({"model": "m", "max_tokens": 100}))
    await ask(gateway)
    likely_in = -(-(sent // 2 + 1) // 2)
    assert figures(records, limits) == (likely_in * 1_000 + 12 * 10_000, 0)


# --- streams ----------------------------------------------------------------------------------------------------------

_EVENT = b'data: {"choices":[{"index":0,"delta":{"content":"word"}}]}\n\n'
_USAGE = b'data: {"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":20}}\n\n'


def streaming(pieces: Pieces) -> Answers:
    return Answers(lambda _: Reply(200, [SSE], pieces))


async def stream(gateway: Flow) -> Reply:
    return await ask(gateway, stream=True)


async def test_a_whole_stream_is_charged_what_it_states(records: Records) -> None:
    limits = config(rule(1))
    reply = await stream(flow(records, streaming(Pieces([_EVENT, _USAGE])), limits))
    assert figures(records, limits)[1] > 0
    assert not isinstance(reply.body, bytes)
    reply.body.start(Taken())
    assert figures(records, limits) == (10 * 1_000 + 20 * 10_000, 0)


@pytest.mark.parametrize("is_left", [True, False], ids=["client left", "upstream broke off"])
async def test_a_cut_stream_is_charged_what_it_produced(records: Records, *, is_left: bool) -> None:
    limits = config(rule(1))
    pieces = Pieces([_EVENT] * 30, None if is_left else ConnectionError("reset"), holds=True)
    reply = await stream(flow(records, streaming(pieces), limits))
    assert not isinstance(reply.body, bytes)
    reply.body.start(Taken())
    if is_left:
        reply.body.abort()
    used, held = figures(records, limits)
    assert held == 0
    assert 30 * 10_000 < used < 31 * 10_000 + 30_000
    assert records.rows[0].cancelled is is_left


async def test_a_cut_stream_that_stated_its_input_is_charged_that(records: Records) -> None:
    limits = config(rule(1, provider={"mode": "filter", "values": ["anthropic"]}))
    usage = b'{"usage":{"input_tokens":400,"output_tokens":1}}'
    begun = b'event: message_start\ndata: {"type":"message_start","message":' + usage + b"}\n\n"
    delta = b'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"text":"word"}}\n\n'
    pieces = Pieces([begun, delta * 5], holds=True)
    reply = await ask(flow(records, streaming(pieces), limits), PREFIX + "anthropic/v1/messages", stream=True)
    assert not isinstance(reply.body, bytes)
    reply.body.start(Taken())
    reply.body.abort()
    assert figures(records, limits) == (400 * 1_000 + 5 * 10_000, 0)


async def test_who_leaves_before_the_answer_pays_for_the_question(records: Records) -> None:
    asked = asyncio.Event()

    class Never(Answers):
        async def send(self, call: Call) -> Reply:
            asked.set()
            await asyncio.Event().wait()
            return await super().send(call)

    limits, never = config(rule(1)), Never(lambda _: Reply(200, []))
    asking = asyncio.ensure_future(ask(flow(records, never, limits), messages=["x" * 1_000]))
    await asked.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    used, held = figures(records, limits)
    assert held == 0
    assert 250_000 <= used <= 300_000


# --- which rules ------------------------------------------------------------------------------------------------------


def tagged(**metadata: object) -> Headers:
    return [(b"cf-aig-metadata", msgspec.json.encode(metadata))]


@pytest.mark.parametrize(
    ("scope", "counted"),
    [
        ({"model": {"mode": "filter", "values": ["m"]}}, [True, False, True]),
        ({"model": {"mode": "filter", "values": ["openai/m", "n"]}}, [True, True, False]),
        ({"provider": {"mode": "filter", "values": ["anthropic"]}}, [False, False, True]),
        ({"metadata": {"team": {"mode": "filter", "values": ["a", "7"]}}}, [True, True, False]),
        (
            {"metadata": {"team": {"mode": "filter", "values": ["a"]}}, "model": {"mode": "filter", "values": ["n"]}},
            [False, False, False],
        ),
        ({"enabled": False}, [False, False, False]),
    ],
)
async def test_a_filter_counts_what_it_names(records: Records, scope: dict[str, object], counted: list[bool]) -> None:
    gateway = limited(records, answer(), rule(1e-9, **scope))
    asked = [
        await ask(gateway, headers=tagged(team="a")),
        await ask(gateway, headers=tagged(team=7), model="n"),
        await ask(gateway, PREFIX + "anthropic/v1/messages"),
    ]
    assert [reply.status == 429 for reply in asked] == counted


ANTHROPIC = PREFIX + "anthropic/chat/completions"


@pytest.mark.parametrize(
    ("scope", "statuses", "labels"),
    [
        ({"model": {"mode": "partition"}}, [200, 429, 200, 429], ["m", "n"]),
        ({"provider": {"mode": "partition"}}, [200, 429, 429, 200], ["anthropic", "openai"]),
        ({"metadata": {"team": {"mode": "partition"}}}, [200, 429, 429, 200], ["", "a"]),
        (
            {"metadata": {"team": {"mode": "partition"}}, "model": {"mode": "partition"}},
            [200, 429, 200, 200],
            ["model=m, metadata.team=", "model=m, metadata.team=a", "model=n, metadata.team=a"],
        ),
    ],
)
async def test_a_partition_gives_each_value_the_limit(
    records: Records, scope: dict[str, object], statuses: list[int], labels: list[str]
) -> None:
    limits = config(rule(0.0012, **scope))
    gateway = flow(records, answer(0, 100), limits)
    team = tagged(team="a")
    replies = [
        await ask(gateway, headers=team),
        await ask(gateway, headers=team),
        await ask(gateway, headers=team, model="n"),
        await ask(gateway, ANTHROPIC),
    ]
    assert [reply.status for reply in replies] == statuses
    assert sorted(each.label for each in standing(records, limits)) == labels


async def test_any_rule_refuses_and_then_none_counts(records: Records) -> None:
    limits = config(rule(1, id="wide"), rule(0.0012, id="narrow", metadata={"team": {"mode": "partition"}}))
    gateway = flow(records, answer(0, 100), limits)
    replies = [await ask(gateway, headers=tagged(team=team)) for team in "aab"]
    assert [reply.status for reply in replies] == [200, 429, 200]
    assert "rule 'narrow'" in str(error(replies[1])[2])
    assert figures(records, limits) == (2_000_000, 0)


def test_rules_without_an_id_have_one_that_a_new_limit_keeps() -> None:
    one, two = spend_limits(config(rule(1), rule(1)))
    [other] = spend_limits(config(rule(5)))
    assert one.id == other.id
    assert two.id == one.id + "#2"
    assert one.rule.id == other.rule.id != two.rule.id
    [another] = spend_limits(config(rule(1, window=60)))
    assert another.rule.id != one.rule.id


def test_switched_off_there_are_no_rules() -> None:
    off = msgspec.convert({"enabled": False, "rules": [rule(1)]}, type(config().spend_limits))
    assert spend_limits(msgspec.structs.replace(config(), spend_limits=off)) == []
    assert spend_limits(GatewayConfig(ACCOUNT, "default")) == []


# --- failing closed ---------------------------------------------------------------------------------------------------


async def test_where_counting_fails_nothing_is_called(records: Records) -> None:
    records.books = no_books()
    records.books.prices = PRICES
    answers = answer()
    status, code, message = error(await ask(limited(records, answers, rule(1))))
    assert (status, code, answers.calls) == (503, 7000, [])
    assert "cannot be counted now" in str(message)


async def test_where_prices_cannot_be_read_nothing_is_called_until_they_can(records: Records) -> None:
    loads: list[Prices | PricesError] = [PricesError("broken"), PRICES]

    def load() -> Prices:
        found = loads.pop(0)
        if isinstance(found, PricesError):
            raise found
        return found

    records.books._load_prices = load
    answers = answer()
    gateway = limited(records, answers, rule(1))
    assert error(await ask(gateway))[:2] == (503, 7000)
    assert answers.calls == []
    assert (await ask(gateway)).status == 200
