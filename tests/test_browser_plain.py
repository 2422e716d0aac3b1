"""The site without JavaScript: everything that teaches and scores works by links and forms alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import LESSON, RUN_MILLISECONDS, Place, asked, overflow, place, skip_predictions

pytestmark = pytest.mark.browser

LEARN = f"{LESSON}/learn"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with place(tmp_path_factory.mktemp("data")) as site:
        yield site


@pytest.fixture
def page(site: Place) -> Iterator[Page]:
    with site.reading(script=False) as reader:
        page = reader.open("/")
        yield page
        reader.forgive("422", "/responses")  # a refused form is a page with that status, which Chromium writes down


def test_run_leads_to_the_runs_page_with_its_table(site: Place, page: Page) -> None:
    page.goto(f"{site.url}{LESSON}/try")
    skip_predictions(page)
    page.get_by_role("radio", name="Blocked").check()
    page.get_by_role("spinbutton", name="Requests").fill("5")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page).to_have_url(re.compile(r"/runs/[\w-]+$"))
    expect(page.get_by_text("from the first request to the last answer")).to_be_visible(timeout=RUN_MILLISECONDS)
    rows = page.get_by_role("region", name="Table of the requests").get_by_role("row")
    expect(rows).to_have_count(1 + 5)
    expect(page.get_by_text("Blocked held the loop.")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("^Blocked"))).to_be_visible()
    page.get_by_role("link", name="Back to the lesson").click()
    expect(page.get_by_role("article", name="Blocked").get_by_text("held the loop")).to_be_visible()


def test_a_run_that_is_on_can_be_stopped(site: Place, page: Page) -> None:
    page.goto(f"{site.url}{LESSON}/try")
    skip_predictions(page)
    page.get_by_role("radio", name="Blocked").check()
    page.get_by_role("spinbutton", name="Requests").fill("60")
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("You stopped this run.")).to_be_visible()


def test_a_response_leads_back_to_its_item_with_the_result(site: Place, page: Page) -> None:
    page.goto(site.url + LEARN)
    item = page.locator("#item-two-awaits")
    item.get_by_role("radio", name="0.4 s").check()
    with page.expect_response(lambda response: response.request.method == "POST") as posted:
        item.get_by_role("button", name="Check").click()
    assert posted.value.status == 303
    expect(page).to_have_url(f"{site.url}{LEARN}#item-two-awaits")
    expect(item.get_by_role("heading", name="Right 1 of 1 point")).to_be_in_viewport()
    expect(item.get_by_role("radio")).to_have_count(0)


def test_nothing_chosen_comes_back_with_the_error_and_what_was_chosen_stays(site: Place, page: Page) -> None:
    page.goto(site.url + LEARN)
    item = page.locator("#item-free-lines")
    item.get_by_role("button", name="Check").click()
    expect(item.get_by_text("Choose at least one option first.")).to_be_visible()
    expect(item.get_by_role("checkbox").first).to_be_focused()
    item.locator('[value="to-thread"]').check()
    item.get_by_role("button", name="Show a hint").click()
    expect(item.get_by_text("Hint 1")).to_be_visible()
    expect(item.locator('[value="to-thread"]')).to_be_checked()


def test_a_hint_opens(site: Place, page: Page) -> None:
    page.goto(site.url + LEARN)
    item = page.locator("#item-two-awaits")
    item.get_by_role("button", name="Show a hint").click()
    expect(item.get_by_text("Hint 1")).to_be_in_viewport()
    expect(item.get_by_role("button", name="Show a hint")).to_have_count(0)


def test_going_on_marks_the_mode_as_done(site: Place, page: Page) -> None:
    page.goto(f"{site.url}{LESSON}/why")
    page.get_by_role("button", name="Done, on to Learn").click()
    expect(page).to_have_url(site.url + LEARN)
    modes = page.get_by_role("navigation", name="Modes of this lesson")
    expect(modes.get_by_role("link", name="Why (done)")).to_be_visible()
    expect(page.get_by_text("1 of 7 steps done", exact=True)).to_be_visible()


def test_starting_over_opens_the_items_again(site: Place, page: Page) -> None:
    page.goto(site.url + LEARN)
    item = page.locator("#item-two-awaits")
    item.get_by_role("radio", name="0.4 s").check()
    item.get_by_role("button", name="Check").click()
    expect(item.get_by_role("heading", name="Right 1 of 1 point")).to_be_visible()
    page.get_by_role("link", name="Progress").click()
    lesson = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Concurrent task execution"))
    questions = asked("question") + asked("predict")
    expect(lesson.get_by_text(f"1 of {questions}", exact=True)).to_be_visible()
    page.get_by_text("Start the questions over").click()
    page.get_by_role("button", name="Start over").click()
    expect(lesson.get_by_text(f"0 of {questions}", exact=True)).to_be_visible()
    page.goto(site.url + LEARN)
    expect(item.get_by_role("radio")).to_have_count(3)


def test_a_reader_can_be_forgotten(site: Place, page: Page) -> None:
    page.goto(f"{site.url}{LESSON}/why")
    page.get_by_role("button", name="Done, on to Learn").click()
    expect(page).to_have_url(site.url + LEARN)
    page.get_by_role("link", name="Progress").click()
    expect(page.get_by_text(re.compile(r"^1 of \d+ steps done"))).to_be_visible()
    page.get_by_text("Forget me").click()
    page.get_by_role("button", name="Delete everything of mine").click()
    expect(page).to_have_url(site.url + "/")
    page.get_by_role("link", name="Progress").click()
    expect(page.get_by_text("Nothing here yet.")).to_be_visible()


def test_the_theme_is_kept(site: Place, page: Page) -> None:
    page.goto(site.url + LEARN)
    page.get_by_role("button", name="Theme").click()
    page.get_by_role("button", name="Dark").click()
    expect(page).to_have_url(site.url + LEARN)
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto(site.url)
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_no_page_is_wider_than_a_phone(site: Place) -> None:
    with site.reading(script=False, width=390) as reader:
        page = reader.open("/")
        for path in (LEARN, f"{LESSON}/try", f"{LESSON}/performance"):
            page.goto(site.url + path)
            assert overflow(page) == 0, path
