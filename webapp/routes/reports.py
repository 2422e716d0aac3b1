"""What learners write about an item: the problem that they report, and why they chose what they chose."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Path, Request
from pydantic import AfterValidator
from sqlmodel import Session
from starlette.responses import Response

from quiz import reasons, reports
from quiz.cards import REVIEW_QUIZ
from quiz.items import Item
from webapp.dependencies import ItemDep, LessonDep, OriginDep, SiteDep, WayDep
from webapp.forms import Draft
from webapp.routes import quizzes, responses, review
from webapp.routes.fields import Fields, FieldsDep, plain_text
from webapp.routes.quizzes import QuizDep
from webapp.site import Site
from webapp.views.items import Said

router = APIRouter()

Written = Annotated[str, Form(max_length=8000), AfterValidator(plain_text)]
"""More than is taken, so that too much is told in the page."""
STATUS: dict[Said, int] = {"reported": 200, "reason-given": 200, "no-report": 422, "no-reason": 422, "too-many": 429}


@router.post("/lessons/{slug}/items/{item}/reports", name="report")
async def report(
    request: Request,
    site: SiteDep,
    lesson: LessonDep,
    item: ItemDep,
    origin: OriginDep,
    way: WayDep,
    fields: FieldsDep,
    problem: Written = "",
    shown: Annotated[str | None, Form(max_length=64)] = None,
) -> Response:
    draft = await _reported(request, site, lesson.id, item, fields, problem, shown)
    return await responses.show(request, site, lesson, item, origin, way, draft, STATUS[draft.said or "reported"])


@router.post("/review/items/{item}/reports", name="review-report")
async def report_in_review(
    request: Request,
    site: SiteDep,
    item: Annotated[str, Path(max_length=64)],
    fields: FieldsDep,
    problem: Written = "",
    shown: Annotated[str | None, Form(max_length=64)] = None,
) -> Response:
    asked = review.items_of(request, site, item)[item][1]
    draft = await _reported(request, site, REVIEW_QUIZ, asked, fields, problem, shown)
    return await review.show(request, site, item, draft, STATUS[draft.said or "reported"])


@router.post("/quizzes/{slug}/items/{item}/reports", name="quiz-report")
async def report_in_quiz(
    request: Request,
    site: SiteDep,
    quiz: QuizDep,
    item: Annotated[str, Path(max_length=64)],
    fields: FieldsDep,
    problem: Written = "",
    shown: Annotated[str | None, Form(max_length=64)] = None,
) -> Response:
    asked = quizzes.item_of(request, site, item)
    await quizzes.end_overdue(request, site)
    try:
        draft = await _reported(request, site, quiz.name, asked, fields, problem, shown, reports.report_in_sitting)
    except reports.NotAsked as error:
        raise HTTPException(404, "Your attempt at this quiz has no such question.") from error
    return await quizzes.show(request, site, quiz, item, draft, STATUS[draft.said or "reported"])


@router.post("/lessons/{slug}/items/{item}/reasons", name="reason")
async def reason(
    request: Request,
    site: SiteDep,
    lesson: LessonDep,
    item: ItemDep,
    origin: OriginDep,
    way: WayDep,
    why: Written = "",
) -> Response:
    visitor, learner = await site.learner(request)
    if not reasons.is_asked(visitor.seed, item.id):
        raise HTTPException(404, "This was not asked.")
    course, now = site.course_for(request), datetime.now(UTC)

    def work(session: Session) -> bool:
        return reasons.give(session, learner=learner, course=course.id, quiz=lesson.id, item=item, text=why, now=now)

    draft = Draft(item.id, said="reason-given")
    try:
        await site.write(learner, work)
    except reports.NothingWritten:
        draft = Draft(item.id, said="no-reason", written=why)
    return await responses.show(request, site, lesson, item, origin, way, draft, STATUS[draft.said or "reported"])


async def _reported(
    request: Request,
    site: Site,
    quiz: str,
    item: Item,
    fields: Fields,
    problem: str,
    shown: str | None,
    store: Callable[..., None] = reports.report,
) -> Draft:
    """Store the report, and give what the form is to say: what had been given stays in it."""
    _, learner = await site.learner(request)
    course, now, given = site.course_for(request), datetime.now(UTC), fields.of(item)

    def work(session: Session) -> None:
        store(
            session,
            learner=learner,
            course=course.id,
            quiz=quiz,
            item=item,
            text=problem,
            now=now,
            chosen=given,
            shown=shown,
        )

    said: Said = "reported"
    try:
        await site.write(learner, work)
    except reports.NothingWritten:
        said = "no-report"
    except reports.TooManyReports:
        said = "too-many"
    return Draft(item.id, given if any(given) else (), said=said, written="" if said == "reported" else problem)
