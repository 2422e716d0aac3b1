"""The recording of a run, for whoever has its link: for the replay, as a file for Perfetto, as CSV, and as a part of a page."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query, Request
from starlette.responses import Response

from webapp import traces
from webapp.dependencies import SiteDep
from webapp.labs.replay import Replay
from webapp.reader import Reader
from webapp.records import Record, surroundings_of
from webapp.sightings import note_sighting
from webapp.site import Site
from webapp.traces import Words

router = APIRouter()

RunId = Annotated[str, Path(alias="id", max_length=64)]
NOTHING = (
    "There is no recording of this run: it is on, it is no longer kept, no request reached its program, "
    "or its loop was not asyncio's own, whose turns alone can be timed."
)


@router.get("/runs/{id}/trace", name="trace")
async def data(request: Request, site: SiteDep, run_id: RunId) -> Response:
    def make(shown: Replay, record: Record, words: Words) -> str:
        return _json(traces.data(shown, words, surroundings_of(record)))

    return await _answered(request, site, run_id, make, "application/json")


@router.get("/runs/{id}/trace.json", name="trace_chrome")
async def chrome(request: Request, site: SiteDep, run_id: RunId) -> Response:
    def make(shown: Replay, record: Record, words: Words) -> str:
        title = f"{record.place.variant}, run {run_id}"
        return _json(traces.as_chrome(shown, record.spec, words, title=title, ran_on=surroundings_of(record)))

    return await _answered(request, site, run_id, make, "application/json", name=f"run-{run_id}.json")


@router.get("/runs/{id}/trace.csv", name="trace_csv")
async def csv(request: Request, site: SiteDep, run_id: RunId) -> Response:
    def make(shown: Replay, record: Record, words: Words) -> str:
        return "".join(traces.as_csv(shown, record.spec, words, surroundings_of(record)))

    return await _answered(request, site, run_id, make, "text/csv; charset=utf-8", name=f"run-{run_id}.csv")


@router.get("/runs/{id}/replay", name="replay")
async def replay(request: Request, site: SiteDep, run_id: RunId, beside: Annotated[str, Query()] = "") -> Response:
    """The replay alone, for a page on which the run has just ended."""

    record, _ = await site.read(request, lambda reader: _known(reader, run_id))

    def build(reader: Reader) -> str:
        run = reader.panels.run_view(record)
        return reader.fragment("_run_replay.html", run=run, replay=reader.panels.replays.of_run(run, beside=beside))

    response = await site.fragment(request, build)
    await note_sighting(request, site, response, record)
    return response


async def _answered(
    request: Request,
    site: Site,
    run_id: str,
    make: Callable[[Replay, Record, Words], str],
    media_type: str,
    *,
    name: str | None = None,
) -> Response:
    """What `make` makes of the recording, in the readers' thread. Raises HTTPException 404."""

    def build(reader: Reader) -> tuple[str, Record]:
        record = _known(reader, run_id)
        shown = traces.load(reader.session, run_id)
        if shown is None:
            raise HTTPException(404, NOTHING)
        return make(shown, record, reader.panels.replays.words(record.spec.program)), record

    (body, record), _ = await site.read(request, build)
    headers = {"cache-control": "private, no-store"}
    if name is not None:
        headers["content-disposition"] = f'attachment; filename="{name}"'
    response = Response(body, headers=headers, media_type=media_type)
    await note_sighting(request, site, response, record)
    return response


def _known(reader: Reader, run_id: str) -> Record:
    record = reader.panels.record(run_id)
    if record is None:
        raise HTTPException(404, "There is no such run, or it is no longer kept.")
    return record


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
