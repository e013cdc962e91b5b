"""Who is asked next?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market import an_endpoint
from torana.catalog.market import Endpoint
from torana.routing import Outcome
from torana.routing.market.route import MOST, Market

A, B = an_endpoint("a"), an_endpoint("b")
C, D = an_endpoint("c", model="maker/other"), an_endpoint("d", model="maker/other")


def walked(endpoints: list[Endpoint], *statuses: int) -> list[Endpoint]:
    route = Market(endpoints)
    found = [route.first().target]
    for status in statuses:
        question = route.after(Outcome(status))
        if question is None:
            break
        assert (question.wait_s, question.timeout_s) == (0.0, None)
        assert endpoints[route.place] is question.target
        found.append(question.target)
    return found


@pytest.mark.parametrize("status", [0, 401, 402, 404, 408, 410, 424, 429, 498, 500, 502, 503, 529])
def test_a_failure_or_a_429_leads_to_the_next_endpoint(status: int) -> None:
    assert walked([A, B, C], *[status] * 3) == [A, B, C]


@pytest.mark.parametrize("status", [400, 403, 413, 422, 451, 499])
def test_what_the_caller_did_wrong_leads_to_the_next_model(status: int) -> None:
    assert walked([A, B, C, D], *[status] * 4) == [A, C]
    assert walked([A, B], status) == [A]


@pytest.mark.parametrize("status", [200, 204, 302])
def test_what_went_well_ends_it(status: int) -> None:
    assert walked([A, B], status) == [A]
    assert walked([A, B, C], 500, status) == [A, B]


def test_a_mistake_after_a_failure_leaves_out_the_rest_of_the_model() -> None:
    assert walked([A, B, C], 500, 400) == [A, B, C]
    assert walked([A, C, B, D], 400, 500) == [A, C, B]


def test_there_are_never_more_than_ten_tries() -> None:
    assert len(walked([an_endpoint(f"e-{n}") for n in range(30)], *[500] * 40)) == MOST == 10


def test_an_endpoint_may_stand_there_twice_for_two_keys() -> None:
    assert walked([A, A, B], 401, 500) == [A, A, B]


@given(
    st.lists(st.sampled_from([A, B, C, D]), min_size=1, max_size=15),
    st.lists(st.sampled_from([0, 200, 400, 403, 429, 500, 503]), max_size=20),
)
def test_every_walk_goes_forward_and_ends(endpoints: list[Endpoint], statuses: list[int]) -> None:
    route = Market(endpoints)
    route.first()
    places = [0]
    for status in statuses:
        if route.after(Outcome(status)) is None:
            break
        places.append(route.place)
    assert places == sorted(set(places))
    assert len(places) <= MOST
