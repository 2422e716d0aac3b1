"""The web vitals of a page in a real browser: told by the browser, none before there is one, and INP moved by the page alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import BROWSER_LESSON, LESSON, Place, place

pytestmark = pytest.mark.browser

PERFORMANCE = f"{BROWSER_LESSON}/performance"
AT_LEAST_BLOCKED = re.compile(r"^(1[2-9]\d|[2-9]\d\d|\d{4,}) ms$")
"""The button holds the page for 120 ms."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with place(tmp_path_factory.mktemp("data")) as site:
        yield site


def milliseconds(page: Page, vital: str) -> float:
    text = page.locator(f'[data-vital="{vital}"] [data-value]').inner_text()
    return float(text.removesuffix(" ms"))


def test_the_vitals_are_the_browsers_own_and_inp_is_felt_with_a_button(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(PERFORMANCE)
        for vital in ("TTFB", "LCP"):
            expect(page.locator(f'[data-vital="{vital}"] [data-value]')).to_contain_text(re.compile(r"^\d+ ms$"))
        navigation = page.evaluate("() => performance.getEntriesByType('navigation')[0].responseStart")
        assert abs(milliseconds(page, "TTFB") - navigation) <= 1
        inp = page.locator('[data-vital="INP"]')
        none = inp.get_by_text("none yet: you have not interacted")
        expect(none).to_be_visible()

        page.get_by_role("button", name="Block this page").click()
        # A busy browser may tell of the press itself first, a slow frame, and of what it set off when that is over.
        expect(inp.locator("[data-value]")).to_have_text(AT_LEAST_BLOCKED)
        expect(inp.locator('[data-part-of="interactionTarget"]')).to_contain_text("Block this page for 120 ms")
        expect(inp.locator('[data-part-of="processingDuration"]')).to_contain_text(re.compile(r"^\d+ ms$"))
        expect(page.locator("page-vitals").get_by_role("status")).to_contain_text("INP is")
        expect(none).to_be_hidden()

        blocked = milliseconds(page, "INP")
        page.get_by_role("button", name="Do nothing").click()
        last = page.locator("p", has=page.get_by_role("button", name="Do nothing")).locator("[data-last]")
        expect(last).to_contain_text("ms")
        longest, target = inp.evaluate(
            "inp => ['[data-value]', '[data-part-of=interactionTarget]'].map(part => inp.querySelector(part).innerText)"
        )
        assert float(longest.removesuffix(" ms")) > blocked or "Block this page" in target, "INP is the longest one"


def test_the_library_is_loaded_where_its_figure_stands_and_nowhere_else(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(f"{LESSON}/performance")
        asked = "() => performance.getEntriesByType('resource').filter(e => e.name.includes('web-vitals')).length"
        assert page.evaluate(asked) == 0
        page.goto(site.url + PERFORMANCE)
        expect(page.locator("[data-presses]")).to_be_visible()
        assert page.evaluate(asked) == 1


def test_without_a_script_a_sentence_says_where_the_numbers_are(site: Place) -> None:
    with site.reading(script=False) as reader:
        page = reader.open(PERFORMANCE)
        sentence = page.locator("#figure-vitals noscript")
        expect(sentence).to_be_visible()
        assert "DevTools shows the same" in (sentence.text_content() or "")
        expect(page.get_by_role("button", name="Block this page")).to_be_hidden()
