"""A regrade, a report and a reason in a real browser, with the keyboard alone; and a learner who is told of a correction."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import Place, overflow, place, show, violations
from tests.courses import question, write_course
from tests.test_regrade_pages import answered, asked
from webapp.identity import COOKIE

pytestmark = pytest.mark.browser

PAGE = "/analysis/waiting/items/first-item"
LESSON = "/lessons/waiting/performance"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, str]]:
    """Whose key was corrected from b to c after three had answered; the cookie is of the one who chose c."""
    folder: Path = tmp_path_factory.mktemp("regrade")
    lessons = write_course(folder / "course", questions=[question("first-item", points=2), question("multi-item")])
    *_, chose_c = answered(lessons, folder / "data", "a", "b", "c")
    write_course(lessons, questions=[question("first-item", right=("c",), points=2), question("multi-item")])
    with place(folder / "data", "--own-code", lessons=lessons) as site:
        yield site, chose_c


def press_to(page: Page, name: str, key: str = "Tab") -> None:
    """Press Tab until what has this name has the focus."""
    for _ in range(80):
        page.keyboard.press(key)
        if name in page.evaluate("() => document.activeElement.innerText || document.activeElement.value || ''"):
            return
    raise AssertionError(f"{name!r} cannot be reached")


def test_an_author_regrades_and_takes_it_back_with_the_keyboard_alone(site: tuple[Place, str]) -> None:
    at, chose_c = site
    with at.reading() as reader:
        page = reader.open(PAGE)
        assert violations(page) == []
        press_to(page, "current-only")
        page.keyboard.press("Space")
        expect(page.get_by_role("radio", name="The present key alone")).to_be_checked()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Tab")
        page.keyboard.type("It is c.")
        press_to(page, "Regrade")
        page.keyboard.press("Enter")
        expect(page.get_by_text("3 answers of 3 learners: 1 up, 1 down, to version 2.")).to_be_visible()
        assert page.url.endswith("#regrades")
        press_to(page, "Take it back")
        for width in (1280, 390):
            show(page, width, "light")
            assert violations(page) == [] and overflow(page) == 0

    with at.reading() as reader:
        reader.context.add_cookies([{"name": COOKIE, "value": chose_c, "url": at.url}])
        page = reader.open(LESSON)
        item = page.locator("#item-first-item")
        expect(item.get_by_text(re.compile(r"Corrected on \d+ \w+ \d{4}, 0 → 2\."))).to_be_visible()
        expect(item.get_by_text("It is c.")).to_be_visible()
        assert violations(page) == []

    with at.reading() as reader:
        page = reader.open(PAGE)
        press_to(page, "Take it back")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Taken back: The present key alone")).to_be_visible()
        expect(page.get_by_role("button", name="Regrade")).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
def test_a_problem_is_reported_with_the_keyboard_and_the_choice_stays(site: tuple[Place, str], script: bool) -> None:
    at, _ = site
    with at.reading(script=script) as reader:
        page = reader.open(LESSON)
        item = page.locator("#item-multi-item")
        item.locator('[value="a"]').focus()
        page.keyboard.press("Space")
        item.locator("summary", has_text="Report a problem").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(item.get_by_text("Write a few words first")).to_be_visible()
        reader.forgive("422")
        if script:
            expect(item.get_by_text("Write a few words first")).to_be_visible()
            expect(item.locator("details [data-notice]")).to_be_focused()
        item.get_by_role("textbox", name="What is wrong with it?").focus()
        page.keyboard.type("Two are right.")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(item.get_by_text("Thank you. The course's authors see it")).to_be_visible()
        expect(item.locator('[value="a"]')).to_be_checked()
        if script:
            expect(item.locator("[data-notice]")).to_be_focused()
            assert violations(page) == []
        item.get_by_role("button", name="Check").press("Enter")
        expect(page.locator("#item-multi-item")).to_have_attribute("data-state", "answered")
        answered_item = page.locator("#item-multi-item")
        answered_item.locator("summary", has_text="Report a problem").press("Enter")
        answered_item.get_by_role("textbox", name="What is wrong with it?").fill("Still.")
        answered_item.get_by_role("button", name="Send").press("Enter")
        expect(answered_item.get_by_text("Thank you. The course's authors see it")).to_be_visible()
        expect(page.locator("#item-multi-item")).to_have_attribute("data-state", "answered")


def test_who_is_asked_why_says_it_in_a_line_and_is_thanked(site: tuple[Place, str]) -> None:
    at, _ = site
    with at.reading() as reader:
        reader.context.add_cookies([{"name": COOKIE, "value": next(asked("multi-item")), "url": at.url}])
        page = reader.open(LESSON)
        item = page.locator("#item-multi-item")
        item.locator('[value="a"]').check()
        item.get_by_role("button", name="Check").press("Enter")
        field = item.get_by_role("textbox", name="Why did you pick it?")
        expect(field).to_be_visible()
        assert violations(page) == []
        field.focus()
        page.keyboard.type("It waits.")
        page.keyboard.press("Enter")
        expect(item.get_by_text("Thank you. It helps the authors")).to_be_visible()
        expect(item.locator("[data-notice]")).to_be_focused()
        expect(field).to_have_count(0)
