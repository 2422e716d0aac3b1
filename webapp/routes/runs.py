"""Runs: asked for, watched, looked at again by their link, stopped. Their contract for scripts stands in CONTRIBUTING."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException, Path, Query, Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse

from webapp import progress, records
from webapp.course.course import Lesson
from webapp.dependencies import LessonDep, SiteDep
from webapp.identity import remember
from webapp.labs.host import Message, OwnerBusy
from webapp.page import Filled
from webapp.reader import Reader
from webapp.records import Place, Record
from webapp.routes.wish import Wish, wish
from webapp.sightings import note_sighting
from webapp.site import Site, wants_fragment, wants_json
from webapp.views.runs import RunView

router = APIRouter()

RunId = Annotated[str, Path(alias="id", max_length=64)]
Viewer = Annotated[str, Query(max_length=32)]
"""A name that a page made for one stream, so that it can say goodbye for that one."""
EVENT_ID = re.compile(r"[0-9]{1,18}")
ENDINGS = ("finished", "failed", "stopped")
RECONNECT_MILLISECONDS = 1000


@router.post("/runs", name="runs")
async def submit(request: Request, site: SiteDep) -> Response:
    asked = await wish(request, own_code=site.settings.own_code)
    allow(request, site, asked)
    lesson = site.course_for(request).lesson(asked.lesson)
    lab = lesson.lab(asked.lab) if lesson else None
    if lesson is None or lab is None:
        raise HTTPException(404, "There is no such lab.")
    spec = lab.spec(asked.variant, requests=asked.requests, parameters=asked.parameters, program=asked.program)
    own = spec.program_hash != lab.variant(asked.variant).program_hash
    if (page := await predicted_first(request, site, lesson, lab.id)) is not None:
        return await predict_first(request, site, lesson, lab.id, page)
    visitor, learner = await site.learner(request)
    place = Place(learner, site.course_for(request).id, lesson.id, lab.id, asked.variant, own)
    try:
        run_id = site.labs.submit(spec, owner=learner)
    except OwnerBusy as busy:
        return already_on(request, site, busy.run_id)
    site.remember_place(run_id, place)
    url = site.url("run", id=run_id)
    if wants_json(request):
        state = site.labs.state(run_id).state
        events = site.url("events", id=run_id)
        told = {"id": run_id, "state": state, "events": events, "url": url}
        foretold, _ = await site.read(request, lambda reader: reader.panels.foretold(lesson, place, spec))
        response: Response = JSONResponse(
            told if foretold is None else {**told, "predicted": foretold}, 201, {"location": url}
        )
    else:
        response = RedirectResponse(url, 303)
    remember(request, response, visitor)
    return response


@router.get("/runs/{id}", name="run")
async def show(request: Request, site: SiteDep, run_id: RunId, beside: Annotated[str, Query()] = "") -> Response:
    record, visitor = await site.read(request, lambda reader: known(reader, run_id))
    if wants_json(request):
        view, _ = await site.read(request, lambda reader: reader.panels.run_view(record))
        response: Response = JSONResponse(as_json(view), headers={"cache-control": "private, no-store"})
        remember(request, response, visitor)
    elif wants_fragment(request):
        response = await site.fragment(
            request, lambda reader: reader.fragment("_run.html", run=reader.panels.run_view(record))
        )
    else:
        response = await site.page(request, lambda reader: page_of(reader, run_id, beside))
    await note_sighting(request, site, response, record)
    return response


def page_of(reader: Reader, run_id: str, beside: str) -> Filled:
    run = reader.panels.run_view(known(reader, run_id))
    return reader.page("run.html", run=run, replay=reader.panels.replays.of_run(run, beside=beside))


@router.get("/runs/{id}/files/{name}", name="program")
async def program(request: Request, site: SiteDep, run_id: RunId, name: Annotated[str, Path()]) -> Response:
    """The program exactly as it ran, whatever the lesson says by now."""
    record, _ = await site.read(request, lambda reader: known(reader, run_id))
    if record.spec.file != name:
        raise HTTPException(404, "This run had another program.")
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return PlainTextResponse(record.spec.program, headers=headers, media_type="text/x-python; charset=utf-8")


@router.get("/runs/{id}/events", name="events")
async def events(
    request: Request,
    site: SiteDep,
    run_id: RunId,
    last_event_id: Annotated[str, Header()] = "",
    after: Annotated[int, Query(ge=0)] = 0,
    viewer: Viewer = "",
) -> Response:
    """The run's messages from the one after `Last-Event-ID` on, as server-sent events, until it has ended."""
    seen = int(last_event_id) if EVENT_ID.fullmatch(last_event_id) else after
    live = site.is_live(run_id)
    record, _ = await site.read(request, lambda reader: known(reader, run_id, events=not live))
    if not live:
        messages = replay(record, seen)
    elif site.labs.state(run_id).state in ENDINGS:
        left = [message async for message in site.labs.events(run_id, seen)]
        if not left:
            return Response(status_code=204)  # a browser that has seen the end is told not to ask again
        messages = again(left)
    else:
        messages = site.labs.events(run_id, seen, viewer=viewer)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    response = StreamingResponse(lines(messages), media_type="text/event-stream", headers=headers)
    await note_sighting(request, site, response, record)
    return response


