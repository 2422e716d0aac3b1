"""What learners did before a test begins: responses of past days, written into a data folder as the site itself writes them."""

from __future__ import annotations

import random
import secrets
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from sqlmodel import Session

from quiz import attempts, grades, versions
from quiz.items import Item
from quiz.written import WRITTEN
from webapp.course.course import Course, Lesson
from webapp.course.loading import load_course
from webapp.course.render import Renderer
from webapp.database import Database
from webapp.identity import Visitor, enrol
from webapp.quizzes import rules_of

Answers = Mapping[str, Collection[str]]
"""By item id, what was given."""


@cache
def course_of(folder: Path) -> Course:
    """The course in a folder that no test changes, read once."""
    with Renderer() as renderer:
        return load_course(folder, renderer)


def token() -> str:
    """A browser's cookie."""
    return secrets.token_urlsafe(32)


def respond(
    session: Session, course: Course, answers: Answers, *, token: str, at: datetime, apart: timedelta = timedelta(0)
) -> str:
    """One learner's responses to these items, each in its lesson, one `apart` after the other. Gives the learner's id."""
    learner = enrol(session, Visitor(token, False, None, ""), at)
    for lesson in course.lessons:
        versions.record_items(session, course.id, lesson.id, lesson.items, now=at)
        for item in lesson.items:
            if item.id in answers:
                attempts.respond(
                    session,
                    learner=learner,
                    course=course.id,
                    quiz=lesson.id,
                    item=item,
                    given=answers[item.id],
                    seed="s",
                    now=at,
                )
                at += apart
    return learner


def learner_before(data: Path, lessons: Path, items: Iterable[str], *, days: int, wrong: Iterable[str] = ()) -> str:
    """A learner who answered these items so many days ago; `wrong` of them with a distractor. Gives the browser's cookie."""
    course, cookie = course_of(lessons), token()
    known = {item.id: item for lesson in course.lessons for item in lesson.items}
    wrong = set(wrong)
    answers = {
        name: frozenset(sorted(set(known[name].option_ids) - known[name].key)[:1])
        if name in wrong
        else known[name].solution
        for name in items
    }
    database = Database(data)
    try:
        at = datetime.now(UTC) - timedelta(days=days)
        database.write_now(lambda session: respond(session, course, answers, token=cookie, at=at))
    finally:
        database.close()
    return cookie


def class_before(data: Path, lessons: Path, *, learners: int, whole: int, seed: int = 7, address: str = "") -> None:
    """A class that began the course: each learner with a strength of their own, `whole` of them through the first lesson.

    It is drawn, so it shows how the pages look and says nothing about anybody: for tests and pictures alone.
    """
    chance, course = random.Random(seed), course_of(lessons)
    database = Database(data, address)

    def write(session: Session) -> None:
        grades.record_rules(session, course.id, rules_of(course))  # as the site does when it takes a course up
        for at in range(learners):
            strength, begun = chance.random(), datetime.now(UTC) - timedelta(days=20, minutes=at)
            answers = {
                item.id: _draw(item, strength, chance)
                for lesson in course.lessons
                for item in _questions(lesson)[: None if at < whole and lesson.number == 1 else 2]
            }
            respond(session, course, answers, token=token(), at=begun, apart=timedelta(seconds=40))

    try:
        database.write_now(write)
    finally:
        database.close()


def _questions(lesson: Lesson) -> list[Item]:
    """What can be answered without a run."""
    return [item for item in lesson.items if item.measured is None]


def _draw(item: Item, strength: float, chance: random.Random) -> Collection[str]:
    if item.given in ("written", "ordered"):
        return _drawn_answer(item, strength, chance)
    wrong = [option for option in item.option_ids if option not in item.key]
    if chance.random() < 0.3 + 0.6 * strength or not wrong:
        return item.key
    distractor = wrong[0] if chance.random() < 0.6 else chance.choice(wrong)
    return frozenset({distractor}) if len(item.key) == 1 else (item.key - {min(item.key)}) | {distractor}


def _drawn_answer(item: Item, strength: float, chance: random.Random) -> Collection[str]:
    if chance.random() < 0.3 + 0.6 * strength:
        return item.solution
    if item.given == "ordered":
        return tuple(chance.sample(item.solution, len(item.solution)))
    wrong = [answer.text for answer in item.answers if not answer.right and not answer.text.startswith("/")]
    return (WRITTEN[item.kind].example(wrong[0]) if wrong else "nothing",)
