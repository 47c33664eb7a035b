"""A real browser, Debian's Chromium, and the pages of an App served to it on a free port."""

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from yearwheel.services.app import App
from yearwheel.web.app import create_web

WANTED = "browser tests need Chromium: install chromium (on the PATH)"
AXE = Path(__file__).parents[1] / "node_modules" / "axe-core" / "axe.min.js"
AXE_WANTED = "accessibility is checked with axe: npm install --no-save axe-core@4.14.1"
PHONE, DESKTOP = (390, 844), (1280, 900)
START_LIMIT = 20.0  # seconds
_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_AXE_ASKS = """async () => (await axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}))
  .violations.map(v => `${v.id}: ${v.nodes.map(n => n.html).join(" | ")}`)"""


@contextmanager
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.skip(WANTED)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_QUIET)
        yield browser
        browser.close()


@contextmanager
def served(app: App) -> Iterator[str]:
    """The address at which an App's pages are."""
    server = uvicorn.Server(uvicorn.Config(create_web(app), port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        ends = time.monotonic() + START_LIMIT
        while not server.started:
            assert time.monotonic() < ends, "the pages did not come up"
            time.sleep(0.02)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def window(browser: Browser, size: tuple[int, int], **options: Any) -> Iterator[Page]:
    """A page of its own with a size; a fault in its console, or a request that fails, fails the test."""
    context: BrowserContext = browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("requestfailed", lambda request: faults.append(f"failed: {request.url}"))
    yield page
    assert faults == []
    context.close()


def overflow(page: Page) -> int:
    """By how many CSS pixels the page is wider than its window."""
    found: int = page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
    return max(found, 0)


def violations(page: Page) -> list[str]:
    """What WCAG 2.1 AA asks for and the page does not have, as far as axe sees it."""
    if not AXE.exists():
        pytest.skip(AXE_WANTED)
    page.evaluate(AXE.read_text("utf-8"))
    found: list[str] = page.evaluate(_AXE_ASKS)
    return found


def keyboard_is_on(page: Page) -> bool:
    """Press Tab; whether the keyboard is then on a control of the page and not past its end."""
    page.keyboard.press("Tab")
    found: bool = page.evaluate("document.activeElement !== document.body")
    return found


def has_visible_focus(page: Page) -> bool:
    """Whether the element that has the keyboard shows it by an outline."""
    style: list[str] = page.evaluate(
        "(s => [s.outlineStyle, s.outlineWidth])(getComputedStyle(document.activeElement))"
    )
    return style[0] != "none" and style[1] != "0px"
