"""The search in a real browser: by keyboard, as one types, without JavaScript, and sound in both themes at both widths."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browsing import LESSON, SETTLED, THEMES, WIDTHS, Place, hold_time, overflow, place, show, violations

pytestmark = pytest.mark.browser

NARROWEST = 320
PATHS = (
    "/search",
    "/search?q=event+loop",
    "/search?q=time.sleep",
    "/search?q=corutine",
    "/search?q=zzzqqq",
    "/glossary",
)
PAUSE_MILLISECONDS = 150
QUIET_MILLISECONDS = 600
"""As static/js/search-field.js has them: without a letter, before the page asks; after the answer, before it is said."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with place(tmp_path_factory.mktemp("data")) as site:
        yield site


def field(page: Page) -> Locator:
    return page.get_by_role("searchbox", name="Search the course")


def panel(page: Page) -> Locator:
    return page.get_by_role("region", name="Search results")


def test_every_state_is_sound_in_both_themes_at_both_widths(site: Place) -> None:
    found = []
    with site.reading(still=True) as reader:
        page = reader.open("/")
        for path in PATHS:
            page.goto(site.url + path)
            for width in (*WIDTHS, NARROWEST):
                for theme in THEMES:
                    show(page, width, theme)
                    found += [f"{path}, {theme}, {width}: {violation}" for violation in violations(page)]
                    if wider := overflow(page):
                        found.append(f"{path}, {theme}, {width}: {wider} px wider than the window")
    assert found == []


def test_the_open_panel_is_sound_too(site: Place) -> None:
    with site.reading(still=True) as reader:
        page = reader.open(f"{LESSON}/learn")
        field(page).press_sequentially("loop")
        expect(panel(page).get_by_role("link").first).to_be_visible()
        for theme in THEMES:
            show(page, 1280, theme)
            assert violations(page) == []
            assert overflow(page) == 0


def test_slash_focuses_the_field_unless_one_types_elsewhere(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(f"{LESSON}/try")
        page.keyboard.press("/")
        expect(field(page)).to_be_focused()
        expect(field(page)).to_have_value("")
        page.keyboard.type("1/2")
        expect(field(page)).to_have_value("1/2")
        number = page.get_by_role("spinbutton", name="Requests")
        number.focus()
        page.keyboard.press("/")
        expect(number).to_be_focused()
        page.get_by_role("radio", name="Blocked").focus()
        page.keyboard.press("Control+/")
        expect(field(page)).not_to_be_focused()
        page.keyboard.press("/")
        expect(field(page)).to_be_focused()


def test_results_come_as_one_types_and_the_keyboard_goes_through_them(site: Place) -> None:
    with site.reading() as reader:
        reader.context.clock.install()
        page = reader.open("/")
        hold_time(page)
        page.keyboard.press("/")
        page.keyboard.type("event lo")
        page.clock.run_for(PAUSE_MILLISECONDS)
        links = panel(page).get_by_role("link")
        expect(links.first).to_contain_text("event loop")
        expect(links.first.locator("mark").first).to_have_text("event loop")
        expect(page.locator("[data-announcer]")).to_be_empty()
        page.clock.run_for(QUIET_MILLISECONDS + 100)  # and the frame in which it is said
        expect(page.locator("[data-announcer]")).to_have_text(re.compile(r"^\d+ results$"))
        page.keyboard.press("ArrowDown")
        expect(links.nth(0)).to_be_focused()
        page.keyboard.press("ArrowDown")
        expect(links.nth(1)).to_be_focused()
        page.keyboard.press("ArrowUp")
        page.keyboard.press("ArrowUp")
        expect(field(page)).to_be_focused()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Escape")
        expect(field(page)).to_be_focused()
        expect(panel(page)).to_be_hidden()
        expect(field(page)).to_have_value("event lo")
        page.keyboard.type("o")
        page.clock.run_for(PAUSE_MILLISECONDS)
        expect(panel(page)).to_be_visible()
        page.keyboard.press("Escape")
        expect(panel(page)).to_be_hidden()
        page.keyboard.type("p")
        page.clock.run_for(PAUSE_MILLISECONDS)
        expect(links.first).to_be_visible()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("/glossary#term-event-loop$|/search"))


