"""An item's page for authors, and its regrades: each is a form that a page of ours carries, with this start's token."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Path, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from quiz import regrades
from quiz.items import Item
from quiz.regrading import Policy
from webapp import analysis
from webapp import regrades as pages
from webapp.course.course import Lesson
from webapp.dependencies import AuthorDep, ItemDep, LessonDep, SiteDep
from webapp.page import Filled
from webapp.reader import Reader
from webapp.routes.fields import plain_text
from webapp.site import Site

router = APIRouter()

Key = Annotated[str, Form(min_length=16, max_length=64)]
Token = Annotated[str, Form(max_length=64)]


@router.get("/analysis/{slug}/items/{item}", name="analysis-item")
async def show_item(
    request: Request, site: SiteDep, lesson: LessonDep, item: ItemDep, is_author: AuthorDep
) -> Response:
    if not is_author:
        raise analysis.AuthorsOnly
    return await _page(request, site, lesson, item)


@router.post("/analysis/{slug}/items/{item}/regrades", name="regrade")
async def regrade(
    request: Request,
    site: SiteDep,
    lesson: LessonDep,
    item: ItemDep,
    policy: Annotated[Policy, Form()],
    version: Annotated[int, Form()],
    key: Key,
    note: Annotated[str, Form(max_length=300)] = "",
    token: Token = "",
) -> Response:
    allow(request, site, token)
    course, now = site.course_for(request), datetime.now(UTC)

    def work(session: Session) -> object:
        return regrades.regrade(
            session,
            course=course.id,
            item=item,
            policy=policy,
            key=key,
            now=now,
            version=version,
            note=" ".join(plain_text(note).split()),
        )

    try:
        await site.database.write(work)
    except regrades.Refused as refused:
        return await _page(request, site, lesson, item, refused=refused.code)
    return RedirectResponse(_done(site, lesson, item), 303)


@router.post("/analysis/{slug}/items/{item}/regrades/{regrade}/reversals", name="regrade-undo")
async def undo(
    request: Request,
    site: SiteDep,
    lesson: LessonDep,
    item: ItemDep,
    regrade: Annotated[str, Path(max_length=64)],
    key: Key,
    token: Token = "",
) -> Response:
    allow(request, site, token)
    course, now = site.course_for(request), datetime.now(UTC)

    def work(session: Session) -> object:
        return regrades.undo(session, course=course.id, item_id=item.id, regrade_id=regrade, key=key, now=now)

    try:
        await site.database.write(work)
    except regrades.Refused as refused:
        return await _page(request, site, lesson, item, refused=refused.code)
    return RedirectResponse(_done(site, lesson, item), 303)


def allow(request: Request, site: Site, token: str) -> None:
    """Raises AuthorsOnly, or HTTPException 403 for a form that is no author's page of this start."""
    if not site.authorship.is_author(request):
        raise analysis.AuthorsOnly
    if site.authorship.refusal(request, token) is not None:
        raise HTTPException(403, "This form is not from a page of this site's present start: load the page again.")


def _done(site: Site, lesson: Lesson, item: Item) -> str:
    return site.url("analysis-item", slug=lesson.slug, item=item.id) + "#regrades"


async def _page(request: Request, site: Site, lesson: Lesson, item: Item, *, refused: str | None = None) -> Response:
    def build(reader: Reader) -> Filled:
        shown = pages.of_item(
            reader.session, reader.course, lesson, item, reader.url, token=reader.token(), refused=refused
        )
        return reader.page("analysis_item.html", item=shown)

    return await site.page(request, build, status=409 if refused else 200)
