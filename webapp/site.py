"""The running site: its settings, database, labs and the course that it serves. One value, made by `app.create_app`.

Everything that a route needs hangs here; routes get it as `SiteDep`.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import delete
from sqlmodel import Session, col
from starlette.requests import Request
from starlette.responses import Response

from quiz import attempts, grades, versions
from webapp import predictions, records
from webapp.authorship import Authorship
from webapp.called import Called
from webapp.course.course import Course, Lesson
from webapp.database import Database
from webapp.edits import Edits
from webapp.forwarding import Forwarding
from webapp.identity import Newcomers, Visitor, enrol, hold, recognise, remember, room_key, room_of, token_of
from webapp.labs.host import LabHost, UnknownRun
from webapp.labs.measurement import Measurement
from webapp.labs.rooms import Rooms
from webapp.labs.states import EndedRun
from webapp.library import Library
from webapp.measuring import Kept, Measuring
from webapp.models import Learner
from webapp.page import Filled
from webapp.quizzes import rules_of
from webapp.reader import Reader
from webapp.records import Place
from webapp.settings import Settings
from webapp.static import Static

Result = TypeVar("Result")
log = logging.getLogger("interleave")

THEMES = ("light", "dark", "system")
THEME_COOKIE = "theme"
LIVE = "/live/"
"""Below this path stand programs, not pages."""


@dataclass(slots=True)
class Site:
    settings: Settings
    database: Database
    static: Static
    library: Library
    url: Callable[..., str]
    labs: LabHost = field(init=False)
    rooms: Rooms = field(init=False)
    """Programs that are served live."""
    forwarding: Forwarding = field(default_factory=Forwarding)
    places: dict[str, Place] = field(default_factory=dict)
    """Where each run belongs that the lab host still knows."""
    called: Called = field(default_factory=Called)
    """What live programs have answered to readers who called them without their cookie."""
    newcomers: Newcomers = field(default_factory=Newcomers)
    authorship: Authorship = field(init=False)
    edits: Edits = field(default_factory=Edits)
    """What came of the last edit of the lessons."""
    kept: Kept = field(init=False)
    """What this server measured."""
    measuring: Measuring = field(init=False)
    _changing: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.kept = Kept(self.settings.data)
        self.labs = LabHost(on_end=self.keep_run)
        self.rooms = Rooms(on_busy=self.labs.keep_company)
        self.authorship = Authorship(self.settings)
        self.measuring = Measuring(self.kept, self.labs, lambda: self.course, self.show_measurements)

    async def start(self) -> None:
        """Warm what starts labs. Raises HostError where none can be started."""
        await self.labs.start()
        await self.rooms.start()
        if self.settings.measure:
            self.measuring.start()

    async def stop(self) -> None:
        """End every run and every live program. Harmless the second time."""
        await asyncio.gather(self.measuring.close(), self.labs.close(), self.rooms.close())
        await self.forwarding.close()

    @property
    def course(self) -> Course:
        return self.library.course

    def library_for(self, request: Request) -> Library:
        """The library as the request found it: an edit that is taken up meanwhile changes nothing of its answer."""
        if not hasattr(request.state, "library"):
            request.state.library = self.library
        library: Library = request.state.library
        return library

    def course_for(self, request: Request) -> Course:
        """The course as the request found it."""
        return self.library_for(request).course

    def serve(self, course: Course, library: Library) -> None:
        """Put a course in the place of the one before; the versions of its items and its rules for grades are recorded first."""
        now = datetime.now(UTC)
        before = self.course if library is not self.library else None
        recorded = {id(lesson) for lesson in before.lessons} if before and before.id == course.id else set()

        def record(session: Session) -> None:
            for lesson in course.lessons:
                if id(lesson) not in recorded:
                    versions.record_items(session, course.id, lesson.id, lesson.items, now=now)
            grades.record_rules(session, course.id, rules_of(course))

        self.database.write_now(record)
        with self._changing:
            self.library = library

    def show_measurements(self, measured: Mapping[str, Measurement]) -> None:
        """Put other numbers into the pages that are served. Blocks while they are rendered: call it in a thread."""
        with self._changing:  # else a course that is taken up meanwhile would be lost
            self.library = self.library.with_measurements(measured)

    async def visitor(self, request: Request) -> Visitor:
        """Who is asking; stored nowhere by this."""
        token, is_new = token_of(request)
        return await self.database.read(lambda session: recognise(session, token, is_new=is_new))

    async def learner(self, request: Request) -> tuple[Visitor, str]:
        """Who is asking and their learner, made now if this is the browser's first POST. Raises TooManyNewcomers."""
        visitor = await self.visitor(request)
        if visitor.learner is not None:
            return visitor, visitor.learner
        self.newcomers.admit(request.client.host if request.client else "")
        now = datetime.now(UTC)
        learner = await self.database.write(lambda session: enrol(session, visitor, now))
        return visitor, learner

    async def forget(self, visitor: Visitor) -> None:
        """End what runs for the visitor and delete everything that is stored of them, in memory as well."""
        key = room_key(visitor.token)
        self.rooms.vacate(room_of(key))
        self.called.take(key)
        learner = visitor.learner
        if learner is None:
            return
        if (run := self.labs.current(learner)) is not None:
            await self.labs.stop(run)
        now = datetime.now(UTC)

        def erase(session: Session) -> None:
            attempts.erase(session, learner=learner, now=now)
            session.execute(delete(Learner).where(col(Learner.id) == learner))
            records.drop_programs(session)  # one of their own is theirs

        await self.database.write(erase)
        for run_id in [run_id for run_id, place in self.places.items() if place.learner == learner]:
            del self.places[run_id]  # else the lab host shows an ended run for some minutes more

    async def write(self, learner: str, work: Callable[[Session], Result]) -> Result:
        """Store what the learner does, in one transaction, unless they were forgotten meanwhile. Raises Forgotten."""

        def writing(session: Session) -> Result:
            hold(session, learner)
            return work(session)

        return await self.database.write(writing)

    async def read(self, request: Request, work: Callable[[Reader], Result]) -> tuple[Result, Visitor]:
        """Do the work with this request's reader, in one transaction in a readers' thread."""
        token, is_new = token_of(request)
        library = self.library_for(request)

        def reading(session: Session) -> tuple[Result, Visitor]:
            visitor = recognise(session, token, is_new=is_new)
            reader = Reader(
                session,
                library,
                self.labs,
                self.places,
                visitor,
                theme=theme_of(request),
                path=path_of(request),
                origin=origin_of(request),
                url=self.url,
                now=datetime.now(UTC),
                token=lambda: self.authorship.token_for(request),
                edition=self.edits.now if self.authorship.is_author(request) else None,
            )
            return work(reader), visitor

        return await self.database.read(reading)

    async def page(self, request: Request, build: Callable[[Reader], Filled], *, status: int = 200) -> Response:
        """The page for this reader, or 304 where the browser has it; the browser asks each time.

        A run that it shows is expected to be watched.
        """
        (filled, watched), visitor = await self.read(request, lambda reader: (build(reader), reader.panels.watched))
        for run_id in watched:
            self.labs.expect(run_id)
        headers = {"cache-control": "private, no-cache", "vary": "cookie, accept, interleave-fragment"}
        if status == 200:
            headers["etag"] = filled.tag
        if status == 200 and filled.tag in request.headers.get("if-none-match", ""):
            response = Response(status_code=304, headers=headers)
        else:
            response = Response(filled.body, status, headers, "text/html; charset=utf-8")
        remember(request, response, visitor)
        return response

    async def fragment(self, request: Request, build: Callable[[Reader], str], *, status: int = 200) -> Response:
        """A part of a page, for a script that puts it where the old one stood."""
        html, visitor = await self.read(request, build)
        headers = {"cache-control": "private, no-store", "vary": "cookie, accept, interleave-fragment"}
        response = Response(html, status, headers, "text/html; charset=utf-8")
        remember(request, response, visitor)
        return response

    def is_live(self, run_id: str) -> bool:
        """Whether the lab host still knows the run; after that its row has it."""
        try:
            self.labs.position(run_id)
        except UnknownRun:
            return False
        return True

    def running_lab(self, learner: str, lesson: Lesson) -> str | None:
        """The lab of the lesson that a run of the learner is on in, or waits for."""
        run_id = self.labs.current(learner)
        place = self.places.get(run_id) if run_id else None
        return place.lab if place and place.lesson == lesson.id else None

    def remember_place(self, run_id: str, place: Place) -> None:
        """Note where a run belongs, and forget the places of runs that the lab host no longer knows."""
        for known in [known for known in self.places if not self.is_live(known)]:
            del self.places[known]
        self.places[run_id] = place

    async def keep_run(self, run: EndedRun) -> None:
        """Store a run that has ended; one whose learner was forgotten meanwhile goes with them."""
        place = self.places.get(run.id)
        if place is None:
            return

        now = datetime.now(UTC)

        def keep(session: Session) -> None:
            if session.get(Learner, place.learner) is not None:
                records.store(session, place, run)
                predictions.decide(session, self.course, place, run, now)

        try:
            await self.database.write(keep)
        except Exception:
            log.exception("run %s could not be stored", run.id)


def theme_of(request: Request) -> str:
    theme = request.cookies.get(THEME_COOKIE, "system")
    return theme if theme in THEMES else "system"


def path_of(request: Request) -> str:
    """The page's own address, to come back to after a form that belongs to no page; home where it cannot be asked for again."""
    if request.method != "GET":
        return "/"
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def origin_of(request: Request) -> str:
    """Where the reader finds this site, for an address that is used outside of its pages."""
    return f"{request.url.scheme}://{request.url.netloc}"


def wants_fragment(request: Request) -> bool:
    return "interleave-fragment" in request.headers


def wants_json(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")


def wants_text(request: Request) -> bool:
    """Whether a program asks a live program, and not a browser for its reader: a sentence serves it better than a page."""
    return request.url.path.startswith(LIVE) and "text/html" not in request.headers.get("accept", "")
