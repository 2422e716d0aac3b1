"""Reading: home, the lessons' pages, one mode through the whole course, progress, and going on."""

from __future__ import annotations

from asyncio import to_thread
from datetime import UTC, datetime
from hashlib import blake2b
from mimetypes import guess_type
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, HTTPException, Path, Request
from starlette.responses import RedirectResponse, Response

from quiz import attempts, carrying
from webapp import calibration, progress, sightings
from webapp.course.course import Mode
from webapp.course.files import LARGEST_IMAGE_BYTES, Unreadable, read_bytes
from webapp.dependencies import AuthorDep, LessonDep, ModeDep, SiteDep, WayDep
from webapp.identity import COOKIE, COOKIE_SECONDS, remember
from webapp.page import Filled
from webapp.reader import Reader
from webapp.routes.quizzes import end_overdue
from webapp.site import THEME_COOKIE, THEMES

router = APIRouter()


@router.get("/", name="home")
async def home(request: Request, site: SiteDep) -> Response:
    await end_overdue(request, site)

    def build(reader: Reader) -> Filled:
        outline = progress.outline(reader.course, reader.history.standing, reader.url)
        return reader.page(
            "home.html",
            outline=outline,
            ways=progress.ways(reader.course, reader.url),
            started=reader.history.standing.started,
            next_entry=progress.next_entry(outline),
            summary=reader.course.summary,
            quizzes=reader.quizzes.entries(),
        )

    return await site.page(request, build)


@router.get("/lessons/{slug}", name="lesson")
async def lesson(request: Request, site: SiteDep, lesson: LessonDep) -> Response:
    mode, visitor = await site.read(request, lambda reader: progress.resume(lesson, reader.history.standing))
    response = RedirectResponse(site.url("mode", slug=lesson.slug, mode=mode.value), 303)
    response.headers["cache-control"] = "private, no-store"
    remember(request, response, visitor)
    return response


@router.get("/lessons/{slug}/files/{name}", name="file")
async def file(request: Request, lesson: LessonDep, name: Annotated[str, Path()]) -> Response:
    """A program is that of the course that is served, whatever became of its file since; it is saved under its name."""
    program, path = lesson.program(name), lesson.files.get(name)
    if path is None:
        raise HTTPException(404, "This lesson has no such file.")
    try:
        body = await to_thread(read_bytes, path, LARGEST_IMAGE_BYTES) if program is None else program.encode()
    except Unreadable as problem:
        raise HTTPException(404, f"{name} {problem}.") from problem
    headers = {"cache-control": "private, no-cache", "etag": f'"{blake2b(body, digest_size=16).hexdigest()}"'}
    if headers["etag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if program is not None:
        headers["content-disposition"] = f'attachment; filename="{name}"'
    return Response(body, 200, headers, guess_type(name)[0] or "application/octet-stream")


@router.get("/lessons/{slug}/whole", name="whole")
async def whole(request: Request, site: SiteDep, lesson: LessonDep) -> Response:
    return await site.page(request, lambda reader: reader.whole_page(lesson))


@router.get("/lessons/{slug}/{mode}", name="mode")
async def mode(request: Request, site: SiteDep, lesson: LessonDep, mode: ModeDep, way: WayDep) -> Response:
    return await site.page(request, lambda reader: reader.lesson_page(lesson, mode, way=way))


@router.post("/lessons/{slug}/{mode}/completions", name="complete")
async def complete(request: Request, site: SiteDep, lesson: LessonDep, mode: ModeDep, way: WayDep) -> Response:
    visitor, learner = await site.learner(request)
    course, now = site.course_for(request), datetime.now(UTC)
    if progress.goes_on_to_finish(lesson, mode):
        await site.write(
            learner, lambda session: progress.complete(session, learner, course.id, lesson.id, mode.value, now)
        )
    following = progress.foot(course, lesson, mode, way, site.url).following
    response = RedirectResponse(following.url if following else site.url("progress"), 303)
    remember(request, response, visitor)
    return response


@router.get("/modes/{mode}", name="way")
async def way(request: Request, site: SiteDep, mode: Annotated[str, Path()]) -> Response:
    if mode not in progress.present_modes(site.course_for(request)):
        raise HTTPException(404, "No lesson has such a part.")
    chosen = Mode(mode)

    def build(reader: Reader) -> Filled:
        entries = progress.entries_with(reader.course, chosen, reader.history.standing, reader.url)
        start = progress.start_of_way(reader.course, chosen, reader.history.standing, reader.url)
        return reader.page("way.html", mode=mode, entries=entries, start=start)

    return await site.page(request, build)


@router.get("/progress", name="progress")
async def show_progress(request: Request, site: SiteDep, is_author: AuthorDep) -> Response:
    await end_overdue(request, site)

    def build(reader: Reader) -> Filled:
        outline = progress.outline(
            reader.course, reader.history.standing, reader.url, grades=reader.quizzes.lesson_grades()
        )
        return reader.page(
            "progress.html",
            outline=outline,
            quizzes=reader.quizzes.entries(),
            started=reader.history.standing.started,
            next_entry=progress.next_entry(outline),
            is_author=is_author,
            calibration=calibration.load(reader.session, reader.visitor.learner, reader.course.id),
        )

    return await site.page(request, build)


@router.post("/lessons/{slug}/attempts", name="start_over")
async def start_over(
    request: Request, site: SiteDep, lesson: LessonDep, only_wrong: Annotated[bool, Form()] = False
) -> Response:
    """Open the lesson's questions again: all of them, or those alone that were answered and not right."""
    visitor, learner = await site.learner(request)
    await sightings.recall(request, site, learner)
    course, now = site.course_for(request), datetime.now(UTC)
    again = carrying.retry if only_wrong else attempts.start_over
    await site.write(
        learner, lambda session: again(session, learner=learner, course=course.id, quiz=lesson.id, now=now)
    )
    response = RedirectResponse(site.url("progress"), 303)
    remember(request, response, visitor)
    return response


@router.post("/theme", name="theme")
async def theme(theme: Annotated[str, Form()], back: Annotated[str, Form()] = "/") -> Response:
    if theme not in THEMES:
        raise HTTPException(422, f"A theme is one of {', '.join(THEMES)}.")
    response = RedirectResponse(local(back), 303)
    response.set_cookie(THEME_COOKIE, theme, max_age=COOKIE_SECONDS, samesite="lax")
    return response


@router.post("/forget", name="forget")
async def forget_me(request: Request, site: SiteDep) -> Response:
    visitor = await site.visitor(request)
    await site.forget(visitor)
    response = RedirectResponse(site.url("home"), 303)
    for cookie in (COOKIE, sightings.COOKIE):
        response.delete_cookie(cookie)
    return response


def local(path: str) -> str:
    """The path if it leads to a page of this site, else home: `//host` and `\\host` lead elsewhere."""
    try:
        parts = urlsplit(path)
    except ValueError:
        return "/"
    elsewhere = parts.scheme or parts.netloc or "\\" in path or not path.startswith("/") or path.startswith("//")
    return "/" if elsewhere or any(ord(character) < 32 for character in path) else path
