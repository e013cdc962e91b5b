"""Overview, Analytics and Activity: figures of real traffic, and the ways from them to what is behind."""

from __future__ import annotations

import json
import re
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import expect

from managing import REQUIRED
from pages import dialog_of
from staging import CSRF, Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Page

ANALYTICS = "/dashboard/gateways/default/analytics"
SOME = re.compile(r"^[1-9]")


def asked(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def figure(page: Page, name: str) -> str:
    """What a figure of the upper row says; waits for it."""
    said = page.get_by_role("group", name=name, exact=True).locator(".font-semibold")
    expect(said).to_have_text(SOME)
    return said.inner_text()


def chart(page: Page, name: str) -> dict[str, float]:
    """Where the drawing of a chart is, once it is there."""
    drawing = page.get_by_role("figure", name=name, exact=True).locator(".u-over")
    drawing.wait_for()
    drawing.scroll_into_view_if_needed()
    box = drawing.bounding_box()
    assert box is not None
    return {"left": box["x"], "top": box["y"], "width": box["width"], "height": box["height"]}


def test_the_overview_has_the_figures_of_all_gateways(page: Page) -> None:
    page.goto("/dashboard/?range=30d")
    figure(page, "Requests")
    table = page.get_by_role("table", name="Gateways")
    expect(table.get_by_role("link", name="team-search", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="Top models by cost")).to_be_visible()
    table.get_by_role("link", name="Logs of team-search").click()
    page.get_by_role("heading", level=1, name="Logs").wait_for()
    assert asked(page)["range"] == "30d"


def test_an_error_of_the_overview_leads_to_its_log(page: Page) -> None:
    page.goto("/dashboard/?range=30d")
    errors = page.locator("section").filter(has=page.get_by_role("heading", name="Last errors"))
    errors.get_by_role("link").first.click()
    dialog_of(page).wait_for()
    assert asked(page)["log"]


def test_errors_of_a_deleted_gateway_do_not_hide_those_of_others(page: Page, stage: Stage) -> None:
    base = f"/client/v4/accounts/{stage.torana.account_id}/ai-gateway/gateways"
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "fail please"}]}
    with closing(stage.signed_in()) as owner:
        assert owner.post(base, json={**REQUIRED, "id": "passing", "collect_logs": True}, headers=CSRF).is_success
        stage.torana.follow()
        path = stage.torana.at("openai", "passing") + "/chat/completions"
        asked_it = httpx.post(path, json=body, headers={"authorization": "Bearer sk-x"}, trust_env=False, timeout=30)
        assert asked_it.status_code == 429
        assert owner.get(f"{base}/passing/logs").json()["result"]
        assert owner.delete(f"{base}/passing", headers=CSRF).is_success
    refused: list[str] = []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status >= 400 else None)
    page.goto("/dashboard/")
    errors = page.locator("section").filter(has=page.get_by_role("heading", name="Last errors"))
    errors.get_by_role("link").first.wait_for()
    assert errors.get_by_role("alert").count() == 0
    assert refused == []


def test_live_figures_follow_the_traffic(page: Page, stage: Stage) -> None:
    page.goto("/dashboard/?range=1h")
    expect(page.get_by_role("switch", name="Live")).to_be_checked()
    before = int(figure(page, "Requests").replace(",", ""))
    with httpx.Client(trust_env=False, timeout=30) as client:
        stage.ask(client, "Is this counted?")
    said = page.get_by_role("group", name="Requests", exact=True).locator(".font-semibold")
    expect(said).to_have_text(f"{before + 1:,}", timeout=30_000)


def test_a_gateway_is_made_and_called_by_its_rule(page: Page) -> None:
    page.goto("/dashboard/")
    page.get_by_role("button", name="Create a gateway").click()
    name = page.get_by_label("Name")
    make = page.get_by_role("button", name="Create the gateway")
    for wrong, said in (("My gateway", "Lower-case"), ("a--b", "too many"), ("default", "already")):
        name.fill(wrong)
        expect(page.get_by_text(said)).to_be_visible()
        expect(make).to_be_disabled()
    name.fill("made-by-hand")
    make.click()
    page.get_by_role("heading", level=1, name="Quick start").wait_for()
    assert urlsplit(page.url).path == "/dashboard/gateways/made-by-hand/start"


def test_a_viewer_is_offered_no_new_gateway(open_page: Callable[..., Page]) -> None:
    page = open_page("vi")
    page.goto("/dashboard/?create=gateway")
    figure(page, "Requests")
    assert page.get_by_role("button", name="Create a gateway").count() == 0
    assert dialog_of(page).count() == 0


def test_a_point_of_a_chart_leads_to_its_logs(page: Page) -> None:
    page.goto(ANALYTICS + "?range=30d")
    figure(page, "Requests")
    place = chart(page, "Requests by time")
    page.mouse.click(place["left"] + place["width"] / 2, place["top"] + place["height"] - 3)
    page.get_by_role("heading", level=1, name="Logs").wait_for()
    query = asked(page)
    assert query["range"] == "custom"
    assert query["from"] < query["to"]
    assert {"key": "success", "operator": "eq", "value": [True]} in json.loads(query["filters"])


