"""Take screenshots of every page and state of the site, in both themes and at both widths: `python -m tests.shots`.

They go into shots/, named like try-running-light-1280.png. `python -m tests.shots try` takes those whose names begin so.
`python -m tests.shots --picture` renews the picture of the README, docs/try.png, instead.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import FloatRect, Page

from tests import states
from tests.browsing import LESSON, THEMES, Place, Reading, place, reading, show
from tests.conftest import ROOT, SHIPPED, serving
from tests.tour import PROGRAMS, State, before, edited, run, tour

FOLDER = ROOT / "shots"
PICTURE = ROOT / "docs" / "try.png"
TALLEST = 6000
"""Pixels: what lies further down a page looks as what is above it."""


def main(arguments: list[str]) -> None:
    picture = "--picture" in arguments
    with tempfile.TemporaryDirectory() as data:
        learner = "" if picture else before(Path(data))
        if picture:
            with place(Path(data)) as site:
                take_picture(site)
        else:
            with place(Path(data), "--own-code", module="tests.calm_site") as site:
                take_all(site, tuple(arguments), learner)


def take_all(site: Place, prefixes: tuple[str, ...], learner: str) -> None:
    with reading(site.browser, site.url, still=True) as reader:
        take(reader, tour(reader, learner), prefixes)
    take_edits(site, prefixes)
    take_states(site, prefixes)


def take_states(site: Place, prefixes: tuple[str, ...]) -> None:
    """Every kind of question in every state."""
    with tempfile.TemporaryDirectory() as folder:
        cookies = states.before(Path(folder))
        with (
            serving(Path(folder) / "data", Path(folder) / "lessons") as own,
            reading(site.browser, own.url, still=True) as reader,
        ):
            take(reader, states.states(reader, cookies), prefixes)


def take_edits(site: Place, prefixes: tuple[str, ...]) -> None:
    """Pages of an author, on a site over a copy of the course."""
    with tempfile.TemporaryDirectory() as folder:
        lessons = Path(shutil.copytree(SHIPPED, Path(folder) / "lessons"))
        file = lessons / LESSON.split("/")[-1] / "lesson.md"
        with (
            serving(Path(folder) / "data", lessons, "--own-code") as own,
            reading(site.browser, own.url, still=True) as reader,
        ):
            take(reader, edited(reader, f"{LESSON}/learn", file, "- [x]", "- [ ]"), prefixes)


def take(reader: Reading, states: Iterator[State], prefixes: tuple[str, ...]) -> None:
    FOLDER.mkdir(exist_ok=True)
    for state in states:
        if prefixes and not state.name.startswith(prefixes):
            continue
        for width in state.widths:
            for theme in THEMES:
                show(state.page, width, theme)
                path = FOLDER / f"{state.name}-{theme}-{width}.png"
                _take(state.page, path, whole=state.whole)
    for complaint in reader.complaints:
        sys.stdout.write(f"the browser complained: {complaint}\n")


def _take(page: Page, path: Path, *, whole: bool) -> None:
    height: int = page.evaluate("document.documentElement.scrollHeight")
    width: int = page.evaluate("document.documentElement.clientWidth")
    if whole and height > TALLEST:
        page.screenshot(path=path, full_page=True, clip={"x": 0, "y": 0, "width": width, "height": TALLEST})
    else:
        page.screenshot(path=path, full_page=whole)
    sys.stdout.write(f"{path.relative_to(ROOT)}\n")


def take_picture(site: Place) -> None:
    """The Try page after a run of each program, from the handlers in their listings down to what the last run showed."""
    with reading(site.browser, site.url) as reader:
        page = reader.open(f"{LESSON}/try")
        for program in PROGRAMS:
            run(page, program, Requests="16")
        page.evaluate("() => { document.activeElement.blur(); scrollTo(0, 0); }")
        lab = page.locator("live-lab").bounding_box()
        handler = page.locator(".programs .line--decisive").first.bounding_box()
        finding = page.locator("[data-finding]").bounding_box()
        assert lab and handler and finding
        top, bottom = handler["y"] - 64, finding["y"] + finding["height"]
        clip = FloatRect(x=lab["x"] - 8, y=top, width=lab["width"] + 16, height=bottom - top)
        PICTURE.parent.mkdir(exist_ok=True)
        page.screenshot(path=PICTURE, full_page=True, clip=clip)
    sys.stdout.write(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size // 1024} KB\n")


if __name__ == "__main__":
    main(sys.argv[1:])
