"""Cards: what a learner has in review, read from their responses and reviews. It reads and never writes.

A card follows from the first response to its item in a lesson until it is reviewed; then from its latest review.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from fsrs import Card, Rating
from sqlalchemy import Connection, Row, bindparam, exists, select
from sqlmodel import Session

from quiz.items import Item
from quiz.models import Attempt, AttemptItem, Response, Review, Score, table
from quiz.review import Learned, begun, day_of, rating

REVIEW_QUIZ = "~review"
"""Under which a learner's attempts at reviews stand, one a day; no lesson can have this name."""


@dataclass(frozen=True, slots=True)
class CardState:
    """A learner's card as it stands."""

    item: str
    card: Card
    last: Rating
    seen: datetime
    """When its item was last responded to, anywhere."""
    reviewed: date | None
    """The day of its last counted review; None where the card is of a lesson's response alone."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A counted review: whose card it was, what was asked, and when the card comes back."""

    card: str
    asked: str
    day: date
    due: datetime


def cards(session: Session, *, learner: str, course: str) -> dict[str, CardState]:
    """By item, every card of the learner in the course."""
    connection = session.connection()
    who = {"learner": learner, "course": course}
    kept = {row.item_id: row for row in connection.execute(_LATEST_REVIEWS, who)}
    first: dict[str, tuple[datetime, Rating]] = {}
    seen: dict[str, datetime] = {}
    for row in connection.execute(_RESPONSES, who):
        seen[row.item_id] = row.received_at
        if row.quiz != REVIEW_QUIZ:
            how = rating(row.outcome, hints_used=row.hints_used, certainty=row.certainty)
            first.setdefault(row.item_id, (row.received_at, how))
    return {
        item: _stored(kept[item], seen[item])
        if item in kept
        else CardState(item, begun(how, at), how, seen[item], None)
        for item, (at, how) in first.items()
    }


def learned(
    states: Mapping[str, CardState], items: Mapping[str, tuple[str, Item]], *, zone: tzinfo | None = None
) -> tuple[Learned, ...]:
    """The cards whose item the course still has. `items`: by id, each with its lesson."""
    return tuple(
        Learned(
            item=state.item,
            lesson=items[state.item][0],
            skills=frozenset(items[state.item][1].skills),
            due=day_of(state.card.due, zone),
            seen=day_of(state.seen, zone),
            reviewed=state.reviewed,
        )
        for state in states.values()
        if state.item in items
    )


def reviews_of(connection: Connection, *, learner: str, course: str, day: date) -> tuple[Reviewed, ...]:
    """The learner's counted reviews of a day, in their order."""
    rows = connection.execute(_OF_DAY, {"learner": learner, "course": course, "day": day})
    return tuple(Reviewed(row.item_id, row.asked_item_id, row.day, row.due_at) for row in rows)


def _stored(row: Row[Any], seen: datetime) -> CardState:
    return CardState(row.item_id, Card.from_json(row.card), Rating(row.rating), seen, row.day)


_reviews = table(Review)
_later = _reviews.alias("later_review")
_attempts = table(Attempt)
_attempt_items = table(AttemptItem)
_responses = table(Response)
_scores = table(Score)
_later_score = _scores.alias("later_score")

_LATEST_REVIEWS = select(_reviews).where(
    _reviews.c.learner_id == bindparam("learner"),
    _reviews.c.course == bindparam("course"),
    ~exists(
        select(_later.c.id).where(
            _later.c.learner_id == _reviews.c.learner_id,
            _later.c.course == _reviews.c.course,
            _later.c.item_id == _reviews.c.item_id,
            _later.c.day > _reviews.c.day,
        )
    ),
)
_OF_DAY = (
    select(_reviews)
    .where(
        _reviews.c.learner_id == bindparam("learner"),
        _reviews.c.course == bindparam("course"),
        _reviews.c.day == bindparam("day"),
    )
    .order_by(_reviews.c.reviewed_at, _reviews.c.id)
)
_RESPONSES = (
    select(
        _attempts.c.quiz,
        _attempt_items.c.item_id,
        _responses.c.received_at,
        _responses.c.hints_used,
        _responses.c.certainty,
        _scores.c.outcome,
    )
    .select_from(
        _responses.join(_attempt_items, _attempt_items.c.id == _responses.c.attempt_item_id)
        .join(_attempts, _attempts.c.id == _attempt_items.c.attempt_id)
        .join(_scores, _scores.c.response_id == _responses.c.id)
    )
    .where(
        _responses.c.learner_id == bindparam("learner"),
        _attempts.c.course == bindparam("course"),
        ~exists(select(_later_score.c.id).where(_later_score.c.supersedes_id == _scores.c.id)),
    )
    .order_by(_responses.c.received_at, _responses.c.seq, _responses.c.id)
)
