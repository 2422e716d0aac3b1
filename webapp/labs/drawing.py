"""What the figures of a lab are computed from, for the templates: which runs, how long, when each request was done.

Pure, as `axis`, `stages` and `timeline` are: they read the values of `webapp.views` and give numbers, no words, no markup and no
colour.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate
from typing import Any

from webapp.labs.axis import nice_end, share
from webapp.labs.stages import stages
from webapp.labs.timeline import timeline
from webapp.views.labs import LabView, VariantView
from webapp.views.runs import RequestRow, RunView


def moments(row: RequestRow) -> str:
    """A request's five times as one attribute, empty where it did not get so far: what the waterfall draws from."""
    times = (row.queued, row.sent, row.handler_start, row.handler_end, row.done)
    return ",".join("" if time is None else f"{time:.6g}" for time in times)


def most_in_flight(rows: Iterable[RequestRow]) -> int:
    """The most requests that were sent and not yet answered at one moment, as their sender saw it."""
    sent = [row for row in rows if row.sent is not None]
    steps = [(row.sent, 1) for row in sent] + [(row.done, -1) for row in sent if row.done is not None]
    return max(accumulate(step for _, step in sorted(steps)), default=0)


def ends(rows: Iterable[RequestRow]) -> str:
    """When each request was done, in the order of the rows: the silhouette that the next run is laid over."""
    return ",".join("" if row.done is None else f"{row.done:.5g}" for row in rows)


def runs(lab: LabView) -> tuple[RunView, ...]:
    """The learner's finished runs, in the order of the lab's variants."""
    return tuple(variant.run for variant in lab.variants if variant.run and variant.run.figures)


def longest(lab: LabView) -> float:
    """The longest wall time among the learner's runs; 0 before there is one."""
    return max((run.figures.wall for run in runs(lab) if run.figures), default=0.0)


def named(lab: LabView, name: str | None) -> VariantView | None:
    return next((variant for variant in lab.variants if variant.name == name), None)


DRAWING_GLOBALS: dict[str, Any] = {
    "share": share,
    "nice_end": nice_end,
    "moments": moments,
    "ends": ends,
    "most_in_flight": most_in_flight,
    "runs": runs,
    "longest": longest,
    "named": named,
    "stages": stages,
    "timeline": timeline,
}
"""What the templates may call, by name: `webapp.templating` adds them to the environment."""
