"""Setting a gateway up: keys of providers, every kind of setting, a first call; by hand, and by keyboard alone."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from managing import REQUIRED, Api
from pages import dialog_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

    from staging import Stage

G = "/dashboard/gateways/default"
IS_SEEN = """() => {
  const one = document.activeElement;
  const look = () => [one, one.parentElement, one.parentElement.parentElement].map((each) => {
    const { outline, boxShadow, borderColor } = getComputedStyle(each);
    return [outline, boxShadow, borderColor].join();
  }).join();
  const focused = look();
  one.blur();
  const plain = look();
  one.focus();
  return focused !== plain;
}"""
"""Whether what has the focus looks otherwise than without it."""
CLIPBOARD = ["clipboard-read", "clipboard-write"]


def gateway(stage: Stage, name: str) -> Api:
    """One of this test's own."""
    api = Api(stage.torana)
    api("POST", "/gateways", {**REQUIRED, "id": name, "collect_logs": True}).raise_for_status()
    return api


def settings(page: Page, name: str) -> Page:
    page.goto(f"/dashboard/gateways/{name}/settings")
    page.get_by_role("heading", level=1, name="Settings").wait_for()
    return page


def field(page: Page, name: str) -> Locator:
    return page.locator(f'[data-field="{name}"]')


def test_a_key_is_stored_made_the_default_changed_and_deleted(page: Page, stage: Stage) -> None:
    api = gateway(stage, "keyed")

    def stored() -> dict[str, dict[str, Any]]:
        return {one["alias"]: one for one in api("GET", "/gateways/keyed/provider_configs").json()["result"]}

    page.goto("/dashboard/gateways/keyed/providers?q=deepseek")
    for alias, secret in (("default", "sk-first-key-0001"), ("team-b", "sk-second-key-0002")):
        page.get_by_role("button", name="Add a key of DeepSeek").click()
        dialog = page.get_by_role("dialog", name="Add a key of DeepSeek")
        dialog.get_by_label("Key", exact=True).fill(secret)
        dialog.get_by_role("textbox", name="Alias").fill(alias)
        dialog.get_by_role("button", name="Store the key").click()
        dialog.wait_for(state="hidden")
    assert {alias: one["default_config"] for alias, one in stored().items()} == {"default": True, "team-b": False}
    page.get_by_role("button", name="DeepSeek", exact=True).click()
    drawer = page.get_by_role("dialog", name="DeepSeek")
    expect(drawer).not_to_contain_text("sk-first-key")
    drawer.get_by_role("button", name="Make default").click()
    page.get_by_text("team-b is the default key").wait_for()
    assert {alias: one["default_config"] for alias, one in stored().items()} == {"default": False, "team-b": True}
    drawer.get_by_role("button", name="Change team-b").click()
    change = page.get_by_role("dialog", name="Change team-b of DeepSeek")
    change.get_by_label("Key", exact=True).fill("sk-rotated-key-0003")
    change.get_by_role("button", name="Save").click()
    change.wait_for(state="hidden")
    assert stored()["team-b"]["secret_preview"].endswith("0003")
    drawer.get_by_role("button", name="Delete default").click()
    sure = page.get_by_role("dialog", name="Delete the key default?")
    sure.get_by_role("button", name="Cancel").click()
    assert set(stored()) == {"default", "team-b"}
    drawer.get_by_role("button", name="Delete default").click()
    sure.get_by_role("button", name="Delete the key").click()
    sure.wait_for(state="hidden")
    assert set(stored()) == {"team-b"}
    expect(drawer.get_by_role("button", name="Delete default")).to_have_count(0)


def test_settings_of_every_kind_are_saved_and_still_there(page: Page, stage: Stage) -> None:
    api = gateway(stage, "tuned")
    settings(page, "tuned")
    field(page, "cache_ttl").get_by_label("Unit of: Keep answers for").select_option("minutes")
    field(page, "cache_ttl").get_by_label("Keep answers for", exact=True).fill("5")
    field(page, "rate_limiting_limit").get_by_role("textbox").fill("1,200")
    field(page, "rate_limiting_interval").get_by_role("textbox").fill("60")
    field(page, "rate_limiting_technique").get_by_role("combobox").select_option("sliding")
    field(page, "retry_max_attempts").get_by_role("textbox").fill("3")
    field(page, "retry_backoff").get_by_role("combobox").select_option("linear")
    field(page, "collect_logs").get_by_role("switch").click()
    bar = page.get_by_role("region", name="Unsaved changes")
    expect(bar).to_contain_text("7 changes")
    bar.get_by_role("button", name="Save").click()
    bar.wait_for(state="hidden")
    wanted = {
        "cache_ttl": 300,
        "rate_limiting_limit": 1200,
        "rate_limiting_interval": 60,
        "rate_limiting_technique": "sliding",
        "retry_max_attempts": 3,
        "retry_backoff": "linear",
        "collect_logs": False,
    }
    now = api("GET", "/gateways/tuned").json()["result"]
    assert {name: now[name] for name in wanted} == wanted
    page.reload()
    expect(field(page, "cache_ttl").get_by_label("Keep answers for", exact=True)).to_have_value("5")
    expect(field(page, "rate_limiting_limit").get_by_role("textbox")).to_have_value("1200")
    expect(field(page, "retry_backoff").get_by_role("combobox")).to_have_value("linear")
    expect(field(page, "collect_logs").get_by_role("switch")).not_to_be_checked()


