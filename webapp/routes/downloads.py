"""Responses and marks as files, for authors, from /analysis: made while they are sent, from the database at one moment.

Before marks are told, every attempt whose time is over is ended, so that what was answered in it counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Literal

from fastapi import APIRouter, Request
from sqlmodel import Session
from starlette.responses import Response, StreamingResponse

from quiz import sittings
from quiz.interchange.gradebook import canvas_csv, moodle_csv
from quiz.interchange.responses import dictionary_csv
from webapp import interchange
from webapp.analysis import AuthorsOnly
from webapp.course.course import Course
from webapp.dependencies import AuthorDep, SiteDep

router = APIRouter()

CHUNK_CHARACTERS = 1 << 16
GRADEBOOKS = {"canvas": canvas_csv, "moodle": moodle_csv}

Make = Callable[[Session, Course], Iterable[str]]


@router.get("/analysis/responses.csv", name="download-responses")
async def responses(request: Request, site: SiteDep, is_author: AuthorDep) -> Response:
    return _sent(request, site, is_author, "responses", interchange.responses)


@router.get("/analysis/columns.csv", name="download-columns")
async def columns(request: Request, site: SiteDep, is_author: AuthorDep) -> Response:
    return _sent(request, site, is_author, "columns", lambda session, course: dictionary_csv())


@router.get("/analysis/gradebook-{system}.csv", name="download-gradebook")
async def gradebook(
    request: Request, site: SiteDep, is_author: AuthorDep, system: Literal["canvas", "moodle"]
) -> Response:
    def make(session: Session, course: Course) -> Iterable[str]:
        columns, marks = interchange.gradebook_of(session, course)
        return GRADEBOOKS[system](columns, marks, {})

    course, now = site.course_for(request), datetime.now(UTC)
    if is_author and course.quizzes:
        await site.database.write(lambda session: sittings.close_overdue(session, course=course.id, now=now))
    return _sent(request, site, is_author, f"gradebook-{system}", make)


def _sent(request: Request, site: SiteDep, is_author: bool, name: str, make: Make) -> Response:
    if not is_author:
        raise AuthorsOnly
    course = site.course_for(request)

    def lines() -> Iterator[bytes]:
        with Session(site.database.reading) as session, session.begin():
            yield from _chunks(make(session, course))

    headers = {
        "Content-Disposition": f'attachment; filename="{course.id}-{name}.csv"',
        "Cache-Control": "no-store",
    }
    return StreamingResponse(lines(), media_type="text/csv; charset=utf-8", headers=headers)


def _chunks(lines: Iterable[str]) -> Iterator[bytes]:
    """Some thousand lines at once: each chunk costs a hop to a thread."""
    waiting: list[str] = []
    length = 0
    for line in lines:
        waiting.append(line)
        length += len(line)
        if length >= CHUNK_CHARACTERS:
            yield "".join(waiting).encode()
            waiting, length = [], 0
    yield "".join(waiting).encode()
