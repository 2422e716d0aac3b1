"""The course that is being served, its pages ready as bytes. A new course replaces it whole, in one assignment.

Nothing here knows a learner: what belongs to one is a hole in the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from jinja2 import Environment

from webapp.course.course import Course, FigurePlace, ItemPlace, LabPlace, Lesson, Mode, ModePage, Piece, Prose
from webapp.course.index import Index
from webapp.course.passages import passages
from webapp.labs.drawing import DRAWING_GLOBALS
from webapp.labs.measurement import Measurement
from webapp.numbers import Numbers
from webapp.page import Page
from webapp.templating import environment


@dataclass(frozen=True, slots=True)
class Library:
    course: Course
    templates: Environment
    pages: dict[tuple[str, Mode], Page]
    whole: dict[str, Page]
    """By slug: a lesson's modes one after another on one page."""
    index: Index
    numbers: Numbers

    @classmethod
    def of(
        cls,
        course: Course,
        folder: Path,
        *,
        url_for: Callable[..., str],
        static: Callable[[str], str],
        measured: Mapping[str, Measurement],
        before: Library | None = None,
    ) -> Library:
        """The course with every mode page rendered once, and its words found once. `measured`: by this server, by lesson id.

        Of the library `before` it takes the pages of lessons that are the same.
        """
        if before is not None and _shell(before.course) == _shell(course):
            templates, same = before.templates, {id(lesson) for lesson in before.course.lessons}
        else:
            templates = environment(
                folder, url_for=url_for, static=static, course=course.title, lang=course.lang, glossary=course.glossary
            )
            templates.globals.update(DRAWING_GLOBALS)
            before, same = None, set()
        pages = {
            (lesson.slug, page.mode): before.pages[lesson.slug, page.mode]
            if before is not None and id(lesson) in same
            else _page(templates, course, lesson, page)
            for lesson in course.lessons
            for page in lesson.modes
        }
        whole = {
            lesson.slug: before.whole[lesson.slug]
            if before is not None and id(lesson) in same
            else _whole(templates, course, lesson)
            for lesson in course.lessons
        }
        return cls(course, templates, pages, whole, Index.of(passages(course)), Numbers(course, measured, templates))

    def with_measurements(self, measured: Mapping[str, Measurement]) -> Library:
        """The same pages with the numbers of other measurements."""
        return replace(self, numbers=Numbers(self.course, measured, self.templates))


def _shell(course: Course) -> tuple[object, ...]:
    """What the pages of a lesson show of the course."""
    return course.title, course.lang, course.glossary, len(course.lessons)


def _page(templates: Environment, course: Course, lesson: Lesson, page: ModePage) -> Page:
    """The mode's page. Recall has every item of the lesson, in its order: those of the other modes come before its own."""
    pieces = [_piece(piece) for piece in page.pieces]
    if page.mode is Mode.RECALL:
        own = {value for kind, value in pieces if kind == "item"}
        first = next((at for at, (kind, _) in enumerate(pieces) if kind == "item"), len(pieces))
        pieces[first:first] = [("item", item.id) for item in lesson.items if item.id not in own]
    return Page.split(
        templates.get_template("lesson.html").render(
            lesson=lesson, lessons=len(course.lessons), mode=page.mode.value, pieces=pieces
        )
    )


def _whole(templates: Environment, course: Course, lesson: Lesson) -> Page:
    """Every mode of the lesson. An item that stands in several is shown in the first of them."""
    seen: set[tuple[str, object]] = set()
    modes = []
    for page in lesson.modes:
        pieces = [piece for piece in map(_piece, page.pieces) if piece[0] == "prose" or piece not in seen]
        seen |= {piece for piece in pieces if piece[0] != "prose"}
        if pieces:
            modes.append((page.mode.value, pieces))
    html = templates.get_template("whole.html").render(lesson=lesson, lessons=len(course.lessons), modes=modes)
    return Page.split(html)


def _piece(piece: Piece) -> tuple[str, object]:
    match piece:
        case Prose(html):
            return ("prose", html)
        case ItemPlace(item_id):
            return ("item", item_id)
        case LabPlace(lab_id):
            return ("lab", lab_id)
        case FigurePlace(figure_id):
            return ("figure", figure_id)
