"""Real Chromium before a real server with real traffic. A page that logs an error, or breaks its policy, fails."""

from __future__ import annotations

import os
import shutil
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from staging import Stage
from torana.control.dashboard.assets import is_built

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))), None)
PATIENCE_MS = 15_000
PASSWORD = "a-long-password-1234"
WIDE = {"width": 1440, "height": 900}

expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser these are not tested on somebody's own machine; in CI that is a failure."""
    missing = "Chromium is not here" if CHROMIUM is None else "" if is_built() else "the dashboard is not built"
    if not missing or os.environ.get("CI"):
        return
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.skip(reason=missing))


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with Stage(tmp_path_factory.mktemp("stage"), past=600) as staged:
        with closing(staged.signed_in()) as owner:
            for name, role in (("ada", "owner"), ("ed", "editor"), ("vi", "viewer")):
                staged.user(owner, name, role, PASSWORD)
        yield staged


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Ends with its module: Playwright holds the thread's event loop, and others of this process want one."""
    assert CHROMIUM is not None
    with sync_playwright() as playwright:
        # Its own sandbox needs rights that a container's root does not give; what it shows is ours alone.
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def open_page(stage: Stage, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Pages of users by name (empty = nobody); the test fails for what any of them logs as an error."""
    complaints: list[str] = []
    contexts: list[BrowserContext] = []

    def opened(user: str = "ada", **options: object) -> Page:
        context = browser.new_context(base_url=stage.torana.url, **{"viewport": WIDE, **options})  # type: ignore[arg-type]  # playwright's own names
        contexts.append(context)
        if user:
            answer = context.request.post(
                "/client/v4/session", data={"name": user, "password": PASSWORD}, headers={"torana-csrf": "1"}
            )
            assert answer.ok, answer.text()
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda said: complaints.append(f"{page.url}: {said.text}") if said.type == "error" else None)
        return page

    yield opened
    for context in contexts:
        context.close()
    # A refused call is logged by the browser itself: the page tells its user, which tests look at.
    assert [one for one in complaints if "Failed to load resource" not in one] == []


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """An owner's."""
    return open_page()
