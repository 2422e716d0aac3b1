"""Which attempts at a quiz make its grade: the best, the last, the first or the average. Pure.

The rules are those of Moodle's `quiz_calculate_best_grade`: the mark of the first or the last attempt, the highest one, or the
mean of those that have a mark. Attempts that draw other items may be worth other points, so they are compared by their share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import fsum


class Policy(StrEnum):
    BEST = "best"
    LAST = "last"
    FIRST = "first"
    AVERAGE = "average"


@dataclass(frozen=True, slots=True)
class Mark:
    """What one attempt earned, in points. `earned` is None where it counts for nothing yet."""

    attempt: str
    """Its id."""
    earned: float | None
    possible: float

    def out_of(self, points: float) -> float:
        """What was earned, had the attempt been worth so many points."""
        return (self.earned or 0.0) * (points / self.possible) if self.possible else 0.0


@dataclass(frozen=True, slots=True)
class Grade:
    mark: float
    max_mark: float
    attempt: str | None
    """Id of the attempt that decides it; None for an average."""


def grade(policy: Policy, marks: Sequence[Mark]) -> Grade | None:
    """`marks` are the attempts in their order. None where none has a mark, or the last one has none and decides.

    Of equal ones the earlier decides. An average is out of the points that the last attempt with a mark was worth.
    """
    marked = [mark for mark in marks if mark.earned is not None]
    if not marked:
        return None
    if policy is Policy.AVERAGE:
        possible = marked[-1].possible
        return Grade(fsum(mark.out_of(possible) for mark in marked) / len(marked), possible, None)
    if policy is Policy.BEST:
        chosen = max(marked, key=lambda mark: mark.out_of(1.0))
    else:
        chosen = marked[0] if policy is Policy.FIRST else marks[-1]
    return None if chosen.earned is None else Grade(chosen.earned, chosen.possible, chosen.attempt)
