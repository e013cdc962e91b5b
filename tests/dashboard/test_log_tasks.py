"""What is done with many logs: found by a link, followed live, taken along, deleted; and what a viewer may not."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pyarrow.parquet
import pytest
from playwright.sync_api import expect

from asking import Asking
from pages import dialog_of
from staging import CSRF

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Locator, Page

    from staging import Stage

LOGS = "/dashboard/gateways/default/logs"
CLIPBOARD = ["clipboard-read", "clipboard-write"]


def gateway(stage: Stage, name: str) -> Asking:
    asking = Asking(stage, name)
    asking.make_gateway()
    return asking


@pytest.fixture
def asking(stage: Stage) -> Iterator[Asking]:
    """Of the default gateway."""
    with Asking(stage) as made:
        yield made


def asked(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def line(page: Page, number: int) -> Locator:
    """Of the list, counted from 1; its heads are a row too."""
    return page.get_by_role("grid", name="Logs").locator(f'[aria-rowindex="{number + 1}"]')


def drawer(page: Page) -> Locator:
    return dialog_of(page)


def count(page: Page) -> Locator:
    return page.get_by_role("status").filter(has_text=re.compile(r"logs?$"))


def taken(path: Path, kind: str) -> list[dict[str, object]]:
    if "Parquet" in kind:
        rows: list[dict[str, object]] = pyarrow.parquet.read_table(path).to_pylist()
        return rows
    return [json.loads(one) for one in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def exported(stage: Stage) -> Iterator[Asking]:
    """Three good ones and two that failed, by turns."""
    with gateway(stage, "exported") as made:
        for number in range(5):
            made.chat(f"fail please, {number}" if number % 2 else f"Take {number} along")
        yield made


@pytest.mark.parametrize("kind", ["JSON Lines", "JSON Lines with bodies", "Parquet", "Parquet with bodies"])
def test_the_logs_that_fit_and_no_others_are_exported(page: Page, exported: Asking, kind: str) -> None:
    page.goto("/dashboard/gateways/exported/logs")
    expect(count(page)).to_have_text("5 logs")
    page.get_by_role("button", name="Errors").click()
    expect(count(page)).to_have_text("2 logs")
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as file:
        page.get_by_role("menuitem", name=kind, exact=True).click()
    assert file.value.suggested_filename == f"logs-exported.{'parquet' if 'Parquet' in kind else 'jsonl'}"
    rows = taken(file.value.path(), kind)
    assert [one["id"] for one in rows] == list(reversed(exported.ids(success="false")))
    assert [one["status_code"] for one in rows] == [429, 429]
    texts = ["fail please, 1" in str(rows[0]["request"]), "fail please, 3" in str(rows[1]["request"])]
    assert texts == (["bodies" in kind] * 2)


def test_logs_are_deleted_by_a_filter_after_a_question(page: Page, stage: Stage) -> None:
    with gateway(stage, "cleaned") as made:
        good = [made.chat(f"Keep {number}") for number in range(3)]
        bad = [made.chat(f"fail please, {number}") for number in range(2)]
        page.goto("/dashboard/gateways/cleaned/logs")
        page.get_by_role("button", name="Errors").click()
        expect(count(page)).to_have_text("2 logs")
        bad.append(made.chat("fail please, it is not in the list yet"))

        page.get_by_role("button", name="Delete the logs that fit").click()
        expect(drawer(page)).to_contain_text("All logs that fit the filters, 3 logs, go with")
        drawer(page).get_by_role("button", name="Cancel").click()
        drawer(page).wait_for(state="hidden")
        assert made.ids() == [*reversed(bad), *reversed(good)]

        page.get_by_role("button", name="Delete the logs that fit").click()
        sure = drawer(page).get_by_role("button", name="Delete 3 logs")
        sure.wait_for()
        unseen = made.chat("fail please, nobody was asked about this one")
        sure.click()
        page.get_by_text("3 logs deleted").wait_for()
        drawer(page).wait_for(state="hidden")
        expect(count(page)).to_have_text("1 log")
        assert made.ids() == [unseen, *reversed(good)]


def test_all_logs_go_when_the_gateways_name_is_typed(page: Page, stage: Stage) -> None:
    with gateway(stage, "emptied") as made:
        made.chat("Soon gone")
        page.goto("/dashboard/gateways/emptied/logs")
        page.get_by_role("button", name="Delete all logs").click()
        sure = drawer(page).get_by_role("button", name="Delete 1 log")
        expect(sure).to_be_disabled()
        drawer(page).get_by_label("Type emptied to confirm").fill("default")
        expect(sure).to_be_disabled()
        drawer(page).get_by_label("Type emptied to confirm").fill("emptied")
        sure.click()
        page.get_by_text("No logs yet").wait_for()
        assert made.ids() == []
    with Asking(stage) as other:
        assert other.ids() != []


def test_one_log_is_deleted_from_its_drawer(page: Page, asking: Asking) -> None:
    log_id = asking.chat("Forget this")
    page.goto(f"{LOGS}?log={log_id}")
    drawer(page).get_by_role("button", name="More to do with this log").click()
    page.get_by_role("menuitem", name="Delete this log…").click()
    page.get_by_role("button", name="Delete the log").click()
    page.get_by_text("The log is deleted").wait_for()
    expect(drawer(page)).to_have_count(0)
    assert log_id not in asking.ids()


def test_a_link_to_a_log_opens_it_for_somebody_else(open_page: Callable[..., Page], asking: Asking) -> None:
    log_id = asking.chat("Look at this one")
    asking.chat("Not at this one")
    page = open_page("ada", permissions=CLIPBOARD)
    page.goto(LOGS + "?status=2xx")
    line(page, 2).click()
    expect(drawer(page)).to_contain_text("Look at this one")
    drawer(page).get_by_role("button", name="More to do with this log").click()
    page.get_by_role("menuitem", name="Copy the link to this log").click()
    page.get_by_text("The link is copied").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.endswith(f"{LOGS}?log={log_id}")

    other = open_page("ed")
    other.goto(link)
    expect(drawer(other)).to_contain_text("Look at this one")
    other.keyboard.press("Escape")
    expect(drawer(other)).to_have_count(0)
    assert asked(other) == {}
    expect(line(other, 1)).to_contain_text("gpt-4o-mini")


def test_the_way_back_closes_a_log_and_closed_ones_are_not_in_the_way(page: Page) -> None:
    page.goto("/dashboard/")
    page.get_by_role("link", name="Logs", exact=True).click()
    line(page, 1).click()
    drawer(page).wait_for()
    first = asked(page)["log"]
    page.go_back()
    expect(drawer(page)).to_have_count(0)
    page.go_forward()
    expect(drawer(page)).to_be_visible()
    assert asked(page)["log"] == first

    drawer(page).get_by_role("tab", name="Raw").click()
    page.keyboard.press("j")  # at once: what was just chosen must not be lost by it
    expect(page).not_to_have_url(re.compile(first))
    for number in (3, 4):
        drawer(page).get_by_role("button", name="Close").click()
        expect(drawer(page)).to_have_count(0)
        assert asked(page) == {"view": "raw"}
        line(page, number).click()
        expect(drawer(page).get_by_role("tab", name="Raw")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(drawer(page)).to_have_count(0)
    page.go_back()
    page.get_by_role("heading", level=1, name="Overview").wait_for()


def test_live_lines_come_in_at_the_top_and_wait_for_who_reads_below(page: Page, asking: Asking) -> None:
    page.goto(LOGS)
    line(page, 1).wait_for()
    page.get_by_role("switch", name="Live").click()
    asking.chat("Now", model="seen-at-once")
    expect(line(page, 1)).to_contain_text("seen-at-once")

    grid = page.get_by_role("grid", name="Logs")
    grid.hover()
    page.mouse.wheel(0, 1_500)
    expect(line(page, 45)).to_be_visible()
    before = (grid.evaluate("it => it.scrollTop"), line(page, 45).inner_text())
    assert before[0] > 0
    asking.chat("Later", model="seen-when-wanted")
    new = page.get_by_role("button", name="1 new", exact=True)
    new.wait_for()
    assert (grid.evaluate("it => it.scrollTop"), line(page, 45).inner_text()) == before
    new.click()
    expect(line(page, 1)).to_contain_text("seen-when-wanted")
    expect(line(page, 2)).to_contain_text("seen-at-once")
    expect(line(page, 1)).to_be_in_viewport()
    page.get_by_role("switch", name="Live").click()
    assert "live" not in asked(page)


def test_a_viewer_reads_logs_and_changes_none(open_page: Callable[..., Page], asking: Asking) -> None:
    log_id = asking.chat("May I see this?")
    page = open_page("vi")
    page.goto(LOGS)
    line(page, 1).click()
    expect(drawer(page)).to_contain_text("May I see this?")
    for name in ("Good", "Bad", "Replay in the playground"):
        expect(drawer(page).get_by_role("button", name=name)).to_have_count(0)
    expect(drawer(page).get_by_label("Score")).to_have_count(0)
    drawer(page).get_by_role("button", name="More to do with this log").click()
    expect(page.get_by_role("menuitem", name="Copy as curl")).to_be_visible()
    expect(page.get_by_role("menuitem", name=re.compile("Delete"))).to_have_count(0)
    page.keyboard.press("Escape")
    drawer(page).get_by_role("tab", name="Details").click()
    expect(drawer(page).get_by_text(log_id).first).to_be_visible()
    expect(drawer(page).get_by_role("button", name="Edit")).to_have_count(0)
    drawer(page).get_by_role("button", name="Close").click()
    expect(page.get_by_role("button", name="Export")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Delete"))).to_have_count(0)

    one = f"{asking.logs}/{log_id}"
    rated = page.request.patch(one, data={"feedback": 1}, headers=CSRF)
    gone = [page.request.delete(url, headers=CSRF) for url in (one, asking.logs)]
    assert [answer.status for answer in (rated, *gone)] == [403, 403, 403]
    assert all("role" in answer.json()["errors"][0]["message"] for answer in (rated, *gone))
    assert asking.log(log_id)["feedback"] is None
