"""Quizzes over lessons: the list, an attempt from its start to its result, and the answers in between.

An attempt whose time is over is ended before a page shows it, by the request that looks: no timer does it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Path, Query, Request
from sqlmodel import Session
from starlette.responses import Response

from quiz import sittings
from quiz.quizzes import Quiz
from quiz.sittings import Refused
from webapp import quizzes
from webapp.dependencies import SiteDep
from webapp.forms import Draft
from webapp.page import Filled
from webapp.reader import Reader
from webapp.routes.asked import AskedItem, Sender, Work, back, sender_of
from webapp.routes.fields import FieldsDep
from webapp.site import Site

router = APIRouter()

NOTICES = {
    "not-open": "This quiz takes no attempt now.",
    "none-left": "Every attempt that is allowed was made.",
    "nothing-wrong": "There is nothing to try again: all of it was right.",
    "time-over": "The time was over before this arrived. What was stored by then counts.",
    "attempt-closed": "This belongs to another attempt than the one that is shown here.",
}


@dataclass(frozen=True)
class InQuiz(AskedItem):
    of: Quiz

    @property
    def quiz(self) -> str:
        return self.of.name

    def html(self, reader: Reader, draft: Draft | None) -> str:
        return reader.quizzes.item_html(self.of, self.item.id, draft)

    def page(self, reader: Reader, draft: Draft) -> Filled:
        return _page(reader, self.of, draft, notice=NOTICES.get(draft.error or "", ""))

    @property
    def address(self) -> str:
        return self.site.url("quiz", slug=self.of.slug) + f"#item-{self.item.id}"

    async def show(self, draft: Draft | None = None, status: int = 200) -> Response:
        if draft is not None:
            await end_overdue(self.request, self.site)
        return await super().show(draft, status)


async def get_quiz(request: Request, site: SiteDep, slug: Annotated[str, Path(max_length=64)]) -> Quiz:
    quiz = site.course_for(request).quiz(slug)
    if quiz is None:
        raise HTTPException(404, "There is no such quiz.")
    return quiz


QuizDep = Annotated[Quiz, Depends(get_quiz)]


async def get_in_quiz(
    request: Request, site: SiteDep, quiz: QuizDep, item: Annotated[str, Path(max_length=64)]
) -> InQuiz:
    found = quizzes.place_of(site.course_for(request), item)
    if found is None:
        raise HTTPException(404, "There is no such question.")
    return InQuiz(request, site, found[1], quiz)


InQuizDep = Annotated[InQuiz, Depends(get_in_quiz)]


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
    def work(session: Session, by: Sender) -> int:
        return sittings.start(
            session,
            learner=by.learner,
            course=by.course.id,
            quiz=quiz,
            pool=quizzes.course_pool(by.course),
            seed=by.visitor.seed,
            now=by.now,
            after=after,
            only_wrong=only_wrong,
        )

    return await _do(request, site, quiz, work)


@router.post("/quizzes/{slug}/submissions", name="quiz-submit")
async def submit(
    request: Request,
    site: SiteDep,
    quiz: QuizDep,
    attempt: Annotated[int, Form(ge=1)],
    sure: Annotated[bool, Form()] = False,
) -> Response:
    """Submit the attempt; where items are still open and can be answered, they are named first and nothing is done."""
    await end_overdue(request, site)
    if not sure:
        view, _ = await site.read(request, lambda reader: reader.quizzes.view(quiz))
        if view.entry.phase == "open" and view.entry.attempt == attempt and view.open and not view.is_over:
            return await site.page(request, lambda reader: _page(reader, quiz, asks=True))

    def work(session: Session, by: Sender) -> bool:
        return sittings.submit(session, learner=by.learner, course=by.course.id, quiz=quiz, now=by.now, attempt=attempt)

    return await _do(request, site, quiz, work)


@router.get("/quizzes/{slug}/submissions")
async def ask_once_more(request: Request, site: SiteDep, quiz: QuizDep) -> Response:
    """What `submit` shows of an attempt with open items, for whoever loads that page again: the scripts on it do."""
    await end_overdue(request, site)
    return await site.page(request, lambda reader: _page(reader, quiz, asks=True))


@router.post("/quizzes/{slug}/items/{item}/responses", name="quiz-respond")
async def respond(
    at: InQuizDep,
    attempt: Annotated[int, Form()],
    shown: Annotated[str, Form(max_length=64)],
    fields: FieldsDep,
    seq: Annotated[int, Query(ge=1, le=10_000)] = 1,
    key: Annotated[str | None, Form(min_length=16, max_length=64)] = None,
    reader: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    def work(session: Session, by: Sender) -> object:
        return sittings.respond(
            session,
            learner=by.learner,
            course=by.course.id,
            quiz=at.of,
            item=at.item,
            given=fields.of(at.item),
            seed=by.visitor.seed,
            now=by.now,
            attempt=attempt,
            shown=shown,
            seq=seq,
            key=key,
        )

    return await at.take(fields.draft(at.item), work, reader=reader)


@router.post("/quizzes/{slug}/items/{item}/hints", name="quiz-hint")
async def hint(
    at: InQuizDep, number: Annotated[int, Query(ge=1)], attempt: Annotated[int, Form()], fields: FieldsDep
) -> Response:
    def work(session: Session, by: Sender) -> int:
        return sittings.open_hint(
            session,
            learner=by.learner,
            course=by.course.id,
            quiz=at.of,
            item=at.item,
            seed=by.visitor.seed,
            now=by.now,
            attempt=attempt,
            number=number,
        )

    return await at.take(fields.draft(at.item), work, keeps=True)


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


async def _do(request: Request, site: Site, quiz: Quiz, work: Work) -> Response:
    """Do what concerns the whole attempt and lead to the quiz's page, or say on it why nothing was done."""
    by = await sender_of(request, site)
    await end_overdue(request, site)
    try:
        await site.write(by.learner, lambda session: work(session, by))
    except Refused as refusal:
        notice = NOTICES[refusal.code]
        return await site.page(request, lambda reader: _page(reader, quiz, notice=notice), status=409)
    return await back(request, site, site.url("quiz", slug=quiz.slug))


def _page(reader: Reader, quiz: Quiz, draft: Draft | None = None, *, asks: bool = False, notice: str = "") -> Filled:
    return reader.page("quiz.html", quiz=reader.quizzes.view(quiz, draft, asks=asks, notice=notice))
