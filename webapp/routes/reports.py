"""What learners write about an item: the problem that they report, and why they chose what they chose."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException
from pydantic import AfterValidator
from sqlmodel import Session
from starlette.responses import Response

from quiz import reasons, reports
from webapp.dependencies import SiteDep
from webapp.forms import Draft
from webapp.routes.asked import AskedItem, InLessonDep, Sender, Work
from webapp.routes.fields import Fields, FieldsDep, plain_text
from webapp.routes.quizzes import InQuizDep
from webapp.routes.review import InReviewDep
from webapp.views.items import Said

router = APIRouter()

Written = Annotated[str, Form(max_length=8000), AfterValidator(plain_text)]
"""More than is taken, so that too much is told in the page."""
STATUS: dict[Said, int] = {"reported": 200, "reason-given": 200, "no-report": 422, "no-reason": 422, "too-many": 429}


@dataclass(frozen=True, slots=True)
class Problem:
    """The form: what is wrong, and with which text and answer before its writer."""

    text: str
    shown: str | None
    fields: Fields


async def read_problem(
    fields: FieldsDep, problem: Written = "", shown: Annotated[str | None, Form(max_length=64)] = None
) -> Problem:
    return Problem(problem, shown, fields)


ProblemDep = Annotated[Problem, Depends(read_problem)]


@router.post("/lessons/{slug}/items/{item}/reports", name="report")
async def report(at: InLessonDep, problem: ProblemDep) -> Response:
    return await _report(at, problem)


@router.post("/review/items/{item}/reports", name="review-report")
async def report_in_review(at: InReviewDep, problem: ProblemDep) -> Response:
    return await _report(at, problem)


@router.post("/quizzes/{slug}/items/{item}/reports", name="quiz-report")
async def report_in_quiz(at: InQuizDep, problem: ProblemDep) -> Response:
    return await _report(at, problem, in_sitting=True)


@router.post("/lessons/{slug}/items/{item}/reasons", name="reason")
async def reason(site: SiteDep, at: InLessonDep, why: Written = "") -> Response:
    if not reasons.is_asked((await site.visitor(at.request)).seed, at.item.id):
        raise HTTPException(404, "This was not asked.")

    def work(session: Session, by: Sender) -> bool:
        who = {"learner": by.learner, "course": by.course.id, "quiz": at.quiz}
        return reasons.give(session, item=at.item, text=why, now=by.now, **who)

    return await _tell(at, work, why, Draft(at.item.id, said="reason-given"), refused="no-reason")


async def _report(at: AskedItem, problem: Problem, *, in_sitting: bool = False) -> Response:
    """What had been given stays in the form."""
    given = problem.fields.of(at.item)
    store = reports.report_in_sitting if in_sitting else reports.report

    def work(session: Session, by: Sender) -> None:
        store(
            session,
            learner=by.learner,
            course=by.course.id,
            quiz=at.quiz,
            item=at.item,
            text=problem.text,
            now=by.now,
            chosen=given,
            shown=problem.shown,
        )

    draft = Draft(at.item.id, given if any(given) else (), certainty=problem.fields.certainty, said="reported")
    return await _tell(at, work, problem.text, draft, refused="no-report")


async def _tell(at: AskedItem, work: Work, text: str, draft: Draft, *, refused: Said) -> Response:
    """Store what was written and show what came of it; what was not taken stays in its field."""
    said = draft.said or refused
    try:
        await at.do(work)
    except reports.NothingWritten:
        said = refused
    except reports.TooManyReports:
        said = "too-many"
    told = replace(draft, said=said, written="" if said == draft.said else text)
    return await at.show(told, STATUS[said])
