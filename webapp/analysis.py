"""The analysis of a course as its pages show it: the quiz engine's figures and the texts that they are about.

It computes no statistics.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from markupsafe import Markup
from sqlmodel import Session

from quiz import offers, predictions
from quiz import records as reading
from quiz.analysis import QuizStatistics
from quiz.distractors import OptionStatistics, distractor_efficiency
from quiz.findings import LEAST_FOR_FACILITY, LEAST_FOR_VERDICT
from quiz.items import Answer, Item, Option
from quiz.misconceptions import MisconceptionStatistics, ranked
from quiz.moments import Interval, fisher
from quiz.reports import reports as reports_of
from quiz.sheets import ItemReport, Record, Sheet, reports, sheet, sightings
from webapp.course.course import Course, Lesson
from webapp.plots import discrimination, facility
from webapp.progress import Url
from webapp.views.analysis import CourseAnalysis, ItemRow, LessonAnalysis, MisconceptionRow, OptionRow, PredictionRow


class AuthorsOnly(Exception):
    """A page for authors was asked for by somebody who is none."""

    def __init__(self) -> None:
        super().__init__(
            "The analysis is for the authors of the course: whoever started this site with --own-code, on this machine."
        )


def of_course(session: Session, course: Course, url: Url) -> CourseAnalysis:
    records, editions = _read(session, course)
    seen = (*sightings(records, editions), *predictions.sightings(session, course=course.id))
    return CourseAnalysis(
        learners=len({record.learner for record in records}),
        responses=len(records),
        lessons=tuple(
            _with_pages(session, course, lesson, _lesson(lesson, course, records, editions, url), editions, url)
            for lesson in course.lessons
            if _quiz(lesson)
        ),
        misconceptions=tuple(_misconception(found, course, url) for found in ranked(seen)),
    )


def of_lesson(session: Session, course: Course, lesson: Lesson, url: Url) -> LessonAnalysis:
    records, editions = _read(session, course)
    return _with_pages(session, course, lesson, _lesson(lesson, course, records, editions, url), editions, url)


def _read(session: Session, course: Course) -> tuple[tuple[Record, ...], reading.Editions]:
    return reading.records(session, course=course.id), reading.editions(session, course=course.id)


def _with_pages(
    session: Session, course: Course, lesson: Lesson, found: LessonAnalysis, editions: reading.Editions, url: Url
) -> LessonAnalysis:
    """The present rows with what stands on their own pages. A regrade is asked about only where there was another key."""
    written = reports_of(session, course=course.id)
    keys = Counter(item_id for item_id, _ in editions)
    rows = []
    for row in found.items:
        item = lesson.item(row.id)
        if row.is_present and item is not None:
            offered = offers.offer(session, course=course.id, item=item).rows if keys[row.id] > 1 else ()
            place = url("analysis-item", slug=lesson.slug, item=row.id)
            row = replace(row, url=place, reports=len(written.get(row.id, ())), to_regrade=len(offered))
        rows.append(row)
    predictions = tuple(
        PredictionRow(
            number=at,
            stem=lesson.markup[item.id].stem,
            url=url("analysis-item", slug=lesson.slug, item=item.id),
            reports=len(written.get(item.id, ())),
        )
        for at, item in enumerate(lesson.items, 1)
        if item.measured is not None
    )
    return replace(found, items=tuple(rows), predictions=predictions)


def _quiz(lesson: Lesson) -> tuple[Item, ...]:
    """The items that an attempt is whole with. A prediction may be skipped, may come after seeing and count nothing, and is scored
    by a run of its own, so it stands in no row beside the others; what it shows of misconceptions counts."""
    return tuple(item for item in lesson.items if item.measured is None)


def _lesson(
    lesson: Lesson, course: Course, records: Sequence[Record], editions: reading.Editions, url: Url
) -> LessonAnalysis:
    quiz = _quiz(lesson)
    page = sheet(records, lesson.id, quiz)
    rows = tuple(_item(report, lesson, course) for report in reports(records, lesson.id, quiz, editions))
    present = [row for row in rows if row.is_present]
    return LessonAnalysis(
        title=lesson.title,
        url=url("analysis-lesson", slug=lesson.slug),
        lesson_url=url("lesson", slug=lesson.slug),
        begun=page.begun,
        whole_attempts=len(page.marks),
        open=page.open,
        earlier=page.earlier,
        points=sum(item.points for item in quiz),
        whole=_told(page),
        items=rows,
        facility=facility(present),
        discrimination=discrimination(present),
    )


def _told(page: Sheet) -> QuizStatistics:
    """Of few attempts, their number alone: a mean of two is two learners' points."""
    if len(page.marks) >= LEAST_FOR_FACILITY:
        return page.whole
    return QuizStatistics(len(page.marks), None, None, None, None, None, None, None, None)


def _item(report: ItemReport, lesson: Lesson, course: Course) -> ItemRow:
    item, figures, position = report.item, report.figures, report.figures.position
    enough = figures.answered >= LEAST_FOR_FACILITY
    index = position.discrimination if position is not None and position.count >= LEAST_FOR_VERDICT else None
    named = report.finding.option
    around = fisher(index / 100, position.count) if index is not None and position is not None else None
    return ItemRow(
        number=[one.id for one in lesson.items].index(item.id) + 1,
        id=item.id,
        stem=lesson.markup[item.id].stem if report.is_present else Markup.escape(item.stem),
        is_present=report.is_present,
        answered=figures.answered,
        facility=figures.facility if enough else None,
        interval=figures.interval if enough else None,
        guess=figures.guess,
        position=position,
        discrimination_interval=Interval(100 * around.low, 100 * around.high) if around else None,
        finding=report.finding,
        finding_option=_text(item, named, lesson) if named else None,
        options=tuple(_option(one, item, lesson, course) for one in report.options),
        distractors=distractor_efficiency(report.options) if index is not None else None,
        difficulty=item.difficulty,
    )


def _option(figures: OptionStatistics, item: Item, lesson: Lesson, course: Course) -> OptionRow:
    misconception = course.misconceptions.get(_offered(item, figures.option).misconception or "")
    return OptionRow(_text(item, figures.option, lesson), figures, misconception.text if misconception else None)


def _text(item: Item, option: str, lesson: Lesson) -> Markup:
    """As the lesson shows it, else, of an edition that is gone, the source."""
    return lesson.markup[item.id].options.get(option) or Markup.escape(_offered(item, option).text)


def _offered(item: Item, name: str) -> Option | Answer:
    return next(one for one in item.offered if one.id == name)


def _misconception(found: MisconceptionStatistics, course: Course, url: Url) -> MisconceptionRow:
    known = course.misconceptions.get(found.misconception)
    lesson = course.lesson(known.cure) if known is not None and known.cure else None
    return MisconceptionRow(
        text=known.text if known is not None else found.misconception,
        figures=found,
        lesson=lesson.title if lesson else None,
        lesson_url=url("lesson", slug=lesson.slug) if lesson else None,
    )
