"""A run as plain values: as it is now, and as it is kept once it has ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from webapp.labs.lab import RunSpec
from webapp.labs.run import Ending, Run, State


@dataclass(frozen=True, slots=True)
class RunState:
    """A run as it is now."""

    id: str
    owner: str
    spec: RunSpec
    state: State
    position: int | None
    """Place in the line, from 1, while queued."""
    summary: Mapping[str, Any] | None
    finding: Mapping[str, Any] | None
    failure: Mapping[str, Any] | None
    rows: tuple[Mapping[str, Any], ...]
    events: tuple[Mapping[str, Any], ...]
    disturbed: bool
    clock: float | None
    started_at: datetime | None
    trace: bytes | None = None
    """Of an ended run: its recording, packed (`recording.unpack`)."""
    surroundings: Mapping[str, Any] | None = None
    """What it runs on, as its lab told (`protocol`, `on`)."""


@dataclass(frozen=True, slots=True)
class EndedRun:
    """A run to keep. `events` suffice to draw it again."""

    id: str
    owner: str
    spec: RunSpec
    program_hash: str
    state: Ending
    summary: Mapping[str, Any] | None
    finding: Mapping[str, Any] | None
    failure: Mapping[str, Any] | None
    rows: tuple[Mapping[str, Any], ...]
    events: tuple[Mapping[str, Any], ...]
    disturbed: bool
    started_at: datetime | None
    """None: it was stopped while it was queued."""
    ended_at: datetime
    trace: bytes | None = None
    """Its recording, packed (`recording.unpack`)."""
    surroundings: Mapping[str, Any] | None = None


def state_of(run: Run) -> RunState:
    return RunState(
        id=run.id,
        owner=run.owner,
        spec=run.spec,
        state=run.state,
        position=run.position,
        summary=run.summary,
        finding=run.finding,
        failure=run.failure,
        rows=run.rows(),
        events=tuple(run.heard.events),
        disturbed=run.disturbed,
        clock=run.clock,
        started_at=run.started_at,
        trace=run.trace,
        surroundings=run.heard.surroundings,
    )


def ended_of(run: Run, now: datetime) -> EndedRun:
    return EndedRun(
        id=run.id,
        owner=run.owner,
        spec=run.spec,
        program_hash=run.spec.program_hash,
        state=run.outcome,
        summary=run.summary,
        finding=run.finding,
        failure=run.failure,
        rows=run.rows(),
        events=tuple(run.heard.events),
        disturbed=run.disturbed,
        started_at=run.started_at,
        ended_at=now,
        trace=run.trace,
        surroundings=run.heard.surroundings,
    )
