"""Findings: what an author should look at in an item, and why, as codes with their numbers. Words stand in the templates. Pure.

A finding is a reason to look, never a judgement that something acts upon. Nothing is said of discrimination below 30 whole
attempts: at r = 0.30 the 95 % interval of 30 pairs is [-0.07, 0.60].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from quiz.analysis import PositionStatistics
from quiz.distractors import LEAST_SHARE, OptionStatistics
from quiz.moments import Interval, fisher

LEAST_FOR_VERDICT = 30
LEAST_FOR_FACILITY = 5
DUBIOUS_EFFICIENCY = 15
"""Moodle marks an item below this (`is_dubious_question`)."""
NEARLY_ALL = 0.9

Code = Literal[
    "too-few",
    "against-the-rest",
    "rivals-the-key",
    "guessed",
    "draws-the-able",
    "apart",
    "nearly-all-right",
    "idle",
    "too-few-to-discriminate",
    "sound",
]


@dataclass(frozen=True, slots=True)
class Finding:
    code: Code
    numbers: tuple[float, ...] = ()
    """In the order in which the code's sentence names them."""
    option: str | None = None


@dataclass(frozen=True, slots=True)
class ItemFigures:
    """All that is known of one edition of an item."""

    answered: int
    facility: float | None
    interval: Interval | None
    guess: float | None
    options: tuple[OptionStatistics, ...]
    position: PositionStatistics | None
    """Over whole attempts; None for an edition that is no longer asked."""


def finding(figures: ItemFigures) -> Finding:
    """The one thing to look at first, the gravest before the others."""
    if figures.answered < LEAST_FOR_FACILITY or figures.facility is None or figures.interval is None:
        return Finding("too-few", (figures.answered, LEAST_FOR_FACILITY))
    position = figures.position
    told = position if position is not None and position.count >= LEAST_FOR_VERDICT else None
    discrimination = told.discrimination if told is not None else None
    if told is not None and discrimination is not None and discrimination < 0:
        return Finding("against-the-rest", (discrimination, told.count))
    return (
        _rival(figures.options)
        or _guessed(figures)
        or (_draws_the_able(figures.options) if told is not None else None)
        or (_apart(told) if told is not None else None)
        or _nearly_all(figures.interval)
        or (_idle(figures.options) if figures.answered >= LEAST_FOR_VERDICT else None)
        or (
            Finding("sound", (figures.facility, discrimination, told.count))
            if told is not None and discrimination is not None
            else Finding("too-few-to-discriminate", (position.count if position else 0, LEAST_FOR_VERDICT))
        )
    )


def _rival(options: Sequence[OptionStatistics]) -> Finding | None:
    """A distractor that more have chosen than the least chosen right option."""
    rights = [option.chosen for option in options if option.right]
    wrong = max((option for option in options if not option.right), key=lambda option: option.chosen, default=None)
    if not rights or wrong is None or wrong.chosen <= min(rights):
        return None
    return Finding("rivals-the-key", (wrong.share, min(rights) / wrong.of), wrong.option)


def _guessed(figures: ItemFigures) -> Finding | None:
    """Facility that blind choice explains: it is no better, or, of thirty responses and more, not surely better."""
    if figures.guess is None or figures.interval is None or figures.facility is None:
        return None
    surely = figures.answered >= LEAST_FOR_VERDICT and figures.interval.low <= figures.guess
    if figures.facility > figures.guess and not surely:
        return None
    return Finding("guessed", (figures.facility, figures.guess))


def _draws_the_able(options: Sequence[OptionStatistics]) -> Finding | None:
    """A distractor whose correlation with the rest is above 0 with its whole interval: what is left of chance stays unsaid."""
    able = [
        option
        for option in options
        if not option.right
        and option.share >= LEAST_SHARE
        and option.r is not None
        and (interval := fisher(option.r, option.paired)) is not None
        and interval.low > 0
    ]
    worst = max(able, key=lambda option: option.share, default=None)
    return None if worst is None or worst.r is None else Finding("draws-the-able", (worst.share, worst.r), worst.option)


def _apart(position: PositionStatistics) -> Finding | None:
    """Moodle's dubious question: it tells hardly more of a learner than chance would."""
    if position.efficiency is None or position.efficiency >= DUBIOUS_EFFICIENCY:
        return None
    return Finding("apart", (position.efficiency, position.count))


def _nearly_all(interval: Interval) -> Finding | None:
    return Finding("nearly-all-right", (interval.low,)) if interval.low >= NEARLY_ALL else None


def _idle(options: Sequence[OptionStatistics]) -> Finding | None:
    """A distractor that hardly anybody takes: the first of them, and how many there are."""
    idle = [option for option in options if not option.right and option.interval.high < 2 * LEAST_SHARE]
    return Finding("idle", (idle[0].share, len(idle)), idle[0].option) if idle else None
