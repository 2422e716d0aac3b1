"""The quizzes that a course sets over its lessons, as its learners see them: the list, and one before, during and after an
attempt.

What stands is the quiz engine's; here are places in the course, the state of each item in words, and the time that is left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from markupsafe import Markup
from sqlmodel import Session

from quiz import carrying, grades, seats
from quiz.grades import Rule
from quiz.items import Item
from quiz.pinning import scored_version
from quiz.policies import Policy
from quiz.quizzes import Pool, Quiz, draw, pool_of
from quiz.seats import KeptOne, Seat
from quiz.standing import ItemState, states
from webapp import items
from webapp.course.course import Course, Lesson
from webapp.identity import Visitor, reader_key
from webapp.progress import Url
from webapp.views.items import ReportView
from webapp.views.lessons import GradeView

Phase = Literal["new", "open", "done"]
PlaceState = Literal["open", "kept", "right", "partly", "wrong", "none"]
"""Of an item in an attempt. `none`: the attempt ended without an answer to it."""


@dataclass(frozen=True, slots=True)
class QuizEntry:
    """A quiz in the list, and at the head of its page."""

    slug: str
    title: str
    summary: str
    url: str
    phase: Phase
    """Of the latest attempt: none, open, or submitted."""
    items: int
    """How many an attempt asks."""
    attempt: int
    """Number of the latest attempt, 0 before the first."""
    answered: int
    """Items of it that have an answer."""
    policy: str
    allowed: int | None
    minutes: float | None
    opens: datetime | None
    closes: datetime | None
    feedback: str
    may_start: bool
    is_early: bool
    """Whether it opens later."""
    is_closed: bool
    """Whether it takes no attempt any more."""
    deadline: datetime | None
    """Of the open attempt."""
    grade: GradeView | None

    @property
    def left(self) -> int | None:
        """Attempts that can still be begun; None for any number."""
        return None if self.allowed is None else max(0, self.allowed - self.attempt)


@dataclass(frozen=True, slots=True)
class Place:
    """An item of an attempt in the numbered navigation."""

    number: int
    id: str
    state: PlaceState
    html: Markup


@dataclass(frozen=True, slots=True)
class AttemptMark:
    number: int
    earned: float
    possible: float


@dataclass(frozen=True, slots=True)
class QuizView:
    """A quiz with its latest attempt."""

    entry: QuizEntry
    places: tuple[Place, ...]
    marks: tuple[AttemptMark, ...]
    """Of the attempts that count, in their order."""
    ran_out: bool
    """Whether the latest attempt was ended by its deadline."""
    has_wrong: bool
    now: datetime
    asks: bool = False
    """Whether the reader is asked once more before an attempt with open items is submitted."""
    notice: str = ""
    """Why what was sent was not taken."""

    @property
    def is_over(self) -> bool:
        """Whether the time of the open attempt has passed, though what was on its way is still taken."""
        return self.entry.deadline is not None and self.entry.deadline <= self.now

    @property
    def open(self) -> tuple[Place, ...]:
        return tuple(place for place in self.places if place.state == "open")


def rules_of(course: Course) -> list[Rule]:
    """By which rules the course makes its grades."""
    own = [
        Rule(
            lesson.id,
            course.policies.get(lesson.id, Policy.LAST),
            points={item.id: item.points for item in lesson.items if item.measured is None},
            predicted={item.id: item.points for item in lesson.items if item.measured is not None},
        )
        for lesson in course.lessons
    ]
    return own + [Rule(quiz.name, quiz.policy, submits=True) for quiz in course.quizzes]


def course_pool(course: Course) -> Pool:
    """Every item of the course in its order, as a quiz draws from it."""
    return pool_of((lesson.id, lesson.items) for lesson in course.lessons)


def place_of(course: Course, item_id: str) -> tuple[Lesson, Item] | None:
    for lesson in course.lessons:
        if (item := lesson.item(item_id)) is not None:
            return lesson, item
    return None


def is_overdue(session: Session, learner: str | None, course: str, now: datetime) -> bool:
    """Whether an attempt of the learner's is to be ended."""
    if learner is None:
        return False
    return any(one.is_over(now) for one in seats.open_seats(session.connection(), course=course, learner=learner))


