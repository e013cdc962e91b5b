"""Nested values of a query string, in every way that clients write them."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.control.management.query import nest

ONE = {"key": "model", "operator": "eq", "value": ["a"]}
TWO = {"key": "cost", "operator": "gt", "value": ["1"]}


def read(query: str) -> dict[str, object]:
    return nest(parse_qsl(query, keep_blank_values=True))


@pytest.mark.parametrize(
    "query",
    [
        'filters=[{"key":"model","operator":"eq","value":["a"]},{"key":"cost","operator":"gt","value":["1"]}]',
        'filters={"key":"model","operator":"eq","value":["a"]}&filters={"key":"cost","operator":"gt","value":["1"]}',
        (
            "filters[0][key]=model&filters[0][operator]=eq&filters[0][value][0]=a"
            "&filters[1][key]=cost&filters[1][operator]=gt&filters[1][value][]=1"
        ),
        (
            "filters[1].key=cost&filters[1].operator=gt&filters[1].value=1"
            "&filters[0].key=model&filters[0].operator=eq&filters[0].value=a"
        ),
        (
            "filters[][key]=model&filters[][operator]=eq&filters[][value]=a"
            "&filters[][key]=cost&filters[][operator]=gt&filters[][value]=1"
        ),
        "filters.key=model&filters.operator=eq&filters.value=a&filters.key=cost&filters.operator=gt&filters.value=1",
        "filters.value=a&filters.key=model&filters.operator=eq&filters.value=1&filters.key=cost&filters.operator=gt",
        "filters.key=model&filters.key=cost&filters.operator=eq&filters.operator=gt&filters.value=a&filters.value=1",
        (
            "filters[key]=model&filters[operator]=eq&filters[value]=a&filters[key]=cost&filters[operator]=gt"
            "&filters[value]=1"
        ),
    ],
)
def test_two_filters_are_the_same_however_they_are_written(query: str) -> None:
    assert read(query) == {"filters": [ONE, TWO]}


@pytest.mark.parametrize(
    "query",
    [
        "filters.key=model&filters.operator=eq&filters.value=a&filters.value=b",
        'filters.key=model&filters.operator=eq&filters.value=["a","b"]',
        "filters[0][key]=model&filters[0][operator]=eq&filters[0][value][0]=a&filters[0][value][1]=b",
        "filters.value=a&filters.value=b&filters.key=model&filters.operator=eq",
    ],
)
def test_a_filter_can_have_several_values(query: str) -> None:
    assert read(query) == {"filters": [{"key": "model", "operator": "eq", "value": ["a", "b"]}]}


def test_what_is_no_list_stays_text() -> None:
    assert read("page=2&search=a.b&filters=") == {"page": "2", "search": "a.b", "filters": []}


@pytest.mark.parametrize(
    "query",
    [
        "page=1&page=2",
        "filters=nonsense",
        "filters[0=x",
        "filters..key=x",
        "filters.key=a&filters.key=b&filters.operator=eq&filters.operator=eq&filters.value=1",
    ],
)
def test_what_cannot_be_told_is_refused(query: str) -> None:
    with pytest.raises(ValueError, match="`"):
        read(query)


@given(st.lists(st.tuples(st.sampled_from(["filters", "filters.key", "filters[", "filters[0]", "a"]), st.text())))
def test_anything_is_read_or_refused(pairs: list[tuple[str, str]]) -> None:
    try:
        found = nest(pairs)
    except ValueError:
        return
    assert found.keys() <= {"filters", "a"}
