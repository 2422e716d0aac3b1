"""What learners made of a course's questions, for `interleave check --data` and `--database`: read beside a site that may be
serving it.
"""

from __future__ import annotations

from pathlib import Path

from quiz.records import answered_as, records
from quiz.sheets import reports
from webapp.course.check import Answered
from webapp.course.course import Course
from webapp.snapshot import snapshot


def answered(folder: Path, course: Course, *, database: str = "") -> Answered:
    """Facilities are of the present key of each item, over first responses. Raises OperatorError where there is no database."""
    with snapshot(folder, database) as session:
        told = records(session, course=course.id)
        kinds = answered_as(session, course=course.id)
    facilities = {
        report.item.id: (report.figures.facility, report.figures.answered)
        for lesson in course.lessons
        for report in reports(told, lesson.id, [item for item in lesson.items if item.measured is None])
    }
    return Answered(facilities, kinds)
