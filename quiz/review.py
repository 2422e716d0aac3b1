"""Spaced review: how a response is rated, when an item comes back, and which items make up a day. Pure: no database, no clock.

When an item comes back is decided by FSRS (the `fsrs` package, with its default parameters). Any spacing is the gain (g = 0.74 for
spaced against massed retrieval; expanding against even spacing g = 0.03, not significant: Latimier, Peyre & Ramus 2021), so
nothing here is tuned. There are no steps within a day: an item counts once a day, at most.

A *card* is an item's place in a learner's memory. What is asked for a card is, where there is one, a *sibling*: another item of
the same skill that the learner has met, because an item that is asked again as it stood is recognised rather than worked out.
An item whose parameters can be drawn anew would be a sibling of itself; no kind of today has parameters.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from fsrs import Card, Rating, Scheduler

from quiz.items import Correctness, Kind

DAILY = 10
"""Reviews a day, at most. What is due beyond that keeps."""
LONGEST_DAYS = 365
REVIEWABLE = frozenset(Kind) - {Kind.MEASURED}
"""Kinds that can be asked away from their lesson: all that need nothing but their own text."""
SCHEDULER = Scheduler(
    desired_retention=0.9,
    learning_steps=(),
    relearning_steps=(),
    maximum_interval=LONGEST_DAYS,
    enable_fuzzing=False,  # the same responses give the same days, on every machine
)
NO_IDEA, UNSURE, FAIRLY, SURE = range(4)
"""Certainty as a learner may state it: Gardner-Medwin's C = 1, 2, 3, which a form asks for, and none."""


@dataclass(frozen=True, slots=True)
class Learned:
    """An item that a learner has responded to, and so a card of theirs."""

    item: str
    lesson: str
    skills: frozenset[str]
    due: date
    seen: date
    """The day of the last response to it, anywhere."""
    reviewed: date | None = None
    """The day of the card's last counted review."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One question of a day's review."""

    card: str
    """The item whose card it is."""
    item: str
    """The item that is asked."""
    lesson: str
    """The lesson of the item that is asked."""
    due: date


def rating(
    outcome: Correctness, *, hints_used: int = 0, certainty: int | None = None, before: Rating | None = None
) -> Rating:
    """How well it was remembered. Partly right is not remembered: FSRS takes Hard for a success.

    `before` is the card's last rating: Easy needs a Good before it, and certainty without a hint.
    """
    if outcome != "right" or certainty == NO_IDEA:
        return Rating.Again
    if hints_used or certainty == UNSURE:
        return Rating.Hard
    if certainty == SURE and before is not None and before >= Rating.Good:
        return Rating.Easy
    return Rating.Good


def begun(first: Rating, at: datetime) -> Card:
    """The card after the first response to its item. `at` is aware."""
    return reviewed(Card(card_id=0, due=at), first, at)


def reviewed(card: Card, how: Rating, at: datetime, *, scheduler: Scheduler = SCHEDULER) -> Card:
    """The card after a review; the one that was given stays as it was. Raises ValueError for a time without its zone."""
    after, _ = scheduler.review_card(card, how, at)
    return after


def day_of(moment: datetime, zone: tzinfo | None = None) -> date:
    """The calendar day of a moment where the site stands: a day is the server's own, midnight to midnight."""
    return moment.astimezone(zone).date()


def queue(learned: Iterable[Learned], *, today: date, done: int = 0, after: str | None = None) -> tuple[Turn, ...]:
    """What is left of today, in the order of asking; at most ten with the `done` ones. `after` is the last one's lesson.

    The cards that have waited longest come first into the day; inside the day lessons alternate as far as they can.
    """
    cards = sorted(learned, key=lambda one: (one.due, one.item))
    waiting = [card for card in cards if card.due <= today and card.reviewed != today]
    taken: set[str] = set()
    turns: list[Turn] = []
    for card in waiting:
        if len(turns) >= DAILY - done:
            break
        asked = _asked(card, cards, taken, today)
        if asked is not None:
            taken.add(asked.item)
            turns.append(Turn(card.item, asked.item, asked.lesson, card.due))
    return tuple(_interleaved(turns, after))


def due_count(learned: Iterable[Learned], *, today: date) -> int:
    """How many cards are due and not reviewed today, however many of them fit into the day."""
    return sum(card.due <= today and card.reviewed != today for card in learned)


def forecast(learned: Iterable[Learned], *, today: date, days: int) -> tuple[int, ...]:
    """How many cards come due on each day, today first; what was due before counts for today."""
    counts = [0] * days
    for card in learned:
        ahead = max(0, (card.due - today).days)
        if ahead < days and not (card.reviewed == today and ahead == 0):
            counts[ahead] += 1
    return tuple(counts)


def _asked(card: Learned, cards: Sequence[Learned], taken: Collection[str], today: date) -> Learned | None:
    """The sibling that shares most skills and was seen longest ago, else the item itself; what was seen today is no choice."""
    free = [one for one in cards if one.item not in taken and one.seen < today]
    siblings = [one for one in free if one.item != card.item and one.skills & card.skills]
    if siblings:
        return min(siblings, key=lambda one: (-len(one.skills & card.skills), one.seen, one.item))
    return card if card in free else None


def _interleaved(turns: list[Turn], after: str | None) -> list[Turn]:
    """Never two of one lesson in succession while another has some left: always one of the lesson with most left."""
    left, ordered = list(turns), list[Turn]()
    while left:
        counts = {turn.lesson: sum(other.lesson == turn.lesson for other in left) for turn in left}
        others = [turn for turn in left if turn.lesson != after] or left
        chosen = max(others, key=lambda turn: counts[turn.lesson])
        left.remove(chosen)
        ordered.append(chosen)
        after = chosen.lesson
    return ordered
