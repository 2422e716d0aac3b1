"""Whether a reader was shown what a lab does that they are still to predict: somebody else's run, or an answer of a live program.

A learner has a row of it. A browser without a learner, for whom a GET stores nothing, carries a cookie instead. Who called by their
key and without a cookie has it noted under the key, and the row is made when they come with their token (`recall`).
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from quiz.items import Item
from webapp import predictions
from webapp.course.course import Lesson
from webapp.identity import COOKIE_SECONDS, Forgotten, room_key, token_of
from webapp.records import Record
from webapp.site import Site

COOKIE = "interleave-saw"
MOST = 40
"""Labs in one cookie."""

_NAME = re.compile(r"[a-z0-9-]+\.[a-z0-9-]+")


def had_seen(request: Request, lesson: Lesson, item: Item) -> bool:
    """What the cookie says."""
    return item.measured is not None and f"{lesson.id}.{item.measured.lab}" in _names(request)


async def note_sighting(request: Request, site: Site, response: Response, record: Record) -> None:
    """Note that the run is shown in this response, if it tells this reader what they are still to predict."""
    place = record.place
    lesson = site.course_for(request).lesson(place.lesson) if place.course == site.course_for(request).id else None
    if lesson is None or not lesson.predictions(place.lab) or record.state == "queued":
        return
    is_new, visitor = await site.read(request, lambda reader: reader.history.is_new_to(lesson, place.lab))
    if is_new and visitor.learner != place.learner:
        await _note(request, site, response, visitor.learner, f"{lesson.id}.{place.lab}")


async def note_call(
    request: Request, site: Site, response: Response, lesson: Lesson, lab: str, *, key: str | None = None
) -> None:
    """Note that a live program of the lab is about to answer this reader: whose `key` it is, and who brings the cookie."""
    if not lesson.predictions(lab):
        return
    token, is_new = token_of(request)
    if key is not None and (is_new or room_key(token) != key):
        site.called.note(key, f"{lesson.id}.{lab}")
    if is_new:
        return
    is_new, visitor = await site.read(request, lambda reader: reader.history.is_new_to(lesson, lab))
    if is_new:
        await _note(request, site, response, visitor.learner, f"{lesson.id}.{lab}")


async def recall(request: Request, site: Site, learner: str) -> None:
    """Before the learner predicts, skips or starts over: what they saw by their key while it was open to them counts."""
    names = [name.split(".") for name in site.called.take(room_key(token_of(request)[0]))]
    if not names:
        return
    course, now = site.course_for(request), datetime.now(UTC)

    def see(session: Session) -> None:
        for lesson_id, lab in names:
            lesson = course.lesson(lesson_id)
            if lesson is not None and predictions.load(session, learner, course.id, lesson).open(lab):
                predictions.see(session, learner, course.id, lesson_id, lab, now)

    await site.write(learner, see)


async def _note(request: Request, site: Site, response: Response, learner: str | None, name: str) -> None:
    known = _names(request)
    if learner is None and name not in known:
        value = "/".join([*known, name][-MOST:])
        secure = request.url.scheme == "https"
        response.set_cookie(COOKIE, value, max_age=COOKIE_SECONDS, httponly=True, samesite="lax", secure=secure)
    if learner is not None:
        (lesson, lab), course, now = name.split("."), site.course_for(request).id, datetime.now(UTC)
        with suppress(Forgotten):  # then nobody is left who saw it
            await site.write(learner, lambda session: predictions.see(session, learner, course, lesson, lab, now))


def _names(request: Request) -> list[str]:
    return [name for name in request.cookies.get(COOKIE, "").split("/") if _NAME.fullmatch(name)]
