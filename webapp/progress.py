"""How far a learner has come: nine cells a lesson, points, what is next. Derived from rows at each request, stored nowhere.

A cell is done: Try when every variant of its labs has finished a run; Predict, Performance and Recall when every item there has a
response (a prediction may be skipped, and is over once its lab was run); the others when the learner goes on from them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy
from sqlmodel import Session, col, select

from quiz import carrying, predictions
from quiz.dialects import add_once
from quiz.items import Item
from quiz.models import table
from quiz.standing import answered, attempts_of
from webapp.course.course import Course, ItemPlace, LabPlace, Lesson, Mode
from webapp.models import Completion, Run
from webapp.repeats import RunFacts, last_runs, ratio
from webapp.views.lessons import Cell, GradeView, LessonEntry, Next, Outline, PartEntry, Step

Url = Callable[..., str]
BY_RESPONSES = frozenset({Mode.PREDICT, Mode.PERFORMANCE, Mode.RECALL})


@dataclass(frozen=True, slots=True)
class Standing:
    """What a learner has done in a course."""

    completed: frozenset[tuple[str, str]] = frozenset()
    """(lesson, mode) from which the learner went on."""
    answered: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Lesson -> item -> fraction of the mark, in the open attempt."""
    wrong: Mapping[str, int] = field(default_factory=dict)
    """Lesson -> how many answers in the open attempt are not right."""
    runs: Mapping[tuple[str, str], tuple[RunFacts, ...]] = field(default_factory=dict)
    """(lesson, lab) -> the last finished run of each variant that has one, of the lesson's own program."""

    predicted: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    """Lesson -> item that was predicted or skipped in the open attempt -> whether it counts."""
    ran: frozenset[tuple[str, str]] = frozenset()
    """(lesson, lab) with a run of any outcome: nothing of that lab can be predicted any more."""

    @property
    def started(self) -> bool:
        return bool(self.completed or self.answered or self.runs or self.predicted)

    def is_settled(self, lesson: Lesson, item: Item) -> bool:
        """Whether nothing is left to be done with the item."""
        if item.id in self.answered.get(lesson.id, {}) or item.id in self.predicted.get(lesson.id, {}):
            return True
        return item.measured is not None and (lesson.id, item.measured.lab) in self.ran

    def counts(self, lesson: Lesson, item: Item) -> bool:
        """Whether the item's points can still be had, or were: not those of a prediction that is skipped or came too late."""
        if item.measured is None:
            return True
        told = self.predicted.get(lesson.id, {})
        return told[item.id] if item.id in told else not self.is_settled(lesson, item)


def load(session: Session, learner: str | None, course: Course) -> Standing:
    if learner is None:
        return Standing()
    completed = session.exec(
        select(Completion.lesson, Completion.mode).where(
            Completion.learner_id == learner, Completion.course == course.id
        )
    ).all()
    return Standing(
        completed=frozenset(completed),
        answered=answered(session, learner=learner, course=course.id),
        wrong=carrying.wrong(session, learner=learner, course=course.id),
        runs=last_runs(session, learner, course.id),
        **_predicted(session, learner, course),
    )


def _predicted(session: Session, learner: str, course: Course) -> dict[str, Any]:
    """What predictions add to a standing; nothing is asked for in a course without one."""
    if not any(item.measured for lesson in course.lessons for item in lesson.items):
        return {}
    made: dict[str, dict[str, bool]] = {}
    latest = dict(attempts_of(session, learner=learner, course=course.id))
    for one in predictions.of_course(session, learner=learner, course=course.id):
        if one.seq == 1 and one.attempt == latest.get(one.quiz):
            made.setdefault(one.quiz, {})[one.item] = not one.note
    ran = session.execute(
        sqlalchemy.select(col(Run.lesson), col(Run.lab))
        .where(col(Run.learner_id) == learner, col(Run.course) == course.id)
        .distinct()
    )
    return {"predicted": made, "ran": frozenset((lesson, lab) for lesson, lab in ran)}


def complete(session: Session, learner: str, course: str, lesson: str, mode: str, now: datetime) -> None:
    """Record that the learner went on; the first time counts."""
    row = {"learner_id": learner, "course": course, "lesson": lesson, "mode": mode, "at": now}
    add_once(session.connection(), table(Completion), row)


def cells(lesson: Lesson, standing: Standing, url: Url, current: Mode | None = None) -> tuple[Cell, ...]:
    """The nine cells in their order; a mode that the lesson lacks has no URL and is never done."""
    present = {page.mode for page in lesson.modes}
    return tuple(
        Cell(
            mode=mode.value,
            url=url("mode", slug=lesson.slug, mode=mode.value) if mode in present else None,
            done=mode in present and is_done(lesson, mode, standing),
            current=mode is current,
        )
        for mode in Mode
    )


def is_done(lesson: Lesson, mode: Mode, standing: Standing) -> bool:
    items = items_of(lesson, mode)
    if mode in BY_RESPONSES and items:
        return all(standing.is_settled(lesson, item) for item in lesson.items if item.id in items)
    if mode is Mode.TRY and (labs := labs_of(lesson, mode)):
        return all(_every_variant_ran(lesson, lab, standing) for lab in labs)
    return (lesson.id, mode.value) in standing.completed


def goes_on_to_finish(lesson: Lesson, mode: Mode) -> bool:
    """Whether going on from the mode is what completes it."""
    by_responses = mode in BY_RESPONSES and bool(items_of(lesson, mode))
    return not by_responses and not (mode is Mode.TRY and labs_of(lesson, mode))


def items_of(lesson: Lesson, mode: Mode) -> tuple[str, ...]:
    """The items that stand on a mode's page; Recall shows every item of the lesson."""
    if mode is Mode.RECALL:
        return tuple(item.id for item in lesson.items)
    return tuple(piece.item_id for piece in _pieces(lesson, mode) if isinstance(piece, ItemPlace))


