"""Seats: where a learner stands in a quiz over lessons: the latest attempt, what it asks, until when, and the answers kept so far.

It reads and never writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, exists, select

from quiz.items import Item
from quiz.models import Attempt, AttemptItem, ItemVersion, KeptAnswer, Sitting, table
from quiz.quizzes import GRACE


@dataclass(frozen=True, slots=True)
class Seat:
    """An attempt at a quiz over lessons."""

    attempt_id: str
    learner: str
    course: str
    quiz: str
    number: int
    items: tuple[str, ...]
    """In the order of asking."""
    opened_at: datetime
    deadline: datetime | None
    closed_at: datetime | None

    def is_over(self, now: datetime) -> bool:
        """Whether it is open and takes no answer any more."""
        return self.closed_at is None and self.deadline is not None and now > self.deadline + GRACE

    @property
    def ran_out(self) -> bool:
        """Whether it was ended by its deadline."""
        return self.deadline is not None and self.closed_at == self.deadline


@dataclass(frozen=True, slots=True)
class KeptOne:
    """The latest answer that is kept for an item."""

    attempt_item_id: str
    item_id: str
    seq: int
    value: tuple[str, ...]
    version_id: str
    version: Item
    """The text that it was given to."""
    seed: str
    at: datetime


def seat(connection: Connection, *, learner: str, course: str, quiz: str) -> Seat | None:
    """The learner's latest attempt at the quiz."""
    row = connection.execute(_LATEST, {"learner": learner, "course": course, "quiz": quiz}).first()
    return None if row is None else _seat(row)


def seats(connection: Connection, *, learner: str, course: str) -> dict[str, Seat]:
    """The latest attempt at each quiz that the learner has begun."""
    found = connection.execute(_OF_LEARNER, {"learner": learner, "course": course})
    return {row.quiz: _seat(row) for row in found}  # in the order of their numbers, so the latest stays


def open_seats(connection: Connection, *, course: str, learner: str | None = None) -> list[Seat]:
    """Attempts with a deadline that nobody has ended."""
    statement = _OPEN if learner is None else _OPEN.where(_attempts.c.learner_id == learner)
    return [_seat(row) for row in connection.execute(statement, {"course": course})]


def answers_of(connection: Connection, attempt_id: str) -> dict[str, KeptOne]:
    """By item of an attempt, the answer that counts when it ends."""
    return {row.item_id: _kept_one(row) for row in connection.execute(_KEPT, {"attempt": attempt_id})}


def kept_of_key(connection: Connection, *, learner: str, key: str) -> KeptOne | None:
    """The answer to which the client gave a key, wherever it belongs."""
    row = connection.execute(_BY_KEY, {"learner": learner, "key": key}).first()
    return None if row is None else _kept_one(row)


def _seat(row: Row[Any]) -> Seat:
    return Seat(
        attempt_id=row.id,
        learner=row.learner_id,
        course=row.course,
        quiz=row.quiz,
        number=row.number,
        items=tuple(row.items),
        opened_at=row.opened_at,
        deadline=row.deadline_at,
        closed_at=row.closed_at,
    )


def _kept_one(row: Row[Any]) -> KeptOne:
    return KeptOne(
        attempt_item_id=row.attempt_item_id,
        item_id=row.item_id,
        seq=row.seq,
        value=tuple(row.value),
        version_id=row.item_version_id,
        version=Item.from_json(row.body),
        seed=row.seed,
        at=row.kept_at,
    )


_attempts = table(Attempt)
_attempt_items = table(AttemptItem)
_sittings = table(Sitting)
_kept = table(KeptAnswer)
_later = _kept.alias("later_kept")
_versions = table(ItemVersion)

_SEATS: Select[Any] = (
    select(_attempts, _sittings.c["items"], _sittings.c.deadline_at)
    .select_from(_attempts.join(_sittings, _sittings.c.attempt_id == _attempts.c.id))
    .where(_attempts.c.course == bindparam("course"))
)
_OF_LEARNER = _SEATS.where(_attempts.c.learner_id == bindparam("learner")).order_by(_attempts.c.number)
_LATEST = (
    _SEATS.where(_attempts.c.learner_id == bindparam("learner"), _attempts.c.quiz == bindparam("quiz"))
    .order_by(_attempts.c.number.desc())
    .limit(1)
)
_OPEN = _SEATS.where(_attempts.c.closed_at.is_(None), _sittings.c.deadline_at.is_not(None)).order_by(_attempts.c.id)
_ANSWERS: Select[Any] = select(
    _kept.c.attempt_item_id,
    _kept.c.seq,
    _kept.c.value,
    _kept.c.item_version_id,
    _kept.c.kept_at,
    _attempt_items.c.item_id,
    _attempt_items.c.seed,
    _versions.c.body,
).select_from(
    _kept.join(_attempt_items, _attempt_items.c.id == _kept.c.attempt_item_id).join(
        _versions, _versions.c.id == _kept.c.item_version_id
    )
)
_KEPT = _ANSWERS.where(
    _attempt_items.c.attempt_id == bindparam("attempt"),
    ~exists(select(_later.c.id).where(_later.c.attempt_item_id == _kept.c.attempt_item_id, _later.c.seq > _kept.c.seq)),
).order_by(_attempt_items.c.id)
_BY_KEY = _ANSWERS.where(_kept.c.learner_id == bindparam("learner"), _kept.c.key == bindparam("key"))
