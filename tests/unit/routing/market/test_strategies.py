"""Does the simulation that docs/routing.md quotes say what the page says?"""

from __future__ import annotations

from pathlib import Path

import pytest
from bench import strategies

PAGE = (Path(__file__).resolve().parents[4] / "docs" / "routing.md").read_text("utf-8")
REQUESTS = 1_500


@pytest.fixture(scope="module")
def results() -> dict[str, dict[str, strategies.Result]]:
    return {
        name: {
            title: strategies.play(strategies.scenarios()[name], sort, REQUESTS)
            for title, sort in strategies.STRATEGIES.items()
        }
        for name in strategies.scenarios()
    }


def test_every_request_is_answered_by_somebody(results: dict[str, dict[str, strategies.Result]]) -> None:
    assert all(found.served == REQUESTS for each in results.values() for found in each.values())


def test_adaptive_is_never_far_from_the_best(results: dict[str, dict[str, strategies.Result]]) -> None:
    for name, each in results.items():
        best = min(found.burden for found in each.values())
        assert each["adaptive"].burden <= best * 1.25, name


def test_every_other_strategy_is_far_off_somewhere(results: dict[str, dict[str, strategies.Result]]) -> None:
    for title in ("default", "sort: price", "sort: throughput"):
        worst = max(each[title].burden / min(r.burden for r in each.values()) for each in results.values())
        assert worst > 2, title


def test_price_is_the_cheapest_and_throughput_the_fastest(results: dict[str, dict[str, strategies.Result]]) -> None:
    for each in results.values():
        assert each["sort: price"].cost_nano == min(found.cost_nano for found in each.values())
    calm = results["calm: dearer is faster"]
    assert calm["sort: throughput"].mean_s == min(found.mean_s for found in calm.values())


def test_the_page_has_a_row_for_each_of_them() -> None:
    table = strategies.table(40).splitlines()
    assert table[0] in PAGE
    for row in table[2:]:
        name, title = (cell.strip() for cell in row.split("|")[1:3])
        assert f"| {name} | {title} |" in PAGE
