"""Every page of the dashboard: reached, whole, without an error, and usable by everybody."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

AXE = Path(__file__).resolve().parents[2] / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"
G = "/dashboard/gateways/default"
PAGES = {
    "/dashboard/": "Overview",
    G + "/analytics": "Analytics",
    G + "/logs": "Logs",
    G + "/providers": "Providers and keys",
    G + "/limits": "Limits and spend",
    G + "/settings": "Settings",
    G + "/start": "Quick start",
    "/dashboard/playground": "Playground",
    "/dashboard/models": "Models",
    "/dashboard/keys": "Keys and credits",
    "/dashboard/activity": "Activity",
    "/dashboard/tokens": "Tokens",
    "/dashboard/custom-providers": "Custom providers",
    "/dashboard/audit": "Audit log",
    "/dashboard/users": "Users",
    "/dashboard/system": "System",
}
PHONE = {"width": 390, "height": 844}


def serious(page: Page) -> list[str]:
    """What axe-core holds to be a serious or critical barrier."""
    # Evaluated, not loaded: the page's policy lets no script in.
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        "axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})"
    )
    return [
        f"{one['id']}: {one['help']}: {[node['html'][:160] for node in one['nodes'][:3]]}"
        for one in found["violations"]
        if one["impact"] in {"serious", "critical"}
    ]


def settled(page: Page, path: str, title: str) -> None:
    page.goto(path)
    page.get_by_role("heading", level=1, name=title).wait_for()
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize(("path", "title"), PAGES.items(), ids=PAGES.values())
def test_each_page_is_there_and_has_no_barrier(page: Page, path: str, title: str) -> None:
    settled(page, path, title)
    assert page.title() == f"{title} · Torana"
    assert page.get_by_role("alert").count() == 0
    assert serious(page) == []


@pytest.mark.parametrize(("path", "title"), PAGES.items(), ids=PAGES.values())
def test_each_page_fits_a_phone_in_the_dark(open_page: Callable[..., Page], path: str, title: str) -> None:
    page = open_page(viewport=PHONE, color_scheme="dark")
    settled(page, path, title)
    assert page.evaluate("document.documentElement.dataset.mode") == "dark"
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert serious(page) == []


@pytest.mark.parametrize(("path", "title"), PAGES.items(), ids=PAGES.values())
def test_each_page_is_there_for_viewers_but_the_users(open_page: Callable[..., Page], path: str, title: str) -> None:
    page = open_page("vi")
    page.goto(path)
    if title == "Users":
        page.get_by_text("role", exact=False).first.wait_for()
        return
    page.get_by_role("heading", level=1, name=title).wait_for()
    page.wait_for_load_state("networkidle")
    assert page.get_by_role("alert").count() == 0


def test_the_navigation_leads_to_every_page(page: Page) -> None:
    page.goto("/dashboard/")
    navigation = page.get_by_role("navigation", name="Pages")
    for title in PAGES.values():
        navigation.get_by_role("link", name=title, exact=True).click()
        page.get_by_role("heading", level=1, name=title).wait_for()


def test_the_palette_finds_a_page_by_the_keyboard_alone(page: Page) -> None:
    settled(page, "/dashboard/", "Overview")
    page.keyboard.press("Control+k")
    page.get_by_placeholder("Go to a page").wait_for()
    page.keyboard.type("audit")
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name="Audit log").wait_for()


def test_an_address_that_is_none_says_so(page: Page) -> None:
    page.goto("/dashboard/nowhere")
    page.get_by_text("There is no such page").wait_for()
