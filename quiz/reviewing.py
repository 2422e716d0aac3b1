"""Reviewing: a response to a turn of the day's queue, scored as every response is, and what it does to a card.

A day's reviews are one attempt at a quiz of their own, so that keys, hints, pinned versions, append-only rows and being
forgotten hold here as they do in lessons, while a lesson's attempts, points and progress stay as they were. The caller opens
the transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from sqlalchemy import Connection
from sqlmodel import Session

from quiz import attempts
from quiz.attempts import Conflict, Outcome
from quiz.cards import REVIEW_QUIZ, CardState, Reviewed, cards, learned, reviews_of
from quiz.dialects import add_once
from quiz.items import Item
from quiz.models import Review, new_id, table
from quiz.review import Learned, Turn, day_of, queue, rating, reviewed
from quiz.standing import FIRST_ATTEMPT, QuizState, latest_attempt, states

Items = Mapping[str, tuple[str, Item]]
"""The items of a course by id, each with its lesson."""


@dataclass(frozen=True, slots=True)
class Day:
    """A learner's review on one day, as it stands."""

    today: date
    attempt: int
    """The number of the day's attempt, or of the one that the first response opens."""
    learned: tuple[Learned, ...]
    done: tuple[Reviewed, ...]
    turns: tuple[Turn, ...]
    """What is left of it, in the order of asking."""
    cards: Mapping[str, CardState]
    quiz: QuizState
    """The states of what was asked today."""

    def turn(self, item: str) -> Turn | None:
        """The turn that asks this item."""
        return next((turn for turn in self.turns if turn.item == item), None)

    def review(self, item: str) -> Reviewed | None:
        """The counted review in which this item was asked."""
        return next((review for review in self.done if review.asked == item), None)


def day(session: Session, *, learner: str, course: str, items: Items, now: datetime, zone: tzinfo | None = None) -> Day:
    """The day that `now` lies in."""
    connection = session.connection()
    today = day_of(now, zone)
    known = cards(session, learner=learner, course=course)
    own = learned(known, items, zone=zone)
    done = reviews_of(connection, learner=learner, course=course, day=today)
    after = next((items[review.asked][0] for review in reversed(done) if review.asked in items), None)
    number, is_todays = _attempt_of(connection, learner, course, today, zone)
    quiz = states(session, learner=learner, course=course, quiz=REVIEW_QUIZ) if is_todays else QuizState(number, {})
    turns = queue(own, today=today, done=len(done), after=after)
    return Day(today, number, own, done, turns, known, quiz)


def respond(
    session: Session,
    *,
    learner: str,
    course: str,
    items: Items,
    item: str,
    given: Collection[str],
    seed: str,
    now: datetime,
    key: str | None = None,
    attempt: int | None = None,
    shown: str | None = None,
    certainty: int | None = None,
    zone: tzinfo | None = None,
) -> Outcome:
    """Score the response to a turn, and move the turn's card: once a day, whatever comes twice. There is one try.

    Raises Conflict `out-of-date` where the day does not ask this item, and what `attempts.respond` raises.
    """
    standing = _asked(session, learner, course, items, item, now, zone)
    outcome = attempts.respond(
        session,
        learner=learner,
        course=course,
        quiz=REVIEW_QUIZ,
        item=items[item][1],
        given=given,
        seed=seed,
        now=now,
        key=key,
        seq=None if key else attempts.FIRST_SEQ,
        attempt=attempt,
        shown=shown,
        certainty=certainty,
        single=True,
    )
    turn = standing.turn(item)
    if outcome.fresh and turn is not None and outcome.state.outcome is not None:
        before = standing.cards[turn.card]
        last = outcome.state.tries.last
        how = rating(outcome.state.outcome, hints_used=last.hints_used, certainty=last.certainty, before=before.last)
        after = reviewed(before.card, how, now)
        add_once(
            session.connection(),
            table(Review),
            {
                "id": new_id(),
                "learner_id": learner,
                "course": course,
                "item_id": turn.card,
                "asked_item_id": item,
                "day": standing.today,
                "rating": int(how),
                "card": after.to_json(),
                "due_at": after.due,
                "reviewed_at": now,
            },
        )
    return outcome


def open_hint(
    session: Session,
    *,
    learner: str,
    course: str,
    items: Items,
    item: str,
    seed: str,
    now: datetime,
    number: int,
    zone: tzinfo | None = None,
) -> int:
    """Open a hint of a turn's item, as `attempts.open_hint` does, and raise what it raises."""
    _asked(session, learner, course, items, item, now, zone)
    return attempts.open_hint(
        session,
        learner=learner,
        course=course,
        quiz=REVIEW_QUIZ,
        item=items[item][1],
        seed=seed,
        now=now,
        number=number,
    )


def _asked(
    session: Session, learner: str, course: str, items: Items, item: str, now: datetime, zone: tzinfo | None
) -> Day:
    """The day, its attempt being open, if it asks the item or has asked it; else Conflict."""
    standing = day(session, learner=learner, course=course, items=items, now=now, zone=zone)
    if standing.turn(item) is None and item not in standing.quiz.items:
        raise Conflict("out-of-date", item, attempt=standing.attempt, state=None)
    row = latest_attempt(session.connection(), learner=learner, course=course, quiz=REVIEW_QUIZ)
    if row is not None and row.number != standing.attempt:
        attempts.start_over(session, learner=learner, course=course, quiz=REVIEW_QUIZ, now=now)
    return standing


def _attempt_of(
    connection: Connection, learner: str, course: str, today: date, zone: tzinfo | None
) -> tuple[int, bool]:
    """The number of the day's attempt, and whether it is there already."""
    row = latest_attempt(connection, learner=learner, course=course, quiz=REVIEW_QUIZ)
    if row is None:
        return FIRST_ATTEMPT, False
    is_todays = day_of(row.opened_at, zone) >= today
    return (row.number, True) if is_todays else (row.number + 1, False)
