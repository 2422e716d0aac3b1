"""One run on a time axis: the loop's holds, the worker threads, a bar a request, and numbered marks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from webapp.labs.axis import Tick, percent, ticks, width
from webapp.labs.protocol import HOLD_BUDGET_SECONDS
from webapp.views.runs import RequestRow, RunView

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

Mark = Literal["first-sent", "first-start", "held", "free", "threads", "last-done", "ping"]
Kind = Literal["waiting", "holding", "awaiting", "thread", "answering", "failed"]


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
    code: Mark
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
        Bar(kind=kind, x=percent(start, end), width=width(start, stop, end), y=bars_y + i * height, height=bar)
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
    return Bar(kind=kind, x=percent(start, end), width=width(start, stop, end), y=y, height=height)


class _Marks:
    """Numbered marks, of which none covers another."""

    def __init__(self, end: float) -> None:
        self.found: list[Callout] = []
        self._end = end
        self._taken: list[tuple[float, float]] = []

    def add(self, code: Mark, time: float, height: float, **numbers: float) -> None:
        x = min(100.0, max(0.0, time / self._end * 100))
        while any(
            abs(x - other) < CALLOUT_PERCENT and abs(height - beside) < CALLOUT_PIXELS for other, beside in self._taken
        ):
            height += CALLOUT_PIXELS
        self._taken.append((x, height))
        self.found.append(Callout(len(self.found) + 1, code, f"{x:.3f}%", height, numbers))


def _callouts(
    run: RunView,
    rows: Sequence[RequestRow],
    held: Sequence[RequestRow],
    *,
    end: float,
    y: Callable[[int], float],
) -> tuple[Callout, ...]:
    loop = HEADING_PIXELS + LOOP_HEIGHT / 2
    marks, first, figures = _Marks(end), rows[0], run.figures
    spread = max(row.sent or 0.0 for row in rows)
    marks.add("first-sent", first.sent or 0.0, y(0), requests=len(rows), spread=spread)
    if first.handler_start is not None:
        waited, in_thread = first.waited or 0.0, float(first.where == "thread")
        marks.add("first-start", first.handler_start, y(0), n=first.n, waited=waited, thread=in_thread)
    if figures is not None:
        began, middle = first.handler_start or 0.0, y(len(rows) // 2)
        if held:
            one = held[len(held) // 2]
            marks.add("held", one.handler_start or 0.0, loop, n=one.n, held=figures.max_hold, holds=len(held))
        elif figures.peak_tokens:
            marks.add("threads", began, middle, peak=figures.peak_tokens, total=figures.tokens_total)
        else:
            marks.add("free", began, middle, held=figures.max_hold, peak=figures.peak_in_flight)
    done = [(row.done, i) for i, row in enumerate(rows) if row.done is not None]
    if done:
        when, i = max(done)
        last = rows[i]
        marks.add("last-done", when, y(i), n=last.n, at=when, waited=last.waited or 0.0, took=last.took or 0.0)
    if figures is not None and (longest := figures.bystander_max) is not None:
        marks.add("ping", end, loop, longest=longest, waited=figures.bystanders_waited, pings=figures.bystanders)
    return tuple(marks.found)