class Quizzes:
    """What one reader has before them of the course's quizzes, in one reading transaction."""

    def __init__(
        self,
        session: Session,
        course: Course,
        visitor: Visitor,
        url: Url,
        now: datetime,
        fragment: Callable[..., str],
    ) -> None:
        self.session = session
        self.course = course
        self.visitor = visitor
        self.learner = visitor.learner or ""
        self.url = url
        self.now = now
        self.fragment = fragment

    def entries(self) -> tuple[QuizEntry, ...]:
        """Every quiz of the course, in its order."""
        if not self.course.quizzes:
            return ()
        connection = self.session.connection()
        begun = seats.seats(connection, learner=self.learner, course=self.course.id)
        stands = grades.of_learner(self.session, learner=self.learner, course=self.course.id)
        return tuple(self._entry(quiz, begun.get(quiz.name), stands) for quiz in self.course.quizzes)

    def lesson_grades(self) -> dict[str, GradeView]:
        """By lesson, what its own quiz comes to, where the course has a rule of its own for it."""
        if not self.course.policies:
            return {}
        stands = grades.of_learner(self.session, learner=self.learner, course=self.course.id)
        return {
            lesson: _grade(policy, stands[lesson])
            for lesson, policy in self.course.policies.items()
            if lesson in stands
        }

    def view(self, quiz: Quiz, draft: Any = None, *, asks: bool = False, notice: str = "") -> QuizView:
        """`draft`: the form of an item that was sent and not taken (see `reader.Draft`)."""
        last = seats.seat(self.session.connection(), learner=self.learner, course=self.course.id, quiz=quiz.name)
        stands = grades.of_learner(self.session, learner=self.learner, course=self.course.id)
        marks = grades.marks(self.session, learner=self.learner, course=self.course.id, quiz=quiz.name)
        return QuizView(
            entry=self._entry(quiz, last, stands),
            places=self._places(quiz, last, draft) if last else (),
            marks=tuple(AttemptMark(number, mark.earned or 0.0, mark.possible) for number, mark in marks),
            ran_out=last.ran_out if last else False,
            has_wrong=last is not None
            and carrying.has_wrong(self.session.connection(), last.attempt_id, unanswered=True),
            now=self.now,
            asks=asks,
            notice=notice,
        )

    def item_html(self, quiz: Quiz, item_id: str, draft: Any = None) -> str:
        """One item of the latest attempt, for a script; empty where it asks no such item."""
        last = seats.seat(self.session.connection(), learner=self.learner, course=self.course.id, quiz=quiz.name)
        places = self._places(quiz, last, draft) if last else ()
        return str(next((place.html for place in places if place.id == item_id), ""))

    def _entry(self, quiz: Quiz, last: Seat | None, stands: Mapping[str, grades.Entry]) -> QuizEntry:
        number = last.number if last else 0
        is_open = last is not None and last.closed_at is None
        left = quiz.attempts is None or number < quiz.attempts
        return QuizEntry(
            slug=quiz.slug,
            title=quiz.title,
            summary=quiz.summary,
            url=self.url("quiz", slug=quiz.slug),
            phase="open" if is_open else "done" if last else "new",
            items=len(last.items) if last else len(draw(quiz, course_pool(self.course), seed="", attempt=1)),
            attempt=number,
            answered=self._answered(last) if last else 0,
            policy=quiz.policy.value,
            allowed=quiz.attempts,
            minutes=quiz.minutes,
            opens=quiz.opens,
            closes=quiz.closes,
            feedback=quiz.feedback,
            may_start=not is_open and left and quiz.is_open(self.now),
            is_early=quiz.opens is not None and self.now < quiz.opens,
            is_closed=quiz.closes is not None and quiz.closes <= self.now,
            deadline=last.deadline if last and is_open else None,
            grade=_grade(quiz.policy, stands[quiz.name]) if quiz.name in stands else None,
        )

    def _answered(self, last: Seat) -> int:
        kept = seats.answers_of(self.session.connection(), last.attempt_id)
        told = states(self.session, learner=self.learner, course=self.course.id, quiz=last.quiz).items
        return len({name for name, state in told.items() if state.outcome is not None} | kept.keys())

    def _places(self, quiz: Quiz, last: Seat, draft: Any) -> tuple[Place, ...]:
        told = states(self.session, learner=self.learner, course=self.course.id, quiz=quiz.name).items
        kept = seats.answers_of(self.session.connection(), last.attempt_id)
        carried = carrying.origins(self.session, learner=self.learner, course=self.course.id, quiz=quiz.name)
        places = []
        for number, name in enumerate(last.items, 1):
            state, answer = told.get(name), kept.get(name)
            mine = draft if draft is not None and draft.item == name else None
            html = self._item(quiz, last, number, name, state, answer, carried.get(name), mine)
            places.append(Place(number, name, _state(last, state, answer), Markup(html)))  # noqa: S704  # a template of ours made it
        return tuple(places)

    def _item(
        self,
        quiz: Quiz,
        last: Seat,
        number: int,
        name: str,
        state: ItemState | None,
        answer: KeptOne | None,
        carried: int | None,
        draft: Any,
    ) -> str:
        found = place_of(self.course, name)
        if found is None:
            return self.fragment("_quiz_gone.html", number=number, id=name, of=len(last.items))
        lesson, item = found
        is_kept = answer is not None and last.closed_at is None
        place = {"slug": quiz.slug, "item": name}
        view = items.view(
            lesson,
            item,
            state,
            seed=self.visitor.seed,
            attempt=last.number,
            action=self.url("quiz-respond", **place) + f"?seq={answer.seq + 1 if answer else 1}",
            hint_action=self.url("quiz-hint", **place) + f"?number={(state.hints_used if state else 0) + 1}",
            told=scored_version(self.session, course=self.course.id, item=item, state=state),
            given=draft.given if draft else answer.value if answer and is_kept else (),
            error=draft.error if draft else None,
            reader=reader_key(self.visitor.token),
            rules=replace(item.rules, attempts=1, certainty=False),
        )
        view = replace(
            view,
            number=number,
            of=len(last.items),
            lesson=quiz.title,
            tells=quiz.feedback == "at once",
            kept=is_kept,
            carried=carried,
            report=ReportView(
                self.url("quiz-report", **place),
                item.shown_hash,
                said=draft.said if draft else None,
                text=draft.written if draft else "",
            ),
        )
        if last.closed_at is not None and view.outcome is None:
            given = items.refused(lesson.markup[name], item, draft.given) if draft else ()
            return self.fragment("_quiz_unanswered.html", item=replace(view, refused=given))
        if is_kept and draft and answer and draft.error == "out-of-date":
            view = replace(view, refused=items.refused(lesson.markup[name], item, answer.value))
        return self.fragment("_item.html", item=view)


def _state(last: Seat, state: ItemState | None, answer: KeptOne | None) -> PlaceState:
    if state is not None and state.outcome is not None:
        return state.outcome
    if last.closed_at is not None:
        return "none"
    return "kept" if answer is not None else "open"


def _grade(policy: Policy, entry: grades.Entry) -> GradeView:
    return GradeView(policy.value, entry.mark, entry.max_mark, entry.attempt)
