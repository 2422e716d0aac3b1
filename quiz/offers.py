"""Offers: what a regrade of an item would go over, and the regrades that were done. It reads and never writes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, exists, select
from sqlmodel import Session

from quiz.items import Item
from quiz.models import Attempt, AttemptItem, ItemVersion, Regrade, Response, Score, table
from quiz.regrading import Counted, Move, Policy, is_behind, plan
from quiz.versions import Published, history


@dataclass(frozen=True, slots=True)
class Done:
    """A regrade as it is stored."""

    id: str
    number: int
    policy: str
    """Of a regrade that takes another back: that one's."""
    note: str
    to_version: int
    undoes: str | None
    undone: bool
    responses: int
    learners: int
    up: int
    down: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """What a regrade of an item would go over."""

    version: Published | None
    """The present one; None where it was never recorded."""
    rows: tuple[Counted, ...]

    def plan(self, policy: Policy) -> tuple[Move, ...]:
        return plan(self.rows, self.version.item, policy) if self.version else ()


def offer(session: Session, *, course: str, item: Item) -> Offer:
    """The responses to the item, of every learner, attempt and review, that an earlier key scored and nothing settled since.

    A prediction is scored by its run, and never again.
    """
    connection = session.connection()
    known = history(connection, course=course, item_id=item.id)
    present = next((version for version in known if version.item.content_hash == item.content_hash), None)
    if present is None or item.measured is not None:
        return Offer(present, ())
    rows = _rows(connection, course, known)
    settled = _settled(connection, course, item)
    return Offer(
        present,
        tuple(row for row in rows if is_behind(row, item) and not (settled and row.at <= settled)),
    )


def done(session: Session, *, course: str, item_id: str) -> tuple[Done, ...]:
    """The regrades of an item, in their order."""
    return tuple(regrades_where(session.connection(), _regrades.c.course == course, _regrades.c.item_id == item_id))


def holds(one: Done) -> bool:
    """Whether it can be taken back: it is none that takes another back, and was not taken back itself."""
    return one.undoes is None and not one.undone


def _rows(connection: Connection, course: str, known: Sequence[Published]) -> Iterable[Counted]:
    versions = {version.id: version.item for version in known}
    for row in connection.execute(_ROWS, {"course": course, "item": known[0].item.id}):
        yield Counted(
            response=row.response_id,
            score=row.id,
            learner=row.learner_id,
            quiz=row.quiz,
            attempt=row.number,
            value=tuple(row.value),
            fraction=row.fraction,
            penalty=row.penalty,
            outcome=row.outcome,
            version=versions[row.scored_version_id],
            at=row.received_at,
        )


def _settled(connection: Connection, course: str, item: Item) -> datetime | None:
    """When it was last decided, and not taken back, that responses to an earlier key than this one stay as they are."""
    rows = connection.execute(_KEPT, {"course": course, "item": item.id, "policy": Policy.NONE.value})
    return max((row.created_at for row in rows if row.key_hash == item.key_hash), default=None)


def regrades_where(connection: Connection, *conditions: Any) -> Iterable[Done]:
    for row in connection.execute(_DONE.where(*conditions)):
        yield Done(
            id=row.id,
            number=row.number,
            policy=row.policy,
            note=row.note,
            to_version=row.version,
            undoes=row.undoes_id,
            undone=row.undone,
            responses=row.summary["responses"],
            learners=row.summary["learners"],
            up=row.summary["up"],
            down=row.summary["down"],
            at=row.created_at,
        )


_attempts = table(Attempt)
_attempt_items = table(AttemptItem)
_responses = table(Response)
_scores = table(Score)
_versions = table(ItemVersion)
_regrades = table(Regrade)
_undoing = _regrades.alias("undoing")
_later = _scores.alias("later")

_undone = exists(select(_undoing.c.id).where(_undoing.c.undoes_id == _regrades.c.id))

_ROWS = (
    select(
        _scores.c.id,
        _scores.c.response_id,
        _scores.c.learner_id,
        _scores.c.scored_version_id,
        _scores.c.fraction,
        _scores.c.penalty,
        _scores.c.outcome,
        _responses.c.value,
        _responses.c.received_at,
        _attempts.c.quiz,
        _attempts.c.number,
    )
    .select_from(
        _versions.join(_scores, _scores.c.scored_version_id == _versions.c.id)
        .join(_responses, _responses.c.id == _scores.c.response_id)
        .join(_attempt_items, _attempt_items.c.id == _responses.c.attempt_item_id)
        .join(_attempts, _attempts.c.id == _attempt_items.c.attempt_id)
    )
    .where(
        _versions.c.course == bindparam("course"),
        _versions.c.item_id == bindparam("item"),
        ~exists(select(_later.c.id).where(_later.c.supersedes_id == _scores.c.id)),
    )
    .order_by(_responses.c.received_at, _responses.c.id)
)
_KEPT = (
    select(_regrades.c.created_at, _versions.c.key_hash)
    .join(_versions, _versions.c.id == _regrades.c.to_version_id)
    .where(
        _regrades.c.course == bindparam("course"),
        _regrades.c.item_id == bindparam("item"),
        _regrades.c.policy == bindparam("policy"),
        _regrades.c.undoes_id.is_(None),
        ~_undone,
    )
)
_DONE = (
    select(_regrades, _versions.c.version, _undone.label("undone"))
    .join(_versions, _versions.c.id == _regrades.c.to_version_id)
    .order_by(_regrades.c.number)
)
