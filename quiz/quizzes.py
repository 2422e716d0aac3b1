"""Quizzes that a course sets over its lessons: what is in one, under which rules it is taken, and what an attempt draws. Pure.

The quiz that every lesson has by itself needs no declaration and is not one of these.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from quiz.items import Item, Kind
from quiz.policies import Policy

PREFIX = "~quiz/"
"""Of the names under which the attempts at these quizzes stand; no lesson can have such a name."""
GRACE = timedelta(seconds=30)
"""How long after its deadline an answer is still taken: what was on its way when the time was over."""
ASKED = frozenset(Kind) - {Kind.MEASURED}
"""Kinds that can be asked away from their lesson."""

Feedback = Literal["at once", "after submitting"]
Pool = Mapping[str, tuple[str, Item]]
"""The items of a course in its order, by id, each with its lesson."""


@dataclass(frozen=True, slots=True)
class OfLesson:
    """The items of one lesson, in their order. `lesson` is its id."""

    lesson: str

    def choose(self, pool: Pool, rng: random.Random) -> tuple[str, ...]:
        return tuple(name for name, (lesson, item) in pool.items() if lesson == self.lesson and item.kind in ASKED)


@dataclass(frozen=True, slots=True)
class Named:
    """These items, in this order."""

    items: tuple[str, ...]

    def choose(self, pool: Pool, rng: random.Random) -> tuple[str, ...]:
        return tuple(name for name in self.items if name in pool)


@dataclass(frozen=True, slots=True)
class Mixed:
    """So many items, drawn anew for each attempt from lessons that take turns."""

    count: int
    lessons: tuple[str, ...] = ()
    """Ids; all of them where none is named."""
    skills: frozenset[str] = frozenset()
    """What an item practises at least one of; anything where none is named."""
    misconceptions: frozenset[str] = frozenset()
    """What an item offers at least one of."""
    per_lesson: int | None = None
    """At the most."""

    def fitting(self, pool: Pool) -> dict[str, list[str]]:
        """By lesson, what an attempt is drawn from."""
        found: dict[str, list[str]] = {}
        for name, (lesson, item) in pool.items():
            if (not self.lessons or lesson in self.lessons) and self._fits(item):
                found.setdefault(lesson, []).append(name)
        return found

    def most(self, pool: Pool) -> int:
        """How many can be drawn."""
        return sum(min(len(names), self.per_lesson or len(names)) for names in self.fitting(pool).values())

    def choose(self, pool: Pool, rng: random.Random) -> tuple[str, ...]:
        """Lessons take turns in an order of chance, so that none gives more than one more than another that has items left."""
        hands = [rng.sample(names, len(names))[: self.per_lesson] for names in self.fitting(pool).values()]
        rng.shuffle(hands)
        longest = max(map(len, hands), default=0)
        dealt = [hand[turn] for turn in range(longest) for hand in hands if turn < len(hand)]
        return tuple(dealt[: self.count])

    def _fits(self, item: Item) -> bool:
        offered = {one.misconception for one in item.offered}
        return (
            item.kind in ASKED
            and (not self.skills or bool(self.skills & set(item.skills)))
            and (not self.misconceptions or bool(self.misconceptions & offered))
        )


Content = OfLesson | Named | Mixed


@dataclass(frozen=True, slots=True)
class Quiz:
    """A quiz as its author declared it."""

    slug: str
    title: str
    content: Content
    summary: str = ""
    policy: Policy = Policy.BEST
    attempts: int | None = None
    """How many are allowed; None for any number."""
    minutes: float | None = None
    opens: datetime | None = None
    closes: datetime | None = None
    feedback: Feedback = "at once"
    line: int = 0

    @property
    def name(self) -> str:
        """Under which the attempts of learners stand."""
        return PREFIX + self.slug

    def deadline(self, now: datetime) -> datetime | None:
        """Of an attempt that begins now."""
        ends = [self.closes] if self.closes else []
        ends += [now + timedelta(minutes=self.minutes)] if self.minutes else []
        return min(ends, default=None)

    def is_open(self, now: datetime) -> bool:
        """Whether an attempt may begin."""
        return (self.opens is None or self.opens <= now) and (self.closes is None or now < self.closes)


def draw(quiz: Quiz, pool: Pool, *, seed: str, attempt: int) -> tuple[str, ...]:
    """What an attempt asks: the same seed and number draw the same."""
    return quiz.content.choose(pool, random.Random(f"{seed}:{quiz.slug}:{attempt}"))  # noqa: S311  # no secret is made of it


def pool_of(lessons: Iterable[tuple[str, Sequence[Item]]]) -> dict[str, tuple[str, Item]]:
    """`lessons`: id and items of each, in the course's order."""
    return {item.id: (lesson, item) for lesson, items in lessons for item in items}