def test_a_drag_zooms_and_the_way_back_is_the_browsers(page: Page) -> None:
    page.goto(ANALYTICS + "?range=30d")
    whole = figure(page, "Requests")
    place = chart(page, "Cost by time")
    page.mouse.move(place["left"] + place["width"] * 0.4, place["top"] + 40)
    page.mouse.down()
    page.mouse.move(place["left"] + place["width"] * 0.7, place["top"] + 40, steps=8)
    page.mouse.up()
    page.wait_for_url(re.compile("range=custom"))
    assert asked(page)["from"].endswith("T00:00:00.000Z")
    page.go_back()
    expect(page.get_by_role("group", name="Requests", exact=True).locator(".font-semibold")).to_have_text(whole)


def test_a_break_down_ranks_and_leads_to_logs(page: Page) -> None:
    page.goto(ANALYTICS + "?range=30d")
    page.get_by_label("Break down by").select_option("model")
    ranking = page.get_by_role("table", name="Models")
    ranking.get_by_role("link", name="gpt-4o-mini").click()
    page.get_by_role("heading", level=1, name="Logs").wait_for()
    assert json.loads(asked(page)["filters"]) == [{"key": "model", "operator": "eq", "value": ["gpt-4o-mini"]}]


def test_metadata_are_broken_down_by_a_key(page: Page) -> None:
    page.goto(ANALYTICS + "?range=30d&status=2xx")
    page.get_by_label("Break down by").select_option("metadata:team")
    ranking = page.get_by_role("table", name="Values of team")
    expect(ranking.get_by_role("link", name="support")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="disregard status")).to_be_visible()
    ranking.get_by_role("link", name="support").click()
    page.get_by_role("heading", level=1, name="Logs").wait_for()
    assert [one["value"] for one in json.loads(asked(page)["filters"])] == [["team"], ["support"]]


def test_the_figures_go_along_as_csv(page: Page) -> None:
    page.goto(ANALYTICS + "?range=30d&by=provider")
    page.get_by_role("table", name="Providers").get_by_role("link").first.wait_for()
    with page.expect_download() as file:
        page.get_by_role("button", name="CSV").click()
    head, first, *_ = Path(file.value.path()).read_text().splitlines()
    assert head.startswith("time,provider,requests,")
    assert re.match(r"\d{4}-\d\d-\d\dT00:00:00(\.000)?Z,\w", first)


def test_a_filter_stands_in_the_url_and_is_taken_away(page: Page) -> None:
    page.goto(ANALYTICS + "?range=30d")
    whole = figure(page, "Requests")
    page.get_by_role("combobox", name="Model", exact=True).select_option("gpt-4o")
    page.wait_for_url(re.compile("gpt-4o"))
    said = page.get_by_role("group", name="Requests", exact=True).locator(".font-semibold")
    expect(said).not_to_have_text(whole)
    page.get_by_role("combobox", name="Model", exact=True).select_option(label="All models")
    expect(said).to_have_text(whole)


def test_a_chart_can_be_read_as_a_table(page: Page) -> None:
    page.goto(ANALYTICS + "?range=30d")
    drawn = page.get_by_role("figure", name="Latency by time")
    drawn.get_by_role("button", name="Show as a table").click()
    expect(drawn.get_by_role("columnheader")).to_have_text(["Time", "p50", "p90", "p95", "p99"])


@pytest.fixture(scope="module")
def used(stage: Stage) -> None:
    """One request through the router, with a key of its own; counted by the time it is looked at."""
    key = stage.torana.run("keys", "create", "--name", "of-the-test").split()[0]
    stage.torana.follow()
    body = {"model": "openai/gpt-4o-mini", "messages": [{"role": "user", "content": "Through the router"}]}
    answer = stage.torana.post("/api/v1/chat/completions", body, {"authorization": f"Bearer {key}"})
    assert answer.status_code == 200, answer.text
    question = {"metrics": ["request_count"], "granularity": "day"}
    with closing(stage.signed_in()) as client:
        stage.upstream.wait_until(
            lambda: bool(client.post("/api/v1/analytics/query", json=question).json()["data"]["data"]), 15
        )


@pytest.mark.usefixtures("used")
@pytest.mark.parametrize("user", ["ada", "vi"])
def test_the_routers_use_is_shown_by_day_model_and_key(open_page: Callable[..., Page], user: str) -> None:
    page = open_page(user)
    page.goto("/dashboard/activity")
    figure(page, "Requests")
    expect(page.get_by_role("table", name="Models").get_by_text("gpt-4o-mini")).to_be_visible()
    page.get_by_label("Break down by").select_option("api_key_id")
    expect(page.get_by_role("table", name="Keys").get_by_text("of-the-test")).to_be_visible()
    page.get_by_role("group", name="Figure").get_by_role("button", name="Requests").click()
    expect(page.get_by_role("heading", name="Requests by day")).to_be_visible()


def test_a_new_server_says_what_to_do_first_and_then_shows_it(browser: Browser, tmp_path: Path) -> None:
    with Stage(tmp_path, is_new=True) as new, browser.new_context(base_url=new.torana.url) as context:
        secret = {"secret": new.link().partition("#once=")[2]}
        assert context.request.post("/client/v4/session/link", data=secret, headers=CSRF).ok
        page = context.new_page()
        page.goto("/dashboard/")
        expect(page.get_by_text("Send it a first request")).to_be_visible()
        expect(page.get_by_text(f"{new.torana.url}/v1/{new.torana.account_id}/default/openai")).to_be_visible()
        with httpx.Client(trust_env=False, timeout=30) as client:
            assert new.ask(client, "The first one").status_code == 200
        assert figure(page, "Requests") == "1"
