"""Editing a program in the page and running it, in a real browser: by keyboard, over reloads and edits, without a script."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browsing import RUN_MILLISECONDS, Place, place
from tests.courses import HELD, LAB, write_course

pytestmark = pytest.mark.browser

TRY = "/lessons/waiting/try"
SLOW = LAB.replace("default: 0.02", "default: 0.1").replace("    id: ways\n", "    id: ways\n    seconds: 20\n")
EDITOR = "codemirror-"
MENDED = HELD.replace("import time", "import asyncio").replace("time.sleep", "await asyncio.sleep")
EDIT_SECONDS = 60


@pytest.fixture(scope="module")
def lessons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_course(tmp_path_factory.mktemp("course"), lab=SLOW)


@pytest.fixture(scope="module")
def site(lessons: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with place(tmp_path_factory.mktemp("data"), "--own-code", lessons=lessons) as site:
        yield site


def test_a_version_is_edited_run_and_compared_with_the_keyboard_alone(site: Place, lessons: Path) -> None:
    with site.reading() as reader:
        page = reader.open(TRY)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        run_original(page, "Held")
        page.get_by_role("link", name="Edit held.py").focus()
        assert not [url for url in asked if EDITOR in url], "the editor comes with the first focus"
        page.keyboard.press("Enter")
        editor = opened(page)
        expect(editor).to_be_focused()
        assert len([url for url in asked if EDITOR in url]) == 1
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type("#")
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.insert_text(MENDED)
        page.keyboard.press("Tab")
        button = version(page).get_by_role("button", name="Run your version")
        expect(button).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("live-waterfall [data-said]")).to_contain_text(
            "Your version of Held left the loop free.", timeout=RUN_MILLISECONDS
        )
        expect(page.locator("live-lab")).to_have_attribute("data-state", "finished")
        expect(button).to_be_focused()
        expect(page.locator("live-waterfall")).to_contain_text(re.compile(r"before: Held, \d+\.\d+ s"))
        table = page.get_by_role("region", name="your version beside the lesson's")
        expect(table.get_by_role("row", name=re.compile("^Your version"))).to_be_visible()
        expect(table.get_by_role("row", name=re.compile("^Held, the lesson's"))).to_be_visible()
        expect(page.get_by_role("article", name="Held").get_by_text("held the loop")).to_be_visible()
        expect(page.get_by_role("article", name="Quick").get_by_text("not run yet")).to_be_visible()
        run_original(page, "Held")
        expect(page.locator("live-waterfall")).to_contain_text("before: Your version of Held")
    assert (lessons / "waiting" / "held.py").read_text() == HELD


def test_what_is_wrong_shows_at_its_line_and_goes_with_reset(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(TRY)
        editor = write(page, HELD.replace("    return {}", "    return {"))
        press_run(page)
        expect(page.locator("live-lab")).to_have_attribute("data-state", "failed", timeout=RUN_MILLISECONDS)
        expect(page.locator("live-waterfall [data-said]")).to_contain_text("The program raised an error in line 18.")
        failed = page.locator(".cm-failed")
        expect(failed).to_have_text("    return {")
        expect(page.locator(".cm-failed + .cm-why")).to_have_text(re.compile("^SyntaxError: "))
        expect(editor).to_have_attribute("aria-invalid", "true")
        expect(editor).to_have_accessible_description(re.compile("SyntaxError"))
        version(page).get_by_role("button", name="Reset").click()
        expect(failed).to_have_count(0)
        expect(page.get_by_text("As in the lesson.").last).to_be_visible()
        expect(program(page)).to_have_value(HELD)


def test_an_endless_loop_is_ended_by_stop(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(TRY)
        write(page, HELD.replace("    time.sleep(seconds)", "    while True:\n        pass"))
        page.keyboard.press("ControlOrMeta+Enter")
        expect(page.locator("[data-progress-text]")).to_contain_text("holds the loop", timeout=RUN_MILLISECONDS)
        expect(version(page).get_by_role("button", name="Run your version")).to_have_attribute("aria-disabled", "true")
        page.get_by_role("button", name="Stop").click()
        expect(page.locator("[data-failure]")).to_contain_text("You stopped this run.")
        expect(version(page).get_by_role("button", name="Run your version")).to_have_attribute("aria-disabled", "false")


def test_a_draft_outlives_a_reload_and_says_when_the_lesson_has_changed(site: Place, lessons: Path) -> None:
    file = lessons / "waiting" / "quick.py"
    lesson = file.read_text()
    with site.reading() as reader:
        page = reader.open(TRY)
        write(page, lesson + "# mine\n", "quick.py")
        expect(version(page).get_by_role("status")).to_have_text("Your version is kept in this browser.")
        page.reload()
        opened(page, "quick.py")
        expect(program(page)).to_have_value(lesson + "# mine\n")
        with page.expect_download() as saved:
            version(page).get_by_role("button", name="Download").click()
        assert saved.value.suggested_filename == "quick.py"
        assert saved.value.path().read_text() == lesson + "# mine\n"

        file.write_text(lesson.replace("a short wait", "a wait"))
        try:
            until_shown(page, "a wait.")
            opened(page, "quick.py")
            expect(version(page).get_by_role("status")).to_contain_text("The lesson's program has changed")
            expect(program(page)).to_have_value(lesson + "# mine\n")
            version(page).get_by_role("button", name="Reset").click()
            expect(program(page)).to_have_value(file.read_text())
            page.reload()
            opened(page, "quick.py")
            expect(version(page).get_by_role("status")).to_have_text("As in the lesson.")
        finally:
            file.write_text(lesson)
            until_shown(page, "a short wait.")  # the pages of the tests that follow are not drawn again under them


def test_a_page_from_before_the_last_start_says_so_and_keeps_the_version(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(TRY)
        page.locator("[name=token]").evaluate_all("all => all.forEach(field => { field.value = 'old'; })")
        write(page, MENDED)
        press_run(page)
        expect(page.get_by_role("alert")).to_contain_text("load it again")
        reader.forgive("403", "/runs")
        page.reload()
        opened(page)
        expect(program(page)).to_have_value(MENDED)


def test_without_javascript_the_text_is_edited_and_run_on_pages_of_its_own(site: Place) -> None:
    with site.reading(script=False) as reader:
        page = reader.open(TRY)
        page.get_by_role("link", name="Edit held.py").click()
        field = page.get_by_role("textbox", name="Your version of Held")
        expect(field).to_be_visible()
        field.fill(HELD.replace("    return {}", "    return {"))
        page.get_by_role("button", name="Run your version").last.click()
        expect(page.get_by_text("The program raised an error in line 18.")).to_be_visible(timeout=RUN_MILLISECONDS)
        field.fill(MENDED)
        page.get_by_role("button", name="Run your version").click()
        expect(page.get_by_text("Your version of Held left the loop free.")).to_be_visible(timeout=RUN_MILLISECONDS)
        expect(page.get_by_text("not of the lesson's program")).to_be_visible()


def version(page: Page) -> Locator:
    """The fold that is open."""
    return page.locator("details.own__one[open]")


def opened(page: Page, file: str = "held.py") -> Locator:
    """The editor of a program, in place of its textarea."""
    if not version(page).count():
        page.get_by_role("link", name=f"Edit {file}").click()
    editor = page.locator(".cm-content")
    expect(editor).to_be_visible()
    return editor


def write(page: Page, text: str, file: str = "held.py") -> Locator:
    editor = opened(page, file)
    expect(editor).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(text)
    return editor


def program(page: Page) -> Locator:
    """What would be run, under the editor."""
    return version(page).locator("textarea[name=program]")


def until_shown(page: Page, words: str) -> None:
    """Load the page again until an edit of the lesson has been taken up."""
    until = time.monotonic() + EDIT_SECONDS
    while words not in page.content():
        assert time.monotonic() < until, f"{words!r} was never shown"
        page.wait_for_timeout(200)
        page.reload()


def press_run(page: Page) -> None:
    version(page).get_by_role("button", name="Run your version").click()


def run_original(page: Page, label: str) -> None:
    page.get_by_role("radio", name=label).check()
    page.get_by_role("button", name=re.compile(r"^Run( again)?$")).click()
    expect(page.locator("[data-finding]")).to_have_text(re.compile(rf"^\s*{label} "), timeout=RUN_MILLISECONDS)
