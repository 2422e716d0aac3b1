"""Records: the responses of a course as rows for `sheets`, with the texts that they answered. It reads and never writes.

A response counts by the version that it answered and by what its key gave it then: a regrade changes what learners are given, and
what a question told apart when it was asked stays as it was. Of several tries the first one counts, and nothing is taken off it:
what a hint costs says nothing of the question. One that was carried over into a later attempt was given once, and counts once.
"""

from __future__ import annotations

from sqlalchemy import bindparam, exists, func, select
from sqlmodel import Session

from quiz.items import Item
from quiz.kinds import Kind
from quiz.models import Attempt, AttemptItem, Carry, ItemVersion, Response, Score, table
from quiz.scoring import picked
from quiz.sheets import Record
from quiz.tries import FIRST_SEQ

Editions = dict[tuple[str, str], Item]
"""By item and key hash, the latest text of each edition, the oldest edition first."""


def records(session: Session, *, course: str) -> tuple[Record, ...]:
    """The first response to each item of every attempt of every learner, reviews included, in the order of time."""
    items = editions(session, course=course)
    rows = session.connection().execute(_RECORDS, {"course": course})
    return tuple(
        Record(
            learner=row.learner_id,
            quiz=row.quiz,
            attempt=row.number,
            closed=row.closed_at is not None,
            item=row.item_id,
            key_hash=row.key_hash,
            chosen=picked(items[row.item_id, row.key_hash], row.value),
            fraction=row.fraction,
            at=row.received_at,
        )
        for row in rows
    )


def editions(session: Session, *, course: str) -> Editions:
    rows = session.connection().execute(_VERSIONS, {"course": course})
    return {(row.item_id, row.key_hash): Item.from_json(row.body) for row in rows}


def answered_as(session: Session, *, course: str) -> dict[str, dict[Kind, int]]:
    """How many learners answered each item, by the kind that it was of when they did: items that are gone included."""
    found: dict[str, dict[Kind, int]] = {}
    for row in session.connection().execute(_ANSWERED_AS, {"course": course}):
        found.setdefault(row.item_id, {})[Kind(row.kind)] = row.learners
    return found


_attempts = table(Attempt)
_attempt_items = table(AttemptItem)
_responses = table(Response)
_scores = table(Score)
_versions = table(ItemVersion)
_carries = table(Carry)

_RECORDS = (
    select(
        _responses.c.learner_id,
        _attempts.c.quiz,
        _attempts.c.number,
        _attempts.c.closed_at,
        _attempt_items.c.item_id,
        _versions.c.key_hash,
        _responses.c.value,
        _scores.c.fraction,
        _responses.c.received_at,
    )
    .select_from(
        _attempts.join(_attempt_items, _attempt_items.c.attempt_id == _attempts.c.id)
        .join(_responses, _responses.c.attempt_item_id == _attempt_items.c.id)
        .join(_scores, _scores.c.response_id == _responses.c.id)
        .join(_versions, _versions.c.id == _responses.c.item_version_id)
    )
    .where(
        _attempts.c.course == bindparam("course"),
        _responses.c.seq == FIRST_SEQ,
        _scores.c.supersedes_id.is_(None),
        ~exists(select(_carries.c.response_id).where(_carries.c.response_id == _responses.c.id)),
    )
    .order_by(_responses.c.received_at, _responses.c.id)
)
_VERSIONS = (
    select(_versions.c.item_id, _versions.c.key_hash, _versions.c.body)
    .where(_versions.c.course == bindparam("course"))
    .order_by(_versions.c.item_id, _versions.c.version)
)
_ANSWERED_AS = (
    select(_versions.c.item_id, _versions.c.kind, func.count(_responses.c.learner_id.distinct()).label("learners"))
    .select_from(_versions.join(_responses, _responses.c.item_version_id == _versions.c.id))
    .where(_versions.c.course == bindparam("course"))
    .group_by(_versions.c.item_id, _versions.c.kind)
)
