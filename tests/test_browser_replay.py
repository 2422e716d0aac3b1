"""A recorded run in a real browser: step by step with the keyboard, played, two on one axis, and without a script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import LESSON, Place, hold_time, place
from tests.tour import run, run_url, start

pytestmark = pytest.mark.browser

QUICK = {"Requests": "4", "Each request waits": "0.05"}
TOGETHER = {"Requests": "4", "Each request waits": "0.45"}
"""So long that the last request is sent before the first one goes on, on a slow machine too."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with place(tmp_path_factory.mktemp("data")) as site:
        yield site


def recorded(page: Page, *programs: str) -> str:
    """The page of the last of these runs, and its URL."""
    for program in programs:
        run(page, program, **TOGETHER)
    url = run_url(page)
    page.goto(url)
    expect(page.get_by_role("group", name="Replay")).to_be_visible()
    return url


def step(page: Page, key: str, words: str) -> None:
    page.keyboard.press(key)
    expect(page.locator("[data-sentence]")).to_contain_text(re.compile(words))


def test_a_run_is_gone_through_step_by_step_with_the_keyboard_alone(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(f"{LESSON}/try")
        recorded(page, "Awaiting")
        page.get_by_role("group", name="Timeline of Awaiting").focus()
        step(page, "Home", r"Request 1 runs up to line \d+: await asyncio\.sleep\(seconds\)")
        lit = page.locator("[data-listing] [data-lit]")
        expect(lit).to_contain_text("await asyncio.sleep")
        expect(page.locator("[data-said]").last).to_contain_text("Request 1 runs up to")
        expect(page.locator('[data-now="loop"]')).to_have_text("request 1")
        step(page, "ArrowRight", r"Request 2 runs up to")
        step(page, "ArrowLeft", r"Request 1 runs up to")
        step(page, "End", r"goes on after line \d+, to its end")
        expect(page.locator('[data-now="ready"]')).to_have_text("0")
        page.keyboard.press("Home")
        page.keyboard.press("+")
        step(page, "ArrowRight", r"Request 2 runs up to")
        page.get_by_role("checkbox", name="Also the server's own turns").check()
        page.get_by_role("group", name="Timeline of Awaiting").focus()
        step(page, "Home", r"The server|The loop|probe")


def test_a_run_plays_as_slowly_as_is_asked_and_stops_at_its_end(site: Place) -> None:
    with site.reading() as reader:
        reader.context.clock.install()
        page = reader.open(f"{LESSON}/try")
        start(page, "Blocked", **QUICK)
        expect(page.locator("live-lab")).to_have_attribute("data-run", re.compile("/runs/"))
        page.goto(run_url(page))
        expect(page.get_by_role("group", name="Replay")).to_be_visible()  # it comes when the run has ended
        hold_time(page)
        page.get_by_role("combobox", name="Speed").select_option("1/100")
        page.get_by_role("button", name="Play").click()
        expect(page.get_by_role("button", name="Pause")).to_be_visible()
        page.clock.run_for(1000)
        page.get_by_role("button", name="Pause").click()
        expect(page.locator("[data-sentence]")).to_contain_text(
            "Request 1 runs from its first line to its last in one turn"
        )
        page.get_by_role("combobox", name="Speed").select_option("1×")
        page.get_by_role("button", name="Play").click()
        page.clock.run_for(30_000)  # the run took less
        expect(page.get_by_role("button", name="Play")).to_be_visible()
        expect(page.locator('[data-now="ended"]')).to_have_text("4 of 4")
        expect(page.locator("[data-scrub]")).to_have_value("1000")


def test_two_runs_share_the_axis_and_the_moment(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(f"{LESSON}/try")
        for program in ("Awaiting", "Threaded", "Blocked"):
            run(page, program, **QUICK)
        page.goto(f"{reader.url}{LESSON}/visualize")
        expect(page.get_by_role("group", name="Replay")).to_be_visible()
        ended = page.locator('[data-now="ended"]')
        page.get_by_role("slider", name="Moment of the run").fill("1000")
        expect(ended.first).to_have_text("4 of 4")
        expect(page.locator("[data-sentence]")).to_contain_text(re.compile("^(Awaiting|Blocked), "))
        page.get_by_role("combobox", name="Above").select_option("Threaded")
        chart = page.get_by_role("group", name="Timeline of Threaded")
        chart.focus()
        step(page, "Home", "Threaded, .*Request 1|Blocked, .*Request 1")
        page.get_by_role("slider", name="Moment of the run").fill("1000")
        expect(page.locator('[data-now="threads"]').first).to_have_text(re.compile(r"0 of \d"))


def test_reduced_motion_moves_twice_a_second(site: Place) -> None:
    with site.reading(still=True) as reader:
        reader.context.clock.install()
        page = reader.open(f"{LESSON}/try")
        recorded(page, "Blocked")
        hold_time(page)
        moment = page.get_by_role("slider", name="Moment of the run")
        page.get_by_role("button", name="Play").click()
        seen = [moment.input_value()]
        for _ in range(15):
            page.clock.run_for(100)
            seen.append(moment.input_value())
        moved = [at for at, (before, after) in enumerate(pairwise(seen), 1) if before != after]
        assert moved == [5, 10, 15], "tenths of a second"


def test_without_a_script_the_steps_stand_in_a_table(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(f"{LESSON}/try")
        url = recorded(page, "Awaiting")
    with site.reading(script=False) as reader:
        page = reader.open(url.removeprefix(reader.url))
        expect(page.get_by_role("region", name="Table of the steps")).to_contain_text("Request 1 runs up to line")
        expect(page.get_by_role("link", name="CSV").first).to_be_visible()
        expect(page.get_by_role("button", name="Play")).to_be_hidden()
        expect(page.get_by_role("region", name="Program: awaiting.py")).to_be_visible()
