"""What tests look for in the dashboard's pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


def dialog_of(page: Page) -> Locator:
    """What lies over the page, with the way out of it. A notice is a dialog too, for who cannot see it."""
    return page.locator('[role="dialog"]:not([aria-modal="false"])')
