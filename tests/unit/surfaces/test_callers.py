"""Tokens of ours are found wherever clients put a key, judged, and sent to no provider."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import ACCOUNT, JSON_TYPE, PREFIX, Answers, Records, flow, gateway, request
from torana.directory import compile_directory
from torana.errors import Unauthorized
from torana.exchange import Memo, Opening
from torana.keys import Caller
from torana.message import Headers, Reply
from torana.providers import PROVIDERS, SECRET_HEADERS, SECRET_PARAMS, table
from torana.snapshot import AccountConfig, GatewayConfig, Snapshot, TokenConfig
from torana.surfaces import callers
from torana.surfaces import gateway as surface
from torana.surfaces.gateway import Door

TOKEN = b"torana_0123456789-abcdefghijklmnopqrstuvwxyz_ABCDEF"
CALLER = Caller("t1", ACCOUNT, "ann", frozenset({"run"}))
LOCKED = GatewayConfig(ACCOUNT, "default", authentication=True)
OPEN = GatewayConfig(ACCOUNT, "default")
NOW = 1_000
PATHS = {
    "azure-openai": "r/d/chat/completions?api-version=1",
    "aws-bedrock": "bedrock-runtime/us-east-1/model/m/converse",
    "google-vertex-ai": "v1/projects/p/locations/us-east1/publishers/google/models/m:generateContent",
}


def read(
    headers: Headers, config: GatewayConfig = LOCKED, *, path: str = "openai/x", caller: Caller | None = CALLER
) -> Opening:
    asked = request(f"/v1/{ACCOUNT}/default/{path}", headers=headers)
    place = surface.split(asked.target)
    assert place is not None
    door = Door(lambda text: caller if text == TOKEN else None, NOW)
    return surface.read(asked, place, gateway(config), table({}), door)


def sent(opening: Opening) -> bytes:
    """All of a head that goes upstream."""
    assert opening.target is not None
    return b"\n".join([opening.target.path, *(name + b": " + value for name, value in opening.headers)])


@pytest.mark.parametrize("value", [b"Bearer " + TOKEN, b"bearer " + TOKEN, TOKEN, b"Bearer  " + TOKEN])
def test_the_gateways_own_header_takes_a_token_with_bearer_or_bare(value: bytes) -> None:
    opening = read([(b"cf-aig-authorization", value), (b"authorization", b"Bearer sk-1234567890")])
    assert (opening.refusal, opening.caller) == (None, CALLER)
    assert (b"authorization", b"Bearer sk-1234567890") in opening.headers
    assert TOKEN not in sent(opening)


@pytest.mark.parametrize("slug", sorted(PROVIDERS))
def test_a_token_in_any_key_slot_of_a_provider_is_recognised_and_goes_no_further(slug: str) -> None:
    path = f"{slug}/{PATHS.get(slug, 'chat/completions')}"
    for name in PROVIDERS[slug].credentials:
        for scheme in (b"", b"Bearer ", b"Token ", b"Key "):
            opening = read([(name, scheme + TOKEN), JSON_TYPE], path=path)
            assert opening.refusal is None
            assert opening.caller == CALLER
            assert TOKEN not in sent(opening)
            assert JSON_TYPE in opening.headers


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("key={}", b""),
        ("key={}&alt=sse", b"?alt=sse"),
        ("alt=sse&KEY={}", b"?alt=sse"),
        ("alt=sse&%6bey={}&x=1", b"?alt=sse&x=1"),
        ("x=1;api_key={}", b""),
        ("key=%74orana_abc&key={}", b""),
        ("key=sk-other&x={}", b"?key=sk-other&x=" + TOKEN),
    ],
)
def test_a_token_in_a_secret_parameter_is_recognised_and_goes_no_further(query: str, left: bytes) -> None:
    path = "google-ai-studio/v1beta/models/m:streamGenerateContent?" + query.format(TOKEN.decode())
    opening = read([], path=path)
    assert opening.target is not None or opening.caller is None
    if b"x=" + TOKEN in left:  # no slot of a key: it is what the caller says, and no token
        assert isinstance(opening.refusal, Unauthorized)
        return
    assert opening.caller == CALLER
    assert opening.target is not None
    assert opening.target.path.partition(b":streamGenerateContent")[2] == left
    assert TOKEN.decode() not in opening.path


@pytest.mark.parametrize(
    ("caller", "words"),
    [
        (None, "revoked"),
        (Caller("t", "f" * 32, permissions=frozenset({"run"})), "another account"),
        (Caller("t", ACCOUNT, permissions=frozenset({"edit", "read"})), "lacks the permission `run`"),
        (Caller("t", ACCOUNT, "", frozenset({"run"}), frozenset({"other"})), "not for the gateway `default`"),
        (Caller("t", ACCOUNT, "", frozenset({"run"}), None, NOW), "expired"),
    ],
)
def test_a_token_that_does_not_open_this_gateway_is_told_why(caller: Caller | None, words: str) -> None:
    opening = read([(b"authorization", b"Bearer " + TOKEN)], caller=caller)
    assert isinstance(opening.refusal, Unauthorized)
    assert str(opening.refusal).startswith("Unauthorized: ")
    assert words in str(opening.refusal)
    assert opening.caller is None
    assert not opening.options.collect_payload
    unlocked = read([(b"authorization", b"Bearer " + TOKEN)], OPEN, caller=caller)
    assert (unlocked.refusal, unlocked.caller) == (None, None)
    assert TOKEN not in sent(unlocked)


@pytest.mark.parametrize("value", [b"Bearer undefined", b"Bearer", b"", b"null", b"Bearer sk-foreign"])
def test_garbage_is_ignored_where_nobody_asks_for_a_token(value: bytes) -> None:
    opening = read([(b"cf-aig-authorization", value)], OPEN)
    assert (opening.refusal, opening.caller) == (None, None)
    assert isinstance(read([(b"cf-aig-authorization", value)]).refusal, Unauthorized)


def test_a_good_token_counts_whatever_stands_beside_it() -> None:
    opening = read([(b"cf-aig-authorization", b"Bearer undefined"), (b"x-api-key", TOKEN)])
    assert opening.caller == CALLER
    twice = read([(b"cf-aig-authorization", b"Bearer " + TOKEN), (b"x-api-key", TOKEN)])
    assert twice.caller == CALLER
    assert TOKEN not in sent(twice)


def test_a_stranger_learns_nothing_of_what_is_behind_the_door() -> None:
    opening = read([(b"cf-aig-max-attempts", b"no number")], path="no-such-provider/x")
    assert isinstance(opening.refusal, Unauthorized)
    assert "cf-aig-authorization" in str(opening.refusal)


_names = st.sampled_from(sorted(SECRET_HEADERS))
_around = st.binary(max_size=12)


@given(
    fields=st.lists(st.tuples(_names, _around, _around), max_size=5),
    params=st.lists(st.tuples(st.sampled_from(sorted(SECRET_PARAMS)), _around), max_size=4),
)
def test_what_begins_as_our_tokens_do_is_never_sent_on(
    fields: list[tuple[bytes, bytes, bytes]], params: list[tuple[bytes, bytes]]
) -> None:
    headers = [(name, before + callers.PREFIX + after) for name, before, after in fields]
    assert not [h for h in headers if not callers.is_own(*h)]
    query = b"&".join(name + b"=" + callers.PREFIX + after.hex().encode() for name, after in params)
    assert callers.PREFIX not in callers.without_own(b"v1/x?a=1&" + query)


async def test_a_repeated_head_is_read_once_until_its_token_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    upstream = Answers(lambda _: Reply(200, [JSON_TYPE], b"{}"))
    running = flow(Records(), upstream)
    key = hashlib.sha256(TOKEN).hexdigest()
    token = TokenConfig(key, "t1", ACCOUNT, "ann", ["run"], None, 5_000)
    snapshot = Snapshot(2, [AccountConfig(ACCOUNT, "test", 0)], [LOCKED], [token])
    running.directory = compile_directory(snapshot, Records())
    moment = [1_000]
    monkeypatch.setattr("torana.flow._now_ms", lambda: moment[0])
    asked = request(PREFIX + "openai/x", b"{}", [(b"cf-aig-authorization", TOKEN)])
    memo = asked.memo = Memo()
    assert (await running.handle(asked)).status == 200
    first = memo.opening
    assert first is not None
    assert (await running.handle(asked)).status == 200
    assert memo.opening is first
    moment[0] = 5_000
    reply = await running.handle(asked)
    assert reply.status == 401
    assert b"expired" in bytes(reply.body)  # type: ignore[arg-type]  # an error is whole
    assert len(upstream.calls) == 2


async def test_a_revoked_token_opens_nothing_from_the_next_directory_on() -> None:
    records, upstream = Records(), Answers(lambda _: Reply(200, [JSON_TYPE], b"{}"))
    running = flow(records, upstream)
    token = TokenConfig(hashlib.sha256(TOKEN).hexdigest(), "t1", ACCOUNT, "ann", ["run"])
    snapshot = Snapshot(2, [AccountConfig(ACCOUNT, "test", 0)], [LOCKED], [token])
    running.directory = compile_directory(snapshot, records)
    asked = request(PREFIX + "openai/x", b"{}", [(b"authorization", b"Bearer " + TOKEN)])
    asked.memo = Memo()
    assert (await running.handle(asked)).status == 200
    running.directory = compile_directory(Snapshot(3, snapshot.accounts, snapshot.gateways), records)
    assert (await running.handle(asked)).status == 401
    assert [(row.status, row.token_id, row.has_bodies) for row in records.rows] == [(200, "t1", True), (401, "", False)]
    assert len(upstream.calls) == 1
