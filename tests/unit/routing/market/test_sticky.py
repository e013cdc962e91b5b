"""Which endpoint has a conversation's prompt in its cache?"""

from __future__ import annotations

import pytest

from market import NOW_S, an_endpoint
from torana.routing.market.sticky import IDLE_S, Conversation, Sticky, conversation_key, is_worth

SYSTEM = {"role": "system", "content": "Be brief."}
ASKED = {"role": "user", "content": "What is a rim?"}


def key(account: str = "me", model: str = "maker/model", session_id: str = "", **chat: object) -> Conversation | None:
    return conversation_key(account, model, chat, session_id)


def test_a_conversation_is_its_beginning_where_it_has_no_name() -> None:
    begun = key(messages=[SYSTEM, ASKED])
    assert begun is not None
    assert not begun.is_named
    later = [SYSTEM, ASKED, {"role": "assistant", "content": "A part."}, {"role": "user", "content": "Of what?"}]
    assert key(messages=later) == begun
    assert key(messages=[{"role": "developer", "content": "Be brief."}, ASKED]) == begun
    for other in (
        key("you", messages=[SYSTEM, ASKED]),
        key(model="maker/model:nitro", messages=[SYSTEM, ASKED]),
        key(messages=[ASKED]),
        key(messages=[SYSTEM, {"role": "user", "content": "Why?"}]),
    ):
        assert other != begun


def test_a_name_goes_before_the_beginning_and_the_bodys_before_the_headers() -> None:
    named = key(session_id="header", messages=[ASKED])
    assert named is not None
    assert named.is_named
    assert named == key(session_id="header", messages=[SYSTEM])
    assert conversation_key("me", "maker/model", {"session_id": "body"}, "header") == conversation_key(
        "me", "maker/model", {"session_id": "body"}
    )
    assert key(prompt_cache_key="header") == named
    assert key(session_id="header", prompt_cache_key="other") == named


@pytest.mark.parametrize("messages", [None, [], "text", [SYSTEM], [7]])
def test_what_begins_with_nothing_is_no_conversation(messages: object) -> None:
    assert key(messages=messages) is None


def test_it_is_remembered_for_ten_idle_minutes() -> None:
    sticky, named = Sticky(), key(session_id="s")
    assert named is not None
    assert sticky.find(named, NOW_S) is None
    sticky.keep(named, "a", NOW_S)
    assert sticky.find(named, NOW_S + IDLE_S - 1) == "a"
    sticky.keep(named, "a", NOW_S + IDLE_S - 1)
    assert sticky.find(named, NOW_S + 2 * IDLE_S - 2) == "a"
    assert sticky.find(named, NOW_S + 2 * IDLE_S) is None
    assert sticky.find(None, NOW_S) is None


def test_memory_is_bounded_and_the_least_recently_used_go_first() -> None:
    sticky = Sticky()
    names = [Conversation(number.to_bytes(16), is_named=True) for number in range(65_540)]
    for name in names[:65_536]:
        sticky.keep(name, "a", NOW_S)
    sticky.keep(names[0], "b", NOW_S)
    sticky.keep(names[65_536], "c", NOW_S)
    assert [sticky.find(name, NOW_S) for name in (names[0], names[1], names[2], names[65_536])] == ["b", None, "a", "c"]


@pytest.mark.parametrize(
    ("cache_read_usd", "is_named", "cached", "worth"),
    [
        (0.1, True, 0, True),
        (0.1, False, 100, True),
        (0.1, False, 0, False),
        (1.0, True, 100, False),
        (None, True, 100, False),
    ],
)
def test_going_back_has_to_save_something(
    cache_read_usd: float | None, *, is_named: bool, cached: int, worth: bool
) -> None:
    endpoint = an_endpoint("a", 1, cache_read_usd=cache_read_usd)
    assert is_worth(endpoint, Conversation(b"", is_named), cached, NOW_S) is worth
