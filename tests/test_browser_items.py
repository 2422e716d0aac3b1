"""Answering items in a real browser: with the keyboard, twice at once, from two tabs, and while the network is away."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browsing import LESSON, Place, place
from tests.tour import answer, open_items

pytestmark = pytest.mark.browser

LEARN = f"{LESSON}/learn"
ITEM = "two-awaits"
RIGHT, WRONG = "two-waits", "one-wait"
TABS_TO_ITEM = 60


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with place(tmp_path_factory.mktemp("data")) as site:
        yield site


def test_an_item_is_answered_with_the_keyboard_alone(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(LEARN)
        item = page.locator(f"#item-{ITEM}")
        for _ in range(TABS_TO_ITEM):
            page.keyboard.press("Tab")
            if item.evaluate("item => item.contains(document.activeElement)"):
                break
        expect(option(item, WRONG)).to_be_focused()
        page.keyboard.press("Space")
        expect(option(item, WRONG)).to_be_checked()
        page.keyboard.press("ArrowDown")
        expect(option(item, RIGHT)).to_be_checked()
        page.keyboard.press("Tab")
        expect(item.get_by_role("button", name="Check")).to_be_focused()
        page.keyboard.press("Enter")
        expect(item.get_by_role("heading", name="Right 1 of 1 point")).to_be_focused()
        expect(announcer(page)).to_have_text("Question 1: right, 1 of 1 point.")


def test_a_wrong_choice_is_told_with_its_feedback(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(LEARN)
        answer(page, ITEM, WRONG)
        item = page.locator(f"#item-{ITEM}")
        expect(item.get_by_role("heading", name="Not right 0 of 1 point")).to_be_visible()
        expect(item.get_by_text("Your choice: not right")).to_be_visible()
        expect(item.get_by_text("to start several things together", exact=False)).to_be_visible()
        expect(item.get_by_text("The right one")).to_be_visible()
        expect(item.get_by_role("radio")).to_have_count(0)


def test_some_of_several_right_options_earn_a_part(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(LEARN)
        answer(page, "free-lines", "async-client")
        item = page.locator("#item-free-lines")
        expect(item.get_by_role("heading", name="Partly right 1 of 2 points")).to_be_visible()
        expect(item.get_by_text("Right, not chosen")).to_be_visible()


def test_nothing_chosen_is_said_beside_the_options_and_sends_nothing(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(LEARN)
        item = page.locator(f"#item-{ITEM}")
        item.get_by_role("button", name="Check").click()
        expect(item.get_by_text("Choose one option first.")).to_be_visible()
        expect(option(item, WRONG)).to_be_focused()
        expect(option(item, WRONG)).to_have_accessible_description("Choose one option first.")
        option(item, RIGHT).check()
        expect(item.get_by_text("Choose one option first.")).to_be_hidden()


def test_a_hint_opens_keeps_the_choice_and_survives_a_reload(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(LEARN)
        item = page.locator(f"#item-{ITEM}")
        option(item, RIGHT).check()
        item.get_by_role("button", name="Show a hint").click()
        expect(item.get_by_role("listitem").filter(has_text="Hint 1")).to_be_focused()
        expect(option(item, RIGHT)).to_be_checked()
        page.reload()
        expect(item.get_by_text("Hint 1")).to_be_visible()


def test_a_double_click_on_check_stores_one_response(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(LEARN)
        before = responses(site)
        item = page.locator(f"#item-{ITEM}")
        option(item, RIGHT).check()
        item.get_by_role("button", name="Check").dblclick()
        expect(item.get_by_role("heading", name="Right")).to_be_visible()
        assert responses(site) == before + 1


def test_a_second_tab_is_told_which_response_counts(site: Place) -> None:
    with site.reading() as reader:
        page, second = reader.open(LEARN), reader.open(LEARN)
        answer(page, ITEM, RIGHT)
        before = responses(site)
        answer(second, ITEM, WRONG)
        reader.forgive("409", "/responses")
        item = second.locator(f"#item-{ITEM}")
        expect(item.get_by_text("You had answered this already.")).to_be_visible()
        expect(item.locator("[data-notice]")).to_be_focused()
        expect(item.get_by_text("Your choice: right")).to_be_visible()
        assert responses(site) == before


def test_where_nothing_can_be_kept_a_lost_network_leaves_the_choice_and_a_second_try_counts_once(site: Place) -> None:
    with site.reading() as reader:
        reader.context.add_init_script(
            "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }"
        )
        page = reader.open(LEARN)
        before = responses(site)
        item = page.locator(f"#item-{ITEM}")
        option(item, RIGHT).check()
        reader.context.set_offline(True)
        item.get_by_role("button", name="Check").click()
        failure = "The server did not answer. Your answer is kept here."
        expect(item.get_by_text(failure)).to_be_visible()
        expect(announcer(page)).to_have_text(failure)
        expect(option(item, RIGHT)).to_be_checked()
        reader.forgive("ERR_INTERNET_DISCONNECTED")
        assert responses(site) == before
        reader.context.set_offline(False)
        item.get_by_role("button", name="Try again").click()
        expect(item.get_by_role("heading", name="Right")).to_be_focused()
        assert responses(site) == before + 1


def test_after_the_last_item_of_a_mode_the_page_is_up_to_date_without_a_reload(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(f"{LESSON}/performance")
        modes = page.get_by_role("navigation", name="Modes of this lesson")
        names = open_items(page)
        assert len(names) > 1
        for name in names:
            expect(modes.get_by_role("link", name="Performance (done)")).to_have_count(0)
            answer(page, name)
        expect(modes.get_by_role("link", name="Performance (done)")).to_be_visible()
        expect(page.get_by_text("1 of 7 steps done", exact=True)).to_be_visible()
        expect(page.get_by_role("complementary").get_by_text(re.compile(r"^1 of \d+$"))).to_be_visible()


def test_an_item_is_one_item_in_every_mode(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(LEARN)
        answer(page, ITEM, RIGHT)
        page.goto(f"{site.url}{LESSON}/recall")
        expect(page.locator(f"#item-{ITEM}").get_by_text("Your choice: right")).to_be_visible()
        assert ITEM not in open_items(page)


def option(item: Locator, name: str) -> Locator:
    return item.locator(f'[name=option][value="{name}"]')


def announcer(page: Page) -> Locator:
    """The region in which the page says to a screen reader what has changed."""
    return page.locator("[data-announcer]")


def responses(site: Place) -> int:
    """How many responses the site has stored, whoever gave them."""
    connection = sqlite3.connect(f"file:{site.data / 'interleave.db'}?mode=ro", uri=True)
    try:
        return int(connection.execute("SELECT count(*) FROM response").fetchone()[0])
    finally:
        connection.close()
