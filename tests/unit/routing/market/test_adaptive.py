"""Price, speed and errors weighed against each other, and whose tool calls can be relied on."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market import NOW_S, a_model, an_endpoint, chosen, dice, fast, tags
from torana.catalog.market import Model
from torana.routing.market import exacto
from torana.routing.market.adaptive import EXPLORED, shares
from torana.routing.market.health import Health, Seen
from torana.routing.market.needs import Needs
from torana.routing.market.offers import offers
from torana.routing.market.wishes import read_wishes

TWO = a_model(an_endpoint("a", 1), an_endpoint("b", 1))


def shared(health: Health, model: Model = TWO) -> dict[str, float]:
    found = offers(model)
    return dict(zip([offer.id for offer in found], shares(found, health, NOW_S), strict=True))


def test_alike_ones_share_alike() -> None:
    assert shared(Health()) == {"a": pytest.approx(0.5), "b": pytest.approx(0.5)}


def test_the_cheaper_quicker_and_sounder_one_gets_more() -> None:
    dear = a_model(an_endpoint("a", 1), an_endpoint("b", 2))
    assert shared(Health(), dear)["a"] == pytest.approx(EXPLORED / 2 + (1 - EXPLORED) * 256 / 257)
    quick = Health()
    fast(quick, "a", tokens_per_s=100)
    fast(quick, "b", tokens_per_s=50)
    assert shared(quick)["a"] > 0.9
    flaky = Health()
    for place in range(40):
        flaky.observe("a", Seen(200), NOW_S)
        flaky.observe("b", Seen(500 if place % 4 == 0 else 200), NOW_S)
    assert shared(flaky)["a"] > 0.8
    limited = Health()
    for place in range(40):
        limited.observe("a", Seen(200), NOW_S)
        limited.observe("b", Seen(429 if place % 2 else 200), NOW_S)
    assert shared(limited)["a"] > 0.9


def test_nobody_is_forgotten_and_all_are_asked_in_the_end() -> None:
    model = a_model(an_endpoint("a", 1), an_endpoint("b", 1_000))
    throw = dice(3)
    found = Counter("".join(tags(chosen(model, dice=throw, strategy="adaptive"))) for _ in range(20_000))
    assert set(found) == {"ab", "ba"}
    assert found["ba"] == pytest.approx(20_000 * EXPLORED / 2, rel=0.2)


def test_a_new_endpoint_is_taken_for_a_typical_one() -> None:
    model = a_model(*(an_endpoint(tag) for tag in "abcd"))
    health = Health()
    for tag, rate in zip("abc", (20, 50, 100), strict=True):
        fast(health, tag, tokens_per_s=rate)
    found = shared(health, model)
    assert found["d"] == pytest.approx(found["b"], rel=0.1)


@given(
    st.lists(
        st.tuples(st.floats(0, 50), st.integers(0, 20), st.integers(0, 20), st.floats(0, 300)), min_size=1, max_size=6
    ),
    st.floats(0, 1, exclude_max=True),
)
def test_shares_add_up_and_leave_nobody_out(seen: list[tuple[float, int, int, float]], thrown: float) -> None:
    model = a_model(*(an_endpoint(f"e-{place}", usd) for place, (usd, *_) in enumerate(seen)))
    health = Health()
    for place, (_, served, failed, rate) in enumerate(seen):
        for _ in range(served):
            health.observe(f"e-{place}", Seen(200, tokens_per_s=rate), NOW_S)
        for _ in range(failed):
            health.observe(f"e-{place}", Seen(500), NOW_S)
    found = shared(health, model)
    assert sum(found.values()) == pytest.approx(1)
    assert all(share >= EXPLORED / len(seen) * 0.999 for share in found.values())
    order = tags(chosen(model, health=health, strategy="adaptive", dice=lambda: thrown))
    assert sorted(order) == sorted(found)


# Auto Exacto (4.2)

PEERS = a_model(*(an_endpoint(tag, place + 1) for place, tag in enumerate("abcde")))
TOOLS = Needs(parameters=frozenset({"tools"}), soft=("tools",))


def watched(*, called: int = 200, tried: int = 200, slow: str = "", unsound: str = "") -> Health:
    health = Health()
    for place, tag in enumerate("abcde"):
        for number in range(tried):
            health.observe(
                tag,
                Seen(
                    200,
                    tokens_per_s=5.0 if tag == slow else 50.0 + place,
                    has_sound_calls=None if number >= called else tag != unsound or number % 2 == 0,
                ),
                NOW_S,
            )
    return health


@pytest.mark.parametrize("trouble", [{"slow": "a"}, {"unsound": "a"}])
def test_with_tools_whoever_is_far_worse_than_its_peers_comes_last(trouble: dict[str, str]) -> None:
    health, throw = watched(**trouble), dice(4)  # type: ignore[arg-type]
    assert tags(chosen(PEERS, needs=TOOLS, health=health, dice=throw))[-1] == "a"
    assert tags(chosen(PEERS, health=health))[0] == "a"
    assert tags(chosen(PEERS, read_wishes({"sort": "price"}), TOOLS, health=health))[0] == "a"


def test_too_little_is_known_of_too_few() -> None:
    found = offers(PEERS)
    assert exacto.poor(found, watched(slow="a"), NOW_S) == {"a"}
    assert exacto.poor(found, watched(slow="a", tried=99), NOW_S) == frozenset()
    assert exacto.poor(found[:3], watched(slow="a"), NOW_S) == frozenset()
    assert exacto.poor(found, watched(unsound="a", called=199), NOW_S) == frozenset()


def test_a_hairs_breadth_is_no_reason() -> None:
    health = watched()
    for _ in range(5):
        health.observe("a", Seen(200, tokens_per_s=50.0, has_sound_calls=False), NOW_S)
    assert exacto.poor(offers(PEERS), health, NOW_S) == frozenset()


def test_sorted_by_quality_the_sounder_calls_come_first() -> None:
    wishes = read_wishes(None, suffixes=["exacto"])
    assert tags(chosen(PEERS, wishes, health=watched(unsound="a")))[-1] == "a"
    few = watched(unsound="a", called=10, tried=10)
    assert tags(chosen(PEERS, wishes, health=few)) == ["b", "c", "d", "e", "a"]
