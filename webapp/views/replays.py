"""Recorded runs, as the templates are given them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from markupsafe import Markup

from webapp.views.runs import RunView


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step of a replay, for its table. Seconds from the run's start."""

    at: float
    took: float
    lane: int
    """0: the loop; else a worker thread."""
    words: Markup
    line: int


@dataclass(frozen=True, slots=True)
class TrackView:
    """A recorded run as it is replayed."""

    run: RunView
    name: str
    """The file of the program."""
    code: Markup
    """The program as it ran, one `<span class="line" data-line>` a line."""
    data: str
    """Where a script fetches the recording."""
    csv: str
    chrome: str
    steps: tuple[StepRow, ...] = ()
    """The first ones, where they are shown as a table."""
    total: int = 0
    shares: Mapping[str, float] = field(default_factory=dict)
    """Of the loop's time, each from 0 to 1: `turns`, `idle`, `own` (the loop's own work), `kept` (the recorder's) and `untold`."""


@dataclass(frozen=True, slots=True)
class RunChoice:
    """A run of the reader's to look at beside another."""

    id: str
    label: str
    requests: int
    wall: float | None
    started_at: datetime


@dataclass(frozen=True, slots=True)
class ReplayView:
    """Up to two recorded runs, one above the other on one time axis."""

    tracks: tuple[TrackView, ...]
    url: str
    """Where a script fetches it anew."""
    action: str = ""
    """Where `beside` is asked for: the page of the first run."""
    choices: tuple[RunChoice, ...] = ()
    unknown: bool = False
    """Whether another run was asked for that is not there, or has no recording."""
