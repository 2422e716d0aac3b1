"""Quizzes over lessons as a learner meets them: without a script, over the real application and a real database."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from quiz.models import LEARNERS_TABLES
from tests.courses import question, write_course
from tests.perceived import Element, perceive
from tests.test_kinds_site import OUTPUT
from tests.test_site import browser
from webapp.app import create_app
from webapp.database import FILE
from webapp.settings import Settings

FRAGMENT = {"interleave-fragment": "1"}
FORM = re.compile(r'<form class="item__form" method="post" action="([^"]*)".*?</form>', re.S)
FIELD = re.compile(r'<input type="hidden" name="(attempt|shown|reader)" value="([^"]*)"')
QUESTIONS = [question(f"item-{at}", stem=f"Stem {at}?", explanation=f"Because {at}.") for at in range(4)]
QUIZZES = """
[[quizzes]]
slug = "mixed"
title = "Mixed"
draw = 3
per-lesson = 2

[[quizzes]]
slug = "graded"
title = "Graded"
summary = "Twice at the most."
items = ["item-0", "item-1", "second-item"]
policy = "average"
attempts = 2
minutes = 10
feedback = "after submitting"

[quiz.waiting]
policy = "best"
"""


@pytest.fixture(scope="module")
def lessons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_course(tmp_path_factory.mktemp("course"), questions=QUESTIONS)
    with (folder / "course.toml").open("a") as file:
        file.write(QUIZZES)
    return folder


@pytest.fixture
def client(lessons: Path, tmp_path: Path) -> Iterator[TestClient]:
    with browser(create_app(Settings(data=tmp_path, lessons=lessons, watch=False))) as client:
        yield client


def page(client: TestClient, path: str = "/quizzes/graded") -> Element:
    answer = client.get(path)
    assert answer.status_code == 200, answer.status_code
    return perceive(answer.text)


def start(client: TestClient, quiz: str = "graded", after: int = 0, **fields: str) -> int:
    return client.post(f"/quizzes/{quiz}/attempts", data={"after": str(after), **fields}).status_code


def forms(client: TestClient, quiz: str = "graded") -> dict[str, dict[str, str]]:
    """The open items by id, each with its hidden fields and its action."""
    html = client.get(f"/quizzes/{quiz}").text
    found = {}
    for form in FORM.finditer(html):
        action = form[1].replace("&amp;", "&")
        found[action.split("/")[4]] = {"action": action, **dict(FIELD.findall(form[0]))}
    return found


def send(client: TestClient, form: dict[str, str], option: str, *, fragment: bool = False) -> tuple[int, str]:
    fields = {name: value for name, value in form.items() if name != "action"}
    answer = client.post(form["action"], data={**fields, "option": option}, headers=FRAGMENT if fragment else {})
    return answer.status_code, answer.text


def submit(client: TestClient, quiz: str = "graded", attempt: int = 1, *, sure: bool = True) -> tuple[int, str]:
    fields = {"attempt": str(attempt)} | ({"sure": "1"} if sure else {})
    answer = client.post(f"/quizzes/{quiz}/submissions", data=fields)
    return answer.status_code, answer.text


def rewind(data: Path, minutes: float) -> None:
    """Let so many minutes pass for the open attempt: what is stored of it is put as much earlier."""
    with closing(sqlite3.connect(data / FILE)) as database, database:
        database.execute("DROP TRIGGER IF EXISTS sitting_refuses_update")
        ((stored,),) = database.execute("SELECT deadline_at FROM sitting")
        earlier = datetime.fromisoformat(stored) - timedelta(minutes=minutes)
        database.execute("UPDATE sitting SET deadline_at = ?", (f"{earlier:%Y-%m-%d %H:%M:%S.%f}",))


def rows(data: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(data / FILE)) as database:
        return database.execute(query).fetchall()


def test_a_course_without_quizzes_has_no_links_to_them(tmp_path: Path) -> None:
    lessons = write_course(tmp_path / "course")
    with browser(create_app(Settings(data=tmp_path / "data", lessons=lessons, watch=False))) as client:
        for path in ("/", "/progress", "/lessons/waiting/why"):
            assert "Quizzes" not in page(client, path).text
        assert "This course has no quiz" in page(client, "/quizzes").text
        assert client.get("/quizzes/mixed").status_code == 404


def test_the_list_says_where_each_quiz_stands_and_is_found_from_everywhere(client: TestClient) -> None:
    for path in ("/", "/progress", "/quizzes"):
        page(client, path).one("link", "Graded")
    assert page(client, "/lessons/waiting/why").one("link", "Quizzes over the lessons")
    before = page(client, "/quizzes").text
    assert "3 questions Not begun 2 of 2 attempts left 10 min" in before
    start(client)
    send(client, forms(client)["item-0"], "b")
    assert "Begun: 1 of 3 answered 1 of 2 attempts left" in page(client, "/quizzes").text


def test_the_rule_stands_beside_the_start(client: TestClient) -> None:
    graded = page(client)
    graded.one("button", "Start")
    assert "3 questions in each attempt. 2 attempts, 2 left. Their average counts." in graded.text
    assert "Answers can be changed until you submit" in graded.text
    assert "10 minutes from the start, by this server's clock." in graded.text
    mixed = page(client, "/quizzes/mixed").text
    assert "As many attempts as you like. The best one counts." in mixed and "No time limit" in mixed


def test_nothing_is_told_before_the_submission(client: TestClient) -> None:
    start(client)
    assert send(client, forms(client)["item-0"], "b")[0] == 303
    for path in ("/quizzes/graded", "/quizzes", "/progress", "/review", "/lessons/waiting/recall"):
        told = client.get(path).text
        assert "Because 0." not in told and "Your choice" not in told and "Right" not in told
    shown = page(client)
    assert "Your answer is stored. You can change it until you submit." in shown.text
    shown.one("link", "Question 1 , answered")
    shown.one("link", "Question 2, open")


def test_what_is_still_open_is_named_before_it_counts(client: TestClient, tmp_path: Path) -> None:
    start(client)
    send(client, forms(client)["item-0"], "b")
    status, html = submit(client, sure=False)
    asked = perceive(html)
    assert status == 200 and "2 questions are still open" in asked.text
    asked.one("link", "Question 2, open")
    assert rows(tmp_path, "SELECT count(*) FROM response") == [(0,)]
    assert submit(client)[0] == 303
    result = page(client).text
    assert "1 of 3 points, the average of your attempts" in result
    assert "Because 0." in result and "Because 1." not in result, "what was not answered can be asked again"


def test_the_page_that_asks_once_more_can_be_loaded_again(client: TestClient) -> None:
    start(client)
    submit(client, sure=False)
    asked = page(client, "/quizzes/graded/submissions")
    assert "3 questions are still open" in asked.one("alert", "questions are still open").text
    for form in forms(client).values():
        send(client, form, "b")
    answered = page(client, "/quizzes/graded/submissions")
    assert answered.all("alert", "still open") == [] and answered.one("button", "Submit this attempt")


def test_submitting_twice_is_submitting_once(client: TestClient, tmp_path: Path) -> None:
    start(client)
    send(client, forms(client)["item-0"], "b")
    assert [submit(client)[0], submit(client)[0]] == [303, 303]
    assert rows(tmp_path, "SELECT count(*) FROM response") == [(1,)]
    assert submit(client, attempt=2)[0] == 409


def test_an_older_tab_is_told_what_is_stored_and_keeps_what_it_sent(client: TestClient) -> None:
    start(client)
    old = forms(client)["item-0"]
    send(client, old, "b")
    for fragment in (False, True):
        status, html = send(client, old, "c", fragment=fragment)
        assert status == 409
        assert "Stored is: Option b. What you sent is not, until you change the answer." in perceive(html).text
        assert re.search(r'value="c" checked', html) and not re.search(r'value="b" checked', html)
    assert re.search(r'value="b" checked', client.get("/quizzes/graded").text)


def test_a_form_that_comes_after_the_submission_is_told_so(client: TestClient, tmp_path: Path) -> None:
    start(client)
    old = forms(client)
    send(client, old["item-0"], "b")
    submit(client)
    for name, option in (("item-0", "c"), ("item-1", "a")):
        status, html = send(client, old[name], option)
        assert status == 409 and f"Not taken: Option {option}." in perceive(html).text
    assert rows(tmp_path, "SELECT count(*) FROM response") == [(1,)]


def test_an_answer_after_the_time_is_refused_and_what_was_stored_counts(client: TestClient, tmp_path: Path) -> None:
    start(client)
    old = forms(client)
    send(client, old["item-0"], "b")
    rewind(tmp_path, 10.4)
    status, html = send(client, old["item-1"], "b")
    assert status == 303, "within the grace"
    rewind(tmp_path, 0.5)
    status, html = send(client, forms(client).get("second-item", old["second-item"]), "b")
    assert status == 409
    assert "The time was over before this" in perceive(html).text
    told = page(client).text
    assert "2 of 3 points" in told and "The time was over before this attempt was submitted." in told
    assert rows(tmp_path, "SELECT count(*) FROM grade_entry WHERE quiz = '~quiz/graded'") == [(1,)]


def test_whoever_looks_first_ends_an_attempt_whose_time_is_over(client: TestClient, tmp_path: Path) -> None:
    start(client)
    send(client, forms(client)["item-0"], "b")
    rewind(tmp_path, 11)
    assert "1 of 3 points" in page(client, "/progress").text
    assert rows(
        tmp_path, "SELECT a.closed_at = s.deadline_at FROM attempt a JOIN sitting s ON s.attempt_id = a.id"
    ) == [(1,)]


def test_when_the_time_is_over_the_result_is_one_press_away(client: TestClient, tmp_path: Path) -> None:
    """What is on its way is still taken for a while, so the attempt is not ended yet."""
    start(client)
    send(client, forms(client)["item-0"], "b")
    rewind(tmp_path, 10)
    over = page(client)
    assert "The time is over. What you had answered counts." in over.text and "Until" not in over.text
    over.one("button", "See the result")
    assert submit(client, sure=False)[0] == 303
    assert "1 of 3 points" in page(client).one("region", "Result").text


def test_the_attempts_that_are_allowed_run_out(client: TestClient) -> None:
    for attempt in (1, 2):
        assert start(client, after=attempt - 1) == 303
        submit(client, attempt=attempt)
    assert "You have made every attempt that is allowed." in page(client).text
    assert start(client, after=2) == 409


def test_only_what_was_wrong_opens_again_in_a_quiz(client: TestClient) -> None:
    start(client)
    send(client, forms(client)["item-0"], "b")
    send(client, forms(client)["item-1"], "a")
    submit(client)
    page(client).one("button", "Try again what was wrong")
    assert start(client, after=1, only_wrong="1") == 303
    again = page(client)
    assert sorted(forms(client)) == ["item-1", "second-item"]
    assert "Carried over from attempt 1" in again.text and "Because 0." in again.text
    assert "Because 1." not in again.text


def test_only_what_was_wrong_opens_again_in_a_lesson(client: TestClient, tmp_path: Path) -> None:
    for item, option in (("item-0", "b"), ("item-1", "a")):
        html = client.get("/lessons/waiting/recall").text
        form = next(one for one in FORM.finditer(html) if f"/items/{item}/" in one[1])
        send(client, {"action": form[1].replace("&amp;", "&"), **dict(FIELD.findall(form[0]))}, option)
    before = page(client, "/progress")
    assert "1 question opens again." in before.text
    for _ in range(2):
        assert client.post("/lessons/waiting/attempts", data={"only_wrong": "1"}).status_code == 303
    assert rows(tmp_path, "SELECT number, closed_at IS NULL FROM attempt ORDER BY number") == [(1, 0), (2, 1)]
    lesson = page(client, "/lessons/waiting/recall").text
    assert "Carried over from attempt 1" in lesson and "Because 0." in lesson and "Because 1." not in lesson
    assert "Counts 1 your best attempt (number 1)" in page(client, "/progress").text


def test_a_mixed_quiz_tells_at_once_and_draws_from_the_lessons(client: TestClient) -> None:
    start(client, "mixed")
    asked = forms(client, "mixed")
    assert len(asked) == 3 and "second-item" in asked
    status, html = send(client, asked["second-item"], "b", fragment=True)
    assert status == 200 and "Your choice: right" in perceive(html).text
    assert send(client, asked["second-item"], "c", fragment=True)[0] == 409
    submit(client, "mixed")
    assert "1 of 3 points, your best attempt (number 1)" in page(client, "/quizzes/mixed").text


def test_the_deadline_stands_in_the_page_without_a_script(client: TestClient) -> None:
    start(client)
    told = page(client).text
    ends = datetime.now(UTC) + timedelta(minutes=10)
    assert any(f"Until {at.day} {at:%B %Y, %H:%M} UTC" in told for at in (ends, ends - timedelta(minutes=1)))


def test_a_quiz_that_is_closed_offers_no_attempts(tmp_path: Path) -> None:
    folder = write_course(tmp_path / "course")
    with (folder / "course.toml").open("a") as file:
        file.write('[[quizzes]]\nslug = "past"\ntitle = "Past"\nitems = ["first-item"]\nattempts = 2\n')
        file.write("closes = 2020-03-08T18:00:00Z\n")
    with browser(create_app(Settings(data=tmp_path / "data", lessons=folder, watch=False))) as client:
        told = page(client, "/quizzes/past")
        assert told.text.count("closed on 8 March 2020, 18:00 UTC") == 1 and "left" not in told.text
        assert told.all("button", "Start") == [] and "No time limit" not in told.text
        assert "left" not in page(client, "/quizzes").one("main").text


def test_progress_knows_of_a_quiz_that_was_taken(client: TestClient) -> None:
    assert "Nothing here yet." in page(client, "/progress").text
    start(client, "mixed")
    send(client, next(iter(forms(client, "mixed").values())), "b")
    assert "0 of 6 steps done, 0 of 5 points in the lessons." in page(client, "/progress").text


def test_forget_me_leaves_no_row_of_quizzes(client: TestClient, tmp_path: Path) -> None:
    start(client)
    send(client, forms(client)["item-0"], "b")
    submit(client)
    start(client, after=1, only_wrong="1")
    tables = [str(model.__tablename__) for model in LEARNERS_TABLES]
    filled = {table for table in tables if rows(tmp_path, f"SELECT 1 FROM {table}")}
    assert filled >= {"sitting", "kept_answer", "carry", "grade_entry"}
    assert client.post("/forget").status_code == 303
    assert not any(rows(tmp_path, f"SELECT 1 FROM {table}") for table in tables)


def test_an_item_without_an_answer_is_shown_whole_and_tells_nothing(tmp_path: Path) -> None:
    folder = write_course(tmp_path / "course", questions=[OUTPUT])
    with (folder / "course.toml").open("a") as file:
        file.write('[[quizzes]]\nslug = "printed"\ntitle = "Printed"\nitems = ["output-item"]\n')
    with browser(create_app(Settings(data=tmp_path / "data", lessons=folder, watch=False))) as client:
        start(client, "printed")
        submit(client, "printed")
        told = page(client, "/quizzes/printed").text
        assert "Not answered" in told and 'print("A")' in told and "Told of" not in told
