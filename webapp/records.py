"""Runs of learners as they are kept: stored when they end, found again by their link.

A run that is on or has just ended is answered by the lab host; an older one by its row. Both become the same `Record`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import defer
from sqlmodel import Session, col

from quiz.dialects import add_once
from quiz.models import table
from webapp.labs.lab import RunSpec
from webapp.labs.states import EndedRun, RunState
from webapp.models import Program, Run
from webapp.repeats import RunFacts
from webapp.views.runs import Surroundings

KEPT_PER_LAB = 20
"""How many ended runs of a lab are kept for a learner; the oldest go first."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run belongs: the host knows nothing of it, so the site remembers it beside the run's id."""

    learner: str
    course: str
    lesson: str
    lab: str
    variant: str
    own: bool = False
    """Whether the program is the learner's own and not the variant's."""


@dataclass(frozen=True, slots=True)
class Record:
    """A run in whatever state, from the host or from its row."""

    id: str
    place: Place
    spec: RunSpec
    state: str
    position: int | None
    summary: Mapping[str, Any] | None
    finding: Mapping[str, Any] | None
    failure: Mapping[str, Any] | None
    rows: tuple[Mapping[str, Any], ...]
    disturbed: bool
    events: tuple[Mapping[str, Any], ...] = ()
    started_at: datetime | None = None
    surroundings: Mapping[str, Any] | None = None


def store(session: Session, place: Place, run: EndedRun) -> None:
    """Keep an ended run and let the oldest of the same lab go."""
    spec = run.spec
    program = {"hash": run.program_hash, "file": spec.file, "text": spec.program}
    add_once(session.connection(), table(Program), program)
    session.add(
        Run(
            id=run.id,
            learner_id=place.learner,
            course=place.course,
            lesson=place.lesson,
            lab=place.lab,
            variant=place.variant,
            program_hash=run.program_hash,
            own=place.own,
            request=spec.request,
            requests=spec.requests,
            parameters=dict(spec.parameters),
            state=run.state,
            disturbed=run.disturbed,
            summary=_plain(run.summary),
            finding=_plain(run.finding),
            failure=_plain(run.failure),
            rows=[dict(row) for row in run.rows],
            events=[dict(event) for event in run.events],
            trace=run.trace,
            surroundings=_plain(run.surroundings),
            started_at=run.started_at or datetime.now(UTC),
        )
    )
    session.flush()
    same = (
        col(Run.learner_id) == place.learner,
        col(Run.course) == place.course,
        col(Run.lesson) == place.lesson,
        col(Run.lab) == place.lab,
        col(Run.own) == place.own,  # trying things out must not push out the runs that progress is made of
    )
    kept = select(col(Run.id)).where(*same).order_by(col(Run.started_at).desc()).limit(KEPT_PER_LAB)
    session.execute(delete(Run).where(*same, col(Run.id).not_in(kept)))
    if place.own:
        drop_programs(session)


def drop_programs(session: Session) -> None:
    """Delete the programs that no kept run has."""
    session.execute(delete(Program).where(col(Program.hash).not_in(select(col(Run.program_hash)))))


def _plain(value: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if value is None else dict(value)


def find(session: Session, run_id: str, *, events: bool = False) -> Record | None:
    """A stored run. Its events are the largest part of it, so they are read only where they are wanted."""
    heavy = [defer(Run.trace), *([] if events else [defer(Run.events)])]  # type: ignore[arg-type]
    row = session.get(Run, run_id, options=heavy)
    if row is None:
        return None
    program = session.get_one(Program, row.program_hash)
    return Record(
        id=row.id,
        place=Place(row.learner_id, row.course, row.lesson, row.lab, row.variant, row.own),
        spec=RunSpec(program.text, program.file, row.request, row.requests, row.parameters),
        state=row.state,
        position=None,
        summary=row.summary,
        finding=row.finding,
        failure=row.failure,
        rows=tuple(row.rows),
        disturbed=row.disturbed,
        events=tuple(row.events) if events else (),
        started_at=row.started_at,
        surroundings=row.surroundings,
    )


def as_message(record: Record, *, events: bool) -> str:
    """An ended run as the one message of its stream."""
    return json.dumps(
        {
            "state": record.state,
            "position": None,
            "clock": max((event["t"] for event in record.events), default=0.0),
            "events": record.events if events else (),
            "summary": record.summary,
            "finding": record.finding,
            "failure": record.failure,
            "disturbed": record.disturbed,
        },
        separators=(",", ":"),
    )


def from_state(place: Place, state: RunState) -> Record:
    return Record(
        id=state.id,
        place=place,
        spec=state.spec,
        state=state.state,
        position=state.position,
        summary=state.summary,
        finding=state.finding,
        failure=state.failure,
        rows=tuple(state.rows),
        disturbed=state.disturbed,
        started_at=state.started_at,
        surroundings=state.surroundings,
    )


def surroundings_of(record: Record) -> Surroundings | None:
    """What the run ran on, as its own process told."""
    return Surroundings(**record.surroundings) if record.surroundings else None


def last_records(session: Session, runs: Iterable[RunFacts]) -> dict[str, Record]:
    """The records of a lab's last runs, by variant."""
    found = {}
    for facts in runs:
        record = find(session, facts.id)
        if record is not None:
            found[facts.variant] = record
    return found
