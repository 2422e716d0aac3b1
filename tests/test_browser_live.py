"""Live programs in a real browser: an address in a tab, and no script needed to read. What a page sends: test_browser_sender."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browsing import LESSON, Place, place

pytestmark = pytest.mark.browser

TRY = f"{LESSON}/try"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with place(tmp_path_factory.mktemp("data")) as site:
        yield site


def panel(page: Page, label: str) -> Locator:
    """The fold of a program, opened."""
    fold = page.locator("details.live__one", has=page.locator("summary", has_text=label)).first
    fold.locator("summary").click()
    return fold


def test_the_address_opens_in_a_tab_that_can_do_nothing_to_the_site(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(TRY)
        with page.expect_popup() as opened:
            panel(page, "Awaiting").get_by_role("link").click()
        tab = opened.value
        expect(tab.locator("body")).to_contain_text('{"message":"Task done"}')
        assert tab.evaluate("() => origin") == "null", "its origin is not the site's"


def test_without_a_script_the_address_and_the_commands_are_there(site: Place) -> None:
    with site.reading(script=False) as reader:
        page = reader.open(TRY)
        fold = panel(page, "Threaded")
        expect(fold.get_by_role("link")).to_be_visible()
        expect(fold.locator("code", has_text="curl").first).to_be_visible()
        sending = page.locator("details", has=page.locator("browser-sender"))
        sending.locator("summary").first.click()
        expect(sending.locator("noscript")).to_be_visible()
        expect(sending.get_by_role("button", name="Send from this browser")).to_be_hidden()
