"""The daily review: its page, one question after another, and the responses to them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Path, Query, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from quiz import reviewing
from quiz.attempts import Conflict, Outcome
from webapp import progress, review
from webapp.dependencies import SiteDep
from webapp.forms import Draft
from webapp.identity import is_anothers, remember
from webapp.page import Filled
from webapp.reader import Reader
from webapp.routes.fields import AMENDABLE, FieldsDep
from webapp.site import Site, wants_fragment

router = APIRouter()

Name = Annotated[str, Path(max_length=64)]


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
async def turn(request: Request, site: SiteDep, item: Name) -> Response:
    return await show(request, site, item)


@router.post("/review/items/{item}/responses", name="review-respond")
async def respond(
    request: Request,
    site: SiteDep,
    item: Name,
    attempt: Annotated[int, Form()],
    shown: Annotated[str, Form(max_length=64)],
    fields: FieldsDep,
    key: Annotated[str | None, Form(min_length=16, max_length=64)] = None,
    reader: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    items = items_of(request, site, item)
    given = fields.of(items[item][1])
    out_of_date = Draft(item, given, "out-of-date", fields.certainty)
    if reader and is_anothers(request, reader):
        return await show(request, site, item, out_of_date, 409)
    visitor, learner = await site.learner(request)
    course, now = site.course_for(request), datetime.now(UTC)

    def work(session: Session) -> Outcome:
        day = reviewing.day(session, learner=learner, course=course.id, items=items, now=now)
        return reviewing.respond(
            session,
            learner=learner,
            course=course.id,
            items=items,
            item=item,
            given=given,
            seed=review.seed(visitor.seed, day),
            now=now,
            key=key,
            attempt=attempt,
            shown=shown,
            certainty=fields.certainty,
        )

    try:
        await site.write(learner, work)
    except AMENDABLE as error:
        return await show(request, site, item, Draft(item, given, error.code, fields.certainty), 422)
    except Conflict:
        return await show(request, site, item, out_of_date, 409)
    return await show(request, site, item, back=True)


@router.post("/review/items/{item}/hints", name="review-hint")
async def hint(
    request: Request,
    site: SiteDep,
    item: Name,
    number: Annotated[int, Query(ge=1)],
    fields: FieldsDep,
) -> Response:
    visitor, learner = await site.learner(request)
    course, items, now = site.course_for(request), items_of(request, site, item), datetime.now(UTC)

    def work(session: Session) -> int:
        day = reviewing.day(session, learner=learner, course=course.id, items=items, now=now)
        return reviewing.open_hint(
            session,
            learner=learner,
            course=course.id,
            items=items,
            item=item,
            seed=review.seed(visitor.seed, day),
            now=now,
            number=number,
        )

    given = fields.of(items[item][1])
    try:
        await site.write(learner, work)
    except Conflict:
        return await show(request, site, item, Draft(item, given, "out-of-date", fields.certainty), 409)
    draft = Draft(item, given, certainty=fields.certainty) if any(given) or fields.certainty else None
    return await show(request, site, item, draft, back=draft is None)


async def show(
    request: Request, site: Site, item: str, draft: Draft | None = None, status: int = 200, *, back: bool = False
) -> Response:
    """The question as it stands today: its fragment for a script, else its page, or the way `back` to it after a form.

    What today does not ask leads to the review's page.
    """
    items_of(request, site, item)
    asked, visitor = await site.read(request, lambda reader: _is_asked(reader, item))
    if wants_fragment(request) and (asked or draft):
        return await site.fragment(request, lambda reader: _fragment(reader, item, draft), status=status)
    if asked and not back:
        return await site.page(request, lambda reader: _page(reader, item, draft), status=status)
    response = RedirectResponse(site.url("review-turn", item=item) if asked else site.url("review"), 303)
    response.headers["cache-control"] = "private, no-store"
    remember(request, response, visitor)
    return response


def items_of(request: Request, site: Site, item: str) -> reviewing.Items:
    """What can be reviewed, or 404 where the item is none of it."""
    items = review.items_of(site.course_for(request))
    if item not in items:
        raise HTTPException(404, "There is no such question.")
    return items


def _is_asked(reader: Reader, item: str) -> bool:
    day = reader.history.review
    return day is not None and (day.turn(item) is not None or item in day.quiz.items)


def _page(reader: Reader, item: str, draft: Draft | None) -> Filled:
    assert reader.history.review is not None  # noqa: S101  # it asks the item
    return reader.review_page(reader.history.review, item, draft)


def _fragment(reader: Reader, item: str, draft: Draft | None) -> str:
    day = reader.history.review or review.blank(reader.now)  # whoever was forgotten may have an answer that waited
    return reader.fragment("_item.html", item=reader.forms.review_item(day, item, draft))
