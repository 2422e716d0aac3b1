"""An author's open page while the lessons are edited: it follows in place, and shows what is wrong over the last good course."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, pairwise, product
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import THEMES, Reading, chromium, hold_time, overflow, reading, show, violations
from tests.conftest import serving
from tests.courses import write_course
from tests.processes import seconds_until
from tests.tour import edited

pytestmark = pytest.mark.browser

LONG = "\n\n".join(f"Paragraph {number} of the page." for number in range(40))
WHY = "/lessons/waiting/why"
HIDE = """hidden => {
    Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
PANEL = "Errors of the last edit"
TAKEN_UP_SECONDS = 60
ASK_MILLISECONDS = 500
WATCH_ASKS = """() => {
    window.askedAt = [];
    const { fetch } = window;
    window.fetch = (url, ...rest) => {
        if (String(url).endsWith("/edits")) askedAt.push(Date.now());
        return fetch(url, ...rest);
    };
}"""


@dataclass
class Writing:
    """An author with a course of their own, a site over it, and a browser."""

    folder: Path
    url: str
    browser: Browser
    tests: Iterator[int]

    @property
    def lesson(self) -> Path:
        return self.folder / "waiting" / "lesson.md"

    def edit(self, old: str, new: str) -> None:
        text = self.lesson.read_text()
        assert old in text
        self.lesson.write_text(text.replace(old, new))

    def begin(self) -> None:
        """The course as every test finds it; what the test before it wrote is served no more, nor waits to be taken up."""
        mark = f"Test {next(self.tests)}."
        write_course(self.folder)
        self.edit("Because.", f"Because. {mark}\n\n{LONG}")
        served = seconds_until(lambda: mark in httpx2.get(self.url + WHY).text, at_most=TAKEN_UP_SECONDS)
        assert served is not None, f"{mark} was never served"


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Writing]:
    folder = tmp_path_factory.mktemp("edits")
    course = write_course(folder / "course")
    with serving(folder / "data", course, "--own-code") as site, chromium() as browser:
        yield Writing(course, site.url, browser, count(1))


@pytest.fixture
def author(started: Writing) -> Writing:
    started.begin()
    return started


@pytest.fixture
def reader(author: Writing) -> Iterator[Reading]:
    with reading(author.browser, author.url, still=True) as reader:
        yield reader
        assert reader.complaints == []


def follow(reader: Reading, path: str, text: str) -> Page:
    """The page of the course as the test has written it, and a mark that another page would not have."""
    page = reader.open(path)
    expect(page.get_by_role("main")).to_contain_text(text)
    page.evaluate("() => { window.sameAsBefore = true; }")
    return page


def is_same(page: Page) -> bool:
    same: bool = page.evaluate("() => window.sameAsBefore === true")
    return same


def test_an_edit_shows_in_the_open_page_and_nothing_else_moves(author: Writing, reader: Reading) -> None:
    page = follow(reader, WHY, "Paragraph 39")
    page.get_by_text("Paragraph 30 of").evaluate(
        "line => { scrollTo(0, 0); line.scrollIntoView({ block: 'center' }); }"
    )
    page.get_by_role("button", name="On to").focus()
    top = page.get_by_text("Paragraph 30 of").bounding_box()
    kept = page.get_by_text("Paragraph 30 of").element_handle()
    author.edit("Paragraph 5 of the page.", "Paragraph 5, edited.\n\nAnd one more.\n\nAnd another.")
    expect(page.get_by_text("Paragraph 5, edited.")).to_be_attached()
    now = page.get_by_text("Paragraph 30 of").bounding_box()
    assert top and now and abs(top["y"] - now["y"]) < 2
    assert kept.evaluate("line => line.isConnected")
    expect(page.get_by_role("button", name="On to")).to_be_focused()
    assert is_same(page)


def test_the_title_the_outline_and_a_page_of_another_kind_follow(author: Writing, reader: Reading) -> None:
    page, home = follow(reader, WHY, "Paragraph 39"), follow(reader, "/", "Waiting")
    author.edit("title: Waiting", "title: Waiting anew")
    expect(page.get_by_role("heading", name="Waiting anew", level=1)).to_be_visible()
    expect(page).to_have_title(re.compile("Waiting anew"))
    expect(page.get_by_role("navigation").get_by_text("Waiting anew").first).to_be_attached()
    expect(home.get_by_role("main").get_by_text("Waiting anew").first).to_be_visible()
    assert is_same(page) and is_same(home)