@router.post("/runs/{id}/goodbye", name="goodbye")
async def goodbye(site: SiteDep, run_id: RunId, viewer: Viewer = "") -> Response:
    """The page of this viewer goes away. A run that is not on any more has nothing to end."""
    if site.is_live(run_id):
        site.labs.part(run_id, viewer)
    return Response(status_code=204)


@router.delete("/runs/{id}", name="end_run")
async def stop(request: Request, site: SiteDep, run_id: RunId) -> Response:
    await halt(request, site, run_id)
    return Response(status_code=204)


@router.post("/runs/{id}/stop", name="stop")
async def stop_by_form(request: Request, site: SiteDep, run_id: RunId) -> Response:
    await halt(request, site, run_id)
    return RedirectResponse(site.url("run", id=run_id), 303)


@router.get("/lessons/{slug}/figures/{figure}", name="figure")
async def figure(
    request: Request,
    site: SiteDep,
    lesson: LessonDep,
    figure: Annotated[str, Path()],
    first: Annotated[str, Query()] = "",
    second: Annotated[str, Query()] = "",
) -> Response:
    found = lesson.figure(figure)
    if found is None:
        raise HTTPException(404, "This lesson has no such figure.")
    return await site.fragment(
        request,
        lambda reader: reader.fragment(
            f"figures/_{found.show}.html",
            figure=reader.panels.figure_view(lesson, found.id, {"variant": first, "beside": second}),
        ),
    )


def allow(request: Request, site: Site, asked: Wish) -> None:
    """Raises HTTPException 403 where a program came along that this site does not run for whoever sent it."""
    if asked.program is None:
        return
    refusal = site.authorship.refusal(request, asked.token)
    if refusal is not None:
        raise HTTPException(403, refusal)


async def predicted_first(request: Request, site: Site, lesson: Lesson, lab: str) -> str | None:
    """The page of the open predictions of the lab, which come before its first run. A caller without a cookie has seen no page of
    ours, is a new learner by this run, and can predict nothing afterwards: nothing is asked of them."""
    if not lesson.predictions(lab):
        return None
    page, visitor = await site.read(request, lambda reader: reader.panels.predict_page(lesson, lab))
    return None if visitor.is_new else page


async def predict_first(request: Request, site: Site, lesson: Lesson, lab: str, page: str) -> Response:
    """The refusal, with the way to the prediction: as JSON, or as the page of the lab, which has it beside its form."""
    if wants_json(request):
        detail = "You have not predicted yet what this lab does. Predict first, or skip it there."
        return JSONResponse({"detail": detail, "url": page}, 409)
    mode = progress.page_with_lab(lesson, lab)
    return await site.page(request, lambda reader: reader.lesson_page(lesson, mode, way=None), status=409)


def already_on(request: Request, site: Site, run_id: str) -> Response:
    """One run a learner: a script is told which is on, a form is led to it."""
    url = site.url("run", id=run_id)
    if not wants_json(request):
        return RedirectResponse(url, 303)
    detail = "Your run is still on."
    return JSONResponse({"detail": detail, "url": url, "events": site.url("events", id=run_id)}, 409)


def known(reader: Reader, run_id: str, *, events: bool = False) -> Record:
    """The run from the host or from its row. Raises HTTPException 404."""
    record = reader.panels.record(run_id, events=events)
    if record is None:
        raise HTTPException(404, "There is no such run, or it is no longer kept.")
    return record


async def halt(request: Request, site: Site, run_id: str) -> None:
    """Stop a run that the asking learner owns; one that has ended is left as it is."""
    record, visitor = await site.read(request, lambda reader: known(reader, run_id))
    if visitor.learner is None or record.place.learner != visitor.learner:
        raise HTTPException(403, "Only the learner who started a run can stop it.")
    if site.is_live(run_id):
        await site.labs.stop(run_id)


def as_json(view: RunView) -> dict[str, Any]:
    """The run for a script: state, place in the queue, summary, and one row a request."""
    return {
        "id": view.id,
        "state": view.state,
        "position": view.position,
        "lesson": view.lesson,
        "lab": view.lab,
        "variant": view.variant,
        "own": view.own,
        "summary": asdict(view.figures) if view.figures else None,
        "finding": asdict(view.finding) if view.finding else None,
        "failure": asdict(view.failure) if view.failure else None,
        "disturbed": view.disturbed,
        "surroundings": asdict(view.surroundings) if view.surroundings else None,
        "requests": [asdict(row) for row in view.rows],
        "url": view.url,
        "events": view.events,
    }


async def lines(messages: AsyncIterator[Message | None]) -> AsyncIterator[bytes]:
    """Messages as server-sent events; a heartbeat is an event of its own, so that a page notices a silent network."""
    yield f"retry: {RECONNECT_MILLISECONDS}\n\n".encode()
    async for message in messages:
        yield (
            b"event: beat\ndata:\n\n" if message is None else f"id: {message.number}\ndata: {message.data}\n\n".encode()
        )


async def again(messages: list[Message | None]) -> AsyncIterator[Message | None]:
    for message in messages:
        yield message


async def replay(record: Record, after: int) -> AsyncIterator[Message | None]:
    """A stored run as one message; a browser that saw a part of it live is told the end and not the events again."""
    yield Message(after + 1, records.as_message(record, events=after < 1))