def page_of(lesson: Lesson, item_id: str) -> Mode:
    """The mode on whose page an item stands by itself."""
    return next(page.mode for page in lesson.modes if ItemPlace(item_id) in page.pieces)


def page_with_lab(lesson: Lesson, lab_id: str) -> Mode:
    """The mode on whose page a lab stands."""
    return next(page.mode for page in lesson.modes if LabPlace(lab_id) in page.pieces)


def labs_of(lesson: Lesson, mode: Mode) -> tuple[str, ...]:
    return tuple(piece.lab_id for piece in _pieces(lesson, mode) if isinstance(piece, LabPlace))


def outline(
    course: Course,
    standing: Standing,
    url: Url,
    here: Lesson | None = None,
    *,
    grades: Mapping[str, GradeView] = MappingProxyType({}),
) -> Outline:
    """`grades`: by lesson, what its quiz comes to, where that is to be told."""
    entries = {
        lesson.slug: replace(entry(lesson, standing, url, current=lesson is here), grade=grades.get(lesson.id))
        for lesson in course.lessons
    }
    parts = tuple(PartEntry(part.title, tuple(entries[slug] for slug in part.lessons)) for part in course.parts)
    return Outline(parts, len(course.quizzes))


def entry(lesson: Lesson, standing: Standing, url: Url, *, current: bool = False) -> LessonEntry:
    answered = standing.answered.get(lesson.id, {})
    known = {item.id: item.points for item in lesson.items if standing.counts(lesson, item)}
    return LessonEntry(
        number=lesson.number,
        slug=lesson.slug,
        title=lesson.title,
        summary=lesson.summary,
        url=url("lesson", slug=lesson.slug),
        minutes=lesson.minutes,
        cells=cells(lesson, standing, url),
        current=current,
        points=sum(fraction * known[item] for item, fraction in answered.items() if item in known),
        points_possible=sum(known.values()),
        answered=len(answered.keys() & known.keys()),
        items=len(known),
        impact=max(
            filter(None, (ratio(standing.runs.get((lesson.id, lab.id), ())) for lab in lesson.labs)), default=None
        ),
        wrong=standing.wrong.get(lesson.id, 0),
    )


def resume(lesson: Lesson, standing: Standing) -> Mode:
    """The first mode that is not done, else the first."""
    for page in lesson.modes:
        if not is_done(lesson, page.mode, standing):
            return page.mode
    return lesson.modes[0].mode


def next_entry(outline: Outline) -> LessonEntry | None:
    """The first lesson that has something left, or None at the end of the course."""
    return next((lesson for lesson in outline.lessons if lesson.done < lesson.total), None)


def present_modes(course: Course) -> tuple[Mode, ...]:
    return tuple(mode for mode in Mode if _along(course, mode))


def ways(course: Course, url: Url) -> tuple[tuple[str, str, int], ...]:
    """The modes by which the whole course can be gone through: (mode, URL, number of lessons)."""
    return tuple((mode.value, url("way", mode=mode.value), len(_along(course, mode))) for mode in present_modes(course))


def entries_with(course: Course, mode: Mode, standing: Standing, url: Url) -> tuple[LessonEntry, ...]:
    return tuple(entry(lesson, standing, url) for lesson, _ in _along(course, mode))


def start_of_way(course: Course, mode: Mode, standing: Standing, url: Url) -> str:
    """Where the way goes on: its first page that is not done, else its first."""
    lessons = [lesson for lesson, _ in _along(course, mode)]
    at = next((lesson for lesson in lessons if not is_done(lesson, mode, standing)), lessons[0])
    return _with_way(url("mode", slug=at.slug, mode=mode.value), mode)


def foot(course: Course, lesson: Lesson, mode: Mode, way: Mode | None, url: Url) -> Next:
    """Where a reader goes from a page: along the lesson, or along one mode of the whole course."""
    pages = _along(course, way) if way is mode else _all_pages(course)
    at = pages.index((lesson, mode))
    previous = pages[at - 1] if at else None
    following = pages[at + 1] if at + 1 < len(pages) else None
    along = way if way is mode else None
    return Next(
        action=_with_way(url("complete", slug=lesson.slug, mode=mode.value), along),
        previous=_step(previous, lesson, along, url),
        following=_step(following, lesson, along, url),
        way=along.value if along else None,
        marks_done=goes_on_to_finish(lesson, mode),
    )


def _along(course: Course, mode: Mode) -> list[tuple[Lesson, Mode]]:
    return [page for page in _all_pages(course) if page[1] is mode]


def _all_pages(course: Course) -> list[tuple[Lesson, Mode]]:
    return [(lesson, page.mode) for lesson in course.lessons for page in lesson.modes]


def _step(page: tuple[Lesson, Mode] | None, here: Lesson, way: Mode | None, url: Url) -> Step | None:
    if page is None:
        return None
    lesson, mode = page
    return Step(
        url=_with_way(url("mode", slug=lesson.slug, mode=mode.value), way),
        mode=mode.value,
        lesson="" if lesson is here else lesson.title,
    )


def _with_way(url: str, way: Mode | None) -> str:
    return f"{url}?way={way.value}" if way else url


def _pieces(lesson: Lesson, mode: Mode) -> tuple[object, ...]:
    page = lesson.mode(mode)
    return page.pieces if page else ()


def _every_variant_ran(lesson: Lesson, lab_id: str, standing: Standing) -> bool:
    lab = lesson.lab(lab_id)
    ran = {run.variant for run in standing.runs.get((lesson.id, lab_id), ())}
    return lab is not None and ran >= {variant.name for variant in lab.variants}
