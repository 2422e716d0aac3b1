"""Where things stand in the figures: shares, positions and lanes, computed from a learner's own runs.

Pure: it reads the values of `webapp.views` and gives numbers. It writes no words, no markup and no colour. A position
on the time axis is a percentage as SVG takes it ("12.5%"), so that a drawing keeps its lettering at every width.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any, Literal

from webapp.labs.protocol import HOLD_BUDGET_SECONDS
from webapp.views.labs import LabView, VariantView
from webapp.views.runs import RequestRow, RunView

NICE_ENDS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
"""Where an axis may end, times a power of ten."""

TICK_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
MOST_TICKS = 5

ROW_HEIGHTS = ((24, 14), (40, 9), (70, 6), (120, 4))
"""Pixels a request's row takes, up to so many requests: a drawing of a hundred stays on one screen."""
LOWEST_ROW = 2
LANE_HEIGHT = 4
LOOP_HEIGHT = 16
HEADING_PIXELS = 16
GAP_PIXELS = 8

CALLOUT_PERCENT = 6.0
CALLOUT_PIXELS = 20.0
"""Two numbered marks nearer than this would cover each other, on a phone at least: the later one moves down."""

HOLD_SLACK = 1.1
"""A handler counts as one hold only if it is no longer than the run's longest turn on the loop, times this."""

Stage = Literal["handling", "scheduling", "execution"]
Kind = Literal["waiting", "holding", "awaiting", "thread", "answering", "failed"]


@dataclass(frozen=True, slots=True)
class Tick:
    seconds: float
    x: str
    last: bool
    """At the right edge, where its label has to end instead of standing in the middle."""


@dataclass(frozen=True, slots=True)
class Stages:
    """Where the mean answered request of a run spent its time, in seconds."""

    handling: float
    """From the handler's last line to the answer. The arrival cannot be told from the wait after it, and counts there."""
    scheduling: float
    """Sent, but not yet in its handler: waiting for the loop or for a token."""
    execution: float
    """Between the handler's first and last line."""

    @property
    def total(self) -> float:
        return self.handling + self.scheduling + self.execution

    @property
    def bottleneck(self) -> Stage:
        return max(("scheduling", "execution", "handling"), key=self.seconds)

    def seconds(self, stage: Stage) -> float:
        return {"handling": self.handling, "scheduling": self.scheduling, "execution": self.execution}[stage]

    def share(self, stage: Stage) -> float:
        """Of the whole, from 0 to 1."""
        return self.seconds(stage) / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Bar:
    kind: Kind
    x: str
    width: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Callout:
    """A numbered mark on the drawing; the sentence with the same number stands in the list under it."""

    number: int
    code: Literal["first-sent", "first-start", "held", "free", "threads", "last-done", "ping"]
    x: str
    y: float
    numbers: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Timeline:
    """One run on the time axis, in pixels downwards and percent to the right. Its time 0 is the first request's sending."""

    ticks: tuple[Tick, ...]
    loop: tuple[Bar, ...]
    """The holds, in the loop's own lane."""
    loop_y: float
    threads: tuple[Bar, ...]
    """Handlers in worker threads, packed into as few lanes as ever ran side by side."""
    threads_y: float
    lanes: int
    bars: tuple[Bar, ...]
    bars_y: float
    height: float
    callouts: tuple[Callout, ...]


def share(value: float | None, most: float | None) -> str:
    """A bar's width beside the longest one's; a measured value always shows, however small."""
    if not value or not most:
        return "0%"
    return f"{min(100.0, max(0.8, value / most * 100)):.2f}%"


def nice_end(seconds: float) -> float:
    """The axis's end: the next round number at or after so many seconds."""
    if seconds <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(seconds))
    return next((round(nice * power, 9) for nice in NICE_ENDS if nice * power >= seconds - 1e-9), power * 10)


def ticks(end: float) -> tuple[Tick, ...]:
    """Multiples of a round step from 0 to the axis's end, never a division of it."""
    power = 10.0 ** math.floor(math.log10(end / MOST_TICKS))
    step = next(step * power for step in TICK_STEPS if end / (step * power) <= MOST_TICKS + 1e-9)
    count = math.floor(end / step + 1e-9)
    return tuple(
        Tick(seconds=round(i * step, 9), x=_percent(i * step, end), last=i > 0 and i * step > end * 0.94)
        for i in range(count + 1)
    )


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


