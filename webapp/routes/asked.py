"""An item where its learner has it before them: in its lesson, in a quiz over lessons, or in a review. What a form about it does,
and how it is shown afterwards: a script is sent the item's fragment; without one, the way leads back to the item, or the page tells
what was not taken, with what had been given.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from quiz.attempts import Conflict
from quiz.errors import NoNumber, NoOrder, NothingChosen, SameAgain, TooManyChosen, Unreadable
from quiz.items import Item
from quiz.sittings import Refused
from webapp.course.course import Course, Lesson, Mode
from webapp.dependencies import ItemDep, LessonDep, OriginDep, SiteDep, WayDep
from webapp.forms import Draft
from webapp.identity import Visitor, is_anothers, remember
from webapp.items import Error
from webapp.page import Filled
from webapp.predictions import TooLate
from webapp.reader import Reader
from webapp.site import Site, wants_fragment

AMENDABLE = (NothingChosen, TooManyChosen, NoNumber, NoOrder, Unreadable, SameAgain)
"""What a learner can mend in the form."""
LATE = (Conflict, Refused, TooLate)
"""What the form came too late for."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a form, to which course, and when."""

    visitor: Visitor
    learner: str
    course: Course
    now: datetime


Work = Callable[[Session, Sender], object]


@dataclass(frozen=True)
class AskedItem(ABC):
    request: Request
    site: Site
    item: Item

    @property
    @abstractmethod
    def quiz(self) -> str:
        """The name under which the learner's attempts stand in which it is asked."""

    @abstractmethod
    def html(self, reader: Reader, draft: Draft | None) -> str:
        """The item alone."""

    @abstractmethod
    def page(self, reader: Reader, draft: Draft) -> Filled:
        """The page on which it stands."""

    @property
    @abstractmethod
    def address(self) -> str:
        """Of the item on that page."""

    async def do(self, work: Work, before: Callable[[Sender], Awaitable[object]] | None = None) -> None:
        """Do in one transaction what was sent."""
        by = await sender_of(self.request, self.site)
        if before is not None:
            await before(by)
        await self.site.write(by.learner, lambda session: work(session, by))

    async def take(
        self,
        draft: Draft,
        work: Work,
        *,
        keeps: bool = False,
        reader: str = "",
        before: Callable[[Sender], Awaitable[object]] | None = None,
    ) -> Response:
        """Do what was sent and show the item, or why nothing was done, with the form as it was sent: `draft`.

        With `keeps` its form has what it had in any case. `reader`: whose form it was made as, where the form says so; `before` is
        done first, outside of the transaction.
        """
        if reader and is_anothers(self.request, reader):
            return await self.show(replace(draft, error="out-of-date"), 409)
        try:
            await self.do(work, before)
        except AMENDABLE as error:
            return await self.show(replace(draft, error=error.code), 422)
        except LATE as error:
            return await self.show(replace(draft, error=_late(error)), 409)
        return await self.show(draft if keeps and (any(draft.given) or draft.certainty) else None)

    async def show(self, draft: Draft | None = None, status: int = 200) -> Response:
        """The item as it stands now."""
        if wants_fragment(self.request):
            return await self.site.fragment(self.request, lambda reader: self.html(reader, draft), status=status)
        if draft is not None:
            return await self.site.page(self.request, lambda reader: self.page(reader, draft), status=status)
        return await back(self.request, self.site, self.address)


@dataclass(frozen=True)
class InLesson(AskedItem):
    lesson: Lesson
    mode: Mode
    """On whose page it stands."""
    way: Mode | None

    @property
    def quiz(self) -> str:
        return self.lesson.id

    def html(self, reader: Reader, draft: Draft | None) -> str:
        return reader.forms.item_html(self.lesson, self.item, self.mode, draft, way=self.way)

    def page(self, reader: Reader, draft: Draft) -> Filled:
        return reader.lesson_page(self.lesson, self.mode, way=self.way, draft=draft)

    @property
    def address(self) -> str:
        along = f"?way={self.way.value}" if self.way else ""
        page = self.site.url("mode", slug=self.lesson.slug, mode=self.mode.value)
        return f"{page}{along}#item-{self.item.id}"


async def get_in_lesson(
    request: Request, site: SiteDep, item: ItemDep, lesson: LessonDep, origin: OriginDep, way: WayDep
) -> InLesson:
    return InLesson(request, site, item, lesson, origin, way)


InLessonDep = Annotated[InLesson, Depends(get_in_lesson)]


async def sender_of(request: Request, site: Site) -> Sender:
    """Raises TooManyNewcomers."""
    visitor, learner = await site.learner(request)
    return Sender(visitor, learner, site.course_for(request), datetime.now(UTC))


async def back(request: Request, site: Site, address: str) -> Response:
    """After a form without a script."""
    visitor = await site.visitor(request)
    response = RedirectResponse(address, 303)
    remember(request, response, visitor)
    return response


def _late(error: Exception) -> Error:
    if isinstance(error, TooLate):
        return "too-late"
    return "time-over" if isinstance(error, Refused) and error.code == "time-over" else "out-of-date"