def test_what_was_chosen_stays_chosen_in_an_edited_question(author: Writing, reader: Reading) -> None:
    page = follow(reader, "/lessons/waiting/performance", "Which one?")
    page.get_by_role("radio", name="Option c").check()
    author.edit("Which one?", "Which one, really?")
    expect(page.get_by_text("Which one, really?")).to_be_visible()
    expect(page.get_by_role("radio", name="Option c")).to_be_checked()
    expect(page.get_by_role("radio", name="Option c")).to_be_focused()
    page.get_by_role("button", name="Check").click()
    expect(page.locator("quiz-item")).to_have_attribute("data-state", "answered")
    author.edit("Some words.", "Some other words.")
    expect(page.get_by_text("Some other words.")).to_be_visible()
    expect(page.locator("quiz-item")).to_have_attribute("data-state", "answered")
    assert is_same(page)


def test_numbers_that_were_typed_stay_and_a_run_that_is_on_is_waited_for(author: Writing, reader: Reading) -> None:
    page = follow(reader, "/lessons/waiting/try", "Two ways to wait")
    page.get_by_role("radio", name="Held").check()
    page.get_by_role("spinbutton", name="Each one waits").fill("9.5")
    page.get_by_role("spinbutton", name="Requests").fill("3")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("live-lab")).to_have_attribute("data-state", "running")
    lab = page.locator("live-lab").element_handle()
    author.edit("Two ways to wait", "Two ways of waiting")
    expect(page.locator("course-edits")).to_have_attribute("data-waits", "")
    assert lab.evaluate("lab => lab.isConnected && lab.dataset.state === 'running'")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("heading", name="Two ways of waiting", level=3)).to_be_visible()
    expect(page.locator("course-edits")).not_to_have_attribute("data-waits", "")
    expect(page.get_by_role("spinbutton", name="Each one waits")).to_have_value("9.5")
    expect(page.get_by_role("radio", name="Held")).to_be_checked()
    assert is_same(page)


def test_the_errors_of_a_broken_edit_stand_over_the_page_until_it_is_mended(author: Writing, reader: Reading) -> None:
    page = follow(reader, "/lessons/waiting/performance", "Which one?")
    panel = page.get_by_role("complementary", name=PANEL)
    author.edit("- [x] Option b", "- [ ] Option <b> & more")
    expect(panel).to_contain_text("1 error: this edit is not served")
    expect(panel).to_contain_text(f"{author.lesson}:")
    expect(panel).to_contain_text("E04")
    expect(panel.get_by_text("- [ ] Option <b> & more {#b}")).to_be_visible()
    expect(panel.locator("[data-wrong]")).to_contain_text("- [ ] Option a {#a}")
    expect(page.locator("[data-announcer]")).to_contain_text("The edit is not served: 1 error.")
    expect(page.get_by_role("radio", name="Option b")).to_be_visible()
    fold = panel.get_by_role("region", name="The errors and their source")
    panel.locator("summary").first.press("Enter")
    expect(fold).to_be_hidden()
    page.reload()
    expect(fold).to_be_hidden()
    author.edit("Option <b> & more", "Option b, still wrong")
    expect(fold).to_be_visible()
    panel.locator("summary").first.focus()
    page.keyboard.press("Tab")
    expect(fold).to_be_focused()
    page.keyboard.press("Escape")
    expect(fold).to_be_hidden()
    expect(panel.locator("summary").first).to_be_focused()
    author.edit("- [ ] Option b, still wrong", "- [x] Option b, mended")
    expect(panel).to_have_count(0)
    expect(page.get_by_role("radio", name="Option b, mended")).to_be_visible()
    expect(page.locator("[data-announcer]")).to_contain_text("The edit is served now.")


def test_the_errors_are_sound_in_both_themes_at_both_widths(author: Writing, reader: Reading) -> None:
    for state in edited(reader, "/lessons/waiting/performance", author.lesson, "- [x]", "- [ ]"):
        for width in state.widths:
            for theme in THEMES:
                show(state.page, width, theme)
                assert (violations(state.page), overflow(state.page)) == ([], 0), (state.name, width, theme)


