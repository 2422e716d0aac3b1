"""A lesson on paper: what a person finds on the printed page, whatever the screen showed of it."""

from __future__ import annotations

import platform
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import LESSON, SETTLED, Place, Reading, asked, place, violations
from tests.tour import PROGRAMS, answer, run

pytestmark = pytest.mark.browser

QUICK = {"Requests": "6", "Each request waits": "0.05"}
PAPER_WIDTH, PAPER_HEIGHT = 688, 1000
"""A4 between its margins, in CSS pixels."""
TOO_WIDE = """width => [...document.querySelectorAll('main *')].filter(part => {
    const box = part.getBoundingClientRect();
    return box.width && box.height && box.right > width + 1 && !part.closest('.visually-hidden, [data-chart] svg, .sprite');
}).map(part => `${part.tagName}.${part.className}`)"""
CLIPPED = """selector => [...document.querySelectorAll(selector)].filter(part =>
    part.scrollWidth > part.clientWidth + 1 && getComputedStyle(part).overflowX !== 'visible').length"""
BEFORE_PRINT = "() => dispatchEvent(new Event('beforeprint'))"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with place(tmp_path_factory.mktemp("data")) as site:
        yield site


@pytest.fixture(scope="module")
def reader(site: Place) -> Iterator[Reading]:
    """Somebody who reads in the dark, has run one program and answered one question."""
    with site.reading(theme="dark", still=True) as reader:
        page = reader.open(f"{LESSON}/try")
        run(page, "Blocked", **QUICK)
        page.goto(f"{site.url}{LESSON}/learn")
        answer(page, "two-awaits", "one-wait")
        page.close()
        yield reader


@pytest.fixture(scope="module")
def paper(reader: Reading) -> Page:
    """The whole lesson as it is printed."""
    page = reader.open(f"{LESSON}/whole")
    expect(page.locator("[data-figure=finished]")).to_have_text("6")
    on_paper(page)
    return page


def test_a_run_is_printed_with_its_figures_its_picture_its_table_and_its_date(paper: Page) -> None:
    panel = paper.locator(".lab__panel")
    expect(panel.get_by_text("Longest hold")).to_be_visible()
    expect(panel.locator("[data-chart] svg").first).to_be_visible()
    expect(panel.get_by_role("row")).to_have_count(1 + 6)
    expect(panel.get_by_role("row").last).to_be_visible()
    expect(panel.get_by_text(f"Python {platform.python_version()}, asyncio")).to_be_visible()
    expect(panel.locator("[data-finding]")).to_be_visible()
    picture = panel.locator("[data-chart] svg").first.bounding_box()
    assert picture is not None
    assert picture["width"] <= PAPER_WIDTH


def test_paper_is_white_whatever_the_theme(paper: Page) -> None:
    colours = "part => [getComputedStyle(part).backgroundColor, getComputedStyle(part).color]"
    assert paper.locator("html").evaluate(colours) == ["rgb(255, 255, 255)", "rgb(26, 28, 32)"]


def test_nothing_that_can_only_be_pressed_is_printed(reader: Reading) -> None:
    page = reader.open(f"{LESSON}/try")
    on_paper(page)
    for gone in ("banner", "navigation", "complementary", "button", "spinbutton"):
        expect(page.get_by_role(gone)).to_have_count(0)
    expect(page.get_by_text("Call them yourself")).to_be_hidden()
    page.close()


def test_no_line_of_a_program_is_cut_off_and_nothing_is_wider_than_the_paper(paper: Page) -> None:
    for program in PROGRAMS:
        expect(paper.get_by_role("article", name=program).first).to_be_visible()
    assert paper.evaluate(CLIPPED, "main pre, main .programs, main .table-scroll, main table") == 0
    assert paper.evaluate(TOO_WIDE, PAPER_WIDTH) == []


def test_what_is_closed_on_the_screen_is_open_on_paper(paper: Page) -> None:
    inside = paper.locator(
        "main .prose details > :not(summary), main quiz-item details:not([data-report]) > :not(summary)"
    )
    assert inside.count() > 3
    assert [part.inner_text() for part in inside.all() if not part.is_visible()] == []
    paper.emulate_media(media="screen")
    assert [part for part in inside.all() if not part.is_visible()] != [], "they are closed on the screen"
    paper.emulate_media(media="print")


def test_the_whole_lesson_has_every_mode_and_item_once_and_tells_no_key(reader: Reading) -> None:
    page = reader.open(f"{LESSON}/learn")
    page.get_by_role("link", name="The whole lesson on one page").click()
    modes = ("Why", "Learn", "Predict", "Try", "Visualize", "Performance", "Recall")
    expect(page.locator(".lesson__body")).to_have_count(len(modes))
    page.wait_for_load_state()
    named = [part.get_attribute("aria-labelledby") for part in page.locator(".lesson__body").all()]
    assert named == [f"whole-{mode.lower()}" for mode in modes]
    for mode in modes:
        expect(page.get_by_role("region", name=mode, exact=True)).to_be_visible()
    expect(page.locator("quiz-item")).to_have_count(asked("question"))
    expect(page.locator("predict-item")).to_have_count(asked("predict"))
    expect(page.locator('quiz-item[data-state="answered"]')).to_have_count(1)
    for item in page.locator('quiz-item[data-state="open"]').all():
        for told in ("[data-mark]", "[data-result]", ".item__feedback", ".item__explanation"):
            assert item.locator(told).count() == 0
    assert duplicates(page) == []
    assert violations(page) == []
    page.close()


def test_the_options_of_an_open_item_can_be_read_on_paper(paper: Page) -> None:
    options = paper.locator('quiz-item[data-state="open"] .item__option')
    assert [option.inner_text() for option in options.all() if not option.is_visible()] == []
    expect(options).not_to_have_count(0)


def test_a_printed_lesson_is_a_document_of_several_pages(reader: Reading) -> None:
    page = reader.open(f"{LESSON}/whole")
    document = page.pdf(format="A4")
    assert document.startswith(b"%PDF")
    assert 10 < document.count(b"/Type /Page\n") < 40
    page.close()


def on_paper(page: Page) -> None:
    """Show the page as it is printed."""
    page.set_viewport_size({"width": PAPER_WIDTH, "height": PAPER_HEIGHT})
    page.emulate_media(media="print")
    page.evaluate(BEFORE_PRINT)
    page.evaluate(SETTLED)


def duplicates(page: Page) -> list[str]:
    """Ids that stand twice in the page."""
    ids: list[str] = page.locator("[id]").evaluate_all("all => all.map(part => part.id)")
    return sorted({name for name in ids if ids.count(name) > 1})
