"""A real browser for tests and screenshots: Chromium with nothing of its own on the network, and what it complained about."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.chromium import ADVICE, ARGUMENTS, find
from tests.conftest import SHIPPED, serving
from tests.network import Network

Theme = Literal["light", "dark"]
WIDTHS = (1280, 390)
THEMES: tuple[Theme, ...] = ("light", "dark")
LESSON = "/lessons/concurrent-tasks"
BROWSER_LESSON = "/lessons/your-browser-lies"
HEIGHT = 900
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE_COLOURS = ["color-contrast", "link-in-text-block"]
RUN_MILLISECONDS = 90_000
PATIENCE_MILLISECONDS = 45_000
"""How long anything but a run may take on a busy machine: the first page of a browser starts processes of its own."""
SLOWED = float(os.environ.get("INTERLEAVE_SLOW_BROWSER", "1"))
"""By how much every page's processor is throttled, to find what holds on a quick machine alone."""
NETWORK_FAILED = ("net::ERR_", "status of 409", "status of 503")
SETTLED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))"


@dataclass(frozen=True)
class Place:
    """A course, the shipped one if nothing else is said, on a server of its own, and a browser that can read it."""

    url: str
    data: Path
    browser: Browser

    @contextmanager
    def reading(self, **options: Any) -> Iterator[Reading]:
        """A new reader, as `reading` makes one; nothing may have gone wrong in their browser by the end."""
        with reading(self.browser, self.url, **options) as reader:
            yield reader
            assert reader.complaints == []

    @contextmanager
    def reading_through(self, between: Network, **options: Any) -> Iterator[Reading]:
        """A new reader behind a bad network: the browser's own lines about failed requests are no complaints."""
        with reading(self.browser, between.url, **options) as reader:
            yield reader
            for words in NETWORK_FAILED:
                reader.forgive(words)
            assert reader.complaints == []


def asked(kind: Literal["question", "predict"]) -> int:
    """How many blocks of a kind the lesson asks its learners, by its text."""
    text = SHIPPED.joinpath(*LESSON.split("/")[2:], "lesson.md").read_text()
    return sum(line.startswith(f"/// {kind}") for line in text.splitlines())


@contextmanager
def place(data: Path, *options: str, lessons: Path = SHIPPED, module: str = "webapp") -> Iterator[Place]:
    with serving(data, lessons, *options, module=module) as site, chromium() as browser:
        yield Place(site.url, data, browser)


@contextmanager
def chromium() -> Iterator[Browser]:
    path = find()
    if path is None:
        raise RuntimeError(ADVICE)
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    with sync_playwright() as playwright:
        browser = _launch(playwright, path)
        try:
            yield browser
        finally:
            browser.close()


def _launch(playwright: Playwright, path: str) -> Browser:
    return playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))


@dataclass
class Reading:
    """A browser context on a site, with everything that went wrong in it."""

    context: BrowserContext
    url: str
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE_MILLISECONDS)
        self.watch(page)
        page.goto(self.url + path)
        if path.endswith("/try"):
            skip_predictions(page)
        return page

    def forgive(self, *words: str) -> None:
        """Drop the complaints with these words: the browser's own line about an answer that a test asked for."""
        self.complaints = [said for said in self.complaints if not all(word in said for word in words)]

    def watch(self, page: Page) -> None:
        page.on("console", lambda message: self._said(message.type, message.text, message.location.get("url", "")))
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        page.on("request", lambda request: self._asked(request.url))

    def _said(self, kind: str, text: str, url: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(f"{kind}: {text} ({url})")

    def _asked(self, url: str) -> None:
        if urlsplit(url).netloc not in (urlsplit(self.url).netloc, "") and not url.startswith("data:"):
            self.complaints.append(f"external request: {url}")


@contextmanager
def reading(
    browser: Browser,
    url: str,
    *,
    width: int = 1280,
    height: int = HEIGHT,
    theme: Theme = "light",
    script: bool = True,
    still: bool = False,
    scale: float = 1,
) -> Iterator[Reading]:
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=theme,
        java_script_enabled=script,
        reduced_motion="reduce" if still else "no-preference",
        device_scale_factor=scale,
    )
    if SLOWED > 1:
        context.on("page", _slow)
    try:
        yield Reading(context, url)
    finally:
        context.close()


def _slow(page: Page) -> None:
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})


def skip_predictions(page: Page) -> None:
    """Skip what the labs of the page would have predicted first: most tests are about the runs alone."""
    skip = page.get_by_role("button", name="Skip it and run")
    for left in reversed(range(skip.count())):
        skip.first.click()
        expect(skip).to_have_count(left)
        page.wait_for_load_state()


def hold_time(page: Page) -> None:
    """Let the page's time stand still: it passes with `page.clock.run_for` alone from now on, its animation frames too.
    Its clock was installed before it was opened."""
    ahead = datetime.now(UTC) + timedelta(hours=1)  # as a pause must be; timers that this passes over fire once
    page.clock.pause_at(ahead)


def show(page: Page, width: int, theme: Theme) -> None:
    """Show a page from its top, at a width and in a theme, and wait until its drawings have taken their new place."""
    page.bring_to_front()  # a page behind another is painted once a second
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.evaluate("() => scrollTo(0, 0)")  # else what sticks to the window's top covers something
    page.emulate_media(color_scheme=theme)
    page.evaluate(SETTLED)


def violations(page: Page, *, part: str | None = None, colours_alone: bool = False) -> list[str]:
    """What axe-core finds wrong on the page as it is now. It is injected by evaluation: the page's policy stays on.

    `part` is a selector: only what it matches is examined. `colours_alone` leaves out the rules that no theme can break.
    """
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE + ";0")
    rules = {"type": "rule", "values": AXE_COLOURS} if colours_alone else {"type": "tag", "values": AXE_TAGS}
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    context = {"include": [[part]]} if part else {"exclude": []}
    found: dict[str, Any] = page.evaluate("([context, options]) => axe.run(context, options)", [context, options])
    return [
        f"{violation['id']}: {node['target']} {node.get('failureSummary', '')}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    width: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width
