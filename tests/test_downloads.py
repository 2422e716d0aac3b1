"""What an author downloads from the analysis: for nobody else, kept by no cache, and the same as the command writes."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session
from starlette.testclient import TestClient

from quiz import seats, sittings
from quiz.interchange.responses import COLUMNS
from quiz.quizzes import Quiz
from tests.classes import course_of, respond, token
from tests.conftest import SMALL
from tests.test_analysis_pages import answered, author, lessons, text
from webapp.app import create_app
from webapp.database import Database
from webapp.quizzes import course_pool
from webapp.settings import Settings

__all__ = ["lessons"]

FILES = (
    "/analysis/responses.csv",
    "/analysis/columns.csv",
    "/analysis/gradebook-canvas.csv",
    "/analysis/gradebook-moodle.csv",
)


def table(client: TestClient, path: str) -> list[list[str]]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.text, newline="")))


def test_only_an_author_is_given_them(tmp_path: Path) -> None:
    app = create_app(Settings(data=tmp_path, lessons=SMALL, watch=False))
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        assert {client.get(path).status_code for path in FILES} == {403}
        assert "Take it with you" not in client.get("/analysis").text


@pytest.mark.parametrize("path", FILES)
def test_a_file_is_an_attachment_that_no_cache_keeps(lessons: Path, tmp_path: Path, path: str) -> None:
    with author(lessons, tmp_path) as client:
        answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"].startswith('attachment; filename="')
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"


def test_they_hold_what_was_answered(lessons: Path, tmp_path: Path) -> None:
    answered(tmp_path, lessons, {"first-item": "b", "multi-item": "ac"}, {"first-item": "a"})
    with author(lessons, tmp_path) as client:
        header, *rows = table(client, "/analysis/responses.csv")
        assert header == list(COLUMNS)
        assert sorted((row[3], row[8]) for row in rows) == [
            ("first-item", "a"),
            ("first-item", "b"),
            ("multi-item", "a c"),
        ]
        canvas = table(client, "/analysis/gradebook-canvas.csv")
        at = canvas[0].index("Waiting")
        assert sorted(row[at] for row in canvas[2:]) == ["0", "2"]
        assert [row[0] for row in table(client, "/analysis/columns.csv")[1:]] == list(COLUMNS)
        assert client.get("/analysis/gradebook-other.csv").status_code in (404, 422)


QUIZZES = """
[[quizzes]]
slug = "timed"
title = "Timed"
items = ["first-item", "multi-item"]
minutes = 5

[[quizzes]]
slug = "drawn"
title = "Drawn"
draw = 2
minutes = 5
"""


def test_what_was_answered_in_an_attempt_whose_time_is_over_is_in_the_marks(lessons: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(lessons, tmp_path / "course")
    with (folder / "course.toml").open("a") as manifest:
        manifest.write(QUIZZES)
    with author(folder, tmp_path / "data") as client:
        header, before = table(client, "/analysis/gradebook-canvas.csv")
    worth = sat(tmp_path / "data", folder)
    with author(folder, tmp_path / "data") as client:
        header, possible, *rows = table(client, "/analysis/gradebook-canvas.csv")
    for title, (earned, whole) in worth.items():
        at = header.index(title)
        assert ([float(row[at]) for row in rows], float(possible[at])) == ([earned], whole)
        assert float(before[at]) > 0, "there is something to earn before anybody has"


def sat(data: Path, lessons: Path) -> Mapping[str, tuple[float, float]]:
    """A learner began each quiz an hour ago, answered its first item, and never came back. By title, the points of that item
    and of all that was asked.
    """
    course, database = course_of(lessons), Database(data)
    pool, begun = course_pool(course), datetime.now(UTC) - timedelta(hours=1)
    learner = database.write_now(lambda session: respond(session, course, {}, token=token(), at=begun))

    def sit(session: Session, quiz: Quiz) -> tuple[float, float]:
        who: dict[str, Any] = {"learner": learner, "course": course.id, "quiz": quiz, "seed": "s", "now": begun}
        sittings.start(session, pool=pool, after=0, **who)
        taken = seats.seat(session.connection(), learner=learner, course=course.id, quiz=quiz.name)
        assert taken is not None
        asked = [pool[name][1] for name in taken.items]
        item = asked[0]
        given: dict[str, Any] = {"given": item.solution, "shown": item.shown_hash, "attempt": 1, "seq": 1}
        sittings.respond(session, item=item, **given, **who)
        return item.points, sum(one.points for one in asked)

    try:
        return {
            quiz.title: database.write_now(lambda session, quiz=quiz: sit(session, quiz))  # type: ignore[misc]
            for quiz in course.quizzes
        }
    finally:
        database.close()


def test_the_analysis_leads_to_each_of_them(lessons: Path, tmp_path: Path) -> None:
    answered(tmp_path, lessons, {"first-item": "b"})
    with author(lessons, tmp_path) as client:
        assert "Marks for Canvas" in text(client, "/analysis")
        page = client.get("/analysis").text
        assert all(f'href="{path}"' in page for path in FILES)
