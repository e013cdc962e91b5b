"""Providers that fail at random: a request goes at least as well as with the best of them alone."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from market import NOW_S, a_model, an_endpoint, chosen
from torana.catalog.market import Endpoint
from torana.routing import Outcome
from torana.routing.market.health import Health, Seen
from torana.routing.market.route import Market
from torana.routing.market.wishes import read_wishes

REQUESTS = 4_000
MODEL = a_model(*(an_endpoint(tag, place + 1) for place, tag in enumerate("abcd")))

Weather = Callable[[str, int, random.Random], int]


def mixed(tag: str, _: int, dice: random.Random) -> int:
    return 500 if dice.random() < {"a": 0.4, "b": 0.3, "c": 0.2, "d": 0.1}[tag] else 200


def in_turns(tag: str, number: int, _: random.Random) -> int:
    """One after the other is down for a while, the cheapest twice as long."""
    return 503 if number // 500 % 5 in {"a": (0, 1), "b": (2,), "c": (3,), "d": (4,)}[tag] else 200


def crowded(tag: str, number: int, dice: random.Random) -> int:
    return 429 if tag in "ab" and number % 2 else (0 if dice.random() < 0.05 else 200)


@pytest.mark.parametrize("weather", [mixed, in_turns, crowded])
@pytest.mark.parametrize("sort", [None, "price", "throughput", "adaptive"])
def test_it_goes_no_worse_than_with_the_best_provider_alone(weather: Weather, sort: str | None) -> None:
    dice = random.Random(11)  # noqa: S311  # no secret
    alone = {tag: sum(weather(tag, number, dice) == 200 for number in range(REQUESTS)) / REQUESTS for tag in "abcd"}
    health, now_s, served = Health(), NOW_S, 0
    wishes = read_wishes({"sort": sort})
    for number in range(REQUESTS):
        now_s += 0.1
        choice = chosen(MODEL, wishes, health=health, now_s=now_s, dice=dice.random)
        served += walk(Market(choice.endpoints), weather, number, health, now_s, dice)
    assert served / REQUESTS >= max(alone.values())


def walk(route: Market, weather: Weather, number: int, health: Health, now_s: float, dice: random.Random) -> bool:
    asked: list[Endpoint] = []
    question = route.first()
    while True:
        endpoint = question.target
        assert endpoint not in asked
        asked.append(endpoint)
        status = weather(endpoint.tag, number, dice)
        health.observe(endpoint.id, Seen(status, latency_s=0.5, tokens_per_s=50.0), now_s)
        following = route.after(Outcome(status, [], now_s, dice.random()))
        if following is None:
            return status == 200
        question = following
