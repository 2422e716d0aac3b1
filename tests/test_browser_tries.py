"""Tries and certainty in a real browser: by the keyboard alone, from two tabs, and through the outbox."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browsing import LESSON, Place, place
from tests.tour import try_item

pytestmark = pytest.mark.browser

LEARN = f"{LESSON}/learn"
OUTPUT = "what-await-prints"
SURE = "rounds"
WRONG, RIGHT = "A\nB\nA\nB", "A\nA\nB\nB"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with place(tmp_path_factory.mktemp("data")) as site:
        yield site


def test_a_second_try_is_made_with_the_keyboard_and_earns_less(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(LEARN)
        item, line = output(page)
        line.fill(WRONG)
        try_item(page, OUTPUT)
        expect(item.locator("[data-result]")).to_be_focused()
        expect(page.locator("[data-announcer]")).to_have_text("Question 2: not right yet. One more try.")
        expect(line).to_have_value(WRONG)
        page.keyboard.press("Tab")
        expect(line).to_be_focused()
        line.fill(RIGHT)
        again = item.get_by_role("button", name="Try again")
        again.focus()
        page.keyboard.press("Enter")
        expect(item.get_by_role("heading", name="Right 0.67 of 1 point")).to_be_focused()
        expect(item.get_by_text("Taken off: 0.33 points for trying again.")).to_be_visible()


def test_the_same_again_is_said_and_costs_no_try_and_the_answer_can_be_had(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(LEARN)
        item, line = output(page)
        line.fill(WRONG)
        try_item(page, OUTPUT)
        item.get_by_role("button", name="Try again").click()
        expect(item.get_by_text("This is what you gave at your last try.")).to_be_visible()
        expect(line).to_be_focused()
        reader.forgive("422")
        item.get_by_role("button", name="Show the answer").click()
        expect(item.get_by_text("You had the answer shown")).to_be_visible()
        expect(item).to_have_attribute("data-state", "answered")


def test_a_second_tab_keeps_what_it_gave_and_its_next_try_counts(site: Place) -> None:
    with site.reading() as reader:
        page, second = reader.open(LEARN), reader.open(LEARN)
        output(page)[1].fill(WRONG)
        try_item(page, OUTPUT)
        item, line = output(second)
        line.fill(RIGHT)
        item.get_by_role("button", name="Check").click()
        expect(item.get_by_text("has changed since the page was opened")).to_be_visible()
        reader.forgive("409")
        expect(line).to_have_value(RIGHT)
        item.get_by_role("button", name="Try again").click()
        expect(item.get_by_role("heading", name="Right 0.67 of 1 point")).to_be_visible()


def test_a_second_try_waits_for_the_network_and_arrives_as_the_second(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(LEARN)
        item, line = output(page)
        line.fill(WRONG)
        try_item(page, OUTPUT)
        line.fill(RIGHT)
        page.route("**/responses*", lambda route: route.abort())
        item.get_by_role("button", name="Try again").click()
        expect(item.get_by_text("Kept on this device")).to_be_visible()
        expect(line).to_be_disabled()
        reader.forgive("ERR_FAILED")
        page.unroute("**/responses*")
        page.evaluate("() => dispatchEvent(new Event('online'))")
        expect(item.get_by_role("heading", name="Right 0.67 of 1 point")).to_be_visible(timeout=30_000)


def test_how_sure_one_is_is_said_with_the_keyboard_and_shown_on_progress(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(f"{LESSON}/recall")
        item = page.locator(f"#item-{SURE}")
        item.locator("[name=option]").first.focus()
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        expect(item.get_by_role("radio", name="A guess")).to_be_focused()
        page.keyboard.press("ArrowDown")
        expect(item.get_by_role("radio", name="I think so")).to_be_checked()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(item.get_by_text("You said “I think so”: −2 for practice, in no grade.")).to_be_visible()
        item.get_by_role("link", name="How sure you are").click()
        expect(page.get_by_role("heading", name="How sure you are, and how often right")).to_be_visible()
        expect(page.get_by_role("row", name="“I think so” 1")).to_be_visible()


def output(page: Page) -> tuple[Locator, Locator]:
    item = page.locator(f"#item-{OUTPUT}")
    return item, item.get_by_role("textbox", name="What it prints")
