"""A learner's own runs of one program with one setting, taken together: medians and ranges, and what may be concluded from them.

A run that was disturbed is shown to its reader and counts here for nothing; neither does one of another program or setting.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from statistics import median
from typing import Any

import sqlalchemy
from sqlmodel import Session, col

from webapp.models import Run
from webapp.views.labs import SpreadView

FIGURES = (
    "wall",
    "p50",
    "p95",
    "throughput",
    "max_hold",
    "max_lag",
    "peak_tokens",
    "bystander_max",
)


@dataclass(frozen=True, slots=True)
class RunFacts:
    """The last finished run of a variant, with the undisturbed ones that repeat it (itself among them, if it was undisturbed)."""

    id: str
    variant: str
    requests: int
    parameters: Mapping[str, float]
    summaries: tuple[Mapping[str, Any], ...]

    @property
    def setting(self) -> tuple[object, ...]:
        """What must be equal for two runs to be compared."""
        return (self.requests, *sorted(self.parameters.items()))

    def spread(self, figure: str) -> SpreadView | None:
        values = [value for summary in self.summaries if (value := summary.get(figure)) is not None]
        return SpreadView(min(values), median(values), max(values)) if values else None

    @property
    def wall(self) -> SpreadView | None:
        return self.spread("wall")


def ratio(runs: Iterable[RunFacts]) -> float | None:
    """The longest wall time over the shortest, by medians, among runs of one setting.

    None where no two can be compared, or where the ranges of the two overlap: then nobody can say which takes longer.
    """
    known = sorted((run for run in runs if run.wall), key=lambda run: repr(run.setting))
    groups = [list(group) for _, group in groupby(known, key=lambda run: repr(run.setting))]
    ratios = [
        slow.median / fast.median
        for group in groups
        if (ends := ends_of(group)) and not overlap(slow := ends[0], fast := ends[1]) and fast.median > 0
    ]
    return max(ratios, default=None)


def ends_of(runs: Iterable[RunFacts]) -> tuple[SpreadView, SpreadView] | None:
    """The wall times of the slowest and the fastest of at least two."""
    walls = sorted((run.wall for run in runs if run.wall), key=lambda wall: wall.median)
    return (walls[-1], walls[0]) if len(walls) > 1 else None


def gain(wall: SpreadView | None, ends: tuple[SpreadView, SpreadView] | None) -> float | None:
    """How many times shorter than the slowest; None where the two ranges overlap, or nothing can be compared."""
    if wall is None or ends is None or overlap(wall, ends[0]) or wall.median <= 0:
        return None
    return ends[0].median / wall.median


def overlap(one: SpreadView, other: SpreadView) -> bool:
    return one.low <= other.high and other.low <= one.high


def last_runs(session: Session, learner: str, course: str) -> dict[tuple[str, str], tuple[RunFacts, ...]]:
    """By lesson and lab: the last finished run of each variant that has one, the latest first; of the lesson's programs alone."""
    rows = session.execute(
        sqlalchemy.select(
            col(Run.lesson),
            col(Run.lab),
            col(Run.variant),
            col(Run.id),
            col(Run.requests),
            col(Run.parameters),
            col(Run.program_hash),
            col(Run.disturbed),
            col(Run.summary),
        )
        .where(
            col(Run.learner_id) == learner,
            col(Run.course) == course,
            col(Run.state) == "finished",
            col(Run.own).is_(False),
        )
        .order_by(col(Run.started_at).desc())
    ).all()
    alike: dict[tuple[str, str, str], list[Any]] = {}
    for row in rows:
        same = alike.setdefault((row.lesson, row.lab, row.variant), [])
        if not same or _is_repeat(row, same[0]):
            same.append(row)
    found: dict[tuple[str, str], list[RunFacts]] = {}
    for (lesson, lab, variant), same in alike.items():
        last = same[0]
        summaries = tuple(row.summary for row in same if row.summary and not row.disturbed)
        facts = RunFacts(last.id, variant, last.requests, last.parameters, summaries)
        found.setdefault((lesson, lab), []).append(facts)
    return {place: tuple(facts) for place, facts in found.items()}


def _is_repeat(row: Any, last: Any) -> bool:
    return (row.program_hash, row.requests, row.parameters) == (last.program_hash, last.requests, last.parameters)
