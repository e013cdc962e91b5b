"""Windows of a list as it was once, and what came since: no log twice, none missed."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from torana.control.log_changes import delete_logs
from torana.control.log_filters import LogFilter, conditions
from torana.control.log_pages import Cut, Place
from torana.control.log_window import (
    Since,
    count_shortly,
    find_since,
    find_window,
    newest_anchor,
    read_anchor,
    stored_until,
)
from torana.control.operations import open_store
from torana.settings import Settings
from torana.storage.tables import logs
from unit.control.test_log_pages import put
from unit.storage.records import ACCOUNT, NOW_MS, log_id, make_record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from torana.control.log_pages import LogRow
    from torana.control.operations import Store

PLACE = Place(ACCOUNT, "default")
OTHER = Place(ACCOUNT, "other")
NOBODY = LogFilter("provider", "eq", ["nobody"])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(Settings(data_dir=str(tmp_path)))
    yield opened
    opened.close()


def fill(store: Store, *numbers: int, gateway_id: str = "default") -> None:
    """In the order of storing; numbers are in that of time."""
    put(store, *(make_record(number, gateway_id=gateway_id) for number in numbers))


def numbers_of(rows: Sequence[LogRow]) -> list[int]:
    return [row.created_ms - NOW_MS for row in rows]


def anchor_of(store: Store) -> str:
    with store.database.reader.connect() as connection:
        return newest_anchor(connection).text


def window(store: Store, anchor: str | None = None, first: int = 0, count: int = 100) -> list[int] | None:
    """None where the anchor is gone."""
    with store.database.reader.connect() as connection:
        found = newest_anchor(connection) if anchor is None else read_anchor(connection, PLACE, anchor)
        if found is None:
            return None
        cut = Cut(stored_until(connection, found), [], first=first, count=count)
        return numbers_of(find_window(connection, PLACE, cut))


def tail(
    store: Store, anchor: str, *filters: LogFilter, place: Place = PLACE, count: int = 100, most: int = 100
) -> Since:
    with store.database.reader.connect() as connection:
        found = read_anchor(connection, place, anchor)
        assert found is not None
        return find_since(connection, place, Cut(conditions(filters), list(filters), count=count), found, most)


def delete(store: Store, *numbers: int, place: Place = PLACE) -> None:
    filters = [LogFilter("id", "eq", [log_id(number) for number in numbers])]
    with store.database.writer.begin() as connection:
        assert delete_logs(connection, place, Cut(conditions(filters), filters, count=100)) == len(numbers)


def test_a_list_stays_as_it_was_while_logs_come_above_and_within(store: Store) -> None:
    fill(store, 1, 3, 5)
    anchor = anchor_of(store)
    assert window(store, anchor) == [5, 3, 1]
    fill(store, 9, 4, 2)
    fill(store, 8, gateway_id="other")
    assert window(store) == [9, 5, 4, 3, 2, 1]
    assert window(store, anchor) == [5, 3, 1]
    assert window(store, anchor, first=1, count=1) == [3]
    assert window(store, anchor, first=3) == []


def test_what_came_since_is_told_in_the_order_of_storing(store: Store) -> None:
    fill(store, 1, 3, 5)
    anchor = anchor_of(store)
    nothing = tail(store, anchor)
    assert (nothing.rows, nothing.anchor.text, nothing.has_more) == ([], anchor, False)
    fill(store, 9, 4, 2)
    fill(store, 8, gateway_id="other")
    found = tail(store, anchor)
    assert (numbers_of(found.rows), found.has_more) == ([9, 4, 2], False)
    assert numbers_of(tail(store, found.anchor.text).rows) == []
    assert numbers_of(tail(store, anchor, place=OTHER).rows) == [8]


def test_a_store_without_logs_has_an_anchor_too(store: Store) -> None:
    anchor = anchor_of(store)
    assert (anchor, window(store, anchor)) == ("0", [])
    fill(store, 1, 2)
    assert window(store, anchor) == []
    assert numbers_of(tail(store, anchor).rows) == [1, 2]


def test_the_tail_goes_on_where_it_was_cut(store: Store) -> None:
    anchor = anchor_of(store)
    fill(store, *range(7))
    first = tail(store, anchor, count=3)
    assert (numbers_of(first.rows), first.has_more) == ([0, 1, 2], True)
    second = tail(store, first.anchor.text, count=4)
    assert (numbers_of(second.rows), second.has_more) == ([3, 4, 5, 6], False)


def test_a_tail_that_hardly_anything_fits_looks_at_some_logs_at_a_time(store: Store) -> None:
    anchor = anchor_of(store)
    fill(store, *range(5))
    delete(store, 1, 2, 3)
    found = tail(store, anchor, NOBODY, most=1)
    assert (found.rows, found.has_more) == ([], True)
    again = tail(store, found.anchor.text, NOBODY, most=1)
    assert (again.rows, again.has_more, again.anchor.text) == ([], False, anchor_of(store))


@pytest.mark.parametrize("seed", range(5))
def test_a_list_and_its_tail_have_every_log_once(store: Store, seed: int) -> None:
    """Logs come in any order, windows are asked for at any time."""
    dice = random.Random(seed)  # noqa: S311  # no secret
    numbers = list(range(60))
    dice.shuffle(numbers)
    fill(store, *numbers[:20])
    anchor = after = anchor_of(store)
    listed: list[int] = []
    came: list[int] = []
    rest = numbers[20:]
    while rest or len(listed) < 20:
        some = dice.randrange(5)
        if rest[:some]:
            fill(store, *rest[:some], gateway_id=dice.choice(["default", "default", "other"]))
        rest = rest[some:]
        listed += window(store, anchor, first=len(listed), count=dice.randrange(1, 6)) or []
        found = tail(store, after, count=dice.randrange(1, 4), most=dice.randrange(1, 9))
        came, after = came + numbers_of(found.rows), found.anchor.text
    while (found := tail(store, after, count=3)).rows:
        came, after = came + numbers_of(found.rows), found.anchor.text
    assert listed == sorted(numbers[:20], reverse=True)
    assert len(set(came)) == len(came)
    assert sorted(listed + came, reverse=True) == window(store)


def test_a_moment_whose_log_is_gone_is_told_from_one_that_is_merely_old(store: Store) -> None:
    fill(store, 1, 2, 3)
    anchor = anchor_of(store)
    fill(store, 4)
    delete(store, 3)
    assert window(store, anchor) == [2, 1], "its place is not given again, as a later log is there"
    delete(store, 4)
    assert window(store, anchor) is None
    fill(store, 5)
    assert window(store, anchor) is None, "another log has its place"
    assert window(store, anchor_of(store)) == [5, 2, 1]


def test_the_id_of_a_log_is_a_moment_too(store: Store) -> None:
    fill(store, 3, 1)
    fill(store, 7, gateway_id="other")
    fill(store, 2)
    assert window(store, log_id(1)) == [3, 1]
    assert numbers_of(tail(store, log_id(1)).rows) == [2]
    assert window(store, log_id(7)) is None, "it is of another gateway"
    assert window(store, log_id(8)) is None


@pytest.mark.parametrize("text", ["-1", "1", "1-", "1-abc", "12345678901234567890-01234567", "0-", log_id(1).upper()])
def test_what_is_no_moment_is_refused(store: Store, text: str) -> None:
    with store.database.reader.connect() as connection, pytest.raises(ValueError, match="anchor_id"):
        read_anchor(connection, PLACE, text)


def test_only_what_a_list_needs_is_read(store: Store) -> None:
    fill(store, 1)
    with store.database.reader.connect() as connection:
        [row] = find_window(connection, PLACE, Cut([], []))
    names = set(row._fields)
    assert names < {column.name for column in logs.columns}
    assert not names & {"bodies_in", "custom_cost", "account_id"}


ROWS = 2_500
SUCCESS = LogFilter("success", "eq", [True])
CHEAP = LogFilter("tokens_in", "gt", [1])


def test_totals_are_exact_where_there_is_time_and_else_a_least(store: Store) -> None:
    put(store, *(make_record(number, status=200 if number % 5 else 500) for number in range(ROWS)))
    fits = ROWS - ROWS // 5

    def total(*filters: LogFilter, seconds: float, first: int = 0, found: int = 100) -> tuple[int, bool]:
        cut = Cut(conditions(filters), list(filters), first=first, count=100)
        with store.database.reader.connect() as connection:
            return count_shortly(connection, PLACE, cut, found, seconds, stretch=1)

    assert total(SUCCESS, seconds=60) == (fits, True)
    assert total(SUCCESS, LogFilter("provider", "neq", ["x"]), seconds=60) == (fits, True)
    least, is_exact = total(SUCCESS, seconds=0)
    assert 0 < least < 1_000
    assert not is_exact
    assert total(SUCCESS, seconds=0, first=1_500) == (1_600, False)
    assert total(SUCCESS, seconds=0, first=fits - 7, found=7) == (fits, True)
    assert total(CHEAP, seconds=0, found=0) == (0, True)
    assert total(seconds=0) == (ROWS, True)