def test_the_warnings_of_an_edit_that_is_served_stand_folded_at_the_end(author: Writing, reader: Reading) -> None:
    page = follow(reader, "/lessons/waiting/performance", "Which one?")
    panel = page.get_by_role("complementary", name="Warnings of the last edit")
    fold = panel.get_by_role("region", name="The warnings and their source")
    author.edit("    > Feedback of a.\n", "")
    expect(panel).to_contain_text("1 warning: this edit is served")
    said = "The edit is served now. Warnings stand at the end of the page: 1."
    expect(page.locator("[data-announcer]")).to_contain_text(said)
    expect(fold).to_be_hidden()
    panel.locator("summary").press("Enter")
    expect(fold).to_contain_text("W07")
    expect(panel.locator("[data-wrong]")).to_contain_text("- [ ] Option a {#a}")
    for width, theme in product((1280, 390), THEMES):
        show(page, width, theme)
        assert (violations(page), overflow(page)) == ([], 0), (width, theme)
    author.edit("- [ ] Option a {#a}\n", "- [ ] Option a {#a}\n    > Feedback of a.\n")
    expect(panel).to_have_count(0)


def test_the_end_of_the_page_is_not_hidden_by_the_errors(author: Writing, reader: Reading) -> None:
    page = follow(reader, WHY, "Paragraph 39")
    author.edit("## Try", "## Tri")
    panel = page.get_by_role("complementary", name=PANEL)
    expect(panel).to_be_visible()
    forward = page.get_by_role("button", name="On to")
    forward.focus()
    page.evaluate("() => scrollTo(0, document.documentElement.scrollHeight)")
    above, below = forward.bounding_box(), panel.bounding_box()
    assert above and below and above["y"] + above["height"] <= below["y"]


def test_a_hidden_page_asks_nothing_and_a_lost_site_is_asked_ever_more_seldom(author: Writing, reader: Reading) -> None:
    """In the page's own time, which passes here as the test lets it."""
    reader.context.clock.install()
    page = follow(reader, WHY, "Paragraph 39")
    hold_time(page)
    page.evaluate(HIDE, True)
    page.evaluate(WATCH_ASKS)
    page.clock.run_for(20 * ASK_MILLISECONDS)
    assert asks(page) == []
    page.evaluate(HIDE, False)
    until_asked(page, 1)
    page.context.set_offline(True)
    before = len(asks(page))
    until_asked(page, before + 5)
    waits = [after - earlier for earlier, after in pairwise(asks(page)[before:])]
    assert all(wait >= ASK_MILLISECONDS * 2**tries for tries, wait in enumerate(waits, 1)), waits
    page.context.set_offline(False)
    author.edit("Paragraph 1 of", "Paragraph one of")
    page.clock.resume()
    page.evaluate(HIDE, False)
    expect(page.get_by_text("Paragraph one of")).to_be_visible()
    reader.forgive("ERR_INTERNET_DISCONNECTED")


def asks(page: Page) -> list[float]:
    """When the page has asked for edits, in milliseconds of its own time."""
    moments: list[float] = page.evaluate("() => askedAt")
    return moments


def until_asked(page: Page, times: int) -> None:
    """Let time pass in the page until it has asked so often."""
    for _ in range(2000):
        if len(asks(page)) >= times:
            return
        page.clock.run_for(ASK_MILLISECONDS // 5)
    raise AssertionError(f"asked {len(asks(page))} times")


def test_without_a_script_the_errors_stand_on_the_next_page(author: Writing) -> None:
    with reading(author.browser, author.url, script=False) as reader:
        follow_up = reader.open(WHY)
        author.edit("## Try", "## Tri")
        panel = follow_up.get_by_role("complementary", name=PANEL)
        for _ in range(100):
            follow_up.reload()
            if panel.count():
                break
            follow_up.wait_for_timeout(100)
        expect(panel).to_contain_text("E24")
        panel.locator("summary").first.press("Enter")
        expect(panel.get_by_role("region")).to_be_hidden()
