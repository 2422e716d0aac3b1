"""Quizzes over lessons: the list, an attempt from its start to its result, and the answers in between.

An attempt whose time is over is ended before a page shows it, by the request that looks: no timer does it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Form, HTTPException, Path, Query, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from quiz import sittings
from quiz.attempts import Conflict
from quiz.items import Item
from quiz.quizzes import Quiz
from quiz.sittings import Refused
from webapp import quizzes
from webapp.dependencies import SiteDep
from webapp.forms import Draft
from webapp.identity import is_anothers, remember
from webapp.items import Error
from webapp.page import Filled
from webapp.reader import Reader
from webapp.routes.fields import AMENDABLE, FieldsDep
from webapp.site import Site, wants_fragment

router = APIRouter()
Result = TypeVar("Result")

NOTICES = {
    "not-open": "This quiz takes no attempt now.",
    "none-left": "Every attempt that is allowed was made.",
    "nothing-wrong": "There is nothing to try again: all of it was right.",
    "time-over": "The time was over before this arrived. What was stored by then counts.",
    "attempt-closed": "This belongs to another attempt than the one that is shown here.",
}


async def get_quiz(request: Request, site: SiteDep, slug: Annotated[str, Path(max_length=64)]) -> Quiz:
    quiz = site.course_for(request).quiz(slug)
    if quiz is None:
        raise HTTPException(404, "There is no such quiz.")
    return quiz


QuizDep = Annotated[Quiz, Depends(get_quiz)]


@router.get("/quizzes", name="quizzes")
async def listed(request: Request, site: SiteDep) -> Response:
    await end_overdue(request, site)
    return await site.page(request, lambda reader: reader.page("quizzes.html", quizzes=reader.quizzes.entries()))


@router.get("/quizzes/{slug}", name="quiz")
async def show_quiz(request: Request, site: SiteDep, quiz: QuizDep) -> Response:
    await end_overdue(request, site)
    return await site.page(request, lambda reader: _page(reader, quiz))


@router.post("/quizzes/{slug}/attempts", name="quiz-start")
async def start(
    request: Request,
    site: SiteDep,
    quiz: QuizDep,
    after: Annotated[int, Form(ge=0)],
    only_wrong: Annotated[bool, Form()] = False,
) -> Response:
    visitor, learner = await site.learner(request)
    course = site.course_for(request)

    def work(session: Session, now: datetime) -> int:
        return sittings.start(
            session,
            learner=learner,
            course=course.id,
            quiz=quiz,
            pool=quizzes.course_pool(course),
            seed=visitor.seed,
            now=now,
            after=after,
            only_wrong=only_wrong,
        )

    return await _do(request, site, quiz, learner, work)


@router.post("/quizzes/{slug}/submissions", name="quiz-submit")
async def submit(
    request: Request,
    site: SiteDep,
    quiz: QuizDep,
    attempt: Annotated[int, Form(ge=1)],
    sure: Annotated[bool, Form()] = False,
) -> Response:
    """Submit the attempt; where items are still open and can be answered, they are named first and nothing is done."""
    _, learner = await site.learner(request)
    course = site.course_for(request)
    await end_overdue(request, site)
    if not sure:
        view, _ = await site.read(request, lambda reader: reader.quizzes.view(quiz))
        if view.entry.phase == "open" and view.entry.attempt == attempt and view.open and not view.is_over:
            return await site.page(request, lambda reader: _page(reader, quiz, asks=True))

    def work(session: Session, now: datetime) -> bool:
        return sittings.submit(session, learner=learner, course=course.id, quiz=quiz, now=now, attempt=attempt)

    return await _do(request, site, quiz, learner, work)


@router.get("/quizzes/{slug}/submissions")
async def ask_once_more(request: Request, site: SiteDep, quiz: QuizDep) -> Response:
    """What `submit` shows of an attempt with open items, for whoever loads that page again: the scripts on it do."""
    await end_overdue(request, site)
    return await site.page(request, lambda reader: _page(reader, quiz, asks=True))


@router.post("/quizzes/{slug}/items/{item}/responses", name="quiz-respond")
async def respond(
    request: Request,
    site: SiteDep,
    quiz: QuizDep,
    item: Annotated[str, Path(max_length=64)],
    attempt: Annotated[int, Form()],
    shown: Annotated[str, Form(max_length=64)],
    fields: FieldsDep,
    seq: Annotated[int, Query(ge=1, le=10_000)] = 1,
    key: Annotated[str | None, Form(min_length=16, max_length=64)] = None,
    reader: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    asked = item_of(request, site, item)
    given = fields.of(asked)
    if reader and is_anothers(request, reader):
        return await show(request, site, quiz, item, Draft(item, given, "out-of-date"), 409)
    visitor, learner = await site.learner(request)
    course = site.course_for(request)

    def work(session: Session, now: datetime) -> object:
        return sittings.respond(
            session,
            learner=learner,
            course=course.id,
            quiz=quiz,
            item=asked,
            given=given,
            seed=visitor.seed,
            now=now,
            attempt=attempt,
            shown=shown,
            seq=seq,
            key=key,
        )

    return await _answer(request, site, quiz, item, given, learner, work)


@router.post("/quizzes/{slug}/items/{item}/hints", name="quiz-hint")
async def hint(
    request: Request,
    site: SiteDep,
    quiz: QuizDep,
    item: Annotated[str, Path(max_length=64)],
    number: Annotated[int, Query(ge=1)],
    attempt: Annotated[int, Form()],
    fields: FieldsDep,
) -> Response:
    asked = item_of(request, site, item)
    visitor, learner = await site.learner(request)
    course = site.course_for(request)

    def work(session: Session, now: datetime) -> object:
        return sittings.open_hint(
            session,
            learner=learner,
            course=course.id,
            quiz=quiz,
            item=asked,
            seed=visitor.seed,
            now=now,
            attempt=attempt,
            number=number,
        )

    return await _answer(request, site, quiz, item, fields.of(asked), learner, work, keeps=True)


async def end_overdue(request: Request, site: Site) -> None:
    """End the reader's attempts whose time is over; nothing is written where there is none."""
    course, now = site.course_for(request), datetime.now(UTC)
    if not course.quizzes:
        return
    late, visitor = await site.read(
        request, lambda reader: quizzes.is_overdue(reader.session, reader.visitor.learner, course.id, now)
    )
    if late:
        await site.database.write(
            lambda session: sittings.close_overdue(session, course=course.id, now=now, learner=visitor.learner)
        )


