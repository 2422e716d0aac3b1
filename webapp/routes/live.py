"""Live programs: `/live/{lesson}/{lab}/{variant}/{path}` is the program's own `/{path}`, over real HTTP.

Whose program it is (the room) is said by a key, `/live/~{key}/…`, else by the learner's cookie, else by the caller's address.
The key stands in the path and not in the query: it cannot be taken for a parameter of the program, relative links and redirects
keep it, and the rest of the address stays as it is. It is made from the cookie's token, so a tab and a curl line of one reader
meet in one room.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from webapp.course.course import Lesson
from webapp.dependencies import LessonDep, SiteDep
from webapp.forwarding import Answer, Asked, NoAnswer, passed, target
from webapp.identity import ROOM_KEY, room_key, room_of, token_of
from webapp.labs.lab import TOKENS, Lab, UnknownChoice
from webapp.labs.rooms import Place
from webapp.labs.served import Program, Served
from webapp.labs.sharing import Caller
from webapp.noted import Noted
from webapp.sightings import note_call
from webapp.site import Site

router = APIRouter()

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
SEGMENTS = 4
"""`live`, lesson, lab and variant stand before the program's own path."""
ENDING_SECONDS = 0.5
OWN_HEADERS = {
    "content-security-policy": "sandbox",
    "cache-control": "no-store",
    # A sandboxed page that asks for an opener policy is not shown at all.
    "cross-origin-opener-policy": "unsafe-none",
}

Name = Annotated[str, Path(max_length=100)]


@router.api_route("/live/~{key}/{slug}/{lab}/{variant}/{path:path}", methods=METHODS, name="live-keyed")
async def keyed(request: Request, site: SiteDep, lesson: LessonDep, key: Name, lab: Name, variant: Name) -> Response:
    if not ROOM_KEY.fullmatch(key):
        raise HTTPException(404, "There is no such room: a key has 12 letters, digits, - or _.")
    program = program_of(lesson.lab(lab), variant)
    place = Place(room_of(key), lesson.id, lab, variant)
    along = await seen(request, site, lesson, lab, key=key)
    return await hand_on(request, site, place, program, along, segments=SEGMENTS + 1)


@router.api_route("/live/{slug}/{lab}/{variant}/{path:path}", methods=METHODS, name="live")
async def live(request: Request, site: SiteDep, lesson: LessonDep, lab: Name, variant: Name) -> Response:
    program = program_of(lesson.lab(lab), variant)
    token, is_new = token_of(request)
    address = request.client.host if request.client else ""
    room = f"address {address}" if is_new else room_of(room_key(token))
    place = Place(room, lesson.id, lab, variant)
    return await hand_on(request, site, place, program, await seen(request, site, lesson, lab), segments=SEGMENTS)


async def seen(
    request: Request, site: Site, lesson: Lesson, lab: str, *, key: str | None = None
) -> list[tuple[bytes, bytes]]:
    """Note that the reader sees what the lab does, which they may be still to predict: headers that the answer takes along."""
    noting = Response()
    await note_call(request, site, noting, lesson, lab, key=key)
    return [header for header in noting.raw_headers if header[0] == b"set-cookie"]


def program_of(lab: Lab | None, variant: str) -> Program:
    """The variant's program with the lab's own number of tokens, as a run has it that changes nothing."""
    try:
        if lab is None:
            raise HTTPException(404, "There is no such lab.")
        chosen = lab.variant(variant)
    except UnknownChoice as error:
        raise HTTPException(404, "There is no such program in this lab.") from error
    tokens = next((int(known.range.default) for known in lab.parameters if known.name == TOKENS), None)
    return Program(chosen.file, chosen.program, tokens)


async def hand_on(
    request: Request, site: Site, place: Place, program: Program, along: list[tuple[bytes, bytes]], *, segments: int
) -> Response:
    noted = Noted(time.monotonic())
    raw_path: bytes = request.scope["raw_path"]
    try:
        sent_to = target(raw_path, segments, request.scope["query_string"])
    except ValueError:
        raise HTTPException(404, "There is no such program.") from None
    asked = Asked(request.method, sent_to, passed(request.scope["headers"]), await request.body())
    base = b"/".join(raw_path.split(b"/", segments + 1)[:-1]).decode("latin-1")
    return Forwarded(request, site, place, program, asked, base, noted, along)


async def caller_of(request: Request, site: Site, place: Place, program: Program) -> Caller:
    """Who may be about to start a program; where it is there already, nobody is looked up."""
    address = request.client.host if request.client else ""
    if site.rooms.is_there(place, program):
        return Caller(address, is_learner=False)
    return Caller(address, (await site.visitor(request)).learner is not None)


class Forwarded(Response):
    """The program's answer, sent on while it comes. Where the caller leaves, the program is left too."""

    def __init__(
        self,
        request: Request,
        site: Site,
        place: Place,
        program: Program,
        asked: Asked,
        base: str,
        noted: Noted,
        along: list[tuple[bytes, bytes]],
    ) -> None:
        super().__init__()
        self.request = request
        self.site = site
        self.place = place
        self.program = program
        self.asked = asked
        self.base = base
        self.noted = noted
        self.along = along
        self.begun = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        carrying = asyncio.ensure_future(self._carry(send))
        leaving = asyncio.ensure_future(_left(receive))
        try:
            await asyncio.wait((carrying, leaving), return_when=asyncio.FIRST_COMPLETED)
            if carrying.done():
                carrying.result()
        finally:
            carrying.cancel()
            leaving.cancel()
            await asyncio.gather(carrying, leaving, return_exceptions=True)

    async def _carry(self, send: Send) -> None:
        try:
            try:
                await self._carry_once(send)
            except NoAnswer as failed:
                if not failed.absent:
                    raise
                await self._carry_once(
                    send
                )  # it died unnoticed: nothing reached it, so it is started anew and asked once more
        except NoAnswer:
            if not self.begun:
                raise  # an answer that breaks off is left without its end: the server then closes the connection

    async def _carry_once(self, send: Send) -> None:
        caller = await caller_of(self.request, self.site, self.place, self.program)
        async with self.site.rooms.visit(self.place, self.program, caller) as served:
            try:
                with _unanswered(served) as waiting:
                    self.noted.let_in(time.monotonic(), served.unanswered)
                    async with self.site.forwarding.ask(served.address, self.asked) as answer:
                        self.noted.answered(time.monotonic())
                        waiting.close()
                        await self._pass_on(answer, send)
            except NoAnswer as failed:
                if not failed.late and (failed.absent or await _ends(served)):
                    self.site.rooms.gone(self.place, served)
                raise

    async def _pass_on(self, answer: Answer, send: Send) -> None:
        headers = [self.noted.header(), *answer.headers(self.base), *OWN_HEADERS.items()]
        encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        encoded += self.along
        self.begun = True
        await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
        async for chunk in answer.chunks():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


@contextlib.contextmanager
def _unanswered(served: Served) -> Iterator[contextlib.ExitStack]:
    """Count a request as one that waits, until what is yielded is closed."""

    def less() -> None:
        served.unanswered -= 1

    with contextlib.ExitStack() as waiting:
        served.unanswered += 1
        waiting.callback(less)
        yield waiting


async def _ends(served: Served) -> bool:
    """Whether a program that broke off is ending: its listener may outlive the connection for a moment."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(ENDING_SECONDS):
            await served.ended.wait()
    return served.ended.is_set()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
