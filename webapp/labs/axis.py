"""An axis of a figure: where it ends, its ticks, and places on it.

A position is a percentage as SVG takes it ("12.5%"), so that a drawing keeps its lettering at every width.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

NICE_ENDS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
"""Where an axis may end, times a power of ten."""

TICK_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
MOST_TICKS = 5


@dataclass(frozen=True, slots=True)
class Tick:
    seconds: float
    x: str
    last: bool
    """At the right edge, where its label has to end instead of standing in the middle."""


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
        Tick(seconds=round(i * step, 9), x=percent(i * step, end), last=i > 0 and i * step > end * 0.94)
        for i in range(count + 1)
    )


def percent(time: float, end: float) -> str:
    return f"{min(100.0, max(0.0, time / end * 100)):.3f}%"


def width(start: float, stop: float, end: float) -> str:
    return f"{max(0.15, (min(stop, end) - max(0.0, start)) / end * 100):.3f}%"