def stages(run: RunView) -> Stages | None:
    """The mean over the requests that were answered; None where none was."""
    parts = [
        (
            max(0.0, row.done - row.handler_end),
            max(0.0, row.handler_start - row.sent),
            max(0.0, row.handler_end - row.handler_start),
        )
        for row in run.rows
        if row.sent is not None
        and row.handler_start is not None
        and row.handler_end is not None
        and row.done is not None
    ]
    if not parts:
        return None
    handling, scheduling, execution = (sum(column) / len(parts) for column in zip(*parts, strict=True))
    return Stages(handling=handling, scheduling=scheduling, execution=execution)


def timeline(run: RunView, end: float) -> Timeline | None:
    """The run drawn to the axis from 0 to `end` seconds; None where it left no request behind."""
    rows = _from_first_sending(run.rows)
    if not rows or end <= 0:
        return None
    held = tuple(row for row in rows if holds(row, rows, run))
    pools = pack([row for row in rows if row.where == "thread" and row.handler_start is not None])
    loop_y = float(HEADING_PIXELS)
    threads_y = loop_y + LOOP_HEIGHT + GAP_PIXELS + HEADING_PIXELS
    bars_y = threads_y + (len(pools) * LANE_HEIGHT + GAP_PIXELS + HEADING_PIXELS if pools else 0)
    height = next((height for most, height in ROW_HEIGHTS if len(rows) <= most), LOWEST_ROW)
    bar = max(1.0, height - (3 if height > 8 else 1))
    drawn = [
        Bar(kind=kind, x=_percent(start, end), width=_width(start, stop, end), y=bars_y + i * height, height=bar)
        for i, row in enumerate(rows)
        for kind, start, stop in _spans(row, held=row in held, end=end)
    ]
    return Timeline(
        ticks=ticks(end),
        loop=tuple(_handler(row, "holding", y=loop_y, height=LOOP_HEIGHT, end=end) for row in held),
        loop_y=loop_y,
        threads=tuple(
            _handler(row, "thread", y=threads_y + lane * LANE_HEIGHT, height=LANE_HEIGHT - 1, end=end)
            for lane, pool in enumerate(pools)
            for row in pool
        ),
        threads_y=threads_y,
        lanes=len(pools),
        bars=tuple(drawn),
        bars_y=bars_y,
        height=bars_y + len(rows) * height + 4,
        callouts=_callouts(run, rows, held, end=end, y=lambda i: bars_y + i * height + bar / 2),
    )


def holds(row: RequestRow, rows: Sequence[RequestRow], run: RunView) -> bool:
    """Whether this handler was one single turn on the loop, as far as its times can tell.

    No other handler may have begun or ended on the loop inside it (the loop was free at that moment), and it may not be
    longer than the longest turn that the probe saw, nor so short that nobody would have called it a hold.
    """
    if run.finding is None or run.finding.tone != "hold" or run.figures is None or row.where != "loop":
        return False
    start, stop = row.handler_start, row.handler_end
    if start is None or stop is None:
        return False
    if not HOLD_BUDGET_SECONDS < stop - start <= run.figures.max_hold * HOLD_SLACK:
        return False
    others = (
        moment
        for other in rows
        if other is not row and other.where == "loop"
        for moment in (other.handler_start, other.handler_end)
    )
    return not any(moment is not None and start < moment < stop for moment in others)


def pack(rows: Iterable[RequestRow]) -> list[list[RequestRow]]:
    """Handlers in lanes so that none overlaps in its lane: as many lanes as ran at once at the busiest moment."""
    lanes: list[list[RequestRow]] = []
    for row in sorted(rows, key=lambda row: row.handler_start or 0.0):
        start = row.handler_start or 0.0
        for lane in lanes:
            last = lane[-1].handler_end
            if last is not None and last <= start:
                lane.append(row)
                break
        else:
            lanes.append([row])
    return lanes


