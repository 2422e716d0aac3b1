"""A quiz over lessons in a real browser: its clock is the server's, its numbers follow the answers, and an older tab is told."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browsing import Place, overflow, place, show, violations
from tests.courses import question, write_course

pytestmark = pytest.mark.browser

QUIZ = """
[[quizzes]]
slug = "graded"
title = "Graded"
items = ["item-0", "item-1"]
minutes = 60
feedback = "after submitting"
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    lessons = write_course(
        tmp_path_factory.mktemp("course"), questions=[question(f"item-{at}", stem=f"Stem {at}?") for at in range(2)]
    )
    with (lessons / "course.toml").open("a") as file:
        file.write(QUIZ)
    with place(tmp_path_factory.mktemp("data"), lessons=lessons) as site:
        yield site


def test_the_time_that_is_left_is_the_servers_whatever_the_device_believes(site: Place) -> None:
    with site.reading() as reader:
        reader.context.add_init_script("Date.now = () => 0; Date.prototype.getTime = () => 0;")
        page = reader.open("/quizzes/graded")
        page.get_by_role("button", name="Start").focus()
        page.keyboard.press("Enter")
        expect(page.locator("[data-left]")).to_have_text(re.compile(r"^(1 h 0 min|[345]\d min \d\d s) left\.$"))
        expect(page.locator("[data-over]")).to_be_hidden()
        page.set_viewport_size({"width": 390, "height": 500})
        end = page.get_by_role("button", name="Submit this attempt")
        expect(end).not_to_be_in_viewport()
        end.focus()
        expect(end).to_be_in_viewport()
        expect(page.locator("[data-left]")).to_be_in_viewport(ratio=1)


def test_answers_are_stored_in_place_and_an_older_tab_keeps_what_it_had(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open("/quizzes/graded")
        page.get_by_role("button", name="Start").click()
        item = page.locator("#item-item-0")
        expect(item.get_by_role("button", name="Store the answer")).to_be_visible()
        page.wait_for_load_state()
        older = reader.open("/quizzes/graded")

        page.bring_to_front()
        item.get_by_role("radio", name="Option b").focus()
        page.keyboard.press("Space")
        page.keyboard.press("Enter")
        expect(item.locator("[data-notice]")).to_be_focused()
        expect(item.locator("[data-notice]")).to_contain_text("Your answer is stored.")
        expect(item.get_by_role("radio", name="Option b")).to_be_checked()
        places = page.get_by_role("navigation", name="Questions")
        expect(places.get_by_role("link", name=re.compile(r"1\s*, answered"))).to_be_visible()
        expect(page.get_by_text("Still open:")).to_contain_text("question 2.")

        older.bring_to_front()
        late = older.locator("#item-item-0")
        late.get_by_role("radio", name="Option c").check()
        late.get_by_role("button", name="Store the answer").click()
        expect(late.get_by_text("Stored is: Option b.")).to_be_visible()
        expect(late.get_by_role("radio", name="Option c")).to_be_checked()
        reader.forgive("409")
        late.get_by_role("button", name="Change the answer").click()
        expect(late.get_by_text("Your answer is stored.")).to_be_visible()

        older.get_by_role("button", name="Submit this attempt").click()
        expect(older.get_by_role("alert")).to_contain_text("1 question is still open")
        older.get_by_role("button", name="Submit as it is").click()
        expect(older.get_by_role("region", name="Result")).to_contain_text("0 of 2 points")


@pytest.mark.parametrize("script", [True, False])
def test_a_problem_is_reported_with_the_keyboard_and_nothing_is_told(site: Place, script: bool) -> None:
    with site.reading(script=script, still=True) as reader:
        page = reader.open("/quizzes/graded")
        page.get_by_role("button", name="Start").press("Enter")
        item = page.locator("#item-item-0")
        item.get_by_role("radio", name="Option c").check()
        item.get_by_role("button", name="Store the answer").press("Enter")
        expect(item.get_by_text("Your answer is stored.")).to_be_visible()
        item.get_by_role("radio", name="Option a").check()
        summary = item.locator("summary", has_text="Report a problem")
        summary.press("Enter")
        summary.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(item.locator("[data-said]")).to_contain_text("Write a few words first")
        expect(item.locator("[data-said]")).to_be_focused()
        reader.forgive("422")
        item.get_by_role("textbox", name="What is wrong with it?").press_sequentially("Is it a?")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(item.locator("[data-said]")).to_contain_text("Thank you. The course's authors see it")
        expect(item.locator("[data-said]")).to_be_focused()
        expect(item.locator("[data-said]")).to_be_in_viewport()
        expect(item.get_by_role("radio", name="Option a")).to_be_checked()
        expect(item.get_by_text("Feedback of")).to_have_count(0)
        if script:
            for width in (1280, 390):
                show(page, width, "light")
                assert violations(page) == [] and overflow(page) == 0


def test_a_report_that_cannot_be_sent_stays_where_it_was_written(site: Place) -> None:
    with site.reading(still=True) as reader:
        page = reader.open("/quizzes/graded")
        page.get_by_role("button", name="Start").click()
        item = page.locator("#item-item-1")
        page.route("**/reports", lambda route: route.abort())
        for answered in (False, True):
            if answered:
                item.get_by_role("radio", name="Option b").check()
                page.get_by_role("button", name="Submit this attempt").click()
                page.get_by_role("button", name="Submit as it is").click()
                expect(page.get_by_role("region", name="Result")).to_be_visible()
            page.wait_for_load_state()  # before its scripts run, a form is sent as without them
            item.locator("summary", has_text="Report a problem").click()
            field = item.get_by_role("textbox", name="What is wrong with it?")
            field.fill("Too long.")
            item.get_by_role("button", name="Send").click()
            expect(item.get_by_text("This could not be sent. Your words are kept here")).to_be_visible()
            expect(field).to_have_value("Too long.")
        reader.forgive("net::ERR_")
