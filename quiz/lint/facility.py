"""W12: a difficulty that its author guessed, beside what learners made of it."""

from __future__ import annotations

from collections.abc import Iterator

from quiz.findings import LEAST_FOR_VERDICT
from quiz.items import Item
from quiz.lint.remarks import Remark

BANDS = 5
APART = 2
"""Bands by which a guess may be out."""


def band(facility: float) -> int:
    """The difficulty that a facility shows: 1 from 0.8 on, 5 below 0.2."""
    return BANDS - min(BANDS - 1, int(facility * BANDS + 1e-9))


def is_judged(item: Item, facility: float | None, answered: int) -> bool:
    return item.difficulty is not None and facility is not None and answered >= LEAST_FOR_VERDICT


def misjudged(item: Item, facility: float | None, answered: int) -> Iterator[Remark]:
    """Nothing is said of fewer answers than a verdict needs."""
    if facility is None or item.difficulty is None or not is_judged(item, facility, answered):
        return
    if abs(shown := band(facility) - item.difficulty) > APART:
        harder = "harder" if shown > 0 else "easier"
        message = (
            f"the difficulty is given as {item.difficulty}, and {answered} learners found it {harder}: "
            f"a facility of {facility:.2f} is {band(facility)}"
        )
        yield Remark(item.line, message)
