"""What a benchmark measured: ratios of neighbours in time, with the goal and the alarm that stand beside them. Pure.

The machine may be shared and noisy, so a time is divided by another time taken just before or after it, and only the ratio counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Bound:
    """A goal or an alarm: the median should be at most, or at least, so much."""

    limit: float
    at_least: bool = False

    def holds(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'>=' if self.at_least else '<='} {self.limit:g}"


@dataclass(frozen=True, slots=True)
class Measured:
    """One line of the report."""

    name: str
    values: tuple[float, ...]
    """One for each repeat."""
    unit: str = ""
    """Nothing for a ratio."""
    goal: Bound | None = None
    alarm: Bound | None = None
    """The median beyond this fails a check."""
    note: str = ""
    """The plain figures behind the ratio."""

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def alarming(self) -> bool:
        return self.alarm is not None and not self.alarm.holds(self.median)

    def __str__(self) -> str:
        spread = f"[{_short(min(self.values))} to {_short(max(self.values))}], n={len(self.values)}"
        line = f"  {self.name:<58} {_short(self.median) + self.unit:>9}  {spread:<26}"
        if self.goal is not None:
            line += f"  goal {self.goal} {'met' if self.goal.holds(self.median) else 'MISSED'}"
        if self.alarm is not None:
            line += f"  alarm {'PASSED' if self.alarming else 'silent'} (not {self.alarm})"
        if self.goal is None and self.alarm is None:
            line += "  recorded"
        return line + (f"\n      {self.note}" if self.note else "")


def ratios(dividends: Sequence[float], divisors: Sequence[float]) -> tuple[float, ...]:
    """Each dividend by the divisor that was measured beside it."""
    return tuple(above / below for above, below in zip(dividends, divisors, strict=True))


def milliseconds(seconds: Sequence[float]) -> str:
    return f"{median(seconds) * 1000:.1f} ms"


def microseconds(seconds: Sequence[float]) -> str:
    return f"{median(seconds) * 1e6:.0f} us"


def _short(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
