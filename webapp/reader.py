"""One reader at one request: the pages and fragments, their holes filled with what this reader has done.

Made and used inside one reading transaction, in a readers' thread: loading and rendering are one hop away from the loop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlmodel import Session

from quiz.reviewing import Day
from webapp import progress, review
from webapp.course.course import Lesson, Mode
from webapp.edits import Edition
from webapp.forms import Draft, Forms
from webapp.history import History
from webapp.identity import Visitor, reader_key
from webapp.labs.host import LabHost
from webapp.library import Library
from webapp.page import MARKER, Filled, Page
from webapp.panels import Panels
from webapp.progress import Url
from webapp.quizzes import Quizzes
from webapp.records import Place


class Reader:
    def __init__(
        self,
        session: Session,
        library: Library,
        host: LabHost,
        places: Mapping[str, Place],
        visitor: Visitor,
        *,
        theme: str,
        path: str,
        origin: str,
        url: Url,
        now: datetime,
        token: Callable[[], str | None] = lambda: None,
        edition: Edition | None = None,
    ) -> None:
        """What is an author's: `token` is asked for where a page has something for one, None says that this reader is none;
        `edition` is what one is told of the last edit, None for everybody else.
        """
        self.session = session
        self.library = library
        self.course = library.course
        self.visitor = visitor
        self.theme = theme
        self.path = path
        self.url = url
        self.token = token
        self.edition = edition
        self.now = now
        self.history = History(session, library.course, visitor, now, host, places)
        self.panels = Panels(session, library, host, places, visitor, self.history, origin=origin, url=url, token=token)
        self.forms = Forms(session, library.course, visitor, self.history, self.panels, url, self.fragment)

    @cached_property
    def quizzes(self) -> Quizzes:
        return Quizzes(self.session, self.course, self.visitor, self.url, self.now, self.fragment)

    def page(self, template: str, **context: Any) -> Filled:
        """A page of its own: home, progress, a run."""
        html = self.library.templates.get_template(template).render(context)
        return Page.split(html).fill(self._shell)

    def lesson_page(self, lesson: Lesson, mode: Mode, *, way: Mode | None, draft: Draft | None = None) -> Filled:
        page = self.library.pages[lesson.slug, mode]
        return page.fill(lambda hole: self._lesson_hole(hole, lesson, mode, way, draft))

    def whole_page(self, lesson: Lesson) -> Filled:
        """The whole lesson. Each lab shows its last run."""

        def fill(hole: str) -> str:
            kind, _, name = hole.partition(":")
            if kind == "lab":
                ran = self.history.standing.runs.get((lesson.id, name), ())
                view = self.panels.lab_view(lesson, name, selected=ran[0].variant if ran else None)
                return self.fragment("_lab.html", lab=view)
            return self._lesson_hole(hole, lesson, _home_of(lesson, name), None, None)

        return self.library.whole[lesson.slug].fill(fill)

    def fragment(self, template: str, **context: Any) -> str:
        """A part of a page; the holes that an author's text left in it are filled as those of a page are."""
        html = self.library.templates.get_template(template).render(context)
        return MARKER.sub(lambda hole: self._number(hole[1]), html) if "\x00" in html else html

    def review_page(self, day: Day, item: str, draft: Draft | None = None) -> Filled:
        """The page of one question of a review."""
        view = self.forms.review_item(day, item, draft)
        turn = review.turn(day, item, self.course, self.url)
        return self.page("review_card.html", item=view, turn=turn)

    def _number(self, hole: str) -> str:
        """A bound number for this reader: the one place through which each of them goes."""
        _, anchor, expression = hole.split(":", 2)
        numbers = self.library.numbers
        number = numbers[expression]
        is_foretold = number.lesson is not None and any(self.history.is_open(number.lesson, lab) for lab in number.labs)
        return (numbers.foretold if is_foretold else number).at(anchor)

    def _shell(self, hole: str) -> str:
        """What every page has: how many questions are due, the theme, its reader for the outbox, for an author the edits; and the
        bound numbers of a question that is shown outside its lesson."""
        if hole.startswith("number:"):
            return self._number(hole)
        match hole:
            case "due":
                return self.fragment("_due.html", due=len(self.history.review.turns) if self.history.review else 0)
            case "theme-name":
                return self.theme
            case "theme":
                return self.fragment("_theme.html", theme=self.theme, back=self.path)
            case "reader":
                return reader_key(self.visitor.token)
            case "authoring":
                return self.fragment("_authoring.html", edition=self.edition) if self.edition else ""
        raise KeyError(hole)

    def _lesson_hole(self, hole: str, lesson: Lesson, mode: Mode, way: Mode | None, draft: Draft | None) -> str:
        kind, _, name = hole.partition(":")
        match kind:
            case "outline":
                return self.fragment(
                    "_outline.html", outline=progress.outline(self.course, self.history.standing, self.url, here=lesson)
                )
            case "cells":
                return self.fragment("_cells.html", cells=progress.cells(lesson, self.history.standing, self.url, mode))
            case "kicker":
                return self.fragment(
                    "_kicker.html", entry=progress.entry(lesson, self.history.standing, self.url, current=True)
                )
            case "next":
                return self.fragment("_next.html", next=progress.foot(self.course, lesson, mode, way, self.url))
            case "item":
                item = next(item for item in lesson.items if item.id == name)
                return self.forms.item_html(lesson, item, mode, draft, way=way)
            case "number":
                return self._number(hole)
            case "due":
                return (
                    ""  # whoever is in a lesson has something to do, and its pages are the ones that are asked for most
                )
            case "lab":
                return self.fragment("_lab.html", lab=self.panels.lab_view(lesson, name))
            case "figure":
                figure = self.panels.figure_view(lesson, name)
                return self.fragment(f"figures/_{figure.show}.html", figure=figure)
        return self._shell(hole)


def _home_of(lesson: Lesson, item_id: str) -> Mode:
    """The first mode in which an item stands: where its form leads back to without a script."""
    places = (page.mode for page in lesson.modes for piece in page.pieces if getattr(piece, "item_id", "") == item_id)
    return next(places, lesson.modes[-1].mode)
