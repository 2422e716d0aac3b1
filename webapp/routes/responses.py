"""Answering an item of a lesson, predicting, and opening hints."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Path, Query, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from quiz import attempts, giving_up
from quiz.predictions import value_of
from webapp import predictions, progress
from webapp.dependencies import LessonDep, SiteDep
from webapp.forms import Draft
from webapp.identity import remember
from webapp.routes.asked import InLesson, InLessonDep, Sender
from webapp.routes.fields import FieldsDep
from webapp.sightings import had_seen, recall
from webapp.site import wants_fragment

router = APIRouter()


@router.post("/lessons/{slug}/items/{item}/responses", name="respond")
async def respond(
    at: InLessonDep,
    attempt: Annotated[int, Form()],
    shown: Annotated[str, Form(max_length=64)],
    fields: FieldsDep,
    number: Annotated[str, Form(max_length=32)] = "",
    seq: Annotated[int, Form(ge=1, le=1000)] = attempts.FIRST_SEQ,
    skip: Annotated[bool, Form()] = False,
    key: Annotated[str | None, Form(min_length=16, max_length=64)] = None,
    reader: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    if at.item.measured is not None:
        predicted = fields.place if at.item.measured.is_order else (number,)
        form = {"seq": seq, "key": key, "attempt": attempt, "shown": shown}
        return await predict(at, predicted, skip=skip, reader=reader, form=form)

    def work(session: Session, by: Sender) -> attempts.Outcome:
        return attempts.respond(
            session,
            learner=by.learner,
            course=by.course.id,
            quiz=at.quiz,
            item=at.item,
            given=fields.of(at.item),
            seed=by.visitor.seed,
            now=by.now,
            key=key,
            seq=seq,  # without a script, the same form sent twice is known by its place
            attempt=attempt,
            shown=shown,
            certainty=fields.certainty,
        )

    return await at.take(fields.draft(at.item), work, reader=reader)


@router.post("/lessons/{slug}/items/{item}/answer", name="give-up")
async def give_up(at: InLessonDep, attempt: Annotated[int, Form()], fields: FieldsDep) -> Response:
    """Show the answer instead of taking the tries that are left."""

    def work(session: Session, by: Sender) -> None:
        who = {"learner": by.learner, "course": by.course.id, "quiz": at.quiz}
        giving_up.give_up(session, item=at.item, now=by.now, attempt=attempt, **who)

    return await at.take(fields.draft(at.item), work)


async def predict(
    at: InLesson, given: tuple[str, ...], *, skip: bool, reader: str, form: Mapping[str, Any]
) -> Response:
    """Commit to a prediction, or skip it."""

    def work(session: Session, by: Sender) -> object:
        value = () if skip else value_of(at.item, given[0] if given else "", given)
        return predictions.commit(
            session,
            learner=by.learner,
            course=by.course.id,
            lesson=at.lesson,
            item=at.item,
            value=value,
            skip=skip,
            running=at.site.running_lab(by.learner, at.lesson),
            saw=had_seen(at.request, at.lesson, at.item),
            seed=by.visitor.seed,
            now=by.now,
            **form,
        )

    return await at.take(
        Draft(at.item.id, given), work, reader=reader, before=lambda by: recall(at.request, at.site, by.learner)
    )


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
async def look(at: InLessonDep) -> Response:
    """A prediction as it stands now, for a script that has seen its run end."""
    if at.item.measured is None:
        raise HTTPException(404, "This item changes by a response alone.")
    if not wants_fragment(at.request):
        return RedirectResponse(at.address, 303)
    return await at.show()


@router.post("/lessons/{slug}/items/{item}/hints", name="hint")
async def hint(at: InLessonDep, number: Annotated[int, Query(ge=1)], fields: FieldsDep) -> Response:
    """Open the hint of that number; a second press of the same button asks for one that is open already."""

    def work(session: Session, by: Sender) -> int:
        return attempts.open_hint(
            session,
            learner=by.learner,
            course=by.course.id,
            quiz=at.quiz,
            item=at.item,
            seed=by.visitor.seed,
            now=by.now,
            number=number,
        )

    return await at.take(fields.draft(at.item), work, keeps=True)
