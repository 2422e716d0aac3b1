"""Answering an item, and opening its hints: as a form that leads back to the item, or as the fragment that replaces it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Path, Query, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from quiz import attempts, giving_up
from quiz.errors import NoNumber, NoOrder
from quiz.items import Item
from quiz.predictions import value_of
from webapp import predictions, progress
from webapp.course.course import Lesson, Mode
from webapp.dependencies import ItemDep, LessonDep, OriginDep, SiteDep, WayDep
from webapp.forms import Draft
from webapp.identity import is_anothers, remember
from webapp.items import Error
from webapp.routes.fields import AMENDABLE, FieldsDep
from webapp.sightings import had_seen, recall
from webapp.site import Site, wants_fragment

router = APIRouter()


@router.post("/lessons/{slug}/items/{item}/responses", name="respond")
async def respond(
    request: Request,
    site: SiteDep,
    lesson: LessonDep,
    item: ItemDep,
    origin: OriginDep,
    way: WayDep,
    attempt: Annotated[int, Form()],
    shown: Annotated[str, Form(max_length=64)],
    fields: FieldsDep,
    number: Annotated[str, Form(max_length=32)] = "",
    seq: Annotated[int, Form(ge=1, le=1000)] = attempts.FIRST_SEQ,
    skip: Annotated[bool, Form()] = False,
    key: Annotated[str | None, Form(min_length=16, max_length=64)] = None,
    reader: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    given = fields.of(item)
    out_of_date = Draft(item.id, given, "out-of-date", fields.certainty)
    if reader and is_anothers(request, reader):
        return await show(request, site, lesson, item, origin, way, out_of_date, 409)
    if item.measured is not None:
        predicted = fields.place if item.measured.is_order else (number,)
        form = {"seq": seq, "key": key, "attempt": attempt, "shown": shown}
        return await predict(request, site, lesson, item, origin, way, given=predicted, skip=skip, form=form)
    visitor, learner = await site.learner(request)
    course, now = site.course_for(request), datetime.now(UTC)

    def work(session: Session) -> attempts.Outcome:
        return attempts.respond(
            session,
            learner=learner,
            course=course.id,
            quiz=lesson.id,
            item=item,
            given=given,
            seed=visitor.seed,
            now=now,
            key=key,
            seq=seq,  # without a script, the same form sent twice is known by its place
            attempt=attempt,
            shown=shown,
            certainty=fields.certainty,
        )

    try:
        await site.write(learner, work)
    except AMENDABLE as error:
        draft = Draft(item.id, given, error.code, fields.certainty)
        return await show(request, site, lesson, item, origin, way, draft, 422)
    except attempts.Conflict:
        return await show(request, site, lesson, item, origin, way, out_of_date, 409)
    return await show(request, site, lesson, item, origin, way)


@router.post("/lessons/{slug}/items/{item}/answer", name="give-up")
async def give_up(
    request: Request,
    site: SiteDep,
    lesson: LessonDep,
    item: ItemDep,
    origin: OriginDep,
    way: WayDep,
    attempt: Annotated[int, Form()],
    fields: FieldsDep,
) -> Response:
    """Show the answer instead of taking the tries that are left."""
    _, learner = await site.learner(request)
    course, now = site.course_for(request), datetime.now(UTC)
    try:
        await site.write(
            learner,
            lambda session: giving_up.give_up(
                session, learner=learner, course=course.id, quiz=lesson.id, item=item, now=now, attempt=attempt
            ),
        )
    except attempts.Conflict:
        draft = Draft(item.id, fields.of(item), "out-of-date", fields.certainty)
        return await show(request, site, lesson, item, origin, way, draft, 409)
    return await show(request, site, lesson, item, origin, way)


async def predict(
    request: Request,
    site: Site,
    lesson: Lesson,
    item: Item,
    origin: Mode,
    way: Mode | None,
    *,
    given: tuple[str, ...],
    skip: bool,
    form: Mapping[str, Any],
) -> Response:
    """Commit to a prediction, or skip it."""
    visitor, learner = await site.learner(request)
    await recall(request, site, learner)
    course, now = site.course_for(request), datetime.now(UTC)

    def work(session: Session) -> object:
        value = () if skip else value_of(item, given[0] if given else "", given)
        return predictions.commit(
            session,
            learner=learner,
            course=course.id,
            lesson=lesson,
            item=item,
            value=value,
            skip=skip,
            running=site.running_lab(learner, lesson),
            saw=had_seen(request, lesson, item),
            seed=visitor.seed,
            now=now,
            **form,
        )

    try:
        await site.write(learner, work)
    except (NoNumber, NoOrder) as error:
        return await show(request, site, lesson, item, origin, way, Draft(item.id, error=error.code, given=given), 422)
    except (attempts.Conflict, predictions.TooLate) as error:
        code: Error = "too-late" if isinstance(error, predictions.TooLate) else "out-of-date"
        return await show(request, site, lesson, item, origin, way, Draft(item.id, error=code), 409)
    return await show(request, site, lesson, item, origin, way)


@router.post("/lessons/{slug}/labs/{lab}/skips", name="skip")
async def skip_lab(request: Request, site: SiteDep, lesson: LessonDep, lab: Annotated[str, Path()]) -> Response:
    """Skip what this learner has not predicted of a lab, so that it can be run."""
    if lesson.lab(lab) is None:
        raise HTTPException(404, "There is no such lab.")
    visitor, learner = await site.learner(request)
    await recall(request, site, learner)
    course, now = site.course_for(request), datetime.now(UTC)

    def work(session: Session) -> None:
        for item in predictions.load(session, learner, course.id, lesson).open(lab):
            predictions.commit(
                session,
                learner=learner,
                course=course.id,
                lesson=lesson,
                item=item,
                value=(),
                skip=True,
                seed=visitor.seed,
                now=now,
            )

    await site.write(learner, work)
    mode = progress.page_with_lab(lesson, lab)
    response = RedirectResponse(site.url("mode", slug=lesson.slug, mode=mode.value) + f"#lab-{lab}", 303)
    remember(request, response, visitor)
    return response


@router.get("/lessons/{slug}/items/{item}", name="item")
async def look(
    request: Request, site: SiteDep, lesson: LessonDep, item: ItemDep, origin: OriginDep, way: WayDep
) -> Response:
    """A prediction as it stands now, for a script that has seen its run end."""
    if item.measured is None:
        raise HTTPException(404, "This item changes by a response alone.")
    if not wants_fragment(request):
        return RedirectResponse(site.url("mode", slug=lesson.slug, mode=origin.value) + f"#item-{item.id}", 303)
    return await show(request, site, lesson, item, origin, way)


@router.post("/lessons/{slug}/items/{item}/hints", name="hint")
async def hint(
    request: Request,
    site: SiteDep,
    lesson: LessonDep,
    item: ItemDep,
    origin: OriginDep,
    way: WayDep,
    number: Annotated[int, Query(ge=1)],
    fields: FieldsDep,
) -> Response:
    """Open the hint of that number; a second press of the same button asks for one that is open already."""
    visitor, learner = await site.learner(request)
    course, now = site.course_for(request), datetime.now(UTC)
    draft: Draft | None
    try:
        await site.write(
            learner,
            lambda session: attempts.open_hint(
                session,
                learner=learner,
                course=course.id,
                quiz=lesson.id,
                item=item,
                seed=visitor.seed,
                now=now,
                number=number,
            ),
        )
    except attempts.Conflict:
        draft = Draft(item.id, fields.of(item), "out-of-date", fields.certainty)
        return await show(request, site, lesson, item, origin, way, draft, 409)
    given = fields.of(item)
    draft = Draft(item.id, given, certainty=fields.certainty) if any(given) or fields.certainty else None
    return await show(request, site, lesson, item, origin, way, draft)


async def show(
    request: Request,
    site: Site,
    lesson: Lesson,
    item: Item,
    mode: Mode,
    way: Mode | None,
    draft: Draft | None = None,
    status: int = 200,
) -> Response:
    """The item as it stands now: its fragment for a script, else the way back to it, or the page with what had been given."""
    if wants_fragment(request):
        return await site.fragment(
            request,
            lambda reader: reader.forms.item_html(lesson, item, mode, draft, way=way),
            status=status,
        )
    if draft is not None:
        return await site.page(
            request, lambda reader: reader.lesson_page(lesson, mode, way=way, draft=draft), status=status
        )
    visitor = await site.visitor(request)
    along = f"?way={way.value}" if way else ""
    page = site.url("mode", slug=lesson.slug, mode=mode.value)
    response = RedirectResponse(f"{page}{along}#item-{item.id}", 303)
    remember(request, response, visitor)
    return response
