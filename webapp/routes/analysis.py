"""Item analysis, for authors: the course with its misconceptions, and each lesson item by item."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from webapp import analysis
from webapp.dependencies import AuthorDep, LessonDep, SiteDep
from webapp.page import Filled
from webapp.reader import Reader

router = APIRouter()


@router.get("/analysis", name="analysis")
async def show_course(request: Request, site: SiteDep, is_author: AuthorDep) -> Response:
    if not is_author:
        raise analysis.AuthorsOnly

    def build(reader: Reader) -> Filled:
        found = analysis.of_course(reader.session, reader.course, reader.url)
        return reader.page("analysis.html", analysis=found)

    return await site.page(request, build)


@router.get("/analysis/{slug}", name="analysis-lesson")
async def show_lesson(request: Request, site: SiteDep, lesson: LessonDep, is_author: AuthorDep) -> Response:
    if not is_author:
        raise analysis.AuthorsOnly

    def build(reader: Reader) -> Filled:
        found = analysis.of_lesson(reader.session, reader.course, lesson, reader.url)
        return reader.page("analysis_lesson.html", lesson=found)

    return await site.page(request, build)
