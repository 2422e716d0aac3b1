"""Items of every kind in a real browser: by keyboard, by dragging, without a script, and kept while the network is away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browsing import RUN_MILLISECONDS, Place, place

pytestmark = pytest.mark.browser

FORTY = "/lessons/forty-tokens/learn"
RIGHT = {
    "what-await-prints": ("/lessons/concurrent-tasks/learn", "A\nA\nB\nB", "What it prints"),
    "line-for-the-pool": (FORTY, "await run_in_threadpool(work)", "Your answer"),
    "tokens-of-three-workers": (FORTY, "120", "Your number"),
}
ORDER = ("/lessons/waiting-together/learn", "order-of-a-failure")
STEPS = ["raises", "asks", "at-the-await", "finally", "group-raises", "except-star"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with place(tmp_path_factory.mktemp("data")) as site:
        yield site


@pytest.mark.parametrize("name", RIGHT)
def test_an_answer_is_written_and_checked_by_keyboard(site: Place, name: str) -> None:
    path, text, label = RIGHT[name]
    with site.reading() as reader:
        page = reader.open(path)
        item = page.locator(f"#item-{name}")
        item.get_by_role("textbox", name=label).focus()
        page.keyboard.type(text) if "\n" not in text else page.keyboard.insert_text(text)
        page.keyboard.press("Tab")
        expect(item.get_by_role("button", name="Check")).to_be_focused()
        page.keyboard.press("Enter")
        expect(item.get_by_role("heading", name="Right 1 of 1 point")).to_be_focused()
        expect(item.get_by_text("Your answer: right")).to_be_visible()


def test_steps_are_moved_by_keyboard_and_the_focus_stays_with_the_step(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(ORDER[0])
        item = page.locator(f"#item-{ORDER[1]}")
        for at, step in enumerate(STEPS):
            while places(item).index(step) > at:
                up = item.locator(f'[data-step="{step}"]').get_by_role("button", name="Up")
                up.focus()
                page.keyboard.press("Enter")
                expect(up).to_be_focused()
        expect(item.get_by_role("button", name="Up").first).to_have_attribute("aria-disabled", "true")
        item.get_by_role("button", name="Check").focus()
        page.keyboard.press("Enter")
        expect(item.get_by_role("heading", name="Right 2 of 2 points")).to_be_focused()


def test_a_step_is_dragged_to_its_place_and_said_to_be_there(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(ORDER[0])
        item = page.locator(f"#item-{ORDER[1]}")
        before = places(item)
        item.scroll_into_view_if_needed()
        grip, last = item.locator("[data-grip]").first.bounding_box(), item.locator("li").last.bounding_box()
        assert grip and last
        page.mouse.move(grip["x"] + 4, grip["y"] + 4)
        page.mouse.down()
        page.mouse.move(grip["x"] + 4, last["y"] + last["height"] - 2, steps=8)
        page.mouse.up()
        in_order(item, [*before[1:], before[0]])
        expect(page.get_by_role("status").filter(has_text="6 of 6")).to_have_count(1)


def test_what_is_no_number_is_said_at_once_and_can_be_mended(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(FORTY)
        item = page.locator("#item-tokens-of-three-workers")
        item.get_by_role("button", name="Check").click()
        expect(item.get_by_text("Write a number first.")).to_be_visible()
        field = item.get_by_role("textbox", name="Your number")
        field.fill("forty")
        field.press("Enter")
        expect(item.get_by_text("This is no number")).to_be_visible()
        expect(item.get_by_role("textbox", name="Your number")).to_be_focused()
        expect(item.get_by_role("textbox", name="Your number")).to_have_value("forty")
        reader.forgive("422")
        item.get_by_role("textbox", name="Your number").fill("36")
        item.get_by_role("button", name="Check").click()
        expect(item.get_by_text("is the size of the default executor")).to_be_visible()


def test_answers_of_every_kind_wait_for_the_network_over_a_reload(site: Place) -> None:
    with site.reading() as reader:
        for path, name, prepare in (
            (FORTY, "tokens-of-three-workers", "120"),
            ("/lessons/concurrent-tasks/learn", "what-await-prints", "A\nA\nB\nB"),
            (*ORDER, None),
        ):
            page = reader.open(path)
            item = page.locator(f"#item-{name}")
            if prepare is not None:
                item.get_by_role("textbox").fill(prepare)
            else:
                item.get_by_role("button", name="Down").first.click()
            order = places(item)
            page.context.route("**/responses*", lambda route: route.abort())
            item.get_by_role("button", name="Check").click()
            expect(item).to_have_attribute("data-state", "waiting")
            page.reload()
            expect(item).to_have_attribute("data-state", "waiting")
            in_order(item, order)
            if prepare is not None:
                expect(item.get_by_role("textbox")).to_have_value(prepare)
            page.context.unroute("**/responses*")
            page.evaluate("dispatchEvent(new Event('online'))")
            expect(item).to_have_attribute("data-state", "answered", timeout=RUN_MILLISECONDS)
            reader.forgive("ERR_FAILED", "/responses")


def test_every_kind_is_answered_without_a_script(site: Place) -> None:
    with site.reading(script=False) as reader:
        for name, (path, text, label) in RIGHT.items():
            page = reader.open(path)
            item = page.locator(f"#item-{name}")
            item.get_by_role("textbox", name=label).fill(text)
            item.get_by_role("button", name="Check").click()
            expect(item.get_by_role("heading", name="Right 1 of 1 point")).to_be_visible()
        page = reader.open(ORDER[0])
        item = page.locator(f"#item-{ORDER[1]}")
        pick(item, page, ["raises"] * 6)
        expect(item.get_by_text("Give every step a place of its own.")).to_be_visible()
        reader.forgive("422", "/responses")
        pick(item, page, STEPS)
        expect(item.get_by_role("heading", name="Right 2 of 2 points")).to_be_visible()


def pick(item: Locator, page: Page, steps: list[str]) -> None:
    for at, step in enumerate(steps, 1):
        item.get_by_role("combobox", name=f"Place {at} of 6").select_option(step)
    item.get_by_role("button", name="Check").click()


def in_order(item: Locator, steps: list[str]) -> None:
    for at, step in zip(item.locator("[data-step]").all(), steps, strict=True):
        expect(at).to_have_attribute("data-step", step)


def places(item: Locator) -> list[str]:
    found: list[str] = item.locator("[data-step]").evaluate_all("all => all.map(one => one.dataset.step)")
    return found