def _from_first_sending(rows: Sequence[RequestRow]) -> list[RequestRow]:
    """The requests that were sent, with 0 at the first sending: the bystander's lead before it differs from run to run."""
    sent = [row for row in rows if row.sent is not None]
    zero = min((row.sent for row in sent if row.sent is not None), default=0.0)

    def moved(time: float | None) -> float | None:
        return None if time is None else time - zero

    return [
        replace(
            row,
            queued=row.queued - zero,
            sent=moved(row.sent),
            handler_start=moved(row.handler_start),
            handler_end=moved(row.handler_end),
            done=moved(row.done),
        )
        for row in sent
    ]


def _spans(row: RequestRow, *, held: bool, end: float) -> Iterable[tuple[Kind, float, float]]:
    sent = row.sent or 0.0
    done = end if row.done is None else row.done
    if row.status is not None and (row.status == 0 or row.status >= 400):
        yield "failed", sent, done
        return
    if row.handler_start is None:
        yield "waiting", sent, done
        return
    stop = done if row.handler_end is None else row.handler_end
    yield "waiting", sent, row.handler_start
    yield ("thread" if row.where == "thread" else "holding" if held else "awaiting"), row.handler_start, stop
    if row.handler_end is not None and row.done is not None:
        yield "answering", row.handler_end, row.done


def _handler(row: RequestRow, kind: Kind, *, y: float, height: float, end: float) -> Bar:
    start = row.handler_start or 0.0
    stop = end if row.handler_end is None else row.handler_end
    return Bar(kind=kind, x=_percent(start, end), width=_width(start, stop, end), y=y, height=height)


def _callouts(
    run: RunView,
    rows: Sequence[RequestRow],
    held: Sequence[RequestRow],
    *,
    end: float,
    y: Callable[[int], float],
) -> tuple[Callout, ...]:
    loop = HEADING_PIXELS + LOOP_HEIGHT / 2
    found: list[Callout] = []
    taken: list[tuple[float, float]] = []

    def mark(code: Any, time: float, height: float, **numbers: float) -> None:
        x = min(100.0, max(0.0, time / end * 100))
        while any(
            abs(x - other) < CALLOUT_PERCENT and abs(height - beside) < CALLOUT_PIXELS for other, beside in taken
        ):
            height += CALLOUT_PIXELS
        taken.append((x, height))
        found.append(Callout(len(found) + 1, code, f"{x:.3f}%", height, numbers))

    first = rows[0]
    spread = max(row.sent or 0.0 for row in rows)
    mark("first-sent", first.sent or 0.0, y(0), requests=len(rows), spread=spread)
    if first.handler_start is not None:
        waited = first.waited or 0.0
        mark("first-start", first.handler_start, y(0), n=first.n, waited=waited, thread=float(first.where == "thread"))
    figures = run.figures
    if figures is not None:
        if held:
            middle = held[len(held) // 2]
            mark("held", middle.handler_start or 0.0, loop, n=middle.n, held=figures.max_hold, holds=len(held))
        elif figures.peak_tokens:
            mark(
                "threads",
                first.handler_start or 0.0,
                y(len(rows) // 2),
                peak=figures.peak_tokens,
                total=figures.tokens_total,
            )
        else:
            mark(
                "free",
                first.handler_start or 0.0,
                y(len(rows) // 2),
                held=figures.max_hold,
                peak=figures.peak_in_flight,
            )
    done = [(row.done, i) for i, row in enumerate(rows) if row.done is not None]
    if done:
        when, i = max(done)
        mark("last-done", when, y(i), n=rows[i].n, at=when, waited=rows[i].waited or 0.0, took=rows[i].took or 0.0)
    if figures is not None and figures.bystander_max is not None:
        mark(
            "ping", end, loop, longest=figures.bystander_max, waited=figures.bystanders_waited, pings=figures.bystanders
        )
    return tuple(found)


def _percent(time: float, end: float) -> str:
    return f"{min(100.0, max(0.0, time / end * 100)):.3f}%"


def _width(start: float, stop: float, end: float) -> str:
    return f"{max(0.15, (min(stop, end) - max(0.0, start)) / end * 100):.3f}%"


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
