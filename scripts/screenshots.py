"""Takes the pictures of docs/screenshots/ anew: `PYTHONPATH=tests python scripts/screenshots.py`."""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import Browser, Page, sync_playwright

from staging import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
PASSWORD = "only-for-these-pictures"  # noqa: S105  # of a server that lives for a minute
_G = "/dashboard/gateways/default"
PAGES = {
    "overview": "/dashboard/",
    "analytics": f"{_G}/analytics",
    "logs": f"{_G}/logs",
    "log": f"{_G}/logs?order=cost",
    "limits": "/dashboard/gateways/team-search/limits",
    "settings": f"{_G}/settings",
    "quick-start": f"{_G}/start",
    "playground": "/dashboard/playground",
    "models": "/dashboard/models",
    "system": "/dashboard/system",
}
WIDE = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
WAYS: dict[str, tuple[dict[str, object], tuple[str, ...]]] = {
    "light": ({**WIDE, "color_scheme": "light"}, tuple(PAGES)),
    "dark": ({**WIDE, "color_scheme": "dark"}, ("overview", "logs", "log", "limits", "playground")),
    "phone": ({**PHONE, "color_scheme": "light"}, ("overview", "logs", "models")),
}


def _open_a_log(page: Page) -> None:
    page.get_by_role("row").nth(3).click()
    page.get_by_role("tab", name="Conversation").wait_for()


def _ask(page: Page) -> None:
    page.get_by_label("Your question").fill("What is a torana?")
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("button", name="Send", exact=True).wait_for()


FIRST: dict[str, Callable[[Page], None]] = {"log": _open_a_log, "playground": _ask}


def _take(browser: Browser, stage: Stage, way: str) -> None:
    options, names = WAYS[way]
    with closing(browser.new_context(base_url=stage.torana.url, **options)) as context:  # type: ignore[arg-type]  # playwright's own names
        signed = {"name": "ada", "password": PASSWORD}
        context.request.post("/client/v4/session", data=signed, headers={"torana-csrf": "1"})
        for name in names:
            page = context.new_page()
            page.goto(PAGES[name])
            page.get_by_role("heading", level=1).wait_for()
            page.wait_for_timeout(1500)
            if name in FIRST:
                FIRST[name](page)
                page.wait_for_timeout(1500)
            page.screenshot(path=FOLDER / f"{name}-{way}.png")
            page.close()


def main() -> int:
    chromium = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))), None)
    if chromium is None:
        print("Chromium is not installed", file=sys.stderr)
        return 1
    with (
        tempfile.TemporaryDirectory() as folder,
        Stage(Path(folder), past=3000) as stage,
        sync_playwright() as playwright,
    ):
        with closing(stage.signed_in()) as owner:
            stage.user(owner, "ada", "owner", PASSWORD)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for way in WAYS:
            _take(browser, stage, way)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
