"""Put the site together: `create_app(settings)`. No application and no engine exists at import."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, closing
from functools import lru_cache
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp

from webapp import errors
from webapp.course.course import Course
from webapp.course.errors import CourseError
from webapp.course.render import Renderer
from webapp.course.watch import Watch
from webapp.database import Database
from webapp.head import Head
from webapp.library import Library
from webapp.measuring import Kept
from webapp.routes import (
    analysis,
    author,
    downloads,
    edits,
    health,
    live,
    pages,
    quizzes,
    regrades,
    reports,
    responses,
    review,
    runs,
    search,
    traces,
)
from webapp.security import Security
from webapp.settings import Settings, resource
from webapp.site import LIVE, Site
from webapp.static import Static

log = logging.getLogger("interleave")

MAX_BODY_BYTES = 64 * 1024
WATCH_SECONDS = 1.0
AWAITED_WATCH_SECONDS = 0.3
"""While an author looks at an open page: two looks must see the same before an edit is taken up."""
URLS = 4096
"""Addresses kept: a page writes dozens, and finding a route by its name is a search through all of them."""


def create_app(settings: Settings) -> FastAPI:
    """The site over a data folder and a lesson folder.

    Raises CourseErrors for a course that cannot be served, OperatorError for a data folder that cannot be used.
    """
    app = _Application(
        settings, openapi_url=None, docs_url=None, redoc_url=None, lifespan=_lifespan, max_body_size=MAX_BODY_BYTES
    )
    for router in (
        pages.router,
        search.router,
        responses.router,
        reports.router,
        runs.router,
        traces.router,
        review.router,
        quizzes.router,
        downloads.router,
        analysis.router,
        regrades.router,
        live.router,
        health.router,
        author.router,
        edits.router,
    ):
        app.include_router(router)
    static = Static(resource("static"))
    app.mount("/static", static, name="static")
    app.add_middleware(Head, own=(LIVE,))
    errors.install(app)

    @lru_cache(URLS)
    def url(name: str, /, **parameters: str) -> str:
        return str(app.url_path_for(name, **parameters))

    def library(course: Course, before: Library | None = None) -> Library:
        return Library.of(
            course,
            resource("templates"),
            url_for=url,
            static=lambda path: f"/static/{static.url(path)}",
            before=before,
            measured=kept.of(course),
        )

    kept = Kept(settings.data)
    with ExitStack() as opened:
        renderer = opened.enter_context(Renderer())
        watch = Watch(settings.lessons, renderer, on_course=lambda course: None, on_errors=_tell)
        database = opened.enter_context(closing(Database(settings.data, settings.database)))
        site = Site(settings, database, static, library(watch.course), url)
        with database.starting():
            site.serve(watch.course, site.library)
        closer = opened.pop_all()

    def take_up(course: Course) -> None:
        site.serve(course, library(course, site.library))
        site.edits.served(watch.warnings)

    def tell(errors: tuple[CourseError, ...]) -> None:
        _tell(errors)
        site.edits.broken(errors, watch.warnings)

    watch.on_course, watch.on_errors = take_up, tell
    app.state.site = site
    app.state.watch = watch
    app.state.closer = closer
    return app


class _Application(FastAPI):
    """Security lies around everything: `add_middleware` would leave the answer to an unexpected error outside of it."""

    def __init__(self, settings: Settings, **options: Any) -> None:
        super().__init__(**options)
        self._hosts = settings.hosts

    def build_middleware_stack(self) -> ASGIApp:
        return Security(super().build_middleware_stack(), names=self._hosts, open=(LIVE,))


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    site: Site = app.state.site
    await site.start()
    watching = asyncio.create_task(_look(app.state.watch, site)) if site.settings.watch else None
    try:
        yield
    finally:
        if watching:
            watching.cancel()
        await site.stop()
        await asyncio.to_thread(app.state.closer.close)


async def _look(watch: Watch, site: Site) -> None:
    """Take up edits of the lessons while the site runs; a broken one leaves the last good course where it is."""
    while True:
        await asyncio.sleep(AWAITED_WATCH_SECONDS if site.edits.is_awaited() else WATCH_SECONDS)
        try:
            if await asyncio.to_thread(watch.look) and not watch.errors:
                log.info("The edited course is served now.")
        except Exception:
            log.exception("The lessons could not be looked at; trying again.")


def _tell(errors: tuple[CourseError, ...]) -> None:
    log.error("This edit is not served; the course before it stays:\n%s", "\n".join(map(str, errors)))