def test_enter_leads_to_the_search_page_and_a_result_to_its_heading(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open("/")
        page.keyboard.press("/")
        page.keyboard.type("thread takes turns")
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{site.url}/search?q=thread+takes+turns")
        expect(field(page)).to_have_value("thread takes turns")
        page.get_by_role("main").get_by_role("link").first.click()
        expect(page).to_have_url(re.compile(rf"{LESSON}/learn#s-one-thread-takes-turns$"))
        expect(page.get_by_role("heading", name="One thread takes turns")).to_be_in_viewport()


def test_leaving_the_field_closes_the_panel_and_coming_back_opens_it(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open("/")
        field(page).press_sequentially("token")
        expect(panel(page)).to_be_visible()
        page.get_by_role("heading", level=1).click()
        expect(panel(page)).to_be_hidden()
        field(page).focus()
        expect(panel(page)).to_be_visible()
        field(page).fill("")
        expect(panel(page)).to_be_hidden()


def test_an_older_answer_never_overwrites_a_newer_one(site: Place) -> None:
    """The answer to the first query is held back until the second one has been shown, and comes although it was given up."""
    held: list[Route] = []
    with site.reading() as reader:
        reader.context.add_init_script("AbortController.prototype.abort = () => {};")
        page = reader.open("/search")
        page.route("**/search?q=token", lambda route: held.append(route))
        with page.expect_request("**/search?q=token"):
            field(page).fill("token")
        field(page).fill("bystander")
        results = page.locator("[data-results]")
        expect(results.get_by_role("link").first).to_contain_text("bystander")
        with page.expect_event("requestfinished", lambda request: request.url.endswith("q=token")):
            held[0].continue_()
        page.evaluate(SETTLED)
        expect(results.get_by_role("link").first).to_contain_text("bystander")
        expect(page).to_have_url(f"{site.url}/search?q=bystander")


def test_typing_asks_once_after_a_pause_and_not_at_every_letter(site: Place) -> None:
    """However long the machine takes over a letter, the page's own time passes by less than its pause."""
    with site.reading() as reader:
        reader.context.clock.install()
        page = reader.open("/")
        hold_time(page)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if "/search?q=" in request.url else None)
        for letter in "bystander":
            field(page).press(letter)
            page.clock.run_for(PAUSE_MILLISECONDS - 1)
        assert asked == []
        page.clock.run_for(1)
        expect(panel(page).get_by_role("link").first).to_be_visible()
        page.clock.run_for(10 * PAUSE_MILLISECONDS)
        assert asked == [f"{site.url}/search?q=bystander"]


def test_on_a_phone_the_icon_leads_to_the_search(site: Place) -> None:
    with site.reading(width=390) as reader:
        page = reader.open(f"{LESSON}/learn")
        expect(field(page)).to_be_hidden()
        page.get_by_role("link", name="Search", exact=True).click()
        expect(page).to_have_url(f"{site.url}/search")
        page.wait_for_load_state()
        field(page).fill("limiter")
        expect(page.get_by_role("main").get_by_role("link").first).to_contain_text("limiter")
        page.goto(f"{site.url}{LESSON}/learn")
        page.keyboard.press("/")
        expect(page).to_have_url(f"{site.url}/search")


def test_without_a_script_the_form_leads_to_results_and_terms(site: Place) -> None:
    with site.reading(script=False) as reader:
        page = reader.open("/")
        expect(page.locator("kbd")).to_be_hidden()
        field(page).fill("time.sleep")
        field(page).press("Enter")
        expect(page).to_have_url(f"{site.url}/search?q=time.sleep")
        program = page.get_by_role("listitem").filter(has_text="blocked.py").filter(has_text="Program")
        expect(program).to_contain_text("time.sleep(seconds)")
        program.get_by_role("link").click()
        expect(page).to_have_url(re.compile(rf"{LESSON}/try#program-tasks-blocked$"))
        page.goto(f"{site.url}/search")
        page.get_by_role("link", name="bystander").click()
        expect(page.locator("#term-bystander")).to_be_in_viewport()
        page.goto(f"{site.url}/search?q=corutine")
        page.get_by_role("link", name="coroutine", exact=True).click()
        expect(page.get_by_role("listitem").first).to_contain_text("coroutine")