async def show(
    request: Request, site: Site, quiz: Quiz, item: str, draft: Draft | None = None, status: int = 200
) -> Response:
    """The item as it stands in the attempt: its fragment for a script, else the way back to it, or the page with what was given."""
    if wants_fragment(request):
        return await site.fragment(request, lambda reader: reader.quizzes.item_html(quiz, item, draft), status=status)
    if draft is not None:
        notice = NOTICES.get(draft.error or "", "")
        return await site.page(request, lambda reader: _page(reader, quiz, draft, notice=notice), status=status)
    return await _back(request, site, quiz, f"#item-{item}")


async def _answer(
    request: Request,
    site: Site,
    quiz: Quiz,
    item: str,
    given: tuple[str, ...],
    learner: str,
    work: Callable[[Session, datetime], object],
    *,
    keeps: bool = False,
) -> Response:
    """Do what concerns one item, and show it; with `keeps`, what had been given stays in its form."""
    now = datetime.now(UTC)
    try:
        await site.write(learner, lambda session: work(session, now))
    except AMENDABLE as error:
        return await show(request, site, quiz, item, Draft(item, given, error.code), 422)
    except Conflict:
        return await show(request, site, quiz, item, Draft(item, given, "out-of-date"), 409)
    except Refused as refusal:
        await end_overdue(request, site)
        why: Error = "time-over" if refusal.code == "time-over" else "out-of-date"
        return await show(request, site, quiz, item, Draft(item, given, why), 409)
    return await show(request, site, quiz, item, Draft(item, given) if keeps and any(given) else None)


async def _do(
    request: Request, site: Site, quiz: Quiz, learner: str, work: Callable[[Session, datetime], object]
) -> Response:
    """Do what concerns the whole attempt and lead to the quiz's page, or say on it why nothing was done."""
    await end_overdue(request, site)
    now = datetime.now(UTC)
    try:
        await site.write(learner, lambda session: work(session, now))
    except Refused as refusal:
        notice = NOTICES[refusal.code]
        return await site.page(request, lambda reader: _page(reader, quiz, notice=notice), status=409)
    return await _back(request, site, quiz)


async def _back(request: Request, site: Site, quiz: Quiz, anchor: str = "") -> Response:
    visitor = await site.visitor(request)
    response = RedirectResponse(site.url("quiz", slug=quiz.slug) + anchor, 303)
    remember(request, response, visitor)
    return response


def _page(reader: Reader, quiz: Quiz, draft: Draft | None = None, *, asks: bool = False, notice: str = "") -> Filled:
    return reader.page("quiz.html", quiz=reader.quizzes.view(quiz, draft, asks=asks, notice=notice))


def item_of(request: Request, site: Site, name: str) -> Item:
    found = quizzes.place_of(site.course_for(request), name)
    if found is None:
        raise HTTPException(404, "There is no such question.")
    return found[1]
