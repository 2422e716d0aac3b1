"""Certainty: how sure a learner said they were, the marks for it, and how well it agrees with what they knew. Pure.

Gardner-Medwin's marks make it pay to be honest: of all levels the highest pays most from 4/5 on, the middle one from 2/3 on, and
below that the lowest. They are for practice alone and enter no grade.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from quiz.moments import Interval, mean, wilson

LEVELS = (1, 2, 3)
LEAST = 1
"""What counts where nothing was chosen."""
LEAST_ANSWERS = 5
"""Of one level: fewer say nothing about it."""
PAYS_FROM = {1: Fraction(0), 2: Fraction(2, 3), 3: Fraction(4, 5)}
"""The chance of being right from which a level pays more than the one below it."""
_RIGHT = {1: 1.0, 2: 2.0, 3: 3.0}
_WRONG = {1: 0.0, 2: -2.0, 3: -6.0}


def certainty_mark(fraction: float, level: int) -> float:
    """What is partly right earns its part; what earns nothing by its key is wrong."""
    return _RIGHT[level] * fraction if fraction > 0 else _WRONG[level]


@dataclass(frozen=True, slots=True)
class Stated:
    """A response with what was said of it."""

    level: int
    fraction: float
    """By the key, before anything is taken off."""
    is_right: bool


@dataclass(frozen=True, slots=True)
class Level:
    level: int
    n: int
    right: int
    interval: Interval | None
    """Wilson's, of the share that was right; None below LEAST_ANSWERS."""

    @property
    def share(self) -> float | None:
        return None if self.interval is None else self.right / self.n

    @property
    def verdict(self) -> str | None:
        """`over` where the whole interval lies below the chance from which the level pays, `under` where it lies above the one from
        which the next level does; `fits` otherwise."""
        if self.interval is None:
            return None
        if self.interval.high < PAYS_FROM[self.level]:
            return "over"
        if self.level < LEVELS[-1] and self.interval.low > PAYS_FROM[self.level + 1]:
            return "under"
        return "fits"


@dataclass(frozen=True, slots=True)
class Calibration:
    levels: tuple[Level, ...]
    n: int
    right: int
    mean_mark: float | None

    @property
    def is_told(self) -> bool:
        """Whether any level has enough answers."""
        return any(level.interval for level in self.levels)


def calibration(stated: Iterable[Stated]) -> Calibration:
    every = list(stated)
    return Calibration(
        levels=tuple(_level(level, [one for one in every if one.level == level]) for level in LEVELS),
        n=len(every),
        right=sum(one.is_right for one in every),
        mean_mark=mean([certainty_mark(one.fraction, one.level) for one in every]),
    )


def _level(level: int, stated: Sequence[Stated]) -> Level:
    right, n = sum(one.is_right for one in stated), len(stated)
    return Level(level, n, right, wilson(right, n) if n >= LEAST_ANSWERS else None)
