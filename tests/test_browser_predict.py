"""Predictions in a real browser: by keyboard alone, without a script, and with the line that stays in the drawing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import RUN_MILLISECONDS, Reading, chromium, reading
from tests.conftest import serving
from tests.courses import ORDER, prediction, question, write_course

pytestmark = pytest.mark.browser

PREDICT = "/lessons/waiting/predict"
DELAY = "0.1"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, object]]:
    folder = tmp_path_factory.mktemp("predict")
    asked = [prediction(delay=float(DELAY), again=("requests: 6",)), ORDER.replace("0.02", DELAY)]
    lessons = write_course(folder / "lessons", questions=[question()], predictions=asked)
    with serving(folder / "data", Path(lessons), module="tests.calm_site") as served, chromium() as browser:
        yield served.url, browser


@pytest.fixture
def reader(site: tuple[str, object]) -> Iterator[Reading]:
    with reading(site[1], site[0], still=True) as reader:  # type: ignore[arg-type]
        yield reader
        assert reader.complaints == []


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the focus is on what has this name."""
    for _ in range(120):
        page.keyboard.press("Tab")
        told = page.evaluate(
            "() => { const at = document.activeElement;"
            " return at.getAttribute('aria-label') || at.labels?.[0]?.innerText || at.innerText || ''; }"
        )
        if re.match(name, told.strip()):
            return
    raise AssertionError(f"no Tab reaches {name}")


def decided(page: Page, item: str) -> None:
    """Press Run, and wait for what the run decides."""
    place = page.locator(f"#item-{item}")
    tab_to(page, "Run")
    page.keyboard.press("Enter")
    expect(place.locator("live-lab")).to_have_attribute("data-state", "finished", timeout=RUN_MILLISECONDS)
    expect(place.get_by_text("What explains it").first).to_be_visible()


def test_a_prediction_is_made_measured_and_made_again_by_keyboard(reader: Reading) -> None:
    page = reader.open(PREDICT)
    place = page.locator("#item-held-wall")
    tab_to(page, "Your prediction, on a log scale")
    page.keyboard.press("Home")
    expect(place.get_by_role("spinbutton")).to_have_value("0.01")
    page.keyboard.press("PageUp")
    slider = place.get_by_role("slider")
    number = place.get_by_role("spinbutton").input_value()
    assert 0.01 < float(number) < 0.1, "a tenth of a log scale of four decades"
    expect(slider).to_have_attribute("aria-valuetext", f"{number} s")
    tab_to(page, "Commit")
    page.keyboard.press("Enter")
    expect(place).to_have_attribute("data-state", "committed")
    expect(place.locator(":focus")).to_contain_text("You predicted")
    expect(place.get_by_role("link", name="Go to the next")).to_be_visible()
    expect(place.get_by_role("button", name="Run", exact=True)).to_have_count(0)

    order = page.locator("#item-which-first")
    first, second = order.locator("[name=place]").evaluate_all("all => all.map(one => one.value)")
    tab_to(page, "↓")
    page.keyboard.press("Enter")
    for at, variant in enumerate((second, first)):
        expect(order.locator("[name=place]").nth(at)).to_have_value(variant)
    expect(page.locator("[data-announcer]")).to_contain_text("2 of 2")
    order.get_by_role("button", name="Commit").focus()
    page.keyboard.press("Enter")
    expect(order).to_have_attribute("data-state", "committed")
    expect(place.get_by_role("button", name="Run", exact=True)).to_be_visible()

    page.locator("#item-held-wall [data-next]").focus()
    decided(page, "held-wall")
    expect(place.locator("[data-status-word]")).to_have_text("Measured")
    expect(place.locator(".waterfall__prediction-name")).to_contain_text("you predicted")
    expect(place.get_by_role("slider")).to_be_visible()
    place.get_by_role("spinbutton").fill("0.6")
    place.get_by_role("button", name="Commit").click()
    expect(place.get_by_text("Once more: you predicted")).to_be_visible()


def test_the_dotted_line_stays_in_the_drawing_of_the_lab_at_these_numbers_alone(reader: Reading) -> None:
    page = reader.open(PREDICT)
    page.locator("#item-which-first").get_by_role("button", name="Skip").click()
    expect(page.locator("#item-which-first")).to_have_attribute("data-state", "answered")
    place = page.locator("#item-held-wall")
    place.get_by_role("spinbutton").fill("0.3")
    place.get_by_role("button", name="Commit").click()
    expect(place).to_have_attribute("data-state", "committed")
    page.goto(reader.url + "/lessons/waiting/try")
    page.get_by_role("radio", name="Held").check(force=True)
    page.get_by_role("spinbutton", name="Each one waits").fill(DELAY)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("live-lab")).to_have_attribute("data-state", "finished", timeout=RUN_MILLISECONDS)
    expect(page.locator(".waterfall__prediction-name")).to_have_text("you predicted 0.30 s")
    before = float(page.locator(".waterfall__prediction").get_attribute("x1") or 0)
    page.set_viewport_size({"width": 700, "height": 900})
    expect(page.locator(".waterfall__prediction")).not_to_have_attribute("x1", str(before))
    page.reload()
    page.get_by_role("radio", name="Held").check(force=True)
    expect(page.locator(".waterfall__prediction-name")).to_have_text("you predicted 0.30 s")
    page.get_by_role("spinbutton", name="Requests").fill("2")
    page.get_by_role("button", name="Run again").click()
    expect(page.locator("[data-caption]")).to_contain_text("2 requests", timeout=RUN_MILLISECONDS)
    expect(page.locator("live-lab")).to_have_attribute("data-state", "finished", timeout=RUN_MILLISECONDS)
    expect(page.locator(".waterfall__prediction-name")).not_to_be_visible()


def test_run_is_not_enabled_before_the_lab_is_predicted_or_skipped(reader: Reading) -> None:
    page = reader.context.new_page()
    reader.watch(page)
    page.goto(reader.url + "/lessons/waiting/try")
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_disabled()
    page.get_by_role("spinbutton", name="Requests").press("Enter")
    expect(page.locator("live-lab")).to_have_attribute("data-state", "")
    page.get_by_role("button", name="Skip it and run").click()
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_enabled()


def test_it_all_works_without_a_script(site: tuple[str, object]) -> None:
    with reading(site[1], site[0], script=False) as reader:  # type: ignore[arg-type]
        page = reader.open(PREDICT)
        order = page.locator("#item-which-first")
        expect(order.get_by_role("button", name="Place 1 down")).not_to_be_visible()
        order.get_by_role("combobox").nth(0).select_option("quick")
        order.get_by_role("combobox").nth(1).select_option("quick")
        order.get_by_role("button", name="Commit").click()
        expect(page.get_by_text("Give every program one place.")).to_be_visible()
        page.locator("#item-which-first").get_by_role("combobox").nth(1).select_option("held")
        page.locator("#item-which-first").get_by_role("combobox").nth(0).select_option("quick")
        page.locator("#item-which-first").get_by_role("button", name="Commit").click()
        place = page.locator("#item-held-wall")
        expect(place.get_by_role("slider")).not_to_be_visible()
        place.get_by_role("spinbutton").fill("0.1")
        place.get_by_role("button", name="Commit").click()
        page.locator("#item-held-wall").get_by_role("button", name="Run").click()
        expect(page.get_by_text("from the first request to the last answer")).to_be_visible(timeout=RUN_MILLISECONDS)
        page.get_by_role("link", name="Back to the lesson").wait_for()
        page.goto(reader.url + PREDICT)
        expect(page.get_by_text("fits the model All at once")).to_be_visible()
        reader.forgive("422")
        assert reader.complaints == []
