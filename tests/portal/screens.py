"""Chromium in front of the pages, inside Airflow's frame, logged in as somebody."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, FrameLocator, Page, sync_playwright

from portal.frame import DAG, Frame

SIZE = {"width": 1280, "height": 800}
SHOT = {"width": 1280, "height": 660}
"""Of a picture: small enough to be kept with the code."""
ROOMS = {
    "export": f"sales-invoice-export/invoice-sync/export?flow={DAG}",
    "review": f"invoice-review/invoice-sync/review?flow={DAG}",
    "log": f"process-log/invoice-sync/log?flow={DAG}",
    "document": f"invoice-document/invoice-sync/document?flow={DAG}&number=000101",
    "search": f"invoice-document/invoice-sync/document?flow={DAG}",
    "authentication": "quickbooks-authentication/invoice-sync/authentication",
}
"""Airflow's addresses of the pages, behind /plugin/."""

WHERE = ("chromium", "chromium-browser", "google-chrome")


def chromium() -> str:
    """The browser's program. Raises when there is none."""
    for name in WHERE:
        if found := shutil.which(name):
            return found
    raise FileNotFoundError("These tests need Chromium. On Debian or Ubuntu: apt-get install -y chromium")


@contextmanager
def browser() -> Iterator[Browser]:
    """`--no-sandbox`: root, as CI is, may not have Chromium's own."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield opened
        opened.close()


def logged_in(browser: Browser, frame: Frame, user: str = "ops", theme: str = "light") -> Page:
    """A page of a context of its own; Airflow keeps its theme in the browser's storage."""
    context = browser.new_context(viewport=SIZE, color_scheme="dark" if theme == "dark" else "light")
    context.add_cookies([{"name": "_token", "value": frame.token(user), "url": frame.url, "sameSite": "Lax"}])
    context.add_init_script(f"localStorage.setItem('theme', '{theme}')")
    page = context.new_page()
    page.set_default_timeout(15_000)
    return page


def enter(page: Page, frame: Frame, room: str) -> FrameLocator:
    """Opens a room inside Airflow and waits until it is there."""
    return go(page, f"{frame.url}/plugin/{ROOMS[room]}")


def go(page: Page, address: str) -> FrameLocator:
    page.goto(address)
    inside = page.frame_locator("iframe")
    inside.locator("main").wait_for()
    return inside


CUT = """() => {
  const wide = document.documentElement.clientWidth;
  const told = [];
  if (document.documentElement.scrollWidth > wide) told.push(`page: ${document.documentElement.scrollWidth} > ${wide}`);
  for (const each of document.body.querySelectorAll("*")) {
    const box = each.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    const name = `${each.tagName}.${each.className} "${(each.textContent || "").trim().slice(0, 40)}"`;
    if (box.right > wide + 1 || box.left < -1) told.push(`beyond the window: ${name}`);
    const isOver = each.clientWidth && each.scrollWidth > each.clientWidth + 1;
    if (isOver && !["INPUT", "SELECT", "TEXTAREA"].includes(each.tagName)) told.push(`wider than its box: ${name}`);
  }
  return told;
}"""


def cut_off(inside: FrameLocator) -> list[str]:
    """What does not fit in the page's width."""
    found: Any = inside.locator("html").evaluate(CUT)
    return [str(each) for each in found]


def photograph(page: Page, file: Path) -> None:
    page.screenshot(path=str(file), animations="disabled", clip={"x": 0, "y": 0, **SHOT})