def test_what_cannot_be_is_marked_and_unsaved_changes_are_not_lost_by_a_slip(page: Page, stage: Stage) -> None:
    api = gateway(stage, "careful")
    settings(page, "careful")
    attempts = field(page, "retry_max_attempts").get_by_role("textbox")
    attempts.fill("9")
    expect(attempts).to_have_attribute("aria-invalid", "true")
    expect(field(page, "retry_max_attempts")).to_contain_text("From 1 to 5 attempts")
    bar = page.get_by_role("region", name="Unsaved changes")
    expect(bar.get_by_role("button", name="Save")).to_be_disabled()
    bar.get_by_role("button", name=re.compile("look at the first")).click()
    expect(attempts).to_be_focused()
    attempts.fill("2")
    expect(field(page, "retry_max_attempts").get_by_text("Changed", exact=True)).to_be_visible()
    page.get_by_role("link", name="Limits and spend").click()
    asked = page.get_by_role("dialog", name="Leave without saving?")
    asked.get_by_role("button", name="Stay here").click()
    expect(attempts).to_have_value("2")
    page.keyboard.press("Control+s")
    bar.wait_for(state="hidden")
    assert api("GET", "/gateways/careful").json()["result"]["retry_max_attempts"] == 2
    page.get_by_role("link", name="Limits and spend").click()
    page.get_by_role("heading", level=1, name="Limits and spend").wait_for()


def test_a_gateway_is_deleted_by_typing_its_name(page: Page, stage: Stage) -> None:
    api = gateway(stage, "doomed")
    settings(page, "doomed")
    page.get_by_role("button", name="Delete the gateway…").click()
    dialog = dialog_of(page)
    delete = dialog.get_by_role("button", name="Delete the gateway", exact=True)
    dialog.get_by_label("Type doomed to confirm").fill("doome")
    expect(delete).to_be_disabled()
    dialog.get_by_label("Type doomed to confirm").fill("doomed")
    delete.click()
    page.get_by_role("heading", level=1, name="Overview").wait_for()
    assert api("GET", "/gateways/doomed").status_code == 404
    expect(page.get_by_role("link", name="doomed", exact=True)).to_have_count(0)


def test_a_viewer_sees_settings_and_keys_and_changes_nothing(open_page: Callable[..., Page]) -> None:
    page = settings(open_page("vi"), "default")
    page.get_by_text("You are a viewer here").wait_for()
    for control in page.locator("[data-field]").locator("input, select, textarea, [role=switch]").all():
        expect(control).to_be_disabled()
    expect(page.get_by_role("button", name="Delete the gateway…")).to_have_count(0)
    page.goto(G + "/providers?provider=openai")
    drawer = page.get_by_role("dialog", name="OpenAI")
    drawer.get_by_text("Stored keys").wait_for()
    expect(drawer.get_by_role("button", name=re.compile("^(Add|Change|Delete|Make)"))).to_have_count(0)


def test_each_snippet_has_the_real_address_and_curls_is_answered(page: Page, stage: Stage) -> None:
    page.context.grant_permissions(CLIPBOARD)
    page.goto(G + "/start?to=openai&keys=stored")
    clients = page.get_by_role("group", name="Client").get_by_role("button")
    clients.first.wait_for()
    base = f"{stage.torana.url}/v1/{stage.torana.account_id}/default/"
    for client in clients.all():
        client.click()
        expect(page.get_by_role("region", name=f"Snippet for {client.inner_text()}")).to_contain_text(base)
    clients.first.click()
    page.get_by_role("button", name="Make a token for this").click()
    page.get_by_text("It is not shown again").wait_for()
    script = []
    for at in range(2):
        page.get_by_role("region", name="Snippets").get_by_role("button", name=re.compile("Cop")).nth(at).click()
        script.append(page.evaluate("navigator.clipboard.readText()"))
    stage.torana.follow()
    before = len(stage.upstream.requests)
    ran = subprocess.run(
        ["/bin/sh", "-c", "\n".join(script).replace("curl ", "curl --silent --show-error --noproxy '*' ")],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "Cloudflare is a network." in ran.stdout
    assert stage.upstream.requests[before].header("authorization") == b"Bearer sk-openai-not-a-real-key-default"


def test_by_keyboard_alone(page: Page) -> None:
    page.goto(G + "/logs")
    page.get_by_role("heading", level=1, name="Logs").wait_for()
    page.keyboard.press("Control+k")
    page.get_by_placeholder("Go to a page or a gateway").wait_for()
    page.keyboard.type("settings")
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name="Settings").wait_for()
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        where = page.evaluate("() => document.activeElement.closest('[data-field]')?.dataset.field ?? ''")
        assert page.evaluate(IS_SEEN), page.evaluate("() => document.activeElement.outerHTML.slice(0, 300)")
        seen.add(where)
    assert {"cache_ttl", "cache_streams", "rate_limiting_limit"} <= seen
    opener = page.get_by_role("button", name="As JSON")
    opener.focus()
    page.keyboard.press("Enter")
    dialog_of(page).wait_for()
    page.keyboard.press("Escape")
    dialog_of(page).wait_for(state="hidden")
    expect(opener).to_be_focused()


def test_the_accounts_menu_opens_by_the_keyboard_and_gives_the_focus_back(page: Page) -> None:
    page.goto("/dashboard/")
    opener = page.get_by_role("button", name="owner")
    opener.focus()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="Sign out").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("menuitem", name="Sign out").wait_for(state="hidden")
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("menuitemcheckbox", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-mode", "dark")
