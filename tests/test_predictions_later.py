"""What predictions mean elsewhere: figures wait for them, the analysis counts their ideas, the review never asks them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import Session

from quiz import predictions, records
from quiz.measured import Observed
from quiz.misconceptions import MisconceptionStatistics, ranked
from quiz.predictions import Note
from quiz.sheets import sightings
from tests.classes import course_of, respond, token
from tests.courses import prediction, question, write_course
from tests.measured_courses import keep, lab
from tests.perceived import perceive
from tests.test_analysis_pages import author
from tests.test_site import browser
from webapp.app import create_app
from webapp.course.predicted import chosen, numbers
from webapp.database import Database
from webapp.identity import COOKIE
from webapp.settings import Settings

AT = datetime.now(UTC) - timedelta(days=3)
SERIAL, FREE, HALF = "2", "0.5", "1"
"""What the models tell of four requests of half a second each."""
SKIPPED = ""
LEARNERS = 5


@pytest.fixture(scope="module")
def lessons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    asked = question("first-item", right=("b",), stem="Which first?").replace("{#a}", "{#a ~adds-up}")
    return write_course(tmp_path_factory.mktemp("course"), questions=[asked], predictions=[prediction(delay=0.5)])


def predicted(value: str, shown: str, note: Note = "", *, cookie: str = "") -> Callable[[Session, Path], None]:
    """A learner who predicted so, and whose run showed that; then they answered the question as it is right."""

    def write(session: Session, lessons: Path) -> None:
        course = course_of(lessons)
        lesson = course.lessons[0]
        learner = respond(session, course, {"first-item": frozenset("b")}, token=cookie or token(), at=AT)
        item = next(item for item in lesson.items if item.measured)
        asked, lab = item.measured, lesson.labs[0]
        assert asked is not None
        requests, parameters = chosen(lab, asked.setting)
        one = predictions.commit(
            session,
            learner=learner,
            course=course.id,
            quiz=lesson.id,
            item=item,
            value=(value,) if value else (),
            setting={"requests": requests, "parameters": parameters},
            numbers=numbers(asked, requests, parameters),
            note=note,
            seed="s",
            now=AT - timedelta(minutes=1),
            seq=1,
        )
        if value:
            seen = Observed(float(shown), float(shown), float(shown), 0.03)
            predictions.observe(session, one, {"held": seen}, learner=learner, runs=["run"], now=AT)

    return write


def told(data: Path, lessons: Path, *learners: Callable[[Session, Path], None]) -> dict[str, MisconceptionStatistics]:
    """Misconceptions over items and predictions."""
    database = Database(data)
    try:
        for write in learners:
            database.write_now(lambda session, write=write: write(session, lessons))  # type: ignore[misc]

        def read(session: Session) -> dict[str, MisconceptionStatistics]:
            seen = sightings(records.records(session, course="trial"), records.editions(session, course="trial"))
            both = (*seen, *predictions.sightings(session, course="trial"))
            return {one.misconception: one for one in ranked(both)}

        return database.read_now(read)
    finally:
        database.close()


def test_a_prediction_that_fits_a_wrong_model_shows_its_idea_and_a_later_item_cures_it(
    lessons: Path, tmp_path: Path
) -> None:
    found = told(tmp_path, lessons, *[predicted(SERIAL, FREE)] * LEARNERS)["adds-up"]

    assert found.items == ("first-item", "held-wall")
    assert (found.met, found.showed, found.asked_again, found.cured) == (5, 5, 5, 5)


def test_a_model_that_the_run_shows_stands_for_no_wrong_idea(lessons: Path, tmp_path: Path) -> None:
    found = told(tmp_path, lessons, *[predicted(SERIAL, SERIAL)] * LEARNERS)

    assert found["adds-up"].showed == 0 and found["adds-up"].items == ("first-item",)
    assert (found["at-once"].met, found["at-once"].showed) == (5, 0)


def test_a_prediction_that_does_not_count_shows_nothing(lessons: Path, tmp_path: Path) -> None:
    notes = [predicted(SKIPPED, FREE, "skipped"), predicted(SERIAL, FREE, "after-seeing")]
    found = told(tmp_path, lessons, *notes * LEARNERS)

    assert found["adds-up"].showed == 0 and found["adds-up"].items == ("first-item",)


def test_the_analysis_ranks_ideas_over_both_and_keeps_predictions_out_of_its_tables(
    lessons: Path, tmp_path: Path
) -> None:
    told(tmp_path, lessons, *[predicted(SERIAL, FREE)] * LEARNERS)
    with author(lessons, tmp_path) as client:
        course = perceive(client.get("/analysis").text).text
        lesson = perceive(client.get("/analysis/waiting").text)
    figures = " ".join(
        section.text for section in lesson.walk() if section.attributes.get("aria-labelledby") in ("plots", "look")
    )

    assert "5 of 5" in course
    assert "5 whole first attempts" in lesson.text, "whoever skips a prediction finishes the questions all the same"
    assert "Which first?" in figures and "How long?" not in figures
    assert "How long?" in lesson.text, "its versions and reports have a page all the same"


def test_the_review_never_asks_for_a_prediction(lessons: Path, tmp_path: Path) -> None:
    cookie = token()
    told(tmp_path, lessons, predicted(SERIAL, FREE, cookie=cookie))
    with browser(create_app(Settings(data=tmp_path, lessons=lessons, watch=False))) as client:
        client.cookies.set(COOKIE, cookie)
        assert "1 question is ready" in perceive(client.get("/review").text).text
        assert client.get("/review/next").headers["location"] == "/review/items/first-item"
        assert client.get("/review/items/held-wall").status_code in (303, 404)


def test_a_figure_tells_no_measurement_while_a_prediction_of_its_lab_is_open(tmp_path: Path) -> None:
    folder = write_course(tmp_path / "lessons", lab=lab(), predictions=[prediction()])
    lesson = folder / "waiting" / "lesson.md"
    figure = "/// figure | Beside each other\n    id: both\n    show: comparison\n    lab: ways\n///\n"
    lesson.write_text(lesson.read_text().replace("Some words.", figure))
    keep(folder)
    with browser(create_app(Settings(data=tmp_path / "data", lessons=folder, watch=False))) as client:

        def shown() -> str:
            return perceive(client.get("/lessons/waiting/performance").text).by_id("figure-both").text

        assert "Not run yet" in shown() and "0.43" not in shown()
        client.post("/lessons/waiting/labs/ways/skips")
        assert "Not run yet" not in shown() and "0.43" in shown()
