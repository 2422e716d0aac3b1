"""A course and what was done in it, as the formats of `quiz.interchange` want them: rendered texts, images, quizzes, visits.

It knows where things are; how a format is written is the quiz engine's to know.
"""

from __future__ import annotations

import posixpath
import random
from collections.abc import Iterator, Sequence
from math import fsum
from urllib.parse import unquote

from sqlmodel import Session, col, select

from quiz import grades, ledger
from quiz.interchange import gradebook, qti, statements
from quiz.interchange.qti_items import Texts
from quiz.interchange.responses import responses_csv
from quiz.items import Item
from quiz.quizzes import Mixed, Quiz, pool_of
from webapp.course.course import Course, ItemMarkup
from webapp.models import Completion
from webapp.numbers import Numbers
from webapp.page import MARKER
from webapp.settings import resource
from webapp.templating import environment


def qti_package(course: Course, numbers: Numbers) -> qti.Package:
    """Bound numbers stand in it as their author measured them: a package is read where nothing is measured."""
    markup = {item.id: lesson.markup[item.id] for lesson in course.lessons for item in lesson.items}
    return qti.package(
        [qti.Quiz(lesson.id, lesson.title, lesson.items) for lesson in course.lessons]
        + [_qti_quiz(quiz, course) for quiz in course.quizzes if quiz not in drawn(course)],
        course=course.id,
        title=course.title,
        lang=course.lang,
        render=lambda item: _texts(markup[item.id], numbers),
        load=lambda address: _file(course, address),
    )


def drawn(course: Course) -> tuple[Quiz, ...]:
    """Quizzes over lessons whose items are drawn anew for each attempt: no file can hold one."""
    return tuple(quiz for quiz in course.quizzes if isinstance(quiz.content, Mixed))


def authors_numbers(course: Course) -> Numbers:
    """The bound numbers as they were measured with the course, without a site around them."""
    templates = environment(resource("templates"), url_for=_no_url, static=str, course=course.title, lang=course.lang)
    return Numbers(course, {}, templates)


def gradebook_of(session: Session, course: Course) -> tuple[tuple[gradebook.Column, ...], gradebook.Marks]:
    """A column a lesson with something to answer, then one a quiz over lessons, and the marks that are kept of them.

    A lesson is worth its questions, and its predictions only where it has nothing else: who skips one loses nothing. A quiz over
    lessons is worth the items that it has; one that draws them, as much as the attempt worth most of those that count, and before
    there is one as much as some attempt would be.
    """
    entries = grades.rows(session, course.id)
    columns = tuple(
        gradebook.Column(lesson.id, lesson.title, _points(_asked(lesson.items) or lesson.items))
        for lesson in course.lessons
        if lesson.items
    )
    columns += tuple(gradebook.Column(quiz.name, quiz.title, _worth(quiz, course, entries)) for quiz in course.quizzes)
    return columns, gradebook.marks(entries, columns)


def responses(session: Session, course: Course) -> Iterator[str]:
    return responses_csv(ledger.entries(session, course=course.id))


def xapi(session: Session, course: Course, *, home: str, with_keys: bool) -> Iterator[str]:
    """One statement a line."""
    place = statements.Place(
        home=home.rstrip("/"),
        course=course.id,
        title=course.title,
        lang=course.lang,
        quizzes={lesson.id: [item.id for item in _asked(lesson.items)] for lesson in course.lessons},
        titles={lesson.id: lesson.title for lesson in course.lessons}
        | {quiz.name: quiz.title for quiz in course.quizzes},
        with_keys=with_keys,
    )
    found = statements.statements(ledger.entries(session, course=course.id), _visits(session, course), place)
    return statements.lines(found)


def _asked(items: Sequence[Item]) -> list[Item]:
    """What everybody answers."""
    return [item for item in items if item.given != "predicted"]


def _points(items: Sequence[Item]) -> float:
    return fsum(item.points for item in items)


def _worth(quiz: Quiz, course: Course, entries: Sequence[grades.Entry]) -> float:
    found = [entry.max_mark for entry in entries if entry.quiz == quiz.name]
    if isinstance(quiz.content, Mixed) and found:
        return max(found)
    return _points(_items_of(quiz, course))


def _items_of(quiz: Quiz, course: Course) -> list[Item]:
    """What an attempt asks, or might."""
    pool = pool_of((lesson.id, lesson.items) for lesson in course.lessons)
    return [pool[name][1] for name in quiz.content.choose(pool, random.Random(0))]  # noqa: S311  # no secret is made of it


def _qti_quiz(quiz: Quiz, course: Course) -> qti.Quiz:
    return qti.Quiz(
        f"quiz.{quiz.slug}",  # a dot is in no lesson's id
        quiz.title,
        tuple(_items_of(quiz, course)),
        single=True,
        submits=quiz.feedback == "after submitting",
        minutes=quiz.minutes,
    )


def _no_url(name: str, /, **parameters: str) -> str:
    raise LookupError(f"there is no page {name} in an export")


def _visits(session: Session, course: Course) -> Iterator[statements.Visit]:
    rows = session.exec(
        select(Completion)
        .where(Completion.course == course.id)
        .order_by(col(Completion.at), col(Completion.learner_id), col(Completion.lesson), col(Completion.mode))
    )
    return (statements.Visit(row.learner_id, row.lesson, row.mode, row.at) for row in rows)


def _texts(markup: ItemMarkup, numbers: Numbers) -> Texts:
    def shown(html: str | None) -> str:
        return MARKER.sub(lambda hole: numbers[hole[1].split(":", 2)[2]].at(""), html or "")

    return Texts(
        stem=shown(markup.stem),
        body=shown(markup.body),
        options={name: shown(html) for name, html in markup.options.items()},
        feedback={name: shown(html) for name, html in markup.feedback.items()},
        hints=tuple(map(shown, markup.hints)),
        explanation=shown(markup.explanation),
        outcomes={name: shown(html) for name, html in markup.outcomes.items()},
        unticked={name: shown(html) for name, html in markup.unticked.items()},
        combinations={options: shown(html) for options, html in markup.combinations.items()},
    )


def _file(course: Course, address: str) -> bytes | None:
    """What stands at /lessons/<slug>/files/<name>."""
    folder, _, name = unquote(address).rpartition("/files/")
    lesson = course.lesson(posixpath.basename(folder))
    path = lesson.files.get(name) if lesson is not None and folder.startswith("/lessons/") else None
    return None if path is None else path.read_bytes()
