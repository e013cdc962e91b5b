"""The main tasks of whoever runs a gateway, each done as they would do it: by what the pages say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
from playwright.sync_api import expect

from managing import Api
from pages import dialog_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from staging import Stage

G = "/dashboard/gateways/default"


def test_a_key_is_stored_and_a_request_is_made_with_it_whose_log_is_found(page: Page, stage: Stage) -> None:
    page.goto(G + "/providers?add=mistral")
    dialog = dialog_of(page)
    dialog.get_by_label(re.compile("key", re.IGNORECASE)).first.fill("not-a-real-mistral-key-0123")
    dialog.get_by_role("button", name="Store the key").click()
    page.get_by_text("The key is stored").wait_for()
    stage.torana.follow()

    page.goto(G + "/start")
    page.get_by_role("combobox", name="Provider", exact=True).select_option("mistral")
    page.get_by_role("textbox", name="Model", exact=True).last.fill("mistral-small-latest")
    page.get_by_label("Question").fill("Is this key used?")
    page.get_by_role("button", name="Send it").click()
    page.get_by_text("200 answered").wait_for()
    page.get_by_text("Its log", exact=True).wait_for()
    page.locator('a[href*="logs?log="]').click()

    expect(page).to_have_url(re.compile(r"/logs\?.*log="))
    drawer = dialog_of(page)
    expect(drawer.get_by_text("Is this key used?").first).to_be_visible()
    asked = [one for one in stage.upstream.requests if b"Is this key used?" in one.body]
    assert [one.header("authorization") for one in asked] == [b"Bearer not-a-real-mistral-key-0123"]


def test_a_limit_bites_and_is_seen(page: Page, stage: Stage) -> None:
    api = Api(stage.torana)
    asked = {"id": "narrow", "collect_logs": True, "cache_ttl": 0, "cache_invalidate_on_update": True}
    api("POST", "/gateways", {**asked, "rate_limiting_limit": 0, "rate_limiting_interval": 0}).raise_for_status()
    page.goto("/dashboard/gateways/narrow/settings")
    page.get_by_role("heading", level=1, name="Settings").wait_for()
    page.get_by_label("Requests of the whole gateway").fill("1")
    page.get_by_label("Requests of the whole gateway").press("Tab")
    interval = page.get_by_label("Interval").first
    interval.fill("3600")
    interval.press("Tab")
    page.get_by_role("button", name=re.compile("^Save")).click()
    page.get_by_role("region", name="Unsaved changes").wait_for(state="hidden")
    stage.torana.follow()

    url = stage.torana.at("openai", "narrow") + "/chat/completions"
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "once"}]}
    headers = {"authorization": "Bearer sk-not-a-real-key"}
    with httpx.Client(trust_env=False, timeout=30) as client:
        assert [client.post(url, json=body, headers=headers).status_code for _ in range(2)] == [200, 429]

    page.goto("/dashboard/gateways/narrow/limits")
    page.get_by_text(re.compile(r"\b0( requests?)? left")).first.wait_for()
    page.goto("/dashboard/gateways/narrow/logs?status=4xx")
    page.get_by_role("grid", name="Logs").get_by_text("429").wait_for()


def test_logs_are_filtered_opened_and_rated(page: Page) -> None:
    page.goto(G + "/logs")
    grid = page.get_by_role("grid", name="Logs")
    grid.get_by_role("row").nth(3).wait_for()
    page.get_by_role("button", name="Errors").click()
    expect(page).to_have_url(re.compile("logs.*[?&]"))
    grid.get_by_text(re.compile(r"^(4|5)\d\d$")).first.wait_for()
    expect(grid.get_by_text("200", exact=True)).to_have_count(0)
    grid.get_by_role("row").nth(1).click()
    drawer = dialog_of(page)
    drawer.wait_for()
    expect(page).to_have_url(re.compile("log="))
    page.keyboard.press("Escape")
    drawer.wait_for(state="hidden")


def test_two_models_answer_side_by_side_with_what_they_cost(page: Page) -> None:
    page.goto("/dashboard/playground")
    page.get_by_role("heading", level=1, name="Playground").wait_for()
    page.get_by_role("button", name="Add a model").click()
    for label, model in (("Model 1", "openai/gpt-4o-mini"), ("Model 2", "groq/llama-3.3-70b-versatile")):
        field = page.get_by_role("combobox", name=label, exact=True)
        field.fill(model)
        field.press("Enter")
    page.get_by_placeholder("Ask all models…").fill("Who are you?")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text(re.compile(r"\$0\.0"))).to_have_count(2)


def test_a_viewer_is_refused_by_the_server_too(open_page: Callable[..., Page], stage: Stage) -> None:
    page = open_page("vi")
    page.goto(G + "/settings")
    page.get_by_role("heading", level=1, name="Settings").wait_for()
    expect(page.get_by_label("Requests of the whole gateway")).to_be_disabled()
    answer = page.request.delete(
        f"/client/v4/accounts/{stage.torana.account_id}/ai-gateway/gateways/default", headers={"torana-csrf": "1"}
    )
    assert answer.status == 403
    assert "role" in answer.json()["errors"][0]["message"]


def test_the_page_lets_in_no_script_but_its_own(page: Page) -> None:
    answer = page.goto("/dashboard/")
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert page.locator("script:not([src])").count() == 0
