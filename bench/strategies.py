"""`python -m bench.strategies`: when does which way to choose an endpoint win?

Plays the same requests through four strategies, against made-up providers of one model: the documented default, the
cheapest first, the fastest first, and `adaptive`. Time is simulated; dice have fixed seeds, so every run says the same.
Each answer has 1,000 tokens of prompt and 300 of answer; what a failure or a 429 takes is waited for before the next
endpoint is asked. `price x time` is each answer's own, on average: for a caller who minds both. Beside the best of the
four, which has 1.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct

from torana.catalog.market import Endpoint, Host, Model
from torana.catalog.prices import ModelPrice
from torana.routing import Outcome
from torana.routing.market.bounds import Bounds
from torana.routing.market.choosing import choose
from torana.routing.market.health import Health, Seen
from torana.routing.market.needs import Needs
from torana.routing.market.route import Market
from torana.routing.market.wishes import read_wishes

REQUESTS = 6_000
A_SECOND = 2.0
"""Requests, on average; they arrive at random."""
STRATEGIES = {"default": None, "sort: price": "price", "sort: throughput": "throughput", "adaptive": "adaptive"}
_TOKENS_IN, _TOKENS_OUT = 1_000, 300
_NANO = 10**9
_MILLION = 10**6
_BEGAN_S = 1_800_000_000.0
_SEED = 20


class Answer(Struct, frozen=True):
    status: int
    latency_s: float = 0.3
    """To the first token, or to the failure."""
    rate: float = 0.0
    """Tokens a second, once it speaks."""

    @property
    def whole_s(self) -> float:
        return self.latency_s + (_TOKENS_OUT / self.rate if self.rate else 0.0)


Provider: TypeAlias = Callable[[float, random.Random], Answer]
"""How one answers, so many seconds after the beginning."""


def stable(rate: float, latency_s: float = 0.4) -> Provider:
    """Fails once in two hundred times; its speed varies by a fifth."""

    def answer(_: float, dice: random.Random) -> Answer:
        if dice.random() < 0.005:
            return Answer(500)
        return Answer(200, latency_s * dice.uniform(0.8, 1.2), rate * dice.uniform(0.8, 1.2))

    return answer


def flaky(rate: float, share: float) -> Provider:
    """Fails all the time, but too seldom for an outage."""

    def answer(at_s: float, dice: random.Random) -> Answer:
        return Answer(502, 1.5) if dice.random() < share else stable(rate)(at_s, dice)

    return answer


def degrading(rate: float, worst: float, every_s: float = 1_200) -> Provider:
    """Its speed falls to a fraction and comes back, over and over."""

    def answer(at_s: float, dice: random.Random) -> Answer:
        through = at_s % every_s / every_s
        return stable(rate * (1 - (1 - worst) * (1 - abs(2 * through - 1))))(at_s, dice)

    return answer


def failing(rate: float, down_s: float, every_s: float) -> Provider:
    """Down for a while now and then; who asks it then waits for five seconds."""

    def answer(at_s: float, dice: random.Random) -> Answer:
        return Answer(0, 5.0) if at_s % every_s < down_s else stable(rate)(at_s, dice)

    return answer


def limited(rate: float, a_minute: int) -> Provider:
    """Answers so many requests a minute; the others get a 429, after a while."""
    answered: list[float] = []

    def answer(at_s: float, dice: random.Random) -> Answer:
        while answered and answered[0] <= at_s - 60:
            answered.pop(0)
        if len(answered) >= a_minute:
            return Answer(429, 0.6)
        answered.append(at_s)
        return stable(rate)(at_s, dice)

    return answer


def scenarios() -> dict[str, dict[str, tuple[float, Provider]]]:
    """By provider: USD for a million tokens, and how it answers. Made anew for each strategy."""
    middle, quick = (1.5, stable(60)), (3.0, stable(150))
    return {
        "calm: dearer is faster": {"cheap": (1.0, stable(40)), "middle": middle, "quick": quick},
        "calm: alike but for the price": {"cheap": (1.0, stable(60)), "middle": middle, "dear": (3.0, stable(60))},
        "the cheapest is slow": {"cheap": (1.0, stable(12)), "middle": middle, "quick": quick},
        "the cheapest fails in 15 of 100": {"cheap": (1.0, flaky(60, 0.15)), "middle": middle, "quick": quick},
        "the cheapest degrades": {"cheap": (1.0, degrading(80, 0.05)), "middle": middle, "quick": quick},
        "the cheapest is down for 2 of 20 minutes": {
            "cheap": (1.0, failing(60, 120, 1_200)),
            "middle": middle,
            "quick": quick,
        },
        "the cheapest takes 30 a minute": {"cheap": (1.0, limited(60, 30)), "middle": middle, "quick": quick},
        "the fastest takes 30 a minute": {
            "cheap": (1.0, stable(40)),
            "middle": middle,
            "quick": (3.0, limited(150, 30)),
        },
    }


class Result(Struct):
    """Of one strategy in one scenario."""

    served: int = 0
    cost_nano: int = 0
    tries: int = 0
    times: list[float] = []
    burdens: list[float] = []
    """Of each request: what its answer cost, times how long it took."""

    @property
    def mean_s(self) -> float:
        return sum(self.times) / len(self.times)

    @property
    def slow_s(self) -> float:
        """Nineteen of twenty were quicker."""
        return sorted(self.times)[len(self.times) * 19 // 20]

    @property
    def burden(self) -> float:
        return sum(self.burdens) / len(self.burdens)


def _model(providers: dict[str, tuple[float, Provider]]) -> Model:
    endpoints = tuple(
        Endpoint(
            id=name,
            model="maker/model",
            host=Host(slug=name, name=name, provider=name),
            tag=name,
            name="model",
            price=ModelPrice(id="model", input=round(usd * _NANO), output=round(usd * _NANO)),
        )
        for name, (usd, _) in providers.items()
    )
    return Model(id="maker/model", canonical_slug="maker/model", name="Model", created=1, endpoints=endpoints)


def play(providers: dict[str, tuple[float, Provider]], sort: str | None, requests: int = REQUESTS) -> Result:
    """Answers are told to `Health` at the moment of the request: there are never two at once."""
    arrivals, draws, weather = (random.Random(_SEED + place) for place in range(3))
    model, health, wishes, result = _model(providers), Health(), read_wishes({"sort": sort}), Result()
    at_s = 0.0
    for _ in range(requests):
        at_s += arrivals.expovariate(A_SECOND)
        now_s = _BEGAN_S + at_s
        choice = choose(
            [model], wishes, Needs(), Bounds(), health, reachable=lambda _: True, now_s=now_s, dice=draws.random
        )
        _walk(Market(choice.endpoints), providers, health, at_s, weather, result)
    return result


def _walk(
    route: Market,
    providers: dict[str, tuple[float, Provider]],
    health: Health,
    at_s: float,
    weather: random.Random,
    result: Result,
) -> None:
    took_s, question, cost_nano = 0.0, route.first(), 0
    while True:
        name = question.target.id
        usd, provider = providers[name]
        answer = provider(at_s, weather)
        took_s += answer.whole_s
        result.tries += 1
        rate = _TOKENS_OUT / answer.whole_s if answer.rate else None
        health.observe(name, Seen(answer.status, latency_s=answer.latency_s, tokens_per_s=rate), _BEGAN_S + at_s)
        if answer.status == 200:
            result.served += 1
            cost_nano = round(usd * _NANO) * (_TOKENS_IN + _TOKENS_OUT) // _MILLION
            result.cost_nano += cost_nano
        following = route.after(Outcome(answer.status, [], _BEGAN_S + at_s, 0.0))
        if following is None:
            result.times.append(took_s)
            result.burdens.append(cost_nano * took_s)
            return
        question = following


def table(requests: int = REQUESTS) -> str:
    """Markdown."""
    rows = [
        "| providers | strategy | USD a 1,000 answers | answered | tries each | mean | 95 % within | price x time |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name in scenarios():
        results = {title: play(scenarios()[name], sort, requests) for title, sort in STRATEGIES.items()}
        best = min(result.burden for result in results.values())
        for place, (title, found) in enumerate(results.items()):
            cells = (
                "" if place else name,
                title,
                f"{found.cost_nano / found.served / 1e6:.2f}",
                f"{found.served / requests:.2%}",
                f"{found.tries / requests:.2f}",
                f"{found.mean_s:.1f} s",
                f"{found.slow_s:.1f} s",
                "**1**" if found.burden == best else f"{found.burden / best:.2f}",
            )
            rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


if __name__ == "__main__":
    print(table())
