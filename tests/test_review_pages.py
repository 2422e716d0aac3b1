"""The daily review as a learner meets it: without a script, over the real application and a real database."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.classes import learner_before
from tests.courses import question, write_course
from tests.measured_courses import keep, lab
from tests.perceived import perceive
from tests.test_analysis_pages import author
from tests.test_site import browser
from webapp.app import create_app
from webapp.database import FILE
from webapp.identity import COOKIE
from webapp.settings import Settings

FRAGMENT = {"interleave-fragment": "1"}
FIELD = re.compile(r'<input type="hidden" name="(attempt|shown|reader)" value="([^"]*)">')
QUESTIONS = [question(f"item-{at}", right=("b",), stem=f"Stem {at}?", points=2) for at in range(11)]


@pytest.fixture(scope="module")
def lessons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_course(tmp_path_factory.mktemp("course"), questions=QUESTIONS)


def browse(lessons: Path, data: Path, cookie: str = "") -> TestClient:
    client = browser(create_app(Settings(data=data, lessons=lessons, watch=False)))
    if cookie:
        client.cookies.set(COOKIE, cookie)
    return client


@pytest.fixture
def client(lessons: Path, tmp_path: Path) -> Iterator[TestClient]:
    """A learner who answered three questions of two lessons three days ago, one of them wrongly."""
    cookie = learner_before(tmp_path / "data", lessons, ["item-0", "item-1", "second-item"], days=3, wrong=["item-0"])
    with browse(lessons, tmp_path / "data", cookie) as client:
        yield client


def text(client: TestClient, path: str = "/review") -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.status_code
    return perceive(answer.text).text


def begin(client: TestClient) -> str:
    """The path of the next question."""
    answer = client.get("/review/next")
    assert answer.status_code == 303
    return answer.headers["location"]


def respond(client: TestClient, path: str, *options: str, fragment: bool = False, **fields: str) -> str | int:
    """Send the form of a question; gives the path that it leads to, or the status."""
    form = dict(FIELD.findall(client.get(path).text)) | fields
    answer = client.post(
        f"{path}/responses", data={**form, "option": list(options)}, headers=FRAGMENT if fragment else {}
    )
    return answer.headers["location"] if answer.status_code == 303 else answer.status_code


def test_who_has_learned_nothing_is_invited(lessons: Path, tmp_path: Path) -> None:
    with browse(lessons, tmp_path) as client:
        page = perceive(client.get("/review").text)
        assert "Here the questions of your lessons come back" in page.text
        assert page.one("link", "Answer the first one in: Waiting").attributes["href"] == "/lessons/waiting"
        assert "The days ahead" not in page.text
        assert begin(client) == "/review"
        assert client.get("/review/items/item-0").headers["location"] == "/review"


def test_what_is_ready_is_said_here_and_beside_the_link_to_it(client: TestClient) -> None:
    page = perceive(client.get("/review").text)

    assert "3 questions are ready, from 2 lessons in turn." in page.text
    assert page.one("link", "Begin").attributes["href"] == "/review/next"
    for path in ("/", "/progress", "/review"):
        assert perceive(client.get(path).text).one("link", "Review 3 ready").attributes["href"] == "/review"
    assert perceive(client.get("/lessons/waiting/why").text).one("link", "Review"), "a lesson does not call one away"


def test_a_day_goes_from_question_to_question_to_its_end(client: TestClient) -> None:
    lessons = []
    for left in (2, 1, 0):
        path = begin(client)
        assert "Comes back" not in text(client, path)
        lessons.append(path == "/review/items/second-item")
        assert respond(client, path, "b") == path
        page = perceive(client.get(path).text)
        assert "Your choice: right" in page.text and "comes back in" in page.text
        page.one("link", "Next question" if left else "Finish")
    assert lessons == [False, True, False], "lessons take turns"
    assert begin(client) == "/review"
    assert "That was today: 3 questions" in text(client)
    assert perceive(client.get("/").text).one("link", "Review")


def test_a_review_changes_neither_points_nor_steps_of_its_lesson(client: TestClient) -> None:
    before = text(client, "/progress").replace("Review 3 ready", "Review 2 ready")

    respond(client, begin(client), "b")

    assert text(client, "/progress") == before
    assert "Your choice: not right" in text(client, "/lessons/waiting/recall")


def test_the_key_comes_with_the_response_and_not_before(client: TestClient) -> None:
    path = begin(client)
    course = client.app.state.site.course  # type: ignore[attr-defined]
    hashes = [
        value for lesson in course.lessons for item in lesson.items for value in (item.key_hash, item.content_hash)
    ]
    for headers in ({}, FRAGMENT, {"accept": "application/json"}):
        page = client.get(path, headers=headers).text
        assert "Feedback of" not in page and "The explanation." not in page and "A hint." not in page
        assert "data-mark" not in page and "checked" not in page
        assert not any(value in page for value in hashes)

    assert respond(client, path, "a") == path
    assert "Feedback of a." in client.get(path).text and "The explanation." in client.get(path).text


def test_a_question_is_reviewed_once_a_day(client: TestClient, tmp_path: Path) -> None:
    path = begin(client)
    form = dict(FIELD.findall(client.get(path).text))
    for _ in range(3):
        client.post(f"{path}/responses", data={**form, "option": "b"})
    other = client.post(f"{path}/responses", data={**form, "option": "a"})
    assert other.status_code == 409 and "The response that counts is the one below" in other.text

    with sqlite3.connect(tmp_path / "data" / FILE) as connection:
        assert connection.execute("SELECT count(*), max(rating) FROM review").fetchone() == (1, 3)
    connection.close()


def test_nothing_chosen_is_said_and_a_hint_is_kept(client: TestClient) -> None:
    path = begin(client)
    assert respond(client, path) == 422
    hinted = client.post(f"{path}/hints?number=1")
    assert hinted.headers["location"] == path
    assert "A hint." in client.get(path).text
    kept = client.post(f"{path}/hints?number=1", data={"option": "c"})
    assert re.search(r'value="c"\s+checked', kept.text)


def test_a_script_gets_the_answered_question_alone(client: TestClient) -> None:
    path = begin(client)
    form = dict(FIELD.findall(client.get(path).text))
    answer = client.post(f"{path}/responses", data={**form, "option": "b", "key": "k" * 16}, headers=FRAGMENT)

    assert answer.status_code == 200 and answer.text.startswith("<quiz-item") and "<html" not in answer.text


def test_what_today_does_not_ask_is_not_taken_and_what_there_is_not_is_404(client: TestClient) -> None:
    fields = {"attempt": "1", "shown": "x", "option": "b"}
    assert client.post("/review/items/item-5/responses", data=fields).headers["location"] == "/review"
    assert client.post("/review/items/item-5/responses", data=fields, headers=FRAGMENT).status_code == 409
    assert client.post("/review/items/item-5/hints?number=1").headers["location"] == "/review"
    for method, path in (("GET", ""), ("POST", "/responses"), ("POST", "/hints?number=1")):
        answer = client.request(method, f"/review/items/no-such-item{path}", data=fields if method == "POST" else None)
        assert answer.status_code == 404


def test_an_answer_that_waited_until_its_reader_was_forgotten_is_refused(client: TestClient) -> None:
    path = begin(client)
    waited = dict(FIELD.findall(client.get(path).text)) | {"option": "b", "key": "k" * 16}
    client.post("/forget")
    client.cookies.clear()
    client.get("/")
    late = client.post(f"{path}/responses", data=waited, headers=FRAGMENT)
    assert late.status_code == 409 and late.text.startswith("<quiz-item")


def test_ten_a_day_and_the_rest_keeps(lessons: Path, tmp_path: Path) -> None:
    items = [f"item-{at}" for at in range(11)] + ["second-item"]
    cookie = learner_before(tmp_path, lessons, items, days=3)
    with browse(lessons, tmp_path, cookie) as client:
        assert "10 questions are ready" in text(client)
        assert "2 more keep for another day" in text(client)
        for _ in range(10):
            respond(client, begin(client), "b")
        assert begin(client) == "/review"
        assert "That was today: 10 questions" in text(client)
        assert "2 questions keep until tomorrow." in text(client)


def test_the_picture_and_its_table_say_the_same(client: TestClient) -> None:
    respond(client, begin(client), "a")
    page = unescape(client.get("/review").text)

    counts = re.findall(r'<text class="forecast__count"[^>]*>(\d+)</text>', page)
    rows = re.findall(r'<th scope="row">([^<]+)</th><td>(\d+)</td>', page)
    today, tomorrow = datetime.now().astimezone(), datetime.now().astimezone() + timedelta(days=1)
    assert counts == ["2", "1"]
    assert rows[0] == (f"{today:%A}, {today.day} {today:%B} (today)", "2")
    assert rows[1] == (f"{tomorrow:%A}, {tomorrow.day} {tomorrow:%B}", "1")
    assert len(rows) == 14 and {count for _, count in rows[2:]} == {"0"}


def test_who_is_forgotten_has_no_review(client: TestClient, tmp_path: Path) -> None:
    respond(client, begin(client), "b")
    client.post("/forget")

    assert "Here the questions of your lessons come back" in text(client)
    with sqlite3.connect(tmp_path / "data" / FILE) as connection:
        assert connection.execute("SELECT count(*) FROM review").fetchone() == (0,)
    connection.close()


def test_a_question_with_a_measured_number_is_asked_and_analysed_as_every_other(tmp_path: Path) -> None:
    asked = question(
        "item-0", right=("b",), stem="Is it {{ ways.held.wall }}?", feedback="{} at {{{{ ways.quick.wall }}}}."
    )
    folder = write_course(tmp_path / "lessons", lab=lab(), questions=[asked])
    keep(folder)
    cookie = learner_before(tmp_path / "data", folder, ["item-0"], days=3)
    with browse(folder, tmp_path / "data", cookie) as client:
        path = begin(client)
        assert "Is it 430 ms" in text(client, path)
        respond(client, path, "b")
        assert "comes back" in text(client, path) and "92 ms" in text(client, path)
    with author(folder, tmp_path / "data") as client:
        assert "Is it 430 ms" in text(client, "/analysis/waiting")
