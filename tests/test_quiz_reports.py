"""Reports of questions in quizzes over lessons: what they hold, who may send one, and that nothing of the key is told."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlmodel import Session
from starlette.testclient import TestClient

from quiz import reports
from tests.classes import token
from tests.conftest import on_both
from tests.courses import question, write_course
from tests.perceived import perceive
from tests.test_analysis_pages import author
from tests.test_kinds_site import NUMBER, ORDER
from tests.test_quiz_pages import FRAGMENT, forms, rewind, send, start, submit
from tests.test_site import beside, browser
from webapp.app import create_app
from webapp.identity import COOKIE
from webapp.settings import Settings

SEVERAL = question("several", right=("a", "c"), kind="multi")
QUIZZES = """
[[quizzes]]
slug = "graded"
title = "Graded"
items = ["item-0", "item-1", "several", "number-item", "order-item"]
attempts = 2
minutes = 10
feedback = "after submitting"

[[quizzes]]
slug = "told"
title = "Told"
items = ["item-0"]
"""
THANKS = "Thank you. The course's authors see it with this question."


def course(folder: Path, *, right: str = "b", stem: str = "Which one?") -> Path:
    questions = [question(f"item-{at}", right=(right,), stem=stem) for at in range(3)]
    lessons = write_course(folder, questions=[*questions, SEVERAL, NUMBER, ORDER])
    (lessons / "course.toml").write_text((lessons / "course.toml").read_text() + QUIZZES)
    return lessons


@pytest.fixture
def app(tmp_path: Path, addresses: Callable[[], str]) -> FastAPI:
    lessons = course(tmp_path / "course")
    return create_app(Settings(data=tmp_path / "data", database=addresses(), lessons=lessons, watch=False))


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with browser(app) as client:
        yield client


def report(
    client: TestClient, item: str = "item-0", quiz: str = "graded", **fields: str | list[str]
) -> tuple[int, str]:
    """As the form without a script sends it."""
    answer = client.post(f"/quizzes/{quiz}/items/{item}/reports", data={"problem": "Odd.", **fields})
    return answer.status_code, answer.text


def written(client: TestClient) -> list[tuple[str, int, list[str], str]]:
    """Item, version, what was chosen and the words of every report that is stored."""
    site = client.app.state.site  # type: ignore[attr-defined]
    with Session(site.database.reading) as session:
        told = reports.reports(session, course="trial")
    return [(item, one.version, list(one.chosen), one.text) for item, all_ in told.items() for one in all_]


@on_both
def test_a_report_holds_the_version_and_what_was_chosen_before_during_and_after(client: TestClient) -> None:
    start(client)
    shown = forms(client)["item-0"]["shown"]
    status, html = report(client, shown=shown, option="c", problem="Before.")
    assert status == 200 and THANKS in perceive(html).text
    assert re.search(r'name="option" value="c" checked', html), "what is chosen stays chosen"

    send(client, forms(client)["item-0"], "b")
    assert report(client, shown=shown, option="c", problem="During.")[0] == 200
    assert report(client, shown=shown, problem="Kept.")[0] == 200
    submit(client)
    assert report(client, shown=shown, option="c", problem="After.")[0] == 200
    assert report(client, "item-1", problem="Left out.")[0] == 200
    assert sorted(written(client)) == [
        ("item-0", 1, ["b"], "After."),
        ("item-0", 1, ["b"], "Kept."),
        ("item-0", 1, ["c"], "Before."),
        ("item-0", 1, ["c"], "During."),
        ("item-1", 1, [], "Left out."),
    ]


@on_both
def test_what_is_written_or_put_in_order_goes_with_a_report_and_stays(client: TestClient) -> None:
    start(client)
    status, html = report(client, "number-item", answer="32")
    assert status == 200 and 'value="32"' in html
    assert report(client, "number-item", answer="none", problem="No number.")[0] == 200
    status, html = report(client, "order-item", place=["third", "first", "second"])
    assert status == 200 and re.search(r'data-step="third".*data-step="first".*data-step="second"', html, re.S)
    status, html = report(client, "several", option=["c", "a", "nonsense"])
    assert status == 200 and len(re.findall(r'value="[ac]" checked', html)) == 2
    assert sorted(written(client)) == [
        ("number-item", 1, [], "No number."),
        ("number-item", 1, ["32"], "Odd."),
        ("order-item", 1, ["third", "first", "second"], "Odd."),
        ("several", 1, ["a", "c"], "Odd."),
    ]


@on_both
def test_pressing_twice_reports_once_and_the_last_that_is_taken_is_no_exception(client: TestClient) -> None:
    start(client)
    gate, seen = threading.Barrier(4), []

    def press() -> None:
        gate.wait()
        seen.append(report(client, option="c")[0])

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert seen == [200] * 4 and len(written(client)) == 1

    for at in range(reports.REPORTS_AN_HOUR - 1):
        assert report(client, problem=f"Odd {at}.")[0] == 200
    assert report(client, problem="Odd 8.")[0] == 200, "again, not one more"
    status, html = report(client, "item-1", problem="Odd 8.")
    assert status == 429 and "as much as is taken within an hour" in html and "Odd 8.</textarea>" in html
    assert len(written(client)) == reports.REPORTS_AN_HOUR


@on_both
def test_an_item_that_the_attempt_does_not_ask_cannot_be_reported(client: TestClient) -> None:
    assert report(client)[0] == 404, "before an attempt"
    start(client)
    for item, quiz in (("item-2", "graded"), ("second-item", "graded"), ("nothing", "graded"), ("item-0", "none")):
        assert report(client, item, quiz)[0] == 404
    assert report(client, quiz="told")[0] == 404, "in another quiz than the one that was begun"
    assert (
        client.post("/quizzes/graded/items/item-2/reports", data={"problem": "Odd."}, headers=FRAGMENT).status_code
        == 404
    )
    other = beside(client)
    other.cookies.set(COOKIE, token())
    assert report(other)[0] == 404, "in another learner's attempt"
    assert written(client) == []


def test_a_report_without_words_is_refused_in_the_page_and_its_field_is_found(client: TestClient) -> None:
    start(client)
    for problem in ("", " \n ", "x" * 1001):
        status, html = report(client, problem=problem)
        assert status == 422 and "Write a few words first" in perceive(html).text
    assert re.search(r"<details[^>]* data-report open>", html) and "autofocus" in html
    assert written(client) == []


def test_a_report_opens_with_every_question_of_an_attempt_whatever_came_of_it(
    client: TestClient, tmp_path: Path
) -> None:
    start(client)
    send(client, forms(client)["item-0"], "a")
    assert client.get("/quizzes/graded").text.count("Report a problem") == 5
    rewind(tmp_path / "data", 11)
    status, html = report(client, "item-1")
    assert status == 200 and "The time was over before this attempt was submitted." in html
    assert THANKS in perceive(html).text
    assert client.get("/quizzes/graded").text.count("Report a problem") == 5


def test_a_report_tells_nothing_of_the_key_before_the_submission(tmp_path: Path) -> None:
    """Two courses that differ in their keys alone answer with the same bytes."""
    cookie, told = token(), list[list[str]]()
    for right in ("b", "c"):
        lessons = course(tmp_path / right, right=right)
        site = create_app(Settings(data=tmp_path / f"data-{right}", lessons=lessons, watch=False))
        with browser(site) as client:
            client.cookies.set(COOKIE, cookie)
            start(client)
            answers = [report(client, option="b")[1]]
            send(client, forms(client)["item-0"], "b")
            for item, chosen in (("item-0", "b"), ("item-1", "c")):
                fields = {"problem": "Is it c?", "option": chosen}
                answer = client.post(f"/quizzes/graded/items/{item}/reports", data=fields, headers=FRAGMENT)
                answers += [answer.text, report(client, item, option=chosen, problem="")[1]]
            timeless = [re.sub(r'data-(deadline|now)="\d+"|Until [^,]*,[^,]*,', "", answer) for answer in answers]
            told.append(timeless)
            assert not any(
                word in answer for answer in answers for word in ("Feedback of", "The explanation", "A hint.")
            )
    assert told[0] == told[1]


def test_authors_see_it_with_the_question_and_its_version(tmp_path: Path) -> None:
    lessons, data = course(tmp_path / "course"), tmp_path / "data"
    with browser(create_app(Settings(data=data, lessons=lessons, watch=False))) as client:
        start(client)
        assert report(client, option="c", problem="Is <b>c</b> wrong?")[0] == 200
        old = forms(client)["item-0"]["shown"]
        cookie = client.cookies[COOKIE]
    course(tmp_path / "course", stem="Which of them?")
    with browser(create_app(Settings(data=data, lessons=lessons, watch=False))) as client:
        client.cookies.set(COOKIE, cookie)
        assert report(client, option="a", shown=old, problem="From an older tab.")[0] == 200
        new = forms(client)["item-0"]["shown"]
        assert report(client, option="a", shown=new, problem="Of the new words.")[0] == 200
    with author(lessons, data) as client:
        html = client.get("/analysis/waiting/items/item-0").text
        assert "Is &lt;b&gt;c&lt;/b&gt; wrong?" in html
        told = perceive(html).text
        assert re.search(r"wrong\? [^.]*, version 1 \(not the present one\); had chosen: Option c", told)
        assert re.search(r"older tab\. [^.]*, version 1 \(not the present one\); had chosen: Option a", told)
        assert re.search(r"new words\. [^.]*, version 2; had chosen: Option a", told)
