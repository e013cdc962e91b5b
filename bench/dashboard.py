"""How soon is the dashboard's first page of use, and how smoothly does the list of logs scroll? In real Chromium.

`PYTHONPATH=tests python -m bench.dashboard --rows 1000000` fills a store, serves it, and looks at it several times.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, TypeAlias

from playwright.sync_api import Browser, Page, sync_playwright

import history
from running import Torana
from torana.control.ingest import Ingester
from torana.control.operations import ensure_default, open_store
from torana.settings import resolve
from torana.storage import pricing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torana.journal import Record

PART = 50_000
DAYS = 60
VISITS = 5
AGAIN = 4
SCROLLED_PX = 60_000
"""In one go, as a hand on a track pad does: 100 px a frame."""

# Frames are counted while the list is moved on each of them.
SCROLL = """async (most) => {
  const list = document.querySelector('[data-scrolls="logs"]');
  const gaps = [];
  let last = await new Promise(requestAnimationFrame);
  for (let moved = 0; moved < most; moved += 100) {
    list.scrollTop += 100;
    const now = await new Promise(requestAnimationFrame);
    gaps.push(now - last);
    last = now;
  }
  return gaps;
}"""
# Playwright's own waiting looks every half second.
USABLE = """(() => {
  const look = () => {
    const figure = document.querySelector('fieldset[aria-label="Requests"] .tabular');
    if (figure && /[1-9]/.test(figure.textContent)) window.usableAt = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()"""
BYTES = """() => performance.getEntriesByType('resource').filter((one) => one.name.endsWith('.js'))
  .reduce((sum, one) => sum + one.encodedBodySize, 0)"""

Secret: TypeAlias = dict[str, str]


def fill(folder: Path, count: int) -> None:
    """Through the journal and the ingester, as live traffic comes in; without bodies."""
    settings = resolve({"data_dir": str(folder)}, {})
    store = open_store(settings)
    account = ensure_default(store)
    prices = pricing.load_from(pricing.builtin_table())
    ingester = Ingester(store.database.writer, settings.path("journal"), prices, folder / "ingest.lock")
    records = bare(history.past(int(time.time() * 1000), days=DAYS, count=count, gateways=("default", "team-search")))
    while part := list(islice(records, PART)):
        history.write(settings.path("journal"), account.id, iter(part))
        while ingester.run_once():
            pass
        print(f"  {part[-1].created_ms}", file=sys.stderr)
    ingester.close()
    store.close()


def bare(records: Iterator[Record]) -> Iterator[Record]:
    for record in records:
        record.request_body, record.response_body, record.request_headers, record.response_headers = b"", b"", [], []
        yield record


def signed_in(browser: Browser, torana: Torana) -> Page:
    context = browser.new_context(base_url=torana.url, viewport={"width": 1440, "height": 900})
    secret: Secret = {"secret": torana.run("dashboard").split()[-1].partition("#once=")[2]}
    answer = context.request.post("/client/v4/session/link", data=secret, headers={"torana-csrf": "1"})
    assert answer.ok, answer.text()
    return context.new_page()


def visit(browser: Browser, torana: Torana) -> tuple[list[float], int]:
    """Seconds from a navigation until the figures of the first page are drawn, and bytes of script.

    The first time with an empty cache, then again and again: a browser keeps code compiled from the third time on.
    """
    page = signed_in(browser, torana)
    page.add_init_script(USABLE)
    seconds, size = [], 0
    for _ in range(AGAIN):
        page.goto("/dashboard/", wait_until="commit")
        page.get_by_role("group", name="Requests").get_by_text(re.compile(r"[1-9]")).first.wait_for()
        seconds.append(float(page.evaluate("() => window.usableAt")) / 1000)
        size = size or int(page.evaluate(BYTES))
        page.goto("about:blank")
    page.context.close()
    return seconds, size


def scroll(browser: Browser, torana: Torana) -> list[float]:
    """Milliseconds between frames."""
    page = signed_in(browser, torana)
    page.goto("/dashboard/gateways/default/logs?range=90d")
    page.locator('[data-scrolls="logs"] [role="row"]').nth(5).wait_for()
    gaps: list[float] = page.evaluate(SCROLL, SCROLLED_PX)
    page.context.close()
    return gaps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    given = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("Chromium is not here")
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "data")
        fill(data, given.rows)
        with Torana(data) as torana, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            visits = [visit(browser, torana) for _ in range(VISITS)]
            gaps = scroll(browser, torana)
            browser.close()
    first, later = median(one[0] for one, _ in visits), median(one[-1] for one, _ in visits)
    print(f"first page with {given.rows} logs: {first:.2f} s with an empty cache, {later:.2f} s when one comes back")
    print(f"  (medians of {VISITS}), {visits[0][1]} bytes of script")
    slow = sum(gap > 1000 / 55 for gap in gaps)
    print(f"list of logs: {1000 / (sum(gaps) / len(gaps)):.0f} frames/s, {slow} of {len(gaps)} frames late")


if __name__ == "__main__":
    main()
