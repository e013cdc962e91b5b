"""Models: found, sorted, compared and looked at by what the catalogue and this server's own measurements say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

    from staging import Stage

MODELS = "/dashboard/models"
MINI = "openai/gpt-4o-mini"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def asked(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def models(page: Page, stage: Stage) -> list[dict[str, Any]]:
    """All that the API knows."""
    path = f"/client/v4/accounts/{stage.torana.account_id}/ai-gateway/gateways/default/models"
    found: list[dict[str, Any]] = page.request.get(path).json()["result"]
    return found


def rows(page: Page) -> Locator:
    return page.get_by_role("table", name="Models").locator("tbody tr:not([aria-hidden])")


def first(page: Page) -> Locator:
    return rows(page).first.get_by_role("link")


def said(page: Page) -> Locator:
    return page.get_by_role("status").filter(has_text="within reach")


def test_a_search_and_filters_stand_in_the_url_and_are_what_the_api_has(page: Page, stage: Stage) -> None:
    known = models(page, stage)
    reached = [one for one in known if one["is_reached"]]
    page.goto(MODELS)
    expect(said(page)).to_have_text(f"{len(reached)} of {len(known)} models, {len(reached)} within reach")
    page.get_by_label("Search models").fill("mini gpt-4o")
    fits = [one for one in reached if all(word in f"{one['id']} {one['name']}".lower() for word in ("mini", "gpt-4o"))]
    expect(said(page)).to_have_text(re.compile(f"^{len(fits)} of"))
    assert asked(page) == {"q": "mini gpt-4o"}
    page.get_by_label("Which models").select_option("all")
    page.get_by_label("Search models").fill("")
    page.get_by_role("combobox", name="Author").select_option("anthropic")
    page.get_by_role("button", name="Reasoning", exact=True).click()
    page.get_by_role("combobox", name="Context").select_option("200000")
    fits = [
        one
        for one in known
        if one["id"].lstrip("~").startswith("anthropic/")
        and "reasoning" in one["supported_parameters"]
        and (one["context_length"] or 0) >= 200_000
    ]
    assert fits
    expect(said(page)).to_have_text(re.compile(f"^{len(fits)} of"))
    assert asked(page) == {"reach": "all", "author": "anthropic", "takes": "reasoning", "context": "200000"}
    page.reload()
    expect(said(page)).to_have_text(re.compile(f"^{len(fits)} of"))
    page.get_by_role("button", name="Reset", exact=True).click()
    expect(said(page)).to_have_text(re.compile(f"^{len(known)} of"))
    assert asked(page) == {"reach": "all"}


@pytest.mark.parametrize(
    ("path", "field"), [(MODELS, "Search models"), ("/dashboard/gateways/default/providers", "Search providers")]
)
def test_no_letter_is_lost_however_quickly_it_is_typed(page: Page, path: str, field: str) -> None:
    page.goto(path)
    page.get_by_label(field).press_sequentially("open ai mini", delay=5)
    page.get_by_label(field).press("Home")
    page.get_by_label(field).press_sequentially("an ", delay=5)
    page.wait_for_url("**q=an+open+ai+mini")
    expect(page.get_by_label(field)).to_have_value("an open ai mini")


def test_nothing_that_fits_says_what_to_do(page: Page, stage: Stage) -> None:
    page.goto(MODELS + "?q=no-such-model-at-all")
    page.get_by_text("No model fits").wait_for()
    page.get_by_role("button", name="Reset the filters").click()
    expect(rows(page).nth(3)).to_be_visible()
    assert asked(page) == {}


@pytest.mark.parametrize(
    ("order", "figure", "sign"),
    [
        ("dearest", lambda one: one["input"] + one["output"], -1),
        ("context", lambda one: one["context_length"] or 0, -1),
    ],
)
def test_an_order_is_by_its_figure(
    page: Page, stage: Stage, order: str, figure: Callable[[dict[str, Any]], float], sign: int
) -> None:
    page.goto(MODELS)
    page.get_by_label("Order").select_option(order)
    assert asked(page)["sort"] == order
    reached = [one for one in models(page, stage) if one["is_reached"]]
    best = min(reached, key=lambda one: (sign * figure(one), one["name"].lower()))
    expect(first(page)).to_have_text(re.compile("."))
    shown = next(one for one in reached if one["name"] == first(page).inner_text())
    assert figure(shown) == figure(best)


def test_models_are_compared_and_asked_together(page: Page, stage: Stage) -> None:
    page.goto(MODELS + "?q=openai/gpt-4o")
    expect(page.get_by_role("button", name="Compare", exact=True)).to_be_disabled()
    for name in ("OpenAI: GPT-4o", "OpenAI: GPT-4o-mini"):
        box = page.get_by_role("checkbox", name=f"Compare {name}", exact=True)
        box.click()
        expect(box).to_be_checked()
    page.get_by_role("button", name="Compare (2)").click()
    assert asked(page)["compare"].split(",") == ["openai/gpt-4o", MINI]
    table = page.get_by_role("dialog", name="Compared").get_by_role("table")
    expect(table.get_by_role("columnheader")).to_have_text(["OpenAI: GPT-4o", "OpenAI: GPT-4o-mini"])
    prices = table.get_by_role("row", name=re.compile("^Output")).get_by_role("cell")
    known = {one["id"]: one for one in models(page, stage)}
    assert prices.all_inner_texts() == [f"${known[one]['output']:.2f}" for one in ("openai/gpt-4o", MINI)]
    # The cheaper one stands out.
    assert "success" in (prices.nth(1).get_attribute("class") or "")
    page.reload()
    page.get_by_role("link", name="Ask them in the playground").click()
    page.get_by_role("heading", level=1, name="Playground").wait_for()
    expect(page.get_by_role("combobox", name="Model 1", exact=True)).to_have_value("openai/gpt-4o")
    expect(page.get_by_role("combobox", name="Model 2", exact=True)).to_have_value(MINI)


def test_at_most_four_are_compared(page: Page) -> None:
    page.goto(MODELS + "?reach=all")
    boxes = page.get_by_role("table", name="Models").get_by_role("checkbox")
    for at in range(4):
        boxes.nth(at).click()
        expect(boxes.nth(at)).to_be_checked()
    expect(boxes.nth(4)).to_be_disabled()
    boxes.nth(0).click()
    expect(boxes.nth(4)).to_be_enabled()


def test_a_model_has_its_endpoints_prices_and_what_was_measured(page: Page, stage: Stage) -> None:
    """The traffic of the stage goes to it, so there are figures, and the same as in the API."""
    path = f"/client/v4/accounts/{stage.torana.account_id}/ai-gateway/gateways/default/models/{MINI}"
    page.goto(MODELS + "?q=gpt-4o-mini")
    page.get_by_role("link", name="OpenAI: GPT-4o-mini", exact=True).click()
    page.get_by_role("heading", level=1, name="OpenAI: GPT-4o-mini").wait_for()
    model = page.request.get(path).json()["result"]
    endpoint = next(one for one in model["endpoints"] if one["tag"] == "openai")
    assert endpoint["requests_1d"] > 0

    def figure(name: str) -> Locator:
        return page.get_by_role("group", name=name, exact=True).locator(".font-semibold")

    expect(figure("Input /M")).to_have_text(f"${model['input']:.2f}")
    expect(figure("Asked here")).to_have_text(str(model["requests_1d"]))
    expect(figure("Uptime")).to_have_text(f"{round(model['uptime_1d'], 2):g} %")
    expect(figure("First token")).to_have_text(re.compile(r"^[\d.]+ (µs|ms|s)$"))
    expect(figure("Speed")).to_have_text(re.compile(r"^[\d,.]+ tok/s$"))
    table = page.get_by_role("table", name="Endpoints")
    expect(table.locator("tbody tr")).to_have_count(len(model["endpoints"]))
    row = table.get_by_role("row", name=re.compile("^OpenAI openai"))
    for text in (f"${endpoint['price']['output']:.2f}", str(endpoint["requests_1d"]), "p90", "tok/s"):
        expect(row).to_contain_text(text)
    prices = page.get_by_role("table", name="Prices").get_by_role("row", name=re.compile("^openai \\$"))
    expect(prices).to_contain_text(f"${endpoint['price']['cache_read']:g}")
    snippet = page.get_by_role("region", name="Snippet for curl")
    expect(snippet).to_contain_text(f"{stage.torana.url}/api/v1/chat/completions")
    expect(snippet).to_contain_text(MINI)


def test_a_model_is_tried_in_the_playground_with_a_button_that_can_be_read(page: Page, stage: Stage) -> None:
    page.goto(f"{MODELS}/{MINI}?gateway=team-search")
    link = page.get_by_role("link", name="Try in the playground")
    link.wait_for()
    # White words need a ground that is not the page's: in the light of day they could not be seen.
    ground = "(one) => [getComputedStyle(one).color, getComputedStyle(one).backgroundColor]"
    words, behind = link.evaluate(ground)
    assert words == "rgb(255, 255, 255)"
    assert behind not in ("rgba(0, 0, 0, 0)", "rgb(255, 255, 255)")
    link.click()
    page.get_by_role("heading", level=1, name="Playground").wait_for()
    assert (asked(page)["gateway"], asked(page)["models"]) == ("team-search", MINI)
    expect(page.get_by_role("combobox", name="Model 1", exact=True)).to_have_value(MINI)
    page.get_by_label("Your question").fill("Tried from its page?")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("article")).to_contain_text("Cloudflare is a network.")
    keys = [one.header("authorization") for one in stage.upstream.requests if b"Tried from its page?" in one.body]
    assert keys == [b"Bearer sk-openai-not-a-real-key-team-search"]


def test_an_unknown_model_says_so(page: Page) -> None:
    page.goto(MODELS + "/nobody/nothing-at-all")
    page.get_by_text("No such model is known").wait_for()
    page.get_by_role("link", name="All models").click()
    expect(rows(page).nth(3)).to_be_visible()


def test_names_are_whole_on_a_phone(open_page: Callable[..., Page]) -> None:
    page = open_page("vi", **PHONE)
    page.goto(MODELS + "?sort=name")
    link = first(page)
    link.wait_for()
    # Half way down there is space above and below the rows that are drawn, which must not make columns.
    page.get_by_role("main").evaluate(
        "async (one) => { one.scrollTo(0, 2500); for (const _ of [1, 2, 3]) await new Promise(requestAnimationFrame) }"
    )
    # Looked at in one go: rows that are drawn anew meanwhile would be gone between two looks.
    widths = rows(page).get_by_role("link").evaluate_all("(all) => all.map((one) => one.getBoundingClientRect().width)")
    assert len(widths) >= 5
    assert min(widths) > 60
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Filters").tap()
    page.get_by_label("Price of a prompt").select_option("0.5")
    expect(page.get_by_role("button", name="Filters (1)")).to_be_visible()
