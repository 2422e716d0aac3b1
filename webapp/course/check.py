"""Everything that is wrong with a course, in one folder or a stack of them, as `interleave check` prints it: errors first.

Beyond what a site looks at when it loads the course, the programs are run whose output a question asks for, all questions are
looked at together, and each is held to what its answers showed, where they are known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from quiz.items import Item
from quiz.kinds import Kind
from quiz.lint import lint_answered
from quiz.outputs import program_of
from webapp.course.course import Course
from webapp.course.drafts import LESSON_FILE
from webapp.course.errors import CourseError
from webapp.course.linting import lint_course
from webapp.course.loading import read_course
from webapp.course.printing import output_problem
from webapp.course.remembered import Reports
from webapp.course.render import Renderer
from webapp.course.stack import Folders, folders_of, place_of, read_stack

Facilities = Mapping[str, tuple[float | None, int]]
"""By item: the mean share of the points, and how many answered."""
FacilitiesOf = Callable[[Course], Facilities]


def check(
    folders: Folders, renderer: Renderer | None = None, facilities_of: FacilitiesOf | None = None
) -> list[CourseError]:
    """`str()` of each is `path:line: CODE message`. A course without an error can be served, whatever warnings it has.

    `facilities_of` gives what learners made of a course's items, where somebody knows.
    """
    if renderer is None:
        with Renderer() as own:
            return check(folders, own, facilities_of)
    reading = read_course(folders, renderer)
    course = reading.course
    if course is None:
        return [*reading.errors, *reading.warnings]
    together = lint_course(read_stack(folders_of(folders), Reports().of), course.items)
    answered = _misjudged(folders, course, facilities_of(course)) if facilities_of else ()
    return [*_wrong_outputs(folders, course), *sorted((*reading.warnings, *together, *answered))]


def _misjudged(folders: Folders, course: Course, facilities: Facilities) -> Iterator[CourseError]:
    for lesson in course.lessons:
        path = str(place_of(folders_of(folders), lesson.slug) / LESSON_FILE)
        for item in lesson.items:
            for warning in lint_answered(item, *facilities.get(item.id, (None, 0)), path=path):
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
