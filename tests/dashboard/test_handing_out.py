"""What is handed out in the dashboard: keys, tokens, users, prices; by whom, and who is refused."""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING

import httpx
from playwright.sync_api import expect

from pages import dialog_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

    from staging import Stage


def secret_of(dialog: Locator, name: str) -> str:
    return dialog.get_by_role("status", name=name).inner_text().strip()


def choose(page: Page, row: str, action: str) -> None:
    page.get_by_role("button", name=f"Actions for {row}", exact=True).click()
    page.get_by_role("menuitem", name=action).click()


def test_a_key_is_made_used_disabled_and_deleted(page: Page, stage: Stage) -> None:
    page.goto("/dashboard/keys?create=key")
    dialog = dialog_of(page)
    dialog.get_by_label("Name").fill("Browser test")
    dialog.get_by_label("Limit in USD").fill("2.5")
    dialog.get_by_role("button", name="Create the key").click()
    key = secret_of(dialog, "Key")
    assert key.startswith("sk-or-v1-")
    # It would be lost by a slip.
    page.keyboard.press("Escape")
    dialog.get_by_role("button", name="I have copied it").click()
    row = page.get_by_role("row", name=re.compile("Browser test"))
    expect(row.get_by_role("meter")).to_have_attribute("aria-valuetext", "$2.50 left of $2.50 a month")
    url, own = stage.torana.url + "/api/v1/key", {"authorization": f"Bearer {key}"}
    assert httpx.get(url, headers=own, trust_env=False).json()["data"]["limit"] == 2.5
    choose(page, "Browser test", "Disable")
    expect(row).to_contain_text("disabled")
    assert httpx.get(url, headers=own, trust_env=False).status_code == 401
    choose(page, "Browser test", "Delete")
    page.get_by_role("button", name="Delete the key").click()
    expect(row).to_have_count(0)


def test_a_token_is_made_for_one_gateway_and_revoked(page: Page, stage: Stage) -> None:
    page.goto("/dashboard/tokens?create=token")
    dialog = dialog_of(page)
    dialog.get_by_label("Name").fill("Reader")
    dialog.get_by_role("checkbox", name=re.compile("^Run")).click()
    dialog.get_by_role("checkbox", name=re.compile("^Read metadata")).click()
    dialog.get_by_role("combobox", name="Gateways").select_option("some")
    dialog.get_by_role("checkbox", name="team-search").click()
    dialog.get_by_role("combobox", name="Expires").select_option("30d")
    dialog.get_by_role("button", name="Create the token").click()
    own = {"authorization": f"Bearer {secret_of(dialog, 'API token')}"}
    dialog.get_by_role("button", name="I have copied it").click()
    gateways = f"{stage.torana.url}/client/v4/accounts/{stage.torana.account_id}/ai-gateway/gateways"

    def ask(gateway: str) -> int:
        return httpx.get(f"{gateways}/{gateway}/logs", headers=own, trust_env=False).status_code

    assert (ask("team-search"), ask("default")) == (200, 403)
    page.get_by_role("button", name="Revoke Reader").click()
    page.get_by_role("button", name="Revoke the token").click()
    # While the question is there the rows behind it are hidden from everybody: its end is waited for first.
    expect(page.get_by_role("button", name="Revoke the token")).to_have_count(0)
    expect(page.get_by_role("row", name=re.compile("Reader"))).to_have_count(0)
    assert ask("team-search") == 401


def test_a_user_is_added_with_a_drawn_password_and_signs_in(page: Page, open_page: Callable[..., Page]) -> None:
    page.goto("/dashboard/users")
    page.get_by_role("button", name="Add a user").click()
    dialog = dialog_of(page)
    dialog.get_by_label("Name").fill("marie")
    dialog.get_by_role("button", name="Add the user").click()
    password = secret_of(dialog, "Password")
    dialog.get_by_role("button", name="I have copied it").click()
    expect(page.get_by_role("row", name=re.compile("marie"))).to_contain_text("viewer")
    theirs = open_page("")
    theirs.goto("/dashboard/login")
    theirs.get_by_label("Name").fill("marie")
    theirs.get_by_label("Password").fill(password)
    theirs.keyboard.press("Enter")
    theirs.get_by_role("heading", level=1, name="Overview").wait_for()


def test_a_viewer_is_offered_nothing_to_change_and_told_why(open_page: Callable[..., Page]) -> None:
    page = open_page("vi")
    for path, heading in (("keys", "Keys and credits"), ("tokens", "Tokens"), ("custom-providers", "Custom providers")):
        page.goto(f"/dashboard/{path}?create=key")
        page.get_by_role("heading", level=1, name=heading).wait_for()
        page.get_by_text("You are a viewer here").wait_for()
        expect(dialog_of(page)).to_have_count(0)
        expect(page.get_by_role("button", name=re.compile("^(Create|Add|Actions|Revoke)"))).to_have_count(0)


def test_a_provider_of_ones_own_gets_a_price_that_the_api_has_as_typed(page: Page, stage: Stage) -> None:
    page.goto("/dashboard/custom-providers?create=provider")
    dialog = dialog_of(page)
    dialog.get_by_label("Name", exact=True).fill("Our vLLM")
    expect(dialog.get_by_label("Slug")).to_have_value("our-vllm")
    dialog.get_by_label("Base URL").fill("https://llm.example.com/v1")
    dialog.get_by_role("button", name="Add the provider").click()
    page.get_by_role("button", name="Add a price").click()
    form = page.get_by_role("dialog", name="Add a price")
    form.get_by_label("This text").fill("llama")
    form.get_by_label("Input", exact=True).fill("1.1")
    form.get_by_label("Output", exact=True).fill("0.3")
    form.get_by_role("button", name="Add the price").click()
    expect(page.get_by_role("row", name=re.compile("llama"))).to_contain_text("$1.10/M")
    with closing(stage.signed_in()) as owner:
        costs = owner.get(f"/client/v4/accounts/{stage.torana.account_id}/ai-gateway/custom-providers/costs").json()
    assert [(one["cost_in"], one["cost_out"]) for one in costs["result"]] == [(0.0000011, 3e-7)]


def test_a_change_stands_in_the_audit_log_with_its_difference(page: Page) -> None:
    page.goto("/dashboard/keys")
    choose(page, "batch-jobs", "Change")
    dialog = dialog_of(page)
    dialog.get_by_label("Name").fill("night-jobs")
    dialog.get_by_role("button", name="Keep the changes").click()
    page.get_by_role("row", name=re.compile("night-jobs")).wait_for()
    page.goto("/dashboard/audit?type=router.key&action=update")
    page.get_by_role("row", name=re.compile("night-jobs")).click()
    difference = page.get_by_role("table", name="Differences").get_by_role("row", name=re.compile("name"))
    expect(difference).to_contain_text("batch-jobs")
    expect(difference).to_contain_text("night-jobs")
    assert "entry=" in page.url
    page.reload()
    expect(page.get_by_role("table", name="Differences")).to_be_visible()
