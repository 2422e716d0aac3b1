"""A day's review in a real browser, by the keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import Place, Reading, place
from tests.classes import learner_before
from tests.conftest import SHIPPED
from webapp.identity import COOKIE

pytestmark = pytest.mark.browser

SINGLE, MULTI = "two-awaits", "free-lines"


@pytest.fixture(scope="module")
def learners(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, list[str]]]:
    data = tmp_path_factory.mktemp("data")
    cookies = [learner_before(data, SHIPPED, [SINGLE, MULTI], days=4, wrong=[SINGLE]) for _ in range(2)]
    with place(data) as site:
        yield site, cookies


def open_as(reader: Reading, cookie: str, path: str) -> Page:
    reader.context.add_cookies([{"name": COOKIE, "value": cookie, "url": reader.url}])
    return reader.open(path)


def test_a_day_is_gone_through_with_digits_and_enter_alone(learners: tuple[Place, list[str]]) -> None:
    site, (cookie, _) = learners
    with site.reading() as reader:
        page = open_as(reader, cookie, "/review")
        expect(page.get_by_text("2 questions are ready")).to_be_visible()
        page.get_by_role("link", name="Begin").focus()
        page.keyboard.press("Enter")
        for left in (1, 0):
            item = page.locator("quiz-item")
            expect(page.get_by_text("checks and goes on")).to_be_visible()
            options = item.locator("[name=option]")
            page.keyboard.press("Enter")
            expect(item.get_by_text("option first.")).to_be_visible()
            page.keyboard.press("2")
            expect(options.nth(1)).to_be_checked()
            expect(options.nth(1)).to_be_focused()
            if options.first.get_attribute("type") == "checkbox":
                page.keyboard.press("2")
                expect(options.nth(1)).not_to_be_checked()
                page.keyboard.press("3")
            page.keyboard.press("1")
            expect(options.first).to_be_checked()
            page.keyboard.press("9")
            page.keyboard.press("Enter")
            expect(item).to_have_attribute("data-state", "answered")
            expect(item.locator("[data-result]")).to_be_focused()
            expect(page.get_by_text("comes back")).to_be_visible()
            expect(page.get_by_role("link", name="Next question" if left else "Finish")).to_be_visible()
            expect(page.get_by_text("checks and goes on")).to_be_hidden()
            page.keyboard.press("Enter")
            expect(page.get_by_text("comes back in")).to_have_count(0)
        expect(page.get_by_text("That was today: 2 questions")).to_be_visible()


def test_keys_that_belong_to_something_else_are_left_to_it(learners: tuple[Place, list[str]]) -> None:
    site, (_, cookie) = learners
    with site.reading() as reader:
        page = open_as(reader, cookie, "/review/next")
        options = page.locator("quiz-item [name=option]")
        search = page.get_by_role("searchbox").first
        search.fill("")
        page.keyboard.type("12")
        expect(search).to_have_value("12")
        page.keyboard.press("Escape")
        page.get_by_role("link", name="Stop here").focus()
        page.keyboard.press("1")
        page.locator("body").press("Control+1")
        assert options.evaluate_all("all => all.filter(one => one.checked).length") == 0
        page.get_by_role("link", name="Stop here").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("2 questions are ready")).to_be_visible()
