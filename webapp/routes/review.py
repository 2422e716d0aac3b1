"""The daily review: its page, one question after another, and the responses to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Path, Query, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from quiz import reviewing
from quiz.attempts import Outcome
from quiz.cards import REVIEW_QUIZ
from webapp import progress, review
from webapp.dependencies import SiteDep
from webapp.forms import Draft
from webapp.identity import remember
from webapp.page import Filled
from webapp.reader import Reader
from webapp.routes.asked import AskedItem, Sender
from webapp.routes.fields import FieldsDep
from webapp.site import wants_fragment

router = APIRouter()


@dataclass(frozen=True)
class InReview(AskedItem):
    items: reviewing.Items
    """Everything that can be reviewed."""

    @property
    def quiz(self) -> str:
        return REVIEW_QUIZ

    def html(self, reader: Reader, draft: Draft | None) -> str:
        day = reader.history.review or review.blank(reader.now)  # whoever was forgotten may have an answer that waited
        return reader.fragment("_item.html", item=reader.forms.review_item(day, self.item.id, draft))

    def page(self, reader: Reader, draft: Draft | None) -> Filled:
        assert reader.history.review is not None  # noqa: S101  # it asks the item
        return reader.review_page(reader.history.review, self.item.id, draft)

    @property
    def address(self) -> str:
        return self.site.url("review-turn", item=self.item.id)

    async def show(self, draft: Draft | None = None, status: int = 200) -> Response:
        return await self.look(draft, status, stays=draft is not None)

    async def look(self, draft: Draft | None = None, status: int = 200, *, stays: bool = True) -> Response:
        """The question as it stands today: its fragment for a script, else its page, or the way to it where it is not to stay.

        What today does not ask leads to the review's page.
        """
        asked, visitor = await self.site.read(self.request, self._is_asked)
        if wants_fragment(self.request) and (asked or draft):
            return await self.site.fragment(self.request, lambda reader: self.html(reader, draft), status=status)
        if asked and stays:
            return await self.site.page(self.request, lambda reader: self.page(reader, draft), status=status)
        response = RedirectResponse(self.address if asked else self.site.url("review"), 303)
        response.headers["cache-control"] = "private, no-store"
        remember(self.request, response, visitor)
        return response

    def day(self, session: Session, by: Sender) -> reviewing.Day:
        return reviewing.day(session, learner=by.learner, course=by.course.id, items=self.items, now=by.now)

    def _is_asked(self, reader: Reader) -> bool:
        day = reader.history.review
        return day is not None and (day.turn(self.item.id) is not None or self.item.id in day.quiz.items)


async def get_in_review(request: Request, site: SiteDep, item: Annotated[str, Path(max_length=64)]) -> InReview:
    items = review.items_of(site.course_for(request))
    if item not in items:
        raise HTTPException(404, "There is no such question.")
    return InReview(request, site, items[item][1], items)


InReviewDep = Annotated[InReview, Depends(get_in_review)]


@router.get("/review", name="review")
async def show_review(request: Request, site: SiteDep) -> Response:
    def build(reader: Reader) -> Filled:
        return reader.page(
            "review.html",
            review=review.overview(reader.history.review),
            next_entry=progress.next_entry(progress.outline(reader.course, reader.history.standing, reader.url)),
        )

    return await site.page(request, build)


@router.get("/review/next", name="review-next")
async def next_turn(request: Request, site: SiteDep) -> Response:
    """The next question of today, or the review's page where none is left."""
    day, visitor = await site.read(request, lambda reader: reader.history.review)
    url = site.url("review-turn", item=day.turns[0].item) if day and day.turns else site.url("review")
    response = RedirectResponse(url, 303, {"cache-control": "private, no-store"})
    remember(request, response, visitor)
    return response


@router.get("/review/items/{item}", name="review-turn")
async def turn(at: InReviewDep) -> Response:
    return await at.look()


@router.post("/review/items/{item}/responses", name="review-respond")
async def respond(
    at: InReviewDep,
    attempt: Annotated[int, Form()],
    shown: Annotated[str, Form(max_length=64)],
    fields: FieldsDep,
    key: Annotated[str | None, Form(min_length=16, max_length=64)] = None,
    reader: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    def work(session: Session, by: Sender) -> Outcome:
        return reviewing.respond(
            session,
            learner=by.learner,
            course=by.course.id,
            items=at.items,
            item=at.item.id,
            given=fields.of(at.item),
            seed=review.seed(by.visitor.seed, at.day(session, by)),
            now=by.now,
            key=key,
            attempt=attempt,
            shown=shown,
            certainty=fields.certainty,
        )

    return await at.take(fields.draft(at.item), work, reader=reader)


@router.post("/review/items/{item}/hints", name="review-hint")
async def hint(at: InReviewDep, number: Annotated[int, Query(ge=1)], fields: FieldsDep) -> Response:
    def work(session: Session, by: Sender) -> int:
        return reviewing.open_hint(
            session,
            learner=by.learner,
            course=by.course.id,
            items=at.items,
            item=at.item.id,
            seed=review.seed(by.visitor.seed, at.day(session, by)),
            now=by.now,
            number=number,
        )

    return await at.take(fields.draft(at.item), work, keeps=True)
