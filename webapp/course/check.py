"""Everything that is wrong with a course, in one folder or a stack of them, as `interleave check` prints it: errors first.

Beyond what a site looks at when it loads the course, the programs are run whose output a question asks for, all questions are
looked at together, and each is held to what its answers showed, where they are known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from quiz.items import Item
from quiz.kinds import Kind
from quiz.lint import lint_answered
from quiz.outputs import program_of
from webapp.course.course import Course
from webapp.course.drafts import LESSON_FILE
from webapp.course.errors import CourseError
from webapp.course.linting import lint_course, lint_gone
from webapp.course.loading import read_course
from webapp.course.printing import output_problem
from webapp.course.remembered import Reports
from webapp.course.render import Renderer
from webapp.course.stack import Folders, folders_of, place_of, read_stack


@dataclass(frozen=True, slots=True)
class Answered:
    """What learners made of a course's items, by item."""

    facilities: Mapping[str, tuple[float | None, int]]
    """The mean share of the points, and how many answered."""
    kinds: Mapping[str, Mapping[Kind, int]]
    """How many learners answered, by the kind that it was of then: items that are gone included."""


AnsweredOf = Callable[[Course], Answered]


def check(
    folders: Folders, renderer: Renderer | None = None, answered_of: AnsweredOf | None = None
) -> list[CourseError]:
    """`str()` of each is `path:line: CODE message`. A course without an error can be served, whatever warnings it has.

    `answered_of` gives what learners made of a course's items, where somebody knows.
    """
    if renderer is None:
        with Renderer() as own:
            return check(folders, own, answered_of)
    reading = read_course(folders, renderer)
    course = reading.course
    if course is None:
        return [*reading.errors, *reading.warnings]
    stack = read_stack(folders_of(folders), Reports().of)
    found = [*reading.warnings, *lint_course(stack, course.items)]
    if answered_of:
        answered = answered_of(course)
        found += [*_misjudged(folders, course, answered), *lint_gone(stack, course.items, answered.kinds)]
    return [*_wrong_outputs(folders, course), *sorted(found)]


def _misjudged(folders: Folders, course: Course, answered: Answered) -> Iterator[CourseError]:
    for lesson in course.lessons:
        path = str(place_of(folders_of(folders), lesson.slug) / LESSON_FILE)
        for item in lesson.items:
            facility, learners = answered.facilities.get(item.id, (None, 0))
            kinds = answered.kinds.get(item.id, {})
            for warning in lint_answered(item, facility, learners, kinds, path=path):
                yield CourseError(path, warning.line, warning.code, warning.message)


def _wrong_outputs(folders: Folders, course: Course) -> Iterator[CourseError]:
    for lesson in course.lessons:
        path = str(place_of(folders_of(folders), lesson.slug) / LESSON_FILE)
        for item in lesson.items:
            if item.kind is Kind.OUTPUT and (found := _wrong_output(item)):
                yield CourseError(path, *found)


def _wrong_output(item: Item) -> tuple[int, str, str] | None:
    """Its line, code and message."""
    right = next(answer for answer in item.answers if answer.right)
    program = program_of(item.body)
    assert program is not None  # noqa: S101  # the question was refused without one
    problem = output_problem(program, right.text)
    return None if problem is None else (right.line, "E12", problem)
