"""What learners write about an item: the problem that they report, and why they chose what they chose."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Path, Request
from pydantic import AfterValidator
from sqlmodel import Session
from starlette.responses import Response

from quiz import reasons, reports
from quiz.cards import REVIEW_QUIZ
from webapp import review
from webapp.course.course import Lesson
from webapp.dependencies import ItemDep, LessonDep, OriginDep, SiteDep, WayDep
from webapp.forms import Draft
from webapp.routes import responses
from webapp.routes import review as reviewing
from webapp.routes.fields import plain_text
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
    option: Annotated[list[str], Form(default_factory=list, max_length=64)],
    problem: Written = "",
    shown: Annotated[str | None, Form(max_length=64)] = None,
) -> Response:
    draft = await _reported(request, site, lesson, lesson.id, item.id, problem, option, shown)
    return await responses.show(request, site, lesson, item, origin, way, draft, STATUS[draft.said or "reported"])


@router.post("/review/items/{item}/reports", name="review-report")
async def report_in_review(
    request: Request,
    site: SiteDep,
    item: Annotated[str, Path(max_length=64)],
    option: Annotated[list[str], Form(default_factory=list, max_length=64)],
    problem: Written = "",
    shown: Annotated[str | None, Form(max_length=64)] = None,
) -> Response:
    try:
        lesson, _ = review.place_of(site.course_for(request), item)
    except KeyError as error:
        raise HTTPException(404, "There is no such question.") from error
    draft = await _reported(request, site, lesson, REVIEW_QUIZ, item, problem, option, shown)
    return await reviewing.show(request, site, item, draft, STATUS[draft.said or "reported"])


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
    lesson: Lesson,
    quiz: str,
    item_id: str,
    problem: str,
    option: list[str],
    shown: str | None,
) -> Draft:
    """Store the report, and give what the form is to say: what had been chosen stays chosen."""
    _, learner = await site.learner(request)
    course, now, item, chosen = site.course_for(request), datetime.now(UTC), lesson.item(item_id), tuple(option)
    assert item is not None  # noqa: S101  # whoever calls has found it in the lesson

    def work(session: Session) -> None:
        reports.report(
            session,
            learner=learner,
            course=course.id,
            quiz=quiz,
            item=item,
            text=problem,
            now=now,
            chosen=chosen,
            shown=shown,
        )

    try:
        await site.write(learner, work)
    except reports.NothingWritten:
        return Draft(item_id, chosen, said="no-report", written=problem)
    except reports.TooManyReports:
        return Draft(item_id, chosen, said="too-many", written=problem)
    return Draft(item_id, chosen, said="reported")
