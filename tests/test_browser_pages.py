"""Every page and state of the site in a real browser: nothing that axe-core finds wrong, nothing that the browser complains of,
nothing wider than the window, and the content near the top."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import LESSON, THEMES, Place, Reading, overflow, place, show, violations
from tests.tour import before, mode_paths, tour

pytestmark = pytest.mark.browser

NARROWEST = 320
ABOVE_THE_QUARTER = 16


@pytest.fixture(scope="module")
def toured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, str]]:
    """A site on which others have been before, and the cookie of one of them."""
    data = tmp_path_factory.mktemp("toured")
    learner = before(data)
    with place(data, "--own-code", module="tests.calm_site") as site:
        yield site, learner


@pytest.fixture(scope="module")
def site(toured: tuple[Place, str]) -> Place:
    return toured[0]


def test_every_page_and_state_is_sound_in_both_themes_at_both_widths(toured: tuple[Place, str]) -> None:
    (site, learner), found = toured, []
    with site.reading(still=True) as reader:
        for state in tour(reader, learner):
            for width in state.widths:
                for theme in THEMES:
                    show(state.page, width, theme)
                    name = f"{state.name}, {theme}, {width}"
                    wrong = violations(state.page, part=state.part, colours_alone=theme != THEMES[0])
                    found += [f"{name}: {violation}" for violation in wrong]
                    if wider := overflow(state.page):
                        found.append(f"{name}: {wider} px wider than the window")
    assert found == []


def test_nothing_is_cut_off_at_320_pixels(site: Place) -> None:
    with site.reading(width=NARROWEST, height=640) as reader:
        assert wider_than_the_window(reader.open("/")) == []


def test_nothing_is_cut_off_at_twice_the_size(site: Place) -> None:
    """Zoom to 200 % in a window of 1280 pixels is a page 640 CSS pixels wide, drawn with twice the dots."""
    with site.reading(width=640, height=450, scale=2) as reader:
        assert wider_than_the_window(reader.open("/")) == []


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
def test_after_why_the_content_starts_in_the_upper_quarter(site: Place, width: int, height: int) -> None:
    with site.reading(width=width, height=height) as reader:
        page = reader.open("/")
        for path in mode_paths(page):
            if path.endswith("/why"):
                continue
            page.goto(site.url + path)
            top = page.evaluate(
                "() => document.querySelector('.lesson__body > :not(.visually-hidden)').getBoundingClientRect().top"
            )
            assert top < height / 4 + ABOVE_THE_QUARTER, path


def test_the_skip_link_leads_to_the_content(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(f"{LESSON}/learn")
        page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Skip to the lesson")
        expect(skip).to_be_focused()
        expect(skip).to_be_in_viewport()
        page.keyboard.press("Enter")
        expect(page.get_by_role("main")).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.locator("main :focus")).to_have_count(1)


def test_the_theme_is_chosen_with_the_keyboard_and_stays(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open("/")
        page.get_by_role("button", name="Theme").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Light")).to_be_focused()
        page.keyboard.press("Tab")
        with page.expect_response("**/theme"):
            page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Dark")).to_be_hidden()
        dark = background(page)
        page.goto(site.url + LESSON)
        assert background(page) == dark
        with page.expect_response("**/theme"):
            page.get_by_role("button", name="Theme").click()
            page.get_by_role("button", name="Light").click()
        assert background(page) != dark


def test_the_outline_opens_on_a_phone_and_closes_with_escape(site: Place) -> None:
    with site.reading(width=390) as reader:
        page = reader.open(f"{LESSON}/learn")
        lesson = page.get_by_role("complementary").get_by_role("link", name="Concurrent task execution")
        expect(lesson).to_be_hidden()
        page.get_by_role("button", name="Course outline").focus()
        page.keyboard.press("Enter")
        expect(lesson).to_be_visible()
        page.keyboard.press("Escape")
        expect(lesson).to_be_hidden()
        expect(page.get_by_role("button", name="Course outline")).to_be_focused()


def wider_than_the_window(page: Page) -> list[str]:
    """Every path whose page can be scrolled sideways."""
    origin = page.url.rstrip("/")
    paths = ["/", "/progress", "/modes/learn", *mode_paths(page)]
    found = []
    for path in paths:
        page.goto(origin + path)
        if wider := overflow(page):
            found.append(f"{path}: {wider} px")
    return found


def background(page: Page) -> str:
    colour: str = page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor")
    return colour


def measured_page(reader: Reading) -> Page:
    """A page with numbers, of a reader whom nobody asks any more to predict them."""
    page = reader.open("/lessons/waiting-together/try")
    page.goto(f"{reader.url}/lessons/waiting-together/performance")
    return page


def test_a_bound_number_tells_where_it_comes_from_with_the_keyboard_and_the_mouse(site: Place) -> None:
    with site.reading(width=390) as reader:
        page = measured_page(reader)
        number = page.locator("[data-bound]").first
        button = number.get_by_role("button")
        told = page.get_by_role("tooltip").first
        expect(told).to_be_hidden()
        button.focus()
        expect(told).to_be_visible()
        expect(told).to_contain_text("repeats")
        expect(button).to_have_accessible_description(re.compile("repeats.*Python 3"))
        box = told.bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= 390
        page.keyboard.press("Escape")
        expect(told).to_be_hidden()
        button.blur()
        number.hover()
        expect(told).to_be_visible()


def test_a_bound_number_tells_the_same_without_a_script(site: Place) -> None:
    with site.reading(script=False) as reader:
        page = measured_page(reader)
        page.locator("[data-bound]").first.hover()
        expect(page.get_by_role("tooltip").first).to_contain_text("repeats")
