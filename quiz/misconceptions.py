"""Misconceptions: how many learners show each, over all items that offer it, and how many no longer do later. Pure.

An item offers a misconception where a distractor (or a prediction) stands for it. A learner *showed* it by choosing that, once or
more. *Cured* is asked of a parallel item alone: another item that offers the same misconception, answered later. Learners who never
met one are in no rate. Every share comes with its number and Wilson's interval; below five learners nothing is told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from quiz.moments import Interval, wilson

LEAST_LEARNERS = 5
"""Below this many nothing is told of a misconception: it could be told whose it is."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One response of a learner, as far as misconceptions go."""

    learner: str
    item: str
    at: datetime
    offered: frozenset[str]
    """Misconceptions that the item's options stand for."""
    shown: frozenset[str]
    """Those that the learner chose."""


@dataclass(frozen=True, slots=True)
class MisconceptionStatistics:
    misconception: str
    items: tuple[str, ...]
    """Items whose responses are counted, by id."""
    met: int
    """Learners who answered an item that offers it."""
    showed: int
    interval: Interval
    """Of the share that showed it."""
    asked_again: int
    """Learners who showed it and answered a parallel item later."""
    cured: int
    """Those of them who no longer showed it on the last such item."""
    cure_interval: Interval | None
    """None below five learners: the rate is not told either."""

    @property
    def share(self) -> float:
        return self.showed / self.met

    @property
    def cure_rate(self) -> float | None:
        return self.cured / self.asked_again if self.cure_interval is not None else None


def ranked(sightings: Iterable[Sighting]) -> tuple[MisconceptionStatistics, ...]:
    """Every misconception that five learners or more have met, the most widespread first.

    The rank is the interval's lower end, so that two of five do not stand above thirty of a hundred; ties go by name.
    """
    by_misconception: dict[str, list[Sighting]] = {}
    for sighting in sorted(sightings, key=lambda one: (one.at, one.learner, one.item)):
        for misconception in sighting.offered | sighting.shown:
            by_misconception.setdefault(misconception, []).append(sighting)
    told = [found for name, seen in by_misconception.items() if (found := _statistics(name, seen)) is not None]
    return tuple(sorted(told, key=lambda one: (-one.interval.low, one.misconception)))


def _statistics(misconception: str, seen: list[Sighting]) -> MisconceptionStatistics | None:
    """`seen` are in the order of time."""
    by_learner: dict[str, list[Sighting]] = {}
    for sighting in seen:
        by_learner.setdefault(sighting.learner, []).append(sighting)
    met, showed = len(by_learner), sum(_showed(misconception, own) for own in by_learner.values())
    interval = wilson(showed, met)
    if interval is None or met < LEAST_LEARNERS:
        return None
    cures = [cured for own in by_learner.values() if (cured := _cured(misconception, own)) is not None]
    return MisconceptionStatistics(
        misconception=misconception,
        items=tuple(sorted({sighting.item for sighting in seen})),
        met=met,
        showed=showed,
        interval=interval,
        asked_again=len(cures),
        cured=sum(cures),
        cure_interval=wilson(sum(cures), len(cures)) if len(cures) >= LEAST_LEARNERS else None,
    )


def _showed(misconception: str, own: list[Sighting]) -> bool:
    return any(misconception in sighting.shown for sighting in own)


def _cured(misconception: str, own: list[Sighting]) -> bool | None:
    """Whether the last parallel item after the first showing was answered without it; None where there was none."""
    first = next((at for at, sighting in enumerate(own) if misconception in sighting.shown), None)
    if first is None:
        return None
    later = [sighting for sighting in own[first + 1 :] if sighting.item != own[first].item]
    return misconception not in later[-1].shown if later else None
