"""What one reader has done by now: loaded once a request, each part when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property

from sqlmodel import Session

from quiz.carrying import origins
from quiz.reviewing import Day
from quiz.standing import FIRST_ATTEMPT, QuizState, states
from webapp import predictions, progress, review
from webapp.course.course import Course, Lesson
from webapp.identity import Visitor
from webapp.labs.host import LabHost
from webapp.progress import Standing
from webapp.records import Place


class History:
    """Made for one reader and one request, like `Reader`."""

    def __init__(
        self,
        session: Session,
        course: Course,
        visitor: Visitor,
        now: datetime,
        host: LabHost,
        places: Mapping[str, Place],
    ) -> None:
        self._session = session
        self._course = course
        self._learner = visitor.learner
        self._now = now
        self._host = host
        self._places = places
        self._quizzes: dict[str, QuizState] = {}
        self._carried: dict[str, dict[str, int]] = {}
        self._predicted: dict[str, predictions.Standing] = {}

    @cached_property
    def standing(self) -> Standing:
        return progress.load(self._session, self._learner, self._course)

    @cached_property
    def review(self) -> Day | None:
        """The learner's review of today; None for somebody who has done nothing yet."""
        return review.load(self._session, self._learner, self._course, self._now)

    def quiz(self, lesson: Lesson) -> QuizState:
        if lesson.id not in self._quizzes:
            self._quizzes[lesson.id] = states(
                self._session, learner=self._learner or "", course=self._course.id, quiz=lesson.id
            )
        return self._quizzes[lesson.id]

    def carried(self, lesson: Lesson, attempt: int) -> dict[str, int]:
        """By item of the lesson, the earlier attempt that its response was given in; nothing is asked for in a first one."""
        if attempt == FIRST_ATTEMPT:
            return {}
        if lesson.id not in self._carried:
            self._carried[lesson.id] = origins(
                self._session, learner=self._learner or "", course=self._course.id, quiz=lesson.id
            )
        return self._carried[lesson.id]

    def current(self) -> str | None:
        """The learner's run that is on or queued."""
        return self._host.current(self._learner) if self._learner else None

    def predicting(self, lesson: Lesson) -> predictions.Standing:
        """What this reader has predicted and run in a lesson."""
        if lesson.id not in self._predicted:
            run_id = self.current()
            place = self._places.get(run_id) if run_id else None
            self._predicted[lesson.id] = predictions.load(
                self._session,
                self._learner,
                self._course.id,
                lesson,
                attempt=lambda: self.quiz(lesson).attempt,
                running=place.lab if place and place.lesson == lesson.id else None,
            )
        return self._predicted[lesson.id]

    def is_open(self, lesson: Lesson, lab_id: str) -> bool:
        """Whether this reader is still to predict a run of the lab, so that no page may show what it does."""
        return bool(self.predicting(lesson).open(lab_id))

    def is_new_to(self, lesson: Lesson, lab_id: str) -> bool:
        """Whether this reader is still to predict a run of the lab, and what it does is not known to have been shown to them."""
        if not self.is_open(lesson, lab_id):
            return False
        learner = self._learner
        return learner is None or not predictions.has_seen(self._session, learner, self._course.id, lesson.id, lab_id)
