"""Running a lab in a real browser: with the keyboard, twice at once, from a second tab, through a reload, and to an early end."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import LESSON, RUN_MILLISECONDS, Place, hold_time, place, reading
from tests.conftest import serving
from tests.courses import LAB, write_course
from tests.tour import LONG_RUN, PROGRAMS, run, start, stop

pytestmark = pytest.mark.browser

TRY = f"{LESSON}/try"
QUICK = {"Requests": "6", "Each request waits": "0.05"}
TABS_TO_RUN = 40
PRESS = """async given => {
    const headers = { "Content-Type": "application/json", Accept: "application/json" };
    const body = JSON.stringify({ lesson: "waiting", lab: "ways", ...given });
    return await (await fetch("/runs", { method: "POST", headers, body })).json();
}"""
WATCH_SPEECH = """() => {
    window.spoken = [];
    const said = document.querySelector('live-waterfall [data-said]');
    new MutationObserver(() => said.textContent && spoken.push([performance.now(), said.textContent]))
        .observe(said, {childList: true, characterData: true, subtree: true});
}"""
WATCH_PAINTS = """() => {
    window.paints = 0;
    document.addEventListener('waterfall:paint', () => paints++);
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with place(tmp_path_factory.mktemp("data"), module="tests.calm_site") as site:
        yield site


def test_a_lab_is_run_and_read_with_the_keyboard_alone(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(TRY)
        button = page.get_by_role("button", name="Run", exact=True)
        for _ in range(TABS_TO_RUN):
            page.keyboard.press("Tab")
            if button.evaluate("button => button === document.activeElement"):
                break
        expect(button).to_be_focused()
        page.keyboard.press("Enter")
        ended(page)
        expect(page.get_by_role("button", name="Run again")).to_be_focused()
        expect(page.locator("live-waterfall [data-said]")).to_contain_text("left the loop free")

        page.keyboard.press("Tab")
        expect(page.get_by_role("group", name="Timeline of the requests")).to_be_focused()
        readout = page.locator("live-waterfall [data-readout]")
        page.keyboard.press("ArrowDown")
        expect(readout).to_have_text(re.compile(r"^Request 1: .*status 200 after"))
        expect(readout).to_be_visible()
        page.keyboard.press("ArrowDown")
        expect(readout).to_contain_text("Request 2:")
        expect(page.locator("live-waterfall [data-said]")).to_contain_text("Request 2:")
        page.keyboard.press("End")
        expect(readout).to_contain_text("Request 24:")


def test_the_table_has_a_row_for_every_request(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(TRY)
        own_page = page.get_by_role("link", name="This run's own page")
        expect(own_page).to_be_hidden()
        run(page, "Awaiting", **QUICK)
        expect(own_page).to_have_attribute("href", page.locator("live-lab").get_attribute("data-run") or "")
        page.get_by_role("radio", name="Table").check()
        table = page.get_by_role("region", name="Table of the requests")
        expect(table.get_by_role("row")).to_have_count(1 + 6)
        expect(table.get_by_role("cell", name="on the loop")).to_have_count(6)


def test_a_double_click_on_run_starts_one_run(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(TRY)
        before = runs_kept(site)
        for label, number in QUICK.items():
            page.get_by_role("spinbutton", name=label).fill(number)
        page.get_by_role("button", name="Run", exact=True).dblclick()
        ended(page)
        expect(page.get_by_role("alert")).to_be_hidden()
        assert runs_kept(site) == before + 1


def test_a_second_tab_is_led_to_the_run_that_is_on_and_may_stop_it(site: Place) -> None:
    with site.reading() as reader:
        page, second = reader.open(TRY), reader.open(TRY)
        start(page, "Blocked", **LONG_RUN)
        expect(page.locator("live-lab")).to_have_attribute("data-state", "running")
        second.get_by_role("button", name="Run", exact=True).click()
        expect(second.get_by_role("alert")).to_contain_text("One run at a time")
        reader.forgive("409", "/runs")
        second.get_by_role("link", name="Go to that run").click()
        expect(second.get_by_text("Blocked is running now.")).to_be_visible()
        expect(second.locator("live-waterfall").get_by_text("Bystander")).to_be_visible()
        second.get_by_role("button", name="Stop").click()
        for tab in (page, second):
            expect(tab.locator("[data-failure]")).to_contain_text("You stopped this run.")
        expect(page.get_by_role("button", name=re.compile("^Run"))).to_be_enabled()


def test_a_reload_during_a_run_goes_on_with_it(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(TRY)
        before = runs_kept(site)
        start(page, "Blocked", **{"Requests": "60", "Each request waits": "0.2"})
        expect(page.locator("[data-progress-text]")).to_contain_text("holds the loop")
        page.reload()
        expect(page.locator("live-lab")).to_have_attribute("data-state", "running")
        expect(page.locator("[data-progress-text]")).to_contain_text("of 60 finished")
        ended(page)
        expect(page.locator("[data-finding]")).to_contain_text("Blocked held the loop")
        expect(page.locator("[data-figure=finished]")).to_have_text("60")
        assert runs_kept(site) == before + 1


def test_the_page_of_a_run_that_waited_says_at_its_end_what_it_ran_on(site: Place, tmp_path: Path) -> None:
    lessons = write_course(tmp_path / "course", lab=LAB.replace("    requests:", "    cost: cpu\n    requests:"))
    with (
        serving(tmp_path / "data", lessons) as own,
        reading(site.browser, own.url) as before,
        reading(site.browser, own.url) as reader,
    ):
        first = before.open("/lessons/waiting/why")
        holding = first.evaluate(PRESS, {"variant": "held", "parameters": {"delay": 10}})
        page = reader.open("/lessons/waiting/why")
        waiting = page.evaluate(PRESS, {"variant": "quick"})
        assert (holding["state"], waiting["state"]) == ("running", "queued")
        page.goto(reader.url + waiting["url"])
        expect(page.get_by_text("Quick waits for its turn. You are next in line.")).to_be_visible()
        ran_on = page.get_by_text(re.compile(r"^Run on .*core.*Python \d.*FastAPI \d"))
        expect(ran_on).to_have_count(0)
        first.evaluate("url => fetch(url, { method: 'DELETE' })", holding["url"])
        ended(page)
        expect(ran_on).to_be_visible()
        expect(
            page.get_by_text(re.compile(r"^Quick, 4 requests: .* from the first request to the last answer"))
        ).to_be_visible()
        expect(page.get_by_text("waits for its turn")).to_have_count(0)


def test_after_the_last_program_the_page_is_up_to_date_without_a_reload(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(TRY)
        modes = page.get_by_role("navigation", name="Modes of this lesson")
        for program in PROGRAMS:
            expect(modes.get_by_role("link", name="Try (done)")).to_have_count(0)
            run(page, program, **QUICK)
        expect(modes.get_by_role("link", name="Try (done)")).to_be_visible()
        expect(page.get_by_text("2 of 7 steps done", exact=True)).to_be_visible()
        told = page.locator(".kicker__mine").inner_text()  # by how much the runs differ, too
        for program, verdict in zip(
            PROGRAMS, ("left the loop free", "used worker threads", "held the loop"), strict=True
        ):
            expect(page.get_by_role("article", name=program).get_by_text(verdict)).to_be_visible()
        page.reload()
        expect(page.locator(".kicker__mine")).to_have_text(told, use_inner_text=True)
        page.get_by_role("link", name="Performance").first.click()
        comparison = page.get_by_role("region", name="Table: Your runs, compared")
        expect(comparison.get_by_role("cell", name="Not run yet")).to_have_count(0)


def test_a_choice_out_of_range_is_refused_in_words_and_the_lab_stays_usable(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(TRY)
        page.locator("form[data-run-form]").evaluate("form => { form.noValidate = true; }")
        start(page, "Awaiting", **{"Requests": "61"})
        expect(page.get_by_role("alert")).to_contain_text("61")
        reader.forgive("422", "/runs")
        run(page, "Awaiting", **QUICK)
        expect(page.get_by_role("alert")).to_be_hidden()


def test_a_screen_reader_hears_a_run_every_three_seconds_at_most(site: Place) -> None:
    with site.reading() as reader:
        reader.context.clock.install()  # whose time stands still while a script is at work, however long that takes
        page = reader.open(TRY)
        page.evaluate(WATCH_SPEECH)
        run(page, "Blocked")
        expect(page.locator("live-waterfall [data-said]")).to_contain_text("Blocked held the loop")
        spoken: list[tuple[float, str]] = page.evaluate("() => spoken")
        assert len(spoken) >= 2, spoken
        running = [at for at, words in spoken if "finished" in words]
        assert all(later - earlier > 2900 for earlier, later in zip(running, running[1:], strict=False)), spoken


def test_reduced_motion_paints_a_run_far_less_often(site: Place) -> None:
    paints = {}
    for still in (False, True):
        with site.reading(still=still) as reader:
            reader.context.clock.install()
            page = reader.open(TRY)
            start(page, "Blocked", **LONG_RUN)
            expect(page.locator("[data-progress-text]")).to_contain_text("holds the loop")
            hold_time(page)
            page.evaluate(WATCH_PAINTS)
            page.clock.run_for(5000)
            paints[still] = page.evaluate("() => paints")
            stop(page)
    assert 9 <= paints[True] <= 11, paints
    assert 20 * paints[True] < paints[False], paints


def ended(page: Page) -> None:
    expect(page.locator("live-lab")).to_have_attribute("data-state", "finished", timeout=RUN_MILLISECONDS)


def runs_kept(site: Place) -> int:
    """How many ended runs the site has stored, whoever started them."""
    return len(ends_kept(site))


def ends_kept(site: Place) -> list[str]:
    """How each run ended that the site has stored, in their order."""
    connection = sqlite3.connect(f"file:{site.data / 'interleave.db'}?mode=ro", uri=True)
    try:
        return [state for (state,) in connection.execute("SELECT state FROM run ORDER BY rowid")]
    finally:
        connection.close()
