"""What routes are given: the site, and the lesson, mode or item that the path names, or 404 before the route runs."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, HTTPException, Path, Query, Request

from quiz.items import Item
from webapp.course.course import Lesson, Mode
from webapp.site import Site


def get_site(request: Request) -> Site:
    site: Site = request.app.state.site
    return site


SiteDep = Annotated[Site, Depends(get_site)]


async def get_author(request: Request, site: SiteDep) -> bool:
    return site.authorship.is_author(request)


AuthorDep = Annotated[bool, Depends(get_author)]
"""Whether the reader is an author: somebody who may see what concerns the course's making, and run programs of their own."""


async def get_lesson(request: Request, site: SiteDep, slug: Annotated[str, Path()]) -> Lesson:
    lesson = site.course_for(request).lesson(slug)
    if lesson is None:
        raise HTTPException(404, "There is no such lesson.")
    return lesson


LessonDep = Annotated[Lesson, Depends(get_lesson)]


async def get_mode(lesson: LessonDep, mode: Annotated[str, Path()]) -> Mode:
    return _present(lesson, mode)


ModeDep = Annotated[Mode, Depends(get_mode)]


async def get_origin(lesson: LessonDep, origin: Annotated[str, Query(alias="from")] = "") -> Mode:
    """The mode on whose page an item's form stood; where it is not said, the first."""
    return _present(lesson, origin) if origin else lesson.modes[0].mode


OriginDep = Annotated[Mode, Depends(get_origin)]


async def get_way(way: Annotated[str, Query()] = "") -> Mode | None:
    """The mode along which the reader goes through the course; anything else is no way."""
    return Mode(way) if way in set(Mode) else None


WayDep = Annotated[Mode | None, Depends(get_way)]


async def get_item(lesson: LessonDep, item: Annotated[str, Path()]) -> Item:
    for known in lesson.items:
        if known.id == item:
            return known
    raise HTTPException(404, "There is no such item in this lesson.")


ItemDep = Annotated[Item, Depends(get_item)]


def _present(lesson: Lesson, name: str) -> Mode:
    for page in lesson.modes:
        if page.mode == name:
            return page.mode
    raise HTTPException(404, "This lesson has no such part.")
