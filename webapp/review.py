"""A learner's review as its pages show it: today's questions, and how many come due in the days ahead.

The day and its queue are the quiz engine's; here are its places in the course and the numbers of its picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session

from quiz import reviewing
from quiz.items import Item
from quiz.review import REVIEWABLE, day_of, due_count, forecast
from quiz.standing import FIRST_ATTEMPT, QuizState
from webapp.course.course import Course, Lesson
from webapp.progress import Url

AHEAD_DAYS = 14
PLOT_HEIGHT = 96
"""Of the tallest bar, in pixels."""
SHORTEST = 3
"""Pixels: one question is seen, too."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of the forecast. `x` and `width` are percentages of the picture, `height` is pixels."""

    day: date
    count: int
    x: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


@dataclass(frozen=True, slots=True)
class ReviewView:
    """The page `/review`."""

    ready: int
    """Questions that are left of today."""
    lessons: int
    """Lessons that they come from."""
    done: int
    kept: int
    """Due today and beyond today's ten."""
    known: int
    """Questions in review altogether."""
    next_day: date | None
    """The first day after today on which something comes due."""
    next_count: int
    bars: tuple[Bar, ...]

    @property
    def most(self) -> int:
        return max((bar.count for bar in self.bars), default=0)


@dataclass(frozen=True, slots=True)
class TurnView:
    """What stands around one question: where it is from, what comes after it, and when its card comes back."""

    lesson: str
    lesson_url: str
    skills: tuple[str, ...]
    done: int
    left: int
    """Without this one."""
    answered: bool
    instead: bool
    """Whether it is asked in the place of another question of its skill."""
    back: date | None
    """When the card comes back; None before the response."""
    days: int
    next_url: str


def load(session: Session, learner: str | None, course: Course, now: datetime) -> reviewing.Day | None:
    if learner is None:
        return None
    return reviewing.day(session, learner=learner, course=course.id, items=items_of(course), now=now)


def blank(now: datetime) -> reviewing.Day:
    """The day of somebody who has done nothing yet."""
    return reviewing.Day(day_of(now), FIRST_ATTEMPT, (), (), (), {}, QuizState(FIRST_ATTEMPT, {}))


def items_of(course: Course) -> dict[str, tuple[str, Item]]:
    """Every item of the course that can be reviewed by id, with its lesson, as the quiz engine wants them."""
    return {item.id: (lesson.id, item) for lesson in course.lessons for item in lesson.items if item.kind in REVIEWABLE}


def place_of(course: Course, item_id: str) -> tuple[Lesson, Item]:
    """Raises KeyError for an item that the course does not have."""
    for lesson in course.lessons:
        if (item := lesson.item(item_id)) is not None:
            return lesson, item
    raise KeyError(item_id)


def seed(learners: str, day: reviewing.Day) -> str:
    """What the options' order is drawn from: another one than in the lesson, and each day anew, so that no place is learned."""
    return f"{learners}:{day.today.isoformat()}"


def number(day: reviewing.Day, item: str) -> int:
    """Which question of the day it is, from 1."""
    asked = [review.asked for review in day.done]
    if item in asked:
        return asked.index(item) + 1
    return len(asked) + 1


def overview(day: reviewing.Day | None) -> ReviewView:
    if day is None:
        return ReviewView(0, 0, 0, 0, 0, None, 0, ())
    counts = forecast(day.learned, today=day.today, days=AHEAD_DAYS)
    later = min((card.due for card in day.learned if card.due > day.today), default=None)
    return ReviewView(
        ready=len(day.turns),
        lessons=len({turn.lesson for turn in day.turns}),
        done=len(day.done),
        kept=due_count(day.learned, today=day.today) - len(day.turns),
        known=len(day.learned),
        next_day=later,
        next_count=sum(card.due == later for card in day.learned),
        bars=_bars(counts, day.today),
    )


def turn(day: reviewing.Day, item_id: str, course: Course, url: Url) -> TurnView:
    lesson, item = place_of(course, item_id)
    review, asked = day.review(item_id), day.turn(item_id)
    back = day_of(review.due) if review else None
    card = review.card if review else asked.card if asked else item_id
    return TurnView(
        lesson=lesson.title,
        lesson_url=url("lesson", slug=lesson.slug),
        skills=tuple(course.skills[skill] for skill in item.skills if skill in course.skills),
        done=len(day.done) - (review is not None),
        left=len(day.turns) - (asked is not None),
        answered=review is not None,
        instead=card != item_id,
        back=back,
        days=(back - day.today).days if back else 0,
        next_url=url("review-next"),
    )


def _bars(counts: tuple[int, ...], today: date) -> tuple[Bar, ...]:
    most, step = max(counts, default=0), 100 / len(counts)
    return tuple(
        Bar(
            day=today + timedelta(days=at),
            count=count,
            x=round(at * step + step * 0.14, 3),
            width=round(step * 0.72, 3),
            height=max(SHORTEST, round(PLOT_HEIGHT * count / most)) if count else 0,
        )
        for at, count in enumerate(counts)
    )
